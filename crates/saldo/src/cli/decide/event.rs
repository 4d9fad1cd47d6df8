//! What happened and no channel tells, from the command line.

use super::super::Output;
use super::super::args::{DayAmount, DecideEvent};
use super::super::context::Usage;
use super::{kept, kept_text, said};
use crate::engine::{
    Engine, KeptDecision, Opening, UnknownRow, duties_left, rows_with_a_rule, stated_card,
    tax_name, unknown_row,
};
use jiff::civil::Date;
use saldo_core::commerce::{Decided, Event};
use saldo_core::money::Money;
use saldo_core::policy::{Place, Role};
use saldo_core::text::GatewayId;

/// Keeps what a person says happened.
pub(super) async fn decide(
    engine: &Engine,
    words: DecideEvent,
    output: &Output,
) -> anyhow::Result<()> {
    if let DecideEvent::BankRows { account } = &words {
        return bank_rows(engine, account, output).await;
    }
    let Told { on, event, opening } = read(engine, words).await?;
    let kept = kept(engine, on, Decided::Event(event), opening).await?;
    output.data(&kept, || kept_text(&kept))
}

/// An event as it was told.
struct Told {
    on: Date,
    event: Event,
    opening: Opening,
}

impl Told {
    const fn new(on: Date, event: Event) -> Self {
        Self { on, event, opening: Opening::Nothing }
    }

    fn with(on: Date, event: Event, with_opening: bool) -> Self {
        let opening = if with_opening { Opening::Something } else { Opening::Nothing };
        Self { on, event, opening }
    }
}

async fn read(engine: &Engine, words: DecideEvent) -> anyhow::Result<Told> {
    let amount = |text: &str| amount(engine, text);
    Ok(match words {
        DecideEvent::PromotionalCard { card, on, amount } => {
            promotional_card(engine, card, on, amount.as_deref()).await?
        }
        DecideEvent::Breakage(it) => day_amount(engine, &it, |amount| Event::Breakage { amount })?,
        DecideEvent::TipsPaid(it) => day_amount(engine, &it, |amount| Event::TipsPaid { amount })?,
        DecideEvent::Banked(it) => day_amount(engine, &it, |amount| Event::Banked { amount })?,
        DecideEvent::BankDrop { what, gateway } => {
            let gateway = GatewayId::new(gateway);
            day_amount(engine, &what, |amount| Event::BankDrop { gateway, amount })?
        }
        DecideEvent::TaxRemitted {
            jurisdiction,
            period,
            on,
            paid,
            discount,
            tax,
            with_opening,
        } => {
            let tax = match tax {
                Some(tax) => tax,
                None => said(tax_name(engine, &jurisdiction).await)?,
            };
            let (from, until) = period;
            let paid = amount(&paid)?;
            let discount = amount(discount.as_deref().unwrap_or("0"))?;
            let event = Event::TaxRemitted { jurisdiction, tax, from, until, paid, discount };
            Told::with(on, event, with_opening)
        }
        DecideEvent::DutiesResidue { order, on, amount: stated } => {
            let left = match stated {
                Some(stated) => amount(&stated)?,
                None => said(duties_left(engine, order.as_deref(), on).await)?,
            };
            Told::new(on, Event::DutiesResidue { order, amount: left })
        }
        DecideEvent::LoanFunded { gateway, on, amount: arrived, owed } => {
            let (gateway, owed) = (GatewayId::new(gateway), amount(&owed)?);
            Told::new(on, Event::LoanFunded { gateway, amount: amount(&arrived)?, owed })
        }
        DecideEvent::ExpectedReturns { month, returns, cost } => {
            let returns = amount(&returns)?;
            let cost = amount(cost.as_deref().unwrap_or("0"))?;
            Told::new(month, Event::ExpectedReturns { returns, cost })
        }
        DecideEvent::BankRow { account, row, role } => {
            let role = role_named(&role)?;
            of_row(said(unknown_row(engine, &account, &row).await)?, role)?
        }
        DecideEvent::BankRows { account } => {
            anyhow::bail!("the rows of `{account}` are kept one by one")
        }
    })
}

fn amount(engine: &Engine, text: &str) -> anyhow::Result<Money> {
    Money::parse(text, engine.policy.currency).map_err(|error| Usage(error.to_string()).into())
}

fn day_amount(
    engine: &Engine,
    words: &DayAmount,
    event: impl FnOnce(Money) -> Event,
) -> anyhow::Result<Told> {
    Ok(Told::with(words.on, event(amount(engine, &words.amount)?), words.with_opening))
}

/// A card that the shop tells of says itself when it was issued, and with how much on it.
async fn promotional_card(
    engine: &Engine,
    card: Option<String>,
    on: Option<Date>,
    stated: Option<&str>,
) -> anyhow::Result<Told> {
    let known = match &card {
        Some(name) => said(stated_card(engine, name).await)?,
        None => None,
    };
    let stated = stated.map(|text| amount(engine, text)).transpose()?;
    if let (Some(known), Some(stated)) = (&known, stated)
        && known.amount != stated
    {
        let why = format!("the shop says that {} was on it at first, not {stated}", known.amount);
        return Err(Usage(why).into());
    }
    let amount = known.as_ref().map(|card| card.amount).or(stated);
    let on = on.or(known.map(|card| card.issued_on));
    match (on, amount) {
        (Some(on), Some(amount)) => Ok(Told::new(on, Event::PromotionalCard { card, amount })),
        _ => {
            let why = "no shop tells of such a card: say --on and --amount";
            Err(Usage(why.to_owned()).into())
        }
    }
}

fn role_named(word: &str) -> anyhow::Result<Role> {
    let role = Role::ALL.iter().copied().find(|role| role.word() == word);
    let unknown = || format!("`{word}` is no part of an account: `saldo map show` lists them");
    Ok(role.ok_or_else(|| Usage(unknown()))?)
}

fn of_row(row: UnknownRow, role: Role) -> anyhow::Result<Told> {
    let UnknownRow { row, place, .. } = row;
    let account: Place = place
        .ok_or_else(|| Usage("the policy no longer names the account of these rows".to_owned()))?;
    let event = Event::BankRow { account, row: row.id, amount: row.amount, text: row.text, role };
    Ok(Told::new(row.day, event))
}

/// Keeps a decision about each row of which the policy says where it belongs.
async fn bank_rows(engine: &Engine, account: &str, output: &Output) -> anyhow::Result<()> {
    let mut all: Vec<KeptDecision> = Vec::new();
    for row in said(rows_with_a_rule(engine, account).await)? {
        let Some(role) = row.role else { continue };
        let Told { on, event, opening } = of_row(row, role)?;
        all.push(kept(engine, on, Decided::Event(event), opening).await?);
    }
    output.data(&all, || match all.is_empty() {
        true => "no row is left of which `[bank-rows]` says where it belongs\n".to_owned(),
        false => all.iter().map(kept_text).collect(),
    })
}
