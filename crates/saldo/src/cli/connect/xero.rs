//! `saldo connect xero`.

use super::super::Output;
use super::super::args::ConnectXero;
use super::super::context::Usage;
use super::super::person::Person;
use super::super::sign_in::sign_in;
use super::{Made, Newcomer, Office, connection, name_taxes, replace, secret_in, settle_in};
use crate::transport::carrier::Carrier;
use crate::transport::http::HttpCarrier;
use anyhow::{Context, bail};
use saldo_books::book;
use saldo_core::exchange::HttpRequest;
use saldo_store::{Connection, Role};
use serde::Deserialize;

/// The adapter, and the name of the connection.
const ADAPTER: &str = "xero";
/// The setting that names the organisation.
const TENANT: &str = "tenant";

/// Connects an organisation, or changes the connection that is there.
pub(super) async fn xero(
    office: &Office,
    words: &ConnectXero,
    person: &mut Person,
    output: &Output,
) -> anyhow::Result<Made> {
    let known = office.store.connections(&office.company.id).await?;
    let known = known.into_iter().find(|it| it.adapter == ADAPTER);
    let is_known = known.is_some();
    let mut connection = known.unwrap_or_else(|| connection(ADAPTER, Role::Book, ADAPTER));
    settle(&mut connection, words)?;
    let webhook_key = words.webhook_key_file.as_deref().map(secret_in).transpose()?;
    let Some(client_id) = &words.client_id else {
        if !is_known {
            return Err(Usage("give --client-id to connect for the first time".to_owned()).into());
        }
        let newcomer = Newcomer::without_secrets(connection);
        let made = settle_in(office, newcomer, words.unchecked, output).await?;
        return office.keep_webhook_key(made, webhook_key).await;
    };
    let secret = words.client_secret_file.as_deref().map(secret_in).transpose()?;
    let refresh = words.refresh_token_file.as_deref().map(secret_in).transpose()?;
    let mut newcomer = Newcomer::of_client(connection, client_id, secret);
    newcomer.check_addresses()?;
    match refresh {
        Some(token) => newcomer.bring_refresh_token(token),
        None => {
            sign_in(&newcomer.keeper(office)?, &words.redirect_url, person).await?;
        }
    }
    if words.tenant.is_none() {
        let tenant = choose(&organisations(office, &newcomer).await?, person).await?;
        newcomer.connection.settings.insert(TENANT.to_owned(), tenant);
    }
    let made = settle_in(office, newcomer, words.unchecked, output).await?;
    office.keep_webhook_key(made, webhook_key).await
}

/// What is said of the connection itself, checked.
fn settle(connection: &mut Connection, words: &ConnectXero) -> anyhow::Result<()> {
    replace(connection, "api", words.api_url.as_ref());
    replace(connection, "token", words.token_url.as_ref());
    replace(connection, "authorise", words.authorise_url.as_ref());
    let settings = &mut connection.settings;
    let said = [
        (TENANT, &words.tenant),
        ("untaxed", &words.untaxed),
        ("drafts", &words.drafts),
        ("notes", &words.notes),
    ];
    for (name, value) in said {
        settings.extend(value.iter().map(|value| (name.to_owned(), value.clone())));
    }
    name_taxes(settings, &words.tax, "TYPE")?;
    let adapter = book(ADAPTER).context("this version has no such book")?;
    adapter.addresses(&connection.settings).map_err(Usage)?;
    Ok(())
}

/// An organisation that a sign-in reaches.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Organisation {
    tenant_id: String,
    tenant_type: String,
    #[serde(default)]
    tenant_name: String,
}

/// The organisations that the sign-in reaches.
async fn organisations(office: &Office, newcomer: &Newcomer) -> anyhow::Result<Vec<Organisation>> {
    let keeper = newcomer.keeper(office)?;
    let carrier = Carrier::Http(HttpCarrier::new()?);
    let token = keeper.token(&carrier).await?;
    let adapter = book(ADAPTER).context("this version has no such book")?;
    let addresses = newcomer.with_own(adapter.home());
    let request = HttpRequest::get(format!("{}/connections", addresses.get("api")?))
        .header("accept", "application/json");
    let answer = carrier.send(&request, Some(&keeper.credential(&token))).await?;
    if answer.status != 200 {
        bail!("the organisations cannot be listed: the vendor answered {}", answer.status);
    }
    read(&answer.body)
}

