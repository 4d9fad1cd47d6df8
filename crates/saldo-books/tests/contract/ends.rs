//! What stands at the other end of a book: a simulated vendor, or a folder of files.

use crate::files::{self, Files};
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_core::book::{Bindings, Need};
use saldo_core::exchange::{Answer, Ask, HttpRequest, MessageAnswer, Method};
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::money::Currency;
use saldo_sim::books::quickbooks_desktop::{CompanyFile, QuickBooksDesktopSim};
use saldo_sim::books::quickbooks_online::{Company, QuickBooksOnlineSim};
use saldo_sim::books::xero::{Organisation, XeroSim};
use saldo_sim::fault::{FaultSettings, Faulty};
use saldo_sim::{Reply, Vendor};
use std::collections::BTreeMap;

/// The books that the laws are tried on.
pub(crate) const BOOKS: [&str; 4] =
    ["quickbooks-online", "xero", "plain-text", "quickbooks-desktop"];

/// What a book asks.
pub(crate) trait End {
    /// The settings of a connection to it.
    fn settings(&self) -> BTreeMap<String, String>;
    /// Does what is asked; none where the connection ended without an answer.
    fn answer(&mut self, ask: &Ask, now: Timestamp) -> Option<Answer>;
    /// Has another access token used from now on.
    fn renew(&mut self);
    /// Lets everything arrive that is still under way.
    fn settle(&mut self, now: Timestamp);
    /// Archives an account, as its owner would; false where it has no such thing.
    fn archive(&mut self, account: &str, now: Timestamp) -> bool;
    /// What its ledger holds: accounts by name, minor units, debit positive.
    fn ledger(&self) -> Vec<(String, i64)>;
    /// What it calls an account.
    fn name(&self, account: &Account, bindings: &Bindings) -> String;
    /// What it calls the account that reports name so.
    fn called(&self, reported: &str) -> String;
    /// Closes the books; false where it has no such thing.
    fn close(&mut self, until: Date) -> bool;
    /// Another currency that it keeps accounts in.
    fn other_currency(&self) -> Option<Currency> {
        None
    }
    /// Lets the books hold euros, of which one is worth 1.10 of their own currency; false where
    /// this is not tried.
    fn deal_in_euros(&mut self) -> bool {
        false
    }
    /// What accounts in euros hold: accounts by name, in cents.
    fn euros(&self) -> Vec<(String, i64)> {
        Vec::new()
    }
    /// Lets the books keep items in stock; false where they have no such thing.
    fn keep_stock(&mut self) -> bool {
        false
    }
    /// How many units of each item are on hand, by its stock-keeping unit.
    fn in_stock(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }
    /// The files at documents: what it calls the document, the file's name, what stands in it.
    fn files(&self) -> Vec<(String, String, String)> {
        Vec::new()
    }
}

/// The other end of a book behind such a network, and the currency that its company keeps its books
/// in.
pub(crate) fn end(book: &str, faults: FaultSettings) -> (Box<dyn End>, Currency) {
    let currency = |code| Currency::parse(code).unwrap();
    match book {
        "quickbooks-online" => (Box::new(UnitedStates::new(faults)), currency("USD")),
        "xero" => (Box::new(UnitedKingdom::new(faults)), currency("GBP")),
        "quickbooks-desktop" => (Box::new(Desk::new(faults)), currency("USD")),
        "plain-text" => (Box::<Folder>::default(), currency("USD")),
        other => panic!("{other} is not tried"),
    }
}

/// Has a vendor answer a request that shows this token.
fn heard(vendor: &mut dyn Vendor, ask: &Ask, token: &str, now: Timestamp) -> Option<Answer> {
    let Ask::Http(request) = ask else { panic!("{ask:?}") };
    let request = request.clone().header("authorization", &format!("Bearer {token}"));
    match vendor.answer(&request, now) {
        Reply::Answer(answer) => Some(Answer::Http(answer)),
        Reply::Lost => None,
    }
}

/// A shop in the United States with its company in QuickBooks Online.
struct UnitedStates {
    sim: Faulty<QuickBooksOnlineSim>,
    token: Option<String>,
}

impl UnitedStates {
    fn new(faults: FaultSettings) -> Self {
        let mut sim = QuickBooksOnlineSim::new(Company::retail(7));
        let settings = &mut sim.company_mut().settings;
        settings.warn_duplicate_bill_numbers = true;
        settings.warn_duplicate_journal_numbers = true;
        settings.inventory = true;
        sim.company_mut().turn_on_currencies(&[("EUR", "1.09".parse().unwrap())]);
        Self { sim: Faulty::new(sim, faults), token: None }
    }
}

