//! Sending: a batch is written down, sent, repeated as it was while its token is fresh, and parted
//! where the book refuses it as a whole.

use super::super::EngineError;
use super::super::retry::Patience;
use super::landing::Moment;
use super::{Pusher, Work, refused, subject_of};
use saldo_core::book::{Outcome, Refusal, RefusalKind, Subject, Task};
use saldo_core::exchange::{Fault, Permit};
use saldo_core::plan::Change;
use saldo_store::{AttemptOutcome, AttemptResult, Batch, Purpose};
use std::time::Duration;

/// How much earlier than a token is forgotten a batch is no longer repeated under it: the time that
/// a request may still stand in line before it leaves.
const IN_LINE: Duration = Duration::from_mins(1);

impl Pusher<'_> {
    /// Sends a batch until its outcome is known, or must be looked up later.
    pub(super) async fn send(&mut self, work: Vec<Work>) -> Result<(), EngineError> {
        if work.is_empty() {
            return Ok(());
        }
        let mut bindings = self.bindings(work.iter().map(|it| subject_of(&it.task))).await?;
        if let Some(chart) = &self.chart {
            chart.take_names(&mut bindings);
        }
        let tasks: Vec<Task> = work.iter().map(|it| it.task.clone()).collect();
        let members: Vec<String> = work.iter().map(|it| it.change.id.clone()).collect();
        let token = self.new_token(Purpose::Create.name(), &members);
        if let Err(fault) = self.book.ask(&tasks, &token, &self.context(bindings.clone())) {
            return Box::pin(self.send_apart(work, &fault)).await;
        }
        let first_sent = self.moment();
        let mut batch = self.begin(Purpose::Create, members.clone(), None).await?;
        let recognised = work.iter().all(|it| self.book.recognises(subject_of(&it.task)));
        let mut in_doubt = false;
        let mut patience = Patience::default();
        loop {
            let context = self.context(bindings.clone());
            let heard = match self.book.ask(&tasks, &batch.token, &context) {
                Ok(ask) => match self.transport.exchange(&ask).await {
                    Ok(answer) => self.book.hear(&tasks, &answer, &context),
                    Err(fault) => Err(fault),
                },
                Err(fault) => Err(fault),
            };
            let fault = match heard {
                Ok(outcomes) => return self.conclude(&batch, work, outcomes, in_doubt).await,
                Err(fault) => fault,
            };
            in_doubt |= fault.permits == Permit::InDoubt;
            self.note(&batch, &fault).await?;
            let waited = patience.wait(fault.clone(), self.engine, &self.transport).await;
            // The wait counts: the token may have grown old meanwhile.
            if waited.is_err() || (in_doubt && !(recognised && self.may_repeat(first_sent))) {
                return self.leave(in_doubt, fault);
            }
            batch = self.begin(Purpose::Create, members.clone(), Some(&batch)).await?;
        }
    }

    /// Whether a batch in doubt may be sent once more as it was.
    fn may_repeat(&self, first_sent: Moment) -> bool {
        let description = self.book.description();
        let age = self.age(first_sent);
        let young = |lives: Duration| age < lives.saturating_sub(IN_LINE);
        description.idempotent || description.token_lives.is_some_and(young)
    }

    /// A batch that cannot be expressed is sent one by one, so that only its culprit is refused.
    async fn send_apart(&mut self, work: Vec<Work>, fault: &Fault) -> Result<(), EngineError> {
        if let [only] = &work[..] {
            let members = vec![only.change.id.clone()];
            let batch = self.begin(Purpose::Create, members, None).await?;
            let hint = match &only.change.subject {
                Subject::Amended { .. } => {
                    "change it in the book by hand, or the policy as it was; nothing of its money \
                     differs"
                }
                _ if only.change.takes_out.is_empty() => {
                    "enter it by hand, or change the policy so that the book can hold it"
                }
                _ => {
                    "let what it takes out stand: `saldo redo` with its number in `saldo runs`, \
                     or the policy as it was; then take it out in the book by hand, if it must go"
                }
            };
            let refusal = Refusal {
                kind: RefusalKind::Other,
                code: "not-expressible".to_owned(),
                message: fault.message.clone(),
                hint: hint.to_owned(),
            };
            let result = refused(refusal);
            return self.finish(&batch.id, vec![(only.change.id.clone(), result)]).await;
        }
        for one in work {
            Box::pin(self.send(vec![one])).await?;
        }
        Ok(())
    }

    /// Writes down what a fault says of a batch, before anything else happens: what had no effect
    /// is known to be open, whether this process lives to repeat it or not.
    async fn note(&mut self, batch: &Batch, fault: &Fault) -> Result<(), EngineError> {
        let outcome = match fault.permits {
            Permit::InDoubt => AttemptOutcome::InDoubt,
            _ => AttemptOutcome::NoEffect,
        };
        let result = AttemptResult { outcome, detail: fault.message.clone() };
        let results = batch.members.iter().map(|id| (id.clone(), result.clone())).collect();
        self.finish(&batch.id, results).await
    }

    /// Leaves a batch as it is: what is in doubt is looked up by the same run; where nothing took
    /// effect, the run ends.
    fn leave(&self, in_doubt: bool, fault: Fault) -> Result<(), EngineError> {
        match (in_doubt, fault.permits) {
            (true, Permit::InDoubt | Permit::Retry | Permit::RetryAfter(_) | Permit::Refresh) => {
                Ok(())
            }
            _ => Err(self.world(fault)),
        }
    }

    /// Writes down what came of a batch, and sends in parts what was refused as a whole.
    async fn conclude(
        &mut self,
        batch: &Batch,
        work: Vec<Work>,
        outcomes: Vec<Outcome>,
        in_doubt: bool,
    ) -> Result<(), EngineError> {
        if outcomes.len() != work.len() {
            return Err(self.world(Fault::unexpected("the book")));
        }
        let mut results = Vec::with_capacity(outcomes.len());
        let mut undivided = Vec::new();
        let whole = outcomes.len() > 1;
        for (it, outcome) in work.into_iter().zip(outcomes) {
            let id = it.change.id.clone();
            match outcome {
                Outcome::Refused(refusal) if whole && refusal.kind == RefusalKind::WholeRequest => {
                    let (outcome, detail) = (AttemptOutcome::NoEffect, refusal.message);
                    results.push((id, AttemptResult { outcome, detail }));
                    undivided.push(it);
                }
                // It may be refused because an earlier send voided or amended it: only a look
                // shows that.
                Outcome::Refused(refusal) if in_doubt && changes_what_stands(&it.change) => {
                    let (outcome, detail) = (AttemptOutcome::InDoubt, refusal.message);
                    results.push((id, AttemptResult { outcome, detail }));
                }
                outcome => results.push((id, self.result(&it.change, &it.task, outcome))),
            }
        }
        self.finish(&batch.id, results).await?;
        // What is in doubt from an earlier send is looked up before it goes out anew.
        if !in_doubt && !undivided.is_empty() {
            let rest = undivided.split_off(undivided.len().div_ceil(2));
            Box::pin(self.send(undivided)).await?;
            Box::pin(self.send(rest)).await?;
        }
        Ok(())
    }
}

/// Whether a change has something else be of what stands there, in the version that it names.
fn changes_what_stands(change: &Change) -> bool {
    change.voids().is_some() || matches!(change.subject, Subject::Amended { .. })
}
