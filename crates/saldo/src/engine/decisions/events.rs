//! Whether an event that a person states can have happened, by what is known; and what is known of
//! it already, so that nobody states that twice.

use super::super::bank::{UnknownRow, bank_proofs};
use super::super::prove::gift_cards_named;
use super::super::{Engine, EngineError};
use super::open::{Open, OpenTax};
use super::{DecisionError, Opening, all, order_named};
use jiff::civil::Date;
use rust_decimal::Decimal;
use saldo_core::accounting::Group;
use saldo_core::commerce::{Decided, Decision, Event};
use saldo_core::document::Line;
use saldo_core::ledger::AccountKind;
use saldo_core::money::Money;
use saldo_core::policy::{Place, Policy, Role};
use saldo_core::text::{GatewayId, GroupId};
use std::collections::BTreeMap;

/// All decisions, by number.
type Known = BTreeMap<u32, Decision>;

fn senseless<T>(why: impl Into<String>) -> Result<T, DecisionError> {
    Err(DecisionError::Senseless(why.into()))
}

/// Whether an event can have happened on a day. Returns what its owner should know besides.
///
/// # Errors
/// Where it cannot, in words with the figures.
pub(super) async fn check(
    engine: &Engine,
    known: &Known,
    (on, event): (Date, &Event),
    opening: Opening,
) -> Result<Vec<String>, DecisionError> {
    let desk = Desk { engine, known, on, opening };
    match event {
        Event::PromotionalCard { card, amount } => desk.card(card.as_deref(), *amount),
        Event::Breakage { amount } => desk.owed(Role::GiftCards, *amount).await,
        Event::TipsPaid { amount } => desk.owed(Role::Tips, *amount).await,
        Event::TaxRemitted { .. } => desk.remitted(event).await,
        Event::DutiesResidue { order, amount } => desk.residue(order.as_deref(), *amount).await,
        Event::LoanFunded { gateway, amount, owed } => desk.loan(event, gateway, *amount, *owed),
        Event::ExpectedReturns { returns, cost } => desk.returns(*returns, *cost),
        Event::BankDrop { gateway, amount } => desk.bank_drop(gateway, *amount).await,
        Event::Banked { amount } => desk.there(&Place::Role(Role::CashInTransit), *amount).await,
        Event::BankRow { account, row, role, .. } => desk.bank_row(account, row, *role),
    }
}

struct Desk<'a> {
    engine: &'a Engine,
    known: &'a Known,
    on: Date,
    opening: Opening,
}

