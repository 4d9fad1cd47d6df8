//! The port to accounting systems: a value that states what a book can do, and two functions
//! without I/O.

mod attached;
mod need;
mod settings;

pub use attached::{AttachedFile, Note};
pub use need::{Called, Item, Listed, Need, TaxRate};
pub use settings::{BookSettings, CodedRate, ListRoom, SalesTax, TaxCode};

use crate::document::{Document, DocumentKey, DocumentKind, Party};
use crate::exchange::{
    Addresses, Answer, Ask, Authorisation, Fault, Introduction, RateLimit, RequestsLeft,
};
use crate::feed::FeedUpload;
use crate::ledger::{Account, AccountKind};
use crate::money::{Balance, Currency, Money};
use crate::text::{CompanyId, ConnectionId, RemoteId};
use jiff::{Timestamp, civil::Date};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is known of a book without asking it.
#[derive(Clone, Debug)]
pub struct BookDescription {
    /// The name as it stands in commands and connections.
    pub name: &'static str,
    /// The name as people write it.
    pub title: &'static str,
    /// How requests are authorised; a book of files needs nothing.
    pub authorisation: Option<Authorisation>,
    /// The documented limits that count requests.
    pub limits: &'static [RateLimit],
    /// The headers by which it says how many requests are left.
    pub requests_left: &'static [RequestsLeft],
    /// How many tasks one request may carry.
    pub batch: usize,
    /// How many keys one look-up may carry.
    pub look_up_batch: usize,
    /// How many days one [`Task::ReadResult`] may go over; none where any number is as well.
    pub result_days: Option<i64>,
    /// How long the book recognises the repetition of a request by the token that it carries; none
    /// where requests carry no token.
    pub token_lives: Option<Duration>,
    /// Whether creating what is already there is harmless, so that no look-up is needed.
    pub idempotent: bool,
    /// Whether it enters the sales tax of documents by itself, on accounts of its own that no
    /// document refers to: those of the chart that collect tax.
    pub enters_tax: bool,
    /// Whether it values open amounts of other currencies itself, at rates of its own: entries that
    /// do so are not wanted there.
    pub revalues: bool,
    /// Whether it keeps items in stock by units, and enters what sold ones cost by itself.
    pub keeps_stock: bool,
    /// The kinds of documents that move no money ([`DocumentKind::moves_no_money`]) which it takes.
    /// Others are not wanted there.
    pub takes_without_money: &'static [DocumentKind],
    /// How its balances show accounts of other currencies.
    pub foreign_balances: ForeignBalances,
    /// Whether its owner decides there what it takes: [`BookSettings`] are read before anything is
    /// pushed.
    pub has_settings: bool,
    /// Whether numbers of documents may begin with a prefix: of at most ten characters, before the
    /// eleven of the key.
    pub prefixes: bool,
    /// The dimensions that it keeps.
    pub dimensions: KeptDimensions,
    /// Whether a list of the documents of all days costs little and shows all their numbers: a
    /// proof then looks everywhere for copies, not only on the days of our own documents.
    pub lists_all_days: bool,
    /// Whether it can tell which people were added or changed since an instant:
    /// [`Task::ReadChartSince`].
    pub tells_new_people: bool,
    /// How far back it can tell which documents were changed: [`Task::ReadChanges`]; none where it
    /// cannot.
    pub tells_changes: Option<Duration>,
    /// The kinds of documents of which it amends, where they stand, what carries no money: words,
    /// the day by which something is due, dimensions. What can be amended of a single document is
    /// for [`Book::amends`] to say; what it does not amend is reversed and entered anew where it
    /// is a dimension, and stays as it was entered where it is words.
    pub amends: &'static [DocumentKind],
    /// Whether it amends invoices, bills and credits once payments belong to them.
    pub amends_paid: bool,
    /// Whether it shows of a document that it was matched, as with the rows of a bank: what is to
    /// be voided or amended is looked at first then.
    pub shows_matches: bool,
    /// Whether drafts count in its balances. Where they do not, they are in no report of the book
    /// until somebody confirms them.
    pub drafts_count: bool,
    /// The files of bank rows that its page takes from a person; none where it takes none.
    pub feed: Option<FeedUpload>,
}

