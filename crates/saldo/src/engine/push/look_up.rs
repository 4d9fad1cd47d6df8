//! Looking up: what is in doubt is asked for in the book before anything is sent again.

use super::super::EngineError;
use super::Pusher;
use saldo_core::book::{Acknowledgement, Outcome, Subject, Task};
use saldo_core::exchange::{Fault, Permit};
use saldo_core::matching::Resolution;
use saldo_store::{AttemptOutcome, AttemptResult, Pending, Purpose};
use std::collections::BTreeMap;

/// How many pages a look-up may have.
const PAGES_MAX: usize = 10_000;

impl Pusher<'_> {
    /// Looks for what is in doubt. What is not found long enough after its last send is free to be
    /// sent again.
    pub(super) async fn look_up(&mut self, doubtful: Vec<Pending>) -> Result<(), EngineError> {
        let (needs, documents): (Vec<Pending>, Vec<Pending>) =
            doubtful.into_iter().partition(|it| matches!(it.change.subject, Subject::Need(_)));
        if !needs.is_empty() {
            self.look_up_needs(needs).await?;
        }
        let mut by_kind: BTreeMap<_, Vec<Pending>> = BTreeMap::new();
        for it in documents {
            let of = match &it.change.subject {
                Subject::Need(_) => continue,
                Subject::Document { document, .. } | Subject::Confirmed { document, .. } => {
                    (0, document.header().kind)
                }
                Subject::Amended { document, .. } => (1, document.header().kind),
                Subject::Attached { document, .. } => (2, document.header().kind),
            };
            by_kind.entry(of).or_default().push(it);
        }
        for pending in by_kind.into_values() {
            for some in pending.chunks(self.book.description().look_up_batch.max(1)) {
                self.look_up_documents(some).await?;
            }
        }
        Ok(())
    }

    async fn look_up_needs(&mut self, pending: Vec<Pending>) -> Result<(), EngineError> {
        self.wait_for_landing(&pending).await;
        let begun = self.moment();
        self.chart = None;
        let members = pending.iter().map(|it| it.change.id.clone()).collect();
        let batch = self.begin(Purpose::LookUp, members, None).await?;
        let mut results = Vec::new();
        for it in &pending {
            let outcome = match self.resolve(&it.change.subject).await? {
                Some(Resolution::Bound(remote)) => {
                    AttemptOutcome::Acknowledged(Acknowledgement::of(remote))
                }
                // The chart's answer may have told that the clock was wrong.
                _ if self.landing(std::slice::from_ref(it), begun).is_zero() => {
                    AttemptOutcome::Absent
                }
                _ => AttemptOutcome::InDoubt,
            };
            let detail = "looked for in the book's chart".to_owned();
            results.push((it.change.id.clone(), AttemptResult { outcome, detail }));
        }
        self.finish(&batch.id, results).await
    }

    /// What the book cannot even be asked for was never sent: it is as if it were not found.
    async fn give_up_unsayable(
        &mut self,
        pending: &[Pending],
    ) -> Result<Vec<Pending>, EngineError> {
        let (open, unsayable): (Vec<Pending>, Vec<Pending>) =
            pending.iter().cloned().partition(|it| self.can_be_asked_for(&it.change));
        if !unsayable.is_empty() {
            let members: Vec<String> = unsayable.iter().map(|it| it.change.id.clone()).collect();
            let batch = self.begin(Purpose::LookUp, members.clone(), None).await?;
            let detail = "the book cannot hold it, and was not asked".to_owned();
            let result = AttemptResult { outcome: AttemptOutcome::Absent, detail };
            let results = members.into_iter().map(|id| (id, result.clone())).collect();
            self.finish(&batch.id, results).await?;
        }
        Ok(open)
    }

    async fn look_up_documents(&mut self, pending: &[Pending]) -> Result<(), EngineError> {
        let mut open = self.give_up_unsayable(pending).await?;
        for last in [false, true] {
            if open.is_empty() {
                return Ok(());
            }
            if last {
                self.wait_for_landing(&open).await;
            }
            let begun = self.moment();
            let members = open.iter().map(|it| it.change.id.clone()).collect();
            let batch = self.begin(Purpose::LookUp, members, None).await?;
            let tasks: Vec<Task> =
                open.iter().map(|it| Task::look_up(it.change.subject.clone())).collect();
            let outcomes = self.look(&tasks).await?;
            let mut results = Vec::new();
            let mut unseen = Vec::new();
            for ((it, task), outcome) in open.iter().zip(&tasks).zip(outcomes) {
                let absent = outcome == Outcome::Absent;
                let mut result = self.result(&it.change, task, outcome);
                if absent && !self.landing(std::slice::from_ref(it), begun).is_zero() {
                    result.outcome = AttemptOutcome::InDoubt;
                    unseen.push(it.clone());
                }
                results.push((it.change.id.clone(), result));
            }
            self.finish(&batch.id, results).await?;
            open = unseen;
        }
        Ok(())
    }

    /// Looks to the end: what is not among the first rows that the book shows is asked for further.
    pub(in super::super) async fn look(&self, tasks: &[Task]) -> Result<Vec<Outcome>, EngineError> {
        let mut outcomes = self.read(tasks).await?;
        for _ in 0..PAGES_MAX {
            let further = |(place, outcome): (usize, &Outcome)| match (outcome, tasks.get(place)) {
                (Outcome::Further { page }, Some(Task::LookUp { subject, .. })) => {
                    let (subject, page) = (subject.clone(), Some(page.clone()));
                    Some((place, Task::LookUp { subject, page }))
                }
                _ => None,
            };
            let (places, open): (Vec<usize>, Vec<Task>) =
                outcomes.iter().enumerate().filter_map(further).unzip();
            if open.is_empty() {
                return Ok(outcomes);
            }
            for (place, outcome) in places.into_iter().zip(self.read(&open).await?) {
                if let Some(before) = outcomes.get_mut(place) {
                    *before = outcome;
                }
            }
        }
        Err(self.world(Fault::new(Permit::Never, "a look-up in the book does not end")))
    }
}
