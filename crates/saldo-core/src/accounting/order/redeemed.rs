//! Gift cards that were taxed when they were sold, or given away, as they are used.

use super::Timeline;
use crate::accounting::Trouble;
use crate::accounting::lines::{line_on, tax_account};
use crate::accounting::vouchers::NotOwed;
use crate::book::TaxRate;
use crate::commerce::MoneyMovement;
use crate::document::{DocumentKind, Line, LineKind};
use crate::money::Money;
use crate::policy::Role;
use rust_decimal::Decimal;

/// What net sales call what was paid by gift cards that were given away.
const GIFTS: &str = "gift cards given away";

impl<'a> Timeline<'a> {
    /// Takes what is not owed on gift cards out of what they pay (positive), or puts it back into
    /// what is given back on them, where so much was drawn of the movement before: the tax that
    /// fell due when they were sold, and what cards paid that were given away.
    pub(super) fn take_not_owed(
        &self,
        lines: &mut Vec<Line>,
        movement: &'a MoneyMovement,
        part: Money,
        before: Money,
    ) -> Result<(), Trouble> {
        let Some(NotOwed { tax, given_away }) = self.vouchers.not_owed(movement)? else {
            return Ok(());
        };
        // Parts of one movement sum to the whole, to the unit.
        let after = before.plus(part.abs())?;
        let share = |whole: Money| -> Result<Money, Trouble> {
            let until = |so_far| whole.in_proportion(so_far, movement.amount);
            let share = until(after)?.minus(until(before)?)?;
            Ok(if part.is_negative() { share.negated() } else { share })
        };
        let (tax, given_away) = (share(tax)?, share(given_away)?);
        let cards = self.policy.chart.account(Role::GiftCards);
        let is_card = |line: &Line| line.account == cards && line.origin == movement.id;
        let Some(place) = lines.iter().rposition(is_card) else { return Ok(()) };
        if let Some(card) = lines.get_mut(place) {
            card.amount = card.amount.minus(tax)?.minus(given_away)?;
        }
        if let Some(of) = self.vouchers.tax().filter(|_| !tax.is_zero()) {
            self.untax(lines, (place, movement), of, tax)?;
        }
        if !given_away.is_zero() {
            let kind = LineKind::Other { taxed: false };
            let (role, text) = (Role::PromotionalGiftCards, "Gift card given away");
            let gift = self.line(kind, role, given_away, text, &movement.id);
            // It lessens no sale that tax reports know of: tax was charged on the whole price.
            let why = TaxRate { title: GIFTS.to_owned(), rate: Some(Decimal::ZERO) };
            lines.push(Line { taxes: vec![why], ..gift });
        }
        lines.retain(|line| !line.amount.is_zero() || !is_card(line));
        Ok(())
    }

    /// Takes tax off again that fell due when the gift card was sold, and with it what it is
    /// charged on: the card's own line.
    fn untax(
        &self,
        lines: &mut Vec<Line>,
        (place, movement): (usize, &MoneyMovement),
        tax: &TaxRate,
        amount: Money,
    ) -> Result<(), Trouble> {
        let account = tax_account(&tax.title, tax.rate, self.policy)?;
        say_taxes(lines);
        if let Some(card) = lines.get_mut(place) {
            card.kind = LineKind::Other { taxed: true };
            card.taxes = vec![tax.clone()];
        }
        let kind = LineKind::Tax { title: tax.title.clone(), rate: tax.rate };
        let is_tax = |line: &&mut Line| {
            line.kind == kind && line.amount.is_negative() != amount.is_negative()
        };
        match lines.iter_mut().find(is_tax) {
            Some(line) => line.amount = line.amount.plus(amount)?,
            None => lines.push(line_on(account, kind, amount, &tax.title, &movement.id)),
        }
        lines.retain(|line| !matches!(line.kind, LineKind::Tax { .. }) || !line.amount.is_zero());
        Ok(())
    }
}

/// Lets lines say the taxes that they bear, where these are all of their entry: some may leave it.
fn say_taxes(lines: &mut [Line]) {
    let mut all: Vec<TaxRate> = lines
        .iter()
        .filter_map(|line| match &line.kind {
            LineKind::Tax { title, rate } => Some(TaxRate { title: title.clone(), rate: *rate }),
            _ => None,
        })
        .collect();
    all.sort();
    all.dedup();
    for line in lines {
        let taxed = matches!(
            line.kind,
            LineKind::Product { taxed: true, .. }
                | LineKind::Other { taxed: true }
                | LineKind::Unearned { taxed: true }
        );
        if taxed && line.taxes.is_empty() {
            line.taxes.clone_from(&all);
        }
    }
}

/// The form of money on gift cards or store credit that no agreement of its day explains: a journal
/// entry; with tax in it, the form of which tax reports take notice.
pub(super) fn form_of_own_money(lines: &[Line], with_tax: DocumentKind) -> DocumentKind {
    match lines.iter().any(|line| matches!(line.kind, LineKind::Tax { .. })) {
        true => with_tax,
        false => DocumentKind::JournalEntry,
    }
}
