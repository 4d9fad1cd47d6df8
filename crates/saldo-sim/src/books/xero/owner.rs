//! What people do in the organisation themselves, and see there.

use super::entity::Entity;
use super::kind::Kind;
use super::organisation::Organisation;
use super::write::Write;
use jiff::Timestamp;
use serde_json::Value;

impl Organisation {
    /// Everything of a kind, as it stands in answers.
    #[must_use]
    pub fn shown(&self, kind: Kind) -> Vec<Value> {
        self.shelf(kind).map(|entity| Value::Object(self.show(entity, true))).collect()
    }

    /// Enters something, as somebody does in the browser; what it is called from then on.
    ///
    /// # Panics
    /// Where the organisation does not take it.
    pub fn enter(&mut self, kind: Kind, properties: &Value, now: Timestamp) -> String {
        let write = Write { kind, creates: true, id: None, unit_decimals: 4, now };
        let given = properties.as_object().expect("properties stand in an object");
        let entered = match self.write(&write, given) {
            Ok(place) => self.entity(kind, place),
            Err(refusal) => panic!("{} is not taken: {refusal:?}", kind.name()),
        };
        entered.expect("what was entered is there").id.clone()
    }

    /// Changes these properties of something, as somebody does in the browser.
    ///
    /// # Panics
    /// Where the organisation does not take the change.
    pub fn revise(&mut self, kind: Kind, id: &str, properties: &Value, now: Timestamp) {
        let write = Write { kind, creates: false, id: Some(id), unit_decimals: 4, now };
        let given = properties.as_object().expect("properties stand in an object");
        let written = self.write(&write, given);
        assert!(written.is_ok(), "{} {id} cannot be changed to {properties}", kind.name());
    }

    /// The notes in the histories of a kind, each with what it is at, in the order in which they
    /// were written.
    #[must_use]
    pub fn notes(&self, kind: Kind) -> Vec<(String, String)> {
        let of_one = |entity: &'_ Entity| {
            let notes = entity.history.iter().filter(|note| note.changes == "Note");
            notes.map(|note| (entity.id.clone(), note.details.clone())).collect::<Vec<_>>()
        };
        self.shelf(kind).flat_map(of_one).collect()
    }

    /// Attaches a file, as somebody does in the browser.
    ///
    /// # Panics
    /// Where the organisation does not take it.
    pub fn attach_by_hand(&mut self, (kind, id): (Kind, &str), name: &str, now: Timestamp) {
        let attached = self.attach((kind, id), name, b"by hand", now);
        assert!(attached.is_ok(), "{} {id} takes no file {name}", kind.name());
    }

    /// Matches a payment, or money spent or received, with a row of the bank, or parts the two
    /// again. Its version shows that.
    ///
    /// # Panics
    /// Where there is no such thing.
    pub fn reconcile(&mut self, id: &str, is_reconciled: bool, now: Timestamp) {
        let kinds = [Kind::Payment, Kind::BankTransaction].into_iter();
        let matched = kinds.filter_map(|kind| self.by_id(kind, id)).next().cloned();
        let mut matched = matched.expect("there is such a payment, or such money");
        matched.body.insert("IsReconciled".to_owned(), Value::Bool(is_reconciled));
        self.store(matched, now);
    }
}
