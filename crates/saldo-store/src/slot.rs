//! Slots: which groups have entries in them, and when these were last touched.

use crate::compression::Samples;
use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Store, StoreError, columns, form};
use saldo_core::document::SubledgerEntry;
use saldo_core::text::{CompanyId, GroupId};
use std::collections::{BTreeMap, BTreeSet};

/// A slot of a group that is not its own, as it shall be.
pub(crate) struct FurtherSlot<'a> {
    pub(crate) group: &'a GroupId,
    pub(crate) slot: String,
    pub(crate) seq: i64,
    pub(crate) entries: i64,
}

impl Store {
    /// Slots that were touched after this number, in the order in which they last were, with their
    /// numbers. All of them up to the last number returned are among them.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn slots_changed_since(
        &self,
        company: &CompanyId,
        seq: i64,
        limit: usize,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let rows: Vec<(i64, String)> = query(
            "select seq, slot from slot where company = $1 and seq > $2 order by seq limit $3",
        )
        .bind(company.as_str())
        .bind(seq)
        .bind(columns::integer(limit)?)
        .fetch_all(&self.reader)
        .await?;
        let last: BTreeMap<String, i64> = rows.into_iter().map(|(seq, slot)| (slot, seq)).collect();
        let mut slots: Vec<(i64, String)> =
            last.into_iter().map(|(slot, seq)| (seq, slot)).collect();
        slots.sort_unstable();
        Ok(slots)
    }

    /// The number of the slot that was touched last; zero at first.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where there is no such company.
    pub async fn last_touched(&self, company: &CompanyId) -> Result<i64, StoreError> {
        let last = query("select slot_seq from company where id = $1")
            .bind(company.as_str())
            .fetch_optional(&self.reader)
            .await?;
        last.ok_or_else(|| StoreError::not_found("company", company.as_str()))
    }

    /// Those of these slots whose entries may be others once accounting has seen all that was
    /// heard.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn slots_with_news(
        &self,
        company: &CompanyId,
        slots: &[String],
    ) -> Result<BTreeSet<String>, StoreError> {
        let found: Vec<String> =
            with_news_statement(company, slots).query().fetch_all(&self.reader).await?;
        Ok(found.into_iter().collect())
    }

    /// These slots, and all others that the groups with entries in them have entries in, or had
    /// once: what the same facts came to, and come to now.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn slots_beside(
        &self,
        company: &CompanyId,
        slots: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let groups = self.groups_in(company, slots).await?;
        let found: Vec<String> =
            slots_statement(company, &groups).query().fetch_all(&self.reader).await?;
        Ok(found.into_iter().chain(slots.iter().cloned()).collect())
    }

    /// The groups that have entries in slots, or had once.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn groups_in(
        &self,
        company: &CompanyId,
        slots: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, StoreError> {
        let groups: Vec<String> =
            groups_statement(company, slots).query().fetch_all(&self.reader).await?;
        Ok(groups.into_iter().collect())
    }

    /// The entries that stand in slots, by slot and entry. A slot that has none is there, empty.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn slot_entries(
        &self,
        company: &CompanyId,
        slots: &[String],
    ) -> Result<BTreeMap<String, Vec<SubledgerEntry>>, StoreError> {
        let mut found: BTreeMap<String, Vec<SubledgerEntry>> =
            slots.iter().map(|slot| (slot.clone(), Vec::new())).collect();
        let slots = found.keys().map(String::as_str);
        let rows: Vec<(String, Vec<u8>)> =
            entries_statement(company, slots).query().fetch_all(&self.reader).await?;
        let samples = Samples::load(&self.reader, company).await?;
        for (slot, entries) in rows {
            let bytes = samples.decompress("sub-ledger", &entries)?;
            if let Some(list) = form::lists(&bytes)?.get(&*slot) {
                let list = form::list(&slot, list)?;
                found.entry(slot).or_default().extend(list);
            }
        }
        for entries in found.values_mut() {
            entries.sort_by(|one, other| one.id.cmp(&other.id));
        }
        Ok(found)
    }
}

/// Looks up slots, one by one, that groups with news have entries in, or had once.
fn with_news_statement<'v>(company: &'v CompanyId, slots: &'v [String]) -> Statement<'v> {
    Statement::new(
        "select s.slot from slot s
         join fact_group g on g.company = s.company and g.group_id = s.group_id
         where g.marked > g.accounted and s.company = ",
    )
    .bind(company.as_str())
    .text(" and s.slot = ")
    .each(slots)
}

/// Looks up the groups that have entries in slots or had once, slot by slot.
fn groups_statement<'v>(company: &'v CompanyId, slots: &'v BTreeSet<String>) -> Statement<'v> {
    Statement::new("select group_id from slot where company = ")
        .bind(company.as_str())
        .text(" and slot = ")
        .each(slots)
}

/// Looks up the slots that groups have entries in or had once, group by group.
fn slots_statement<'v>(company: &'v CompanyId, groups: &'v BTreeSet<String>) -> Statement<'v> {
    Statement::new("select slot from slot where company = ")
        .bind(company.as_str())
        .text(" and group_id = ")
        .each(groups)
}

/// Looks up the groups with entries in slots, slot by slot.
fn entries_statement<'v>(
    company: &'v CompanyId,
    slots: impl Iterator<Item = &'v str>,
) -> Statement<'v> {
    Statement::new(
        "select s.slot, g.entries from slot s
         join fact_group g on g.company = s.company and g.group_id = s.group_id
         where s.entries > 0 and g.entries is not null and s.company = ",
    )
    .bind(company.as_str())
    .text(" and s.slot = ")
    .each(slots)
}

