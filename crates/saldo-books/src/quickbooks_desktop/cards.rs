//! What a card is charged with, and what comes back to it.

use super::shape::{PostingLine, is_owed, net, only, postings};
use super::wire::Kind;
use saldo_core::document::Document;
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::money::Money;

/// A charge of a card, or a credit to it.
#[derive(Debug)]
pub(super) struct CardCharge<'a> {
    /// Which one.
    pub(super) kind: Kind,
    /// The card.
    pub(super) card: &'a Account,
    /// What it was for: positive in its own direction.
    pub(super) lines: Vec<PostingLine<'a>>,
    /// What they come to.
    pub(super) total: Money,
}

/// A document that moves one card, and nothing that somebody owes: what the card loses is a
/// charge, what it gains a credit. None where a document is anything else.
///
/// # Errors
/// In words, where its sums are too large.
pub(super) fn charge(document: &Document) -> Result<Option<CardCharge<'_>>, String> {
    let is_card = |account: &Account| account.kind == AccountKind::CreditCard;
    let cards = net(document, |line| is_card(&line.account))?;
    let mut lines = postings(document, |line| !is_card(&line.account));
    let Some((card, moved)) = only(&cards).filter(|_| !lines.is_empty()) else { return Ok(None) };
    // Units have no place on a charge.
    if lines.iter().any(|line| is_owed(line.account) || line.stocked.is_some()) {
        return Ok(None);
    }
    let kind = match moved.is_negative() {
        true => Kind::CreditCardCharge,
        false => Kind::CreditCardCredit,
    };
    if kind == Kind::CreditCardCredit {
        lines.iter_mut().for_each(|line| line.amount = line.amount.negated());
    }
    Ok(Some(CardCharge { kind, card, lines, total: moved.abs() }))
}
