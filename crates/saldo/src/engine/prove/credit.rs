//! What is left of the store credit of buyers and of companies, as the shops say, beside what is
//! owed on it.

use super::super::account::{Heard, Readers};
use super::super::{Engine, EngineError};
use super::BookProof;
use super::identities::DifferingFact;
use super::stated::{Compared, Moves, Statement, accounts, owed_lines, statements};
use jiff::Timestamp;
use saldo_core::commerce::{Saying, StoreCredit, Topic};
use saldo_core::money::Money;
use saldo_core::policy::{Policy, Role};
use saldo_core::proof::Figure;
use saldo_core::text::{ConnectionId, FactId};
use std::collections::BTreeMap;

/// How many facts are named behind a difference.
const FACTS_SHOWN: usize = 100;
/// What a line about the credit that shops granted is about.
const IN_SHOPS: &str = "store credit, as the shops say";

/// What is left of the store credit of all buyers and companies, beside what is owed on it: what
/// the book held before the first day, what others entered there, and what the facts say. Where
/// gift cards stand on the same account, neither can be compared, as is said of these. A shop that
/// does not tell of companies may have granted them what is missing: a difference is awaited.
pub(super) async fn store_credit(
    engine: &Engine,
    policy: &Policy,
    books: &[BookProof],
    sums: &[Figure],
) -> Result<Compared, EngineError> {
    let mut compared = Compared::default();
    let names = accounts(policy, Role::StoreCredit);
    if !names.is_disjoint(&accounts(policy, Role::GiftCards)) {
        return Ok(compared);
    }
    let readers = Readers::of(engine).await?;
    let mut statements = statements(engine, &readers, Topic::StoreCredit).await?;
    let refused = statements.iter().filter_map(|it| it.said.as_ref().err());
    compared.unknown = refused.map(|why| format!("what is left of store credit: {why}")).collect();
    let said = |it: &Statement| Some((it.connection.clone(), *it.said.as_ref().ok()?));
    let said_at: BTreeMap<ConnectionId, Timestamp> = statements.iter().filter_map(said).collect();
    let untold = add_companies(engine, &readers, &said_at, &mut statements).await?;
    let credits = Credits::of(&statements);
    if let Some(id) = credits.of_another_currency(policy) {
        let why = format!("{id} is of another currency than the books");
        compared.unknown.push(format!("what is left of store credit: {why}"));
    }
    if said_at.is_empty() || !compared.unknown.is_empty() {
        return Ok(compared);
    }
    let heard = Heard::of(engine).await?;
    let is_heard = said_at.iter().all(|(id, at)| heard.until(id) >= *at) && !credits.are_moving();
    let is_heard = is_heard && untold.is_empty();
    compared.unknown = untold;
    let told = Moves { engine, readers: &readers, policy, names: &names };
    let told = told.until(&said_at, sums).await?;
    let balances = credits.0.iter().flat_map(|it| &it.credit.balances).copied();
    let stated = (Money::sum(policy.currency, balances)?.negated(), credits.count());
    compared.lines = owed_lines((IN_SHOPS, is_heard), stated, told, (policy, books, &names))?;
    if compared.lines.iter().any(|line| !line.difference.is_zero()) {
        compared.behind = credits.changed_by_hand(policy);
    }
    Ok(compared)
}

/// Adds what shops say of companies, as of the instants at which they spoke of buyers, and returns
/// which of them say nothing, and why.
async fn add_companies(
    engine: &Engine,
    readers: &Readers,
    said_at: &BTreeMap<ConnectionId, Timestamp>,
    statements: &mut Vec<Statement>,
) -> Result<Vec<String>, EngineError> {
    let mut untold = Vec::new();
    for it in super::stated::statements(engine, readers, Topic::CompanyCredit).await? {
        match (&it.said, said_at.get(&it.connection)) {
            (Ok(at), Some(of_buyers)) => {
                statements.push(Statement { said: Ok(*at.min(of_buyers)), ..it });
            }
            (Err(why), Some(_)) => untold.push(format!("store credit of companies: {why}")),
            (_, None) => {}
        }
    }
    Ok(untold)
}

/// The credit of all buyers and companies.
struct Credits<'a>(Vec<StatedCredit<'a>>);

struct StatedCredit<'a> {
    id: &'a FactId,
    /// As of when it is.
    at: Timestamp,
    credit: &'a StoreCredit,
}

impl<'a> Credits<'a> {
    fn of(statements: &'a [Statement]) -> Self {
        let mut all = Vec::new();
        for statement in statements {
            let Ok(at) = statement.said else { continue };
            for (id, _, saying) in &statement.sayings {
                if let Saying::StoreCredit(credit) = saying {
                    all.push(StatedCredit { id, at, credit });
                }
            }
        }
        Self(all)
    }

    /// How many of them ever had any.
    fn count(&self) -> usize {
        self.0.iter().filter(|it| !it.credit.balances.is_empty()).count()
    }

    fn of_another_currency(&self, policy: &Policy) -> Option<&FactId> {
        let is_other = |amount: &Money| amount.currency() != policy.currency && !amount.is_zero();
        self.0.iter().find(|it| it.credit.balances.iter().any(is_other)).map(|it| it.id)
    }

    /// Whether something was read that had moved since the instant that all is to be of.
    fn are_moving(&self) -> bool {
        self.0.iter().any(|it| it.credit.last.is_some_and(|last| last.at > it.at))
    }

    /// Those whose credit somebody changed last by hand: no order tells of that.
    fn changed_by_hand(&self, policy: &Policy) -> Vec<DifferingFact> {
        let by_hand = self.0.iter().filter_map(|it| {
            let last = it.credit.last.filter(|last| last.by_hand)?;
            let about = format!("store credit, changed by hand on {}", policy.day(last.at));
            let (fact, difference) = (it.id.to_string(), last.amount);
            (policy.day(last.at) >= policy.start_date).then_some(DifferingFact {
                book: None,
                fact,
                about,
                difference,
            })
        });
        by_hand.take(FACTS_SHOWN).collect()
    }
}
