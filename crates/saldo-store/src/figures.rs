//! Figures: what groups amount to by their facts and by their entries, kept so that a proof costs
//! what was accounted since the last one. A cache that is filled by whoever proves.

use crate::compression::Samples;
use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Store, StoreError, columns, form, state};
use jiff::civil::Date;
use saldo_core::document::SubledgerEntry;
use saldo_core::issue::FactState;
use saldo_core::money::{Currency, Money};
use saldo_core::proof::{Figure, Identity};
use saldo_core::text::{CompanyId, FactId, GroupId};
use std::collections::BTreeMap;

/// What figures are compressed as: those of a company are alike.
const SAMPLE_KIND: &str = "figures";
/// How much of them makes a sample: those of some groups.
const SAMPLE_BYTES: usize = 4096;
/// What cannot be read, where that is so.
const WHAT: &str = "figures";

/// A group that was accounted since its figures were worked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfiguredGroup {
    /// Which.
    pub group: GroupId,
    /// How often its records had changed when it was read: figures of it are kept under that.
    pub mark: i64,
    /// What accounting made of it.
    pub entries: Vec<SubledgerEntry>,
    /// Where its facts stand.
    pub states: Vec<(FactId, FactState)>,
}

/// What a group amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupFigures {
    /// Which.
    pub group: GroupId,
    /// The mark of [`UnfiguredGroup`] that it was read under.
    pub mark: i64,
    /// Its figures.
    pub figures: Vec<Figure>,
}

/// A group that moves what is owed by gift cards and store credit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredValueGroup {
    /// Which.
    pub group: GroupId,
    /// Where its facts stand.
    pub states: Vec<(FactId, FactState)>,
    /// Its figures.
    pub figures: Vec<Figure>,
}

/// A day's sums of figures, by identity, what it is about, day and currency.
type Sums = BTreeMap<(Identity, String, Date, Currency), Sum>;

/// Expected, found and awaited, in minor units, and how many facts.
type Sum = [i64; 4];

/// The key of a sum, and its parts.
type SumRow = (String, String, String, String, i64, i64, i64, i64);

impl Store {
    /// Groups that were accounted since their figures were worked out, and that have no news since,
    /// in no particular order.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn unfigured_groups(
        &self,
        company: &CompanyId,
        limit: usize,
    ) -> Result<Vec<UnfiguredGroup>, StoreError> {
        let rows: Vec<(String, i64, Vec<u8>, String)> = query(
            "select group_id, marked, entries, states from fact_group
             where company = $1 and figured = 0 and marked <= accounted and entries is not null
             limit $2",
        )
        .bind(company.as_str())
        .bind(columns::integer(limit)?)
        .fetch_all(&self.reader)
        .await?;
        let samples = Samples::load(&self.reader, company).await?;
        let unfigured = |(group, mark, entries, states): (String, i64, Vec<u8>, String)| {
            let bytes = samples.decompress("sub-ledger", &entries)?;
            let mut entries = Vec::new();
            for (slot, list) in form::lists(&bytes)? {
                entries.extend(form::list(slot, list)?);
            }
            let states = states_of(&states)?;
            Ok(UnfiguredGroup { group: GroupId::from(group), mark, entries, states })
        };
        rows.into_iter().map(unfigured).collect()
    }

    /// Keeps figures of groups in place of those before. Of a group that has news meanwhile they
    /// count all the same, and are worked out anew once it is accounted. One transaction.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn save_figures(
        &self,
        company: &CompanyId,
        groups: &[GroupFigures],
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        for groups in groups.chunks(ROWS_MAX) {
            save(&mut transaction, company, groups).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// The sums of all figures, by identity, what it is about, and day.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn figure_sums(&self, company: &CompanyId) -> Result<Vec<Figure>, StoreError> {
        let rows: Vec<SumRow> = query(
            "select identity, about, day, currency, expected, found, awaited, facts
             from figure_sum where company = $1
             and (expected <> 0 or found <> 0 or awaited <> 0 or facts <> 0)
             order by identity, about, day, currency",
        )
        .bind(company.as_str())
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().map(sum_of).collect()
    }

    /// The groups of which something differs, by name, with their figures.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn differing_groups(
        &self,
        company: &CompanyId,
        limit: usize,
    ) -> Result<Vec<(GroupId, Vec<Figure>)>, StoreError> {
        let rows: Vec<(String, Vec<u8>)> = query(
            "select group_id, figures from group_figures
             where company = $1 and differs = 1 order by group_id limit $2",
        )
        .bind(company.as_str())
        .bind(columns::integer(limit)?)
        .fetch_all(&self.reader)
        .await?;
        let samples = Samples::load(&self.reader, company).await?;
        let read = |(group, figures): (String, Vec<u8>)| {
            Ok((GroupId::from(group), read(&samples, &figures)?))
        };
        rows.into_iter().map(read).collect()
    }

    /// Groups after one of this name, by name, with their figures.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn figured_groups(
        &self,
        company: &CompanyId,
        after: Option<&GroupId>,
        limit: usize,
    ) -> Result<Vec<(GroupId, Vec<Figure>)>, StoreError> {
        let rows: Vec<(String, Vec<u8>)> = query(
            "select group_id, figures from group_figures
             where company = $1 and group_id > $2 order by group_id limit $3",
        )
        .bind(company.as_str())
        .bind(after.map_or("", GroupId::as_str))
        .bind(columns::integer(limit)?)
        .fetch_all(&self.reader)
        .await?;
        let samples = Samples::load(&self.reader, company).await?;
        let read = |(group, figures): (String, Vec<u8>)| {
            Ok((GroupId::from(group), read(&samples, &figures)?))
        };
        rows.into_iter().map(read).collect()
    }

    /// The groups that move what is owed by gift cards and store credit on a day or later, by name.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn stored_value_groups(
        &self,
        company: &CompanyId,
        since: Date,
    ) -> Result<Vec<StoredValueGroup>, StoreError> {
        let rows: Vec<(String, Vec<u8>, Option<String>)> = query(
            "select f.group_id, f.figures, g.states from group_figures f
             left join fact_group g on g.company = f.company and g.group_id = f.group_id
             where f.company = $1 and f.stored_on >= $2 order by f.group_id",
        )
        .bind(company.as_str())
        .bind(since.to_string())
        .fetch_all(&self.reader)
        .await?;
        let samples = Samples::load(&self.reader, company).await?;
        let read = |(group, figures, states): (String, Vec<u8>, Option<String>)| {
            let states = states.as_deref().map(states_of).transpose()?.unwrap_or_default();
            let figures = read(&samples, &figures)?;
            Ok(StoredValueGroup { group: GroupId::from(group), states, figures })
        };
        rows.into_iter().map(read).collect()
    }
}

