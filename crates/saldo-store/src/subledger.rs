//! The sub-ledger: what accounting made of each group, and which slots that touched.

use crate::compression::Samples;
use crate::sqlite::Transaction;
use crate::state::{self, States};
use crate::statement::{ROWS_MAX, Statement};
use crate::{Lease, Store, StoreError, columns};
use jiff::Timestamp;
use saldo_core::commerce::RecordRef;
use saldo_core::document::SubledgerEntry;
use saldo_core::issue::FactState;
use saldo_core::text::{CompanyId, FactId, GroupId};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

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
/// How long the entries of most groups are, as text.
const TEXT_BYTES: usize = 4096;

/// The entries of a group as they stand in its row: by slot, each slot's list sorted by entry.
type Slots = BTreeMap<String, Box<RawValue>>;

/// What stood in the row of a group before.
#[derive(Default)]
struct Before {
    slots: Slots,
    states: States,
}

/// The row of a group as it shall be.
struct GroupRow<'a> {
    account: &'a GroupAccount,
    /// The members of a group that is not there yet; those of one that is are not touched.
    members: String,
    entries: Vec<u8>,
    states: String,
    unsettled: i64,
}

/// A slot whose entries of one group are others than before.
struct Touched<'a> {
    slot: String,
    group: &'a GroupId,
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
        let rows: Vec<(i64, String)> = sqlx::query_as(
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
        let last = sqlx::query_scalar("select slot_seq from company where id = $1")
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
        let mut found = BTreeSet::new();
        for slots in slots.chunks(ROWS_MAX) {
            let some: Vec<String> = Statement::new(
                "select s.slot from slot s
                 join fact_group g on g.company = s.company and g.group_id = s.group_id
                 where g.marked > g.accounted and s.company = ",
            )
            .bind(company.as_str())
            .text(" and s.slot in ")
            .list(slots.iter().map(String::as_str))
            .builder()
            .build_query_scalar()
            .fetch_all(&self.reader)
            .await?;
            found.extend(some);
        }
        Ok(found)
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
        for slots in slots.chunks(ROWS_MAX) {
            let rows: Vec<(String, Option<Vec<u8>>)> = Statement::new(
                "select s.slot, g.entries from slot s
                 join fact_group g on g.company = s.company and g.group_id = s.group_id
                 where s.entries > 0 and s.company = ",
            )
            .bind(company.as_str())
            .text(" and s.slot in ")
            .list(slots.iter().map(String::as_str))
            .builder()
            .build_query_as()
            .fetch_all(&self.reader)
            .await?;
            let samples = Samples::load(&self.reader, company).await?;
            for (slot, entries) in rows {
                let mut by_slot = slots_in(&samples, entries.as_deref())?;
                if let Some(list) = by_slot.remove(&slot) {
                    let list: Vec<SubledgerEntry> = columns::from_json("sub-ledger", list.get())?;
                    found.entry(slot).or_default().extend(list);
                }
            }
        }
        for entries in found.values_mut() {
            entries.sort_by(|one, other| one.id.cmp(&other.id));
        }
        Ok(found)
    }
}

impl Store {
    /// The entries of groups, of all slots, by entry.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn group_entries(
        &self,
        company: &CompanyId,
        groups: &[GroupId],
    ) -> Result<Vec<SubledgerEntry>, StoreError> {
        let samples = Samples::load(&self.reader, company).await?;
        let mut found = Vec::new();
        for groups in groups.chunks(ROWS_MAX) {
            let rows: Vec<Option<Vec<u8>>> =
                Statement::new("select entries from fact_group where company = ")
                    .bind(company.as_str())
                    .text(" and group_id in ")
                    .list(groups.iter().map(GroupId::as_str))
                    .builder()
                    .build_query_scalar()
                    .fetch_all(&self.reader)
                    .await?;
            for entries in rows {
                for list in slots_in(&samples, entries.as_deref())?.into_values() {
                    let list: Vec<SubledgerEntry> = columns::from_json("sub-ledger", list.get())?;
                    found.extend(list);
                }
            }
        }
        found.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(found)
    }
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
    let mut samples = Samples::load(&mut **transaction, company).await?;
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
    touched: Vec<Touched<'a>>,
    counts: BTreeMap<&'static str, i64>,
}

