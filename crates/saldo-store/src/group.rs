//! Groups: the records whose facts are accounted together.

use crate::latest::bodies;
use crate::record::{self, Latest, Reading, ReadingRow};
use crate::sqlite::Transaction;
use crate::statement::{ROWS_MAX, Statement, query};
use crate::{GroupAccount, Lease, Store, StoreError, columns};
use jiff::Timestamp;
use saldo_core::commerce::{Record, RecordRef};
use saldo_core::text::{CompanyId, ConnectionId, GroupId, Stream};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A group that has something new for accounting.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirtyGroup {
    /// Which.
    pub group: GroupId,
    /// How often its records had changed when it was looked at. Accounting gives it back, so that a
    /// change that came meanwhile is not taken for accounted.
    pub mark: i64,
}

/// Where the latest version of a record belongs.
pub(crate) struct Place<'a> {
    pub(crate) version: i64,
    pub(crate) hash: [u8; 32],
    /// The groups that the version before belonged to.
    pub(crate) left: Vec<GroupId>,
    pub(crate) reading: Cow<'a, Reading>,
}

/// The records that join a group and those that leave it.
#[derive(Default)]
struct Moves<'a> {
    join: BTreeSet<&'a RecordRef>,
    leave: BTreeSet<&'a RecordRef>,
}

impl Store {
    /// Groups that accounting must look at: first those whose records changed, then those that wait
    /// for an instant that has come.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn dirty_groups(
        &self,
        company: &CompanyId,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<DirtyGroup>, StoreError> {
        let limit = columns::integer(limit)?;
        let mut rows: Vec<(String, i64)> = query(
            "select group_id, marked from fact_group
             where company = $1 and marked > accounted order by group_id limit $2",
        )
        .bind(company.as_str())
        .bind(limit)
        .fetch_all(&self.reader)
        .await?;
        let left = limit - columns::integer(rows.len())?;
        let woken: Vec<(String, i64)> = query(
            "select group_id, marked from fact_group
             where company = $1 and wake_at is not null and wake_at <= $2 and marked <= accounted
             order by wake_at, group_id limit $3",
        )
        .bind(company.as_str())
        .bind(columns::micros(now))
        .bind(left)
        .fetch_all(&self.reader)
        .await?;
        rows.extend(woken);
        let dirty = |(group, mark)| DirtyGroup { group: GroupId::from(group), mark };
        Ok(rows.into_iter().map(dirty).collect())
    }

