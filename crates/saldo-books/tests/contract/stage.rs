//! A book and what stands at its other end, on one clock.

use crate::documents::Shop;
use crate::ends::End;
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use saldo_core::book::{
    Bindings, Book, BookContext, ChartEntry, HeldDocument, Outcome, Subject, Task,
};
use saldo_core::document::{Document, DocumentKey, DocumentKind};
use saldo_core::exchange::{Answer, Ask, Fault, Permit};
use saldo_core::ledger::Account;
use saldo_core::text::{CompanyId, ConnectionId};
use saldo_sim::fault::FaultSettings;
use std::collections::BTreeMap;

/// The day of every document.
pub(crate) const DAY: Date = date(2026, 11, 20);

/// What accounts hold in minor units, debit positive, by the names that they have at the other end.
pub(crate) type Sums = BTreeMap<String, i64>;

/// What becomes of a request that is struck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strike {
    /// It never arrives.
    Before,
    /// It takes effect, and its answer is lost.
    After,
}

/// A book, the other end, and a clock that ticks between requests.
pub(crate) struct Stage {
    pub(crate) book: &'static dyn Book,
    pub(crate) shop: Shop,
    pub(crate) context: BookContext,
    pub(crate) chart: Vec<ChartEntry>,
    /// How many requests were made.
    pub(crate) asked: usize,
    /// The request that is struck, counted from nought.
    pub(crate) strike: Option<(usize, Strike)>,
    end: Box<dyn End>,
}

impl Stage {
    /// Books of which nothing is known yet.
    pub(crate) fn new(name: &str) -> Self {
        Self::behind(name, FaultSettings::none())
    }

    /// The same behind such a network.
    pub(crate) fn behind(name: &str, faults: FaultSettings) -> Self {
        let book = saldo_books::book(name).unwrap();
        let (end, currency) = crate::ends::end(name, faults);
        let settings = end.settings();
        let context = BookContext {
            company: CompanyId::from("demo"),
            connection: ConnectionId::from(name),
            now: "2026-11-20T18:00:00Z".parse().unwrap(),
            currency,
            addresses: book.addresses(&settings).unwrap(),
            settings,
            bindings: Bindings::default(),
            tax_codes: Vec::new(),
        };
        let takes_orders = book.description().takes(DocumentKind::PurchaseOrder);
        let shop = Shop { currency, takes_orders, other_currency: end.other_currency() };
        Self { book, shop, context, chart: Vec::new(), asked: 0, strike: None, end }
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, seconds: i64) {
        self.tick(SignedDuration::from_secs(seconds));
    }

    fn tick(&mut self, time: SignedDuration) {
        self.context.now = self.context.now.checked_add(time).unwrap();
    }

    /// Closes the books at the other end.
    pub(crate) fn close(&mut self, until: Date) -> bool {
        self.end.close(until)
    }

    /// Archives an account at the other end, as its owner would.
    pub(crate) fn archive(&mut self, account: &Account) -> bool {
        let name = self.end.name(account, &self.context.bindings);
        self.end.archive(&name, self.context.now)
    }

    /// Lets everything arrive at the other end that is still under way.
    pub(crate) fn settle(&mut self) {
        self.wait(180);
        self.end.settle(self.context.now);
    }

    fn exchange(&mut self, ask: &Ask) -> Result<Answer, Fault> {
        // Slow enough for every limit.
        self.tick(SignedDuration::from_millis(1_600));
        let struck = self.strike.filter(|(place, _)| *place == self.asked);
        self.asked += 1;
        let answer = match struck {
            Some((_, Strike::Before)) => None,
            Some((_, Strike::After)) => self.end.answer(ask, self.context.now).and(None),
            None => self.end.answer(ask, self.context.now),
        };
        answer.ok_or_else(|| Fault::new(Permit::InDoubt, "the answer was lost"))
    }

    /// Asks once, and hears what became of it.
    pub(crate) fn try_ask(&mut self, tasks: &[Task], token: &str) -> Result<Vec<Outcome>, Fault> {
        let ask = self.book.ask(tasks, token, &self.context).unwrap();
        let answer = self.exchange(&ask)?;
        self.book.hear(tasks, &answer, &self.context)
    }

    /// Does what a fault permits before the same is asked again; whether it may have taken effect.
    pub(crate) fn bear(&mut self, fault: &Fault) -> bool {
        match fault.permits {
            Permit::RetryAfter(time) => {
                self.tick(SignedDuration::try_from(time).unwrap());
                false
            }
            Permit::Retry => {
                self.wait(30);
                false
            }
            Permit::Refresh => {
                self.end.renew();
                false
            }
            Permit::InDoubt => true,
            Permit::LogIn | Permit::WhenCalled | Permit::Never => panic!("{fault}"),
        }
    }