/// How a book's balances show accounts that are kept in other currencies than the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForeignBalances {
    /// In their own currency.
    InTheirs,
    /// At what their documents were worth.
    InWorth,
    /// At what they are worth on the day, at rates of the book's own: what documents say of them
    /// cannot be held against that.
    Revalued,
}

impl BookDescription {
    /// Whether documents of a kind are wanted in it: where it keeps money alone, those that move
    /// none are not.
    #[must_use]
    pub fn takes(&self, kind: DocumentKind) -> bool {
        !kind.moves_no_money() || self.takes_without_money.contains(&kind)
    }
}

/// Which dimensions a book keeps, by the names that a policy gives them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeptDimensions {
    /// Any, of each line.
    Any,
    /// Any by names of their own, of each line, as long as there are no more than so many.
    AtMost(usize),
    /// These alone. What stands for anything in another is refused.
    Named {
        /// Of each line.
        of_lines: &'static [&'static str],
        /// Of a document as a whole, but for journal entries.
        of_documents: Option<&'static str>,
    },
}

impl KeptDimensions {
    /// Whether it keeps the dimension of this name.
    #[must_use]
    pub fn keeps(self, name: &str) -> bool {
        match self {
            Self::Any | Self::AtMost(_) => true,
            Self::Named { of_lines, of_documents } => {
                of_lines.contains(&name) || of_documents == Some(name)
            }
        }
    }

    /// Whether it has room for so many.
    #[must_use]
    pub const fn has_room(self, count: usize) -> bool {
        match self {
            Self::Any | Self::Named { .. } => true,
            Self::AtMost(most) => count <= most,
        }
    }

    /// The dimension that it keeps of documents as a whole.
    #[must_use]
    pub const fn of_documents(self) -> Option<&'static str> {
        match self {
            Self::Any | Self::AtMost(_) => None,
            Self::Named { of_documents, .. } => of_documents,
        }
    }
}

/// What is to be in the book afterwards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// Something that documents refer to.
    Need(Need),
    /// A document with its number.
    Document {
        /// The number.
        key: DocumentKey,
        /// The document.
        document: Box<Document>,
        /// The number of the invoice that it belongs to, where it does.
        applies_to: Option<DocumentKey>,
        /// What is made nil in the book in place of entering this one, which says what that
        /// amounts to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        voids: Option<Box<Voided>>,
        /// Whether it is entered as a draft, which a person confirms later.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        draft: bool,
    },
    /// A document that stands there as a draft, and is one no longer. Nothing that carries money
    /// changes by that.
    Confirmed {
        /// The number.
        key: DocumentKey,
        /// The document.
        document: Box<Document>,
    },
    /// A document that stands there, and says something else from now on. Nothing that carries
    /// money changes by that: [`Document::is_amendable_to`].
    Amended {
        /// The number.
        key: DocumentKey,
        /// The document as it shall be.
        document: Box<Document>,
        /// The document as it stands there. Where the book shows anything else, somebody changed
        /// it, and it is left as it is.
        before: Box<Document>,
        /// The version in which the book is known to hold it as it stands, once that is known: in
        /// another one the book refuses, by [`RefusalKind::Stale`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<String>,
    },
    /// A file at a document that stands there. Nothing that carries money changes by that.
    Attached {
        /// The document's number.
        key: DocumentKey,
        /// The document.
        document: Box<Document>,
        /// The file.
        file: AttachedFile,
    },
}

/// A document that stands in a book and is made nil there, by an operation of the book's own that
/// leaves the document standing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Voided {
    /// The number that it was entered with.
    pub key: DocumentKey,
    /// The document as it was entered.
    pub document: Document,
    /// What the book calls it.
    pub remote: RemoteId,
    /// The version that the book acknowledged. In another one somebody changed it since, or
    /// something was matched with it, so that the book refuses.
    pub version: String,
}

