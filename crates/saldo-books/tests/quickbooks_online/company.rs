//! A simulated company, and the book that asks it.

use super::documents::usd;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use saldo_books::quickbooks_online::QuickBooksOnline;
use saldo_core::book::{
    Acknowledgement, Bindings, Book, BookContext, BookSettings, ChartEntry, HeldDocument, Need,
    Outcome, SalesTax, Subject, Task, Voided,
};
use saldo_core::document::{Document, DocumentKey, DocumentKind};
use saldo_core::exchange::{Answer, Ask, HttpRequest};
use saldo_core::ledger::AccountKind;
use saldo_core::matching::{Resolution, resolve};
use saldo_core::text::{CompanyId, ConnectionId, RemoteId};
use saldo_sim::books::quickbooks_online::{Company, QuickBooksOnlineSim, Settings, TaxCode};
use saldo_sim::{Reply, Vendor};
use std::collections::BTreeMap;

const BOOK: QuickBooksOnline = QuickBooksOnline;

/// What accounts hold in minor units, debit positive, by the vendor's names in lower case.
pub(crate) type Sums = BTreeMap<String, i64>;

/// What documents amount to, by the names that accounts have there.
pub(crate) fn sums(documents: &[Document]) -> Sums {
    let mut sums = Sums::new();
    for line in documents.iter().flat_map(Document::lines) {
        let name = match line.account.kind {
            AccountKind::Payable => "accounts payable (a/p)".to_owned(),
            _ => line.account.name.to_lowercase(),
        };
        *sums.entry(name).or_default() += line.amount.minor();
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

/// The book and the company, and a clock that ticks between requests.
pub(crate) struct Books {
    sim: QuickBooksOnlineSim,
    token: String,
    now: Timestamp,
    context: BookContext,
    chart: Vec<ChartEntry>,
}

impl Books {
    /// A company whose chart was read, and which warns of numbers that are taken.
    pub(crate) fn new() -> Self {
        let now: Timestamp = "2026-11-20T18:00:00Z".parse().unwrap();
        let mut sim = QuickBooksOnlineSim::new(Company::retail(7));
        let token = sim.connect(now).access_token;
        sim.company_mut().settings.warn_duplicate_bill_numbers = true;
        let realm = sim.company().realm().to_owned();
        let settings = BTreeMap::from([("realm".to_owned(), realm)]);
        let context = BookContext {
            company: CompanyId::from("demo"),
            connection: ConnectionId::from("quickbooks-online"),
            now,
            currency: usd(),
            addresses: BOOK.addresses(&settings).unwrap(),
            settings,
            bindings: Bindings::default(),
            tax_codes: Vec::new(),
        };
        let mut books = Self { sim, token, now, context, chart: Vec::new() };
        let outcome = books.ask(&[Task::ReadChart { page: None }], "chart").remove(0);
        let Outcome::Chart(read) = outcome else { panic!("{outcome:?}") };
        assert_eq!(read.next, None);
        books.chart = read.entries;
        books
    }

    /// Asks the book to do these tasks, and hears what became of them.
    pub(crate) fn ask(&mut self, tasks: &[Task], token: &str) -> Vec<Outcome> {
        let Ask::Http(request) = BOOK.ask(tasks, token, &self.context).unwrap() else { panic!() };
        let told = format!("{} {}", request.url, String::from_utf8_lossy(&request.body));
        self.now = self.now.checked_add(SignedDuration::from_millis(1_600)).unwrap();
        let request = request.header("authorization", &format!("Bearer {}", self.token));
        let Reply::Answer(answer) = self.sim.answer(&request, self.now) else {
            panic!("the simulator loses nothing by itself")
        };
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        let heard = BOOK.hear(tasks, &Answer::Http(answer), &self.context);
        heard.unwrap_or_else(|fault| panic!("{told}\n{said}\n{fault}"))
    }

    pub(crate) fn key(&self, document: &Document) -> DocumentKey {
        document.key(&self.context.company, 0)
    }

    /// A document as the engine asks for it.
    pub(crate) fn subject(&self, document: &Document) -> Subject {
        let of = match document.header().kind {
            DocumentKind::ItemReceipt => DocumentKind::PurchaseOrder,
            _ => DocumentKind::Bill,
        };
        let bill = |slot: &str| DocumentKey::derive(&self.context.company, slot, of, 0);
        let applies_to = document.header().applies_to.as_deref().map(bill);
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
                let token = blake3::hash(need.binding().as_bytes()).to_hex();
                match self.ask(&[Task::Create(subject)], &token.as_str()[..36]).remove(0) {
                    Outcome::Done(acknowledgement) => acknowledgement.remote,
                    other => panic!("{}: {other:?}", need.binding()),
                }
            }
        };
        self.context.bindings.0.insert(need.binding(), remote);
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
        let task = Task::ReadDocuments { from, until, page: None };
        let outcome = self.ask(&[task], "list").remove(0);
        let Outcome::Documents(read) = outcome else { panic!("{outcome:?}") };
        assert_eq!(read.next, None);
        read.documents
    }

    /// What is still to be paid of a bill, as the vendor says.
    pub(crate) fn open(&mut self, bill: &Document) -> String {
        self.shown(bill, "Bill")["Balance"].to_string()
    }

    /// A document as the vendor shows it.
    pub(crate) fn shown(&mut self, document: &Document, entity: &str) -> serde_json::Value {
        let bill = document;
        let path = entity.to_lowercase();
        let id = self.context.bindings.document(self.key(bill)).map(RemoteId::to_string).unwrap();
        let realm = self.sim.company().realm().to_owned();
        let url = format!("https://quickbooks.api.intuit.com/v3/company/{realm}/{path}/{id}");
        let request = HttpRequest::get(url)
            .header("accept", "application/json")
            .header("authorization", &format!("Bearer {}", self.token));
        let Reply::Answer(answer) = self.sim.answer(&request, self.now) else { panic!() };
        let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        answer[entity].clone()
    }

    /// Units in stock, by stock-keeping unit.
    pub(crate) fn in_stock(&self) -> BTreeMap<String, String> {
        let units = self.sim.company().in_stock();
        units.into_iter().map(|(sku, units)| (sku, units.normalize().to_string())).collect()
    }

    /// The company's plan has stock.
    pub(crate) fn with_stock() -> Self {
        let mut books = Self::new();
        books.sim.company_mut().settings.inventory = true;
        books
    }

    /// Closes or voids a document that stands in the version that was acknowledged.
    pub(crate) fn void(&mut self, document: &Document, held: &Acknowledgement) -> Outcome {
        let key = self.key(document);
        let (remote, version) = (held.remote.clone(), held.version.clone().unwrap());
        let voided = Voided { key, document: document.clone(), remote, version };
        let subject = Subject::Document {
            key: document.key(&self.context.company, 1),
            document: Box::new(document.voiding()),
            applies_to: None,
            voids: Some(Box::new(voided)),
            draft: false,
        };
        self.ask(&[Task::Create(subject)], &format!("void {key}")).remove(0)
    }

    /// A company whose owner set up these codes, each with its rates, and a connection that says
    /// how, and which tax is which code.
    pub(crate) fn with_codes(
        codes: &[(&str, &[(&str, &str)])],
        how: &str,
        said: &[(&str, &str)],
    ) -> Self {
        let mut books = Self::new();
        let settings = &mut books.sim.company_mut().settings;
        settings.automated_sales_tax = false;
        settings.outside_the_united_states = how == "lines";
        let rate = |(name, percent): &(&str, &str)| (name.to_string(), percent.parse().unwrap());
        let of_purchases = |(name, percent)| (format!("{name} (Purchases)"), percent);
        let code = |(name, rates): &(&str, &[(&str, &str)])| TaxCode {
            name: name.to_string(),
            rates: rates.iter().map(rate).collect(),
            bought: rates.iter().map(rate).map(of_purchases).collect(),
        };
        settings.tax_codes = codes.iter().map(code).collect();
        let settings = &mut books.context.settings;
        settings.insert("sales-tax".to_owned(), how.to_owned());
        settings.extend(said.iter().map(|(tax, code)| (format!("tax/{tax}"), code.to_string())));
        let settings = books.decided();
        assert_eq!(settings.sales_tax, SalesTax::Coded);
        books.context.tax_codes = settings.tax_codes;
        books
    }

    /// What the company's owner decided.
    pub(crate) fn decided(&mut self) -> BookSettings {
        let outcome = self.ask(&[Task::ReadSettings], "settings").remove(0);
        let Outcome::Settings(settings) = outcome else { panic!("{outcome:?}") };
        let outcome = self.ask(&[Task::ReadChart { page: None }], "chart").remove(0);
        let Outcome::Chart(read) = outcome else { panic!("{outcome:?}") };
        assert_eq!(read.settings.as_ref(), Some(&settings), "the chart says the same");
        settings
    }

    /// What becomes of a document that is asked for, with all bound that it needs.
    pub(crate) fn ask_for(&mut self, document: &Document) -> Result<Outcome, String> {
        self.prepare(document);
        let tasks = [Task::Create(self.subject(document))];
        match BOOK.ask(&tasks, "once", &self.context) {
            Ok(_) => Ok(self.ask(&tasks, &format!("ask {}", self.key(document))).remove(0)),
            Err(fault) => Err(fault.message),
        }
    }

    /// Changes what the company's owner decided, without a word to the connection.
    pub(crate) fn change(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.sim.company_mut().settings);
    }

    /// The company collects automated sales tax in these states alone, at these rates.
    pub(crate) fn collects_in(&mut self, states: &[(&str, &str)]) {
        let rate = |(state, rate): &(&str, &str)| (state.to_string(), rate.parse().unwrap());
        self.change(|settings| settings.collects_in = Some(states.iter().map(rate).collect()));
    }

    /// Sales tax by its rates, returns taken off: what the vendor's tax report says.
    pub(crate) fn tax_by_rate(&self) -> BTreeMap<String, i64> {
        self.sim.company().tax_by_rate()
    }

    /// The connection says this.
    pub(crate) fn say(&mut self, setting: &str, value: &str) {
        self.context.settings.insert(setting.to_owned(), value.to_owned());
    }

    /// Turns other currencies on in the company.
    pub(crate) fn turn_on_currencies(&mut self, rates: &[(&str, &str)]) {
        let rates: Vec<_> =
            rates.iter().map(|(code, rate)| (*code, rate.parse().unwrap())).collect();
        self.sim.company_mut().turn_on_currencies(&rates);
    }

    /// What accounts of other currencies hold, by the vendor's names in lower case.
    pub(crate) fn foreign(&self) -> BTreeMap<String, (String, i64)> {
        let held = self.sim.company().foreign_balances().into_iter();
        held.map(|(name, held)| (name.to_lowercase(), held)).collect()
    }

    /// What the vendor's ledger holds.
    pub(crate) fn ledger(&self) -> Sums {
        let mut sums = Sums::new();
        for posting in self.sim.company().ledger() {
            *sums.entry(posting.account.to_lowercase()).or_default() += posting.minor;
        }
        sums.retain(|_, minor| *minor != 0);
        sums
    }
}
