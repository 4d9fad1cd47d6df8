//! Rules: an ordered list that says what becomes of what is of some product, tag, gateway or place.
//!
//! Of the rules that answer a question, such as which account, the first whose conditions hold
//! wins. A rule that answers nothing of it stands in nobody's way.

mod condition;
mod dimensions;
mod marked;
mod words;

pub use condition::{Conditions, Status, Subject};
pub use dimensions::{Dimension, InBook};
pub use marked::Marked;
pub use words::Words;

use self::dimensions::Declared;
use super::{Chart, Detail, Policy, PolicyError, PolicyText, RefundForm, Role, SaleForm, Untaxed};
use crate::commerce::Order;
use crate::ledger::{Account, AccountKind};
use crate::text::GatewayId;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A rule as it stands in the policy's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rule {
    /// What people call it; each name stands once.
    pub name: String,
    /// What it looks at. Without a condition it holds for everything.
    #[serde(default)]
    pub when: Conditions,
    /// The account in the place of the role's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// How much a document of an order holds, in the place of the policy's own detail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Detail>,
    /// What sales are entered as that are paid at once, in the place of the policy's own `sales`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sales: Option<SaleForm>,
    /// What returns are entered as, in the place of the policy's own `refunds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunds: Option<RefundForm>,
    /// Why a sale bears no tax of the merchant's, where it bears none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untaxed: Option<Untaxed>,
    /// What income and expenses stand for in dimensions, by their names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub set: BTreeMap<String, String>,
    /// Whether orders are left out of the books.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub exclude: bool,
}

/// What a rule answers.
enum Answer<'a> {
    /// Which account.
    Account(&'a str),
    /// How much documents of an order hold.
    Detail,
    /// What a sale is entered as.
    Sales,
    /// What a return is entered as.
    Refunds,
    /// Why something bears no tax.
    Untaxed(Untaxed),
    /// Whether an order is left out.
    Exclude,
    /// What stands for what in dimensions.
    Dimensions,
}

impl Rule {
    /// The one thing that it answers.
    fn answer(&self) -> Result<Answer<'_>, &'static str> {
        let answers = [
            self.account.as_deref().map(Answer::Account),
            self.detail.map(|_| Answer::Detail),
            self.sales.map(|_| Answer::Sales),
            self.refunds.map(|_| Answer::Refunds),
            self.untaxed.map(Answer::Untaxed),
            self.exclude.then_some(Answer::Exclude),
            (!self.set.is_empty()).then_some(Answer::Dimensions),
        ];
        let mut answers = answers.into_iter().flatten();
        match (answers.next(), answers.next()) {
            (Some(answer), None) => Ok(answer),
            (None, _) => {
                Err("it says nothing: name an `account`, a `detail`, `sales`, `refunds`, \
                              why something is `untaxed`, `set` dimensions, or `exclude`")
            }
            (Some(_), Some(_)) => Err("it says more than one thing: make a rule of each"),
        }
    }
}

/// The rules of a policy, by what they answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rules {
    /// Those that name an account of a role, by their place in the text.
    accounts: BTreeMap<Role, Vec<(usize, Account)>>,
    /// Those that say how much documents of an order hold.
    details: Vec<usize>,
    /// Those that say what a sale is entered as.
    sales: Vec<usize>,
    /// Those that say what a return is entered as.
    refunds: Vec<usize>,
    /// Those that say why something bears no tax, with what it is then called.
    pub(super) untaxed: Vec<(usize, String)>,
    /// Those that leave orders out.
    exclusions: Vec<usize>,
    /// The dimensions, each with those that say what stands for what in it.
    dimensions: Vec<Declared>,
    /// Whether any looks at the gateway.
    by_gateway: bool,
    /// Whether any looks at the buyer.
    by_buyer: bool,
}

