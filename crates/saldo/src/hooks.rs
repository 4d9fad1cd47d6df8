//! Word of changes from vendors, on `saldo serve`: who it is from is proved by its signature, and
//! all that it does is to let the next run ask that book for changes.
//!
//! Nothing that stands in a message enters the books. A vendor that doubts the service sends
//! messages with wrong signatures to see them refused, and right ones without events to see them
//! taken.

use crate::engine::{EngineError, note_word};
use crate::transport::clock::Clock;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use saldo_core::exchange::{HttpAnswer, HttpRequest, Method};
use saldo_core::text::{CompanyId, ConnectionId, Secret};
use saldo_store::{Connection, Key, Role, Store};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The path below which vendors call, by their names.
pub(crate) const PATH: &str = "/hooks/";
/// The secret that signatures are made with.
pub(crate) const WEBHOOK_KEY: &str = "webhook-key";
/// How large a message may be, in bytes. Events carry ids alone.
pub(crate) const LIMIT_BYTES: usize = 1 << 20;

/// A vendor that sends word.
struct Hook {
    /// Its book.
    adapter: &'static str,
    /// The header of the signature, in lower case: HMAC by SHA-256 over the body, as Base64.
    signature: &'static str,
    /// The setting of a connection that names whose books it is about.
    setting: &'static str,
    /// Whose books a message is about.
    about: fn(&[u8]) -> Option<BTreeSet<String>>,
}

const HOOKS: [Hook; 2] = [
    Hook { adapter: "xero", signature: "x-xero-signature", setting: "tenant", about: of_xero },
    Hook {
        adapter: "quickbooks-online",
        signature: "intuit-signature",
        setting: "realm",
        about: of_quickbooks,
    },
];

/// A connection that messages may be about.
struct Place {
    company: CompanyId,
    connection: Connection,
    key: Secret,
}

/// Where word of changes is taken.
pub(crate) struct Hooks {
    /// The database.
    pub(crate) store: Store,
    /// What opens the secrets.
    pub(crate) key: Arc<Key>,
    /// The time.
    pub(crate) clock: Clock,
}

impl Hooks {
    /// Takes a message.
    pub(crate) async fn answer(&self, request: &HttpRequest) -> HttpAnswer {
        let path = request.url.split('?').next().unwrap_or_default();
        let name = path.rsplit_once(PATH).map_or("", |(_, name)| name);
        let hook = HOOKS.iter().find(|hook| hook.adapter == name);
        let status = match (request.method, hook) {
            (Method::Post, Some(_)) if request.body.len() > LIMIT_BYTES => 413,
            (Method::Post, Some(hook)) => self.take(hook, request).await.unwrap_or_else(|error| {
                tracing::error!(%error, hook = name, "word of a change could not be kept");
                500
            }),
            (_, Some(_)) => 405,
            (_, None) => 404,
        };
        HttpAnswer { status, headers: Vec::new(), body: Vec::new() }
    }

    /// The status of the answer. Whoever has the key of one connection speaks for that alone.
    async fn take(&self, hook: &Hook, request: &HttpRequest) -> Result<u16, EngineError> {
        let signature = request.headers.iter().find(|(name, _)| name == hook.signature);
        let signature = signature.and_then(|(_, text)| STANDARD.decode(text).ok());
        let Some(signature) = signature else { return Ok(401) };
        let mut signed = self.places(hook).await?;
        signed.retain(|place| is_signed(&place.key, &request.body, &signature));
        if signed.is_empty() {
            tracing::warn!(hook = hook.adapter, "a message with a wrong signature");
            return Ok(401);
        }
        let Some(about) = (hook.about)(&request.body) else { return Ok(400) };
        for Place { company, connection, .. } in signed {
            if connection.settings.get(hook.setting).is_some_and(|whose| about.contains(whose)) {
                let whose = (&company, &connection.id);
                note_word(&self.store, whose, self.clock.now()).await?;
            }
        }
        Ok(200)
    }

