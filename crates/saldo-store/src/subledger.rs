//! The sub-ledger: what accounting made of each group, and which slots that touched.

use crate::compression::Samples;
use crate::form::{self, Written};
use crate::sqlite::Transaction;
use crate::state::{self, States};
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Lease, Store, StoreError, columns};
use jiff::Timestamp;
use saldo_core::commerce::RecordRef;
use saldo_core::document::SubledgerEntry;
use saldo_core::issue::FactState;
use saldo_core::text::{CompanyId, FactId, GroupId};
use std::collections::{BTreeMap, BTreeSet};

/// What accounting made of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupAccount {
    /// Which group.
    pub group: GroupId,
    /// The mark of [`crate::DirtyGroup`] that its records were read under; one for a group that was
    /// never heard of.
    pub mark: i64,
    /// The entries that its facts amount to.
    pub entries: Vec<SubledgerEntry>,
    /// Where each of its facts stands. A record that could not be read has no fact, and none here.
    pub states: Vec<(FactId, RecordRef, FactState)>,
    /// When it must be looked at again though nothing was heard.
    pub wake_at: Option<Timestamp>,
}

/// What entries are compressed as: those of a company are alike.
const SAMPLE_KIND: &str = "entries";

/// The entries of a group as they stand in its row: the list of each slot.
type Lists = BTreeMap<String, Vec<u8>>;

/// What stood in the row of a group before.
#[derive(Default)]
struct Before {
    lists: Lists,
    states: States,
    own: Option<OwnSlot>,
}

/// The slot that a group first had entries in. It stays its own, even when it has none there.
struct OwnSlot {
    slot: String,
    /// The number under which it was last touched.
    seq: i64,
    /// How many entries the group has in it.
    entries: i64,
}

/// The row of a group as it shall be.
struct GroupRow<'a> {
    account: &'a GroupAccount,
    /// The members of a group that is not there yet; those of one that is are not touched.
    members: String,
    entries: Vec<u8>,
    states: String,
    unsettled: i64,
    own: Option<OwnSlot>,
    /// The slots in which its entries are others than before, each with how many there are now.
    touched: Vec<(String, i64)>,
}

/// A slot of a group that is not its own, as it shall be.
struct FurtherSlot<'a> {
    group: &'a GroupId,
    slot: String,
    seq: i64,
    entries: i64,
}

impl Store {
    /// Stores what accounting made of groups, in place of what it made of them before. Slots whose
    /// entries are new, gone or others get a fresh number; the rest stay untouched. One
    /// transaction.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn save_accounting(
        &self,
        lease: &Lease,
        accounts: &[GroupAccount],
    ) -> Result<(), StoreError> {
        let company = lease.company();
        let accounts: BTreeMap<&GroupId, &GroupAccount> =
            accounts.iter().map(|account| (&account.group, account)).collect();
        let accounts: Vec<&GroupAccount> = accounts.into_values().collect();
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        for accounts in accounts.chunks(ROWS_MAX) {
            save(&mut transaction, company, accounts).await?;
        }
        transaction.commit().await?;
        Ok(())
    }

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

/// Stores what accounting made of groups that are not there yet, each with its members as text.
pub(crate) async fn insert(
    transaction: &mut Transaction,
    company: &CompanyId,
    accounts: Vec<(String, &GroupAccount)>,
    mut samples: Samples,
) -> Result<(), StoreError> {
    let mut changes = Changes::default();
    for (members, account) in accounts {
        changes.take(account, members, Before::default())?;
    }
    changes.put(transaction, company, &mut samples).await
}

/// Stores up to [`ROWS_MAX`] groups.
async fn save(
    transaction: &mut Transaction,
    company: &CompanyId,
    accounts: &[&GroupAccount],
) -> Result<(), StoreError> {
    let mut samples = Samples::load(&mut *transaction, company).await?;
    let mut before = before(transaction, company, accounts, &samples).await?;
    let mut changes = Changes::default();
    for account in accounts {
        let known = before.remove(&account.group).unwrap_or_default();
        changes.take(account, "[]".to_owned(), known)?;
    }
    changes.put(transaction, company, &mut samples).await
}

/// What changes when accounts are stored.
#[derive(Default)]
struct Changes<'a> {
    rows: Vec<GroupRow<'a>>,
    counts: BTreeMap<&'static str, i64>,
}

impl<'a> Changes<'a> {
    fn take(
        &mut self,
        account: &'a GroupAccount,
        members: String,
        known: Before,
    ) -> Result<(), StoreError> {
        let entries = form::write(&account.entries)?;
        let touched = touched(&entries, &known.lists)?;
        for (_, _, state) in &known.states {
            *self.counts.entry(state::word(state)).or_default() -= 1;
        }
        for (_, _, state) in &account.states {
            *self.counts.entry(state::word(state)).or_default() += 1;
        }
        let unsettled = account.states.iter().filter(|(_, _, state)| state::unsettled(state));
        self.rows.push(GroupRow {
            account,
            members,
            entries: entries.bytes,
            states: columns::to_json(&account.states)?,
            unsettled: columns::integer(unsettled.count())?,
            own: known.own,
            touched,
        });
        Ok(())
    }

