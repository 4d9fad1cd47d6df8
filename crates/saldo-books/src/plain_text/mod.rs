#![doc = include_str!("README.md")]

mod account;
mod hear;
mod merge;
mod path;
mod read;
mod whole;
mod write;

pub use read::{Held, OpenAccount, ReadEntry, Reading};
pub use whole::{LedgerHead, document_text};
pub use write::Syntax;

use jiff::civil::Date;
use saldo_core::book::{
    Book, BookContext, BookDescription, BookSettings, ForeignBalances, KeptDimensions, Need,
    Outcome, Subject, Task,
};
use saldo_core::document::{Document, DocumentKind};
use saldo_core::exchange::{Addresses, Answer, Ask, Fault, FileAnswer, FileAsk, Permit};
use std::collections::{BTreeMap, BTreeSet};

/// How many tasks one request may carry, so that a month of a large shop is one rewrite.
const BATCH: usize = 10_000;

static DESCRIPTION: BookDescription = BookDescription {
    name: "plain-text",
    title: "Plain-text ledgers",
    authorisation: None,
    limits: &[],
    requests_left: &[],
    batch: BATCH,
    look_up_batch: BATCH,
    result_days: None,
    token_lives: None,
    idempotent: true,
    enters_tax: false,
    revalues: false,
    keeps_stock: false,
    takes_without_money: &[],
    foreign_balances: ForeignBalances::InTheirs,
    has_settings: false,
    prefixes: true,
    dimensions: KeptDimensions::Any,
    lists_all_days: true,
    tells_new_people: false,
    tells_changes: None,
    amends: &[
        DocumentKind::SalesReceipt,
        DocumentKind::Invoice,
        DocumentKind::RefundReceipt,
        DocumentKind::CreditMemo,
        DocumentKind::Transfer,
        DocumentKind::Expense,
        DocumentKind::Bill,
        DocumentKind::VendorCredit,
        DocumentKind::JournalEntry,
    ],
    amends_paid: true,
    shows_matches: false,
    drafts_count: true,
    feed: None,
};

/// The book of text files, for beancount and hledger at once.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainText;

impl Book for PlainText {
    fn description(&self) -> &'static BookDescription {
        &DESCRIPTION
    }

    fn addresses(&self, _settings: &BTreeMap<String, String>) -> Result<Addresses, String> {
        Ok(Addresses::default())
    }

    fn holds_drafts(&self, _kind: DocumentKind) -> bool {
        true
    }

    fn amends(&self, before: &Document, wanted: &Document) -> bool {
        write::says(before) != write::says(wanted)
    }

    fn needs(&self, subject: &Subject) -> Vec<Need> {
        let (Subject::Document { document, .. }
        | Subject::Confirmed { document, .. }
        | Subject::Amended { document, .. }) = subject
        else {
            return Vec::new();
        };
        let mut seen = BTreeSet::new();
        let accounts = document.lines().iter().map(|line| &line.account);
        let fresh = accounts.filter(|account| seen.insert(*account));
        fresh.cloned().map(Need::Account).collect()
    }

    fn ask(&self, tasks: &[Task], _token: &str, context: &BookContext) -> Result<Ask, Fault> {
        let created = created(tasks);
        let file = match created.is_empty() {
            true => files_to_read(tasks),
            false if created.len() == tasks.len() => {
                FileAsk::Merge(merge::files(&created, context)?)
            }
            false => return Err(mixed()),
        };
        Ok(Ask::File(file))
    }

    fn hear(
        &self,
        tasks: &[Task],
        answer: &Answer,
        context: &BookContext,
    ) -> Result<Vec<Outcome>, Fault> {
        match answer {
            Answer::File(FileAnswer::Merged(fates)) => {
                let created = created(tasks);
                match created.len() == tasks.len() {
                    true => merge::outcomes(&created, fates, context),
                    false => Err(mixed()),
                }
            }
            Answer::File(FileAnswer::Texts(texts)) => {
                let ledgers = Ledgers::of(texts);
                tasks.iter().map(|task| read_outcome(task, &ledgers, context)).collect()
            }
            Answer::Http(_) | Answer::Slice(_) | Answer::Message(_) => {
                Err(Fault::unexpected("the folder of the plain-text ledgers"))
            }
        }
    }
}

