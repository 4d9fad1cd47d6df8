//! Whom documents name.

use super::entity::Entity;
use super::fields::{self, Object};
use super::kind::Kind;
use super::organisation::Organisation;
use super::refusal::{Checked, Refusal};
use super::write::{Write, keep};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Properties that are kept as they came, and the most letters of texts.
const KEPT: &[(&str, usize)] = &[
    ("Name", 255),
    ("ContactNumber", 50),
    ("AccountNumber", 50),
    ("FirstName", 255),
    ("LastName", 255),
    ("CompanyNumber", 50),
    ("EmailAddress", 255),
    ("TaxNumber", 50),
    ("Addresses", usize::MAX),
    ("Phones", usize::MAX),
];

/// Whom a document names: somebody who is there, or somebody who will be.
pub(super) enum Named {
    Known(String),
    New(String),
}

impl Named {
    /// The contact's identifier. Who was not there yet is created.
    pub(super) fn resolve(
        self,
        organisation: &mut Organisation,
        now: Timestamp,
    ) -> Checked<String> {
        match self {
            Self::Known(id) => Ok(id),
            Self::New(name) => {
                let mut entity = organisation.fresh(Kind::Contact, now);
                entity.set("Name", &name);
                entity.set("ContactStatus", "ACTIVE");
                let id = entity.id.clone();
                organisation.store(entity, now);
                Ok(id)
            }
        }
    }
}

impl Organisation {
    /// The contact of a document: by identifier, by number, by name, or as it was.
    pub(super) fn contact_of(&self, given: &Object, previous: Option<&Entity>) -> Checked<Named> {
        let missing = || {
            Refusal::invalid(
                "The Contact must contain at least 1 of the following elements to identify the \
                 contact: Name, ContactID, ContactNumber",
            )
        };
        let Some(contact) = fields::object(given, "Contact")? else {
            let before = previous.and_then(|entity| entity.body.get("Contact"));
            let id = before.and_then(|contact| contact.get("ContactID")).and_then(Value::as_str);
            return id.map(|id| Named::Known(id.to_owned())).ok_or_else(missing);
        };
        let known = |entity: &Entity| Named::Known(entity.id.clone());
        if let Some(id) = fields::text(contact, "ContactID")? {
            let found = self.by_id(Kind::Contact, id).map(known);
            return found.ok_or_else(|| Refusal::invalid("The contact could not be found"));
        }
        if let Some(number) = fields::text(contact, "ContactNumber")? {
            let mut contacts = self.shelf(Kind::Contact);
            if let Some(found) = contacts.find(|it| it.word("ContactNumber") == number) {
                return Ok(known(found));
            }
        }
        let name = fields::text(contact, "Name")?.ok_or_else(missing)?;
        check_letters(contact)?;
        let found = self.by_key(Kind::Contact, name).map(known);
        Ok(found.unwrap_or_else(|| Named::New(name.trim().to_owned())))
    }

    pub(super) fn write_contact(&mut self, write: &Write<'_>, given: &Object) -> Checked<u64> {
        let previous = self.target(write, given)?;
        check_letters(given)?;
        let name = fields::text(given, "Name")?;
        let Some(name) = name.or_else(|| previous.as_ref().and_then(|it| it.text("Name"))) else {
            return Err(Refusal::invalid("The contact name must be specified."));
        };
        let status = fields::text(given, "ContactStatus")?;
        let before = previous.as_ref().map_or("ACTIVE", |it| it.word("ContactStatus"));
        let status = status.unwrap_or(before).to_owned();
        if !matches!(status.as_str(), "ACTIVE" | "ARCHIVED") {
            return Err(Refusal::malformed("ContactStatus", "is not one that can be set"));
        }
        let other = self.by_key(Kind::Contact, name).map(|entity| entity.place);
        if status == "ACTIVE" && other.is_some() && other != previous.as_ref().map(|it| it.place) {
            return Err(Refusal::invalid(format!(
                "The contact name {name} is already assigned to another contact. The contact name \
                 must be unique across all active contacts."
            )));
        }
        let name = name.trim().to_owned();
        let mut entity = previous.unwrap_or_else(|| self.fresh(Kind::Contact, write.now));
        let names: Vec<&str> = KEPT.iter().map(|(name, _)| *name).collect();
        keep(&mut entity.body, given, &names);
        entity.set("Name", &name);
        entity.set("ContactStatus", &status);
        Ok(self.store(entity, write.now))
    }

    /// A contact as it stands within a document.
    pub(super) fn shown_contact(&self, document: &Entity) -> Value {
        let contact = document.body.get("Contact").and_then(|it| it.get("ContactID"));
        let id = contact.and_then(Value::as_str).unwrap_or("");
        let name = self.by_id(Kind::Contact, id).map_or("", |contact| contact.word("Name"));
        json!({
            "ContactID": id, "Name": name, "Addresses": [], "Phones": [], "ContactGroups": [],
            "ContactPersons": [], "HasValidationErrors": false,
        })
    }
}

fn check_letters(given: &Object) -> Checked<()> {
    let mut wrong = Vec::new();
    for (name, most) in KEPT.iter().filter(|(_, most)| *most < usize::MAX) {
        if fields::text(given, name)?.is_some_and(|text| text.chars().count() > *most) {
            wrong.push(format!("{name} must be at most {most} characters long"));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Refusal::Invalid(wrong)) }
}
