//! A simulated company file, and the book that asks it.

use super::documents::usd;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use saldo_books::quickbooks_desktop::QuickBooksDesktop;
use saldo_core::book::{
    Acknowledgement, Bindings, Book, BookContext, ChartEntry, HeldDocument, Need, Outcome, Subject,
    Task,
};
use saldo_core::document::{Document, DocumentKey};
use saldo_core::exchange::{Answer, Ask, Fault, MessageAnswer};
use saldo_core::ledger::AccountKind;
use saldo_core::matching::{Resolution, resolve};
use saldo_core::text::{CompanyId, ConnectionId};
use saldo_sim::books::quickbooks_desktop::{CompanyFile, Settings};
use std::collections::BTreeMap;

const BOOK: QuickBooksDesktop = QuickBooksDesktop;

/// What accounts hold in minor units, debit positive, by the vendor's names in lower case.
pub(crate) type Sums = BTreeMap<String, i64>;

/// What documents amount to, by the names that accounts have there.
pub(crate) fn sums(documents: &[Document]) -> Sums {
    let mut sums = Sums::new();
    for line in documents.iter().flat_map(Document::lines) {
        let name = match line.account.kind {
            // What is owed stands in the company's own account, whatever it is called.
            AccountKind::Receivable => "accounts receivable".to_owned(),
            AccountKind::Payable => "accounts payable".to_owned(),
            _ => {
                let names = BOOK.names(&Need::Account(line.account.clone()));
                names.first().unwrap().to_lowercase()
            }
        };
        *sums.entry(name).or_default() += line.amount.minor();
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

/// The book and the company file, and a clock that ticks between messages.
pub(crate) struct Books {
    file: CompanyFile,
    now: Timestamp,
    context: BookContext,
    chart: Vec<ChartEntry>,
}

impl Books {
    /// A company file whose chart was read.
    pub(crate) fn new() -> Self {
        let now: Timestamp = "2026-11-20T18:00:00Z".parse().unwrap();
        let settings = BTreeMap::new();
        let context = BookContext {
            company: CompanyId::from("demo"),
            connection: ConnectionId::from("quickbooks-desktop"),
            now,
            currency: usd(),
            addresses: BOOK.addresses(&settings).unwrap(),
            settings,
            bindings: Bindings::default(),
            tax_codes: Vec::new(),
        };
        let file = CompanyFile::retail(7);
        let mut books = Self { file, now, context, chart: Vec::new() };
        books.chart = books.read_chart();
        books
    }

    /// What the owner chose there.
    pub(crate) const fn settings_mut(&mut self) -> &mut Settings {
        &mut self.file.settings
    }

    /// The whole chart.
    pub(crate) fn read_chart(&mut self) -> Vec<ChartEntry> {
        let (mut entries, mut page) = (Vec::new(), None);
        loop {
            let outcome = self.ask(&[Task::ReadChart { page }], "chart").remove(0);
            let Outcome::Chart(read) = outcome else { panic!("{outcome:?}") };
            entries.extend(read.entries);
            page = read.next;
            if page.is_none() {
                return entries;
            }
        }
    }

    /// The accounts and classes of what has a class.
    pub(crate) fn classes(&self) -> Vec<(String, String)> {
        let postings = self.file.ledger().into_iter().filter(|posting| !posting.class.is_empty());
        postings.map(|posting| (posting.account.to_lowercase(), posting.class)).collect()
    }

    /// What the company file answers to a message, in a session of its own.
    pub(crate) fn answer(&mut self, tasks: &[Task], token: &str) -> (String, MessageAnswer) {
        let Ask::Message(message) = BOOK.ask(tasks, token, &self.context).unwrap() else {
            panic!()
        };
        self.now = self.now.checked_add(SignedDuration::from_secs(2)).unwrap();
        let answer = match self.file.answer(&message.body, self.now) {
            Ok(body) => MessageAnswer::Whole(body),
            Err(hresult) => MessageAnswer::Failed { code: hresult.code, message: hresult.message },
        };
        self.file.end_session();
        (String::from_utf8(message.body).unwrap(), answer)
    }

    /// What these tasks hear in this answer.
    pub(crate) fn hear(
        &self,
        tasks: &[Task],
        answer: MessageAnswer,
    ) -> Result<Vec<Outcome>, Fault> {
        BOOK.hear(tasks, &Answer::Message(answer), &self.context)
    }

    /// Asks the book to do these tasks, and hears what became of them.
    pub(crate) fn ask(&mut self, tasks: &[Task], token: &str) -> Vec<Outcome> {
        let (told, answer) = self.answer(tasks, token);
        let said = match &answer {
            MessageAnswer::Whole(body) => String::from_utf8_lossy(body).into_owned(),
            MessageAnswer::Failed { code, message } => format!("{code} {message}"),
        };
        self.hear(tasks, answer).unwrap_or_else(|fault| panic!("{told}\n{said}\n{fault}"))
    }

    pub(crate) fn key(&self, document: &Document) -> DocumentKey {
        document.key(&self.context.company, 0)
    }

    /// A document as the engine asks for it.
    pub(crate) fn subject(&self, document: &Document) -> Subject {
        let claims = [super::documents::claim(), super::documents::bill()];
        let slot = document.header().applies_to.as_ref();
        let claim = claims.iter().find(|claim| Some(&claim.header().slot) == slot);
        let applies_to = claim.map(|claim| self.key(claim));
        let (key, document) = (self.key(document), Box::new(document.clone()));
        Subject::Document { key, document, applies_to, voids: None, draft: false }
    }

    /// Has everything bound that a document needs: found in the chart, or made.
    pub(crate) fn prepare(&mut self, document: &Document) {
        for need in BOOK.needs(&self.subject(document)) {
            self.prepare_need(&need);
        }
    }

    fn prepare_need(&mut self, need: &Need) {
        if self.context.bindings.need(need).is_some() {
            return;
        }
        let subject = Subject::Need(need.clone());
        for other in BOOK.needs(&subject) {
            self.prepare_need(&other);
        }
        let found = resolve(need, &self.chart, &BOOK.names(need), |account| {
            self.context.bindings.need(&Need::Account(account.clone())).cloned()
        });
        let remote = match found {
            Resolution::Bound(remote) => remote,
            Resolution::Contradicts(refusal) => panic!("{refusal:?}"),
            Resolution::Create => {
                self.chart.iter().for_each(|entry| self.context.bindings.take_name(entry));
                let token = format!("need {}", need.binding());
                match self.ask(&[Task::Create(subject)], &token).remove(0) {
                    Outcome::Done(acknowledgement) => acknowledgement.remote,
                    other => panic!("{}: {other:?}", need.binding()),
                }
            }
        };
        self.context.bindings.0.insert(need.binding(), remote);
    }

    /// Whether the book can hold a document; has bound what it needs.
    pub(crate) fn can_hold(&mut self, document: &Document) -> bool {
        self.prepare(document);
        BOOK.ask(&[Task::Create(self.subject(document))], "t", &self.context).is_ok()
    }

    /// Enters a document, which must be taken as it is.
    pub(crate) fn enter(&mut self, document: &Document) -> Acknowledgement {
        self.prepare(document);
        let key = self.key(document);
        let tasks = [Task::Create(self.subject(document))];
        let outcome = self.ask(&tasks, &format!("enter {key}")).remove(0);
        let slot = &document.header().slot;
        let Outcome::Done(acknowledgement) = outcome else { panic!("{slot}: {outcome:?}") };
        assert_eq!(acknowledgement.total, Some(document.total().unwrap()), "{slot}");
        let tax = document.tax().unwrap();
        assert!(acknowledgement.tax.is_none_or(|held| held == tax), "{slot}");
        self.context.bindings.0.insert(key.to_string(), acknowledgement.remote.clone());
        acknowledgement
    }

    /// Looks for a document to the end, as the engine does.
    pub(crate) fn look(&mut self, subject: &Subject) -> Outcome {
        let mut page = None;
        loop {
            let task = Task::LookUp { subject: subject.clone(), page };
            match self.ask(&[task], "look").remove(0) {
                Outcome::Further { page: next } => page = Some(next),
                outcome => return outcome,
            }
        }
    }

    /// The documents of some days.
    pub(crate) fn listed(&mut self, from: Date, until: Date) -> Vec<HeldDocument> {
        let (mut documents, mut page) = (Vec::new(), None);
        loop {
            let outcome = self.ask(&[Task::ReadDocuments { from, until, page }], "list").remove(0);
            let Outcome::Documents(read) = outcome else { panic!("{outcome:?}") };
            documents.extend(read.documents);
            page = read.next;
            if page.is_none() {
                return documents;
            }
        }
    }

    /// What the vendor's ledger holds.
    pub(crate) fn ledger(&self) -> Sums {
        let mut sums = Sums::new();
        for posting in self.file.ledger() {
            *sums.entry(posting.account.to_lowercase()).or_default() += posting.minor;
        }
        sums.retain(|_, minor| *minor != 0);
        sums
    }

    /// What the trial balance shows at the end of a day.
    pub(crate) fn balances(&mut self, as_of: Date) -> Sums {
        self.read(Task::ReadBalances { as_of })
    }

    /// What income and expenses moved by.
    pub(crate) fn result(&mut self, from: Date, until: Date) -> Sums {
        self.read(Task::ReadResult { from, until })
    }

    fn read(&mut self, task: Task) -> Sums {
        let outcome = self.ask(&[task], "read").remove(0);
        let Outcome::Balances(balances) = outcome else { panic!("{outcome:?}") };
        let ledger = self.file.ledger();
        let name = |id: &str| {
            let posting = ledger.iter().find(|it| it.account_id == id);
            posting.map_or(id, |it| &it.account).to_lowercase()
        };
        balances
            .iter()
            .map(|(account, balance)| (name(account.as_str()), balance.of(usd()).minor()))
            .collect()
    }
}