impl<'a> Changes<'a> {
    fn take(
        &mut self,
        account: &'a GroupAccount,
        members: String,
        known: Before,
    ) -> Result<(), StoreError> {
        let entries = SlotText::of(&account.entries)?;
        self.touched.extend(entries.touched(&account.group, &known.slots));
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
            entries: entries.text,
            states: columns::to_json(&account.states)?,
            unsettled: columns::integer(unsettled.count())?,
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
        while !self.rows.is_empty() {
            let rest = self.rows.split_off(self.rows.len().min(ROWS_MAX));
            let rows = std::mem::replace(&mut self.rows, rest);
            put_groups(transaction, company, rows, samples).await?;
        }
        put_slots(transaction, company, self.touched).await?;
        state::count(transaction, company, &self.counts).await
    }
}

async fn before(
    transaction: &mut Transaction,
    company: &CompanyId,
    accounts: &[&GroupAccount],
    samples: &Samples,
) -> Result<BTreeMap<GroupId, Before>, StoreError> {
    let rows: Vec<(String, Option<Vec<u8>>, String)> =
        Statement::new("select group_id, entries, states from fact_group where company = ")
            .bind(company.as_str())
            .text(" and group_id in ")
            .list(accounts.iter().map(|account| account.group.as_str()))
            .builder()
            .build_query_as()
            .fetch_all(&mut **transaction)
            .await?;
    rows.into_iter()
        .map(|(group, entries, states)| {
            let slots = slots_in(samples, entries.as_deref())?;
            let states = columns::from_json("state of a fact", &states)?;
            Ok((GroupId::from(group), Before { slots, states }))
        })
        .collect()
}

/// The entries in the row of a group; none where nothing was accounted yet.
fn slots_in(samples: &Samples, entries: Option<&[u8]>) -> Result<Slots, StoreError> {
    let Some(entries) = entries else { return Ok(Slots::new()) };
    columns::from_json("sub-ledger", &samples.decompress_text("sub-ledger", entries)?)
}

/// The entries of a group as one text of JSON, and where in it the list of each slot stands.
struct SlotText<'a> {
    text: Vec<u8>,
    lists: BTreeMap<&'a str, SlotList>,
}

/// How many entries stand in a slot, and where in the text.
struct SlotList {
    entries: i64,
    place: Range<usize>,
}

impl<'a> SlotText<'a> {
    fn of(entries: &'a [SubledgerEntry]) -> Result<Self, StoreError> {
        let mut by_slot: BTreeMap<&str, Vec<&SubledgerEntry>> = BTreeMap::new();
        for entry in entries {
            by_slot.entry(&entry.header.slot).or_default().push(entry);
        }
        let (mut text, mut lists) = (Vec::with_capacity(TEXT_BYTES), BTreeMap::new());
        for (slot, mut list) in by_slot {
            list.sort_by(|one, other| one.id.cmp(&other.id));
            text.push(if lists.is_empty() { b'{' } else { b',' });
            columns::write_json(&mut text, slot)?;
            text.push(b':');
            let from = text.len();
            columns::write_json(&mut text, &list)?;
            let (entries, place) = (columns::integer(list.len())?, from..text.len());
            lists.insert(slot, SlotList { entries, place });
        }
        if lists.is_empty() {
            text.push(b'{');
        }
        text.push(b'}');
        Ok(Self { text, lists })
    }