/// Where facts of a group stand, from the column.
fn states_of(text: &str) -> Result<Vec<(FactId, FactState)>, StoreError> {
    let states = state::from_column(text)?;
    Ok(states.into_iter().map(|(fact, _, state)| (fact, state)).collect())
}

/// Forgets all figures of a company.
pub(crate) async fn clear(
    transaction: &mut Transaction,
    company: &CompanyId,
) -> Result<(), StoreError> {
    for text in [
        "delete from group_figures where company = $1",
        "delete from figure_sum where company = $1",
        "update fact_group set figured = 0 where company = $1 and figured = 1",
    ] {
        query(text).bind(company.as_str()).execute(&mut *transaction).await?;
    }
    Ok(())
}

fn sum_of(row: SumRow) -> Result<Figure, StoreError> {
    let (identity, about, day, currency, expected, found, awaited, facts) = row;
    let currency = Currency::parse(&currency)?;
    let money = |minor| Money::from_minor(minor, currency);
    Ok(Figure {
        identity: identity_of(identity)?,
        about,
        day: columns::parse("day of a figure", &day)?,
        expected: money(expected),
        found: money(found),
        awaited: money(awaited),
        facts: columns::count("count of facts", facts)?,
    })
}

fn identity_of(word: String) -> Result<Identity, StoreError> {
    serde_json::from_value(serde_json::Value::String(word))
        .map_err(|error| StoreError::unreadable("identity", error))
}

fn word_of(identity: Identity) -> Result<String, StoreError> {
    match serde_json::to_value(identity) {
        Ok(serde_json::Value::String(word)) => Ok(word),
        other => Err(StoreError::Unwritable(format!("{other:?} is no word"))),
    }
}

fn read(samples: &Samples, figures: &[u8]) -> Result<Vec<Figure>, StoreError> {
    columns::from_json(WHAT, &samples.decompress_text(WHAT, figures)?)
}

async fn save(
    transaction: &mut Transaction,
    company: &CompanyId,
    groups: &[GroupFigures],
) -> Result<(), StoreError> {
    let mut samples = Samples::load(&mut *transaction, company).await?;
    let before: Vec<Vec<u8>> = Statement::new("select figures from group_figures where company = ")
        .bind(company.as_str())
        .text(" and group_id in ")
        .list(groups.iter().map(|it| it.group.as_str()))
        .query()
        .fetch_all::<(Vec<u8>,)>(&mut *transaction)
        .await?
        .into_iter()
        .map(|(figures,)| figures)
        .collect();
    let mut sums = Sums::new();
    for figures in &before {
        add(&mut sums, &read(&samples, figures)?, -1)?;
    }
    let mut texts = Vec::with_capacity(groups.len());
    for group in groups {
        add(&mut sums, &group.figures, 1)?;
        texts.push(columns::to_json(&group.figures)?);
    }
    let bytes = texts.iter().map(String::as_bytes);
    samples.learn(transaction, company, (SAMPLE_KIND, SAMPLE_BYTES), bytes).await?;
    put_groups(transaction, company, groups.iter().zip(&texts), &samples).await?;
    put_sums(transaction, company, sums).await
}

