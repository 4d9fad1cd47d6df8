//! Sales tax by the codes of the company's owner: of a whole form in the United States, of each
//! line elsewhere. The tax is what the document says, rate by rate, whatever the company would work
//! out.

use crate::company::{Books, Sums};
use crate::documents::{DAY, line, usd};
use saldo_core::book::{Outcome, SalesTax, TaxRate};
use saldo_core::commerce::{Product, ShipTo};
use saldo_core::document::{Document, DocumentKind, Header, Line, LineKind, Party};
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::money::Money;

const AGENCY: &str = "sales tax agency payable";

/// A state's tax alone, and with a city's.
const CODES: &[(&str, &[(&str, &str)])] = &[
    ("State", &[("State rate", "4")]),
    ("State and city", &[("State rate", "4"), ("City rate", "4.5")]),
];

/// What is charged elsewhere.
const OF_LINES: &[(&str, &[(&str, &str)])] = &[
    ("20.0% S", &[("Standard", "20")]),
    ("5.0% R", &[("Reduced", "5")]),
    ("0.0% Z", &[("Zero-rated", "0")]),
    ("Exempt", &[("Exempt", "0")]),
    ("No VAT", &[]),
];

fn clearing() -> Account {
    Account::new("Clearing: Shop", AccountKind::Clearing)
}

fn goods(amount: &str, taxed: bool, taxes: &[(&str, &str)]) -> Line {
    let product = Product { id: None, sku: Some("MUG".to_owned()), title: "Mug".to_owned() };
    let account = Account::new("Product sales", AccountKind::Income);
    let rate = |(title, rate): &(&str, &str)| TaxRate {
        title: title.to_string(),
        rate: rate.parse().ok(),
    };
    let taxes = taxes.iter().map(rate).collect();
    Line { taxes, ..line(LineKind::Product { product, taxed, kept: None }, account, amount) }
}

fn tax(title: &str, rate: &str, amount: &str) -> Line {
    let kind = LineKind::Tax { title: title.to_owned(), rate: rate.parse().ok() };
    line(kind, Account::new("Sales tax payable", AccountKind::TaxLiability), amount)
}

/// A receipt of what these lines come to.
fn sale(slot: &str, mut lines: Vec<Line>) -> Document {
    let sum = Money::sum(usd(), lines.iter().map(|line| line.amount)).unwrap();
    lines.push(line(LineKind::Settlement, clearing(), &sum.negated().amount_text()));
    let header = Header {
        slot: slot.to_owned(),
        kind: DocumentKind::SalesReceipt,
        date: DAY,
        currency: usd(),
        party: Some(Party::Customer { key: "7".to_owned(), name: "Ann".to_owned() }),
        applies_to: None,
        due: None,
        ships_to: None,
        reference: "#1".to_owned(),
        memo: String::new(),
    };
    Document::new(header, lines).unwrap()
}

/// What a document moved on the agency's account and the clearing account.
fn entered(books: &mut Books, document: &Document) -> (i64, i64) {
    let of = |sums: &Sums, name: &str| sums.get(name).copied().unwrap_or(0);
    let before = books.ledger();
    let acknowledged = books.enter(document);
    assert_eq!(acknowledged.tax, Some(document.tax().unwrap()));
    let after = books.ledger();
    let moved = |name| of(&after, name) - of(&before, name);
    let found = books.look(&books.subject(document));
    assert!(matches!(found, Outcome::Found(_)), "{found:?}");
    (moved(AGENCY), moved("clearing - shop"))
}