impl Desk<'_> {
    fn policy(&self) -> &Policy {
        self.engine.policy.in_force(self.on)
    }

    async fn open(&self, period: (Date, Date)) -> Result<Open<'_>, EngineError> {
        Open::read(self.engine, self.known.values(), self.on, period).await
    }

    /// The decision that says the same already, if one does.
    fn said_before(&self, is_same: impl Fn(Date, &Event) -> bool) -> Result<(), DecisionError> {
        let same = self.known.iter().find(|(_, it)| match &it.said.decided {
            Decided::Event(event) => it.said.taken_back.is_none() && is_same(it.said.on, event),
            _ => false,
        });
        match same {
            Some((number, _)) => senseless(format!(
                "decision {number} says so already: take it back by `saldo decide undo {number}` \
                 first"
            )),
            None => Ok(()),
        }
    }

    fn card(&self, card: Option<&str>, amount: Money) -> Result<Vec<String>, DecisionError> {
        positive(amount)?;
        let policy = self.policy();
        if let Some(tax) = policy.tax_of_vouchers().filter(|_| !policy.owes_nothing_on_gifts()) {
            return senseless(format!(
                "gift cards are vouchers on which `{tax}` falls due when they are sold, and nobody \
                 paid it on one that is given away: saldo map set gift-cards.promotional at-use, \
                 and say of each order what they paid, by saldo decide promotional-use"
            ));
        }
        self.said_before(|_, event| match event {
            Event::PromotionalCard { card: other, .. } => {
                card.is_some() && other.as_deref() == card
            }
            _ => false,
        })?;
        Ok(Vec::new())
    }

    /// What lessens a liability cannot be more than that.
    async fn owed(&self, role: Role, amount: Money) -> Result<Vec<String>, DecisionError> {
        positive(amount)?;
        let place = Place::Role(role);
        let owed = self.open((self.on, self.on)).await?.of(&place).negated();
        self.at_most(amount, owed, &place)
    }

    /// What leaves an account cannot be more than stands there.
    async fn there(&self, place: &Place, amount: Money) -> Result<Vec<String>, DecisionError> {
        positive(amount)?;
        let there = self.open((self.on, self.on)).await?.of(place);
        self.at_most(amount, there, place)
    }

    fn at_most(
        &self,
        amount: Money,
        there: Money,
        place: &Place,
    ) -> Result<Vec<String>, DecisionError> {
        if amount <= there || self.opening == Opening::Something {
            return Ok(Vec::new());
        }
        let account = self.policy().account_of(place);
        let account = account.map_or_else(|| place.to_string(), |it| it.name.to_string());
        senseless(format!(
            "{amount} is more than the {there} on `{account}` at the end of {}; where the rest \
             stood in the opening balances, add --with-opening",
            self.on
        ))
    }

    /// Sessions of a drawer tell by themselves what leaves it.
    async fn bank_drop(
        &self,
        gateway: &GatewayId,
        amount: Money,
    ) -> Result<Vec<String>, DecisionError> {
        positive(amount)?;
        let place = Place::Gateway(gateway.clone());
        let open = self.open((self.on, self.on)).await?;
        self.at_most(amount, open.of(&place), &place)?;
        Ok(match open.is_counted(&place) {
            true => vec![
                "a shop tells by sessions what leaves this drawer: where this is among it, take \
                 the decision back"
                    .to_owned(),
            ],
            false => Vec::new(),
        })
    }

    async fn residue(
        &self,
        order: Option<&str>,
        amount: Money,
    ) -> Result<Vec<String>, DecisionError> {
        let left = left_of_duties(self.engine, self.known, order, self.on).await?;
        let of =
            order.map_or_else(|| "the duties".to_owned(), |name| format!("the duties of {name}"));
        let on = self.on;
        match () {
            () if left.is_zero() => {
                senseless(format!("nothing is left of {of} at the end of {on}"))
            }
            () if left != amount => senseless(format!(
                "{left} is left of {of} at the end of {on}, not {amount}; what buyers paid too \
                 little is negative"
            )),
            () => self.of_all_duties(order, amount).await,
        }
    }

    /// What is left of an order's duties may be closed with those of all orders already.
    async fn of_all_duties(
        &self,
        order: Option<&str>,
        amount: Money,
    ) -> Result<Vec<String>, DecisionError> {
        let all = left_of_duties(self.engine, self.known, None, self.on).await?;
        let is_there = match amount.is_negative() {
            true => all <= amount,
            false => amount <= all,
        };
        match order.is_none() || is_there || self.opening == Opening::Something {
            true => Ok(Vec::new()),
            false => senseless(format!(
                "{all} is left of the duties of all orders at the end of {}: {amount} of them \
                 may be closed already (`saldo decide list`)",
                self.on
            )),
        }
    }

    fn loan(
        &self,
        event: &Event,
        gateway: &GatewayId,
        amount: Money,
        owed: Money,
    ) -> Result<Vec<String>, DecisionError> {
        positive(amount)?;
        if owed < amount {
            return senseless(format!("{owed} to be paid back is less than the {amount} lent"));
        }
        self.said_before(|day, other| day == self.on && other == event)?;
        let cost =
            owed.minus(amount).map_err(|error| DecisionError::Senseless(error.to_string()))?;
        let loans = self.policy().text.gateways.get(gateway).map(|known| &known.loans);
        let (number, price) = (decimal(owed)?, decimal(cost)?);
        let mut known = loans.into_iter().flatten();
        if known.any(|(_, loan)| (loan.owed, loan.cost) == (number, price)) {
            return Ok(Vec::new());
        }
        if let Some(other) = loans.and_then(|loans| loans.get(&self.on)) {
            return senseless(format!(
                "the policy says of the loan of {} that {} is owed, of which {} is its price; not \
                 {number} and {price}",
                self.on, other.owed, other.cost
            ));
        }
        let on = self.on;
        Ok(vec![format!(
            "so that what is taken back is of this loan, say from which day on it is: saldo map \
             set gateways.{gateway}.loans.{on}.owed {number}, and saldo map set \
             gateways.{gateway}.loans.{on}.cost {price}"
        )])
    }

    fn returns(&self, returns: Money, cost: Money) -> Result<Vec<String>, DecisionError> {
        positive(returns)?;
        if cost.is_negative() {
            return senseless(format!("goods do not cost {cost}"));
        }
        if self.on != self.on.last_of_month() {
            return senseless(format!("{} is not the last day of its month", self.on));
        }
        let on = self.on;
        self.said_before(|day, event| matches!(event, Event::ExpectedReturns { .. }) && day == on)?;
        Ok(match cost > returns {
            true => vec![format!("the goods had cost {cost}, more than the {returns} for them")],
            false => Vec::new(),
        })
    }

    fn bank_row(
        &self,
        account: &Place,
        row: &str,
        role: Role,
    ) -> Result<Vec<String>, DecisionError> {
        if matches!(role.kind(), AccountKind::Payable | AccountKind::TaxLiability) {
            return senseless(format!(
                "`{}` is moved by documents of its own: see `saldo decide paid` and `saldo decide \
                 tax-remitted`",
                role.word()
            ));
        }
        self.said_before(|_, event| match event {
            Event::BankRow { account: of, row: other, .. } => of == account && other == row,
            _ => false,
        })?;
        Ok(Vec::new())
    }

    async fn remitted(&self, event: &Event) -> Result<Vec<String>, DecisionError> {
        let Event::TaxRemitted { jurisdiction, tax, from, until, paid, discount } = event else {
            return Ok(Vec::new());
        };
        positive(*paid)?;
        if discount.is_negative() {
            return senseless(format!("{discount} is no discount"));
        }
        if until < from || *from > self.on {
            return senseless(format!("no tax of {from} to {until} is paid on {}", self.on));
        }
        if discount >= paid {
            return senseless(format!(
                "a discount of {discount} is no less than the {paid} that was paid"
            ));
        }
        let open = self.open((*from, *until)).await?;
        let owed = tax_of(&open, jurisdiction)?;
        let account = self.policy().account_of(&Place::Tax(tax.clone()));
        if let Some(account) = account.filter(|it| !owed.accounts.contains_key(&*it.name)) {
            return senseless(format!(
                "no tax owed to {jurisdiction} stands on `{}`",
                account.name
            ));
        }
        let all =
            paid.plus(*discount).map_err(|error| DecisionError::Senseless(error.to_string()))?;
        let there = owed.open.negated();
        if all > there && self.opening == Opening::Nothing {
            return senseless(format!(
                "{paid} and a discount of {discount} are more than the {there} owed to \
                 {jurisdiction} at the end of {}; where the rest stood in the opening balances, \
                 add --with-opening",
                self.on
            ));
        }
        let arisen = owed.arisen.negated();
        Ok(match arisen == all || self.opening == Opening::Something {
            true => Vec::new(),
            false => vec![format!(
                "the tax of {from} to {until} came to {arisen}, and {all} is no longer owed"
            )],
        })
    }
}