    async fn places(&self, hook: &Hook) -> Result<Vec<Place>, EngineError> {
        let mut places = Vec::new();
        for company in self.store.companies().await? {
            for connection in self.store.connections(&company.id).await? {
                if connection.role != Role::Book || connection.adapter != hook.adapter {
                    continue;
                }
                let id: &ConnectionId = &connection.id;
                let key = self.store.secret(&company.id, id, WEBHOOK_KEY, &self.key).await?;
                let place = |key| Place { company: company.id.clone(), connection, key };
                places.extend(key.map(place));
            }
        }
        Ok(places)
    }
}

/// Whether a body was signed with a key; compared in constant time.
fn is_signed(key: &Secret, body: &[u8], signature: &[u8]) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.expose().as_bytes());
    hmac::verify(&key, body, signature).is_ok()
}

/// The organisations of Xero's events.
fn of_xero(body: &[u8]) -> Option<BTreeSet<String>> {
    #[derive(Deserialize)]
    struct Message {
        events: Vec<Event>,
    }
    #[derive(Deserialize)]
    struct Event {
        #[serde(rename = "tenantId")]
        tenant: String,
    }
    let message: Message = serde_json::from_slice(body).ok()?;
    Some(message.events.into_iter().map(|event| event.tenant).collect())
}

