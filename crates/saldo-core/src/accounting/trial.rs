//! A trial of the rules: what each would catch of what is known, before anything follows from it.
//!
//! Groups are accounted as they always are, by a policy whose accounts are named after the rules
//! and roles that they come from ([`Policy::on_trial`]), so that no second reading of the rules can
//! differ from the first.

use super::order::by_policy;
use super::summary::paid_until;
use super::{Accounted, Group, Stock, account_with};
use crate::commerce::{Agreement, Fact, Order};
use crate::document::{Line, SubledgerEntry};
use crate::issue::FactState;
use crate::money::{Balance, Money, MoneyError};
use crate::policy::{Marked, Policy, Role, Rule};
use crate::text::{FactId, GatewayId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many examples are kept of what a rule catches.
const EXAMPLES: usize = 3;

/// What is asked of a line, beside its account and dimensions: why it bears no tax.
const UNTAXED: &str = "\u{1}untaxed";

/// Something that a rule catches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    /// What people call what it belongs to: an order's name.
    pub reference: String,
    /// The books day.
    pub date: Date,
    /// What it says to a reader.
    pub text: String,
    /// How much, debit positive; of an order that is left out what the buyer owed for it.
    pub amount: Money,
}

/// What a rule, or a role without one, catches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catch {
    /// How many lines of entries; of a rule that leaves orders out, how many orders.
    pub count: u64,
    /// Their sum: debit positive.
    pub sum: Balance,
    /// The first of them.
    pub examples: Vec<Example>,
}

impl Catch {
    fn take(&mut self, example: impl FnOnce() -> Example, amount: Money) -> Result<(), MoneyError> {
        self.count += 1;
        self.sum.add(amount)?;
        if self.examples.len() < EXAMPLES {
            self.examples.push(example());
        }
        Ok(())
    }
}

/// What the rules of a policy catch.
#[derive(Clone, Debug)]
pub struct Trial {
    policy: Policy,
    /// The policy as it is: on trial every agreement has a document.
    as_it_is: Policy,
    /// By the place of the rule in the policy's text.
    pub rules: BTreeMap<usize, Catch>,
    /// What no rule catches, by the role whose account it is entered on.
    pub rest: BTreeMap<Role, Catch>,
    /// What no rule says anything of in a dimension, by its name.
    pub by_default: BTreeMap<String, Catch>,
}

impl Trial {
    /// Begins a trial of a policy's rules.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        Self {
            policy: policy.on_trial(None),
            as_it_is: policy.clone(),
            rules: BTreeMap::new(),
            rest: BTreeMap::new(),
            by_default: BTreeMap::new(),
        }
    }

    /// Adds what the rules catch of a group.
    ///
    /// # Errors
    /// Where a sum is too large.
    pub fn add(
        &mut self,
        group: &Group,
        facts: &[Fact],
        stock: &Stock,
        heard_until: Timestamp,
    ) -> Result<(), MoneyError> {
        let accounted = entered(group, facts, stock, &self.policy, heard_until);
        for (entry, line) in lines(&accounted) {
            let by_account = match Marked::of(&line.account) {
                Some(Marked::Rule(place)) => Some(self.rules.entry(place).or_default()),
                Some(Marked::Role(role)) => Some(self.rest.entry(role).or_default()),
                None => None,
            };
            if let Some(catch) = by_account {
                catch.take(|| example(entry, line), line.amount)?;
            }
            // A rule that says several dimensions of a line catches it once.
            let mut catching = BTreeSet::new();
            for (name, rule) in Marked::dimensions(&line.dimensions) {
                match rule {
                    Some(place) => drop(catching.insert(place)),
                    None => {
                        let catch = self.by_default.entry(name.to_owned()).or_default();
                        catch.take(|| example(entry, line), line.amount)?;
                    }
                }
            }
            catching.extend(untaxed_by(line));
            for place in catching {
                let catch = self.rules.entry(place).or_default();
                catch.take(|| example(entry, line), line.amount)?;
            }
        }
        let left_out: Vec<_> = left_out(&accounted, facts, &self.policy).collect();
        for (order, place) in left_out {
            self.take_order(order, place, "left out")?;
        }
        for order in entered_orders(&accounted, facts) {
            if let Some(place) = self.as_it_is.detail_rule(order, paid_by(order)) {
                self.take_order(order, place, "in other detail")?;
            }
            if let Some(place) = self.as_it_is.sales_rule(order) {
                let form = self.as_it_is.sale_form(order).word();
                self.take_order(order, place, &format!("entered as {form}"))?;
            }
            for (returned, gateway, amount) in returns(order)? {
                let policy = &self.as_it_is;
                let Some(place) = policy.refunds_rule(order, gateway) else { continue };
                let rule = policy.text.rules.get(place).and_then(|rule| rule.refunds);
                let form = rule.unwrap_or(policy.text.refunds).word();
                let example = || Example {
                    reference: order.name.clone(),
                    date: policy.day(returned.happened_at),
                    text: format!("return entered as {form}"),
                    amount,
                };
                self.rules.entry(place).or_default().take(example, amount)?;
            }
        }
        Ok(())
    }

    /// A rule catches a whole order.
    fn take_order(&mut self, order: &Order, place: usize, text: &str) -> Result<(), MoneyError> {
        let owed = owed(order)?;
        let example = || Example {
            reference: order.name.clone(),
            date: self.policy.day(order.processed_at),
            text: text.to_owned(),
            amount: owed,
        };
        self.rules.entry(place).or_default().take(example, owed)
    }

    /// Begins to ask, of the rules that caught nothing, which others stand before them. None where
    /// each caught something.
    #[must_use]
    pub fn idle(&self, policy: &Policy) -> Option<Idle> {
        let all = 0..policy.text.rules.len();
        let idle = all.filter(|place| !self.rules.contains_key(place));
        let alone: BTreeMap<usize, Policy> =
            idle.map(|place| (place, policy.on_trial(Some(place)))).collect();
        (!alone.is_empty()).then(|| Idle {
            as_it_is: policy.clone(),
            together: self.policy.clone(),
            alone,
            shadowed: BTreeMap::new(),
        })
    }
}

