//! `saldo decide`.

mod event;

use super::args::{
    Decide, DecideArrived, DecideClosingRate, DecideEntry, DecideExclude, DecidePaid,
    DecidePromotionalUse, DecideWriteOff, Global,
};
use super::context::{self, Usage};
use super::output::table;
use super::{Ending, Output};
use crate::engine::{
    DecisionError, Engine, KeptDecision, KnownDecision, Opening, decide_this, decisions,
    order_named, payout_named, purchase_named, take_back,
};
use jiff::civil::Date;
use saldo_core::commerce::{Decided, Move, Moved, Said, TakenBack};
use saldo_core::issue::FactState;
use saldo_core::money::{Currency, Money};
use saldo_core::policy::Place;

/// Keeps a decision, takes one back, or shows them all.
pub(crate) async fn decide(
    global: &Global,
    words: Decide,
    output: &Output,
) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    match words {
        Decide::Event(words) => event::decide(&engine, words, output).await?,
        Decide::Entry(words) => {
            let decided = entry(&engine, &words)?;
            keep(&engine, words.on, decided, output).await?;
        }
        Decide::WriteOff(DecideWriteOff { order, on, relieve_tax }) => {
            let order = said(order_named(&engine, &order).await)?;
            keep(&engine, on, Decided::WriteOff { order, relieve_tax }, output).await?;
        }
        Decide::Exclude(DecideExclude { order: name }) => {
            let order = said(order_named(&engine, &name).await)?;
            keep(&engine, today(&engine), Decided::Exclude { order, name }, output).await?;
        }
        Decide::PromotionalUse(DecidePromotionalUse { order: name, amount }) => {
            let amount = Money::parse(&amount, engine.policy.currency)
                .map_err(|error| Usage(error.to_string()))?;
            let order = said(order_named(&engine, &name).await)?;
            let decided = Decided::PromotionalUse { order, name, amount };
            keep(&engine, today(&engine), decided, output).await?;
        }
        Decide::Arrived(DecideArrived { payout, on, amount }) => {
            let amount = Money::parse(&amount, engine.policy.currency)
                .map_err(|error| Usage(error.to_string()))?;
            let payout = said(payout_named(&engine, &payout).await)?;
            keep(&engine, on, Decided::Arrived { payout, amount }, output).await?;
        }
        Decide::Paid(DecidePaid { purchase: name, on, amount }) => {
            let amount = Money::parse(&amount, engine.policy.currency)
                .map_err(|error| Usage(error.to_string()))?;
            let purchase = said(purchase_named(&engine, &name).await)?;
            keep(&engine, on, Decided::Paid { purchase, name, amount }, output).await?;
        }
        Decide::ClosingRate(DecideClosingRate { currency, on, rate }) => {
            let currency = Currency::parse(&currency).map_err(|error| Usage(error.to_string()))?;
            keep(&engine, on, Decided::ClosingRate { currency, rate }, output).await?;
        }
        Decide::Undo { number } => {
            let back = TakenBack { by: context::person(), at: engine.clock.now() };
            let said = said(take_back(&engine, number, back).await)?;
            let undone = KnownDecision { number, said, state: None };
            output.data(&undone, || {
                format!("decision {number} no longer holds: `saldo plan` shows what follows\n")
            })?;
        }
        Decide::List => {
            let known = decisions(&engine).await?;
            output.data(&known, || list(&known))?;
        }
    }
    Ok(Ending::Done)
}

/// The books day, or the first one of the books, if that is still to come.
fn today(engine: &Engine) -> Date {
    engine.policy.day(engine.clock.now()).max(engine.policy.start_date)
}

async fn keep(engine: &Engine, on: Date, decided: Decided, output: &Output) -> anyhow::Result<()> {
    let kept = kept(engine, on, decided, Opening::Nothing).await?;
    output.data(&kept, || kept_text(&kept))
}

async fn kept(
    engine: &Engine,
    on: Date,
    decided: Decided,
    opening: Opening,
) -> anyhow::Result<KeptDecision> {
    let (by, at) = (context::person(), engine.clock.now());
    said(decide_this(engine, Said { by, at, on, decided, taken_back: None }, opening).await)
}