/// One thing that a book is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// Read what the owner decided there.
    ReadSettings,
    /// Read a page of the chart: accounts, items, parties.
    ReadChart {
        /// Where to go on: what the last page said.
        page: Option<String>,
    },
    /// Read a page of the chart, of whose people only those are told that were added or changed
    /// since an instant. Asked of books that can.
    ReadChartSince {
        /// The instant.
        since: Timestamp,
        /// Where to go on: what the last page said.
        page: Option<String>,
    },
    /// Read every account's balance as of the end of a day. Of income and expenses a book may show
    /// its own fiscal year alone: see [`Task::ReadResult`].
    ReadBalances {
        /// The day.
        as_of: Date,
    },
    /// Read by how much the accounts of income and expenses moved over some days, whatever the
    /// fiscal years. Other accounts may be among them.
    ReadResult {
        /// The first day.
        from: Date,
        /// The last day.
        until: Date,
    },
    /// Read a page of the documents that are dated on some days, whoever entered them.
    ReadDocuments {
        /// The first day.
        from: Date,
        /// The last day.
        until: Date,
        /// Where to go on: what the last page said.
        page: Option<String>,
    },
    /// Read a page of the documents that were entered, changed or deleted since an instant, whoever
    /// did: of all kinds, or of those of which the book tells it. What was deleted has no version.
    /// Asked of books that can.
    ReadChanges {
        /// The instant.
        since: Timestamp,
        /// Where to go on: what the last page said.
        page: Option<String>,
    },
    /// Is this there?
    LookUp {
        /// What is looked for.
        subject: Subject,
        /// Where to go on: what [`Outcome::Further`] said.
        page: Option<String>,
    },
    /// Make this be there.
    Create(Subject),
    /// Is this note there? Asked of books that take notes, as [`Task::WriteNote`] is, each alone.
    LookForNote(Note),
    /// Add this note to its document, which carries no money and changes nothing.
    WriteNote(Note),
}

impl Task {
    /// Is this there? From the beginning.
    #[must_use]
    pub const fn look_up(subject: Subject) -> Self {
        Self::LookUp { subject, page: None }
    }
}

/// What a book acknowledged about one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// What the book calls it.
    pub remote: RemoteId,
    /// Its version.
    pub version: Option<String>,
    /// Its total as the book holds it, where the answer says.
    pub total: Option<Money>,
    /// Its tax as the book holds it, where the answer says.
    pub tax: Option<Money>,
    /// The number that the book gave it in place of ours.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub number: Option<String>,
}

impl Acknowledgement {
    /// That it is there, without a word about what it holds.
    #[must_use]
    pub const fn of(remote: RemoteId) -> Self {
        Self { remote, version: None, total: None, tax: None, number: None }
    }
}

/// Why a book will not do a task, so that the engine knows what is left to try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalKind {
    /// The number is taken: look it up, it is probably ours.
    DuplicateNumber,
    /// The name is taken by something that we have not bound.
    DuplicateName,
    /// The period is closed.
    PeriodClosed,
    /// Its owner switched a dimension off that it stands for something in.
    DimensionOff,
    /// A list of the book has no room for it.
    ListFull,
    /// Something must be set up in the book first, by its owner or with its owner's leave.
    NotSetUp,
    /// The book keeps one currency alone, and it is of another one.
    CurrenciesOff,
    /// The book would not enter its sales tax as it says.
    SalesTaxOff,
    /// The request was recognised as a repetition whose answer is gone: look it up.
    DuplicateRequest,
    /// It stands there in another version than the one that was named: read it again.
    Stale,
    /// It stands there, and the book changes nothing of it any more: it was paid or reconciled.
    Fixed,
    /// Something that it refers to is gone or inactive.
    BadReference,
    /// The book holds it already, but with other content.
    HeldOtherwise,
    /// The request was refused as a whole for something that stands in it. Nothing of it took
    /// effect, and which of its tasks is to blame is not said: ask for fewer at a time.
    WholeRequest,
    /// Anything else: a person must read the message.
    Other,
}

impl RefusalKind {
    /// Whether the book certainly holds nothing of what it refused, where nothing was sent before.
    #[must_use]
    pub const fn leaves_nothing(self) -> bool {
        match self {
            Self::DuplicateNumber | Self::DuplicateRequest | Self::HeldOtherwise => false,
            Self::DuplicateName
            | Self::PeriodClosed
            | Self::DimensionOff
            | Self::ListFull
            | Self::NotSetUp
            | Self::CurrenciesOff
            | Self::SalesTaxOff
            | Self::Stale
            | Self::Fixed
            | Self::BadReference
            | Self::WholeRequest
            | Self::Other => true,
        }
    }
}