fn positive(amount: Money) -> Result<(), DecisionError> {
    match amount.is_positive() {
        true => Ok(()),
        false => senseless(format!("{amount} is not more than nothing")),
    }
}

fn decimal(amount: Money) -> Result<Decimal, DecisionError> {
    let text = amount.amount_text();
    text.parse().map_err(|error| DecisionError::Senseless(format!("{text}: {error}")))
}

fn tax_of<'a>(open: &'a Open<'_>, jurisdiction: &str) -> Result<&'a OpenTax, DecisionError> {
    open.taxes.get(jurisdiction).filter(|tax| !tax.accounts.is_empty()).ok_or_else(|| {
        let owed = open.taxes.iter().filter(|(_, tax)| !tax.accounts.is_empty());
        let known: Vec<&str> = owed.map(|(name, _)| name.as_str()).collect();
        let known = match known.is_empty() {
            true => "none is owed to anybody".to_owned(),
            false => format!("it is owed to {}", known.join(", ")),
        };
        DecisionError::Senseless(format!("no tax is owed to `{jurisdiction}`: {known}"))
    })
}

/// The name by which the policy knows the account on which tax owed to a jurisdiction stands.
///
/// # Errors
/// Where no tax is owed to it, or its taxes stand on several accounts.
pub(crate) async fn tax_name(engine: &Engine, jurisdiction: &str) -> Result<String, DecisionError> {
    let (known, today) = (all(engine).await?, engine.policy.day(engine.clock.now()));
    let open = Open::read(engine, known.values(), today, (today, today)).await?;
    let tax = tax_of(&open, jurisdiction)?;
    let mut names = tax.accounts.values();
    match (names.next(), names.next()) {
        (Some(name), None) => Ok(name.clone()),
        _ => {
            let places = tax.accounts.iter().map(|(account, name)| format!("`{account}` ({name})"));
            let places: Vec<String> = places.collect();
            senseless(format!(
                "tax owed to {jurisdiction} stands on {}: name the tax by --tax",
                places.join(", ")
            ))
        }
    }
}

/// What is left at the end of a day of the duties of an order, or of all orders: what buyers paid
/// more than it cost is positive.
///
/// # Errors
/// Where no order has the name, or several have.
pub(crate) async fn duties_left(
    engine: &Engine,
    order: Option<&str>,
    on: Date,
) -> Result<Money, DecisionError> {
    left_of_duties(engine, &all(engine).await?, order, on).await
}

