//! Every fact of each day by the one state that it stands in: what became entries is posted once
//! all books acknowledged it, and until then waits, has failed, or was taken out.

use super::super::account::Readers;
use super::super::{Engine, EngineError};
use jiff::civil::Date;
use saldo_core::commerce::RecordRef;
use saldo_core::money::{Currency, Money};
use saldo_core::policy::Policy;
use saldo_core::proof::{ENTERED, Figure, Identity, Weight, weight};
use saldo_core::text::FactId;
use saldo_store::{NotYet, OpenFact};
use std::collections::{BTreeMap, BTreeSet};

/// How many records are read at a time.
const RECORDS_AT_ONCE: usize = 2_000;
/// How a figure ends whose facts are in every book.
const POSTED: &str = ", posted";
/// The same of those that wait for a book.
const FOR_BOOKS: &str = ", waiting for a book";

/// How a figure ends of facts that are accounted and not whole in every book.
const fn word_of(not_yet: NotYet) -> &'static str {
    match not_yet {
        NotYet::TakenOut => ", excluded by undo",
        NotYet::Acknowledged => FOR_BOOKS,
        NotYet::Approved => ", waiting for approval",
        NotYet::Failed => ", failed",
    }
}

/// The figures of where facts stand: those that are open each in its own state, and the others that
/// became entries as posted. Without a book all of them wait for one.
pub(super) async fn by_state(
    engine: &Engine,
    policy: &Policy,
    sums: &[Figure],
    open: Option<&BTreeMap<FactId, OpenFact>>,
) -> Result<Vec<Figure>, EngineError> {
    let mut states = States::default();
    let entered = if open.is_some() { POSTED } else { FOR_BOOKS };
    for figure in sums.iter().filter(|it| it.identity == Identity::Standings) {
        let kind = figure.about.strip_suffix(ENTERED);
        let about = kind.map_or_else(|| figure.about.clone(), |kind| format!("{kind}{entered}"));
        states.0.insert(
            (about.clone(), figure.day, figure.expected.currency()),
            Figure { about, ..figure.clone() },
        );
    }
    let Some(open) = open else { return Ok(states.figures()) };
    let sources: BTreeSet<&RecordRef> = open.values().map(|it| &it.source).collect();
    let sources: Vec<RecordRef> = sources.into_iter().cloned().collect();
    let readers = Readers::of(engine).await?;
    let mut seen = BTreeSet::new();
    for sources in sources.chunks(RECORDS_AT_ONCE) {
        let records = engine.store.records(engine.company_id(), sources).await?;
        for fact in readers.told(engine, &records).await?.facts {
            let Some(state) = open.get(fact.id()) else { continue };
            if let Some(weight) = weight(&fact, policy)?
                && seen.insert(fact.id().clone())
            {
                states.part(weight, word_of(state.not_yet))?;
            }
        }
    }
    Ok(states.figures())
}

/// Figures by what they are about, day and currency.
#[derive(Default)]
struct States(BTreeMap<(String, Date, Currency), Figure>);

impl States {
    /// Counts a fact that became entries in a state of its own.
    fn part(&mut self, weight: Weight, word: &str) -> Result<(), EngineError> {
        let Weight { kind, day, amount } = weight;
        let (currency, nothing) = (amount.currency(), Money::zero(amount.currency()));
        let posted = self.0.get_mut(&(format!("{kind}{POSTED}"), day, currency));
        // What was never counted as entered stands elsewhere already.
        let Some(posted) = posted.filter(|it| it.facts > 0) else { return Ok(()) };
        posted.facts -= 1;
        posted.expected = posted.expected.minus(amount)?;
        posted.found = posted.found.minus(amount)?;
        let about = format!("{kind}{word}");
        let figure = self.0.entry((about.clone(), day, currency)).or_insert(Figure {
            identity: Identity::Standings,
            about,
            day,
            expected: nothing,
            found: nothing,
            awaited: nothing,
            facts: 0,
        });
        figure.facts += 1;
        figure.expected = figure.expected.plus(amount)?;
        figure.found = figure.found.plus(amount)?;
        Ok(())
    }

    fn figures(self) -> Vec<Figure> {
        self.0.into_values().filter(|it| it.facts > 0 || !it.expected.is_zero()).collect()
    }
}
