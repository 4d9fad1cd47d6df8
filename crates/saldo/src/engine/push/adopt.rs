//! Adopting: what documents refer to is taken over where the book's chart has it, and created where
//! not.

use super::super::EngineError;
use super::super::chart::Chart;
use super::{Pusher, Work};
use saldo_core::book::{Acknowledgement, Refusal, Subject, Task};
use saldo_core::document::{DocumentKind, Line};
use saldo_core::exchange::Fault;
use saldo_core::matching::Resolution;
use saldo_core::plan::Change;
use saldo_core::text::RemoteId;
use saldo_store::{AttemptOutcome, AttemptResult, Purpose};
use std::collections::{BTreeMap, VecDeque};

impl Pusher<'_> {
    /// The book's chart, read once a run and again when it proved stale.
    pub(in crate::engine) async fn chart(&mut self) -> Result<&Chart, EngineError> {
        if self.chart.is_none() {
            let (chart, settings) = Chart::read(self).await?;
            self.chart_requests = Some(chart.requests);
            self.chart = Some(chart);
            if let Some(settings) = settings {
                self.keep_settings(settings).await?;
            }
        }
        let empty = || self.world(Fault::unexpected("the chart"));
        self.chart.as_ref().ok_or_else(empty)
    }

    /// Creates what the book does not have, after adopting what it has, in full batches.
    pub(super) async fn create(&mut self, changes: Vec<Change>) -> Result<(), EngineError> {
        let changes = self.look_first(changes).await?;
        let mut places: BTreeMap<(u8, String), Vec<Work>> = BTreeMap::new();
        let (mut adopted, mut refused) = (Vec::new(), Vec::new());
        for change in changes {
            match self.resolve(&change.subject).await? {
                Some(Resolution::Bound(remote)) => adopted.push((change.id, remote)),
                Some(Resolution::Contradicts(refusal)) => refused.push((change.id, refusal)),
                Some(Resolution::Create) | None => {
                    if let Some(refusal) = self.no_place(&change.subject).await? {
                        refused.push((change.id, refusal));
                        continue;
                    }
                    let task = Task::Create(change.subject.clone());
                    let place = (turn(&change.subject), self.book.place(&change.subject));
                    places.entry(place).or_default().push(Work { change, task });
                }
            }
        }
        self.adopt(adopted).await?;
        self.leave_to_a_person(refused).await?;
        let full = self.book.description().batch.max(1);
        let mut batches = VecDeque::new();
        // Files come last: what a book does not take of them keeps nothing else from it.
        let is_file = |work: &Vec<Work>| {
            work.iter().any(|work| matches!(work.change.subject, Subject::Attached { .. }))
        };
        let (files, others): (Vec<_>, Vec<_>) = places.into_values().partition(is_file);
        for mut work in others.into_iter().chain(files) {
            while !work.is_empty() {
                let rest = work.split_off(work.len().min(full));
                batches.push_back(work);
                work = rest;
            }
        }
        while let Some(work) = batches.pop_front() {
            let changes = work.len() + batches.iter().map(Vec::len).sum::<usize>();
            self.leave_some(batches.len() + 1, changes)?;
            self.send(work).await?;
        }
        Ok(())
    }

    pub(super) async fn resolve(
        &mut self,
        subject: &Subject,
    ) -> Result<Option<Resolution>, EngineError> {
        let Subject::Need(need) = subject else { return Ok(None) };
        let bindings = self.bindings(std::iter::once(subject)).await?;
        let (book, need) = (self.book, need.clone());
        let chart = self.chart().await?;
        Ok(Some(chart.resolve(book, &need, &bindings)))
    }

    /// Leaves to a person what the book has otherwise, or has no place for. Nothing is sent: as
    /// with a look-up, nothing can be in doubt.
    async fn leave_to_a_person(
        &mut self,
        refused: Vec<(String, Refusal)>,
    ) -> Result<(), EngineError> {
        if refused.is_empty() {
            return Ok(());
        }
        let members = refused.iter().map(|(id, _)| id.clone()).collect();
        let batch = self.begin(Purpose::LookUp, members, None).await?;
        let result = |(id, refusal): (String, Refusal)| {
            let detail = refusal.message.clone();
            (id, AttemptResult { outcome: AttemptOutcome::Refused(refusal), detail })
        };
        self.finish(&batch.id, refused.into_iter().map(result).collect()).await
    }

    /// Takes over what the book already has.
    async fn adopt(&mut self, found: Vec<(String, RemoteId)>) -> Result<(), EngineError> {
        if found.is_empty() {
            return Ok(());
        }
        let members: Vec<String> = found.iter().map(|(id, _)| id.clone()).collect();
        let batch = self.begin(Purpose::LookUp, members, None).await?;
        let results = found
            .into_iter()
            .map(|(id, remote)| {
                let outcome = AttemptOutcome::Acknowledged(Acknowledgement::of(remote));
                (id, AttemptResult { outcome, detail: "found in the book's chart".to_owned() })
            })
            .collect();
        self.finish(&batch.id, results).await
    }
}

/// When something is sent among what is ready. What lays units in at a cost comes first, then what
/// brings units back: books that keep stock value these, and what leaves, by what is there.
fn turn(subject: &Subject) -> u8 {
    let Subject::Document { document, voids: None, .. } = subject else { return 2 };
    let comes_in = |line: &Line| line.stock_move().is_some_and(|(_, units)| units > 0);
    match (document.lines().iter().any(comes_in), document.header().kind) {
        (true, DocumentKind::ItemReceipt) => 0,
        (true, _) => 1,
        (false, _) => 2,
    }
}