/// What is to be created.
fn created<'a>(tasks: &'a [Task]) -> Vec<&'a Subject> {
    let subject = |task: &'a Task| match task {
        Task::Create(subject) => Some(subject),
        Task::ReadSettings
        | Task::ReadChart { .. }
        | Task::ReadChartSince { .. }
        | Task::ReadBalances { .. }
        | Task::ReadResult { .. }
        | Task::ReadDocuments { .. }
        | Task::ReadChanges { .. }
        | Task::LookUp { .. }
        | Task::LookForNote(_)
        | Task::WriteNote(_) => None,
    };
    tasks.iter().filter_map(subject).collect()
}

/// The files that tasks read. Documents must stand in both syntaxes, each in its month's file;
/// those of some days are listed from the files of their months, and from all that come after the
/// months where the days have no end. All else is read from all files of one syntax.
fn files_to_read(tasks: &[Task]) -> FileAsk {
    if let [Task::ReadDocuments { from, until, .. }] = tasks {
        return FileAsk::ReadBetween {
            suffixes: Syntax::ALL.map(|syntax| syntax.suffix().to_owned()).to_vec(),
            first: path::month(*from),
            last: (*until < Date::MAX).then(|| path::month(*until)),
        };
    }
    let mut months = BTreeSet::new();
    for task in tasks {
        match task {
            Task::LookUp {
                subject:
                    Subject::Document { document, .. }
                    | Subject::Confirmed { document, .. }
                    | Subject::Amended { document, .. },
                ..
            } => {
                months.insert(document.header().date.first_of_month());
            }
            _ => return FileAsk::Read { suffixes: vec![Syntax::Beancount.suffix().to_owned()] },
        }
    }
    let both = |month: Date| Syntax::ALL.map(|syntax| path::month_path(month, syntax));
    FileAsk::ReadNamed { paths: months.into_iter().flat_map(both).collect() }
}

/// The same books in both syntaxes, as far as they were read.
struct Ledgers {
    beancount: Reading,
    hledger: Reading,
}

impl Ledgers {
    fn of(texts: &BTreeMap<String, String>) -> Self {
        let reading = |syntax| Reading::of(texts, syntax);
        Self { beancount: reading(Syntax::Beancount), hledger: reading(Syntax::Hledger) }
    }

    fn both(&self) -> [&Reading; 2] {
        [&self.beancount, &self.hledger]
    }
}

/// Tasks of unlike kinds in one request: our own mistake, shown as a fault that stops.
fn mixed() -> Fault {
    Fault::new(Permit::Never, "creating and reading cannot be asked of text files at once")
}

/// What becomes of a task that only reads.
fn read_outcome(task: &Task, ledgers: &Ledgers, context: &BookContext) -> Result<Outcome, Fault> {
    let reading = &ledgers.beancount;
    let balances = |from, until| {
        let too_large = |error| Fault::new(Permit::Never, format!("balances: {error}"));
        reading.balances(from, until).map(Outcome::Balances).map_err(too_large)
    };
    match task {
        // Files take what they are given.
        Task::ReadSettings => Ok(Outcome::Settings(BookSettings::default())),
        Task::ReadChart { .. } | Task::ReadChartSince { .. } => {
            Ok(Outcome::Chart(hear::chart(reading)))
        }
        Task::ReadBalances { as_of } => balances(Date::MIN, *as_of),
        Task::ReadResult { from, until } => balances(*from, *until),
        Task::ReadDocuments { from, until, .. } => {
            Ok(Outcome::Documents(hear::documents(ledgers.both(), *from, *until)))
        }
        Task::LookUp { subject: Subject::Document { key, document, .. }, .. } => {
            hear::look_up_document(*key, document, ledgers.both(), context)
        }
        Task::LookUp { subject: Subject::Confirmed { key, document }, .. } => {
            hear::look_up_confirmed(*key, document, ledgers.both(), context)
        }
        Task::LookUp { subject: Subject::Amended { key, document, before, .. }, .. } => {
            hear::look_up_amended(*key, (before, document), ledgers.both(), context)
        }
        Task::LookUp { subject: Subject::Need(need), .. } => {
            Ok(hear::look_up_need(need, reading, context))
        }
        // Text files take no files and no notes, and are asked for no news.
        Task::LookUp { subject: Subject::Attached { .. }, .. }
        | Task::ReadChanges { .. }
        | Task::LookForNote(_)
        | Task::WriteNote(_) => Err(Fault::unexpected("a text file")),
        Task::Create(_) => Err(mixed()),
    }
}