#[test]
fn a_form_names_the_code_of_its_taxes_and_what_each_rate_is() {
    let mut books = Books::with_codes(CODES, "codes", &[]);
    // The company would work out 4.00 and 4.50, and nothing on what is not taxed.
    let lines = vec![
        goods("-100.00", true, &[]),
        goods("-7.00", false, &[]),
        tax("NY State", "4", "-4.01"),
        tax("NYC", "4.5", "-4.49"),
    ];
    let both = sale("sale/1", lines);
    assert_eq!(entered(&mut books, &both), (-850, 11_550));
    let shown = books.shown(&both, "SalesReceipt");
    assert_eq!(shown["TxnTaxDetail"]["TxnTaxCodeRef"]["value"], "3");
    let rates = shown["TxnTaxDetail"]["TaxLine"].as_array().unwrap();
    let told = |line: &serde_json::Value| {
        let detail = &line["TaxLineDetail"];
        format!(
            "{} of {} by {}",
            line["Amount"], detail["NetAmountTaxable"], detail["TaxRateRef"]["value"]
        )
    };
    let told: Vec<String> = rates.iter().map(told).collect();
    assert_eq!(told, ["4.01 of 100 by \"2\"", "4.49 of 100 by \"3\""]);
    let state = sale("sale/2", vec![goods("-50.00", true, &[]), tax("Any name", "4", "-2.00")]);
    assert_eq!(entered(&mut books, &state), (-200, 5_200));
    assert_eq!(entered(&mut books, &both.reversal(DAY)), (850, -11_550));
    let untaxed = sale("sale/3", vec![goods("-5.00", false, &[])]);
    assert_eq!(entered(&mut books, &untaxed), (0, 500));
}

/// A sale of 100.00 with a tax of 8.88, of goods that go to this state.
fn sent_to(slot: &str, state: &str) -> Document {
    let document = sale(slot, vec![goods("-100.00", true, &[]), tax("Any", "8.875", "-8.88")]);
    let (header, lines) = (document.header().clone(), document.lines().to_vec());
    let place = ShipTo {
        country: "US".to_owned(),
        region: Some(state.to_owned()),
        postal_code: Some("10001".to_owned()),
    };
    Document::new(Header { ships_to: Some(place), ..header }, lines).unwrap()
}

/// What each rate of the company's automated sales tax has of all forms, in cents.
fn by_rate(books: &Books, expected: &[(&str, i64)]) {
    let told: Vec<_> = books.tax_by_rate().into_iter().collect();
    let expected: Vec<_> = expected.iter().map(|(rate, tax)| (rate.to_string(), *tax)).collect();
    assert_eq!(told, expected);
}

#[test]
fn automated_tax_is_of_the_place_that_goods_go_to() {
    let mut books = Books::new();
    books.collects_in(&[("CA", "8.25"), ("NY", "8.875")]);
    let new_york = sent_to("sale/1", "NY");
    assert_eq!(entered(&mut books, &new_york), (-888, 10_888));
    by_rate(&books, &[("NY State", 888)]);
    assert_eq!(books.shown(&new_york, "SalesReceipt")["ShipAddr"]["Country"], "USA");
    // Its return is of the same place.
    assert_eq!(entered(&mut books, &new_york.reversal(DAY)), (888, -10_888));
    by_rate(&books, &[("NY State", 0)]);
    // What is not sent is of the company's own place.
    let here = sale("sale/2", vec![goods("-100.00", true, &[]), tax("Any", "8.25", "-8.25")]);
    assert_eq!(entered(&mut books, &here), (-825, 10_825));
    by_rate(&books, &[("CA State", 825), ("NY State", 0)]);
}

#[test]
fn a_tax_of_a_place_where_the_company_collects_none_is_held_unless_all_is_said_to_be_at_home() {
    let mut books = Books::new();
    books.collects_in(&[("CA", "8.25"), ("NY", "8.875")]);
    let outcome = books.ask_for(&sent_to("sale/1", "TX")).unwrap();
    let Outcome::Done(held) = outcome else { panic!("{outcome:?}") };
    assert_eq!(held.tax.unwrap().to_string(), "0.00 USD", "what the engine holds it for");
    books.say("sales-tax", "automated-at-home");
    assert_eq!(entered(&mut books, &sent_to("sale/2", "TX")), (-888, 10_888));
    by_rate(&books, &[("CA State", 888)]);
}

#[test]
fn a_tax_of_no_code_is_refused_with_what_to_say() {
    let levy = || sale("sale/1", vec![goods("-10.00", true, &[]), tax("Levy", "7", "-0.70")]);
    let mut books = Books::with_codes(CODES, "codes", &[]);
    let reason = books.ask_for(&levy()).unwrap_err();
    assert!(reason.contains("which tax code of the company's `Levy 7%` is"), "{reason}");
    assert!(reason.contains("--tax \"Levy 7%=CODE\""), "{reason}");
    // Of a code with another rate the company takes what the document says.
    let mut books = Books::with_codes(CODES, "codes", &[("Levy 7%", "State")]);
    assert_eq!(entered(&mut books, &levy()), (-70, 1_070));
}