/// A book's definite no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Why, as far as the engine must know.
    pub kind: RefusalKind,
    /// The book's own code.
    pub code: String,
    /// The book's own words.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// Something that stands in the book's chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartEntry {
    /// What the book calls it.
    pub remote: RemoteId,
    /// What it is.
    pub kind: ChartKind,
    /// Its name.
    pub name: String,
    /// Whether it can be used.
    pub active: bool,
}

/// The accounts of an item that a book keeps in stock, besides that of its sales.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct KeptAccounts {
    /// Where its units stand.
    pub stock: Option<RemoteId>,
    /// Where the book enters what sold units had cost.
    pub cost: Option<RemoteId>,
}

/// What stands in a chart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChartKind {
    /// An account.
    Account {
        /// The kind nearest to the book's own type; none where it has no like.
        kind: Option<AccountKind>,
        /// The currency, where the book says.
        currency: Option<Currency>,
        /// Whether the book enters the sales tax of documents here by itself.
        collects_tax: bool,
    },
    /// An account that is kept in another currency than the books, in a book that takes amounts on
    /// it for amounts of that currency: what is in the books' own never refers to it.
    ForeignAccount {
        /// The kind nearest to the book's own type; none where it has no like.
        kind: Option<AccountKind>,
        /// Its currency.
        currency: Currency,
    },
    /// An item.
    Item {
        /// Its stock-keeping unit.
        sku: Option<String>,
        /// The account where lines of a sale land.
        income_account: Option<RemoteId>,
        /// Whether each line says by itself where it lands, whatever the item says.
        lines_say_account: bool,
        /// Its further accounts, where the book keeps it in stock.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<KeptAccounts>,
    },
    /// A customer.
    Customer,
    /// A vendor.
    Vendor,
    /// Somebody else whose name is taken: an employee.
    OtherName,
    /// A rate of sales tax, of a book in which documents refer to one.
    TaxRate {
        /// Percent, where the book says.
        percent: Option<Decimal>,
    },
    /// A dimension that has a name of its own.
    Dimension,
    /// A value of a dimension.
    Value {
        /// The dimension: its name in the book, or where it has none, that of policies.
        dimension: String,
    },
    /// A way of being paid.
    PaymentMethod,
    /// Terms of payment.
    Terms {
        /// After how many days all is due; none where that is not all that the terms say.
        days: Option<u32>,
    },
    /// A currency.
    Currency {
        /// Which one.
        currency: Currency,
    },
}

/// A page of a chart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChartPage {
    /// What stands in it.
    pub entries: Vec<ChartEntry>,
    /// What the owner decided, on the first page of a book that has settings.
    pub settings: Option<BookSettings>,
    /// Where to go on; none after the last page.
    pub next: Option<String>,
}

/// A document that stands in a book, as far as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldDocument {
    /// What the book calls it.
    pub remote: RemoteId,
    /// Its number, where the list shows one; of a number that ends in a key, the key.
    pub number: Option<String>,
    /// Its version; none where the book keeps none, so that its content must be looked at.
    pub version: Option<String>,
}

/// Money that moved on a bank account, as a list of documents shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedMoney {
    /// What moved it: a document, or one side of a transfer.
    pub remote: RemoteId,
    /// The account, as balances call it.
    pub account: RemoteId,
    /// The accounting date.
    pub day: Date,
    /// How much, in the account's own currency, which lists need not name; debit positive. None
    /// where the list does not say it in a way that is understood.
    pub amount: Option<Decimal>,
}

/// A page of documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DocumentPage {
    /// The documents.
    pub documents: Vec<HeldDocument>,
    /// What those that count moved on bank accounts. Told by books that show accounts of other
    /// currencies at rates of their own ([`ForeignBalances::Revalued`]), where nothing else says
    /// what stands there.
    pub moved: Vec<MovedMoney>,
    /// The sides of transfers that are listed apart from them, each with its transfer.
    pub sides: BTreeMap<RemoteId, RemoteId>,
    /// Where to go on; none after the last page.
    pub next: Option<String>,
}

