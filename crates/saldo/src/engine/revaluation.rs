//! What is open in other currencies at the ends of months, valued at the rates that the owner
//! states. It follows from the entries of all groups, and is accounted after them.

use super::account::{Heard, Readers, account_of};
use super::desk::Desk;
use super::{Engine, EngineError};
use saldo_core::accounting::{self, Group, RevaluedMonth};
use saldo_core::text::GroupId;
use saldo_store::{DirtyGroup, GroupAccount};
use std::collections::BTreeMap;

/// How the names of these groups begin.
const GROUPS: &str = "revaluation/";

/// Whether a group is accounted here, after all others.
pub(super) fn is_of_its_own(group: &GroupId) -> bool {
    group.as_str().starts_with(GROUPS)
}

/// Accounts all months of which something else follows than is stored, and returns how many.
pub(super) async fn revalue(engine: &Engine, desk: &Desk) -> Result<usize, EngineError> {
    let company = engine.company_id();
    let known = engine.store.accounts_beginning(company, GROUPS).await?;
    let sums = match desk.policy.revalues() {
        true => engine.store.foreign_sums(company).await?,
        false => Vec::new(),
    };
    if known.is_empty() && sums.is_empty() {
        return Ok(0);
    }
    let heard = Heard::of(engine).await?;
    let heard_to = accounting::heard_to(&sums, &desk.policy, |channel| heard.until(channel));
    let mut open = accounting::open_balances(&sums, &desk.policy, &heard_to);
    let mut stored: BTreeMap<RevaluedMonth, (GroupAccount, bool)> = BTreeMap::new();
    let mut kept = Vec::new();
    for (account, has_news) in known {
        if let Some(Group::Revaluation(month)) = Group::parse(&account.group) {
            let until = heard_to.get(&month.currency);
            let is_heard =
                until.is_none_or(|until| desk.policy.end_of_month(month.month) <= *until);
            if !is_heard && !account.entries.is_empty() {
                // Not all of it is heard now, as when another shop was connected: what was entered
                // stays as it is, and what was said of it since waits.
                kept.extend(has_news.then_some((month, account)));
                continue;
            }
            open.entry(month).or_default();
            stored.insert(month, (account, has_news));
        }
    }
    let readers = Readers::of(engine).await?;
    let groups: Vec<GroupId> = open.keys().map(|month| Group::Revaluation(*month).id()).collect();
    let records = engine.store.group_records(company, &groups).await?;
    let mut accounts = Vec::new();
    for ((month, open), group) in open.iter().zip(groups) {
        let told = records.get(&group).map_or(&[][..], Vec::as_slice);
        let told = readers.read(engine, told).await?;
        let accounted = accounting::revalue(month, open, &told.facts, &desk.policy);
        let before = stored.get(month);
        let mark = before.map_or(1, |(account, _)| account.mark);
        let account = account_of(DirtyGroup { group, mark }, accounted);
        if before.is_none_or(|(before, has_news)| *has_news || *before != account) {
            accounts.push(account);
        }
    }
    for (month, account) in kept {
        let told =
            engine.store.group_records(company, std::slice::from_ref(&account.group)).await?;
        let told = told.get(&account.group).map_or(&[][..], Vec::as_slice);
        let told = readers.read(engine, told).await?;
        let states = accounting::stand_meanwhile(&month, &told.facts, &account.states);
        accounts.push(GroupAccount { states, ..account });
    }
    engine.keep_desk(desk).await?;
    engine.store.save_accounting(&desk.lease, &accounts).await?;
    Ok(accounts.len())
}
