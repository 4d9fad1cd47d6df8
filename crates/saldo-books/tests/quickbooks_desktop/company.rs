//! A simulated company file, and the book that asks it.

use super::documents::usd;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use saldo_books::quickbooks_desktop::{PAYOUTS, QuickBooksDesktop};
use saldo_core::book::{
    Acknowledgement, Bindings, Book, BookContext, ChartEntry, HeldDocument, Need, Outcome, Subject,
    Task, Voided,
};
use saldo_core::document::{Document, DocumentKey, DocumentKind};
use saldo_core::exchange::{Answer, Ask, Fault, MessageAnswer};
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::matching::{Resolution, resolve};
use saldo_core::text::{CompanyId, ConnectionId, RemoteId};
use saldo_sim::books::quickbooks_desktop::{CompanyFile, Kind, Settings};
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

    /// Has the owner keep several currencies, with these active besides the common ones.
    pub(crate) fn use_currencies(&mut self, active: &[&str]) {
        self.file.use_currencies();
        for name in active {
            self.file.set_active(Kind::Currency, name, true);
        }
        self.chart = self.read_chart();
    }

    /// Has the owner make something active, or inactive.
    pub(crate) fn set_active(&mut self, kind: Kind, name: &str, is_active: bool) {
        self.file.set_active(kind, name, is_active);
        self.chart = self.read_chart();
    }

    /// Has the owner want payouts as deposits, or as transfers.
    pub(crate) fn payouts_as(&mut self, word: &str) {
        self.context.settings.insert(PAYOUTS.to_owned(), word.to_owned());
    }

    /// What stands on accounts of other currencies: the code, and hundredths of it.
    pub(crate) fn foreign(&self) -> BTreeMap<String, (String, i64)> {
        self.file.foreign_balances()
    }

    /// How many ways of being paid, or terms of payment, there are.
    pub(crate) fn how_many(&self, kind: Kind) -> usize {
        self.file.how_many(kind)
    }

    /// What the vendor shows of the last document of a kind that was entered.
    pub(crate) fn shown(&mut self, kind: &str) -> String {
        let query = format!(
            "<?xml version=\"1.0\"?><?qbxml version=\"13.0\"?><QBXML><QBXMLMsgsRq \
             onError=\"stopOnError\"><{kind}QueryRq requestID=\"1\"/></QBXMLMsgsRq></QBXML>"
        );
        let answer = self.file.answer(query.as_bytes(), self.now).unwrap();
        String::from_utf8(answer).unwrap()
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

    /// What the company file answers to a message, in the session that is open.
    pub(crate) fn answer(&mut self, tasks: &[Task], token: &str) -> (String, MessageAnswer) {
        let Ask::Message(message) = BOOK.ask(tasks, token, &self.context).unwrap() else {
            panic!()
        };
        self.now = self.now.checked_add(SignedDuration::from_secs(2)).unwrap();
        let answer = match self.file.answer(&message.body, self.now) {
            Ok(body) => MessageAnswer::Whole(body),
            Err(hresult) => MessageAnswer::Failed { code: hresult.code, message: hresult.message },
        };
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

    /// Has the book forget what something is bound to.
    pub(crate) fn forget(&mut self, binding: &str) -> Option<RemoteId> {
        self.context.bindings.0.remove(binding)
    }

    /// Has the book know it again.
    pub(crate) fn remember(&mut self, binding: &str, remote: RemoteId) {
        self.context.bindings.0.insert(binding.to_owned(), remote);
    }

    /// Enters a document with what is bound by now.
    pub(crate) fn enter_as_it_is(&mut self, document: &Document) {
        let tasks = [Task::Create(self.subject(document))];
        let outcome = self.ask(&tasks, "as it is").remove(0);
        assert!(matches!(outcome, Outcome::Done(_)), "{outcome:?}");
    }

    pub(crate) fn key(&self, document: &Document) -> DocumentKey {
        document.key(&self.context.company, 0)
    }

    /// A document as the engine asks for it.
    pub(crate) fn subject(&self, document: &Document) -> Subject {
        let is_of = |ending: &str| {
            document.header().applies_to.as_ref().is_some_and(|slot| slot.ends_with(ending))
        };
        let of = match document.header().kind {
            _ if is_of("/credit") => DocumentKind::CreditMemo,
            DocumentKind::Payment => DocumentKind::Invoice,
            DocumentKind::ItemReceipt => DocumentKind::PurchaseOrder,
            _ => DocumentKind::Bill,
        };
        let other = |slot: &str| DocumentKey::derive(&self.context.company, slot, of, 0);
        let applies_to = document.header().applies_to.as_deref().map(other);
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
        let total = document.total().unwrap();
        assert!(acknowledgement.total.is_none_or(|held| held == total), "{slot}");
        let is_counted = document.header().kind == DocumentKind::InventoryAdjustment;
        assert_eq!(acknowledgement.total.is_none(), is_counted, "{slot}");
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

    /// What the book calls an account, where it is bound.
    pub(crate) fn bound(&self, account: &Account) -> Option<RemoteId> {
        self.context.bindings.need(&Need::Account(account.clone())).cloned()
    }

    /// Units in stock, by the names of the items.
    pub(crate) fn in_stock(&self) -> BTreeMap<String, String> {
        let units = self.file.in_stock().into_iter();
        units.map(|(name, units)| (name, units.to_string())).collect()
    }

    /// How many purchase orders are neither closed nor fully received.
    pub(crate) fn open_orders(&self) -> usize {
        self.file.open_orders()
    }

    /// What closes a document that stands in the version that was acknowledged.
    pub(crate) fn closing(&self, document: &Document, held: &Acknowledgement) -> Subject {
        let key = self.key(document);
        let (remote, version) = (held.remote.clone(), held.version.clone().unwrap());
        let voided = Voided { key, document: document.clone(), remote, version };
        Subject::Document {
            key: document.key(&self.context.company, 1),
            document: Box::new(document.voiding()),
            applies_to: None,
            voids: Some(Box::new(voided)),
            draft: false,
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
