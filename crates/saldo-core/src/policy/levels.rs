//! Levels of intervention: which documents a sync approves by itself, kind by kind, and up to what.

use super::{Approval, Policy, PolicyError, PolicyText};
use crate::document::{Document, DocumentKind};
use crate::money::{Balance, Currency, Money, MoneyError};
use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// Who approves documents of a kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Level {
    /// Who approves them, where that is another than for the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// How many of them a run enters in a book by itself at most. Where it would enter more, all of
    /// the kind wait for a person.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "whole")]
    pub count: Option<u64>,
    /// The same for the sum of what they are about, in the books' currency: `25000.00`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Decimal>,
}

/// A whole number, in quotation marks or not.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let number = <Decimal as Deserialize>::deserialize(deserializer)?;
    let whole = number.is_integer().then(|| u64::try_from(number).ok()).flatten();
    let wrong = || serde::de::Error::custom(format!("{number} is not a number of documents"));
    whole.map(Some).ok_or_else(wrong)
}

/// What a run would enter in a book, by kind of document.
#[derive(Clone, Debug, Default)]
pub struct RunTotals(BTreeMap<DocumentKind, (u64, Balance)>);

impl RunTotals {
    /// Adds a document.
    ///
    /// # Errors
    /// Where a sum is too large.
    pub fn add(&mut self, document: &Document) -> Result<(), MoneyError> {
        let (count, sum) = self.0.entry(document.header().kind).or_default();
        *count += 1;
        sum.add(document.total()?)
    }

    /// How many documents there are of a kind.
    #[must_use]
    pub fn count(&self, kind: DocumentKind) -> u64 {
        self.0.get(&kind).map_or(0, |(count, _)| *count)
    }

    /// The kinds of which there are documents.
    pub fn kinds(&self) -> impl Iterator<Item = DocumentKind> + '_ {
        self.0.keys().copied()
    }
}

impl Policy {
    /// Whether every document is approved by a sync itself, whatever it is and however many.
    #[must_use]
    pub fn approves_everything(&self) -> bool {
        self.text.approval == Approval::Automatic && self.text.levels.is_empty()
    }

    /// Whether a sync approves any documents by itself.
    #[must_use]
    pub fn approves_anything(&self) -> bool {
        let levels = self.text.levels.values();
        let by_kind = |level: &Level| level.approval.is_some_and(|it| it != Approval::Review);
        self.text.approval != Approval::Review || levels.into_iter().any(by_kind)
    }

    /// Whether documents of any kind are to be entered as drafts.
    #[must_use]
    pub fn wants_drafts(&self) -> bool {
        let levels = self.text.levels.values();
        let of_all = std::iter::once(Some(self.text.approval));
        of_all.chain(levels.map(|level| level.approval)).any(|it| it == Some(Approval::Draft))
    }

    /// Who approves documents of a kind.
    #[must_use]
    pub fn approval_of(&self, kind: DocumentKind) -> Approval {
        let own = self.text.levels.get(&kind).and_then(|level| level.approval);
        own.unwrap_or(self.text.approval)
    }

    /// Why documents of a kind wait for a person, where a run would enter all these in a book that
    /// holds drafts of that kind, or does not; none where it approves them by itself.
    #[must_use]
    pub fn waits_for_approval(
        &self,
        kind: DocumentKind,
        run: &RunTotals,
        holds_drafts: bool,
    ) -> Option<String> {
        let level = self.text.levels.get(&kind).copied().unwrap_or_default();
        match self.approval_of(kind) {
            Approval::Review => return Some("a person approves them".to_owned()),
            Approval::Draft if !holds_drafts => {
                return Some(
                    "the book has no drafts of them, and a person approves them".to_owned(),
                );
            }
            Approval::Draft | Approval::Automatic => {}
        }
        let (count, sum) = run.0.get(&kind)?;
        if let Some(most) = level.count.filter(|most| count > most) {
            return Some(format!("there are {count}, and a run approves {most} by itself"));
        }
        let most = level.amount?;
        let exceeds = |money: Money| money.currency() != self.currency || worth(money) > most;
        let exceeding = sum.iter().find(|money| exceeds(*money))?;
        Some(format!(
            "they come to {exceeding}, and a run approves {most} {} by itself",
            self.currency
        ))
    }
}

/// An amount in units of its currency.
fn worth(money: Money) -> Decimal {
    Decimal::new(money.minor(), u32::from(money.currency().exponent()))
}

