//! Tax that a marketplace owes to the state itself.

use super::Timeline;
use crate::accounting::Trouble;
use crate::accounting::conversion::moved_lines;
use crate::accounting::lines::facilitator_tax;
use crate::commerce::{Agreement, Gateway, MoneyMovement, Tender};
use crate::document::{DocumentKind, LineKind};
use crate::issue::IssueKind;
use crate::money::Money;
use crate::policy::Role;
use jiff::civil::Date;

impl<'a> Timeline<'a> {
    /// Notes the channel's tax in what is agreed: the money that pays it holds it.
    pub(super) fn agree_channel_tax(&mut self, agreement: &Agreement) -> Result<(), Trouble> {
        let tax = facilitator_tax(agreement, self.order.currency)?;
        self.channel_tax = self.channel_tax.plus(tax)?;
        Ok(())
    }

    /// Takes the channel's tax out of what a gateway moved, on the day of the money: of what came
    /// in, as much as is still to be kept; of what went back, as much as is to be given back.
    ///
    /// The owner says whether a gateway does. Where nobody said so, a gateway that tells the rows
    /// of its balance tells what it keeps, and any other holds the order.
    pub(super) fn keep_tax(
        &mut self,
        date: Date,
        movement: &'a MoneyMovement,
        moved: Money,
    ) -> Result<(), Trouble> {
        let Tender::Gateway(gateway) = &movement.tender else { return Ok(()) };
        let nothing = Money::zero(moved.currency());
        let kept = match moved.is_negative() {
            false => self.channel_tax.min(moved).max(nothing),
            true => self.channel_tax.max(moved).min(nothing),
        };
        if kept.is_zero() {
            return Ok(());
        }
        let keeps = match (self.policy.keeps_tax(&gateway.id), gateway.tells_payouts) {
            (Some(said), _) => said,
            (None, true) => false,
            (None, false) => return Err(not_said(kept, gateway)),
        };
        // Money that comes later does not hold it, whoever tells what became of it.
        self.channel_tax = self.channel_tax.minus(kept)?;
        if !keeps {
            return Ok(());
        }
        let so_far = self.kept.entry(&movement.id).or_insert(Money::zero(kept.currency()));
        *so_far = so_far.plus(kept)?;
        let (origin, text) = (movement.id.as_str(), "Tax kept by the channel");
        let kind = LineKind::Other { taxed: false };
        let tax = self.line(kind, Role::FacilitatorTax, kept, text, origin);
        let nothing = Money::zero(kept.currency());
        let mut lines = moved_lines(self.order, movement, kept.negated(), nothing, self.policy)?;
        for line in &mut lines {
            line.text = text.to_owned();
        }
        lines.insert(0, tax);
        let part = format!("{date} {} {kept}@facilitator", gateway.id);
        let place = self.place(&format!("{origin}@facilitator"), &part);
        let memo = format!("Tax of order {} kept by the channel", self.order.name);
        self.enter(place, DocumentKind::JournalEntry, date, memo, None, lines)
    }
}

fn not_said(kept: Money, gateway: &Gateway) -> Trouble {
    let id = &gateway.id;
    Trouble::Issue(
        IssueKind::MissingMapping,
        format!("{kept} of what `{id}` moved is tax that the sales channel owes itself"),
        format!(
            "say whether this gateway pays out without it (true) or with it (false): \
             saldo map set \"gateways.{id}.keeps-tax\" true"
        ),
    )
}
