//! How whoever pushes uses a book: what it needs is bound first, what is in doubt is repeated under
//! the token of its batch, or looked for before it is sent again.

use crate::stage::{Stage, Sums};
use saldo_core::book::{Acknowledgement, Need, Outcome, RefusalKind, Subject, Task};
use saldo_core::document::Document;
use saldo_core::matching::{Resolution, resolve};

/// What is done about a batch in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InDoubt {
    /// It is repeated as it was, under its token.
    Repeat,
    /// It is looked for.
    Look,
}

/// How long after a lost answer a look-up sees what it brought.
const VISIBLE_AFTER_SECONDS: i64 = 180;

impl Stage {
    /// Enters documents from nothing on: reads the chart, has bound what they need, and creates
    /// them, as many at a time as the book takes.
    pub(crate) fn push(&mut self, documents: &[Document], in_doubt: InDoubt) {
        self.read_chart();
        for document in documents {
            self.prepare(document, in_doubt);
        }
        let batch = self.book.description().batch;
        let together = |a: &Document, b: &Document| {
            let place = |it: &Document| self.book.place(&self.subject(it));
            let stands_alone = |it: &Document| it.header().applies_to.is_none();
            stands_alone(a) == stands_alone(b) && place(a) == place(b)
        };
        let mut chunks: Vec<Vec<Document>> = Vec::new();
        for document in documents {
            match chunks.last_mut() {
                Some(chunk) if chunk.len() < batch && together(&chunk[0], document) => {
                    chunk.push(document.clone());
                }
                _ => chunks.push(vec![document.clone()]),
            }
        }
        for chunk in chunks {
            let subjects: Vec<Subject> = chunk.iter().map(|it| self.subject(it)).collect();
            let acknowledged = self.create(subjects, in_doubt);
            for (document, acknowledged) in chunk.iter().zip(acknowledged) {
                let key = self.key(document).to_string();
                self.context.bindings.0.insert(key, acknowledged.remote);
            }
        }
    }

    /// Enters one document, which must be taken as it is.
    pub(crate) fn enter(&mut self, document: &Document) -> Acknowledgement {
        self.prepare(document, InDoubt::Look);
        let acknowledged = self.create(vec![self.subject(document)], InDoubt::Look).remove(0);
        let slot = &document.header().slot;
        let total = document.total().unwrap();
        assert!(acknowledged.total.is_none_or(|held| held == total), "{slot}");
        let tax = document.tax().unwrap();
        assert!(acknowledged.tax.is_none_or(|held| held == tax), "{slot}");
        let key = self.key(document).to_string();
        self.context.bindings.0.insert(key, acknowledged.remote.clone());
        acknowledged
    }

    /// Has everything bound that a document needs: found in the chart, or made.
    pub(crate) fn prepare(&mut self, document: &Document, in_doubt: InDoubt) {
        for need in self.book.needs(&self.subject(document)) {
            self.bind(&need, in_doubt);
        }
    }

    pub(crate) fn bind(&mut self, need: &Need, in_doubt: InDoubt) {
        if self.context.bindings.need(need).is_some() {
            return;
        }
        let subject = Subject::Need(need.clone());
        for other in self.book.needs(&subject) {
            self.bind(&other, in_doubt);
        }
        let found = resolve(need, &self.chart, &self.book.names(need), |account| {
            self.context.bindings.need(&Need::Account(account.clone())).cloned()
        });
        let remote = match found {
            Resolution::Bound(remote) => remote,
            Resolution::Contradicts(refusal) => panic!("{refusal:?}"),
            Resolution::Create => self.create(vec![subject], in_doubt).remove(0).remote,
        };
        self.context.bindings.0.insert(need.binding(), remote);
    }

    /// Makes subjects of one place be there, each once.
    pub(crate) fn create(
        &mut self,
        mut subjects: Vec<Subject>,
        in_doubt: InDoubt,
    ) -> Vec<Acknowledgement> {
        let mut done: Vec<Option<Acknowledgement>> = vec![None; subjects.len()];
        let mut token = self.token();
        loop {
            let open: Vec<usize> =
                (0..subjects.len()).filter(|place| done[*place].is_none()).collect();
            if open.is_empty() {
                return done.into_iter().flatten().collect();
            }
            let tasks: Vec<Task> =
                open.iter().map(|place| Task::Create(subjects[*place].clone())).collect();
            match self.try_ask(&tasks, &token) {
                Ok(outcomes) => {
                    for (place, outcome) in open.into_iter().zip(outcomes) {
                        done[place] = self.created(&mut subjects[place], outcome);
                    }
                }
                Err(fault) => {
                    if !self.bear(&fault) || in_doubt == InDoubt::Repeat {
                        continue;
                    }
                    self.wait(VISIBLE_AFTER_SECONDS);
                    for place in open {
                        done[place] = self.found(&subjects[place]);
                    }
                }
            }
            token = self.token();
        }
    }

    /// What became of a subject that was to be created; none where it must be tried again.
    fn created(&mut self, subject: &mut Subject, outcome: Outcome) -> Option<Acknowledgement> {
        match outcome {
            // It is looked at, and amended in the version that is shown then.
            Outcome::Refused(refusal)
                if refusal.kind == RefusalKind::Stale
                    && matches!(subject, Subject::Amended { .. }) =>
            {
                let outcome = self.look(std::slice::from_ref(subject)).remove(0);
                match (outcome, subject) {
                    (Outcome::Found(acknowledged), _) => Some(acknowledged),
                    (Outcome::AsBefore(held), Subject::Amended { version, .. }) => {
                        *version = held.version;
                        None
                    }
                    (other, subject) => panic!("{subject:?}: {other:?}"),
                }
            }
            Outcome::Done(acknowledged) | Outcome::Found(acknowledged) => Some(acknowledged),
            Outcome::Refused(refusal) if refusal.kind == RefusalKind::DuplicateNumber => {
                self.found(subject)
            }
            other => panic!("{subject:?}: {other:?}"),
        }
    }

    /// What is found of a subject; none where it is not there.
    fn found(&mut self, subject: &Subject) -> Option<Acknowledgement> {
        match self.look(std::slice::from_ref(subject)).remove(0) {
            Outcome::Found(acknowledged) => Some(acknowledged),
            Outcome::Absent | Outcome::AsBefore(_) => None,
            other => panic!("{subject:?}: {other:?}"),
        }
    }

    /// A token that was never used.
    fn token(&self) -> String {
        let hash = blake3::hash(format!("{} {}", self.now(), self.asked).as_bytes());
        hash.to_hex().as_str().chars().take(32).collect()
    }

    /// By how much the ledger at the other end moves while something is done.
    pub(crate) fn moved(&mut self, work: impl FnOnce(&mut Self)) -> Sums {
        let before = self.ledger();
        work(self);
        let mut moved = self.ledger();
        for (account, minor) in before {
            *moved.entry(account).or_default() -= minor;
        }
        moved.retain(|_, minor| *minor != 0);
        moved
    }
}