/// Rules that catch nothing, each tried alone.
#[derive(Clone, Debug)]
pub struct Idle {
    as_it_is: Policy,
    together: Policy,
    alone: BTreeMap<usize, Policy>,
    /// The rules before them that take what they would catch, where there is anything to catch; all
    /// by their places in the text.
    pub shadowed: BTreeMap<usize, BTreeSet<usize>>,
}

impl Idle {
    /// Notes which other rules take what these would catch of a group.
    pub fn add(&mut self, group: &Group, facts: &[Fact], stock: &Stock, heard_until: Timestamp) {
        self.add_documents(facts);
        for (place, alone) in &self.alone {
            let alone = entered(group, facts, stock, alone, heard_until);
            let own: BTreeSet<_> = lines(&alone)
                .filter(|(_, line)| caught_by(line).any(|(_, rule)| rule == *place))
                .map(|(entry, line)| name(entry, line))
                .collect();
            let asked = questions(&self.as_it_is, *place);
            if own.is_empty() && left_out(&alone, facts, &self.together).next().is_none() {
                continue;
            }
            let taken = entered(group, facts, stock, &self.together, heard_until);
            let by_lines = lines(&taken)
                .filter(|(entry, line)| own.contains(&name(entry, line)))
                .flat_map(|(_, line)| caught_by(line))
                .filter(|(question, _)| asked.contains(question))
                .map(|(_, earlier)| earlier);
            // What another rule leaves out of the books has no lines at all.
            let whole = left_out(&taken, facts, &self.together).map(|(_, earlier)| earlier);
            self.shadowed.entry(*place).or_default().extend(by_lines.chain(whole));
        }
    }

    /// Of rules about an order's documents, whether they would catch an order: another rule then
    /// took it, or left it out.
    fn add_documents(&mut self, facts: &[Fact]) {
        let rules = &self.as_it_is.text.rules;
        let orders = facts.iter().filter_map(|fact| match fact {
            Fact::Order(order) => Some(&**order),
            _ => None,
        });
        for order in orders {
            for (place, rule) in self.alone.keys().filter_map(|it| Some((it, rules.get(*it)?))) {
                let Some(taken) = self.taken(order, (*place, rule)) else { continue };
                let name = self.as_it_is.excluded_by(order);
                let excluded = rules.iter().position(|it| Some(&*it.name) == name);
                let taken = excluded.map_or(taken, |excluded| BTreeSet::from([excluded]));
                self.shadowed.entry(*place).or_default().extend(taken);
            }
        }
    }

    /// The rules that take the documents of an order which a rule would catch; none where it is
    /// not about documents, or would catch nothing.
    fn taken(&self, order: &Order, (place, rule): (usize, &Rule)) -> Option<BTreeSet<usize>> {
        let policy = &self.as_it_is;
        let holds = |gateway| policy.rule_holds(place, order, gateway);
        let paid_by = paid_by(order);
        match () {
            () if rule.detail.is_some() && holds(paid_by) => {
                Some(policy.detail_rule(order, paid_by).into_iter().collect())
            }
            () if rule.sales.is_some() && holds(paid_by) => {
                Some(policy.sales_rule(order).into_iter().collect())
            }
            () if rule.refunds.is_some() => {
                let returns = returns(order).unwrap_or_default();
                let mut own = returns.iter().filter(|it| holds(it.1)).peekable();
                own.peek()?;
                Some(own.filter_map(|it| policy.refunds_rule(order, it.1)).collect())
            }
            () => None,
        }
    }
}

