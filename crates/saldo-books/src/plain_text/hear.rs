//! What the files mean: looking up, and comparing what stands there with what should.

use super::account::{self, bound};
use super::path::month;
use super::read::{self, Held, OpenAccount, ReadEntry, Reading};
use super::write::Syntax;
use jiff::civil::Date;
use saldo_core::book::{
    Acknowledgement, BookContext, ChartEntry, ChartKind, ChartPage, DocumentPage, HeldDocument,
    Need, Outcome, Refusal, RefusalKind,
};
use saldo_core::document::{Document, DocumentKey, DocumentKind, Line};
use saldo_core::exchange::Fault;
use saldo_core::ledger::Account;
use saldo_core::money::Money;
use saldo_core::text::RemoteId;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// What should stand in the files.
pub(super) enum Expected<'a> {
    /// An account, declared under this name.
    Account {
        /// The account.
        account: &'a Account,
        /// Its name in the files.
        remote: String,
    },
    /// A document.
    Document {
        /// Its number.
        key: DocumentKey,
        /// The document.
        document: &'a Document,
        /// Its postings, with accounts as the files call them.
        postings: Vec<(String, Held)>,
    },
}

impl<'a> Expected<'a> {
    /// An account under a name of the files.
    pub(super) fn account(account: &'a Account, remote: &str) -> Self {
        Self::Account { account, remote: remote.to_owned() }
    }

    /// A document whose accounts are bound.
    pub(super) fn document(
        key: DocumentKey,
        document: &'a Document,
        context: &BookContext,
    ) -> Result<Self, Fault> {
        let mut postings = Vec::with_capacity(document.lines().len());
        for line in document.lines() {
            postings.push((bound(&line.account, context)?.to_owned(), Held::of(line)));
        }
        Ok(Self::Document { key, document, postings })
    }

    /// What is acknowledged of it where it stands as it should, under this name.
    pub(super) fn acknowledgement(&self, remote: RemoteId) -> Acknowledgement {
        match self {
            Self::Account { .. } => Acknowledgement::of(remote),
            Self::Document { document, postings, .. } => Acknowledgement {
                version: Some(read::version(document.header().date, postings)),
                total: document.total().ok(),
                tax: document.tax().ok(),
                ..Acknowledgement::of(remote)
            },
        }
    }

    /// What differs in a block that stands under the key, if anything of weight does: texts, tags
    /// and the order of postings are the owner's to change.
    pub(super) fn difference_in_block(
        &self,
        path: &str,
        found: &str,
        syntax: Syntax,
    ) -> Option<String> {
        let mut reading = Reading::default();
        reading.add(path, found, syntax);
        match self {
            Self::Account { .. } if syntax == Syntax::Hledger => None,
            Self::Account { account, remote } => match reading.accounts.get(remote) {
                Some(open) => account_difference(account, open),
                None => Some(format!("`{path}` names {remote} but does not open it")),
            },
            Self::Document { key, .. } => match reading.documents.get(key) {
                Some(entry) => self.difference_in_entry(entry),
                None => Some(format!("`{path}` names {key} but holds no entry of it")),
            },
        }
    }

    /// The total of a document by what stands in an entry; none where that does not tell.
    fn total_of(&self, entry: &ReadEntry) -> Option<Money> {
        let Self::Document { document, postings, .. } = self else { return None };
        let found = entry.postings.as_ref()?;
        let currency = document.header().currency;
        let weights = || found.iter().map(|(_, held)| held.weight());
        let debits = || weights().filter(|it| it.is_positive());
        match document.header().kind {
            DocumentKind::Payment
            | DocumentKind::BillPayment
            | DocumentKind::Transfer
            | DocumentKind::JournalEntry => Money::sum(currency, debits()).ok(),
            _ => {
                let lines = || postings.iter().map(|(name, _)| name).zip(document.lines());
                let moves = |line: &Line| line.kind.settles();
                let is_moved =
                    |name: &String| lines().any(|(known, line)| known == name && moves(line));
                // An account that stands for both cannot be parted.
                if lines().any(|(name, line)| is_moved(name) && !moves(line)) {
                    return None;
                }
                let moved = found.iter().filter(|(name, _)| is_moved(name));
                Money::sum(currency, moved.map(|(_, held)| held.weight())).map(Money::abs).ok()
            }
        }
    }