async fn left_of_duties(
    engine: &Engine,
    known: &Known,
    order: Option<&str>,
    on: Date,
) -> Result<Money, DecisionError> {
    let duties = Place::Role(Role::Duties);
    let Some(name) = order else {
        let open = Open::read(engine, known.values(), on, (on, on)).await?;
        return Ok(open.of(&duties).negated());
    };
    order_named(engine, name).await?;
    let groups = engine.store.groups_named(engine.company_id(), name).await?;
    let of_order =
        |group: &GroupId| matches!(Group::parse(group), Some(Group::Order(_) | Group::Named(_)));
    let groups: Vec<GroupId> = groups.into_iter().filter(of_order).collect();
    let entries = engine.store.group_entries(engine.company_id(), &groups).await?;
    let policy = &engine.policy;
    let on_duties = |day: Date, line: &Line| {
        *line.account.name == *policy.in_force(day).chart.account(Role::Duties).name
    };
    let entered = entries.iter().filter(|entry| entry.header.date <= on).flat_map(|entry| {
        let lines = entry.lines.iter().filter(|line| on_duties(entry.header.date, line));
        lines.map(|line| line.amount.negated())
    });
    let closed = known.values().filter_map(|it| match &it.said.decided {
        Decided::Event(Event::DutiesResidue { order: Some(of), amount }) => {
            let counts = of == name && it.said.taken_back.is_none() && it.said.on <= on;
            counts.then(|| amount.negated())
        }
        _ => None,
    });
    let left = Money::sum(policy.currency, entered.chain(closed));
    left.map_err(|error| DecisionError::Senseless(error.to_string()))
}

/// What a shop says of a gift card that nobody bought.
pub(crate) struct StatedCard {
    /// The books day on which it was issued.
    pub(crate) issued_on: Date,
    /// What was on it at first.
    pub(crate) amount: Money,
}

/// What a shop says of the gift card of this name; none where no shop tells of such a card.
///
/// # Errors
/// Where an order paid for it, or several cards have the name.
pub(crate) async fn stated_card(
    engine: &Engine,
    name: &str,
) -> Result<Option<StatedCard>, DecisionError> {
    let cards = gift_cards_named(engine, name).await?;
    match &cards[..] {
        [] => Ok(None),
        [card] => match &card.order {
            Some(order) => senseless(format!("the gift card {name} was bought: {order} tells it")),
            None => Ok(Some(StatedCard {
                issued_on: engine.policy.day(card.issued_at),
                amount: card.initial,
            })),
        },
        _ => senseless(format!("several gift cards end in {name}")),
    }
}

/// The row of a bank's statement that no document knows.
///
/// # Errors
/// Where there is none, or a document knows it.
pub(crate) async fn unknown_row(
    engine: &Engine,
    account: &str,
    row: &str,
) -> Result<UnknownRow, DecisionError> {
    let mut proofs = bank_proofs(engine, &engine.policy).await?;
    let Some(place) = proofs.iter().position(|it| it.account == account) else {
        return senseless(format!("no statement of `{account}` was imported"));
    };
    let proof = proofs.swap_remove(place);
    if let Some(pair) = proof.found.iter().find(|it| it.row.id == row) {
        return senseless(format!("the document {} says it already", pair.document.id));
    }
    let found = proof.unknown.into_iter().find(|it| it.row.id == row);
    found.ok_or_else(|| {
        DecisionError::Senseless(format!("`{account}` has no row `{row}`: see `saldo bank`"))
    })
}

/// The rows of a bank's statements of an account that no document knows and nobody decided about,
/// of which the policy says where they belong.
///
/// # Errors
/// Where no statement of the account was imported.
pub(crate) async fn rows_with_a_rule(
    engine: &Engine,
    account: &str,
) -> Result<Vec<UnknownRow>, DecisionError> {
    let proofs = bank_proofs(engine, &engine.policy).await?;
    let Some(proof) = proofs.into_iter().find(|it| it.account == account) else {
        return senseless(format!("no statement of `{account}` was imported"));
    };
    let known = all(engine).await?;
    let is_decided = |it: &UnknownRow| {
        known.values().any(|decision| match &decision.said.decided {
            Decided::Event(Event::BankRow { account, row, .. }) => {
                decision.said.taken_back.is_none()
                    && Some(account) == it.place.as_ref()
                    && *row == it.row.id
            }
            _ => false,
        })
    };
    let open = proof.unknown.into_iter().filter(|it| it.role.is_some() && !is_decided(it));
    Ok(open.collect())
}
