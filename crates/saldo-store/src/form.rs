//! The form that entries have in the row of their group: bytes that hold values and no names.
//!
//! It begins with its number, and goes on with each slot and the list of its entries, whose length
//! is told, so that one list is read without the others. Rows of these types mirror those of the
//! core, and say all that they say: a field that is added there does not compile until it is added
//! here. Then the form gets another number, unless it is another case at an end, so that all that
//! was written before is read as it was. Entries in an older form are worked out anew by
//! rebuilding.
//!
//! Lines of one entry say much that the line before them said, and twice what they sell or tax.
//! That is written once.

mod kind;

use self::kind::KindRow;
use crate::StoreError;
use jiff::civil::Date;
use saldo_core::commerce::ShipTo;
use saldo_core::document::{DocumentKind, Header, Line, Party, SubledgerEntry};
use saldo_core::ledger::{Account, AccountKind, Dimensions};
use saldo_core::money::{Currency, Money};
use saldo_core::text::FactId;
use serde::ser::{Error, SerializeSeq, Serializer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// The number of this form.
const NUMBER: u8 = 5;
/// How long the entries of most groups are.
const BYTES: usize = 2048;
/// What cannot be read, where that is so.
const WHAT: &str = "sub-ledger";

/// An entry, with lines that are yet to be written, or were read.
#[derive(Serialize, Deserialize)]
struct EntryRow<'a, Lines> {
    id: &'a str,
    kind: DocumentKind,
    date: (i16, i8, i8),
    currency: &'a str,
    party: Option<PartyRow<'a>>,
    applies_to: Option<&'a str>,
    due: Option<(i16, i8, i8)>,
    ships_to: Option<PlaceRow<'a>>,
    reference: &'a str,
    memo: &'a str,
    settles: Option<&'a str>,
    lines: Lines,
}

/// The lines of an entry, each made into its row when it is written.
struct LinesOf<'a> {
    lines: &'a [Line],
    currency: Currency,
}

impl Serialize for LinesOf<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rows = serializer.serialize_seq(Some(self.lines.len()))?;
        let mut before = None;
        for line in self.lines {
            let row = LineRow::of(line, before, self.currency);
            rows.serialize_element(&row.map_err(S::Error::custom)?)?;
            before = Some(line);
        }
        rows.end()
    }
}

#[derive(Serialize, Deserialize)]
enum PartyRow<'a> {
    Customer { key: &'a str, name: &'a str },
    Vendor { name: &'a str },
}

/// Country, region and postal code.
type PlaceRow<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

#[derive(Serialize, Deserialize)]
struct LineRow<'a> {
    #[serde(borrow)]
    kind: KindRow<'a>,
    #[serde(borrow)]
    spot: SpotRow<'a>,
    /// In the currency of the entry.
    minor: i64,
    /// In the currency that the account is kept in, where that is another one.
    foreign: Option<(String, i64)>,
    quantity: Option<i64>,
    /// None where it is the title of what is sold or taxed.
    text: Option<&'a str>,
    /// None where it is that of the line before.
    origin: Option<&'a str>,
}

/// Where a line is entered. Dimensions are written where there are any, and cost nothing elsewhere.
#[derive(Serialize, Deserialize)]
enum SpotRow<'a> {
    /// Where the line before is.
    Same,
    On(&'a str, AccountKind),
    In(&'a str, AccountKind, #[serde(borrow)] Vec<(&'a str, &'a str)>),
}

/// The entries of a group in their form, and where the list of each slot stands in it.
#[derive(Debug)]
pub(crate) struct Written<'a> {
    pub(crate) bytes: Vec<u8>,
    pub(crate) lists: BTreeMap<&'a str, List>,
}

/// The entries of one slot.
#[derive(Debug)]
pub(crate) struct List {
    /// How many there are.
    pub(crate) entries: usize,
    /// Where they stand.
    pub(crate) place: Range<usize>,
}

/// Writes the entries of a group: by slot, and in each slot by id.
pub(crate) fn write(entries: &[SubledgerEntry]) -> Result<Written<'_>, StoreError> {
    let mut by_slot: BTreeMap<&str, Vec<&SubledgerEntry>> = BTreeMap::new();
    for entry in entries {
        by_slot.entry(&entry.header.slot).or_default().push(entry);
    }
    let (mut bytes, mut lists) = (Vec::with_capacity(BYTES), BTreeMap::new());
    let mut list = Vec::with_capacity(BYTES);
    bytes.push(NUMBER);
    for (slot, mut entries) in by_slot {
        entries.sort_by(|one, other| one.id.cmp(&other.id));
        let rows: Vec<_> = entries.iter().map(|entry| EntryRow::of(entry)).collect();
        list.clear();
        list = postcard::to_extend(&rows, list).map_err(unwritable)?;
        bytes = postcard::to_extend(&(slot, list.len()), bytes).map_err(unwritable)?;
        let from = bytes.len();
        bytes.extend_from_slice(&list);
        lists.insert(slot, List { entries: entries.len(), place: from..bytes.len() });
    }
    Ok(Written { bytes, lists })
}

