//! Payouts in another currency than the books'.

use super::{rows_of, transfer_header, transfer_line};
use crate::accounting::conversion::worth_unknown;
use crate::accounting::lines::tender_account;
use crate::accounting::{Accounted, ForeignMove, Trouble};
use crate::commerce::{BalanceTransaction, Decided, Decision, Fact, Payout, Tender};
use crate::document::{DocumentKind, Header, Line, LineKind, SubledgerEntry};
use crate::issue::{FactState, IssueKind};
use crate::ledger::{Account, Spot};
use crate::money::{Currency, Money};
use crate::policy::{Policy, Role, Subject};
use crate::text::FactId;

/// Enters what a payout takes out of its clearing account, at what its rows stand in the books at:
/// to a bank account of the same currency, or to the bank of the books' currency, which changes it.
pub(super) fn enter(
    payout: &Payout,
    facts: &[Fact],
    policy: &Policy,
    accounted: &mut Accounted,
) -> Result<FactState, Trouble> {
    let books = policy.currency;
    let mut worth = Money::zero(books);
    for row in rows_of(payout, facts) {
        match row.worth {
            Some(part) => worth = worth.plus(part)?,
            None if row.order.is_some() => {
                let for_what = format!("the order of {} to be heard", row.id);
                return Ok(FactState::Waiting { for_what, until: None });
            }
            None => return Err(worth_unknown(row.net, books)),
        }
    }
    let tender = Tender::Gateway(payout.gateway.clone());
    let clearing = tender_account(&tender, payout.net.currency(), policy)?;
    let taken = Line {
        foreign: Some(payout.net.negated()),
        ..transfer_line(payout, &clearing, worth.negated())
    };
    let mut header = Header { currency: books, ..transfer_header(payout, payout.id.to_string()) };
    let bank = policy.bank_in(&payout.gateway.id, payout.net.currency());
    let lines = match (bank, arrival(payout, facts)) {
        (Some(bank), _) => {
            let line = transfer_line(payout, &bank, worth);
            vec![Line { foreign: Some(payout.net), ..line }, taken]
        }
        (None, Some((decision, amount))) if amount.currency() == books => {
            header.kind = DocumentKind::JournalEntry;
            header.date = decision.said.on;
            let bank = policy.bank(&payout.gateway.id);
            let mut lines = vec![transfer_line(payout, &bank, amount), taken];
            let difference = worth.minus(amount)?;
            if !difference.is_zero() {
                let about = Subject::of_channel(&payout.source.connection);
                let about = about.by(Some(&payout.gateway.id)).amount(payout.net);
                let Spot { account, dimensions } = policy.spot(Role::Exchange, &about);
                let text = "Changed by the bank".to_owned();
                let kind = LineKind::Other { taxed: false };
                let line = transfer_line(payout, &account, difference);
                lines.push(Line { kind, dimensions, text, ..line });
            }
            lines
        }
        (None, _) => return Err(not_said(payout, books)),
    };
    accounted.opened = opened(payout, facts, &clearing, policy);
    let id = FactId::from(header.slot.clone());
    accounted.entries.push(SubledgerEntry::new(id, header, lines)?);
    Ok(FactState::Accounted { review: None })
}

/// What a payout takes out that came in before the first day.
fn opened(
    payout: &Payout,
    facts: &[Fact],
    clearing: &Account,
    policy: &Policy,
) -> Vec<ForeignMove> {
    let first = policy.start_date;
    let channel = payout.source.connection.as_str();
    let rows = rows_of(payout, facts).filter(|row| policy.day(row.occurred_at) < first);
    let opened = |row: &BalanceTransaction| {
        let amounts = [row.net, row.worth?];
        Some(ForeignMove::new(channel, first, clearing.clone(), amounts))
    };
    rows.filter_map(opened).collect()
}

/// What the owner said last that the bank made of a payout.
fn arrival<'a>(payout: &Payout, facts: &'a [Fact]) -> Option<(&'a Decision, Money)> {
    let said = facts.iter().filter_map(|fact| match fact {
        Fact::Decision(decision) if decision.said.taken_back.is_none() => {
            match &decision.said.decided {
                Decided::Arrived { payout: id, amount } if *id == payout.id => {
                    Some((&**decision, *amount))
                }
                _ => None,
            }
        }
        _ => None,
    });
    said.max_by_key(|(decision, _)| (decision.said.at, &decision.id))
}

fn not_said(payout: &Payout, books: Currency) -> Trouble {
    let (gateway, currency) = (&payout.gateway.id, payout.net.currency());
    let number = payout.id.as_str().rsplit('/').next().unwrap_or_default();
    Trouble::Issue(
        IssueKind::MissingMapping,
        format!("nobody said what the bank made of {}", payout.net),
        format!(
            "say what arrived: saldo decide arrived {number} --on DATE --amount AMOUNT (in \
             {books}); or, where the bank keeps {currency}: \
             saldo map set gateways.{gateway}.banks.{currency} \"Bank {currency}\""
        ),
    )
}