    /// What differs in an entry, if anything of weight does.
    fn difference_in_entry(&self, entry: &ReadEntry) -> Option<String> {
        match self {
            Self::Account { .. } => None,
            Self::Document { document, postings, .. } => {
                entry_difference(document.header().date, postings, entry)
            }
        }
    }
}

/// What is said where something else stands in its place.
pub(super) fn different(remote: RemoteId, difference: String) -> Outcome {
    Outcome::FoundDifferent { acknowledgement: Acknowledgement::of(remote), difference }
}

/// What is said of customers, vendors and items: the files have none.
pub(super) fn no_such_thing() -> Outcome {
    Outcome::Refused(Refusal {
        kind: RefusalKind::Other,
        code: "no-such-thing".to_owned(),
        message: "plain-text ledgers have accounts only: no items, customers or vendors".to_owned(),
        hint: "nothing needs to be done: documents of this book refer to none".to_owned(),
    })
}

/// Whether something that documents refer to is there.
pub(super) fn look_up_need(need: &Need, reading: &Reading, context: &BookContext) -> Outcome {
    let (Need::Account(account) | Need::ForeignAccount { account, .. }) = need else {
        return Outcome::Absent;
    };
    let made = || RemoteId::from(account::remote_name(&account.name, account.kind));
    let remote = context.bindings.need(need).cloned().unwrap_or_else(made);
    match reading.accounts.get(remote.as_str()) {
        None => Outcome::Absent,
        Some(open) => match account_difference(account, open) {
            Some(difference) => different(remote, difference),
            None => Outcome::Found(Acknowledgement::of(remote)),
        },
    }
}

/// Whether a document is there: in both syntaxes, since the same merge must go into both.
pub(super) fn look_up_document(
    key: DocumentKey,
    document: &Document,
    readings: [&Reading; 2],
    context: &BookContext,
) -> Result<Outcome, Fault> {
    let month = month(document.header().date);
    let [Some(entry), Some(other)] = readings.map(|reading| reading.entry_of(key, &month)) else {
        return Ok(Outcome::Absent);
    };
    let expected = Expected::document(key, document, context)?;
    for found in [entry, other] {
        if let Some(difference) = expected.difference_in_entry(found) {
            let total = expected.total_of(found);
            let acknowledgement = Acknowledgement { total, ..Acknowledgement::of(found.remote()) };
            return Ok(Outcome::FoundDifferent { acknowledgement, difference });
        }
    }
    Ok(Outcome::Found(expected.acknowledgement(entry.remote())))
}

/// Whether a document that is to be amended, from the first to the second, stands in both syntaxes
/// as the one or the other, as far as weight goes. Which of them its words are is for the merge to
/// see, which amends nothing else.
pub(super) fn look_up_amended(
    key: DocumentKey,
    (before, document): (&Document, &Document),
    readings: [&Reading; 2],
    context: &BookContext,
) -> Result<Outcome, Fault> {
    let month = month(document.header().date);
    let (stood, stands) =
        (Expected::document(key, before, context)?, Expected::document(key, document, context)?);
    for reading in readings {
        let Some(entry) = reading.entry_of(key, &month) else { return Ok(Outcome::Absent) };
        if let (Some(difference), Some(_)) =
            (stood.difference_in_entry(entry), stands.difference_in_entry(entry))
        {
            return Ok(different(entry.remote(), difference));
        }
    }
    let [entry, _] = readings.map(|reading| reading.entry_of(key, &month));
    let remote = entry.map_or_else(|| RemoteId::from(String::new()), ReadEntry::remote);
    Ok(Outcome::AsBefore(stood.acknowledgement(remote)))
}

/// Whether a document is there, and no draft any longer, in both syntaxes.
pub(super) fn look_up_confirmed(
    key: DocumentKey,
    document: &Document,
    readings: [&Reading; 2],
    context: &BookContext,
) -> Result<Outcome, Fault> {
    let month = month(document.header().date);
    let is_pending =
        |reading: &Reading| reading.entry_of(key, &month).is_none_or(|entry| entry.is_pending);
    match readings.into_iter().any(is_pending) {
        true => Ok(Outcome::Absent),
        false => look_up_document(key, document, readings, context),
    }
}

/// What the list shows of a document in a file: its first entry in each syntax.
type InFile<'a> = BTreeMap<(&'a str, DocumentKey), &'a ReadEntry>;

