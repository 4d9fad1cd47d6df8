//! What the books hold in the options of tracking categories.

use super::entity::Entity;
use super::fields::{self, Object};
use super::kind::Kind;
use super::organisation::Organisation;
use super::refusal::Checked;
use std::collections::BTreeMap;

/// Sums by category and option: minor units of the documents' own currencies, debit positive.
type Sums = BTreeMap<(String, String), i64>;

impl Organisation {
    /// What the lines of all transactions that count come to in each option, by the names of the
    /// category and the option: without tax, debit positive, in minor units. Options that come to
    /// nothing are left out.
    ///
    /// # Panics
    /// Where a line stands there that nobody can have entered.
    #[must_use]
    pub fn held_in_options(&self) -> BTreeMap<(String, String), i64> {
        let mut sums = Sums::new();
        for entity in self.shelves.values().flat_map(BTreeMap::values) {
            // What was voided or is a draft moves nothing.
            if !entity.legs.is_empty() {
                let read = add_lines(&mut sums, entity);
                read.expect("lines are checked when they are entered");
            }
        }
        sums.retain(|_, minor| *minor != 0);
        sums
    }
}

fn add_lines(sums: &mut Sums, entity: &Entity) -> Checked<()> {
    let (list, sign) = match (entity.kind, entity.word("Type")) {
        (Kind::ManualJournal, _) => ("JournalLines", 1),
        (_, "ACCREC" | "ACCPAYCREDIT" | "RECEIVE") => ("LineItems", -1),
        _ => ("LineItems", 1),
    };
    let with_tax = entity.word("LineAmountTypes") == "Inclusive";
    for line in fields::objects(&entity.body, list)? {
        let amount = fields::amount(line, "LineAmount")?.unwrap_or_default();
        let tax = fields::amount(line, "TaxAmount")?.unwrap_or_default();
        let net = if with_tax { amount - tax } else { amount };
        for option in fields::objects(line, "Tracking")? {
            *sums.entry((name(option, "Name")?, name(option, "Option")?)).or_default() +=
                sign * net;
        }
    }
    Ok(())
}

fn name(option: &Object, field: &str) -> Checked<String> {
    Ok(fields::text(option, field)?.unwrap_or_default().to_owned())
}