/// The list of each slot that was written, to be read by [`list`].
pub(crate) fn lists(bytes: &[u8]) -> Result<BTreeMap<&str, &[u8]>, StoreError> {
    let mut rest = match bytes.split_first() {
        Some((&NUMBER, rest)) => rest,
        Some((other, _)) => return Err(unreadable(format!("it has the form {other}"))),
        None => return Err(unreadable("it is empty")),
    };
    let mut lists = BTreeMap::new();
    while !rest.is_empty() {
        let ((slot, length), after): ((&str, usize), _) =
            postcard::take_from_bytes(rest).map_err(unreadable)?;
        let (list, after) =
            after.split_at_checked(length).ok_or_else(|| unreadable("it is cut off"))?;
        lists.insert(slot, list);
        rest = after;
    }
    Ok(lists)
}

/// The entries of one slot.
pub(crate) fn list(slot: &str, bytes: &[u8]) -> Result<Vec<SubledgerEntry>, StoreError> {
    let rows: Vec<EntryRow<'_, Vec<LineRow<'_>>>> =
        postcard::from_bytes(bytes).map_err(unreadable)?;
    rows.into_iter().map(|row| row.entry(slot)).collect()
}

fn unwritable(error: postcard::Error) -> StoreError {
    StoreError::Unwritable(error.to_string())
}

fn unreadable(reason: impl ToString) -> StoreError {
    StoreError::unreadable(WHAT, reason)
}

/// A day as its year, month and day.
fn day(date: Date) -> (i16, i8, i8) {
    (date.year(), date.month(), date.day())
}

fn place_row(place: &ShipTo) -> PlaceRow<'_> {
    let ShipTo { country, region, postal_code } = place;
    (country, region.as_deref(), postal_code.as_deref())
}

fn place((country, region, postal_code): PlaceRow<'_>) -> ShipTo {
    let (region, postal_code) = (region.map(str::to_owned), postal_code.map(str::to_owned));
    ShipTo { country: country.to_owned(), region, postal_code }
}

fn date((year, month, day): (i16, i8, i8)) -> Result<Date, StoreError> {
    Date::new(year, month, day).map_err(unreadable)
}

impl<'a> EntryRow<'a, LinesOf<'a>> {
    fn of(entry: &'a SubledgerEntry) -> Self {
        let SubledgerEntry { id, header, lines, settles } = entry;
        let Header {
            slot: _,
            kind,
            date,
            currency,
            party,
            applies_to,
            due,
            ships_to,
            reference,
            memo,
        } = header;
        Self {
            id: id.as_str(),
            kind: *kind,
            date: day(*date),
            currency: currency.code(),
            party: party.as_ref().map(PartyRow::of),
            applies_to: applies_to.as_deref(),
            due: due.map(day),
            ships_to: ships_to.as_ref().map(place_row),
            reference,
            memo,
            settles: settles.as_ref().map(FactId::as_str),
            lines: LinesOf { lines, currency: *currency },
        }
    }
}

impl<'a> EntryRow<'a, Vec<LineRow<'a>>> {
    fn entry(self, slot: &str) -> Result<SubledgerEntry, StoreError> {
        let currency = Currency::parse(self.currency).map_err(unreadable)?;
        let header = Header {
            slot: slot.to_owned(),
            kind: self.kind,
            date: date(self.date)?,
            currency,
            party: self.party.map(PartyRow::party),
            applies_to: self.applies_to.map(str::to_owned),
            due: self.due.map(date).transpose()?,
            ships_to: self.ships_to.map(place),
            reference: self.reference.to_owned(),
            memo: self.memo.to_owned(),
        };
        let mut lines: Vec<Line> = Vec::with_capacity(self.lines.len());
        for row in self.lines {
            let line = row.line(lines.last(), currency)?;
            lines.push(line);
        }
        let entry =
            SubledgerEntry::new(FactId::from(self.id), header, lines).map_err(unreadable)?;
        Ok(SubledgerEntry { settles: self.settles.map(FactId::from), ..entry })
    }
}

