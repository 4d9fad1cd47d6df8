//! What references mean, and what an addition becomes when it is kept.

use super::element::Element;
use super::file::CompanyFile;
use super::kind::Kind;
use super::record::Record;
use super::status::{Checked, Status};
use super::{fields, tables};
use jiff::Timestamp;

impl CompanyFile {
    /// What an element of this name refers to; none where it is left out or empty.
    pub(super) fn referred(&self, within: &Element, name: &str) -> Checked<Option<&Record>> {
        within.child(name).map_or(Ok(None), |element| self.meant(element, &within.name))
    }

    /// What an element of this name refers to, which must be there.
    pub(super) fn required(&self, within: &Element, name: &str) -> Checked<&Record> {
        self.referred(within, name)?.ok_or_else(|| Status::missing(name))
    }

    /// The number of the account that an element of this name refers to.
    pub(super) fn account(&self, within: &Element, name: &str) -> Checked<Option<u64>> {
        Ok(self.referred(within, name)?.map(|record| record.number))
    }

    /// What a reference means: the id counts before the name.
    fn meant(&self, reference: &Element, within: &str) -> Checked<Option<&Record>> {
        let own = within.strip_suffix("Add").and_then(Kind::of_name);
        let own: Vec<Kind> = own.into_iter().collect();
        let kinds = match reference.name.as_str() {
            "ParentRef" => own.as_slice(),
            name => Kind::referred_by(name),
        };
        let (found, said) = match (reference.text_of("ListID"), reference.text_of("FullName")) {
            (Some(id), _) => (self.by_id(kinds, id), id),
            (None, Some(name)) => (self.by_name(kinds, name), name),
            (None, None) => return Ok(None),
        };
        let field = reference.name.trim_end_matches("Ref");
        let found = found.ok_or_else(|| Status::bad_reference(field, said, within))?;
        self.check_feature(&reference.name)?;
        if !found.is_active() {
            let why = "The element is inactive.";
            return Err(Status::refused(&reference.name, found.full_name(), why));
        }
        Ok(Some(found))
    }

    /// Refuses references that need something which the company does not use.
    fn check_feature(&self, reference: &str) -> Checked<()> {
        let settings = &self.settings;
        match reference {
            "ClassRef" | "DiscountClassRef" | "OverrideClassRef" if !settings.uses_classes => {
                Err(Status::feature_off("class tracking"))
            }
            "CurrencyRef" if !settings.uses_currencies => {
                Err(Status::feature_off("multiple currencies"))
            }
            "ItemSalesTaxRef" | "SalesTaxCodeRef" | "CustomerSalesTaxCodeRef"
                if !settings.charges_sales_tax =>
            {
                Err(Status::feature_off("sales tax"))
            }
            _ => Ok(()),
        }
    }

    /// An addition as it is kept: what its answer can show, with every reference resolved. Lines
    /// are renamed as they stand in answers, and numbered.
    pub(super) fn kept(
        &mut self,
        add: &Element,
        shown_as: &str,
        now: Timestamp,
    ) -> Checked<Element> {
        let mut kept = Element::new(shown_as);
        for child in &add.children {
            if child.name.ends_with("Ref") {
                if let Some(number) = self.meant(child, &add.name)?.map(|it| it.number) {
                    let reference = self.reference(&child.name, number);
                    kept.children.push(reference);
                }
            } else if child.name.ends_with("LineAdd") || is_journal_line(&child.name) {
                let name = match child.name.strip_suffix("Add") {
                    Some(stem) => format!("{stem}Ret"),
                    None => child.name.clone(),
                };
                let mut line = self.kept(child, &name, now)?;
                let number = self.take_number();
                line.set("TxnLineID", format!("{number:X}-{}", now.as_second()));
                kept.children.push(line);
            } else if !child.children.is_empty() {
                let inner = self.kept(child, &child.name, now)?;
                kept.children.push(inner);
            } else if !child.text.trim().is_empty() && tables::may_hold(shown_as, &child.name) {
                kept.children.push(normal(child));
            }
        }
        Ok(kept)
    }
}

fn is_journal_line(name: &str) -> bool {
    matches!(name, "JournalDebitLine" | "JournalCreditLine")
}

/// A text as it is shown: amounts with two decimals, yes and no in words.
fn normal(child: &Element) -> Element {
    let text = child.text.trim();
    let is_amount = child.name.ends_with("Amount");
    let amount = is_amount.then(|| text.trim_start_matches('+').parse().ok()).flatten();
    let text = match amount.and_then(fields::to_minor) {
        Some(minor) => fields::money(minor),
        None if child.name.starts_with("Is") && text == "1" => "true".to_owned(),
        None if child.name.starts_with("Is") && text == "0" => "false".to_owned(),
        None => text.to_owned(),
    };
    Element::leaf(&child.name, text)
}