    /// The groups of a company, by name from after this one on.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn groups(
        &self,
        company: &CompanyId,
        after: Option<&GroupId>,
        limit: usize,
    ) -> Result<Vec<GroupId>, StoreError> {
        let rows: Vec<String> = query(
            "select group_id from fact_group
             where company = $1 and group_id > $2 order by group_id limit $3",
        )
        .bind(company.as_str())
        .bind(after.map_or("", GroupId::as_str))
        .bind(columns::integer(limit)?)
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().map(GroupId::from).collect())
    }

    /// How many groups have something new that accounting has not seen.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn groups_with_news(&self, company: &CompanyId) -> Result<u64, StoreError> {
        let count =
            query("select count(*) from fact_group where company = $1 and marked > accounted")
                .bind(company.as_str())
                .fetch_one(&self.reader)
                .await?;
        columns::count("count of groups", count)
    }

    /// The groups without news whose time has come by an instant, each with its time.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn groups_due(
        &self,
        company: &CompanyId,
        by: Timestamp,
    ) -> Result<Vec<(GroupId, Timestamp)>, StoreError> {
        let rows: Vec<(String, i64)> = query(
            "select group_id, wake_at from fact_group
             where company = $1 and wake_at is not null and wake_at <= $2 and marked <= accounted
             order by group_id",
        )
        .bind(company.as_str())
        .bind(columns::micros(by))
        .fetch_all(&self.reader)
        .await?;
        let due = |(group, at)| Ok((GroupId::from(group), columns::instant(at)?));
        rows.into_iter().map(due).collect()
    }

    /// The groups whose records changed and whose names begin so, by name from after this one on.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn changed_groups(
        &self,
        company: &CompanyId,
        prefix: &str,
        after: Option<&GroupId>,
        limit: usize,
    ) -> Result<Vec<GroupId>, StoreError> {
        let rows: Vec<String> = query(
            "select group_id from fact_group
             where company = $1 and marked > accounted and group_id > $2
             and substr(group_id, 1, length($3)) = $3 order by group_id limit $4",
        )
        .bind(company.as_str())
        .bind(after.map_or(prefix, GroupId::as_str))
        .bind(prefix)
        .bind(columns::integer(limit)?)
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().map(GroupId::from).collect())
    }

    /// Marks groups, as when something changed that they go by and that is no record of theirs.
    /// Those that there are not stay away.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn mark_groups(
        &self,
        company: &CompanyId,
        groups: &[GroupId],
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        mark_again(&mut transaction, company, groups).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The records of groups, each in its latest version, by connection, stream and id.
    ///
    /// # Errors
    /// Where the database fails, or a record was damaged.
    pub async fn group_records(
        &self,
        company: &CompanyId,
        groups: &[GroupId],
    ) -> Result<BTreeMap<GroupId, Vec<Record>>, StoreError> {
        let mut members = BTreeMap::new();
        let mut transaction = self.reader.begin().await?;
        for groups in groups.chunks(ROWS_MAX) {
            members.extend(self::members(&mut transaction, company, groups.iter()).await?);
        }
        let wanted: BTreeSet<&RecordRef> = members.values().flatten().collect();
        let wanted: Vec<&RecordRef> = wanted.into_iter().collect();
        let mut records = BTreeMap::new();
        for wanted in wanted.chunks(ROWS_MAX) {
            for record in bodies(&mut transaction, company, wanted).await? {
                records.insert(record.reference(), record);
            }
        }
        let of_group = |members: BTreeSet<RecordRef>| {
            members.iter().filter_map(|reference| records.get(reference).cloned()).collect()
        };
        Ok(members.into_iter().map(|(group, members)| (group, of_group(members))).collect())
    }

    /// Replaces what was read of records, as when a reader has learnt something. The groups that
    /// they leave and those that they join must be accounted anew.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], and [`StoreError::NotFound`] where there is no such record.
    pub async fn regroup(
        &self,
        lease: &Lease,
        readings: &[(RecordRef, Reading)],
    ) -> Result<(), StoreError> {
        let company = lease.company();
        let references: Vec<RecordRef> =
            readings.iter().map(|(reference, _)| reference.clone()).collect();
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        let known = record::latest(&mut transaction, company, &references).await?;
        let mut places = BTreeMap::new();
        for (reference, reading) in readings {
            let Latest { version, hash, groups, .. } = known
                .get(reference)
                .cloned()
                .ok_or_else(|| StoreError::not_found("record", &reference.id))?;
            let left = columns::from_json("group of a record", &groups)?;
            let reading = Cow::Borrowed(reading);
            let hash = hash.try_into().map_err(|_| {
                StoreError::unreadable("hash of a record", "it is not 32 bytes long")
            })?;
            places.insert(reference.clone(), Place { version, hash, left, reading });
        }
        put_readings(&mut transaction, company, &places).await?;
        place(&mut transaction, company, &places, &BTreeMap::new()).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// What accounting makes of groups that are never heard of elsewhere.
pub(crate) type Accounts<'a> = BTreeMap<&'a GroupId, &'a GroupAccount>;

/// Moves records into the groups that they belong to, and marks all groups that this concerns. A
/// group that is new and accounted already is not made here, but returned with its members, to be
/// stored with its account in one row.
pub(crate) async fn place<'a>(
    transaction: &mut Transaction,
    company: &CompanyId,
    places: &BTreeMap<RecordRef, Place<'_>>,
    accounts: &Accounts<'a>,
) -> Result<Vec<(String, &'a GroupAccount)>, StoreError> {
    let mut moves: BTreeMap<&GroupId, Moves<'_>> = BTreeMap::new();
    for (reference, place) in places {
        for group in &place.left {
            moves.entry(group).or_default().leave.insert(reference);
        }
        for group in &place.reading.groups {
            moves.entry(group).or_default().join.insert(reference);
        }
    }
    let moves: Vec<(&GroupId, Moves<'_>)> = moves.into_iter().collect();
    let mut fresh = Vec::new();
    for moves in moves.chunks(ROWS_MAX) {
        fresh.extend(mark(transaction, company, moves, accounts).await?);
    }
    Ok(fresh)
}

/// Replaces what was read of records in their latest versions.
async fn put_readings(
    transaction: &mut Transaction,
    company: &CompanyId,
    places: &BTreeMap<RecordRef, Place<'_>>,
) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(places.len());
    for (reference, place) in places {
        rows.push((reference, place.version, ReadingRow::of(&place.reading)?));
    }
    for rows in rows.chunks(ROWS_MAX) {
        Statement::new(
            "update record set groups = wanted.column5, name = wanted.column6,
             issue = wanted.column7 from (",
        )
        .rows(rows, |row, (reference, version, reading)| {
            row.push_bind(reference.connection.as_str())
                .push_bind(reference.stream.as_str())
                .push_bind(reference.id.as_str())
                .push_bind(*version)
                .push_bind(reading.groups.as_str())
                .push_bind(reading.name)
                .push_bind(reading.issue.as_deref());
        })
        .text(
            ") as wanted where record.connection = wanted.column1
             and record.stream = wanted.column2 and record.id = wanted.column3
             and record.version = wanted.column4 and record.company = ",
        )
        .bind(company.as_str())
        .query()
        .execute(&mut *transaction)
        .await?;
    }
    Ok(())
}

/// Marks those of the groups that are there.
pub(crate) async fn mark_again(
    transaction: &mut Transaction,
    company: &CompanyId,
    groups: &[GroupId],
) -> Result<(), StoreError> {
    for groups in groups.chunks(ROWS_MAX) {
        Statement::new("update fact_group set marked = marked + 1 where company = ")
            .bind(company.as_str())
            .text(" and group_id in ")
            .list(groups.iter().map(GroupId::as_str))
            .query()
            .execute(&mut *transaction)
            .await?;
    }
    Ok(())
}

/// Moves records into and out of groups, and marks the groups, but for those that are new and
/// accounted already.
async fn mark<'a>(
    transaction: &mut Transaction,
    company: &CompanyId,
    moves: &[(&GroupId, Moves<'_>)],
    accounts: &Accounts<'a>,
) -> Result<Vec<(String, &'a GroupAccount)>, StoreError> {
    let groups = moves.iter().map(|(group, _)| *group);
    let mut known = members(transaction, company, groups).await?;
    let mut rows = Vec::with_capacity(moves.len());
    let mut fresh = Vec::new();
    for (group, moves) in moves {
        let before = known.remove(*group);
        let account = accounts.get(group).filter(|_| before.is_none());
        let before = before.unwrap_or_default();
        let stay = before.iter().filter(|member| !moves.leave.contains(member));
        let members = stay.chain(moves.join.iter().copied()).collect();
        let members = members_text(&members)?;
        match account {
            Some(account) => fresh.push((members, *account)),
            None => rows.push((group, members)),
        }
    }
    if rows.is_empty() {
        return Ok(fresh);
    }
    Statement::new("insert into fact_group (company, group_id, members, marked, accounted) ")
        .rows(rows, |row, (group, members)| {
            row.push_bind(company.as_str())
                .push_bind(group.as_str())
                .push_bind(members)
                .push_bind(1)
                .push_bind(0);
        })
        .text(
            " on conflict (company, group_id) do update
             set members = excluded.members, marked = fact_group.marked + 1",
        )
        .query()
        .execute(&mut *transaction)
        .await?;
    Ok(fresh)
}

/// The members of up to [`ROWS_MAX`] groups, those that there are.
async fn members<'g>(
    transaction: &mut Transaction,
    company: &'g CompanyId,
    groups: impl Iterator<Item = &'g GroupId>,
) -> Result<BTreeMap<GroupId, BTreeSet<RecordRef>>, StoreError> {
    let rows: Vec<(String, String)> =
        Statement::new("select group_id, members from fact_group where company = ")
            .bind(company.as_str())
            .text(" and group_id in ")
            .list(groups.map(GroupId::as_str))
            .query()
            .fetch_all(&mut *transaction)
            .await?;
    rows.into_iter()
        .map(|(group, members)| {
            let members: Vec<(ConnectionId, Stream, String)> =
                columns::from_json("member of a group", &members)?;
            let reference = |(connection, stream, id)| RecordRef { connection, stream, id };
            Ok((GroupId::from(group), members.into_iter().map(reference).collect()))
        })
        .collect()
}

fn members_text(members: &BTreeSet<&RecordRef>) -> Result<String, StoreError> {
    let short: Vec<(&ConnectionId, &Stream, &str)> =
        members.iter().map(|member| (&member.connection, &member.stream, &*member.id)).collect();
    columns::to_json(&short)
}