impl<'a> PartyRow<'a> {
    fn of(party: &'a Party) -> Self {
        match party {
            Party::Customer { key, name } => Self::Customer { key, name },
            Party::Vendor { name } => Self::Vendor { name },
        }
    }

    fn party(self) -> Party {
        match self {
            Self::Customer { key, name } => {
                Party::Customer { key: key.to_owned(), name: name.to_owned() }
            }
            Self::Vendor { name } => Party::Vendor { name: name.to_owned() },
        }
    }
}

impl<'a> LineRow<'a> {
    fn of(line: &'a Line, before: Option<&Line>, currency: Currency) -> Result<Self, String> {
        let Line { kind, account, dimensions, amount, foreign, quantity, taxes, text, origin } =
            line;
        let same_origin = before.is_some_and(|before| before.origin == *origin);
        let kind = KindRow::of(kind, taxes)?;
        if amount.currency() != currency {
            return Err(format!("an entry in {currency} has a line of {amount}"));
        }
        Ok(Self {
            spot: SpotRow::of(account, dimensions, before),
            minor: amount.minor(),
            foreign: foreign.map(|held| (held.currency().code().to_owned(), held.minor())),
            quantity: *quantity,
            text: (kind.title() != Some(text)).then_some(text),
            origin: (!same_origin).then_some(origin),
            kind,
        })
    }

    fn line(self, before: Option<&Line>, currency: Currency) -> Result<Line, StoreError> {
        let held = |(currency, minor): (String, i64)| {
            let currency = Currency::parse(&currency).map_err(unreadable)?;
            Ok::<_, StoreError>(Money::from_minor(minor, currency))
        };
        let foreign = self.foreign.map(held);
        let (account, dimensions) = self.spot.spot(before)?;
        let origin = self.origin.or(before.map(|before| before.origin.as_str()));
        let text = self.text.or(self.kind.title());
        let (kind, taxes) = self.kind.kind()?;
        Ok(Line {
            account,
            dimensions,
            amount: Money::from_minor(self.minor, currency),
            foreign: foreign.transpose()?,
            quantity: self.quantity,
            text: text.ok_or_else(|| unreadable("a line has no text"))?.to_owned(),
            origin: origin.ok_or_else(|| unreadable("its first line has no origin"))?.to_owned(),
            kind,
            taxes,
        })
    }
}

impl<'a> SpotRow<'a> {
    fn of(account: &'a Account, dimensions: &'a Dimensions, before: Option<&Line>) -> Self {
        let same = |before: &Line| before.account == *account && before.dimensions == *dimensions;
        let Account { name, kind } = account;
        match (before.is_some_and(same), dimensions.is_empty()) {
            (true, _) => Self::Same,
            (false, true) => Self::On(name, *kind),
            (false, false) => Self::In(name, *kind, dimensions.iter().collect()),
        }
    }

