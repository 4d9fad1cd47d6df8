//! `saldo plan` and `saldo approve`.

use super::args::{Global, PlanArguments};
use super::output::table;
use super::{Ending, Output, context};
use crate::engine::{self, Awaiting, Filling, LeftToday, PlannedBook, RequestsNeeded, Waiting};
use saldo_core::book::{Called, Need, Subject};
use saldo_core::document::{Document, DocumentKey, Header, Line, Party};
use saldo_core::ledger::Dimensions;
use saldo_core::plan::{Change, Difference, Reason, differences};
use serde::Serialize;
use std::fmt::Write;

#[derive(Serialize)]
struct Plan<'a> {
    books: Vec<BookPlan<'a>>,
}

/// The plan of a book as it is shown.
#[derive(Serialize)]
pub(crate) struct BookPlan<'a> {
    book: &'a str,
    withdrawn: &'a [Change],
    changes: &'a [Change],
    differences: &'a [Difference],
    unsettled: usize,
    waiting: &'a [Waiting],
    #[serde(skip_serializing_if = "<[Awaiting]>::is_empty")]
    awaiting: &'a [Awaiting],
    #[serde(skip_serializing_if = "Option::is_none")]
    requests: Option<RequestsNeeded>,
    #[serde(skip_serializing_if = "<[Filling]>::is_empty")]
    lists: &'a [Filling],
}

impl<'a> BookPlan<'a> {
    pub(crate) fn of(planned: &'a PlannedBook, differences: &'a [Difference]) -> Self {
        Self {
            book: planned.book.as_str(),
            withdrawn: &planned.withdrawn,
            changes: &planned.changes,
            differences,
            unsettled: planned.unsettled.len(),
            waiting: &planned.waiting,
            awaiting: &planned.awaiting,
            requests: planned.requests,
            lists: &planned.lists,
        }
    }
}

/// Shows what would be entered.
pub(crate) async fn plan(
    global: &Global,
    words: &PlanArguments,
    output: &Output,
) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let planned = engine::plan(&engine, words.book.as_deref()).await?;
    let mut books = Vec::with_capacity(planned.len());
    for planned in planned {
        let differences = differences(&planned.changes)?;
        books.push((planned, differences));
    }
    let shown = books.iter().map(|(planned, differences)| BookPlan::of(planned, differences));
    let text =
        || books.iter().map(|(planned, differences)| book_text(planned, differences)).collect();
    output.data(&Plan { books: shown.collect() }, text)?;
    Ok(Ending::Done)
}

#[derive(Serialize)]
struct Approved {
    approved: usize,
}

/// Approves what is planned.
pub(crate) async fn approve(
    global: &Global,
    words: &PlanArguments,
    output: &Output,
) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let by = context::person();
    let approved = engine::approve(&engine, words.book.as_deref(), &by).await?;
    output.data(&Approved { approved }, || format!("{approved} changes approved\n"))?;
    Ok(Ending::Done)
}

/// The plan of a book, with what it amounts to.
pub(crate) fn book_text(planned: &PlannedBook, differences: &[Difference]) -> String {
    let mut text = format!("{}: {} changes\n", planned.book, planned.changes.len());
    for change in &planned.withdrawn {
        text.push_str(&withdrawn_text(change));
    }
    for change in &planned.changes {
        text.push_str(&change_text(change));
    }
    text.push_str(&differences_text(differences));
    for Waiting { kind, documents, why } in &planned.waiting {
        let line = format!("\n{documents} {kind} wait for `saldo approve`: {why}\n");
        text.push_str(&line);
    }
    text.push_str(&awaiting_text(&planned.awaiting));
    if let Some(requests) = planned.requests.as_ref().filter(|it| it.takes > 0) {
        text.push_str(&requests_text(requests));
    }
    text.push_str(&lists_text(planned));
    if !planned.unsettled.is_empty() {
        let count = planned.unsettled.len();
        let line = format!(
            "\n{count} not planned yet, since nobody knows what came of their changes: \
             `saldo sync` asks the book, `saldo issues` names what it cannot settle\n"
        );
        text.push_str(&line);
    }
    text
}

/// What was approved and is not entered, with what it waits for in the book.
fn awaiting_text(awaiting: &[Awaiting]) -> String {
    let line = |it: &Awaiting| format!("  {}: it waits for {}\n", it.about, it.waits_for);
    match awaiting {
        [] => String::new(),
        all => {
            let lines: String = all.iter().map(line).collect();
            format!("\n{} approved and not entered yet:\n{lines}", all.len())
        }
    }
}

/// What entering the changes takes of the requests that the book permits a day.
fn requests_text(requests: &RequestsNeeded) -> String {
    let takes = requests.takes;
    let mut text = format!("\nEntering this takes at most {takes} requests");
    match requests.today {
        Some(LeftToday { left, at }) => {
            text += &format!("; the book left {left} of its day at {at:.0}\n");
        }
        None => text += "; how many the book permits today is not known before it is asked\n",
    }
    if requests.exceeds() {
        text += "That is more than the day leaves: what does not fit is entered another day\n";
        if let Some(by_day) = requests.by_day {
            text += &format!("With `detail = \"day\"` it would take about {by_day}\n");
        }
    }
    text
}

