//! The standard profit and loss report: sections of accounts, each with what they come to.

use super::element::Element;
use super::fields::money;
use super::file::CompanyFile;
use super::kind::Kind;
use super::show::account_type;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The sections in their order: type of account, heading, whether credits are positive there, and
/// what is summed up behind it.
const SECTIONS: [(&str, &str, bool, Option<&str>); 5] = [
    ("Income", "Income", true, None),
    ("CostOfGoodsSold", "Cost of Goods Sold", false, Some("Gross Profit")),
    ("Expense", "Expense", false, Some("Net Ordinary Income")),
    ("OtherIncome", "Other Income", true, None),
    ("OtherExpense", "Other Expense", false, None),
];

impl CompanyFile {
    /// What income and expenses moved by between two days, both included.
    pub(super) fn profit_and_loss(&self, from: Date, until: Date) -> Element {
        let mut moved: BTreeMap<u64, i64> = BTreeMap::new();
        for record in self.records.values().filter(|record| record.counts()) {
            if record.date().is_some_and(|date| (from..=until).contains(&date)) {
                for leg in record.all_legs() {
                    *moved.entry(leg.account).or_insert(0) += leg.minor;
                }
            }
        }
        let mut rows = Rows::default();
        let mut net = 0;
        for (kind, heading, credits, sum) in SECTIONS {
            let shown = |minor: i64| if credits { -minor } else { minor };
            let accounts = self.shelf(Kind::Account).filter(|it| account_type(it) == kind);
            let accounts: Vec<(&str, i64)> = accounts
                .map(|it| (it.full_name(), moved.get(&it.number).copied().unwrap_or(0)))
                .filter(|(_, minor)| *minor != 0)
                .collect();
            let total: i64 = accounts.iter().map(|(_, minor)| minor).sum();
            if !accounts.is_empty() {
                rows.text(heading);
                accounts.into_iter().for_each(|(name, minor)| rows.account(name, shown(minor)));
                rows.sum("SubtotalRow", &format!("Total {heading}"), shown(total));
            }
            net -= total;
            if let Some(sum) = sum {
                rows.sum("SubtotalRow", sum, net);
            }
        }
        rows.sum("TotalRow", "Net Income", net);
        rows.report(from, until)
    }
}

/// The rows of a report with one column of amounts.
#[derive(Default)]
struct Rows(Vec<Element>);

impl Rows {
    fn add(&mut self, row: Element) {
        let number = (self.0.len() + 1).to_string();
        self.0.push(row.with("rowNumber", number));
    }

    fn text(&mut self, heading: &str) {
        self.add(Element::new("TextRow").with("value", heading));
    }

    fn account(&mut self, name: &str, minor: i64) {
        let account = Element::new("RowData").with("rowType", "account").with("value", name);
        self.add(Element::node(
            "DataRow",
            vec![account, cell("1", name), cell("2", &money(minor))],
        ));
    }

    fn sum(&mut self, row: &str, label: &str, minor: i64) {
        self.add(Element::node(row, vec![cell("1", label), cell("2", &money(minor))]));
    }

    fn report(self, from: Date, until: Date) -> Element {
        let days = format!("{} - {}", from.strftime("%b %-d, %y"), until.strftime("%b %-d, %y"));
        let mut report = Element::new("ReportRet");
        report.set("ReportTitle", "Profit & Loss");
        report.set("ReportSubtitle", days.clone());
        report.set("ReportBasis", "Accrual");
        report.set("NumRows", self.0.len().to_string());
        report.set("NumColumns", "2");
        report.set("NumColTitleRows", "1");
        for (id, title, kind, data) in
            [("1", None, "Blank", "STRTYPE"), ("2", Some(days), "Amount", "AMTTYPE")]
        {
            let titled = Element::new("ColTitle").with("titleRow", "1");
            let titled = title.into_iter().fold(titled, |it, title| it.with("value", title));
            let column = Element::node("ColDesc", vec![titled, Element::leaf("ColType", kind)]);
            report.children.push(column.with("colID", id).with("dataType", data));
        }
        report.children.push(Element::node("ReportData", self.0));
        report
    }
}

fn cell(column: &str, value: &str) -> Element {
    Element::new("ColData").with("colID", column).with("value", value)
}