impl Rules {
    /// Sorts rules by what they answer.
    pub(super) fn new(text: &PolicyText, chart: &Chart) -> Result<Self, PolicyError> {
        let declared = dimensions::declared(&text.dimensions);
        let dimensions = declared.map_err(|(name, why)| PolicyError::Dimension { name, why })?;
        let mut rules = Self { dimensions, ..Self::default() };
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let mut kinds: BTreeMap<&str, AccountKind> = BTreeMap::new();
        for (_, account) in chart.iter() {
            kinds.insert(&account.name, account.kind);
        }
        for (place, rule) in text.rules.iter().enumerate() {
            let wrong = |why: String| PolicyError::Rule { rule: rule.name.clone(), why };
            if rule.name.trim().is_empty() {
                let rule = format!("number {}", place + 1);
                return Err(PolicyError::Rule { rule, why: "it has no name".to_owned() });
            }
            if !names.insert(&rule.name) {
                return Err(wrong("another rule has the same name".to_owned()));
            }
            rules.by_gateway |= !rule.when.gateway.is_empty();
            rules.by_buyer |= rule.when.asks_for_buyer();
            match rule.answer().map_err(|why| wrong(why.to_owned()))? {
                Answer::Account(name) => {
                    for role in mapped_roles(rule).map_err(wrong)? {
                        let account = account(name, role, &mut kinds).map_err(wrong)?;
                        rules.accounts.entry(role).or_default().push((place, account));
                    }
                }
                Answer::Exclude => {
                    of_whole_orders(rule).map_err(wrong)?;
                    rules.exclusions.push(place);
                }
                Answer::Detail => {
                    // The documents that are summed up are settled by one gateway each.
                    of_documents(&whatever_gateway(rule)).map_err(wrong)?;
                    rules.details.push(place);
                }
                Answer::Sales => {
                    of_documents(rule).map_err(wrong)?;
                    rules.sales.push(place);
                }
                Answer::Refunds => {
                    // What was paid before a return stays.
                    of_documents(&whatever_gateway(rule)).map_err(wrong)?;
                    rules.refunds.push(place);
                }
                Answer::Untaxed(why) => {
                    of_sales(rule).map_err(|why| wrong(why.to_owned()))?;
                    rules.untaxed.push((place, why.word().to_owned()));
                }
                Answer::Dimensions => {
                    dimensions::add_rule(&mut rules.dimensions, place, rule).map_err(wrong)?;
                }
            }
        }
        Ok(rules)
    }

    /// All accounts that rules name.
    pub(super) fn accounts(&self) -> impl Iterator<Item = Account> {
        self.accounts.values().flatten().map(|(_, account)| account.clone())
    }
}

/// The account that a rule gives a role. One name has one kind.
fn account<'a>(
    name: &'a str,
    role: Role,
    kinds: &mut BTreeMap<&'a str, AccountKind>,
) -> Result<Account, String> {
    let kind = *kinds.entry(name).or_insert(role.kind());
    match kind == role.kind() {
        true => Ok(Account::new(name, kind)),
        false => Err(format!(
            "the account `{name}` would be used for {} and for something of another kind",
            role.word()
        )),
    }
}

/// What is said of whole orders looks at nothing that only single lines have.
fn of_whole_orders(rule: &Rule) -> Result<(), String> {
    match rule.when.of_lines() {
        None => Ok(()),
        Some(condition) => {
            Err(format!("it is about whole orders, and `{condition}` is of single lines"))
        }
    }
}

/// What is said of an order's documents looks at what stays.
fn of_documents(rule: &Rule) -> Result<(), String> {
    of_whole_orders(rule)?;
    match rule.when.status.is_empty() {
        true => Ok(()),
        false => Err("an order's `status` changes, and its documents stand".to_owned()),
    }
}

/// A rule without what it says of gateways.
fn whatever_gateway(rule: &Rule) -> Rule {
    let mut rule = rule.clone();
    rule.when.gateway = Words::default();
    rule
}

/// What is said of the tax of a sale looks at what is sold, and to whom.
fn of_sales(rule: &Rule) -> Result<(), &'static str> {
    match (rule.when.role.is_empty(), rule.when.status.is_empty()) {
        (true, true) => Ok(()),
        (false, _) => Err("a sale bears tax or not, whatever the `role` of its account"),
        (_, false) => Err("an order's `status` changes, and its tax does not"),
    }
}

/// The roles whose account a rule names. What is entered on an account of the balance sheet must
/// leave it again by the same one, whatever it is about by then.
fn mapped_roles(rule: &Rule) -> Result<Vec<Role>, String> {
    if rule.when.role.is_empty() {
        return Err("it names an account: say for which `role`".to_owned());
    }
    if !rule.when.status.is_empty() {
        return Err("an order's `status` changes, and its accounts do not".to_owned());
    }
    let roles: Vec<Role> = rule.when.role.iter().copied().collect();
    match roles.iter().find(|role| !is_mapped(**role)) {
        Some(role) => Err(format!(
            "the account of {} cannot go by rules: what comes in there must go out from there",
            role.word()
        )),
        None => Ok(roles),
    }
}

/// Whether the account of a role may go by rules: those of what is earned and spent.
const fn is_mapped(role: Role) -> bool {
    role.kind().has_dimensions()
}

