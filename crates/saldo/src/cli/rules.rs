//! `saldo map rules`.

use super::args::Global;
use super::context::{self, Usage};
use super::output::table;
use super::{Ending, Output};
use crate::engine::try_rules;
use saldo_core::accounting::{Catch, Example, Idle, Trial};
use saldo_core::money::Money;
use saldo_core::policy::{Policy, Rule};
use serde::Serialize;
use std::path::Path;

/// What the rules of a policy catch.
#[derive(Serialize)]
struct Caught {
    rules: Vec<CaughtByRule>,
    rest: Vec<CaughtByRole>,
    by_default: Vec<CaughtByDefault>,
}

/// What a rule catches.
#[derive(Serialize)]
struct CaughtByRule {
    #[serde(flatten)]
    rule: Rule,
    #[serde(flatten)]
    what: What,
    /// The rules before it that take all that it would catch.
    shadowed_by: Vec<String>,
}

/// What no rule catches.
#[derive(Serialize)]
struct CaughtByRole {
    role: String,
    account: String,
    #[serde(flatten)]
    what: What,
}

/// What no rule says anything of in a dimension.
#[derive(Serialize)]
struct CaughtByDefault {
    dimension: String,
    value: Option<String>,
    #[serde(flatten)]
    what: What,
}

#[derive(Default, Serialize)]
struct What {
    count: u64,
    sum: Vec<Money>,
    examples: Vec<Example>,
}

impl From<Catch> for What {
    fn from(catch: Catch) -> Self {
        Self { count: catch.count, sum: catch.sum.iter().collect(), examples: catch.examples }
    }
}

/// Shows what the rules of the policy, or of a file that may become it, catch of all that is
/// stored.
pub(crate) async fn rules(
    global: &Global,
    file: Option<&Path>,
    output: &Output,
) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let policy = match file {
        None => engine.policy.clone(),
        Some(file) => {
            let text = context::text_of_file(file)?;
            let company = &engine.company;
            Policy::new(0, &text, company.currency, &company.timezone, company.start_date)
                .map_err(|error| Usage(error.to_string()))?
        }
    };
    let (trial, idle) = try_rules(&engine, &policy).await?;
    let caught = caught(&policy, trial, idle);
    output.data(&caught, || text(&caught))?;
    Ok(Ending::Done)
}

fn caught(policy: &Policy, mut trial: Trial, idle: Option<Idle>) -> Caught {
    let mut shadowed = idle.map(|idle| idle.shadowed).unwrap_or_default();
    let name = |place: usize| policy.text.rules.get(place).map(|rule| rule.name.clone());
    let rules = policy.text.rules.iter().cloned().enumerate().map(|(place, rule)| CaughtByRule {
        rule,
        what: trial.rules.remove(&place).map(What::from).unwrap_or_default(),
        shadowed_by: shadowed.remove(&place).into_iter().flatten().filter_map(name).collect(),
    });
    let rules = rules.collect();
    let rest = trial.rest.into_iter().map(|(role, catch)| CaughtByRole {
        role: role.word().to_owned(),
        account: policy.chart.account(role).name.to_string(),
        what: catch.into(),
    });
    let by_default = trial.by_default.into_iter().map(|(dimension, catch)| CaughtByDefault {
        value: policy.text.dimensions.get(&dimension).and_then(|it| it.default.clone()),
        dimension,
        what: catch.into(),
    });
    Caught { rules, rest: rest.collect(), by_default: by_default.collect() }
}

fn text(caught: &Caught) -> String {
    let mut rows = Vec::new();
    for CaughtByRule { rule, what, shadowed_by } in &caught.rules {
        let says = said(rule);
        let instead = match (what.count, shadowed_by.as_slice()) {
            (0, []) => Some("nothing like it is known".to_owned()),
            (0, earlier) => Some(format!("never reached: {} comes first", earlier.join(", "))),
            _ => None,
        };
        rows.extend(rows_of(&rule.name, &says, what, instead));
    }
    for CaughtByRole { role, account, what } in &caught.rest {
        rows.extend(rows_of(&format!("(no rule) {role}"), account, what, None));
    }
    for CaughtByDefault { dimension, value, what } in &caught.by_default {
        let says = value.as_deref().unwrap_or("nothing");
        rows.extend(rows_of(&format!("(no rule) {dimension}"), says, what, None));
    }
    table(&["rule", "says", "for example", "lines", "sum"], 2, rows)
}

/// What a rule says, in a few words.
fn said(rule: &Rule) -> String {
    let detail = rule.detail.map(|detail| format!("detail {detail:?}").to_lowercase());
    let sales = rule.sales.map(|form| format!("sales as {}", form.word()));
    let refunds = rule.refunds.map(|form| format!("returns as {}", form.word()));
    let left_out = rule.exclude.then(|| "left out".to_owned());
    let untaxed = rule.untaxed.map(|why| format!("untaxed: {}", why.word()));
    let named = rule.account.clone().or(detail).or(sales).or(refunds).or(untaxed).or(left_out);
    let set = rule.set.iter().map(|(name, value)| format!("{name} {value}"));
    named.unwrap_or_else(|| set.collect::<Vec<_>>().join(", "))
}

/// The first row of a rule says how much it catches; those below give examples, and sums of further
/// currencies.
fn rows_of(name: &str, says: &str, what: &What, instead: Option<String>) -> Vec<Vec<String>> {
    let examples = what.examples.iter();
    let examples = examples.map(|it| format!("{} {}: {}", it.reference, it.text, it.amount));
    let mut examples: Vec<String> = instead.into_iter().chain(examples).collect();
    let mut sums: Vec<String> = what.sum.iter().map(Money::to_string).collect();
    let height = examples.len().max(sums.len()).max(1);
    examples.resize(height, String::new());
    sums.resize(height, String::new());
    let row = |(place, (example, sum)): (usize, (String, String))| match place {
        0 => vec![name.to_owned(), says.to_owned(), example, what.count.to_string(), sum],
        _ => vec![String::new(), String::new(), example, String::new(), sum],
    };
    examples.into_iter().zip(sums).enumerate().map(row).collect()
}