fn read(body: &[u8]) -> anyhow::Result<Vec<Organisation>> {
    let all: Vec<Organisation> =
        serde_json::from_slice(body).context("the list of organisations cannot be read")?;
    Ok(all.into_iter().filter(|it| it.tenant_type == "ORGANISATION").collect())
}

/// The one that there is, or the one that the person at the keyboard names by its number.
async fn choose(organisations: &[Organisation], person: &mut Person) -> anyhow::Result<String> {
    match organisations {
        [] => bail!("the sign-in reaches no organisation: sign in again and allow one"),
        [only] => {
            person.show(&format!("the organisation is {}", only.tenant_name));
            Ok(only.tenant_id.clone())
        }
        several => {
            person.show(&listed(several));
            let line = person.line().await.context("nothing was typed: give --tenant ID")?;
            Ok(numbered(several, &line)?.to_owned())
        }
    }
}

fn listed(organisations: &[Organisation]) -> String {
    let line = |(index, it): (usize, &Organisation)| {
        format!("  {}  {} ({})\n", index + 1, it.tenant_name, it.tenant_id)
    };
    let lines: String = organisations.iter().enumerate().map(line).collect();
    format!("the sign-in reaches several organisations:\n\n{lines}\ntype the number of one:")
}

fn numbered<'a>(organisations: &'a [Organisation], line: &str) -> Result<&'a str, Usage> {
    let number: Option<usize> = line.trim().parse().ok();
    let chosen = number.and_then(|number| organisations.get(number.checked_sub(1)?));
    let wrong = || Usage(format!("`{}` is none of these: give --tenant ID", line.trim()));
    chosen.map(|it| it.tenant_id.as_str()).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    const ID: &str = "9da1b2c3-5e6f-4a7b-8c9d-0e1f2a3b4c5d";

    fn words() -> ConnectXero {
        ConnectXero {
            webhook_key_file: None,
            client_id: None,
            client_secret_file: None,
            tenant: Some(ID.to_owned()),
            refresh_token_file: None,
            tax: Vec::new(),
            untaxed: None,
            drafts: None,
            notes: None,
            unchecked: false,
            redirect_url: String::new(),
            api_url: None,
            token_url: None,
            authorise_url: None,
        }
    }

    #[test]
    fn what_is_said_again_is_added_to_what_is_known() {
        let mut connection = connection(ADAPTER, Role::Book, ADAPTER);
        settle(&mut connection, &words()).unwrap();
        let taxes = ConnectXero {
            tenant: None,
            tax: vec!["VAT 20%=OUTPUT2".to_owned(), " VAT=5% = RROUTPUT ".to_owned()],
            untaxed: Some("ZERORATEDOUTPUT".to_owned()),
            drafts: Some("submitted".to_owned()),
            notes: Some("on".to_owned()),
            ..words()
        };
        settle(&mut connection, &taxes).unwrap();
        let expected = [
            ("drafts", "submitted"),
            ("notes", "on"),
            ("tax/VAT 20%", "OUTPUT2"),
            ("tax/VAT=5%", "RROUTPUT"),
            (TENANT, ID),
            ("untaxed", "ZERORATEDOUTPUT"),
        ];
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        assert_eq!(connection.settings, BTreeMap::from(expected.map(owned)));
        for wrong in [
            ConnectXero { tax: vec!["VAT".to_owned()], ..words() },
            ConnectXero { tax: vec!["=OUTPUT2".to_owned()], ..words() },
            ConnectXero { tenant: Some("Demo Ltd".to_owned()), ..words() },
            ConnectXero { drafts: Some("posted".to_owned()), ..words() },
            ConnectXero { notes: Some("always".to_owned()), ..words() },
        ] {
            assert!(settle(&mut connection.clone(), &wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn an_organisation_is_chosen_by_its_number() {
        let body = br#"[
            {"id":"1","tenantId":"t1","tenantType":"ORGANISATION","tenantName":"Mugs Ltd"},
            {"id":"2","tenantId":"t2","tenantType":"PRACTICE","tenantName":"Advisers"},
            {"id":"3","tenantId":"t3","tenantType":"ORGANISATION","tenantName":"Cups Ltd"}]"#;
        let organisations = read(body).unwrap();
        assert!(listed(&organisations).contains("  2  Cups Ltd (t3)"));
        assert_eq!(numbered(&organisations, " 2\n").ok(), Some("t3"));
        for wrong in ["0", "3", "Mugs", ""] {
            assert!(numbered(&organisations, wrong).is_err(), "{wrong}");
        }
    }
}
