//! Changes of list elements: with the latest edit sequence alone.

use super::element::Element;
use super::file::{CompanyFile, Space};
use super::kind::Kind;
use super::record::Record;
use super::status::{Checked, Status};
use jiff::Timestamp;

impl CompanyFile {
    /// Changes an element of a list; its number. What the request does not name stays as it is,
    /// what it names without content is taken out.
    pub(super) fn change(&mut self, kind: Kind, change: &Element, now: Timestamp) -> Checked<u64> {
        let id = change.text_of("ListID").unwrap_or("");
        let sequence = change.text_of("EditSequence").unwrap_or("");
        let record = self.by_id(&[kind], id).ok_or_else(|| Status::not_found(id))?;
        if record.edit_sequence() != sequence {
            return Err(Status::stale(sequence));
        }
        let mut record = record.clone();
        let kept = self.kept(change, &record.body.name.clone(), now)?;
        for said in &change.children {
            match (said.name.as_str(), kept.child(&said.name)) {
                ("ListID" | "EditSequence", _) => {}
                (_, Some(kept)) => record.body.put(kept.clone()),
                (name, None) => record.body.remove(name),
            }
        }
        let name = record.text("Name").ok_or_else(|| Status::missing("Name"))?.to_owned();
        let before = self.record(record.number).map_or("", Record::full_name).to_owned();
        let after = match before.rsplit_once(':') {
            Some((parents, _)) => format!("{parents}:{name}"),
            None => name.clone(),
        };
        if name.contains(':') {
            return Err(Status::refused("Name", &name, "A name must not contain a colon."));
        }
        let owner =
            Space::of(kind).and_then(|it| self.index.names.get(&(it, after.to_lowercase())));
        if owner.is_some_and(|owner| *owner != record.number) {
            return Err(Status::name_taken(&name));
        }
        record.modified = now;
        let number = record.number;
        if kind.has_parents() {
            record.body.set("FullName", after.clone());
            self.rename_below(kind, &before, &after);
        }
        self.store(record);
        Ok(number)
    }

    fn rename_below(&mut self, kind: Kind, before: &str, after: &str) {
        let prefix = format!("{before}:");
        let below = self.shelf(kind).filter(|it| it.full_name().starts_with(&prefix));
        let below: Vec<Record> = below.cloned().collect();
        for mut record in below {
            let rest = record.full_name().strip_prefix(before).unwrap_or("").to_owned();
            record.body.set("FullName", format!("{after}{rest}"));
            self.store(record);
        }
    }
}