/// The companies of QuickBooks Online's events, which are CloudEvents: one message may be about
/// several.
fn of_quickbooks(body: &[u8]) -> Option<BTreeSet<String>> {
    #[derive(Deserialize)]
    struct Event {
        #[serde(rename = "intuitaccountid")]
        realm: String,
    }
    let events: Vec<Event> = serde_json::from_slice(body).ok()?;
    Some(events.into_iter().map(|event| event.realm).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::connect::{Office, connection};
    use crate::engine::word_of_change;
    use jiff::Timestamp;
    use saldo_core::money::Currency;
    use saldo_store::Company;

    const TENANT: &str = "aef86862-2015-4b6b-88bc-d89032cecc50";

    /// Two companies of Xero and two of QuickBooks Online, each connection with a key of its own
    /// but the last, which has none.
    async fn hooks() -> Hooks {
        let (store, key) = (Store::in_memory().await.unwrap(), Arc::new(Key::generate().unwrap()));
        let clock = Clock::simulated("2026-11-20T08:00:00Z".parse().unwrap());
        for (name, keyed) in [("one", true), ("two", true), ("three", false)] {
            let company = Company {
                id: CompanyId::new(name),
                name: name.to_owned(),
                currency: Currency::parse("GBP").unwrap(),
                timezone: "UTC".to_owned(),
                start_date: "2026-11-01".parse().unwrap(),
            };
            store.create_company(&company).await.unwrap();
            let (store, key) = (store.clone(), Arc::clone(&key));
            let office = Office { store, company, key, clock: clock.clone() };
            for (adapter, setting, whose) in
                [("xero", "tenant", TENANT), ("quickbooks-online", "realm", "310687")]
            {
                let mut book = connection(adapter, Role::Book, adapter);
                let whose = if name == "one" { whose } else { name };
                book.settings.insert(setting.to_owned(), whose.to_owned());
                office.add(&book).await.unwrap();
                if keyed {
                    let secret = Secret::new(format!("{name} {adapter}"));
                    office.keep(&book.id, WEBHOOK_KEY, &secret).await.unwrap();
                }
            }
        }
        Hooks { store, key, clock }
    }

    fn signed(hook: &str, header: &str, key: &str, body: &[u8]) -> HttpRequest {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
        let signature = STANDARD.encode(hmac::sign(&key, body));
        HttpRequest::post_json(format!("https://books.example{PATH}{hook}"), body.to_vec())
            .header(header, &signature)
    }

    async fn words(hooks: &Hooks) -> Vec<(String, String, Timestamp)> {
        let mut words = Vec::new();
        for company in hooks.store.companies().await.unwrap() {
            for book in ["quickbooks-online", "xero"] {
                let id = ConnectionId::new(book);
                let word = word_of_change(&hooks.store, &company.id, &id).await.unwrap();
                words.extend(word.map(|at| (company.id.to_string(), book.to_owned(), at)));
            }
        }
        words
    }

    fn of_tenant(tenant: &str) -> Vec<u8> {
        format!(
            r#"{{"events":[{{"resourceUrl":"https://api.xero.com/api.xro/2.0/Invoices/1",
            "resourceId":"1","tenantId":"{tenant}","tenantType":"ORGANISATION",
            "eventCategory":"INVOICE","eventType":"UPDATE",
            "eventDateUtc":"2026-11-20T07:59:00.000"}}],
            "firstEventSequence":76,"lastEventSequence":76,"entropy":"FXNGWLCCGVANWHKILRUB"}}"#
        )
        .into_bytes()
    }

    #[tokio::test]
    async fn the_intent_to_receive_is_answered_by_the_signature_alone() {
        let hooks = hooks().await;
        let body = br#"{"events":[],"lastEventSequence":0,"firstEventSequence":0,"entropy":"S"}"#;
        let right = signed("xero", "x-xero-signature", "one xero", body);
        let answer = hooks.answer(&right).await;
        assert_eq!((answer.status, answer.body.len(), answer.headers.len()), (200, 0, 0));
        let wrong = signed("xero", "x-xero-signature", "another key", body);
        assert_eq!(hooks.answer(&wrong).await.status, 401);
        let mut bare = right.clone();
        bare.headers.retain(|(name, _)| name != "x-xero-signature");
        assert_eq!(hooks.answer(&bare).await.status, 401);
        let changed = HttpRequest { body: of_tenant(TENANT), ..right };
        assert_eq!(hooks.answer(&changed).await.status, 401, "the body is what is signed");
        assert_eq!(words(&hooks).await, []);
    }

    #[tokio::test]
    async fn word_of_a_change_is_kept_for_the_connection_that_it_is_about() {
        let hooks = hooks().await;
        let now = hooks.clock.now();
        let xero = signed("xero", "x-xero-signature", "one xero", &of_tenant(TENANT));
        assert_eq!(hooks.answer(&xero).await.status, 200);
        assert_eq!(words(&hooks).await, [("one".to_owned(), "xero".to_owned(), now)]);
        // Whoever has a key speaks for its own connection alone.
        let other = signed("xero", "x-xero-signature", "two xero", &of_tenant(TENANT));
        assert_eq!(hooks.answer(&other).await.status, 200);
        assert_eq!(words(&hooks).await.len(), 1);
        // One message of QuickBooks Online's may be about several companies.
        let event = |realm: &str| {
            format!(
                r#"{{"specversion":"1.0","id":"{realm}","source":"intuit.x",
                "type":"qbo.invoice.updated.v1","datacontenttype":"application/json",
                "time":"2026-11-20T08:00:00Z","intuitentityid":"1","intuitaccountid":"{realm}",
                "data":{{}}}}"#
            )
        };
        let body = format!("[{},{}]", event("999"), event("310687"));
        let key = "one quickbooks-online";
        let both = signed("quickbooks-online", "intuit-signature", key, body.as_bytes());
        assert_eq!(hooks.answer(&both).await.status, 200);
        let told: Vec<String> = words(&hooks).await.into_iter().map(|(_, book, _)| book).collect();
        assert_eq!(told, ["quickbooks-online", "xero"]);
    }

    #[tokio::test]
    async fn what_cannot_be_taken_is_refused() {
        let hooks = hooks().await;
        let say = |hook, body: &[u8]| signed(hook, "x-xero-signature", "one xero", body);
        let large = vec![b' '; LIMIT_BYTES + 1];
        assert_eq!(hooks.answer(&say("xero", &large)).await.status, 413);
        assert_eq!(hooks.answer(&say("xero", b"[]")).await.status, 400);
        assert_eq!(hooks.answer(&say("sage", b"{}")).await.status, 404);
        let mut read = say("xero", b"");
        read.method = Method::Get;
        assert_eq!(hooks.answer(&read).await.status, 405);
        assert_eq!(words(&hooks).await, []);
    }
}
