//! Long lists that are handed over in parts. They live as long as the session that began them.

use std::collections::BTreeMap;

/// The iterators of a session.
#[derive(Clone, Debug, Default)]
pub(super) struct Iterators {
    begun: u64,
    open: BTreeMap<String, Open>,
}

#[derive(Clone, Debug)]
struct Open {
    request: String,
    rest: Vec<u64>,
}

/// A part of a long list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// The iterator's id.
    pub(super) id: String,
    /// The numbers of the records.
    pub(super) numbers: Vec<u64>,
    /// How many come after them.
    pub(super) remaining: usize,
}

impl Iterators {
    /// Begins one for a request of this name, and takes the first part.
    pub(super) fn start(&mut self, request: &str, numbers: Vec<u64>, most: usize) -> Option<Part> {
        self.begun += 1;
        let id = format!("{{5a1d0000-0000-4000-8000-{:012x}}}", self.begun);
        let open = Open { request: request.to_owned(), rest: numbers };
        self.open.insert(id.clone(), open);
        self.go_on(request, &id, most)
    }

    /// Takes the next part; none where the session has no such iterator for this request.
    pub(super) fn go_on(&mut self, request: &str, id: &str, most: usize) -> Option<Part> {
        let open = self.open.get_mut(id).filter(|open| open.request == request)?;
        let numbers: Vec<u64> = open.rest.drain(..most.min(open.rest.len())).collect();
        let remaining = open.rest.len();
        if remaining == 0 {
            self.open.remove(id);
        }
        Some(Part { id: id.to_owned(), numbers, remaining })
    }

    /// Ends one; false where the session has no such iterator.
    pub(super) fn stop(&mut self, request: &str, id: &str) -> bool {
        let is_there = self.open.get(id).is_some_and(|open| open.request == request);
        if is_there {
            self.open.remove(id);
        }
        is_there
    }
}