/// Stores slots that are not their groups' own.
pub(crate) async fn put_further(
    transaction: &mut Transaction,
    company: &CompanyId,
    further: &[FurtherSlot<'_>],
) -> Result<(), StoreError> {
    Statement::new("insert into further_slot (company, group_id, slot, seq, entries) ")
        .rows(further, |row, further| {
            row.push_bind(company.as_str())
                .push_bind(further.group.as_str())
                .push_bind(further.slot.as_str())
                .push_bind(further.seq)
                .push_bind(further.entries);
        })
        .text(
            " on conflict (company, group_id, slot) do update
             set seq = excluded.seq, entries = excluded.entries",
        )
        .query()
        .execute(&mut *transaction)
        .await?;
    Ok(())
}

/// Gives slots that could not be planned fresh numbers, so that the next plan looks at them.
pub(crate) async fn touch(
    transaction: &mut Transaction,
    company: &CompanyId,
    slots: &[String],
) -> Result<(), StoreError> {
    for slots in slots.chunks(ROWS_MAX) {
        let rows: Vec<(String, String)> =
            Statement::new("select slot, min(group_id) from slot where company = ")
                .bind(company.as_str())
                .text(" and slot = ")
                .each(slots)
                .text(" group by slot")
                .query()
                .fetch_all(&mut *transaction)
                .await?;
        let before = next_seqs(transaction, company, rows.len()).await?;
        // A slot of a group stands in one of both places.
        for update in [
            "update fact_group set slot_seq = fresh.column1 from (",
            "update further_slot set seq = fresh.column1 from (",
        ] {
            Statement::new(update)
                .rows((before + 1..).zip(&rows), |row, (seq, (slot, group))| {
                    row.push_bind(seq).push_bind(slot).push_bind(group);
                })
                .text(
                    ") as fresh where slot = fresh.column2 and group_id = fresh.column3
                     and company = ",
                )
                .bind(company.as_str())
                .query()
                .execute(&mut *transaction)
                .await?;
        }
    }
    Ok(())
}

/// Gives all slots fresh numbers, in the order in which they were last touched in either place, and
/// notes that they have no entries.
pub(crate) async fn touch_all(
    transaction: &mut Transaction,
    company: &CompanyId,
) -> Result<(), StoreError> {
    for (count, update) in [
        (
            "select count(*) from fact_group where company = $1 and slot is not null",
            "update fact_group set slot_entries = 0, slot_seq = $1 + fresh.place
             from (select group_id as id, row_number() over (order by slot_seq) as place
                   from fact_group where company = $2 and slot is not null) as fresh
             where company = $2 and group_id = fresh.id",
        ),
        (
            "select count(*) from further_slot where company = $1",
            "update further_slot set entries = 0, seq = $1 + fresh.place
             from (select group_id as id, slot as name, row_number() over (order by seq) as place
                   from further_slot where company = $2) as fresh
             where company = $2 and group_id = fresh.id and slot = fresh.name",
        ),
    ] {
        let slots: i64 = query(count).bind(company.as_str()).fetch_one(&mut *transaction).await?;
        let slots: usize = columns::count("count of slots", slots)?;
        let before = next_seqs(transaction, company, slots).await?;
        query(update).bind(before).bind(company.as_str()).execute(&mut *transaction).await?;
    }
    Ok(())
}

/// Takes this many numbers for touched slots; returns the number before the first. The company's
/// row stays locked until the transaction ends, so that numbers become visible in their order.
pub(crate) async fn next_seqs(
    transaction: &mut Transaction,
    company: &CompanyId,
    count: usize,
) -> Result<i64, StoreError> {
    let count = columns::integer(count)?;
    let last: Option<i64> =
        query("update company set slot_seq = slot_seq + $1 where id = $2 returning slot_seq")
            .bind(count)
            .bind(company.as_str())
            .fetch_optional(&mut *transaction)
            .await?;
    let last = last.ok_or_else(|| StoreError::not_found("company", company.as_str()))?;
    Ok(last - count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn slots_are_looked_up_by_key() {
        let store = Store::in_memory().await.unwrap();
        let (company, slots) = (CompanyId::new("demo"), ["a".to_owned()]);
        let set = BTreeSet::from(slots.clone());
        for statement in [
            groups_statement(&company, &set),
            slots_statement(&company, &set),
            with_news_statement(&company, &slots),
            entries_statement(&company, slots.iter().map(String::as_str)),
            Statement::new("select group_id from slot where entries > 0 and company = ")
                .bind(company.as_str())
                .text(" and slot = ")
                .each(&slots)
                .text(" order by group_id"),
            Statement::new("select slot from slot where company = ")
                .bind(company.as_str())
                .text(" and group_id = ")
                .each(&slots)
                .text(" order by slot"),
            Statement::new("select seq, slot from slot where company = ")
                .bind(company.as_str())
                .text(" and seq > ")
                .bind(7)
                .text(" order by seq limit ")
                .bind(7),
        ] {
            let plan = store.query_plan(statement).await;
            let by_key = |step: &&String| {
                step.contains("(company=? AND slot=?")
                    || step.contains("(company=? AND group_id=?")
                    || step.contains("seq>?")
            };
            let looks: Vec<&String> = plan
                .iter()
                .filter(|step| step.contains("fact_group") || step.contains("further"))
                .collect();
            assert!(looks.len() >= 2 && looks.iter().all(by_key), "{plan:#?}");
        }
    }
}