impl UnitedStates {
    /// What the vendor says to its owner.
    fn told(&mut self, request: &HttpRequest, now: Timestamp) -> serde_json::Value {
        let request = request.clone().header("accept", "application/json");
        let Some(Answer::Http(answer)) = self.answer(&Ask::Http(request), now) else { panic!() };
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).unwrap()
    }
}

impl End for UnitedStates {
    fn settings(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("realm".to_owned(), self.sim.inner().company().realm().to_owned())])
    }

    fn answer(&mut self, ask: &Ask, now: Timestamp) -> Option<Answer> {
        let sim = &mut self.sim;
        let token = self.token.get_or_insert_with(|| sim.inner_mut().connect(now).access_token);
        heard(sim, ask, token, now)
    }

    fn renew(&mut self) {
        self.token = None;
    }

    fn settle(&mut self, now: Timestamp) {
        self.sim.settle(now);
    }

    fn other_currency(&self) -> Option<Currency> {
        Some(Currency::parse("EUR").unwrap())
    }

    fn archive(&mut self, account: &str, now: Timestamp) -> bool {
        let (realm, query) = (self.settings()["realm"].clone(), account.replace('\'', "\\'"));
        let query = format!("select * from Account where Name = '{query}'");
        let url = format!("https://quickbooks.api.intuit.com/v3/company/{realm}");
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let found = self.told(&HttpRequest::get(format!("{url}/query?query={encoded}")), now);
        let mut held = found["QueryResponse"]["Account"][0].clone();
        held["Active"] = false.into();
        let body = serde_json::to_vec(&held).unwrap();
        self.told(&HttpRequest::post_json(format!("{url}/account"), body), now);
        true
    }

    fn ledger(&self) -> Vec<(String, i64)> {
        let ledger = self.sim.inner().company().ledger().into_iter();
        ledger.map(|posting| (posting.account, posting.minor)).collect()
    }

    fn name(&self, account: &Account, _: &Bindings) -> String {
        match account.kind {
            AccountKind::Payable => "Accounts Payable (A/P)".to_owned(),
            AccountKind::Receivable => "Accounts Receivable (A/R)".to_owned(),
            AccountKind::TaxLiability => "Sales Tax Agency Payable".to_owned(),
            // A colon stands between an account and those below it.
            _ => account.name.replace(": ", " - "),
        }
    }

    fn called(&self, reported: &str) -> String {
        let ledger = self.sim.inner().company().ledger();
        let posting = ledger.into_iter().find(|posting| posting.account_id == reported);
        posting.map_or_else(|| reported.to_owned(), |posting| posting.account)
    }

    fn close(&mut self, until: Date) -> bool {
        self.sim.inner_mut().company_mut().settings.book_close_date = Some(until);
        true
    }

    fn keep_stock(&mut self) -> bool {
        self.sim.inner_mut().company_mut().settings.inventory = true;
        true
    }

    fn in_stock(&self) -> BTreeMap<String, String> {
        let held = self.sim.inner().company().in_stock().into_iter();
        held.map(|(item, units)| (item, units.to_string())).collect()
    }

    fn deal_in_euros(&mut self) -> bool {
        let rate = [("EUR", "1.1".parse().unwrap())];
        self.sim.inner_mut().company_mut().turn_on_currencies(&rate);
        true
    }

    fn euros(&self) -> Vec<(String, i64)> {
        let held = self.sim.inner().company().foreign_balances();
        held.into_iter().map(|(account, (_, minor))| (account, minor)).collect()
    }

    fn files(&self) -> Vec<(String, String, String)> {
        let files = self.sim.inner().company().attachables().iter();
        files.map(|it| (it.remote.clone(), it.name.clone(), it.content.clone())).collect()
    }
}

/// A shop in the United Kingdom with its organisation in Xero.
struct UnitedKingdom {
    sim: Faulty<XeroSim>,
    /// The token of an hour, however long a test is.
    token: Option<(Timestamp, String)>,
}

impl UnitedKingdom {
    fn new(faults: FaultSettings) -> Self {
        let mut sim = XeroSim::new(Organisation::united_kingdom(7));
        sim.organisation_mut().settings.calls_per_day = 100_000;
        Self { sim: Faulty::new(sim, faults), token: None }
    }
}