#[test]
fn lines_that_bear_different_taxes_have_no_code_in_common() {
    let lines = vec![
        goods("-100.00", true, &[]),
        goods("-10.00", true, &[("NY State", "4")]),
        tax("NY State", "4", "-4.40"),
        tax("NYC", "4.5", "-4.50"),
    ];
    let mut books = Books::with_codes(CODES, "codes", &[]);
    let reason = books.ask_for(&sale("sale/1", lines)).unwrap_err();
    assert!(reason.contains("does not bear all of its taxes (NY State + NYC 8.5%)"), "{reason}");
    assert!(reason.contains("`tax.accounts` of the policy"), "{reason}");
}

#[test]
fn a_tax_that_the_company_spreads_otherwise_is_held_with_the_difference() {
    // One tax of the shop, and a code of two rates: the company works them out.
    let combined = |amount: &str| {
        sale("sale/1", vec![goods("-10.00", true, &[]), tax("Combined", "8.5", amount)])
    };
    let said = [("Combined 8.5%", "State and city")];
    let mut books = Books::with_codes(CODES, "codes", &said);
    assert_eq!(entered(&mut books, &combined("-0.85")), (-85, 1_085));
    let mut books = Books::with_codes(CODES, "codes", &said);
    let outcome = books.ask_for(&combined("-0.86")).unwrap();
    let Outcome::Done(held) = outcome else { panic!("{outcome:?}") };
    assert_eq!(held.tax.unwrap().to_string(), "0.85 USD", "what the engine holds it for");
}

#[test]
fn each_line_has_its_code_outside_the_united_states() {
    let said = [("untaxed", "0.0% Z"), ("no sale", "no vat")];
    let mut books = Books::with_codes(OF_LINES, "lines", &said);
    let card = Account::new("Gift cards", AccountKind::OtherCurrentLiability);
    let mixed = sale(
        "sale/1",
        vec![
            goods("-100.00", true, &[("VAT", "20")]),
            goods("-8.33", true, &[("VAT", "20")]),
            goods("-40.00", true, &[("Reduced VAT", "5")]),
            goods("-9.00", false, &[]),
            line(LineKind::Other { taxed: false }, card.clone(), "25.00"),
            tax("VAT", "20", "-21.66"),
            tax("Reduced VAT", "5", "-2.00"),
        ],
    );
    assert_eq!(entered(&mut books, &mixed), (-2_366, 15_599));
    let shown = books.shown(&mixed, "SalesReceipt");
    let lines = shown["Line"].as_array().unwrap().iter();
    let codes: Vec<&str> = lines
        .filter_map(|line| line["SalesItemLineDetail"]["TaxCodeRef"]["value"].as_str())
        .collect();
    assert_eq!(codes, ["2", "2", "3", "4", "6"]);
    assert_eq!(shown["GlobalTaxCalculation"], "TaxExcluded");
    // The company would have worked out 21.67.
    let standard = &shown["TxnTaxDetail"]["TaxLine"][0];
    assert_eq!(standard["Amount"].to_string(), "21.66");
    assert_eq!(standard["TaxLineDetail"]["OverrideDeltaAmount"].to_string(), "-0.01");
    // What is no sale at all is out of the scope of tax.
    let sold = sale("sale/2", vec![line(LineKind::Other { taxed: false }, card, "-30.00")]);
    assert_eq!(entered(&mut books, &sold), (0, 3_000));
    assert_eq!(books.shown(&sold, "SalesReceipt")["GlobalTaxCalculation"], "NotApplicable");
}

/// A line of what this account holds, with these taxes on it.
fn owed(kind: LineKind, name: &str, amount: &str, taxes: &[(&str, &str)]) -> Line {
    let account = Account::new(name, AccountKind::OtherCurrentLiability);
    Line { taxes: goods("0.00", true, taxes).taxes, ..line(kind, account, amount) }
}