/// What became of a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It is there now.
    Done(Acknowledgement),
    /// It was looked for and found, as it should be.
    Found(Acknowledgement),
    /// It was looked for and found, but with other content.
    FoundDifferent {
        /// What the book calls it.
        acknowledgement: Acknowledgement,
        /// What differs.
        difference: String,
    },
    /// It was looked for and is not there. Of a [`Subject::Confirmed`]: its document stands there
    /// as the draft that was entered.
    Absent,
    /// Of a [`Subject::Amended`]: its document stands there as it stood before.
    AsBefore(Acknowledgement),
    /// It is not among what was read so far: the same look-up goes on at this page.
    Further {
        /// Where.
        page: String,
    },
    /// What the owner decided.
    Settings(BookSettings),
    /// A page of the chart.
    Chart(ChartPage),
    /// Balances, or what accounts moved by, by what the book calls the accounts; debit positive.
    Balances(BTreeMap<RemoteId, Balance>),
    /// A page of the documents of some days.
    Documents(DocumentPage),
    /// No, and for good.
    Refused(Refusal),
}

/// What we know by name and what the book calls it: by [`Need::binding`], by document key, and, for
/// names that are not free, by `taken/NAME` (people) and `taken-item/NAME` in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bindings(pub BTreeMap<String, RemoteId>);

impl Bindings {
    /// What the book calls something that documents refer to.
    #[must_use]
    pub fn need(&self, need: &Need) -> Option<&RemoteId> {
        self.0.get(&need.binding())
    }

    /// Notes that a name of the book's chart is taken by this entry, whatever it is bound to.
    pub fn take_name(&mut self, entry: &ChartEntry) {
        let list = match entry.kind {
            ChartKind::Account { .. }
            | ChartKind::ForeignAccount { .. }
            | ChartKind::Dimension
            | ChartKind::Value { .. }
            | ChartKind::Currency { .. } => return,
            ChartKind::PaymentMethod => "taken-method",
            ChartKind::Terms { .. } => "taken-terms",
            ChartKind::Item { .. } | ChartKind::TaxRate { .. } => "taken-item",
            ChartKind::Customer | ChartKind::Vendor | ChartKind::OtherName => "taken",
        };
        let key = format!("{list}/{}", entry.name.to_lowercase());
        self.0.insert(key, entry.remote.clone());
    }

    /// What the book calls a document.
    #[must_use]
    pub fn document(&self, key: DocumentKey) -> Option<&RemoteId> {
        self.0.get(key.as_str())
    }
}

/// What a book is told each time it is asked something.
#[derive(Clone, Debug)]
pub struct BookContext {
    /// Whose books.
    pub company: CompanyId,
    /// Which connection.
    pub connection: ConnectionId,
    /// The time, by the engine's clock.
    pub now: Timestamp,
    /// The company's own currency.
    pub currency: Currency,
    /// The vendor's addresses.
    pub addresses: Addresses,
    /// The connection's settings (`realm`).
    pub settings: BTreeMap<String, String>,
    /// What the book calls what the tasks refer to.
    pub bindings: Bindings,
    /// The codes of sales tax that documents may name, as they were read last.
    pub tax_codes: Vec<TaxCode>,
}

/// An accounting system.
///
/// Tasks of one call are all of one kind (all look-ups of one document kind, all creations, …): the
/// engine groups them. A document is created only when all that it needs is bound.
pub trait Book: Send + Sync {
    /// What is known without asking.
    fn description(&self) -> &'static BookDescription;

    /// The addresses of the vendor for a connection with these settings.
    ///
    /// # Errors
    /// Where a setting is missing or has no sense, in words for the owner.
    fn addresses(&self, settings: &BTreeMap<String, String>) -> Result<Addresses, String>;

    /// The vendor's own addresses, whatever the settings say: signing in needs no more, and what
    /// is chosen by it is a setting.
    fn home(&self) -> Addresses {
        Addresses::default()
    }

    /// What to ask so that the vendor says whose books these are; none where it cannot be asked.
    ///
    /// # Errors
    /// Where a setting is missing.
    fn introduction(&self, _context: &BookContext) -> Result<Option<Ask>, Fault> {
        Ok(None)
    }

    /// Whose books these are, by the answer to [`introduction`](Self::introduction).
    ///
    /// # Errors
    /// What the vendor refuses, in its own words, or what cannot be read.
    fn hear_introduction(&self, _answer: &Answer) -> Result<Introduction, Fault> {
        Err(Fault::unexpected("a book that was not asked for its name"))
    }

