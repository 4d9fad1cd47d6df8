//! Whether a company file is set up for what is entered there: as the last session heard it, with
//! what to click in QuickBooks for each thing that is not right.

use super::{Finding, finding};
use crate::connector::{Moving, is_called, setting};
use crate::engine::{ChartThere, chart_there, heard_settings};
use jiff::Timestamp;
use saldo_books::book;
use saldo_books::quickbooks_desktop::connector::Schedule;
use saldo_core::book::{BookSettings, ListRoom};
use saldo_core::policy::{BookNames, Policy};
use saldo_store::{Company, Connection, Role, Store};

/// What to do where nothing of the company was read yet.
const READ_IT: &str = "each session reads it: start an update in the Web Connector";

/// What to do where there is no sales tax item of nothing.
const TAX_ITEM: &str = "choose Edit > Preferences > Sales Tax > Company Preferences, answer `Do \
    you charge sales tax?` by Yes, choose Add sales tax item, and enter any name, the description \
    `Sales tax` and the rate 0%; or let Saldo make it: `saldo connect quickbooks-desktop \
    --make-tax-item`";

/// What to do before data of the vendor's tills are all in the company file.
const MOVED: &str = "finish moving the data of QuickBooks POS into the company file, then say so: \
    `saldo connect quickbooks-desktop --pos moved`; until then no session enters anything";

/// Looks at every company file.
pub(super) async fn check(
    store: &Store,
    company: &Company,
    policy: &Policy,
    findings: &mut Vec<Finding>,
) -> anyhow::Result<()> {
    let connections = store.connections(&company.id).await?;
    let books = connections.iter().filter(|it| it.role == Role::Book);
    let known: Vec<&str> = books.map(|it| it.id.as_str()).collect();
    for name in policy.text.books.keys().filter(|name| !known.contains(&name.as_str())) {
        let check = format!("the policy's names for `{name}` are for a book that is connected");
        let hint = format!("its books are {}: `saldo map export` shows the line", known.join(", "));
        findings.push(finding(check, false, hint));
    }
    for connection in connections.iter().filter(|it| is_called(it)) {
        let Some(book) = book(&connection.adapter) else { continue };
        let heard = heard_settings(store, &company.id, &connection.id).await?;
        let chart = chart_there(store, company, connection, policy, book).await?;
        findings.push(moved(connection));
        findings.push(schedule(connection));
        findings.extend(read(connection, heard.as_ref()));
        findings.extend(chart.iter().flat_map(|chart| in_chart(connection, chart)));
        let names = policy.names_in(&connection.id);
        findings.push(names_there(connection, &names));
        if let Some((_, settings)) = &heard {
            let room = settings.lists.iter().map(|room| room_in(connection, settings, room));
            findings.extend(room);
        }
    }
    Ok(())
}

fn moved(connection: &Connection) -> Finding {
    let book = &connection.id;
    match Moving::of(connection) {
        Moving::NoTills => {
            finding(format!("`{book}` takes over no data of QuickBooks POS"), true, "")
        }
        Moving::Moved => finding(format!("the data of QuickBooks POS are in `{book}`"), true, ""),
        Moving::NotYet => {
            finding(format!("the data of QuickBooks POS are in `{book}`"), false, MOVED)
        }
    }
}

fn schedule(connection: &Connection) -> Finding {
    let text = connection.settings.get(setting::SCHEDULE).map_or("", String::as_str);
    let words = match text.parse() {
        Ok(Schedule::Every { minutes }) => format!("every {minutes} minutes"),
        Ok(Schedule::ByHand) => "when somebody starts an update, and never by the clock".to_owned(),
        Ok(Schedule::Daily { at }) => {
            format!("daily within fifteen minutes from {at:.0}, and when somebody starts an update")
        }
        Err(_) => "at every call".to_owned(),
    };
    finding(format!("`{}` is synced {words}", connection.id), true, "")
}

/// What the last session heard of the company.
fn read(connection: &Connection, heard: Option<&(Timestamp, BookSettings)>) -> Vec<Finding> {
    let book = &connection.id;
    let Some((at, settings)) = heard else {
        let check = format!("what the owner of `{book}` decided there was read");
        return vec![finding(check, false, READ_IT)];
    };
    let program = settings.program.as_deref().unwrap_or("its program");
    vec![
        finding(format!("`{book}` was read at {at:.0}: {program}"), true, ""),
        // Without it nothing is read, and the last session says so.
        finding(format!("sales tax was switched on in `{book}` then"), true, ""),
    ]
}

/// What the chart has, as it was read last.
fn in_chart(connection: &Connection, chart: &ChartThere) -> Vec<Finding> {
    let (book, at) = (&connection.id, chart.at);
    let check = format!("`{book}` has a sales tax item of 0%, read at {at:.0}");
    let mut findings = vec![finding(check, chart.has_no_tax, TAX_ITEM)];
    let accounts = &chart.accounts;
    let check = format!(
        "every category has an account in `{book}`: {} are there, {} are made when first used",
        accounts.there, accounts.made_later
    );
    let wrong: Vec<String> =
        accounts.wrong.iter().map(|(name, why)| format!("`{name}`: {why}")).collect();
    let hint = format!(
        "{}: make it right under Lists > Chart of Accounts (Include inactive), or choose another: \
         `saldo map show`, then `saldo map set accounts.CATEGORY NAME`",
        wrong.join("; ")
    );
    findings.push(finding(check, wrong.is_empty(), hint));
    findings
}