fn kept_text(kept: &KeptDecision) -> String {
    let number = kept.number;
    let notes = kept.notes.iter().map(|note| format!("  note: {note}\n"));
    let notes: String = notes.collect();
    format!("decision {number} is kept: `saldo plan` shows what follows from it\n{notes}")
}

/// What has no sense was a mistake on the command line.
fn said<T>(outcome: Result<T, DecisionError>) -> anyhow::Result<T> {
    outcome.map_err(|error| match error {
        DecisionError::Senseless(why) => Usage(why).into(),
        DecisionError::Engine(error) => error.into(),
    })
}

fn entry(engine: &Engine, words: &DecideEntry) -> anyhow::Result<Decided> {
    let mut moves = Vec::new();
    for words in &words.debit {
        moves.push(moved(engine, words)?);
    }
    for words in &words.credit {
        let Move { place, amount } = moved(engine, words)?;
        moves.push(Move { place, amount: amount.negated() });
    }
    Ok(Decided::Entry { memo: words.memo.clone(), moves, reversed_on: words.reversed_on })
}

/// Reads `store-supplies=20.00`.
fn moved(engine: &Engine, words: &str) -> anyhow::Result<Move> {
    let unreadable = |why: &str| Usage(format!("`{words}`: {why}"));
    let (place, amount) =
        words.rsplit_once('=').ok_or_else(|| unreadable("write ACCOUNT=AMOUNT"))?;
    let place: Place = place.parse().map_err(|why: String| unreadable(&why))?;
    let amount = Money::parse(amount, engine.policy.currency)
        .map_err(|error| unreadable(&error.to_string()))?;
    match amount.is_positive() {
        true => Ok(Move { place, amount }),
        false => Err(unreadable("the amount must be more than nothing").into()),
    }
}

fn list(known: &[KnownDecision]) -> String {
    if known.is_empty() {
        return "nothing was decided\n".to_owned();
    }
    let row = |it: &KnownDecision| {
        let said = &it.said;
        let state = match (&said.taken_back, &it.state) {
            (Some(back), _) => format!("taken back by {}", back.by),
            (None, None) => "not accounted yet".to_owned(),
            (None, Some(FactState::Held(issue))) => format!("held: {}", issue.message),
            (None, Some(FactState::Waiting { for_what, .. })) => format!("waits for {for_what}"),
            (None, Some(FactState::Excluded { rule })) => format!("changes nothing: {rule}"),
            (None, Some(FactState::Accounted { .. })) => "holds".to_owned(),
        };
        vec![
            it.number.to_string(),
            said.on.to_string(),
            what(&said.decided, said.on),
            said.by.clone(),
            state,
        ]
    };
    let rows = known.iter().map(row).collect();
    format!("{}\n", table(&["no.", "on", "decided", "by", "state"], 1, rows))
}

fn what(decided: &Decided, on: Date) -> String {
    match decided {
        Decided::WriteOff { order, relieve_tax: true } => {
            format!("{order} will not be paid; its tax is relieved")
        }
        Decided::WriteOff { order, relieve_tax: false } => format!("{order} will not be paid"),
        Decided::Exclude { name, .. } => format!("{name} is left out"),
        Decided::PromotionalUse { name, amount, .. } => {
            format!("gift cards that were given away paid {amount} for {name}")
        }
        Decided::Arrived { payout, amount } => format!("{amount} arrived of {payout}"),
        Decided::Paid { name, amount, .. } => format!("{amount} was paid for {name}"),
        Decided::ClosingRate { currency, rate } => format!("one {currency} was worth {rate}"),
        Decided::Entry { .. } | Decided::Event(_) => match decided.moved(on) {
            Ok(Some(moved)) => moved_text(&moved),
            Ok(None) => String::new(),
            Err(error) => error.to_string(),
        },
    }
}

fn moved_text(moved: &Moved) -> String {
    let moves = moved.moves.iter().filter(|it| !it.amount.is_zero());
    let moves: Vec<String> = moves.map(|it| format!("{} {}", it.place, it.amount)).collect();
    let back = moved.reversed_on.map(|date| format!("; taken back on {date}"));
    format!("{}: {}{}", moved.memo, moves.join(", "), back.unwrap_or_default())
}
