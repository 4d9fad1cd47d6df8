//! The policy of a company: revisions, each in force from its first day on.

use super::{Engine, EngineError};
use jiff::civil::Date;
use saldo_core::policy::Policy;
use saldo_store::{Company, PolicyRevision, Store};
use serde::Serialize;
use std::collections::BTreeMap;

impl Engine {
    /// The policy of a company as its latest revision says, with those that were in force before.
    pub(crate) async fn policy_of(store: &Store, company: &Company) -> Result<Policy, EngineError> {
        read_policy(company, &store.policies(&company.id, None).await?)
    }

    /// The same, as it was when this revision was the latest.
    pub(super) async fn policy_until(
        store: &Store,
        company: &Company,
        revision: i64,
    ) -> Result<Policy, EngineError> {
        read_policy(company, &store.policies(&company.id, Some(revision)).await?)
    }
}

/// The days that a revision holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Holds {
    /// The first books day; none where it holds from the beginning.
    pub(crate) from: Option<Date>,
    /// The last books day; none where it holds until another one is made.
    pub(crate) until: Option<Date>,
}

/// The days that each revision holds for, of those that later ones did not replace.
pub(crate) fn holds(revisions: &[PolicyRevision]) -> BTreeMap<i64, Holds> {
    let in_force = in_force(revisions);
    let ends = in_force.iter().skip(1).map(|(since, ..)| since.yesterday().ok()).chain([None]);
    let holds = in_force.iter().zip(ends).map(|((since, revision, _), until)| {
        let from = (*since > Date::MIN).then_some(*since);
        (*revision, Holds { from, until })
    });
    holds.collect()
}

/// The first day, the number and the text of the revisions that hold, the first day first.
fn in_force(revisions: &[PolicyRevision]) -> Vec<(Date, i64, &str)> {
    let mut in_force: Vec<(Date, i64, &str)> = vec![(Date::MIN, 0, "")];
    for PolicyRevision { revision, text, since, .. } in revisions {
        let since = since.unwrap_or(Date::MIN);
        in_force.retain(|(other, ..)| *other < since);
        in_force.push((since, *revision, text));
    }
    in_force
}

/// The policy that revisions make, the first one first. A revision holds from its first day until
/// the day of a later one; one that begins before others did replaces them.
fn read_policy(company: &Company, revisions: &[PolicyRevision]) -> Result<Policy, EngineError> {
    let (currency, zone, start) = (company.currency, &company.timezone, company.start_date);
    let mut latest: Option<Policy> = None;
    for (since, revision, text) in in_force(revisions) {
        let revision = u32::try_from(revision).unwrap_or(u32::MAX);
        let policy = Policy::new(revision, text, currency, zone, start)?;
        latest = Some(match latest.take() {
            Some(before) => policy.following(before, since),
            None => policy,
        });
    }
    Ok(latest.expect("there is always a revision that holds from the first day on"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use saldo_core::money::Currency;
    use saldo_core::policy::Detail;
    use saldo_core::text::CompanyId;

    fn revision(revision: i64, detail: &str, since: Option<&str>) -> PolicyRevision {
        PolicyRevision {
            revision,
            text: format!("detail = \"{detail}\""),
            since: since.map(|since| since.parse().unwrap()),
            at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn each_day_has_the_revision_that_was_in_force() {
        let company = Company {
            id: CompanyId::new("demo"),
            name: "Demo".to_owned(),
            currency: Currency::parse("USD").unwrap(),
            timezone: "UTC".to_owned(),
            start_date: "2026-01-01".parse().unwrap(),
        };
        let details = |revisions: &[PolicyRevision]| {
            let policy = read_policy(&company, revisions).unwrap();
            ["2026-02-28", "2026-03-01", "2026-04-30", "2026-05-01"]
                .map(|day| policy.in_force(day.parse().unwrap()).text.detail)
        };
        let (order, day, payout) = (Detail::Order, Detail::Day, Detail::Payout);
        assert_eq!(details(&[]), [order; 4]);
        let mut revisions = vec![
            revision(1, "day", None),
            revision(2, "payout", Some("2026-05-01")),
            revision(3, "order", Some("2026-03-01")),
        ];
        // The third begins before the second did, and replaces it.
        assert_eq!(details(&revisions), [day, order, order, order]);
        revisions.push(revision(4, "payout", Some("2026-05-01")));
        assert_eq!(details(&revisions), [day, order, order, payout]);
        let [third, fourth] = ["2026-03-01", "2026-05-01"].map(|day| day.parse::<Date>().unwrap());
        let days = |from, until: Option<Date>| Holds {
            from,
            until: until.map(|day| day.yesterday().unwrap()),
        };
        let expected = [
            (1, days(None, Some(third))),
            (3, days(Some(third), Some(fourth))),
            (4, days(Some(fourth), None)),
        ];
        assert_eq!(holds(&revisions), BTreeMap::from(expected));
        revisions.push(revision(5, "payout", None));
        assert_eq!(details(&revisions), [payout; 4]);
    }
}