impl Policy {
    /// The account of a role in what the rules are asked about: of the first rule that names one,
    /// else the role's own.
    #[must_use]
    pub fn account_for(&self, role: Role, about: &Subject<'_>) -> Account {
        let Some(rules) = self.rules.accounts.get(&role) else { return self.chart.account(role) };
        let first = rules.iter().find(|(place, _)| {
            self.text.rules.get(*place).is_some_and(|rule| rule.when.hold(about))
        });
        first.map_or_else(|| self.chart.account(role), |(_, account)| account.clone())
    }

    /// Whether any rule looks at the gateway that settles a sale.
    #[must_use]
    pub fn asks_for_gateway(&self) -> bool {
        self.rules.by_gateway
    }

    /// Whether anything that is in force on any day looks at the buyer of an order: a rule, or tax
    /// by country.
    #[must_use]
    pub fn asks_for_buyer(&self) -> bool {
        self.through_time().any(|policy| {
            policy.rules.by_buyer || policy.text.tax.by_country || policy.tells_untaxed()
        })
    }

    /// How much a document holds of what was agreed in an order, is settled by a gateway, and
    /// happened on a books day: by the rules and the policy that were in force then.
    #[must_use]
    pub fn detail_for(&self, order: &Order, gateway: Option<&GatewayId>, day: Date) -> Detail {
        let policy = self.in_force(day);
        let place = policy.detail_rule(order, gateway);
        let by_rule = place.and_then(|place| policy.text.rules.get(place));
        by_rule.and_then(|rule| rule.detail).unwrap_or_else(|| self.detail_on(day))
    }

    /// The first rule that says how much documents of an order hold which a gateway settles, by its
    /// place in the text.
    #[must_use]
    pub fn detail_rule(&self, order: &Order, gateway: Option<&GatewayId>) -> Option<usize> {
        self.first_that_holds(&self.rules.details, Subject::of_order(order).by(gateway))
    }

    /// The first rule that says what an order's sales are entered as, by its place in the text.
    #[must_use]
    pub fn sales_rule(&self, order: &Order) -> Option<usize> {
        self.first_that_holds(&self.rules.sales, Subject::of_order(order))
    }

    /// What a sale of an order is entered as that is paid at once.
    #[must_use]
    pub fn sale_form(&self, order: &Order) -> SaleForm {
        let by_rule = self.sales_rule(order).and_then(|place| self.text.rules.get(place));
        by_rule.and_then(|rule| rule.sales).unwrap_or(self.text.sales)
    }

    /// The first rule that says what a return of an order is entered as that was paid by this
    /// gateway until then, by its place in the text.
    #[must_use]
    pub fn refunds_rule(&self, order: &Order, gateway: Option<&GatewayId>) -> Option<usize> {
        self.first_that_holds(&self.rules.refunds, Subject::of_order(order).by(gateway))
    }

    /// What a return of a books day is entered as: by the rules and the policy that were in force
    /// then, so that money that is paid back later finds what it is paid for. What lies before the
    /// books begin is no document of theirs that a payment could belong to.
    #[must_use]
    pub fn refund_form(&self, order: &Order, gateway: Option<&GatewayId>, day: Date) -> RefundForm {
        if day < self.start_date {
            return RefundForm::RefundReceipt;
        }
        let policy = self.in_force(day);
        let place = policy.refunds_rule(order, gateway);
        let by_rule = place.and_then(|place| policy.text.rules.get(place));
        by_rule.and_then(|rule| rule.refunds).unwrap_or(policy.text.refunds)
    }

    fn first_that_holds(&self, places: &[usize], about: Subject<'_>) -> Option<usize> {
        let holds = |place: &&usize| {
            self.text.rules.get(**place).is_some_and(|rule| rule.when.hold(&about))
        };
        places.iter().find(holds).copied()
    }

    /// Whether a rule's conditions hold for an order that a gateway settles, whichever rules come
    /// first.
    #[must_use]
    pub fn rule_holds(&self, place: usize, order: &Order, gateway: Option<&GatewayId>) -> bool {
        let rule = self.text.rules.get(place);
        rule.is_some_and(|rule| rule.when.hold(&Subject::of_order(order).by(gateway)))
    }

    /// The first rule that leaves an order out, by its name.
    #[must_use]
    pub fn excluded_by(&self, order: &Order) -> Option<&str> {
        let about = Subject::of_order(order);
        let rules = self.rules.exclusions.iter().filter_map(|place| self.text.rules.get(*place));
        rules.into_iter().find(|rule| rule.when.hold(&about)).map(|rule| rule.name.as_str())
    }
}
