//! What the owner decided, apart from orders: entries in the words of the policy.

use super::lines::{line_on, say_to_whom};
use super::vouchers::paid_by_cards;
use super::{Accounted, Trouble};
use crate::commerce::{Decided, Decision, Event, Fact, Move, Moved, Order};
use crate::document::{DocumentKind, Header, LineKind, Party, SubledgerEntry};
use crate::issue::{FactState, IssueKind};
use crate::ledger::{Account, AccountKind, Dimensions, Entry, Posting, Spot};
use crate::money::{Currency, Money};
use crate::policy::{Place, Policy, Subject};
use crate::text::FactId;
use jiff::civil::Date;
use thiserror::Error;

/// Why an entry cannot be decided so.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Undecidable {
    /// The policy has no such account.
    #[error("the policy has no account for `{0}`")]
    NoAccount(Place),
    /// Nobody said to whom a tax is owed, and the policy wants that said.
    #[error("nobody said to whom the tax `{0}` is owed")]
    OwedToNobody(String),
    /// What buyers owe is moved by sales and payments, which name the buyer.
    #[error("`{0}` is moved by sales and payments alone: decide about the order")]
    ByOrders(Place),
    /// An amount is in another currency than the books.
    #[error("{0} is not in {1}, the currency of the books")]
    Currency(Money, Currency),
    /// Nothing is moved.
    #[error("nothing is moved")]
    Nothing,
    /// Debits and credits differ.
    #[error("{0}")]
    Unbalanced(String),
}

/// How the slot goes on of what takes back, on a later day, what was entered in a slot.
pub(super) const TAKEN_BACK: &str = "/reversed";

/// The slot whose entry the entry of this one takes back on a later day; none where it takes back
/// nothing. Neither stands without the other.
#[must_use]
pub fn taken_back_slot(slot: &str) -> Option<&str> {
    slot.strip_suffix(TAKEN_BACK)
}

/// The postings that moves amount to, in their order.
///
/// # Errors
/// [`Undecidable`], in words for the owner.
pub fn postings_of(moves: &[Move], policy: &Policy) -> Result<Vec<Posting>, Undecidable> {
    let mut postings = Vec::new();
    for Move { place, amount } in moves {
        if amount.currency() != policy.currency {
            return Err(Undecidable::Currency(*amount, policy.currency));
        }
        if let Place::Tax(title) = place
            && policy.is_owed_to_nobody(title)
        {
            return Err(Undecidable::OwedToNobody(title.clone()));
        }
        let account = policy.account_of(place);
        let account = account.ok_or_else(|| Undecidable::NoAccount(place.clone()))?;
        if account.kind == AccountKind::Receivable {
            return Err(Undecidable::ByOrders(place.clone()));
        }
        postings.push(Posting { account, amount: *amount });
    }
    if postings.iter().all(|posting| posting.amount.is_zero()) {
        return Err(Undecidable::Nothing);
    }
    let entry = Entry::new(postings).map_err(|error| Undecidable::Unbalanced(error.to_string()))?;
    Ok(entry.into())
}

/// Accounts a decision that is about no order.
pub(super) fn account_decision(id: &FactId, facts: &[Fact], policy: &Policy) -> Accounted {
    let mut accounted = Accounted::default();
    for fact in facts {
        if let Fact::Decision(decision) = fact
            && &decision.id == id
        {
            let state = match enter(decision, policy, &mut accounted) {
                Ok(state) => state,
                Err(trouble) => FactState::Held(trouble.issue(&decision.id)),
            };
            accounted.stand(&decision.id, &decision.source, state);
        }
    }
    accounted
}

/// The state of a decision that was taken back.
pub(super) fn taken_back() -> FactState {
    FactState::Excluded { rule: "taken-back".to_owned() }
}

/// Says of decisions about an order what came of them.
pub(super) fn stand_about(
    order: &Order,
    decisions: &[&Decision],
    policy: &Policy,
    accounted: &mut Accounted,
) {
    let state_of_order = accounted.standings.iter().find(|it| it.id == order.id);
    let is_entered =
        state_of_order.is_some_and(|it| matches!(it.state, FactState::Accounted { .. }));
    for decision in decisions {
        let own = FactId::from(format!("{}/write-off/{}", order.id, decision.number()));
        let gives_up = matches!(decision.said.decided, Decided::WriteOff { .. });
        let follows = !gives_up || accounted.entries.iter().any(|entry| entry.id == own);
        let gift = promotional_use(decision, order, policy);
        let state = match (&decision.said.taken_back, gift, follows, is_entered) {
            (Some(_), ..) => taken_back(),
            (None, Some(state), ..) => state,
            (None, None, true, _) => FactState::Accounted { review: None },
            (None, None, false, true) => FactState::Excluded { rule: "nothing-owed".to_owned() },
            (None, None, false, false) => {
                let for_what = format!("order {} to be entered", order.name);
                FactState::Waiting { for_what, until: None }
            }
        };
        accounted.stand(&decision.id, &decision.source, state);
    }
}

/// Why nothing follows from a decision about gift cards that were given away, if nothing does.
fn promotional_use(decision: &Decision, order: &Order, policy: &Policy) -> Option<FactState> {
    let Decided::PromotionalUse { amount, .. } = decision.said.decided else { return None };
    let policy = policy.in_force(policy.day(order.processed_at));
    if !policy.owes_nothing_on_gifts() {
        return Some(FactState::Excluded { rule: "owed-since-issue".to_owned() });
    }
    let paid = paid_by_cards(order).ok()?;
    (amount > paid).then(|| {
        let issue = Trouble::Issue(
            IssueKind::DoesNotAddUp,
            format!("gift cards paid {paid} for order {}, not {amount}", order.name),
            "take it back by `saldo decide undo`, and decide it anew".to_owned(),
        );
        FactState::Held(issue.issue(&decision.id))
    })
}

