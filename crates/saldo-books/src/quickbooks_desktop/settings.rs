//! What the company's owner decided, how full the lists are, and what stops all work: the edition,
//! and whether sales tax is switched on.

use super::find;
use super::message::{Request, Responses};
use super::room;
use super::shape::CLASS;
use super::wire::PlainQuery;
use super::xml::Element;
use saldo_core::book::{BookContext, BookSettings};
use saldo_core::exchange::{Fault, Permit};

/// The request for the program.
const HOST: &str = "Host";
/// The request for the company.
const COMPANY: &str = "Company";
/// The request for the preferences.
pub(super) const PREFERENCES: &str = "Preferences";
/// The version of the messages that are written here.
const VERSION: &str = "13.0";
/// The one edition whose forms take what is written here.
const COUNTRY: &str = "US";
/// What a program is called that does not say its name.
const UNNAMED: &str = "QuickBooks";
/// What a company calls the currency of the United States.
const DOLLAR: &str = "US Dollar";

/// What asks for them.
///
/// # Errors
/// In words, where a query cannot be written.
pub(super) fn requests() -> Result<Vec<Request>, String> {
    let request = |name: &str| Request::query(name, &PlainQuery { request_id: name.to_owned() });
    [HOST, COMPANY, PREFERENCES].into_iter().map(request).chain(room::requests()).collect()
}

/// What the answers mean.
///
/// # Errors
/// Where they cannot be read, or the company is none that documents can be entered in.
pub(super) fn settings(
    mut responses: Responses,
    context: &BookContext,
) -> Result<BookSettings, Fault> {
    read(&mut responses, context).map(|(settings, _)| settings)
}

/// What the answers mean, and the preferences as they came.
///
/// # Errors
/// As [`settings`].
pub(super) fn read(
    responses: &mut Responses,
    context: &BookContext,
) -> Result<(BookSettings, Element), Fault> {
    let host = row(responses, HOST)?;
    row(responses, COMPANY)?;
    let preferences = preferences(responses)?;
    check_program(&host)?;
    check_company(&preferences, context)?;
    let closed = preferences.text(["AccountingPreferences", "ClosingDate"]);
    let closed = closed.map(|date| {
        let unreadable =
            |error| stop(&format!("the closing date `{date}` cannot be read: {error}"));
        date.parse().map_err(unreadable)
    });
    let classes = preferences.text(["AccountingPreferences", "IsUsingClassTracking"]);
    let off = (classes != Some("true")).then(|| CLASS.to_owned());
    let program = host.text(["ProductName"]).unwrap_or(UNNAMED);
    let settings = BookSettings {
        closed_until: closed.transpose()?,
        one_currency: keeps_one_currency(&preferences),
        switched_off: off.into_iter().collect(),
        program: Some(program.to_owned()),
        lists: room::read(responses, program)?,
        ..BookSettings::default()
    };
    Ok((settings, preferences))
}

/// The company's preferences.
///
/// # Errors
/// Where they were refused or not answered.
pub(super) fn preferences(responses: &mut Responses) -> Result<Element, Fault> {
    row(responses, PREFERENCES)
}

/// Whether the company keeps its own currency alone.
pub(super) fn keeps_one_currency(preferences: &Element) -> bool {
    preferences.text(["MultiCurrencyPreferences", "IsMultiCurrencyOn"]) != Some("true")
}

/// What the company calls its own currency; none where it has but one.
pub(super) fn home_currency(preferences: &Element) -> Option<&str> {
    preferences.text(["MultiCurrencyPreferences", "HomeCurrencyRef", "FullName"])
}

fn row(responses: &mut Responses, name: &str) -> Result<Element, Fault> {
    let rows = find::rows(name, responses.take(name))?;
    let first = rows.into_iter().next();
    first.ok_or_else(|| Fault::new(Permit::Never, format!("quickbooks shows no {name}")))
}

fn stop(reason: &str) -> Fault {
    Fault::new(Permit::Never, reason)
}

fn check_program(host: &Element) -> Result<(), Fault> {
    let product = host.text(["ProductName"]).unwrap_or(UNNAMED);
    if !host.all("SupportedQBXMLVersion").any(|version| version.text([]) == Some(VERSION)) {
        return Err(stop(&format!(
            "{product} does not take messages of the version {VERSION}: QuickBooks 2014 or later \
             is needed"
        )));
    }
    match host.text(["Country"]) {
        Some(country) if country != COUNTRY => Err(stop(&format!(
            "{product} is the edition of {country}: only that of the United States is supported, \
             since others want a tax code on each line"
        ))),
        _ => Ok(()),
    }
}

fn check_company(preferences: &Element, context: &BookContext) -> Result<(), Fault> {
    if preferences.child("SalesTaxPreferences").is_none() {
        return Err(stop(
            "sales tax is switched off in QuickBooks, so that lines cannot say that it must add \
             none: choose Edit > Preferences > Sales Tax > Company Preferences, and answer `Do you \
             charge sales tax?` by Yes",
        ));
    }
    match home_currency(preferences) {
        Some(home) if (home == DOLLAR) != (context.currency.code() == "USD") => {
            Err(stop(&format!(
                "the company keeps its books in {home}, and Saldo's are in {}",
                context.currency
            )))
        }
        _ => Ok(()),
    }
}