/// The documents that are listed on some days: those that stand in both syntaxes in files of one
/// name, with a version where they stand alike. What else names a document is named by file and
/// line: a copy, or an entry without its twin in the other syntax.
pub(super) fn documents(readings: [&Reading; 2], from: Date, until: Date) -> DocumentPage {
    let mut firsts: [InFile<'_>; 2] = [InFile::new(), InFile::new()];
    let mut others: Vec<&ReadEntry> = Vec::new();
    for (reading, firsts) in readings.into_iter().zip(&mut firsts) {
        let listed = |entry: &&ReadEntry| (from..=until).contains(&entry.listed_on());
        for entry in reading.of_documents().filter(listed) {
            let Some(key) = entry.key else { continue };
            match firsts.entry((entry.stem(), key)) {
                Entry::Vacant(place) => drop(place.insert(entry)),
                Entry::Occupied(_) => others.push(entry),
            }
        }
    }
    let [firsts, mut twins] = firsts;
    let mut documents = Vec::new();
    for (place, entry) in firsts {
        match twins.remove(&place) {
            Some(twin) => {
                let version =
                    entry.version().filter(|version| twin.version() == Some(version.clone()));
                documents.push(held(entry, entry.remote(), version));
            }
            None => others.push(entry),
        }
    }
    others.extend(twins.into_values());
    others.sort_by_key(|entry| (&entry.path, entry.line));
    documents.extend(others.into_iter().map(|entry| {
        let place = RemoteId::from(format!("{}:{}", entry.path, entry.line));
        held(entry, place, None)
    }));
    DocumentPage { documents, ..DocumentPage::default() }
}

fn held(entry: &ReadEntry, remote: RemoteId, version: Option<String>) -> HeldDocument {
    HeldDocument { remote, number: entry.key.as_ref().map(DocumentKey::to_string), version }
}

/// The chart: the accounts that are opened.
pub(super) fn chart(reading: &Reading) -> ChartPage {
    let entry = |(remote, open): (&String, &OpenAccount)| ChartEntry {
        remote: RemoteId::new(remote),
        kind: ChartKind::Account {
            kind: open.kind.or_else(|| account::kind_by_root(remote)),
            currency: open.currency,
            collects_tax: false,
        },
        name: open.name.clone().unwrap_or_else(|| remote.clone()),
        active: !open.closed,
    };
    let entries = reading.accounts.iter().map(entry).collect();
    ChartPage { entries, settings: None, next: None }
}

/// What stands otherwise with an account.
fn account_difference(account: &Account, open: &OpenAccount) -> Option<String> {
    match open.kind {
        _ if open.closed => Some("the account is closed".to_owned()),
        Some(kind) if kind != account.kind => {
            Some(format!("the account is {kind:?}, and should be {:?}", account.kind))
        }
        Some(_) | None => None,
    }
}

/// What stands otherwise with an entry: day, accounts, amounts or dimensions.
fn entry_difference(date: Date, expected: &[(String, Held)], found: &ReadEntry) -> Option<String> {
    let place = format!("`{}`", found.path);
    if found.date != date {
        return Some(format!("{place}: dated {}, and should be {date}", found.date));
    }
    let Some(postings) = &found.postings else {
        return Some(format!("{place}: the amounts cannot be read"));
    };
    let missing = without(expected, postings);
    let surplus = without(postings, expected);
    let words = |postings: &[(String, Held)]| match postings {
        [] => "nothing".to_owned(),
        _ => postings
            .iter()
            .map(|(name, amount)| format!("{name} {amount}"))
            .collect::<Vec<_>>()
            .join(", "),
    };
    (!missing.is_empty() || !surplus.is_empty())
        .then(|| format!("{place}: {} stands where {} should", words(&surplus), words(&missing)))
}

/// The postings of one list that the other has not, each counted as often as it stands there.
fn without(list: &[(String, Held)], other: &[(String, Held)]) -> Vec<(String, Held)> {
    let mut left: BTreeMap<&(String, Held), usize> = BTreeMap::new();
    for posting in other {
        *left.entry(posting).or_default() += 1;
    }
    let mut missing = list.to_vec();
    missing.retain(|posting| match left.get_mut(posting) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        Some(_) | None => true,
    });
    missing
}