/// Adds figures to sums, or takes them out again.
fn add(sums: &mut Sums, figures: &[Figure], sign: i64) -> Result<(), StoreError> {
    for it in figures {
        let key = (it.identity, it.about.clone(), it.day, it.expected.currency());
        let sum = sums.entry(key).or_default();
        let facts = i64::from(it.facts);
        let parts = [it.expected.minor(), it.found.minor(), it.awaited.minor(), facts];
        for (sum, part) in sum.iter_mut().zip(parts) {
            let part = part.checked_mul(sign).and_then(|part| sum.checked_add(part));
            *sum = part.ok_or_else(|| StoreError::Unwritable("a sum is too large".to_owned()))?;
        }
    }
    Ok(())
}

async fn put_groups<'a>(
    transaction: &mut Transaction,
    company: &CompanyId,
    groups: impl Iterator<Item = (&'a GroupFigures, &'a String)> + Clone,
    samples: &Samples,
) -> Result<(), StoreError> {
    let (mut rows, mut compressor) = (Vec::new(), samples.compressor(SAMPLE_KIND));
    for (group, text) in groups.clone() {
        rows.push((group, compressor.compress(text.as_bytes())?, differs(group)?));
    }
    Statement::new("insert into group_figures (company, group_id, figures, differs, stored_on) ")
        .rows(rows, |row, (group, figures, differs)| {
            row.push_bind(company.as_str())
                .push_bind(group.group.as_str())
                .push_bind(figures)
                .push_bind(i64::from(differs))
                .push_bind(stored_on(group));
        })
        .text(
            " on conflict (company, group_id) do update
             set figures = excluded.figures, differs = excluded.differs,
             stored_on = excluded.stored_on",
        )
        .query()
        .execute(&mut *transaction)
        .await?;
    Statement::new("update fact_group set figured = 1 from (")
        .rows(groups, |row, (group, _)| {
            row.push_bind(group.group.as_str()).push_bind(group.mark);
        })
        .text(
            ") as seen where fact_group.group_id = seen.column1
             and fact_group.marked = seen.column2 and fact_group.company = ",
        )
        .bind(company.as_str())
        .query()
        .execute(&mut *transaction)
        .await?;
    Ok(())
}

/// The last day on which a group moves what is owed by gift cards and store credit.
fn stored_on(group: &GroupFigures) -> Option<String> {
    let own = group.figures.iter().filter(|it| it.identity == Identity::StoredValue);
    own.map(|it| it.day).max().map(|day| day.to_string())
}

/// Whether any figure differs, over all days, or is of facts that stand nowhere.
fn differs(group: &GroupFigures) -> Result<bool, StoreError> {
    if group.figures.iter().any(Figure::is_of_strays) {
        return Ok(true);
    }
    let mut sums: BTreeMap<(Identity, &str, Currency), Money> = BTreeMap::new();
    for it in &group.figures {
        let currency = it.expected.currency();
        let sum = sums.entry((it.identity, &it.about, currency)).or_insert(Money::zero(currency));
        *sum = sum.plus(it.difference()?)?;
    }
    Ok(sums.values().any(|difference| !difference.is_zero()))
}

async fn put_sums(
    transaction: &mut Transaction,
    company: &CompanyId,
    sums: Sums,
) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(sums.len());
    for ((identity, about, day, currency), sum) in sums {
        rows.push((word_of(identity)?, about, day, currency, sum));
    }
    Statement::new(
        "insert into figure_sum
         (company, identity, about, day, currency, expected, found, awaited, facts) ",
    )
    .rows(rows, |row, (identity, about, day, currency, [expected, found, awaited, facts])| {
        row.push_bind(company.as_str())
            .push_bind(identity)
            .push_bind(about)
            .push_bind(day.to_string())
            .push_bind(currency.code().to_owned())
            .push_bind(expected)
            .push_bind(found)
            .push_bind(awaited)
            .push_bind(facts);
    })
    .text(
        " on conflict (company, identity, about, day, currency) do update
         set expected = figure_sum.expected + excluded.expected,
         found = figure_sum.found + excluded.found,
         awaited = figure_sum.awaited + excluded.awaited,
         facts = figure_sum.facts + excluded.facts",
    )
    .query()
    .execute(&mut *transaction)
    .await?;
    Ok(())
}