    /// Asks for something that is harmless to repeat.
    pub(crate) fn ask(&mut self, tasks: &[Task], token: &str) -> Vec<Outcome> {
        for _ in 0..20 {
            match self.try_ask(tasks, token) {
                Ok(outcomes) => return outcomes,
                Err(fault) => {
                    self.bear(&fault);
                }
            }
        }
        panic!("twenty requests did not go through")
    }

    /// The number of a document.
    pub(crate) fn key(&self, document: &Document) -> DocumentKey {
        document.key(&self.context.company, 0)
    }

    /// A document as the engine asks for it. What it belongs to is one of those of every kind.
    pub(crate) fn subject(&self, document: &Document) -> Subject {
        let slot = document.header().applies_to.as_ref();
        let all = [self.shop.documents(), self.shop.goods_in_stock()].concat();
        let owner = all.iter().find(|other| Some(&other.header().slot) == slot);
        let applies_to = owner.map(|owner| self.key(owner));
        let (key, document) = (self.key(document), Box::new(document.clone()));
        Subject::Document { key, document, applies_to, voids: None, draft: false }
    }

    /// Reads the whole chart.
    pub(crate) fn read_chart(&mut self) {
        let mut page = None;
        self.chart.clear();
        loop {
            let outcome = self.ask(&[Task::ReadChart { page }], "chart").remove(0);
            let Outcome::Chart(read) = outcome else { panic!("{outcome:?}") };
            self.chart.extend(read.entries);
            page = read.next;
            if page.is_none() {
                break;
            }
        }
        for entry in &self.chart {
            self.context.bindings.take_name(entry);
        }
    }

    /// Looks for subjects of one kind to the end, as the engine does.
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

    /// The files at documents at the other end.
    pub(crate) fn files(&self) -> Vec<(String, String, String)> {
        self.end.files()
    }

    /// Lets the books at the other end keep stock, where they can.
    pub(crate) fn keep_stock(&mut self) -> bool {
        self.end.keep_stock()
    }

    /// How many units of each item are on hand at the other end.
    pub(crate) fn in_stock(&self) -> BTreeMap<String, String> {
        self.end.in_stock().into_iter().filter(|(_, units)| units != "0").collect()
    }

    /// Lets the books at the other end hold euros, where they can.
    pub(crate) fn deal_in_euros(&mut self) -> bool {
        self.end.deal_in_euros()
    }

    /// What accounts in euros hold at the other end, in cents.
    pub(crate) fn euros(&self) -> Sums {
        let held = self.end.euros().into_iter();
        let mut sums: Sums = held.map(|(account, minor)| (account.to_lowercase(), minor)).collect();
        sums.retain(|_, minor| *minor != 0);
        sums
    }

    /// What the ledger at the other end holds.
    pub(crate) fn ledger(&self) -> Sums {
        let mut sums = Sums::new();
        for (account, minor) in self.end.ledger() {
            *sums.entry(account.to_lowercase()).or_default() += minor;
        }
        sums.retain(|_, minor| *minor != 0);
        sums
    }

    /// What documents amount to, by the names that accounts have at the other end.
    pub(crate) fn sums<'d>(&self, documents: impl IntoIterator<Item = &'d Document>) -> Sums {
        let mut sums = Sums::new();
        for line in documents.into_iter().flat_map(Document::lines) {
            *sums.entry(self.name(&line.account)).or_default() += line.amount.minor();
        }
        sums.retain(|_, minor| *minor != 0);
        sums
    }

    /// What the other end calls an account, in lower case.
    pub(crate) fn name(&self, account: &Account) -> String {
        self.end.name(account, &self.context.bindings).to_lowercase()
    }

    /// Balances, or what accounts moved by, as the book tells them.
    pub(crate) fn read(&mut self, task: Task) -> Sums {
        let outcome = self.ask(&[task], "read").remove(0);
        let Outcome::Balances(balances) = outcome else { panic!("{outcome:?}") };
        let currency = self.context.currency;
        let told = balances.iter().map(|(account, balance)| {
            let name = self.end.called(account.as_str()).to_lowercase();
            (name, balance.of(currency).minor())
        });
        let mut sums: Sums = told.collect();
        sums.retain(|_, minor| *minor != 0);
        sums
    }

    /// The time.
    pub(crate) const fn now(&self) -> Timestamp {
        self.context.now
    }
}
