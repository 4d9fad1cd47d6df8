//! `saldo sim-connector`: the simulated Web Connector and the simulated company file beside it, for
//! whoever wants to see `saldo serve` at work without QuickBooks.

use super::args;
use super::connect::secret_in;
use super::context::text_of_file;
use super::output::table;
use super::{Ending, Output};
use crate::transport::carrier::Carrier;
use crate::transport::http::HttpCarrier;
use anyhow::Context;
use jiff::Timestamp;
use saldo_sim::Reply;
use saldo_sim::books::quickbooks_desktop::{CompanyFile, Ended, Mischief, Step, WebConnector};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

#[derive(Serialize)]
struct Session {
    /// How it ended: `closed`, `no-work`, `invalid-user`, `busy`, `failed`.
    ended: &'static str,
    /// In the words of the service, or of the connector.
    words: String,
    /// How many transactions stand in the company file.
    transactions: usize,
    /// What its accounts hold by its own ledger, in minor units, debit positive.
    balances: BTreeMap<String, i64>,
}

/// One session, as somebody begins it who presses `Update Selected`.
pub(crate) async fn session(words: &args::SimConnector, output: &Output) -> anyhow::Result<Ending> {
    let mut connector = opened(words)?;
    let carrier = Carrier::Http(HttpCarrier::new().context("no request can be sent")?);
    connector.update(Timestamp::now());
    while !connector.is_resting() {
        match connector.next(Timestamp::now()) {
            Step::Call(request) => {
                let heard = carrier.send(&request, None).await;
                let reply = heard.map_or(Reply::Lost, Reply::Answer);
                connector.hear(reply, Timestamp::now());
            }
            Step::Wait(time) => {
                tokio::time::sleep(Duration::try_from(time).unwrap_or_default()).await;
            }
            Step::Rest => break,
        }
    }
    let state = connector.to_json().context("the company file cannot be written")?;
    std::fs::write(&words.company_file, state)
        .with_context(|| format!("{} cannot be written", words.company_file.display()))?;
    let session = told(&connector);
    output.data(&session, || text(&session))?;
    Ok(if session.ended == "failed" { Ending::Held } else { Ending::Done })
}

/// The connector as the last session left it, or a new one beside a company file of a shop in which
/// nothing was entered: with this application in it, and this password.
fn opened(words: &args::SimConnector) -> anyhow::Result<WebConnector> {
    let file = &words.company_file;
    let (qwc, password) = (text_of_file(&words.qwc)?, secret_in(&words.password_file)?);
    let entered = match file.exists() {
        true => {
            let known = WebConnector::from_json(&text_of_file(file)?);
            let is_none = || format!("{} is no such company file", file.display());
            let mut known = known.with_context(is_none)?;
            known.enter_again(&qwc, password.expose()).map(|()| known)
        }
        false => WebConnector::new(&qwc, password.expose(), CompanyFile::retail(words.seed)),
    };
    let refused = || format!("the Web Connector refuses {}", words.qwc.display());
    let mut connector = entered.with_context(refused)?;
    connector.mischief = words.rough.map_or_else(Mischief::none, Mischief::rough);
    Ok(connector)
}

fn told(connector: &WebConnector) -> Session {
    let (ended, words) = match connector.ended() {
        Some(Ended::Closed(words)) => ("closed", words.clone()),
        Some(Ended::NoWork) => ("no-work", "there is no work".to_owned()),
        Some(Ended::InvalidUser) => ("invalid-user", "the user or password is wrong".to_owned()),
        Some(Ended::Busy) => ("busy", "another session goes on".to_owned()),
        Some(Ended::Failed(words)) => ("failed", words.clone()),
        None => ("failed", "it did not begin".to_owned()),
    };
    let company = connector.company();
    let mut balances = BTreeMap::new();
    for posting in company.ledger() {
        *balances.entry(posting.account).or_default() += posting.minor;
    }
    balances.retain(|_, minor| *minor != 0);
    Session { ended, words, transactions: company.documents().len(), balances }
}

fn text(session: &Session) -> String {
    let row = |(account, minor): (&String, &i64)| vec![account.clone(), minor.to_string()];
    let rows = session.balances.iter().map(row).collect();
    format!(
        "{}: {}\n\n{}\n{} transactions\n",
        session.ended,
        session.words,
        table(&["account", "minor units"], 1, rows),
        session.transactions
    )
}
