//! A simulated organisation, and the book that asks it.

use super::documents::gbp;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use saldo_books::xero::Xero;
use saldo_core::book::{
    Acknowledgement, Bindings, Book, BookContext, ChartEntry, ChartKind, HeldDocument, Need,
    Outcome, Subject, Task,
};
use saldo_core::document::{Document, DocumentKey};
use saldo_core::exchange::{Answer, Ask, HttpAnswer, HttpRequest};
use saldo_core::ledger::AccountKind;
use saldo_core::matching::{Resolution, resolve};
use saldo_core::text::{CompanyId, ConnectionId};
use saldo_sim::books::xero::{Organisation, XeroSim};
use saldo_sim::{Reply, Vendor};
use std::collections::BTreeMap;

pub(crate) const BOOK: Xero = Xero;

/// What accounts hold or moved by, in minor units, debit positive, by the vendor's names in lower
/// case.
pub(crate) type Sums = BTreeMap<String, i64>;

/// What documents amount to, by the names that accounts have there.
pub(crate) fn sums(documents: &[Document]) -> Sums {
    let mut sums = Sums::new();
    for line in documents.iter().flat_map(Document::lines) {
        let name = match line.account.kind {
            AccountKind::TaxLiability => "sales tax".to_owned(),
            AccountKind::Receivable => "accounts receivable".to_owned(),
            AccountKind::Payable => "accounts payable".to_owned(),
            _ => line.account.name.to_lowercase(),
        };
        *sums.entry(name).or_default() += line.amount.minor();
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

/// The book and the organisation, and a clock that ticks between requests.
pub(crate) struct Books {
    sim: XeroSim,
    token: String,
    now: Timestamp,
    context: BookContext,
    chart: Vec<ChartEntry>,
    requests: usize,
}

impl Books {
    /// An organisation whose chart was read.
    pub(crate) fn new() -> Self {
        let now: Timestamp = "2026-11-20T18:00:00Z".parse().unwrap();
        let mut sim = XeroSim::new(Organisation::united_kingdom(7));
        let token = sim.connect(now).access_token;
        sim.organisation_mut().settings.calls_per_day = 100_000;
        let tenant = sim.organisation().tenant().to_owned();
        let settings = BTreeMap::from([("tenant".to_owned(), tenant)]);
        let context = BookContext {
            company: CompanyId::from("demo"),
            connection: ConnectionId::from("xero"),
            now,
            currency: gbp(),
            addresses: BOOK.addresses(&settings).unwrap(),
            settings,
            bindings: Bindings::default(),
            tax_codes: Vec::new(),
        };
        let mut books = Self { sim, token, now, context, chart: Vec::new(), requests: 0 };
        books.read_chart();
        books
    }

    fn read_chart(&mut self) {
        let mut page = None;
        self.chart.clear();
        loop {
            let outcome = self.ask(&[Task::ReadChart { page }], "chart").remove(0);
            let Outcome::Chart(read) = outcome else { panic!("{outcome:?}") };
            self.chart.extend(read.entries);
            page = read.next;
            if page.is_none() {
                return;
            }
        }
    }

    /// The names of people that are news for so many seconds, and how much else stands in the
    /// chart.
    pub(crate) fn chart_since(&mut self, seconds: i64) -> (Vec<String>, usize) {
        let since = self.now.checked_sub(SignedDuration::from_secs(seconds)).unwrap();
        let (mut people, mut rest, mut page) = (Vec::new(), 0, None);
        loop {
            let outcome = self.ask(&[Task::ReadChartSince { since, page }], "chart").remove(0);
            let Outcome::Chart(read) = outcome else { panic!("{outcome:?}") };
            for entry in read.entries {
                match entry.kind {
                    ChartKind::Customer | ChartKind::Vendor => people.push(entry.name),
                    _ => rest += 1,
                }
            }
            page = read.next;
            if page.is_none() {
                return (people, rest);
            }
        }
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, seconds: i64) {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    }

    /// How many requests were made.
    pub(crate) const fn calls(&self) -> usize {
        self.requests
    }

    fn send(&mut self, request: HttpRequest) -> HttpAnswer {
        self.now = self.now.checked_add(SignedDuration::from_millis(1_050)).unwrap();
        self.requests += 1;
        // However long a test is, its token does not end.
        if self.requests.is_multiple_of(500) {
            self.token = self.sim.connect(self.now).access_token;
        }
        let request = request.header("authorization", &format!("Bearer {}", self.token));
        match self.sim.answer(&request, self.now) {
            Reply::Answer(answer) => answer,
            Reply::Lost => panic!("the simulator loses nothing by itself"),
        }
    }

    /// Asks the book to do these tasks, and hears what became of them.
    pub(crate) fn ask(&mut self, tasks: &[Task], token: &str) -> Vec<Outcome> {
        let Ask::Http(request) = BOOK.ask(tasks, token, &self.context).unwrap() else { panic!() };
        let told = format!("{} {}", request.url, String::from_utf8_lossy(&request.body));
        let answer = self.send(request);
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        let heard = BOOK.hear(tasks, &Answer::Http(answer), &self.context);
        heard.unwrap_or_else(|fault| panic!("{told}\n{said}\n{fault}"))
    }

    /// Asks the vendor itself to change something, as its owner would.
    pub(crate) fn change(&mut self, path: &str, body: &str) {
        let url = format!("https://api.xero.com/api.xro/2.0/{path}");
        let tenant = self.context.settings["tenant"].clone();
        let request = HttpRequest::post_json(url, body.as_bytes().to_vec())
            .header("accept", "application/json")
            .header("xero-tenant-id", &tenant);
        let answer = self.send(request);
        assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
    }

    /// What the vendor itself shows at an address.
    pub(crate) fn show(&mut self, path: &str) -> serde_json::Value {
        let url = format!("https://api.xero.com/api.xro/2.0/{path}");
        let tenant = self.context.settings["tenant"].clone();
        let request = HttpRequest::get(url)
            .header("accept", "application/json")
            .header("xero-tenant-id", &tenant);
        serde_json::from_slice(&self.send(request).body).unwrap()
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

    /// A document as the engine has it entered as a draft.
    pub(crate) fn draft(&self, document: &Document) -> Subject {
        let Subject::Document { key, document, applies_to, voids, .. } = self.subject(document)
        else {
            panic!("it is a document")
        };
        Subject::Document { key, document, applies_to, voids, draft: true }
    }

    /// A draft as the engine has it confirmed.
    pub(crate) fn confirmed(&self, document: &Document) -> Subject {
        Subject::Confirmed { key: self.key(document), document: Box::new(document.clone()) }
    }

    /// Has everything bound that a document needs: found in the chart, or made.
    pub(crate) fn prepare(&mut self, document: &Document) {
        for need in BOOK.needs(&self.subject(document)) {
            self.prepare_need(&need);
        }
    }

    fn prepare_need(&mut self, need: &Need) {
        let subject = Subject::Need(need.clone());
        if self.context.bindings.need(need).is_some() {
            return;
        }
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
                let token = format!("need {}", need.binding());
                match self.ask(&[Task::Create(subject)], &token).remove(0) {
                    Outcome::Done(acknowledgement) => acknowledgement.remote,
                    other => panic!("{}: {other:?}", need.binding()),
                }
            }
        };
        self.context.bindings.0.insert(need.binding(), remote);
    }

    /// Enters a document, which must be taken as it is.
    pub(crate) fn enter(&mut self, document: &Document) -> Acknowledgement {
        self.enter_as(document, self.subject(document))
    }

    /// Enters a document as this.
    pub(crate) fn enter_as(&mut self, document: &Document, subject: Subject) -> Acknowledgement {
        self.prepare(document);
        let key = self.key(document);
        let tasks = [Task::Create(subject)];
        let outcome = self.ask(&tasks, &format!("enter {key}")).remove(0);
        let Outcome::Done(acknowledgement) = outcome else {
            panic!("{}: {outcome:?}", document.header().slot)
        };
        let slot = &document.header().slot;
        assert_eq!(acknowledgement.total, Some(document.total().unwrap()), "{slot}");
        let tax = document.tax().unwrap();
        assert!(acknowledgement.tax.is_none_or(|held| held == tax), "{slot}");
        self.context.bindings.0.insert(key.to_string(), acknowledgement.remote.clone());
        acknowledgement
    }

    /// Looks to the end, as the engine does.
    pub(crate) fn look(&mut self, subjects: &[Subject]) -> Vec<Outcome> {
        let tasks: Vec<Task> = subjects.iter().cloned().map(Task::look_up).collect();
        let mut outcomes = self.ask(&tasks, "look");
        loop {
            let further = outcomes.iter().enumerate().filter_map(|(place, outcome)| {
                let Outcome::Further { page } = outcome else { return None };
                let (subject, page) = (subjects[place].clone(), Some(page.clone()));
                Some((place, Task::LookUp { subject, page }))
            });
            let (places, tasks): (Vec<usize>, Vec<Task>) = further.unzip();
            if tasks.is_empty() {
                return outcomes;
            }
            for (place, outcome) in places.into_iter().zip(self.ask(&tasks, "look")) {
                outcomes[place] = outcome;
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

    /// The documents that changed within the last seconds.
    pub(crate) fn changed(&mut self, seconds: i64) -> Vec<HeldDocument> {
        let since = self.now.checked_sub(SignedDuration::from_secs(seconds)).unwrap();
        let (mut documents, mut page) = (Vec::new(), None);
        loop {
            let outcome = self.ask(&[Task::ReadChanges { since, page }], "changes").remove(0);
            let Outcome::Documents(read) = outcome else { panic!("{outcome:?}") };
            documents.extend(read.documents);
            page = read.next;
            if page.is_none() {
                return documents;
            }
        }
    }

    /// How many units of each tracked item are on hand.
    pub(crate) fn in_stock(&self) -> BTreeMap<String, String> {
        let held = self.sim.organisation().in_stock().into_iter();
        held.map(|(item, units)| (item, units.to_string())).collect()
    }

    /// The numbers of the purchase orders with a status.
    pub(crate) fn orders(&self, status: &str) -> Vec<String> {
        self.sim.organisation().orders(status)
    }

    /// Says which of the organisation's rates a tax is.
    pub(crate) fn name_tax(&mut self, tax: &str, code: &str) {
        self.context.settings.insert(format!("tax/{tax}"), code.to_owned());
    }

    /// What the vendor's tax report holds by type, debit positive.
    pub(crate) fn tax_by_type(&self) -> BTreeMap<String, i64> {
        self.sim.organisation().tax_by_type()
    }

    /// What the vendor's ledger holds.
    pub(crate) fn ledger(&self) -> Sums {
        let mut sums = Sums::new();
        for posting in self.sim.organisation().ledger() {
            *sums.entry(posting.account.to_lowercase()).or_default() += posting.minor;
        }
        sums.retain(|_, minor| *minor != 0);
        sums
    }
}
