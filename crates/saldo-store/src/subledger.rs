//! The sub-ledger: what accounting made of each group, and which slots that touched.

use crate::compression::Samples;
use crate::form::{self, Written};
use crate::slot::{self, FurtherSlot};
use crate::sqlite::Transaction;
use crate::state::{self, States};
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Lease, Store, StoreError, columns, foreign};
use jiff::Timestamp;
use saldo_core::accounting::ForeignMove;
use saldo_core::commerce::RecordRef;
use saldo_core::document::SubledgerEntry;
use saldo_core::issue::FactState;
use saldo_core::text::{CompanyId, FactId, GroupId};
use std::collections::BTreeMap;

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
    /// What its entries move on accounts of other currencies.
    pub foreign: Vec<ForeignMove>,
    /// When it must be looked at again though nothing was heard.
    pub wake_at: Option<Timestamp>,
}

/// What entries are compressed as: those of a company are alike.
const SAMPLE_KIND: &str = "entries";
/// How long their sample is.
const SAMPLE_BYTES: usize = 4096;

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
    /// In their form; compressed when they are put.
    entries: Vec<u8>,
    states: String,
    unsettled: i64,
    own: Option<OwnSlot>,
    /// The slots in which its entries are others than before, each with how many there are now.
    touched: Vec<(String, i64)>,
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
}

impl Store {
    /// What accounting made of the groups whose names begin so, under their marks, with whether
    /// they have news since. What moves on accounts of other currencies is left out.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn accounts_beginning(
        &self,
        company: &CompanyId,
        prefix: &str,
    ) -> Result<Vec<(GroupAccount, bool)>, StoreError> {
        let rows: Vec<AccountRow> = query(
            "select group_id, marked, accounted, entries, states, wake_at from fact_group
             where company = $1 and group_id > $2 and group_id < $3
             and substr(group_id, 1, length($2)) = $2
             order by group_id",
        )
        .bind(company.as_str())
        .bind(prefix)
        .bind(format!("{prefix}\u{10ffff}"))
        .fetch_all(&self.reader)
        .await?;
        let samples = Samples::load(&self.reader, company).await?;
        let account = |(group, mark, accounted, entries, states, wake_at): AccountRow| {
            let mut found = Vec::new();
            for (slot, list) in &lists_in(&samples, entries.as_deref())? {
                found.extend(form::list(slot, list)?);
            }
            found.sort_by(|one, other| one.id.cmp(&other.id));
            let account = GroupAccount {
                group: GroupId::from(group),
                mark,
                entries: found,
                states: state::from_column(&states)?,
                foreign: Vec::new(),
                wake_at: wake_at.map(columns::instant).transpose()?,
            };
            Ok((account, mark > accounted))
        };
        rows.into_iter().map(account).collect()
    }

    /// The entries of groups, of all slots, by entry.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn group_entries(
        &self,
        company: &CompanyId,
        groups: &[GroupId],
    ) -> Result<Vec<SubledgerEntry>, StoreError> {
        let mut found = Vec::new();
        for groups in groups.chunks(ROWS_MAX) {
            let rows: Vec<Option<Vec<u8>>> =
                Statement::new("select entries from fact_group where company = ")
                    .bind(company.as_str())
                    .text(" and group_id in ")
                    .list(groups.iter().map(GroupId::as_str))
                    .query()
                    .fetch_all(&self.reader)
                    .await?;
            let samples = Samples::load(&self.reader, company).await?;
            for entries in rows.iter().flatten() {
                let bytes = samples.decompress("sub-ledger", entries)?;
                for (slot, list) in form::lists(&bytes)? {
                    found.extend(form::list(slot, list)?);
                }
            }
        }
        found.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(found)
    }
}

impl Store {
    /// The entries of the groups after one of this name, by name: of as many groups as `limit`
    /// says. A page without a group is the last one.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn entries_of_groups_after(
        &self,
        company: &CompanyId,
        after: Option<&GroupId>,
        limit: usize,
    ) -> Result<Vec<(GroupId, Vec<SubledgerEntry>)>, StoreError> {
        let rows: Vec<(String, Option<Vec<u8>>)> = query(
            "select group_id, entries from fact_group
             where company = $1 and group_id > $2 order by group_id limit $3",
        )
        .bind(company.as_str())
        .bind(after.map_or("", GroupId::as_str))
        .bind(columns::integer(limit)?)
        .fetch_all(&self.reader)
        .await?;
        let samples = Samples::load(&self.reader, company).await?;
        let entries = |(group, entries): (String, Option<Vec<u8>>)| {
            let mut found = Vec::new();
            for (slot, list) in &lists_in(&samples, entries.as_deref())? {
                found.extend(form::list(slot, list)?);
            }
            Ok((GroupId::from(group), found))
        };
        rows.into_iter().map(entries).collect()
    }
}

/// Name, marks, entries, states and time of a group.
type AccountRow = (String, i64, i64, Option<Vec<u8>>, String, Option<i64>);

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
    foreign::forget(transaction, company, accounts).await?;
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
            states: state::to_column(&account.states)?,
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
        samples.learn(transaction, company, (SAMPLE_KIND, SAMPLE_BYTES), entries).await?;
        let mut compressor = samples.compressor(SAMPLE_KIND);
        for row in &mut self.rows {
            row.entries = compressor.compress(&row.entries)?;
        }
        let foreign: Vec<_> = self.rows.iter().map(|row| row.account).collect();
        foreign::put(transaction, company, &foreign).await?;
        let further = self.number(transaction, company).await?;
        while !self.rows.is_empty() {
            let rest = self.rows.split_off(self.rows.len().min(ROWS_MAX));
            let rows = std::mem::replace(&mut self.rows, rest);
            put_groups(transaction, company, rows).await?;
        }
        slot::put_further(transaction, company, &further).await?;
        state::count(transaction, company, &self.counts).await
    }
}

impl<'a> Changes<'a> {
    /// Gives touched slots fresh numbers. The first slot that a group touches becomes its own;
    /// those that are not the groups' own are returned.
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
        let mut seq = slot::next_seqs(transaction, company, count).await?;
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
            let states = state::from_column(&states)?;
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
            .push_bind(group.entries);
    })
    .text(
        " on conflict (company, group_id) do update
         set accounted = excluded.accounted, wake_at = excluded.wake_at,
         unsettled = excluded.unsettled, states = excluded.states, slot = excluded.slot,
         slot_seq = excluded.slot_seq, slot_entries = excluded.slot_entries,
         entries = excluded.entries, figured = 0",
    )
    .query()
    .execute(&mut *transaction)
    .await?;
    Ok(())
}