fn enter(
    decision: &Decision,
    policy: &Policy,
    accounted: &mut Accounted,
) -> Result<FactState, Trouble> {
    if decision.said.taken_back.is_some() {
        return Ok(taken_back());
    }
    let is_gift = matches!(decision.said.decided, Decided::Event(Event::PromotionalCard { .. }));
    if is_gift && policy.in_force(decision.said.on).owes_nothing_on_gifts() {
        return Ok(FactState::Excluded { rule: "owed-when-used".to_owned() });
    }
    let Some(moved) = decision.said.decided.moved(decision.said.on)? else {
        return Ok(FactState::Accounted { review: None });
    };
    let undecidable = |error: Undecidable| {
        let hint = hint_of(&error);
        Trouble::Issue(IssueKind::MissingMapping, error.to_string(), hint)
    };
    let postings = postings_of(&moved.moves, policy).map_err(undecidable)?;
    // Postings stand in the order of the moves.
    let about = Subject::of_channel(&decision.source.connection);
    let dimensions = moved.moves.iter().map(|it| match &it.place {
        Place::Role(role) => policy.dimensions_for(*role, &about),
        Place::Gateway(_) | Place::BankOf(_) | Place::Tax(_) => Dimensions::default(),
    });
    let dimensions = dimensions.collect();
    let entry = DecidedEntry { decision, moved: &moved, policy, postings, dimensions };
    accounted.entries.push(entry.on(decision.said.on, "", moved.memo.clone())?);
    if let Some(date) = moved.reversed_on {
        let back = DecidedEntry { postings: reversed(&entry.postings), ..entry };
        let memo = format!("Taken back: {}", moved.memo);
        accounted.entries.push(back.on(date, TAKEN_BACK, memo)?);
    }
    Ok(FactState::Accounted { review: None })
}

/// What to do where something cannot be decided so.
#[must_use]
pub fn hint_of(error: &Undecidable) -> String {
    match error {
        Undecidable::OwedToNobody(title) => say_to_whom(title),
        Undecidable::NoAccount(Place::Tax(title)) => {
            format!("say where it is owed: saldo map set 'tax.accounts.\"{title}\"' ACCOUNT")
        }
        Undecidable::NoAccount(Place::Gateway(id) | Place::BankOf(id)) => {
            format!("saldo map set gateways.{id}.account \"Clearing: {id}\"")
        }
        _ => "take it back by `saldo decide undo`, and decide it anew".to_owned(),
    }
}

fn reversed(postings: &[Posting]) -> Vec<Posting> {
    let reverse = |posting: &Posting| Posting {
        account: posting.account.clone(),
        amount: posting.amount.negated(),
    };
    postings.iter().map(reverse).collect()
}

/// An entry that the owner decided, in terms of the books.
struct DecidedEntry<'a> {
    decision: &'a Decision,
    moved: &'a Moved,
    policy: &'a Policy,
    postings: Vec<Posting>,
    /// Those of each posting.
    dimensions: Vec<Dimensions>,
}

impl DecidedEntry<'_> {
    fn on(&self, date: Date, part: &str, memo: String) -> Result<SubledgerEntry, Trouble> {
        let decision = self.decision;
        let id = FactId::from(format!("{}{part}", decision.id));
        let kind = self.kind();
        let payee = self.moved.payee.clone().filter(|_| kind == DocumentKind::Expense);
        let header = Header {
            slot: id.to_string(),
            kind,
            date,
            currency: self.policy.currency,
            party: payee.map(|name| Party::Vendor { name }),
            applies_to: None,
            due: None,
            ships_to: None,
            reference: format!("Decision {}", decision.number()),
            memo,
        };
        let line = |(posting, dimensions): (&Posting, &Dimensions)| {
            let pays = kind == DocumentKind::Expense && holds_money(&posting.account);
            let kind = match pays || kind == DocumentKind::Transfer {
                true => LineKind::Settlement,
                false => LineKind::Other { taxed: false },
            };
            let (account, dimensions) = (posting.account.clone(), dimensions.clone());
            let spot = Spot { account, dimensions };
            line_on(spot, kind, posting.amount, &self.moved.memo, decision.id.as_str())
        };
        let lines = self.postings.iter().zip(&self.dimensions);
        let lines = lines.filter(|(posting, _)| !posting.amount.is_zero()).map(line);
        Ok(SubledgerEntry::new(id, header, lines.collect())?)
    }

    /// Money between two accounts that hold money is a transfer; money that leaves one of them for
    /// something is an expense, where a person said that it was paid; all else is a journal entry.
    /// So is what touches the books' own account of tax, which no expense reaches.
    fn kind(&self) -> DocumentKind {
        let moved = || self.postings.iter().filter(|posting| !posting.amount.is_zero());
        let mut money = moved().filter(|posting| holds_money(&posting.account));
        let (first, second) = (money.next(), money.next());
        let is_books_tax = |it: &Posting| it.account.kind == AccountKind::TaxLiability;
        match (first, second) {
            (Some(_), Some(_)) if self.postings.len() == 2 => DocumentKind::Transfer,
            (Some(paid), None)
                if self.moved.is_payment
                    && paid.amount.is_negative()
                    && !moved().any(is_books_tax) =>
            {
                DocumentKind::Expense
            }
            _ => DocumentKind::JournalEntry,
        }
    }
}

/// Whether money lies on an account.
const fn holds_money(account: &Account) -> bool {
    matches!(account.kind, AccountKind::Bank | AccountKind::Clearing | AccountKind::Cash)
}