fn names_there(connection: &Connection, names: &BookNames) -> Finding {
    let BookNames { customers, inventory, vendors, .. } = names;
    let check = format!(
        "`{}` gets customers {}, inventory {}, vendors {}",
        connection.id,
        customers.word(),
        inventory.word(),
        vendors.word()
    );
    finding(check, true, "")
}

/// How full a list is.
fn room_in(connection: &Connection, settings: &BookSettings, room: &ListRoom) -> Finding {
    let (book, ListRoom { list, held, limit }) = (&connection.id, room);
    let program = settings.program.as_deref().unwrap_or("the program");
    let check = match limit {
        Some(limit) => format!("`{book}` has room for {list}: {held} of {limit}"),
        None => format!("`{book}` has room for {list}: {held}, and {program} names no bound"),
    };
    let has_names = matches!(&**list, "names" | "customers" | "vendors" | "items");
    let first = match has_names {
        true => format!(
            "one name for all: `saldo map set books.{book}.customers summary`, and `inventory` or \
             `vendors` in its place"
        ),
        false => {
            format!("delete the {list} that nothing uses (Lists > Customer & Vendor Profile Lists)")
        }
    };
    let hint = format!(
        "{first}; deleted ones count until the file is condensed (File > Utilities > Condense \
         Data); Enterprise holds more"
    );
    finding(check, room.left().is_none_or(|left| left > 0), hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::ADAPTER;
    use saldo_core::exchange::Addresses;
    use saldo_core::money::Currency;
    use saldo_core::text::{CompanyId, ConnectionId};
    use std::collections::BTreeMap;

    const AT: &str = "2026-11-20T08:00:00Z";
    const SETTINGS: &str = r#"{"program": "QuickBooks Premier 2024", "lists": [
        {"list": "names", "held": 14500, "limit": 14500}, {"list": "items", "held": 3}]}"#;
    const CHART: &str = r#"[
        {"remote": "1", "kind": {"account": {"kind": "expense", "currency": null,
         "collects_tax": false}}, "name": "Product sales", "active": true},
        {"remote": "2", "kind": {"account": {"kind": "cost-of-goods", "currency": null,
         "collects_tax": false}}, "name": "Cost of goods sold", "active": true},
        {"remote": "3", "kind": {"tax-rate": {"percent": "8.25"}}, "name": "CA", "active": true}]"#;

    #[tokio::test]
    async fn what_is_not_right_is_named_with_what_to_click() {
        let store = Store::in_memory().await.unwrap();
        let (usd, start) = (Currency::parse("USD").unwrap(), "2026-11-01".parse().unwrap());
        let company = Company {
            id: CompanyId::new("demo"),
            name: "Demo".to_owned(),
            currency: usd,
            timezone: "UTC".to_owned(),
            start_date: start,
        };
        store.create_company(&company).await.unwrap();
        let mut book = Connection {
            id: ConnectionId::new(ADAPTER),
            role: Role::Book,
            adapter: ADAPTER.to_owned(),
            settings: BTreeMap::from([(setting::SCHEDULE.to_owned(), "at 02:00".to_owned())]),
            addresses: Addresses::default(),
        };
        store.add_connection(&company.id, &book).await.unwrap();
        let told = async |text: &str| {
            let policy = Policy::new(1, text, usd, "UTC", start).unwrap();
            let mut findings = Vec::new();
            check(&store, &company, &policy, &mut findings).await.unwrap();
            let (good, bad): (Vec<Finding>, Vec<Finding>) =
                findings.into_iter().partition(|it| it.good);
            let bad: Vec<String> = bad.into_iter().map(|it| it.hint).collect();
            (good.into_iter().map(|it| it.check).collect::<Vec<_>>().join("\n"), bad)
        };
        let (good, bad) = told("").await;
        assert!(good.contains("daily within fifteen minutes from 02:00"), "{good}");
        assert_eq!(bad, [READ_IT]);
        for (kind, body) in [("settings", SETTINGS), ("chart", CHART)] {
            let at = AT.parse().unwrap();
            store.put_observation(&company.id, &book.id, kind, body, at).await.unwrap();
        }
        book.settings.insert(setting::POS.to_owned(), "moving".to_owned());
        store.update_connection(&company.id, &book).await.unwrap();
        let (good, bad) = told("books.quickbooks-desktop.customers = \"summary\"").await;
        assert!(good.contains("customers summary, inventory detailed"), "{good}");
        assert!(good.contains("read at 2026-11-20T08:00:00Z: QuickBooks Premier 2024"), "{good}");
        assert_eq!(bad[..2], [MOVED, TAX_ITEM]);
        assert!(bad[2].starts_with("`Product sales`: an account"), "{bad:?}");
        assert!(bad[3].contains("one name for all") && bad.len() == 4, "{bad:?}");
        let (_, bad) = told("books.quickbooks.customers = \"summary\"").await;
        assert!(bad[0].starts_with("its books are quickbooks-desktop"), "{bad:?}");
    }
}