impl End for UnitedKingdom {
    fn settings(&self) -> BTreeMap<String, String> {
        BTreeMap::from([("tenant".to_owned(), self.sim.inner().organisation().tenant().to_owned())])
    }

    fn answer(&mut self, ask: &Ask, now: Timestamp) -> Option<Answer> {
        let is_fresh = |(since, _): &(Timestamp, String)| now.duration_since(*since).as_mins() < 25;
        let token = match self.token.take().filter(is_fresh) {
            Some(token) => token,
            None => (now, self.sim.inner_mut().connect(now).access_token),
        };
        let answer = heard(&mut self.sim, ask, &token.1, now);
        self.token = Some(token);
        answer
    }

    fn renew(&mut self) {
        self.token = None;
    }

    fn settle(&mut self, now: Timestamp) {
        self.sim.settle(now);
    }

    fn archive(&mut self, account: &str, now: Timestamp) -> bool {
        let organisation = self.sim.inner().organisation();
        let (tenant, id) = (organisation.tenant().to_owned(), organisation.account_id(account));
        let url = format!("https://api.xero.com/api.xro/2.0/Accounts/{}", id.unwrap());
        let request = HttpRequest::post_json(url, br#"{"Status":"ARCHIVED"}"#.to_vec())
            .header("accept", "application/json")
            .header("xero-tenant-id", &tenant);
        let Some(Answer::Http(answer)) = self.answer(&Ask::Http(request), now) else { panic!() };
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        true
    }

    fn ledger(&self) -> Vec<(String, i64)> {
        let ledger = self.sim.inner().organisation().ledger().into_iter();
        ledger.map(|posting| (posting.account, posting.minor)).collect()
    }

    fn name(&self, account: &Account, _: &Bindings) -> String {
        match account.kind {
            AccountKind::TaxLiability => "Sales Tax".to_owned(),
            AccountKind::Receivable => "Accounts Receivable".to_owned(),
            AccountKind::Payable => "Accounts Payable".to_owned(),
            _ => account.name.to_string(),
        }
    }

    fn called(&self, reported: &str) -> String {
        let ledger = self.sim.inner().organisation().ledger();
        let posting = ledger.into_iter().find(|posting| posting.account_id == reported);
        posting.map_or_else(|| reported.to_owned(), |posting| posting.account)
    }

    fn close(&mut self, until: Date) -> bool {
        self.sim.inner_mut().organisation_mut().settings.end_of_year_lock_date = Some(until);
        true
    }

    fn keep_stock(&mut self) -> bool {
        true
    }

    fn in_stock(&self) -> BTreeMap<String, String> {
        let held = self.sim.inner().organisation().in_stock().into_iter();
        held.map(|(item, units)| (item, units.to_string())).collect()
    }

    fn deal_in_euros(&mut self) -> bool {
        let rate = "0.909091".parse().unwrap();
        self.sim.inner_mut().organisation_mut().subscribe("EUR", rate);
        true
    }

    fn euros(&self) -> Vec<(String, i64)> {
        let held = self.sim.inner().organisation().foreign_balances();
        held.into_iter().map(|(account, (_, minor))| (account, minor)).collect()
    }

    fn files(&self) -> Vec<(String, String, String)> {
        let files = self.sim.inner().organisation().files().into_iter();
        files.map(|it| (it.remote, it.name, it.content)).collect()
    }
}

/// A shop in the United States with its company file in QuickBooks Desktop.
struct Desk(Faulty<QuickBooksDesktopSim>);

impl Desk {
    /// Messages are carried by a program that stands beside the company file: they are lost, and
    /// nothing else happens to them.
    fn new(faults: FaultSettings) -> Self {
        let faults = FaultSettings {
            lost_before: faults.lost_before,
            lost_after: faults.lost_after,
            delayed: faults.delayed,
            ..FaultSettings::none().with_seed(faults.seed)
        };
        Self(Faulty::new(QuickBooksDesktopSim::new(CompanyFile::retail(7)), faults))
    }

