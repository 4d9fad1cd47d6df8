//! What is left of the store credit of a buyer, or of a place of a company.

use super::Source;
use super::stated::{REFUSED, refused, stated};
use crate::shopify::budget::Question;
use crate::shopify::wire;
use saldo_core::commerce::{CreditMove, Fact, Saying, StoreCredit, Topic};
use saldo_core::issue::Issue;
use serde_json::value::RawValue;

/// The vendor's word for what somebody did by hand.
const BY_HAND: &str = "ADJUSTMENT";

/// Whose credit is told, and what was asked for it.
pub(super) const OF_BUYERS: (Topic, Question) = (Topic::StoreCredit, Question::StoreCredit);
/// The same of companies.
pub(super) const OF_COMPANIES: (Topic, Question) = (Topic::CompanyCredit, Question::CompanyCredit);

/// Reads the store credit of an owner: one value that holds everything, or the lines of a bulk
/// operation.
pub(super) fn read(
    source: &Source,
    text: &str,
    (topic, question): (Topic, Question),
) -> Result<Fact, Box<Issue>> {
    if source.reference.id == REFUSED {
        return refused(source, text, (topic, question));
    }
    let values: Result<Vec<&RawValue>, _> =
        serde_json::Deserializer::from_str(text).into_iter().collect();
    let values = values.map_err(|error| source.unknown(&error.to_string()))?;
    let (first, lines) = values.split_first().ok_or_else(|| source.unknown("it is empty"))?;
    let owner: wire::CreditOwner = source.parse(first.get())?;
    let (mut accounts, mut moves) = (Vec::new(), Vec::new());
    if let Some(listed) = owner.store_credit_accounts {
        if listed.page_info.next().is_some() {
            return Err(source.unknown("it has credit in more currencies than were listed"));
        }
        accounts = listed.nodes;
    }
    for line in lines {
        let child: wire::Child = source.parse(line.get())?;
        match child.parent.is_some_and(|parent| parent.is("StoreCreditAccount")) {
            true => moves.push(source.parse::<wire::CreditMove>(line.get())?),
            false => accounts.push(source.parse(line.get())?),
        }
    }
    let mut balances = Vec::new();
    for account in accounts {
        if account.balance.0.is_negative() {
            return Err(source.faulty(&format!("{} has less than nothing", account.id.short())));
        }
        balances.push(account.balance.0);
        moves.extend(account.transactions.into_iter().flat_map(|it| it.nodes));
    }
    let last = moves.into_iter().max_by_key(|moved| moved.created_at).map(|moved| CreditMove {
        at: moved.created_at,
        amount: moved.amount.0,
        by_hand: moved.event == BY_HAND,
    });
    let saying = Saying::StoreCredit(StoreCredit { balances, last });
    Ok(stated(source, &format!("StoreCredit/{}", owner.id.short()), topic, saying))
}