    fn spot(self, before: Option<&Line>) -> Result<(Account, Dimensions), StoreError> {
        match (self, before) {
            (Self::On(name, kind), _) => Ok((Account::new(name, kind), Dimensions::default())),
            (Self::In(name, kind, dimensions), _) => {
                Ok((Account::new(name, kind), dimensions.into_iter().collect()))
            }
            (Self::Same, Some(before)) => Ok((before.account.clone(), before.dimensions.clone())),
            (Self::Same, None) => Err(unreadable("its first line has no account")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use saldo_core::book::TaxRate;
    use saldo_core::commerce::Product;
    use saldo_core::document::{KeptItem, LineKind};

    fn line(kind: LineKind, account_kind: AccountKind, minor: i64) -> Line {
        let usd = Currency::parse("USD").unwrap();
        Line {
            kind,
            account: Account::new("A", account_kind),
            dimensions: Dimensions::default(),
            amount: Money::from_minor(minor, usd),
            foreign: (minor > 0).then(|| Money::from_minor(minor, Currency::parse("EUR").unwrap())),
            quantity: (minor > 0).then_some(minor),
            taxes: Vec::new(),
            text: "t".to_owned(),
            origin: "o".to_owned(),
        }
    }

    /// One entry a party, with a line of each kind.
    fn entries() -> Vec<SubledgerEntry> {
        let product = Product { id: Some("v".into()), sku: None, title: "Mug".into() };
        let rate = Some("8.250".parse().unwrap());
        let mut lines = vec![
            line(LineKind::Settlement, AccountKind::Clearing, 300),
            line(LineKind::Receivable, AccountKind::Receivable, -60),
            line(LineKind::Payable, AccountKind::Payable, -40),
            line(LineKind::Tax { title: "VAT".into(), rate }, AccountKind::TaxLiability, -90),
            line(LineKind::Tax { title: "GST".into(), rate: None }, AccountKind::TaxLiability, -10),
            line(LineKind::Product { product, taxed: true, kept: None }, AccountKind::Income, -99),
            line(LineKind::Other { taxed: false }, AccountKind::Expense, -1),
        ];
        lines[5].text = "Mug".to_owned();
        lines[6].origin = "p".to_owned();
        let buyer = Party::Customer { key: "k".into(), name: "n".into() };
        let parties = [None, Some(buyer), Some(Party::Vendor { name: "Mill".into() })];
        let entry = |(number, party): (usize, Option<Party>)| {
            let header = Header {
                slot: format!("slot {}", number / 2),
                kind: DocumentKind::SalesReceipt,
                date: Date::constant(2026, 11, 22),
                currency: Currency::parse("USD").unwrap(),
                applies_to: party.as_ref().map(|_| "invoice".to_owned()),
                due: party.as_ref().map(|_| Date::constant(2026, 12, 22)),
                ships_to: (number == 1).then(|| ShipTo {
                    country: "US".to_owned(),
                    region: Some("NY".to_owned()),
                    postal_code: None,
                }),
                party,
                reference: "#1".to_owned(),
                memo: "m".to_owned(),
            };
            let settles = header.party.as_ref().map(|_| FactId::from("c"));
            let id = FactId::from(format!("e{number}"));
            let entry = SubledgerEntry::new(id, header, lines.clone()).unwrap();
            SubledgerEntry { settles, ..entry }
        };
        parties.into_iter().enumerate().map(entry).collect()
    }

    #[test]
    fn what_is_written_is_read() {
        let entries = entries();
        let backwards: Vec<SubledgerEntry> = entries.iter().rev().cloned().collect();
        let written = write(&backwards).unwrap();
        assert_eq!(written.lists["slot 0"].entries, 2);
        let lists = lists(&written.bytes).unwrap();
        assert_eq!(lists["slot 1"], &written.bytes[written.lists["slot 1"].place.clone()]);
        let read = lists.iter().map(|(slot, bytes)| list(slot, bytes).unwrap());
        assert_eq!(read.flatten().collect::<Vec<_>>(), entries);
        assert!(super::lists(&write(&[]).unwrap().bytes).unwrap().is_empty());
    }

    #[test]
    fn dimensions_are_written_where_they_are() {
        let mut one = entries().swap_remove(0);
        let without = write(std::slice::from_ref(&one)).unwrap().bytes.len();
        let of = |value: &str| [("class", value), ("location", "Aarhus")].into_iter().collect();
        one.lines[5].dimensions = of("Retail");
        one.lines[6].account = one.lines[5].account.clone();
        one.lines[6].dimensions = of("Retail");
        let bytes = write(std::slice::from_ref(&one)).unwrap().bytes;
        // The names and values once, each with its length, and how many they are; and the account
        // of the last line no more.
        let named = "class".len() + "Retail".len() + "location".len() + "Aarhus".len();
        assert_eq!(bytes.len(), without + named + 4 + 1 - 3);
        let read = |bytes: &[u8]| list("slot 0", lists(bytes).unwrap()["slot 0"]).unwrap();
        assert_eq!(read(&bytes), [one.clone()]);
        one.lines[6].dimensions = of("Outlet");
        assert_eq!(read(&write(std::slice::from_ref(&one)).unwrap().bytes), [one]);
    }

    #[test]
    fn the_taxes_of_lines_are_written_where_they_are_said() {
        let mut one = entries().swap_remove(0);
        let rate = |title: &str, rate: Option<&str>| TaxRate {
            title: title.to_owned(),
            rate: rate.map(|rate| rate.parse().unwrap()),
        };
        one.lines[5].taxes = vec![rate("City", None), rate("VAT", Some("8.250"))];
        one.lines[6].taxes = vec![rate("VAT", Some("5"))];
        let unearned = |taxed, taxes| Line {
            taxes,
            ..line(LineKind::Unearned { taxed }, AccountKind::OtherCurrentLiability, -1)
        };
        one.lines.push(unearned(true, vec![rate("VAT", Some("5"))]));
        one.lines
            .push(Line { amount: one.lines[7].amount.negated(), ..unearned(false, Vec::new()) });
        let bytes = write(std::slice::from_ref(&one)).unwrap().bytes;
        let read = list("slot 0", lists(&bytes).unwrap()["slot 0"]).unwrap();
        assert_eq!(read, [one.clone()]);
        one.lines[0].taxes = vec![rate("VAT", Some("5"))];
        assert!(write(&[one]).is_err(), "money bears no tax");
    }

    #[test]
    fn units_that_are_kept_or_ordered_are_written_with_what_they_are_of() {
        let mut one = entries().swap_remove(0);
        let product =
            || Product { id: Some("v".into()), sku: Some("MUG".into()), title: "Mug".into() };
        let account = |name: &str, kind| Account::new(name, kind);
        let kept = Box::new(KeptItem {
            key: "sku:MUG".into(),
            income: account("Sales", AccountKind::Income),
            stock: account("Inventory", AccountKind::OtherCurrentAsset),
            cost: account("Cost", AccountKind::CostOfGoods),
            since: Date::constant(2026, 1, 1),
        });
        let vat = TaxRate { title: "VAT".into(), rate: Some("5".parse().unwrap()) };
        let taxed = LineKind::Product { product: product(), taxed: true, kept: Some(kept.clone()) };
        let cost = Some(Money::from_minor(-800, Currency::parse("USD").unwrap()));
        let of_kept = Some(kept.clone());
        one.lines = vec![
            Line { taxes: vec![vat], ..line(taxed, AccountKind::Income, -10) },
            line(
                LineKind::Stocked { product: product(), kept },
                AccountKind::OtherCurrentAsset,
                10,
            ),
            line(
                LineKind::Ordered { product: product(), cost, kept: of_kept },
                AccountKind::Bank,
                0,
            ),
            line(
                LineKind::Ordered { product: product(), cost: None, kept: None },
                AccountKind::Bank,
                0,
            ),
        ];
        one.lines[2].quantity = Some(-3);
        let bytes = write(std::slice::from_ref(&one)).unwrap().bytes;
        assert_eq!(list("slot 0", lists(&bytes).unwrap()["slot 0"]).unwrap(), [one]);
    }

    #[test]
    fn the_form_stays_while_its_number_does() {
        let bytes = write(&entries()[1..2]).unwrap().bytes;
        let parts: Vec<String> =
            bytes.chunks(22).map(|part| part.escape_ascii().to_string()).collect();
        insta::assert_snapshot!(parts.join("\n"), @r"
        \x05\x06slot 0\xb5\x01\x01\x02e1\x00\xd4\x1f\x0b\x16\x03US
        D\x01\x00\x01k\x01n\x01\x07invoice\x01\xd4\x1f\x0c\x16\x01
        \x02US\x01\x02NY\x00\x02#1\x01m\x01\x01c\x07\x00\x01\x01A\x01
        \xd8\x04\x01\x03EUR\xd8\x04\x01\xd8\x04\x01\x01t\x01\x01o\x01\x01\x01A
        \x03w\x00\x00\x01\x01t\x00\x02\x01\x01A\x04O\x00\x00\x01\x01t\x00\x03\x03
        VAT\x01\x00\x00\x03\x00: \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x01
        A\x07\xb3\x01\x00\x00\x01\x01t\x00\x03\x03GST\x00\x00\x13\x00\x00\x01\x01
        t\x00\x04\x01\x01v\x00\x03Mug\x01\x01\x01A\t\xc5\x01\x00\x00\x00\x00
        \x05\x00\x01\x01A\r\x01\x00\x00\x01\x01t\x01\x01p
        ");
        let kinds = [DocumentKind::SalesReceipt, DocumentKind::JournalEntry];
        assert_eq!(postcard::to_allocvec(&kinds).unwrap(), [0, 10]);
        let kinds = [AccountKind::Bank, AccountKind::Expense];
        assert_eq!(postcard::to_allocvec(&kinds).unwrap(), [0, 13]);
    }

    #[test]
    fn what_is_damaged_is_unreadable() {
        let whole = write(&entries()).unwrap().bytes;
        for length in 0..whole.len() {
            let read = lists(&whole[..length]).and_then(|lists| {
                let entries = lists.iter().map(|(slot, bytes)| list(slot, bytes));
                entries.collect::<Result<Vec<_>, _>>()
            });
            assert!(read.is_err() || read.unwrap().concat().len() < 3, "{length}");
        }
        let other = lists(&[9]).unwrap_err();
        assert!(other.to_string().contains("it has the form 9"), "{other}");
    }

    #[test]
    fn a_line_in_another_currency_is_not_written() {
        let mut entry = entries().remove(0);
        entry.lines[0].amount = Money::from_minor(1, Currency::parse("EUR").unwrap());
        assert!(matches!(write(&[entry]), Err(StoreError::Unwritable(_))));
    }
}
