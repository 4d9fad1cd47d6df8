//! Tax that a marketplace owes to the state itself.

use super::Timeline;
use crate::accounting::Trouble;
use crate::accounting::lines::{facilitator_tax, tender_line};
use crate::commerce::{Agreement, Gateway, MovementState, Tender};
use crate::document::{DocumentKind, LineKind};
use crate::issue::IssueKind;
use crate::policy::Role;
use jiff::civil::Date;
use std::collections::BTreeSet;

impl<'a> Timeline<'a> {
    /// What buyers pay holds the channel's tax, but the channel keeps it. A gateway that tells the
    /// rows of its balance tells this, too; of any other nobody will, so that its account gives the
    /// tax back on the day of the agreement.
    pub(super) fn withhold(&mut self, date: Date, agreement: &Agreement) -> Result<(), Trouble> {
        let tax = facilitator_tax(agreement, self.order.currency)?;
        let gateways = self.gateways();
        let gateway = match gateways.iter().collect::<Vec<_>>()[..] {
            _ if tax.is_zero() => return Ok(()),
            [] => return Ok(()),
            [one] if one.tells_payouts => return Ok(()),
            [one] => (*one).clone(),
            _ => {
                return Err(Trouble::Issue(
                    IssueKind::UnknownData,
                    format!("{tax} of tax stayed with the channel, and several gateways paid"),
                    "enter the order by hand: it is not known which of them kept the tax"
                        .to_owned(),
                ));
            }
        };
        let origin = agreement.id.as_str();
        let text = "Tax kept by the channel";
        let kind = LineKind::Other { taxed: false };
        let mut kept = tender_line(&Tender::Gateway(gateway), tax.negated(), origin, self.policy)?;
        kept.text = text.to_owned();
        let lines = vec![self.line(kind, Role::FacilitatorTax, tax, text, origin), kept];
        let part = format!("{}@facilitator", self.sale_part(agreement));
        let place = self.place(&part, &format!("{date} {tax}@facilitator"));
        let memo = format!("Tax of order {} kept by the channel", self.order.name);
        self.enter(place, DocumentKind::JournalEntry, date, memo, None, lines)
    }

    /// The gateways through which money moved for the order.
    fn gateways(&self) -> BTreeSet<&'a Gateway> {
        let order = self.order;
        let moved = order.movements.iter().filter(|it| it.state == MovementState::Succeeded);
        moved
            .filter_map(|movement| match &movement.tender {
                Tender::Gateway(gateway) if !movement.test => Some(gateway),
                _ => None,
            })
            .collect()
    }
}