    async fn put(
        mut self,
        transaction: &mut Transaction,
        company: &CompanyId,
        samples: &mut Samples,
    ) -> Result<(), StoreError> {
        let entries = self.rows.iter().map(|row| row.entries.as_slice());
        samples.learn(transaction, company, SAMPLE_KIND, entries).await?;
        let further = self.number(transaction, company).await?;
        while !self.rows.is_empty() {
            let rest = self.rows.split_off(self.rows.len().min(ROWS_MAX));
            let rows = std::mem::replace(&mut self.rows, rest);
            put_groups(transaction, company, rows, samples).await?;
        }
        put_further_slots(transaction, company, &further).await?;
        state::count(transaction, company, &self.counts).await
    }
}

impl<'a> Changes<'a> {
    /// Gives touched slots fresh numbers. The first slot that a group touches becomes its own; those
    /// that are not the groups' own are returned.
    async fn number(
        &mut self,
        transaction: &mut Transaction,
        company: &CompanyId,
    ) -> Result<Vec<FurtherSlot<'a>>, StoreError> {
        let mut further = Vec::new();
        let count = self.rows.iter().map(|row| row.touched.len()).sum();
        if count == 0 {
            return Ok(further);
        }
        let mut seq = next_seqs(transaction, company, count).await?;
        for row in &mut self.rows {
            for (slot, entries) in row.touched.drain(..) {
                seq += 1;
                match &row.own {
                    Some(own) if own.slot != slot => {
                        further.push(FurtherSlot { group: &row.account.group, slot, seq, entries });
                    }
                    _ => row.own = Some(OwnSlot { slot, seq, entries }),
                }
            }
        }
        Ok(further)
    }
}

async fn before(
    transaction: &mut Transaction,
    company: &CompanyId,
    accounts: &[&GroupAccount],
    samples: &Samples,
) -> Result<BTreeMap<GroupId, Before>, StoreError> {
    let rows: Vec<BeforeRow> = Statement::new(
        "select group_id, entries, states, slot, slot_seq, slot_entries
         from fact_group where company = ",
    )
    .bind(company.as_str())
    .text(" and group_id in ")
    .list(accounts.iter().map(|account| account.group.as_str()))
    .query()
    .fetch_all(&mut *transaction)
    .await?;
    rows.into_iter()
        .map(|(group, entries, states, slot, seq, entries_in_slot)| {
            let lists = lists_in(samples, entries.as_deref())?;
            let states = columns::from_json("state of a fact", &states)?;
            let own = slot.zip(seq);
            let own = own.map(|(slot, seq)| OwnSlot { slot, seq, entries: entries_in_slot });
            Ok((GroupId::from(group), Before { lists, states, own }))
        })
        .collect()
}

/// Name, entries and states of a group, and its own slot with its number and count of entries.
type BeforeRow = (String, Option<Vec<u8>>, String, Option<String>, Option<i64>, i64);

/// The entries in the row of a group; none where nothing was accounted yet.
fn lists_in(samples: &Samples, entries: Option<&[u8]>) -> Result<Lists, StoreError> {
    let Some(entries) = entries else { return Ok(Lists::new()) };
    let bytes = samples.decompress("sub-ledger", entries)?;
    let lists = form::lists(&bytes)?.into_iter();
    Ok(lists.map(|(slot, list)| (slot.to_owned(), list.to_vec())).collect())
}

/// The slots in which entries of a group are new, gone or others than before, each with how many
/// there are now.
fn touched(written: &Written<'_>, before: &Lists) -> Result<Vec<(String, i64)>, StoreError> {
    let mut touched = Vec::new();
    for (slot, list) in &written.lists {
        if before.get(*slot).map(Vec::as_slice) != written.bytes.get(list.place.clone()) {
            touched.push(((*slot).to_owned(), columns::integer(list.entries)?));
        }
    }
    let gone = before.keys().filter(|slot| !written.lists.contains_key(slot.as_str()));
    touched.extend(gone.map(|slot| (slot.clone(), 0)));
    Ok(touched)
}

async fn put_groups(
    transaction: &mut Transaction,
    company: &CompanyId,
    rows: Vec<GroupRow<'_>>,
    samples: &Samples,
) -> Result<(), StoreError> {
    Statement::new(
        "insert into fact_group
         (company, group_id, members, marked, accounted, wake_at, unsettled, states,
          slot, slot_seq, slot_entries, entries) ",
    )
    .rows(rows, |row, group| {
        let (slot, seq, entries) = match group.own {
            Some(own) => (Some(own.slot), Some(own.seq), own.entries),
            None => (None, None, 0),
        };
        row.push_bind(company.as_str())
            .push_bind(group.account.group.as_str())
            .push_bind(group.members)
            .push_bind(group.account.mark)
            .push_bind(group.account.mark)
            .push_bind(group.account.wake_at.map(columns::micros))
            .push_bind(group.unsettled)
            .push_bind(group.states)
            .push_bind(slot)
            .push_bind(seq)
            .push_bind(entries)
            .push_bind(samples.compress(SAMPLE_KIND, &group.entries));
    })
    .text(
        " on conflict (company, group_id) do update
         set accounted = excluded.accounted, wake_at = excluded.wake_at,
         unsettled = excluded.unsettled, states = excluded.states, slot = excluded.slot,
         slot_seq = excluded.slot_seq, slot_entries = excluded.slot_entries,
         entries = excluded.entries",
    )
    .query()
    .execute(&mut *transaction)
    .await?;
    Ok(())
}

/// Stores slots that are not their groups' own.
async fn put_further_slots(
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
        for statement in [
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