/// How full the lists of a book become, where they hold no more than so many entries.
fn lists_text(planned: &PlannedBook) -> String {
    let (book, lists) = (&planned.book, &planned.lists);
    if lists.iter().all(|list| list.adds == 0) {
        return String::new();
    }
    let mut text = "\nWhat its lists hold, and what comes into them at the most:\n".to_owned();
    let row = |it: &Filling| {
        let limit = it.limit.map_or_else(|| "-".to_owned(), |limit| limit.to_string());
        vec![it.list.clone(), it.held.to_string(), it.adds.to_string(), limit]
    };
    text += &table(&["list", "held", "more", "limit"], 3, lists.iter().map(row).collect());
    for full in lists.iter().filter(|it| it.exceeds()) {
        text += &format!(
            "{}: not all of it may find room, and what does not waits. One name for all: `saldo \
             map set books.{book}.customers summary`, and `inventory` or `vendors` in its place\n",
            full.list
        );
    }
    text
}

/// What the changes amount to.
pub(super) fn differences_text(differences: &[Difference]) -> String {
    if differences.is_empty() {
        return String::new();
    }
    let row = |difference: &Difference| {
        let month = difference.month.strftime("%Y-%m").to_string();
        let words = dimensions_text(&difference.dimensions);
        vec![format!("{}{words}", difference.account), month, difference.amount.to_string()]
    };
    let rows = differences.iter().map(row).collect();
    let title = "\nWhat it amounts to (debit positive):\n";
    title.to_owned() + &table(&["account", "month", "change"], 1, rows)
}

/// A change that never came into the book and is no longer wanted, on one line.
fn withdrawn_text(change: &Change) -> String {
    let what = match &change.subject {
        Subject::Need(need) => need_text(need),
        Subject::Document { key, document, .. } | Subject::Confirmed { key, document } => {
            let header = document.header();
            let number = document.number(*key);
            format!("{} {} {number}  {}", header.date, header.kind, header.memo)
        }
        Subject::Amended { key, document, .. } => {
            let header = document.header();
            let number = document.number(*key);
            format!("{} {} {number}  amended: {}", header.date, header.kind, header.memo)
        }
        Subject::Attached { key, file, .. } => format!("file {} at {key}", file.name),
    };
    format!("  x {what}  (withdrawn: the book never had it)\n")
}

/// A change as a bookkeeper would write it, with why it is planned.
pub(crate) fn change_text(change: &Change) -> String {
    change_text_with(change, reason_text(&change.reason))
}

/// A change as a bookkeeper would write it, with a word on it.
pub(crate) fn change_text_with(change: &Change, word: &str) -> String {
    match &change.subject {
        Subject::Need(need) => format!("  + {}\n", need_text(need)),
        Subject::Confirmed { key, document } => {
            let header = document.header();
            format!("  * {} {} {key}  {}  (confirmed)\n", header.date, header.kind, header.memo)
        }
        Subject::Amended { key, document, before, .. } => {
            amendment_text(*key, before, document, word)
        }
        Subject::Attached { key, file, .. } => format!("  + file {} at {key}\n", file.name),
        Subject::Document { key, document, .. } => {
            let header = document.header();
            let mut text = String::new();
            let sign = if change.takes_out.is_empty() { "+" } else { "-" };
            let what = match change.voids() {
                Some(voided) => {
                    let number = voided.document.number(voided.key);
                    format!("void {} {number}", voided.document.header().kind)
                }
                None => format!("{} {}", header.kind, document.number(*key)),
            };
            writeln!(text, "\n  {sign} {} {what}  {}  ({word})", header.date, header.memo)
                .expect("text can always be written to a string");
            text + &lines_text(document)
        }
    }
}

/// What a document says, and what it is to say: only what differs.
fn amendment_text(key: DocumentKey, before: &Document, document: &Document, word: &str) -> String {
    let (was, is) = (before.header(), document.header());
    let number = document.number(key);
    let mut text = format!("\n  ~ {} {} {number}  {}  ({word})\n", is.date, is.kind, was.memo);
    let party = |header: &Header| match &header.party {
        Some(Party::Customer { name, .. } | Party::Vendor { name }) => name.clone(),
        None => String::new(),
    };
    let due = |header: &Header| header.due.map_or_else(String::new, |day| day.to_string());
    let of_document = [
        ("name", party(was), party(is)),
        ("due", due(was), due(is)),
        ("reference", was.reference.clone(), is.reference.clone()),
        ("memo", was.memo.clone(), is.memo.clone()),
    ];
    let mut say = |what: &str, was: &str, is: &str| {
        if was != is {
            let said =
                |words: &str| if words.is_empty() { "-".to_owned() } else { words.to_owned() };
            writeln!(text, "      {what}: {} -> {}", said(was), said(is))
                .expect("text can always be written to a string");
        }
    };
    for (what, was, is) in of_document {
        say(what, &was, &is);
    }
    for (was, is) in before.lines().iter().zip(document.lines()) {
        let words = |line: &Line| format!("{}{}", line.text, dimensions_text(&line.dimensions));
        let what = format!("{} {}", is.account.name, is.amount);
        say(&what, words(was).trim(), words(is).trim());
    }
    text
}

