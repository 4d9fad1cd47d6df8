//! Changes of what is there, with the latest edit sequence alone: elements of lists, and
//! transactions, which are entered anew as they are to be, under their own number.

use super::element::Element;
use super::file::{CompanyFile, Space};
use super::kind::Kind;
use super::record::Record;
use super::status::{Checked, Status};
use super::transactions::Draft;
use super::{fields, tables};
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

    /// Changes a transaction; its number. What the request does not name stays as it is, what it
    /// names without content is taken out. Where it names any lines of a sort, those of that sort
    /// which it does not name are deleted.
    pub(super) fn change_transaction(
        &mut self,
        kind: Kind,
        change: &Element,
        now: Timestamp,
    ) -> Checked<u64> {
        let id = change.text_of("TxnID").unwrap_or("");
        let sequence = change.text_of("EditSequence").unwrap_or("");
        let record = self.by_id(&[kind], id).cloned();
        let mut record = record.ok_or_else(|| Status::not_found(id))?;
        if record.edit_sequence() != sequence {
            return Err(Status::stale(sequence));
        }
        if !record.counts() {
            return Err(Status::locked(kind.name(), "The transaction has been voided."));
        }
        if let Some(date) = record.date() {
            self.check_open_period(kind, date)?;
        }
        let (add, ids) = changed(&record, change)?;
        let date = fields::date(&add, "TxnDate").unwrap_or_else(|| self.today(now));
        self.check_open_period(kind, date)?;
        let mut draft = Draft::new(kind);
        self.work_out(&mut draft, &add, date, now)?;
        let lines = draft.body.children.iter_mut().filter(|it| is_line(&it.name));
        for (line, id) in lines.zip(ids) {
            line.set("TxnLineID", id);
        }
        let mut items = record.items_moved();
        record.legs = self.by_whom_owed(draft.legs);
        (record.body, record.movements, record.settles) =
            (draft.body, draft.movements, draft.settles);
        record.modified = now;
        items.extend(record.items_moved());
        let number = record.number;
        self.store(record);
        self.work_out_stock(items);
        Ok(number)
    }
}

/// A transaction as it is to be, as a request that adds it, and the ids of its lines.
fn changed(record: &Record, change: &Element) -> Checked<(Element, Vec<String>)> {
    let name = format!("{}Add", record.kind.name());
    let mut add = Element::new(&name);
    let of_all = record.body.children.iter().filter(|it| !is_line(&it.name));
    add.children.extend(of_all.filter(|it| tables::may_hold(&name, &it.name)).cloned());
    for said in &change.children {
        if matches!(said.name.as_str(), "TxnID" | "EditSequence") || said.name.ends_with("LineMod")
        {
            continue;
        }
        say(&mut add, said);
    }
    let mut ids = Vec::new();
    let there: Vec<&Element> = record.body.children.iter().filter(|it| is_line(&it.name)).collect();
    let known = |id: &str| there.iter().any(|it| it.text_of("TxnLineID") == Some(id));
    let named = change.children.iter().filter(|it| it.name.ends_with("LineMod"));
    for id in named.map(|it| it.text_of("TxnLineID").unwrap_or("")) {
        if !known(id) {
            return Err(Status::not_found(id));
        }
    }
    for line in there {
        let id = line.text_of("TxnLineID").unwrap_or("");
        let (sort, named_as) = sort_of(&line.name);
        let mut of_sort = change.all(&named_as).peekable();
        let has_any = of_sort.peek().is_some();
        let said = of_sort.find(|it| it.text_of("TxnLineID") == Some(id));
        if has_any && said.is_none() {
            continue;
        }
        let mut entered = Element::new(&sort);
        let kept = line.children.iter().filter(|it| it.name != "TxnLineID");
        entered.children.extend(kept.filter(|it| tables::may_hold(&sort, &it.name)).cloned());
        if let Some(said) = said {
            // Its amount is worked out anew, where it is not said.
            if ["ItemRef", "Quantity", "Rate", "Cost"].iter().any(|it| said.child(it).is_some()) {
                entered.remove("Amount");
            }
            let parts = said.children.iter().filter(|it| it.name != "TxnLineID");
            parts.for_each(|part| say(&mut entered, part));
        }
        add.children.push(entered);
        ids.push(id.to_owned());
    }
    Ok((add, ids))
}

/// Puts what is said in place of what stands there; nothing where it has no content.
fn say(element: &mut Element, said: &Element) {
    match said.children.is_empty() && said.text.trim().is_empty() {
        true => element.remove(&said.name),
        false => element.put(said.clone()),
    }
}

fn is_line(name: &str) -> bool {
    name.ends_with("LineRet") || matches!(name, "JournalDebitLine" | "JournalCreditLine")
}

/// What a shown line is called where it is added, and where it is changed.
fn sort_of(shown: &str) -> (String, String) {
    match shown.strip_suffix("Ret") {
        Some(stem) => (format!("{stem}Add"), format!("{stem}Mod")),
        None => (shown.to_owned(), "JournalLineMod".to_owned()),
    }
}