    fn file(&mut self) -> &mut CompanyFile {
        self.0.inner_mut().company_mut()
    }
}

impl End for Desk {
    fn settings(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    fn deal_in_euros(&mut self) -> bool {
        self.file().use_currencies();
        true
    }

    fn euros(&self) -> Vec<(String, i64)> {
        let held = self.0.inner().company().foreign_balances();
        held.into_iter().map(|(account, (_, minor))| (account, minor)).collect()
    }

    fn keep_stock(&mut self) -> bool {
        self.file().settings.uses_inventory = true;
        true
    }

    fn in_stock(&self) -> BTreeMap<String, String> {
        let held = self.0.inner().company().in_stock().into_iter();
        let moved = held.filter(|(_, units)| !units.is_zero());
        moved.map(|(item, units)| (item, units.to_string())).collect()
    }

    fn answer(&mut self, ask: &Ask, now: Timestamp) -> Option<Answer> {
        let Ask::Message(message) = ask else { panic!("{ask:?}") };
        let request = HttpRequest {
            method: Method::Post,
            url: "message:".to_owned(),
            headers: Vec::new(),
            body: message.body.clone(),
            authorised: false,
        };
        let reply = self.0.answer(&request, now);
        let Reply::Answer(answer) = reply else {
            self.file().end_session();
            return None;
        };
        Some(Answer::Message(match answer.header("failure") {
            None => MessageAnswer::Whole(answer.body),
            Some(code) => MessageAnswer::Failed {
                code: code.to_owned(),
                message: String::from_utf8_lossy(&answer.body).into_owned(),
            },
        }))
    }

    fn renew(&mut self) {}

    fn settle(&mut self, now: Timestamp) {
        self.0.settle(now);
    }

    fn archive(&mut self, _: &str, _: Timestamp) -> bool {
        false
    }

    fn ledger(&self) -> Vec<(String, i64)> {
        let ledger = self.0.inner().company().ledger().into_iter();
        ledger.map(|posting| (posting.account, posting.minor)).collect()
    }

    fn name(&self, account: &Account, bindings: &Bindings) -> String {
        match (account.kind, bindings.need(&Need::Account(account.clone()))) {
            (AccountKind::Payable, _) => "Accounts Payable".to_owned(),
            (AccountKind::Receivable, _) => "Accounts Receivable".to_owned(),
            // It may have had to take another name than its own.
            (_, bound) => self
                .called(bound.unwrap_or_else(|| panic!("{} is not bound", account.name)).as_str()),
        }
    }

    fn called(&self, reported: &str) -> String {
        let ledger = self.0.inner().company().ledger();
        let posting = ledger.into_iter().find(|posting| posting.account_id == reported);
        posting.map_or_else(|| reported.to_owned(), |posting| posting.account)
    }

    fn close(&mut self, until: Date) -> bool {
        self.file().settings.closing_date = Some(until);
        true
    }
}

/// Files, of which the ledger is read as any reader of hledger's journal would.
#[derive(Default)]
struct Folder(Files);

impl End for Folder {
    fn settings(&self) -> BTreeMap<String, String> {
        BTreeMap::new()
    }

    fn answer(&mut self, ask: &Ask, _: Timestamp) -> Option<Answer> {
        let Ask::File(work) = ask else { panic!("{ask:?}") };
        Some(Answer::File(files::answer(&mut self.0, work)))
    }

    fn renew(&mut self) {}

    fn settle(&mut self, _: Timestamp) {}

    fn archive(&mut self, _: &str, _: Timestamp) -> bool {
        false
    }

    fn ledger(&self) -> Vec<(String, i64)> {
        let months = self.0.iter().filter(|(path, _)| path.starts_with("2026-"));
        let journals = months.filter(|(path, _)| path.ends_with(".journal"));
        journals.flat_map(|(_, text)| text.lines()).filter_map(posting).collect()
    }

    fn name(&self, account: &Account, bindings: &Bindings) -> String {
        let bound = bindings.need(&Need::Account(account.clone()));
        bound.map_or_else(|| account.name.to_string(), ToString::to_string)
    }

    fn called(&self, reported: &str) -> String {
        reported.to_owned()
    }

    fn close(&mut self, _: Date) -> bool {
        false
    }
}

/// The account and the minor units of a posting; none of any other line.
fn posting(line: &str) -> Option<(String, i64)> {
    let line = line.strip_prefix("    ")?;
    let line = line.split_once(';').map_or(line, |(before, _)| before).trim();
    let (account, amount) = line.strip_suffix(" USD")?.rsplit_once("  ")?;
    let minor = amount.trim().replace('.', "").parse();
    Some((account.trim().to_owned(), minor.unwrap_or_else(|_| panic!("{line}"))))
}
