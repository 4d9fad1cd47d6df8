//! Documents to enter: a sale, one of every kind, and whatever a shop may say.

use jiff::civil::Date;
use proptest::prelude::*;
use saldo_core::book::Subject;
use saldo_core::commerce::Product;
use saldo_core::document::{Document, DocumentKey, DocumentKind, Header, Line, LineKind, Party};
use saldo_core::ledger::{Account, AccountKind, Dimensions};
use saldo_core::money::{Currency, Money};
use saldo_core::text::CompanyId;
use std::collections::BTreeMap;

pub(crate) const KINDS: [DocumentKind; 11] = [
    DocumentKind::SalesReceipt,
    DocumentKind::Invoice,
    DocumentKind::Payment,
    DocumentKind::RefundReceipt,
    DocumentKind::CreditMemo,
    DocumentKind::Transfer,
    DocumentKind::Expense,
    DocumentKind::JournalEntry,
    DocumentKind::Bill,
    DocumentKind::VendorCredit,
    DocumentKind::BillPayment,
];

pub(crate) const ACCOUNT_KINDS: [AccountKind; 12] = [
    AccountKind::Bank,
    AccountKind::Clearing,
    AccountKind::Cash,
    AccountKind::Receivable,
    AccountKind::OtherCurrentAsset,
    AccountKind::OtherCurrentLiability,
    AccountKind::TaxLiability,
    AccountKind::Equity,
    AccountKind::Income,
    AccountKind::ContraIncome,
    AccountKind::OtherIncome,
    AccountKind::Expense,
];

/// Text that has hurt somebody before.
pub(crate) const HOSTILE: &str = concat!(
    "\"; saldo: \"AAAAAAAAAAA\" ; saldo:BBBBBBBBBBB, date:2020-99-99 [2020-99-99] | \\ \\\" ",
    "{1 USD} @ #tag ^link\n\n2020-01-01 open X\r\n\t🎉 é\u{2028}\0"
);

/// A sale of 12.50 that is paid into a clearing account.
pub(crate) fn sale(words: &str) -> Document {
    let amount = |minor| Money::from_minor(minor, currency("USD"));
    let clearing = line("Clearing: Shop", AccountKind::Clearing, amount(1_250), words);
    let sales = line("Sales (NY)", AccountKind::Income, amount(-1_250), words);
    let lines = vec![Line { kind: LineKind::Settlement, ..clearing }, sales];
    document(DocumentKind::SalesReceipt, "2026-08-03".parse().unwrap(), lines, words)
}

/// The same, in two dimensions.
pub(crate) fn sale_in(class: &str, location: &str) -> Document {
    let sale = sale("Ann");
    let mut lines = sale.lines().to_vec();
    lines[1].dimensions = [("class", class), ("location", location)].into_iter().collect();
    Document::new(sale.header().clone(), lines).unwrap()
}

/// Documents of every kind over accounts of every kind, in currencies of none to four decimals.
pub(crate) fn every_kind() -> Vec<Document> {
    let codes = ["USD", "JPY", "KWD", "CLF"];
    let made = KINDS.iter().zip(codes.iter().cycle()).enumerate();
    made.map(|(position, (kind, code))| {
        let amount = |minor| Money::from_minor(minor, currency(code));
        let account = |place: usize| {
            let place = (position * 3 + place) % ACCOUNT_KINDS.len();
            (format!("Account: é; {place} \"x\""), ACCOUNT_KINDS[place])
        };
        let lines = [1_234, -1_000_234, 999_000, 0];
        let lines = lines.iter().enumerate().map(|(place, minor)| {
            let (name, kind) = account(place);
            line(&name, kind, amount(*minor), HOSTILE)
        });
        let month = i8::try_from(position).unwrap() % 3 + 1;
        document(*kind, jiff::civil::date(2026, month, 28), lines.collect(), HOSTILE)
    })
    .chain(in_two_currencies())
    .chain([sale_in("Retail; é [a] \"b\"", "Aarhus")])
    .chain([
        document(DocumentKind::JournalEntry, "1970-01-01".parse().unwrap(), Vec::new(), ""),
        document(DocumentKind::JournalEntry, "9999-12-31".parse().unwrap(), Vec::new(), ")(*!|"),
    ])
    .collect()
}