    /// The names under which the book may hold something that documents refer to, its own rules for
    /// names applied: the first that is free is taken.
    fn names(&self, need: &Need) -> Vec<String> {
        vec![match need {
            Need::Item(item) => return item.names(),
            Need::Account(account) | Need::ForeignAccount { account, .. } => {
                account.name.to_string()
            }
            Need::Party(Party::Customer { name, .. } | Party::Vendor { name }) => name.clone(),
            Need::Dimension(named) | Need::Value { value: named, .. } => named.name().to_owned(),
            Need::TaxRate(tax) => tax.to_string(),
            Need::Listed(listed) => listed.to_string(),
        }]
    }

    /// Where in the book a subject is entered, in the book's own words: one request creates only
    /// what is entered in one place. The same for all where a request may go anywhere.
    fn place(&self, _subject: &Subject) -> String {
        String::new()
    }

    /// What balances call an account that the chart calls so.
    fn reported(&self, account: &RemoteId) -> RemoteId {
        account.clone()
    }

    /// Whether the book can void a document like this, and the accounts of it on which the book
    /// may hold a match that it shows nobody, as with the rows of a bank. None where it cannot.
    fn voids(&self, _document: &Document) -> Option<Vec<Account>> {
        None
    }

    /// Whether it can enter the reversal of a document like this. What it cannot reverse is voided
    /// whenever it goes, whether anybody asked for that or not.
    fn reverses(&self, _document: &Document) -> bool {
        true
    }

    /// Whether it closes a purchase order by itself once all of it came in, by what is linked with
    /// the order. Elsewhere an order of which all came in is wanted no longer, and closed like one
    /// that does not hold.
    fn closes_orders(&self) -> bool {
        true
    }

    /// Whether it amends a document that stands there like the first one so that it is like the
    /// second, which differs in nothing that carries money, and shows what differs. False also
    /// where it shows nothing of the difference.
    fn amends(&self, _before: &Document, _wanted: &Document) -> bool {
        false
    }

    /// Whether it takes files at documents like this.
    fn takes_files(&self, _document: &Document) -> bool {
        false
    }

    /// Whether the owner wants notes in the histories of documents, by the connection's settings.
    fn wants_notes(&self, _settings: &BTreeMap<String, String>) -> bool {
        false
    }

    /// Whether a note can be added to a document like this.
    fn takes_note(&self, _document: &Document) -> bool {
        false
    }

    /// Whether it recognises the repetition of a request for this by its token, where it has
    /// tokens. Anything else is looked for before it is sent again.
    fn recognises(&self, _subject: &Subject) -> bool {
        true
    }

    /// Whether it can hold documents of this kind as drafts, which are confirmed later: every one
    /// of them, whatever stands in it.
    fn holds_drafts(&self, _kind: DocumentKind) -> bool {
        false
    }

    /// The lists, by the names of [`ListRoom`], of which something that documents refer to takes an
    /// entry where it is made. None where no list of the book is bounded.
    fn takes_room(&self, _need: &Need) -> &'static [&'static str] {
        &[]
    }

    /// What must happen before something may be made that documents refer to: its owner makes it
    /// there, or says in the connection's settings that it may be made. None where it may be.
    fn wants_leave(
        &self,
        _need: &Need,
        _settings: &BTreeMap<String, String>,
    ) -> Option<&'static str> {
        None
    }

    /// What must be bound before a subject can be created. Deterministic, without repetition.
    fn needs(&self, subject: &Subject) -> Vec<Need>;

    /// What to ask so that these tasks are done. The token names the batch: the same token with the
    /// same tasks is a repetition.
    ///
    /// # Errors
    /// Where something cannot be expressed in this book, or is not bound.
    fn ask(&self, tasks: &[Task], token: &str, context: &BookContext) -> Result<Ask, Fault>;

    /// What the answer means: one outcome a task, in their order.
    ///
    /// # Errors
    /// What a failure of the whole request permits.
    fn hear(
        &self,
        tasks: &[Task],
        answer: &Answer,
        context: &BookContext,
    ) -> Result<Vec<Outcome>, Fault>;
}