fn need_text(need: &Need) -> String {
    match need {
        Need::Account(account) => format!("account {}", account.name),
        Need::ForeignAccount { account, currency } => {
            format!("account {} in {currency}", account.name)
        }
        Need::Item(item) => match &item.product {
            Some(product) => format!("item {} on {}", product.title, item.account.name),
            None => format!("item for {}", item.account.name),
        },
        Need::Party(saldo_core::document::Party::Customer { name, .. }) => {
            format!("customer {name}")
        }
        Need::Party(saldo_core::document::Party::Vendor { name }) => format!("vendor {name}"),
        Need::Dimension(dimension) => format!("dimension {}", called(dimension)),
        Need::Value { dimension, value } => format!("{} {}", dimension.word, called(value)),
        Need::TaxRate(tax) => format!("tax rate {tax}"),
        Need::Listed(listed) => listed.to_string(),
    }
}

/// A word, and what the book calls it where that is otherwise: `Web (there 01 Online)`.
fn called(named: &Called) -> String {
    match &named.name {
        Some(name) => format!("{} (there {name})", named.word),
        None => named.word.clone(),
    }
}

pub(crate) fn reason_text(reason: &Reason) -> &'static str {
    match reason {
        Reason::NewFact => "new",
        Reason::NeededBy { .. } => "needed",
        Reason::LaterFact => "later fact",
        Reason::Confirmed => "confirmed",
        Reason::NoLongerHolds => "no longer holds",
        Reason::Replaces => "replaces what no longer holds",
        Reason::SaysOtherwise => "says something else, and moves nothing",
    }
}

/// Dimensions as they follow what they are of: ` [class Retail, location Aarhus]`.
fn dimensions_text(dimensions: &Dimensions) -> String {
    let words: Vec<String> =
        dimensions.iter().map(|(name, value)| format!("{name} {value}")).collect();
    if words.is_empty() { String::new() } else { format!(" [{}]", words.join(", ")) }
}

/// The postings of a document in two columns.
pub(crate) fn lines_text(document: &Document) -> String {
    let mut text = String::new();
    for line in document.lines() {
        let amount = line.amount.abs().amount_text();
        let (debit, credit) = if line.amount.is_negative() {
            (String::new(), amount)
        } else {
            (amount, String::new())
        };
        let words = format!("{}{}", line.text, dimensions_text(&line.dimensions));
        writeln!(text, "      {:<44} {debit:>14} {credit:>14}  {words}", line.account.name)
            .expect("text can always be written to a string");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use saldo_core::document::{DocumentKind, LineKind};
    use saldo_core::ledger::{Account, AccountKind};
    use saldo_core::money::Money;

    fn sale(memo: &str, class: &str) -> Document {
        let amount: Money = "12.30 USD".parse().unwrap();
        let header = Header {
            slot: "sale".to_owned(),
            kind: DocumentKind::SalesReceipt,
            date: "2026-08-03".parse().unwrap(),
            currency: amount.currency(),
            party: None,
            applies_to: None,
            due: None,
            ships_to: None,
            reference: "#1001".to_owned(),
            memo: memo.to_owned(),
        };
        let line = |kind, name, account, amount, dimensions| Line {
            kind,
            account: Account::new(name, account),
            dimensions,
            amount,
            foreign: None,
            taxes: Vec::new(),
            quantity: None,
            text: String::new(),
            origin: String::new(),
        };
        let sold = LineKind::Other { taxed: false };
        let class: Dimensions = [("class", class)].into_iter().collect();
        let lines = vec![
            line(sold, "Sales", AccountKind::Income, amount.negated(), class),
            line(LineKind::Settlement, "Till", AccountKind::Cash, amount, Dimensions::default()),
        ];
        Document::new(header, lines).unwrap()
    }

    #[test]
    fn an_amendment_shows_what_was_and_what_will_be_and_nothing_else() {
        let (before, document) = (sale("Order #1001", "Web"), sale("Sale #1001", "Shop"));
        let key = document.key(&"demo".into(), 0);
        let text = amendment_text(key, &before, &document, "says something else");
        let expected = format!(
            "\n  ~ 2026-08-03 sales-receipt {key}  Order #1001  (says something else)\n      \
             memo: Order #1001 -> Sale #1001\n      \
             Sales -12.30 USD: [class Web] -> [class Shop]\n"
        );
        assert_eq!(text, expected);
    }
}