/// A sale in euros, its fee, what is open valued at another rate and back, and what a bank of
/// dollars made of the payout.
pub(crate) fn in_two_currencies() -> Vec<Document> {
    let (usd, eur) = (currency("USD"), currency("EUR"));
    let dollars =
        |name: &str, kind, minor| line(name, kind, Money::from_minor(minor, usd), HOSTILE);
    let cleared = |worth, euros| Line {
        foreign: Some(Money::from_minor(euros, eur)),
        ..dollars("Clearing: Shop EUR", AccountKind::Clearing, worth)
    };
    let sale = vec![cleared(11_000, 10_000), dollars("Sales", AccountKind::Income, -11_000)];
    let fee = vec![dollars("Fees", AccountKind::Expense, 550), cleared(-550, -500)];
    let valued = |worth| {
        vec![cleared(worth, 0), dollars("Not yet gained", AccountKind::OtherIncome, -worth)]
    };
    let payout = vec![
        dollars("Bank", AccountKind::Bank, 10_355),
        dollars("Exchange", AccountKind::OtherIncome, 95),
        cleared(-10_450, -9_500),
    ];
    let all = [
        (DocumentKind::SalesReceipt, 10, "", sale),
        (DocumentKind::Expense, 11, "", fee),
        (DocumentKind::JournalEntry, 12, " valued", valued(-84)),
        (DocumentKind::JournalEntry, 13, " back", valued(84)),
        (DocumentKind::JournalEntry, 14, "", payout),
    ];
    let made = all.map(|(kind, day, words, lines)| {
        let words = format!("{HOSTILE}{words}");
        document(kind, jiff::civil::date(2026, 4, day), lines, &words)
    });
    made.into()
}

pub(crate) fn currency(code: &str) -> Currency {
    Currency::parse(code).unwrap()
}

pub(crate) fn key(document: &Document) -> DocumentKey {
    document.key(&CompanyId::new("demo"), 0)
}

pub(crate) fn subject(document: &Document) -> Subject {
    let document = document.clone();
    Subject::Document {
        key: key(&document),
        document: Box::new(document),
        applies_to: None,
        voids: None,
        draft: false,
    }
}

pub(crate) fn line(name: &str, kind: AccountKind, amount: Money, text: &str) -> Line {
    Line {
        kind: LineKind::Other { taxed: false },
        account: Account::new(name, kind),
        dimensions: Dimensions::default(),
        amount,
        foreign: None,
        taxes: Vec::new(),
        quantity: Some(2),
        text: text.to_owned(),
        origin: "1".to_owned(),
    }
}

pub(crate) fn document(kind: DocumentKind, date: Date, lines: Vec<Line>, words: &str) -> Document {
    let header = Header {
        slot: format!("shop/Order/{kind}/{words}"),
        kind,
        date,
        currency: lines.first().map_or(currency("USD"), |line| line.amount.currency()),
        party: Some(Party::Customer { key: "1".to_owned(), name: words.to_owned() }),
        applies_to: None,
        due: None,
        ships_to: None,
        reference: words.to_owned(),
        memo: words.to_owned(),
    };
    Document::new(header, lines).unwrap()
}

pub(crate) fn any_words() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(HOSTILE.to_owned()),
        "[ -~]{0,24}",
        "(?s).{0,24}",
        "(\"|\\\\|;|:|,|\n|\r| |\t|\\[|\\]|\\(|\\)|saldo|date|é|🎉){0,12}",
    ]
}

pub(crate) fn any_document() -> impl Strategy<Value = Document> {
    let posting = (any_words(), 0..ACCOUNT_KINDS.len(), -1_000_000_000_000_i64..1_000_000_000_000);
    let lines = prop::collection::vec(posting, 1..6);
    let code = prop::sample::select(vec!["USD", "JPY", "KWD", "CLF", "EUR"]);
    let bools = (any::<bool>(), any::<bool>());
    (lines, code, any_words(), bools, 0..KINDS.len(), 1..=28_i8).prop_map(
        |(raw, code, words, (has_party, is_foreign), kind, day)| {
            let amount = |minor| Money::from_minor(minor, currency(code));
            let rest: i64 = raw.iter().map(|(_, _, minor)| *minor).sum();
            let mut lines: Vec<Line> = raw
                .iter()
                .map(|(name, kind, minor)| line(name, ACCOUNT_KINDS[*kind], amount(*minor), &words))
                .collect();
            // An account has one kind in a company.
            let kinds: BTreeMap<_, _> =
                lines.iter().map(|line| (line.account.name.clone(), line.account.kind)).collect();
            for line in &mut lines {
                line.account.kind = kinds[&line.account.name];
            }
            lines.push(line("Rest", AccountKind::Bank, amount(-rest), ""));
            if is_foreign && let Some(first) = lines.first_mut() {
                // Some of them move nothing there, and are only valued anew.
                let moved = if day % 2 == 0 { first.amount.minor() } else { 0 };
                first.foreign = Some(Money::from_minor(moved, currency("GBP")));
            }
            let date = jiff::civil::date(2026, 8, day);
            let made = document(KINDS[kind], date, lines, &words);
            let mut header = made.header().clone();
            header.party = header.party.filter(|_| has_party);
            header.due = (day % 3 == 0).then_some(date);
            let product = Product { id: None, sku: None, title: words.clone() };
            let mut lines = made.lines().to_vec();
            lines[0].kind = LineKind::Product { product, taxed: true, kept: None };
            let classes = [None, Some("Retail"), Some("é: \"b\""), Some("C:\\d")];
            let class = classes[usize::try_from(day).unwrap() % classes.len()];
            lines[0].dimensions = class.into_iter().map(|class| ("class", class)).collect();
            Document::new(header, lines).unwrap()
        },
    )
}
