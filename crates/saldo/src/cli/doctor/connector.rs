//! Whether the Web Connector finds its way here, and what to click where it does not.

use super::{Finding, finding};
use crate::connector::{Certificate, PASSWORD, application, is_called, setting};
use crate::engine::{last_call, last_session};
use crate::transport::service;
use jiff::{SignedDuration, Timestamp};
use saldo_books::quickbooks_desktop::connector::Schedule;
use saldo_core::text::{CompanyId, Secret};
use saldo_store::{Connection, Key, Store};

/// After how long without a call something is wrong: a computer may be off over night.
const SILENCE: SignedDuration = SignedDuration::from_hours(36);

/// What to do where it never called.
const ADD: &str = "start `saldo serve`; on the computer of QuickBooks open the company file as \
    its administrator, open the .qwc file in the Web Connector (File, Add an Application), \
    answer \"Yes, always; allow access even if QuickBooks is not running\", type the password, and \
    tick Auto-Run. Later the same stands in QuickBooks under Edit, Preferences, Integrated \
    Applications, Company Preferences, Saldo, Properties";

/// What to do where it does not call any more.
const WAKE: &str = "see that the computer is on, the Web Connector runs there with Auto-Run \
    ticked, `saldo serve` runs, and its address can be opened in a browser there";

/// What to do where the service speaks TLS and the connector does not.
const BY_TLS: &str = "`saldo connect quickbooks-desktop --out FILE.qwc --url https://…/qbwc` and open \
    that file in the Web Connector; or `--no-certificate` where both are on one machine";

/// What to do where it has no password.
const RENEW: &str =
    "`saldo connect quickbooks-desktop --renew-password`, and type it into the Web Connector";

/// Looks at every connection that the connector opens.
pub(super) async fn check(
    store: &Store,
    company: &CompanyId,
    key: Option<&Key>,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) -> anyhow::Result<()> {
    let connections = store.connections(company).await?;
    for connection in connections.iter().filter(|it| is_called(it)) {
        let book = &connection.id;
        findings.push(address(connection));
        findings.extend(certificate(connection));
        if let Some(key) = key {
            let kept = store.secret(company, book, PASSWORD, key).await?;
            let is_set = kept.as_ref().map(Secret::expose).is_some_and(|kept| !kept.is_empty());
            findings.push(finding(format!("`{book}` has a password"), is_set, RENEW));
        }
        let last = last_call(store, company, book).await?.map(|call| call.at);
        findings.push(match last {
            None => finding(format!("the Web Connector has called for `{book}`"), false, ADD),
            Some(at) => {
                let check = format!("the Web Connector calls for `{book}`: last {at:.0}");
                // A person calls when they like.
                let text = connection.settings.get(setting::SCHEDULE);
                let is_by_hand = text.is_some_and(|it| it.parse() == Ok(Schedule::ByHand));
                finding(check, is_by_hand || now.duration_since(at) < SILENCE, WAKE)
            }
        });
        let Some((at, end)) = last_session(store, company, book).await? else { continue };
        let file = connection.settings.get(setting::FILE).map_or("none", String::as_str);
        findings.push(finding(
            format!("the company file of `{book}` is noted: {file}"),
            connection.settings.contains_key(setting::FILE),
            "it is noted by the first session in which QuickBooks says which one is open",
        ));
        let check = format!("the last session of `{book}`, {at:.0}, went well");
        findings.push(finding(check, end.trouble.is_none(), end.trouble.unwrap_or_default()));
    }
    Ok(())
}

fn address(connection: &Connection) -> Finding {
    let url = connection.settings.get(setting::URL).map_or("none", String::as_str);
    let check = match url.starts_with("http://") {
        true => format!("`{}` is called on its own machine, at {url}", connection.id),
        false => format!("`{}` is called at {url}", connection.id),
    };
    let hint = "`saldo connect quickbooks-desktop --out FILE.qwc --url https://…/qbwc`";
    finding(check, application(connection).is_some(), hint)
}