/// Limits have sense.
pub(super) fn check_levels(text: &PolicyText, currency: Currency) -> Result<(), PolicyError> {
    for (kind, level) in &text.levels {
        let key = || format!("levels.{kind}.amount");
        let Some(value) = level.amount else { continue };
        if value < Decimal::ZERO {
            return Err(PolicyError::Number { key: key(), value, why: "it is a limit" });
        }
        if value.normalize().scale() > u32::from(currency.exponent()) {
            let why = "it has more decimals than the books' currency";
            return Err(PolicyError::Number { key: key(), value, why });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Policy, PolicyError> {
        let usd = Currency::parse("USD").unwrap();
        Policy::new(1, text, usd, "UTC", "2026-01-01".parse().unwrap())
    }

    #[test]
    fn limits_that_have_no_sense_are_refused() {
        let cases = [
            ("count = 3", true),
            ("count = \"3\"", true),
            ("count = \"2.5\"", false),
            ("count = -1", false),
            ("amount = \"10.00\"", true),
            ("amount = \"0\"", true),
            ("amount = \"10.05\"", true),
            ("amount = \"10.005\"", false),
            ("amount = \"-1\"", false),
            ("approval = \"draft\"", true),
            ("approval = \"drafts\"", false),
        ];
        for (limit, is_one) in cases {
            let text = format!("[levels.invoice]\n{limit}");
            assert_eq!(read(&text).is_ok(), is_one, "{limit}");
        }
        assert!(read("[levels.invoices]\ncount = 1").is_err());
    }

    #[test]
    fn without_levels_one_word_decides_for_all() {
        let automatic = read("").unwrap();
        assert!(automatic.approves_everything() && automatic.approves_anything());
        let review = read("approval = \"review\"").unwrap();
        assert!(!review.approves_everything() && !review.approves_anything());
        let both = "approval = \"review\"\n[levels.expense]\napproval = \"automatic\"";
        assert!(read(both).unwrap().approves_anything());
        assert!(!automatic.wants_drafts() && !review.wants_drafts());
        let draft = read("approval = \"review\"\n[levels.expense]\napproval = \"draft\"").unwrap();
        assert!(draft.wants_drafts() && draft.approves_anything());
    }

    /// A run of so many expenses of ten dollars each.
    fn run(count: usize) -> RunTotals {
        use crate::document::{Header, Line, LineKind};
        use crate::ledger::{Account, AccountKind, Dimensions};
        let usd = Currency::parse("USD").unwrap();
        let header = Header {
            slot: "fees".to_owned(),
            kind: DocumentKind::Expense,
            date: "2026-03-10".parse().unwrap(),
            currency: usd,
            party: None,
            applies_to: None,
            due: None,
            ships_to: None,
            reference: String::new(),
            memo: String::new(),
        };
        let line = |kind, minor| Line {
            kind,
            account: Account::new("A", AccountKind::Expense),
            dimensions: Dimensions::default(),
            amount: Money::from_minor(minor, usd),
            foreign: None,
            quantity: None,
            taxes: Vec::new(),
            text: String::new(),
            origin: String::new(),
        };
        let lines =
            vec![line(LineKind::Other { taxed: false }, 1_000), line(LineKind::Settlement, -1_000)];
        let document = Document::new(header, lines).unwrap();
        let mut run = RunTotals::default();
        for _ in 0..count {
            run.add(&document).unwrap();
        }
        run
    }

    #[test]
    fn what_exceeds_a_limit_waits_and_what_reaches_it_does_not() {
        let two = run(2);
        assert_eq!((two.count(DocumentKind::Expense), two.count(DocumentKind::Invoice)), (2, 0));
        assert_eq!(two.kinds().collect::<Vec<_>>(), [DocumentKind::Expense]);
        let waits = |limits: &str, count| {
            let policy = read(&format!("[levels.expense]\n{limits}")).unwrap();
            policy.waits_for_approval(DocumentKind::Expense, &run(count), true)
        };
        assert_eq!((waits("count = 2", 1), waits("count = 2", 2)), (None, None));
        let three = "there are 3, and a run approves 2 by itself".to_owned();
        assert_eq!(waits("count = 2", 3), Some(three));
        assert_eq!((waits("amount = \"20.00\"", 1), waits("amount = \"20.00\"", 2)), (None, None));
        let dear = "they come to 30.00 USD, and a run approves 20.00 USD by itself".to_owned();
        assert_eq!(waits("amount = \"20.00\"", 3), Some(dear));
        assert_eq!(waits("amount = \"20.00\"", 0), None);
    }

    #[test]
    fn drafts_are_entered_where_a_book_has_them() {
        let waits = |text: &str, holds_drafts| {
            let policy = read(text).unwrap();
            policy.waits_for_approval(DocumentKind::Expense, &run(1), holds_drafts).is_some()
        };
        let draft = "[levels.expense]\napproval = \"draft\"";
        assert!(!waits(draft, true) && waits(draft, false));
        assert!(!waits("", false) && waits("approval = \"review\"", true));
        let policy = read(draft).unwrap();
        assert_eq!(policy.approval_of(DocumentKind::Expense), Approval::Draft);
        assert_eq!(policy.approval_of(DocumentKind::Invoice), Approval::Automatic);
    }
}
