//! `saldo connect quickbooks-desktop`: a company file that the Web Connector opens.

use super::{Office, connection};
use crate::cli::args::{ConnectQuickbooksDesktop, Pos};
use crate::cli::{Output, context::Usage};
use crate::connector::{ADAPTER, Moving, PASSWORD, PATH, application, draw, drawn, hash, setting};
use crate::engine::reconnect;
use crate::transport::service::check;
use anyhow::Context;
use saldo_books::quickbooks_desktop::connector::{Guid, Schedule};
use saldo_books::quickbooks_desktop::{MAKES_TAX_ITEM, PAYOUTS};
use saldo_core::text::Secret;
use saldo_store::{Connection, Role};
use std::path::Path;
use url::{Host, Url};

/// Connects the company file, or changes the connection that is there. Returns the password, where
/// one was drawn.
pub(super) async fn quickbooks_desktop(
    office: &Office,
    words: &ConnectQuickbooksDesktop,
    output: &Output,
) -> anyhow::Result<(Connection, Option<Secret>)> {
    let known = office.store.connections(&office.company.id).await?;
    let known = known.into_iter().find(|it| it.role == Role::Book && it.adapter == ADAPTER);
    if words.revoke {
        let connection = known.ok_or_else(|| nothing_there("to be revoked"))?;
        office.keep(&connection.id, PASSWORD, &Secret::new("")).await?;
        output.note("nobody can log in any more: `--renew-password` lets the connector in again");
        return Ok((connection, None));
    }
    let is_new = known.is_none();
    if is_new && words.out.is_none() {
        let text = "give --out FILE.qwc: the file that is opened in the Web Connector";
        return Err(Usage(text.to_owned()).into());
    }
    let mut connection = known.unwrap_or_else(|| connection(ADAPTER, Role::Book, ADAPTER));
    settle(office, &mut connection, words)?;
    reconnect(&mut connection);
    office.add(&connection).await?;
    if let Some(file) = &words.out {
        write(&connection, file)?;
        output.note(&format!(
            "open {} in the Web Connector (File, Add an Application) while the company file is \
             open in QuickBooks as its administrator, and let Saldo in, even if QuickBooks is not \
             running",
            file.display()
        ));
    }
    if !is_new && !words.renew_password {
        return Ok((connection, None));
    }
    let password = draw()?;
    office.keep(&connection.id, PASSWORD, &hash(&password)?).await?;
    output.note("type this password into the Web Connector; it is shown once");
    Ok((connection, Some(password)))
}

fn nothing_there(what: &str) -> anyhow::Error {
    let text = format!("there is no connection {what}: begin with --out FILE.qwc");
    Usage(text).into()
}

/// Says what the words say, and what a new connection needs besides.
fn settle(
    office: &Office,
    connection: &mut Connection,
    words: &ConnectQuickbooksDesktop,
) -> anyhow::Result<()> {
    let said = [
        (setting::URL, words.url.as_deref().map(checked_url).transpose()?),
        (setting::SCHEDULE, schedule(words)?.map(|it| it.to_string())),
        (setting::POS, words.pos.map(|pos| moving(pos).word().to_owned())),
        (MAKES_TAX_ITEM, words.make_tax_item.then(|| "yes".to_owned())),
        (PAYOUTS, words.payouts.map(|form| form.word().to_owned())),
    ];
    for (name, value) in said {
        if let Some(value) = value {
            connection.settings.insert(name.to_owned(), value);
        }
    }
    if words.moved {
        connection.settings.remove(setting::FILE);
    }
    for (name, file) in certificate(words)? {
        match file {
            Some(file) => drop(connection.settings.insert(name.to_owned(), file)),
            None => drop(connection.settings.remove(name)),
        }
    }
    let file_id = Guid::from_random(drawn()?).to_string();
    let needed = [
        (setting::URL, format!("http://localhost:8766{PATH}")),
        (setting::SCHEDULE, "every 15".to_owned()),
        (setting::USER, format!("saldo-{}", office.company.id)),
        (setting::FILE_ID, file_id),
    ];
    for (name, value) in needed {
        connection.settings.entry(name.to_owned()).or_insert(value);
    }
    Ok(())
}

/// What is said of the service's certificate: the files, whole paths of which are kept, or that
/// there is none any more.
fn certificate(
    words: &ConnectQuickbooksDesktop,
) -> anyhow::Result<Vec<(&'static str, Option<String>)>> {
    let names = [setting::CERTIFICATE, setting::KEY];
    let Some((chain, key)) = words.certificate.as_deref().zip(words.key.as_deref()) else {
        let goes = names.map(|name| (name, None)).to_vec();
        return Ok(if words.no_certificate { goes } else { Vec::new() });
    };
    check(chain, key)?;
    let mut files = Vec::new();
    for (name, file) in names.into_iter().zip([chain, key]) {
        let whole = std::path::absolute(file)?;
        let path = whole.to_str().with_context(|| format!("{} is no text", file.display()))?;
        files.push((name, Some(path.to_owned())));
    }
    Ok(files)
}

const fn moving(pos: Pos) -> Moving {
    match pos {
        Pos::None => Moving::NoTills,
        Pos::Moving => Moving::NotYet,
        Pos::Moved => Moving::Moved,
    }
}

fn schedule(words: &ConnectQuickbooksDesktop) -> anyhow::Result<Option<Schedule>> {
    let text = match (words.every, &words.at) {
        (Some(minutes), _) => format!("every {minutes}"),
        (None, Some(at)) => format!("at {at}"),
        (None, None) if words.by_hand => return Ok(Some(Schedule::ByHand)),
        (None, None) => return Ok(None),
    };
    text.parse().map(Some).map_err(|reason| Usage(reason).into())
}

/// An address that the connector may call: by TLS, or in plain text on its own machine.
fn checked_url(text: &str) -> anyhow::Result<String> {
    let refused = |reason: &str| Usage(format!("--url {text}: {reason}"));
    let url = Url::parse(text).map_err(|error| refused(&error.to_string()))?;
    let is_here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if is_here => {}
        _ => {
            let reason = "the Web Connector speaks to https addresses, and to http on its own \
                          machine (http://localhost) alone";
            return Err(refused(reason).into());
        }
    }
    if url.path() != PATH || url.query().is_some() || url.fragment().is_some() {
        return Err(refused("it must end in /qbwc").into());
    }
    Ok(text.to_owned())
}

fn write(connection: &Connection, file: &Path) -> anyhow::Result<()> {
    let application = application(connection).context("the connection is not complete")?;
    std::fs::write(file, application.write())
        .with_context(|| format!("{} cannot be written", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_connector_is_sent_to_addresses_that_it_can_call() {
        for good in [
            "https://saldo.example/qbwc",
            "https://saldo.example:8443/qbwc",
            "http://localhost:8766/qbwc",
            "http://127.0.0.1/qbwc",
            "http://[::1]:1/qbwc",
        ] {
            assert_eq!(checked_url(good).unwrap(), good);
        }
        for bad in [
            "http://saldo.example/qbwc",
            "http://192.168.0.7/qbwc",
            "https://saldo.example/",
            "https://saldo.example/qbwc?x=1",
            "https://saldo.example/a/qbwc",
            "ftp://localhost/qbwc",
            "saldo.example/qbwc",
        ] {
            assert!(checked_url(bad).is_err(), "{bad}");
        }
    }
}