/// The codes of a receipt's lines, and what each rate amounts to of what.
fn coded(books: &mut Books, document: &Document) -> (Vec<String>, Vec<String>) {
    let shown = books.shown(document, "SalesReceipt");
    let code = |line: &serde_json::Value| {
        let code = line["SalesItemLineDetail"]["TaxCodeRef"]["value"].as_str();
        code.map(str::to_owned)
    };
    let rate = |line: &serde_json::Value| {
        format!("{} of {}", line["Amount"], line["TaxLineDetail"]["NetAmountTaxable"])
    };
    let rates = shown["TxnTaxDetail"]["TaxLine"].as_array().cloned().unwrap_or_default();
    let codes = shown["Line"].as_array().unwrap().iter().filter_map(code).collect();
    (codes, rates.iter().map(rate).collect())
}

#[test]
fn a_deposit_for_goods_of_several_rates_tells_each_what_it_is_charged_on() {
    let said = [("untaxed", "0.0% Z"), ("no sale", "no vat")];
    let mut books = Books::with_codes(OF_LINES, "lines", &said);
    let name = "Customer deposits";
    let unearned = |taxed, amount, taxes: &[(&str, &str)]| {
        owed(LineKind::Unearned { taxed }, name, amount, taxes)
    };
    let lines = vec![
        unearned(true, "-100.00", &[("VAT", "20")]),
        unearned(true, "-40.00", &[("Reduced VAT", "5")]),
        unearned(false, "-9.00", &[]),
        owed(LineKind::Other { taxed: false }, name, "30.00", &[]),
        tax("VAT", "20", "-20.00"),
        tax("Reduced VAT", "5", "-2.00"),
    ];
    let deposit = sale("sale/1", lines);
    assert_eq!(entered(&mut books, &deposit), (-2_200, 14_100));
    let (codes, rates) = coded(&mut books, &deposit);
    assert_eq!(codes, ["2", "3", "4", "6"], "what was sold without tax, and what is no sale");
    assert_eq!(rates, ["20 of 100", "2 of 40", "0 of 9"]);
}

#[test]
fn a_voucher_takes_off_what_its_tax_is_charged_on() {
    let said = [("untaxed", "0.0% Z"), ("no sale", "no vat")];
    let mut books = Books::with_codes(OF_LINES, "lines", &said);
    let vat = [("VAT", "20")];
    let voucher = |amount| owed(LineKind::Other { taxed: true }, "Gift cards", amount, &vat);
    let in_part = vec![goods("-200.00", true, &vat), voucher("100.00"), tax("VAT", "20", "-20.00")];
    let in_part = sale("sale/1", in_part);
    assert_eq!(entered(&mut books, &in_part), (-2_000, 12_000));
    let (codes, rates) = coded(&mut books, &in_part);
    assert_eq!(codes, ["2", "2"]);
    assert_eq!(rates, ["20 of 100"]);
    let wholly = vec![goods("-100.00", true, &vat), voucher("100.00")];
    let wholly = sale("sale/2", wholly);
    assert_eq!(entered(&mut books, &wholly), (0, 0));
    assert_eq!(coded(&mut books, &wholly).0, ["2", "2"]);
}

#[test]
fn purchases_are_out_of_the_scope_of_tax_there() {
    let mut books = Books::with_codes(OF_LINES, "lines", &[]);
    for document in crate::documents::of_purchases() {
        books.enter(&document);
    }
}

/// Something of this kind that bears a tax on fees, and something that bears none.
fn taxed(slot: &str, kind: DocumentKind, amounts: [&str; 3]) -> Document {
    let fees = |taxed, amount| {
        line(LineKind::Other { taxed }, Account::new("Fees", AccountKind::Expense), amount)
    };
    let [charged, plain, amount] = amounts;
    let mut lines =
        vec![fees(true, charged), fees(false, plain), tax("Tax on fees", "unknown", amount)];
    let sum = Money::sum(usd(), lines.iter().map(|line| line.amount)).unwrap();
    let sum = sum.negated().amount_text();
    lines.push(match kind {
        DocumentKind::Expense => line(LineKind::Settlement, clearing(), &sum),
        _ => {
            let account = Account::new("Accounts payable", AccountKind::Payable);
            line(LineKind::Payable, account, &sum)
        }
    });
    crate::documents::document(slot, kind, lines)
}

