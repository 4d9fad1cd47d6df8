//! Tables: comma-separated values under a header, read by the names in it.

use super::lines::Lines;
use super::{orders_table, payments_table, payouts_table};
use jiff::Timestamp;
use saldo_core::channel::{ImportContext, Imported};
use saldo_core::money::{Currency, Money};
use std::collections::BTreeMap;

/// How many columns a message names of a table that is not known.
const COLUMNS_NAMED: usize = 6;

/// Where each column stands. Columns come and go with shop, country and plan.
pub(super) struct Columns {
    places: BTreeMap<String, usize>,
    count: usize,
    twice: Option<String>,
}

impl Columns {
    fn of(header: &str) -> Result<Self, String> {
        let names = fields(header)?;
        let mut places = BTreeMap::new();
        let mut twice = None;
        for (place, name) in names.iter().enumerate() {
            let name = name.trim().to_owned();
            if places.insert(name.clone(), place).is_some() && !name.is_empty() {
                twice.get_or_insert(name);
            }
        }
        Ok(Self { places, count: names.len(), twice })
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// A name that stands above two columns, so that nobody knows which is meant.
    fn twice(&self) -> Option<&str> {
        self.twice.as_deref()
    }

    fn require(&self, names: &[&str]) -> Result<(), String> {
        match names.iter().find(|name| !self.has(name)) {
            Some(name) => Err(format!("line 1: the column `{name}` is missing")),
            None => Ok(()),
        }
    }
}

/// A row, read by the names of its columns.
pub(super) struct Row<'a> {
    columns: &'a Columns,
    fields: csv::StringRecord,
}

impl<'a> Row<'a> {
    pub(super) fn of(columns: &'a Columns, text: &str) -> Result<Self, String> {
        let fields = fields(text)?;
        if fields.len() != columns.count {
            let (found, wanted) = (fields.len(), columns.count);
            return Err(format!("it has {found} fields, but the table has {wanted} columns"));
        }
        Ok(Self { columns, fields })
    }

    /// What stands in a column; nothing where there is no such column.
    pub(super) fn get(&self, name: &str) -> &str {
        let place = self.columns.places.get(name);
        place.and_then(|place| self.fields.get(*place)).unwrap_or_default().trim()
    }

    /// What stands in a column, where something does.
    pub(super) fn filled(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|text| !text.is_empty())
    }

    pub(super) fn needed(&self, name: &str) -> Result<&str, String> {
        self.filled(name).ok_or_else(|| format!("`{name}` is empty"))
    }

    pub(super) fn currency(&self) -> Result<Currency, String> {
        Currency::parse(self.needed("Currency")?).map_err(|error| format!("`Currency`: {error}"))
    }

    /// An amount; nothing counts as zero.
    pub(super) fn money(&self, name: &str, currency: Currency) -> Result<Money, String> {
        match self.filled(name) {
            None => Ok(Money::zero(currency)),
            Some(text) => {
                Money::parse(text, currency).map_err(|error| format!("`{name}`: {error}"))
            }
        }
    }

    /// An instant, which the exports write with its offset: `2026-08-30 16:59:53 +0400`.
    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, String> {
        let Some(text) = self.filled(name) else { return Ok(None) };
        let read = Timestamp::strptime("%Y-%m-%d %H:%M:%S %z", text);
        let read = read.ok().or_else(|| text.parse().ok());
        read.map(Some).ok_or_else(|| format!("`{name}`: `{text}` is not a time with its offset"))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.fields.iter().all(|field| field.trim().is_empty())
    }
}

/// A header and the rows below it.
pub(super) struct Table {
    pub(super) header: String,
    pub(super) columns: Columns,
}

impl Table {
    /// The header and rows of a record.
    pub(super) fn of_record(text: &str) -> Result<(Columns, Vec<String>), String> {
        let mut bytes = text.as_bytes();
        let mut lines = Lines::new(&mut bytes);
        let header = lines.next_row()?.ok_or("it is empty")?;
        let columns = Columns::of(&header)?;
        let mut rows = Vec::new();
        while let Some(row) = lines.next_row()? {
            rows.push(row);
        }
        Ok((columns, rows))
    }

    /// A record of these rows: verbatim, below the header.
    pub(super) fn piece(&self, rows: &str) -> String {
        format!("{}\n{rows}", self.header.trim_end_matches(['\r', '\n']))
    }
}

fn fields(text: &str) -> Result<csv::StringRecord, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(1 << 10)
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    reader.read_record(&mut record).map_err(|error| error.to_string())?;
    Ok(record)
}

/// Takes a table, whichever it is.
pub(super) fn import(
    first: String,
    lines: &mut Lines<'_>,
    context: &ImportContext,
    take: &mut dyn FnMut(Imported),
) -> Result<String, String> {
    let columns = Columns::of(&first)?;
    let has = |names: &[&str]| names.iter().all(|name| columns.has(name));
    let known: [(&[&str], &[&str], Take); 3] = [
        (&["Lineitem price"], &orders_table::COLUMNS, orders_table::import),
        (&["Transaction Date", "Type"], &payments_table::COLUMNS, payments_table::import),
        (&["Payout Date", "Total"], &payouts_table::COLUMNS, payouts_table::import),
    ];
    let Some((_, required, import)) = known.into_iter().find(|(marks, ..)| has(marks)) else {
        return Err(unknown(&first));
    };
    columns.require(required)?;
    if let Some(name) = columns.twice() {
        return Err(format!("line 1: the column `{name}` stands there twice"));
    }
    import(&Table { header: first, columns }, lines, context, take)
}

type Take =
    fn(&Table, &mut Lines<'_>, &ImportContext, &mut dyn FnMut(Imported)) -> Result<String, String>;

fn unknown(first: &str) -> String {
    let names = fields(first).unwrap_or_default();
    if names.len() < 2 {
        return "it is neither a table nor JSON: Saldo reads the exports of orders and of payments \
                transactions, downloads of bulk operations, and payloads of orders, payouts and \
                disputes"
            .to_owned();
    }
    let named: Vec<&str> = names.iter().take(COLUMNS_NAMED).map(str::trim).collect();
    format!(
        "it is a table, but none that Saldo knows: its columns begin with {}; Saldo reads the \
         exports of orders and of payments transactions",
        named.join(", ")
    )
}