/// Whether the certificate that a connection is set up with can be used, and is asked for; nothing
/// where there is none, since another program may stand before the service.
fn certificate(connection: &Connection) -> Option<Finding> {
    let certificate = Certificate::of(connection)?;
    let url = connection.settings.get(setting::URL).map_or("", String::as_str);
    let file = certificate.chain.display();
    let check = format!("`{}` is served with the certificate {file}", connection.id);
    Some(match service::check(&certificate.chain, &certificate.key) {
        Err(error) => finding(check, false, error.to_string()),
        Ok(()) => finding(check, url.starts_with("https://"), BY_TLS),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::ADAPTER;
    use crate::engine::{CallAnswer, SessionEnd, note_call, note_session};
    use saldo_core::exchange::Addresses;
    use saldo_core::money::Currency;
    use saldo_core::text::ConnectionId;
    use saldo_store::{Company, Role};
    use std::collections::BTreeMap;

    #[tokio::test]
    async fn what_is_wrong_is_named_with_what_to_do() {
        let store = Store::in_memory().await.unwrap();
        let company = Company {
            id: CompanyId::new("demo"),
            name: "Demo".to_owned(),
            currency: Currency::parse("USD").unwrap(),
            timezone: "UTC".to_owned(),
            start_date: "2026-11-01".parse().unwrap(),
        };
        store.create_company(&company).await.unwrap();
        let mut book = Connection {
            id: ConnectionId::new(ADAPTER),
            role: Role::Book,
            adapter: ADAPTER.to_owned(),
            settings: BTreeMap::new(),
            addresses: Addresses::default(),
        };
        store.add_connection(&company.id, &book).await.unwrap();
        let key = Key::generate().unwrap();
        let now: Timestamp = "2026-11-20T08:00:00Z".parse().unwrap();
        let failing = async |now: Timestamp| {
            let mut findings = Vec::new();
            check(&store, &company.id, Some(&key), now, &mut findings).await.unwrap();
            findings.retain(|it| !it.good);
            findings.into_iter().map(|it| it.hint).collect::<Vec<_>>()
        };
        let hints = failing(now).await;
        assert!(hints[0].contains("--url"), "{hints:?}");
        assert_eq!(hints[1..], [RENEW, ADD]);
        for (name, value) in [
            (setting::URL, "https://saldo.example/qbwc"),
            (setting::USER, "saldo-demo"),
            (setting::FILE_ID, "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}"),
            (setting::SCHEDULE, "every 15"),
            (setting::FILE, r"C:\Mug.qbw"),
        ] {
            book.settings.insert(name.to_owned(), value.to_owned());
        }
        store.update_connection(&company.id, &book).await.unwrap();
        let secret = Secret::new("hash");
        store.put_secret(&company.id, &book.id, PASSWORD, &secret, &key).await.unwrap();
        let whose = (&company.id, &book.id);
        note_call(&store, whose, CallAnswer::LetIn, now).await.unwrap();
        assert!(failing(now).await.is_empty());
        let plain = book.clone();
        for name in [setting::CERTIFICATE, setting::KEY] {
            book.settings.insert(name.to_owned(), "/nowhere/chain.pem".to_owned());
        }
        store.update_connection(&company.id, &book).await.unwrap();
        let hints = failing(now).await;
        assert!(hints.len() == 1 && hints[0].contains("/nowhere/chain.pem"), "{hints:?}");
        store.update_connection(&company.id, &plain).await.unwrap();
        assert_eq!(failing(now + SignedDuration::from_hours(40)).await, [WAKE]);
        let end = SessionEnd { done: 0, trouble: Some("the other file is open".to_owned()) };
        note_session(&store, whose, &end, now).await.unwrap();
        assert_eq!(failing(now).await, ["the other file is open"]);
    }
}