#[test]
fn tax_on_what_is_bought_is_in_the_books_report_to_the_cent() {
    let said = [("Tax on fees", "20.0% S"), ("no sale", "no vat")];
    let mut books = Books::with_codes(OF_LINES, "lines", &said);
    // The company would work out 0.67 of 3.33.
    let amounts = ["3.33", "1.00", "0.66"];
    let expense = taxed("fees/1", DocumentKind::Expense, amounts);
    assert_eq!(entered(&mut books, &expense), (66, -499));
    let shown = books.shown(&expense, "Purchase");
    assert_eq!(
        (&shown["GlobalTaxCalculation"], shown["TotalAmt"].to_string()),
        (&"TaxExcluded".into(), "4.99".to_owned())
    );
    let codes: Vec<_> = shown["Line"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["AccountBasedExpenseLineDetail"]["TaxCodeRef"]["value"].clone())
        .collect();
    assert_eq!(codes, ["2", "6"]);
    let rate = &shown["TxnTaxDetail"]["TaxLine"][0];
    assert_eq!(rate["TaxLineDetail"]["NetAmountTaxable"].to_string(), "3.33");
    let bill = taxed("bill/7", DocumentKind::Bill, amounts);
    assert_eq!(entered(&mut books, &bill), (66, 0));
    assert_eq!(books.tax_by_rate()["Standard (Purchases)"], -132);
    // What takes a bill back takes its tax out of the report again.
    assert_eq!(entered(&mut books, &bill.reversal(DAY)), (-66, 0));
    assert_eq!(books.tax_by_rate()["Standard (Purchases)"], -66);
    assert!(!books.tax_by_rate().contains_key("Standard"), "nothing was sold");
    let reason = books.ask_for(&expense.reversal(DAY)).unwrap_err();
    assert!(reason.contains("does not bring the tax of what was bought (0.66 USD)"), "{reason}");
}

#[test]
fn tax_on_what_is_bought_needs_a_code_and_a_company_that_takes_it_back() {
    let expense = taxed("fees/1", DocumentKind::Expense, ["3.33", "1.00", "0.66"]);
    let mut books = Books::with_codes(OF_LINES, "lines", &[("no sale", "no vat")]);
    let reason = books.ask_for(&expense).unwrap_err();
    assert!(reason.contains("--tax \"Tax on fees=CODE\""), "{reason}");
    let mut books = Books::with_codes(OF_LINES, "lines", &[("Tax on fees", "20.0% S")]);
    let reason = books.ask_for(&expense).unwrap_err();
    assert!(reason.contains("--tax \"no sale=CODE\""), "{reason}");
    for mut books in [Books::new(), Books::with_codes(CODES, "codes", &[])] {
        let reason = books.ask_for(&expense).unwrap_err();
        assert!(reason.contains("takes back no tax on what is bought"), "{reason}");
    }
}

#[test]
fn a_code_without_a_rate_for_what_is_bought_is_refused_before_anything_is_sent() {
    let said = [("Tax on fees", "No VAT"), ("no sale", "Exempt")];
    let mut books = Books::with_codes(OF_LINES, "lines", &said);
    let expense = taxed("fees/1", DocumentKind::Expense, ["3.33", "1.00", "0.66"]);
    let reason = books.ask_for(&expense).unwrap_err();
    assert!(reason.contains("`No VAT` has 0 rates for what is bought"), "{reason}");
}

#[test]
fn what_is_sold_untaxed_needs_a_code_too() {
    let mut books = Books::with_codes(OF_LINES, "lines", &[]);
    let reason = books.ask_for(&sale("sale/1", vec![goods("-9.00", false, &[])])).unwrap_err();
    assert!(reason.contains("--tax \"untaxed=CODE\""), "{reason}");
}

#[test]
fn a_company_that_works_tax_out_by_itself_is_told_from_one_that_does_not() {
    let mut books = Books::with_codes(CODES, "codes", &[]);
    books.change(|settings| settings.automated_sales_tax = true);
    assert_eq!(books.decided().sales_tax, SalesTax::Otherwise);
    books.change(|settings| settings.using_sales_tax = false);
    assert_eq!(books.decided().sales_tax, SalesTax::Off);
}