fn entered(
    group: &Group,
    facts: &[Fact],
    stock: &Stock,
    policy: &Policy,
    heard_until: Timestamp,
) -> Accounted {
    account_with(group, facts, (&super::Payouts::default(), stock), policy, heard_until)
}

fn lines(accounted: &Accounted) -> impl Iterator<Item = (&SubledgerEntry, &Line)> {
    accounted.entries.iter().flat_map(|entry| entry.lines.iter().map(move |line| (entry, line)))
}

/// What rules on trial answer of a line, by what was asked: none of its account, or the name of a
/// dimension.
fn caught_by(line: &Line) -> impl Iterator<Item = (Option<&str>, usize)> {
    let account = match Marked::of(&line.account) {
        Some(Marked::Rule(place)) => Some((None, place)),
        Some(Marked::Role(_)) | None => None,
    };
    let dimensions = Marked::dimensions(&line.dimensions);
    let dimensions = dimensions.filter_map(|(name, rule)| Some((Some(name), rule?)));
    let untaxed = untaxed_by(line).map(|place| (Some(UNTAXED), place));
    account.into_iter().chain(dimensions).chain(untaxed)
}

/// The rule on trial that says why a line bears no tax.
fn untaxed_by(line: &Line) -> Option<usize> {
    line.taxes.iter().find_map(|tax| Marked::untaxed(&tax.title))
}

/// What a rule answers of lines, as [`caught_by`] names it.
fn questions(policy: &Policy, place: usize) -> BTreeSet<Option<&str>> {
    let Some(rule) = policy.text.rules.get(place) else { return BTreeSet::new() };
    let account = rule.account.is_some().then_some(None);
    let untaxed = rule.untaxed.is_some().then_some(Some(UNTAXED));
    let dimensions = rule.set.keys().map(|name| Some(name.as_str()));
    account.into_iter().chain(untaxed).chain(dimensions).collect()
}

/// What tells a line from all others, whichever account it is on.
fn name(entry: &SubledgerEntry, line: &Line) -> (FactId, String, String, i64) {
    (entry.id.clone(), line.origin.clone(), line.text.clone(), line.amount.minor())
}

fn example(entry: &SubledgerEntry, line: &Line) -> Example {
    Example {
        reference: entry.header.reference.clone(),
        date: entry.header.date,
        text: line.text.clone(),
        amount: line.amount,
    }
}

/// The orders that rules leave out, with the places of the rules.
fn left_out<'a>(
    accounted: &'a Accounted,
    facts: &'a [Fact],
    policy: &Policy,
) -> impl Iterator<Item = (&'a Order, usize)> {
    facts.iter().filter_map(|fact| {
        let Fact::Order(order) = fact else { return None };
        let mut standings = accounted.standings.iter();
        let own = standings.find(|it| it.id == order.id && it.source == order.source)?;
        let FactState::Excluded { rule } = &own.state else { return None };
        let name = by_policy(rule)?;
        Some((&**order, policy.text.rules.iter().position(|it| it.name == name)?))
    })
}

/// The orders that are entered, at least in part.
fn entered_orders<'a>(
    accounted: &'a Accounted,
    facts: &'a [Fact],
) -> impl Iterator<Item = &'a Order> {
    facts.iter().filter_map(|fact| {
        let Fact::Order(order) = fact else { return None };
        let own = |it: &&super::Standing| it.id == order.id && it.source == order.source;
        let state = &accounted.standings.iter().find(own)?.state;
        (!matches!(state, FactState::Excluded { .. })).then_some(&**order)
    })
}

/// The gateway that an order was paid by, where it is one alone.
fn paid_by(order: &Order) -> Option<&GatewayId> {
    paid_until(order, Timestamp::MAX)
}

/// A return, with the gateway that its order was paid by until then, and what the buyer has to get.
type Return<'a> = (&'a Agreement, Option<&'a GatewayId>, Money);

/// What comes back of an order.
fn returns(order: &Order) -> Result<Vec<Return<'_>>, MoneyError> {
    let mut returns = Vec::new();
    for agreement in &order.agreements {
        let nothing = Money::zero(order.currency);
        let mut lines = agreement.lines.iter();
        let due = lines.try_fold(nothing, |sum, line| sum.plus(line.total()?))?;
        if due.is_negative() {
            let gateway = paid_until(order, agreement.happened_at);
            returns.push((agreement, gateway, due.negated()));
        }
    }
    Ok(returns)
}

/// What the buyer owed for an order when it was sold, with all that was agreed since.
fn owed(order: &Order) -> Result<Money, MoneyError> {
    let lines = order.agreements.iter().flat_map(|agreement| &agreement.lines);
    lines.into_iter().try_fold(Money::zero(order.currency), |sum, line| sum.plus(line.total()?))
}
