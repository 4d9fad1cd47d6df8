//! Policies on trial: accounts that say which rule or role they come from.

use super::{Rules, is_mapped};
use crate::ledger::{Account, Dimensions};
use crate::policy::{Chart, Detail, Policy, RefundForm, Role, SaleForm};

/// How the names of accounts begin that stand for a rule on trial.
const RULE: &str = "\u{1}rule ";
/// What stands for something in a dimension that no rule on trial answers for.
const REST: &str = "\u{1}rest";
/// How those begin that stand for a role.
const ROLE: &str = "\u{1}role ";

/// What an account of a policy on trial stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// A rule, by its place in the text.
    Rule(usize),
    /// A role that no rule answers for.
    Role(Role),
}

impl Marked {
    /// What an account stands for; none for one that no rule can change.
    #[must_use]
    pub fn of(account: &Account) -> Option<Self> {
        if let Some(place) = account.name.strip_prefix(RULE) {
            return place.parse().ok().map(Self::Rule);
        }
        let word = account.name.strip_prefix(ROLE)?;
        Role::ALL.iter().find(|role| role.word() == word).map(|role| Self::Role(*role))
    }

    /// The rule that says why a line bears no tax, by what it calls that.
    #[must_use]
    pub fn untaxed(title: &str) -> Option<usize> {
        title.strip_prefix(RULE)?.parse().ok()
    }

    /// Whether a name stands for a rule.
    pub(in crate::policy) fn is_mark(name: &str) -> bool {
        name.starts_with(RULE)
    }

    /// The dimensions of a line of a policy on trial, each with the rule that answered for it, if
    /// one did.
    pub fn dimensions(of: &Dimensions) -> impl Iterator<Item = (&str, Option<usize>)> {
        of.iter().map(|(name, value)| {
            (name, value.strip_prefix(RULE).and_then(|place| place.parse().ok()))
        })
    }
}

impl Policy {
    /// This policy as though it had always held, with accounts that say which rule or role they
    /// come from ([`Marked`]), and one document an agreement. Of all rules, or of one alone.
    #[must_use]
    pub fn on_trial(&self, alone: Option<usize>) -> Self {
        let mut policy = self.clone();
        policy.before = None;
        policy.text.detail = Detail::Order;
        policy.text.detail_from.clear();
        for gateway in policy.text.gateways.values_mut() {
            gateway.detail = None;
        }
        policy.chart = Chart::renamed(&self.chart, |role| {
            is_mapped(role).then(|| format!("{ROLE}{}", role.word()))
        });
        policy.text.sales = SaleForm::Receipt;
        policy.text.refunds = RefundForm::RefundReceipt;
        let Rules { accounts, exclusions, details, sales, refunds, untaxed, dimensions, .. } =
            &mut policy.rules;
        for documents in [details, sales, refunds] {
            documents.clear();
        }
        let stays = |place: &usize| alone.is_none_or(|alone| alone == *place);
        exclusions.retain(stays);
        untaxed.retain(|(place, _)| stays(place));
        for (place, word) in untaxed {
            *word = format!("{RULE}{place}");
        }
        for (role, rules) in accounts.iter_mut() {
            rules.retain(|(place, _)| stays(place));
            for (place, account) in rules {
                *account = Account::new(format!("{RULE}{place}"), role.kind());
            }
        }
        for dimension in dimensions {
            dimension.default = Some(REST.into());
            dimension.rules.retain(|(place, _)| stays(place));
            for (place, value) in &mut dimension.rules {
                *value = format!("{RULE}{place}").into();
            }
        }
        policy
    }
}