    /// The slots of the group whose entries are new, gone or others than before.
    fn touched<'g>(&self, group: &'g GroupId, before: &Slots) -> Vec<Touched<'g>> {
        let mut touched = Vec::new();
        for (slot, list) in &self.lists {
            let known = before.get(*slot).map(|known| known.get().as_bytes());
            if known.is_none() || known != self.text.get(list.place.clone()) {
                touched.push(Touched { slot: (*slot).to_owned(), group, entries: list.entries });
            }
        }
        for slot in before.keys().filter(|slot| !self.lists.contains_key(slot.as_str())) {
            touched.push(Touched { slot: slot.clone(), group, entries: 0 });
        }
        touched
    }
}

async fn put_groups(
    transaction: &mut Transaction,
    company: &CompanyId,
    rows: Vec<GroupRow<'_>>,
    samples: &Samples,
) -> Result<(), StoreError> {
    Statement::new(
        "insert into fact_group
         (company, group_id, members, marked, accounted, wake_at, unsettled, states, entries) ",
    )
    .rows(rows, |row, group| {
        row.push_bind(company.as_str())
            .push_bind(group.account.group.as_str())
            .push_bind(group.members)
            .push_bind(group.account.mark)
            .push_bind(group.account.mark)
            .push_bind(group.account.wake_at.map(columns::micros))
            .push_bind(group.unsettled)
            .push_bind(group.states)
            .push_bind(samples.compress(SAMPLE_KIND, &group.entries));
    })
    .text(
        " on conflict (company, group_id) do update
         set accounted = excluded.accounted, wake_at = excluded.wake_at,
         unsettled = excluded.unsettled, states = excluded.states, entries = excluded.entries",
    )
    .builder()
    .build()
    .execute(&mut **transaction)
    .await?;
    Ok(())
}

/// Gives touched slots fresh numbers.
async fn put_slots(
    transaction: &mut Transaction,
    company: &CompanyId,
    touched: Vec<Touched<'_>>,
) -> Result<(), StoreError> {
    if touched.is_empty() {
        return Ok(());
    }
    let mut seq = next_seqs(transaction, company, touched.len()).await?;
    for touched in touched.chunks(ROWS_MAX) {
        Statement::new("insert into slot (company, slot, group_id, seq, entries) ")
            .rows(touched, |row, touched| {
                seq += 1;
                row.push_bind(company.as_str())
                    .push_bind(touched.slot.as_str())
                    .push_bind(touched.group.as_str())
                    .push_bind(seq)
                    .push_bind(touched.entries);
            })
            .text(
                " on conflict (company, slot, group_id) do update
                 set seq = excluded.seq, entries = excluded.entries",
            )
            .builder()
            .build()
            .execute(&mut **transaction)
            .await?;
    }
    Ok(())
}

/// Gives slots that could not be planned fresh numbers, so that the next plan looks at them.
pub(crate) async fn touch(
    transaction: &mut Transaction,
    company: &CompanyId,
    slots: &[String],
) -> Result<(), StoreError> {
    for slots in slots.chunks(ROWS_MAX) {
        let seq = next_seqs(transaction, company, slots.len()).await?;
        Statement::new("update slot set seq = fresh.place + ")
            .bind(seq)
            .text(
                " from (select slot, min(group_id) as group_id,
                        row_number() over (order by slot) as place
                        from slot where company = ",
            )
            .bind(company.as_str())
            .text(" and slot in ")
            .list(slots.iter().map(String::as_str))
            .text(" group by slot) as fresh where slot.company = ")
            .bind(company.as_str())
            .text(" and slot.slot = fresh.slot and slot.group_id = fresh.group_id")
            .builder()
            .build()
            .execute(&mut **transaction)
            .await?;
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
    let last: Option<i64> = sqlx::query_scalar(
        "update company set slot_seq = slot_seq + $1 where id = $2 returning slot_seq",
    )
    .bind(count)
    .bind(company.as_str())
    .fetch_optional(&mut **transaction)
    .await?;
    let last = last.ok_or_else(|| StoreError::not_found("company", company.as_str()))?;
    Ok(last - count)
}
