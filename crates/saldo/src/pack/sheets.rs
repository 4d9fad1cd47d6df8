//! The tables of reports.

use super::sheet::Sheet;
use crate::engine::{
    Arrival, Bridge, BridgeKind, DocumentLine, IdentityAsOf, IdentityLine, IdentityProof,
    MonthReport, ProofReport, Verdict,
};
use jiff::civil::Date;
use saldo_core::ledger::AccountKind;
use saldo_core::money::{Balance, Money, MoneyError};
use std::ops::RangeInclusive;

/// What a month came to in a book.
///
/// # Errors
/// Where a sum is too large.
pub(crate) fn of_month(month: &MonthReport) -> Result<Vec<Sheet>, MoneyError> {
    let book = &month.book;
    Ok(vec![
        trial_balance(month),
        clearing_ageing(month),
        stored_value(month),
        taxes(month),
        net_sales(month),
        fees(month),
        documents(
            (book, "disputes-and-reserves", "Disputes and reserves"),
            "Every line on the accounts of disputes, reserves, chargeback fees and losses.",
            &month.held,
        )?,
        documents(
            (book, "prior-period", "Prior-period items"),
            "What belongs to a closed period and was entered on the first open day.",
            &month.prior_period,
        )?,
        documents(
            (book, "rounding", "Rounding"),
            "Every line on the account of rounding differences, and their total.",
            &month.rounding,
        )?,
    ])
}

fn sheet(
    (book, name, title): (&str, &str, &str),
    says: &'static str,
    (heads, numbers): (&'static [&'static str], usize),
    rows: Vec<Vec<String>>,
) -> Sheet {
    let (name, title) = match book.is_empty() {
        true => (name.to_owned(), title.to_owned()),
        false => (format!("{book}/{name}"), format!("{title}: {book}")),
    };
    Sheet { name, title, says, heads, numbers, rows }
}

fn trial_balance(month: &MonthReport) -> Sheet {
    let row = |it: &crate::engine::AccountMonth| {
        let amounts = [it.opening, it.debit, it.credit, it.closing];
        let kind = it.kind.map(kind_word).unwrap_or_default();
        let head = [it.account.clone(), kind, it.closing.currency().to_string()];
        head.into_iter().chain(amounts.map(Money::amount_text)).collect()
    };
    sheet(
        (&month.book, "trial-balance", "Trial balance"),
        "What was entered on each account: before the month, in it, and in all. Debit is positive. \
         What others entered in the book, and balances from before the first day, are not in it.",
        (&["account", "kind", "currency", "opening", "debit", "credit", "closing"], 4),
        month.accounts.iter().map(row).collect(),
    )
}

fn clearing_ageing(month: &MonthReport) -> Sheet {
    let row = |it: &crate::engine::ClearingAge| {
        let ages = it.ages;
        let parts = [ages.to_7, ages.to_30, ages.to_60, ages.over_60, ages.total];
        let head = [it.account.clone(), ages.total.currency().to_string()];
        head.into_iter().chain(parts.map(Money::amount_text)).collect()
    };
    sheet(
        (&month.book, "clearing-ageing", "Clearing accounts by age"),
        "What gateways and drawers still hold on the last day, by its age in days. Payouts take \
         the oldest first.",
        (&["account", "currency", "0-7", "8-30", "31-60", "over 60", "total"], 5),
        month.ageing.iter().map(row).collect(),
    )
}

fn stored_value(month: &MonthReport) -> Sheet {
    let row = |it: &crate::engine::RollForward| {
        let parts = [it.opening, it.issued, it.used, it.closing];
        let head = [it.account.clone(), it.closing.currency().to_string()];
        head.into_iter().chain(parts.map(Money::amount_text)).collect()
    };
    sheet(
        (&month.book, "gift-cards-and-store-credit", "Gift cards and store credit"),
        "What is owed to buyers is negative: before the month, what was issued, what was used, \
         and after it.",
        (&["account", "currency", "opening", "issued", "used", "closing"], 4),
        month.stored_value.iter().map(row).collect(),
    )
}

fn taxes(month: &MonthReport) -> Sheet {
    let row = |it: &crate::engine::TaxMonth| {
        let tax = it.tax.clone().unwrap_or_else(|| "entered otherwise".to_owned());
        let rate = it.rate.map(|rate| rate.to_string()).unwrap_or_default();
        let whose = it.jurisdiction.clone().unwrap_or_default();
        let head = [whose, tax, rate, it.account.clone(), it.net.currency().to_string()];
        let parts = [it.charged, it.taken_back, it.net];
        head.into_iter().chain(parts.map(Money::amount_text)).collect()
    };
    sheet(
        (&month.book, "tax", "Tax by jurisdiction"),
        "Tax by whom it is owed to, as the policy says, and as the channel names it: charged, \
         given back or remitted, and what more is owed (negative) than before the month.",
        (
            &[
                "jurisdiction",
                "tax",
                "percent",
                "account",
                "currency",
                "charged",
                "taken back",
                "net",
            ],
            3,
        ),
        month.taxes.iter().map(row).collect(),
    )
}

fn net_sales(month: &MonthReport) -> Sheet {
    let row = |it: &crate::engine::NetSales| {
        let tax = it.tax.clone().unwrap_or_else(|| "no tax, and nobody says why".to_owned());
        let rate = it.rate.map(|rate| rate.to_string()).unwrap_or_default();
        let whose = it.jurisdiction.clone().unwrap_or_default();
        let head = [whose, tax, rate, it.net.currency().to_string()];
        let parts = [it.sold, it.taken_back, it.net];
        head.into_iter().chain(parts.map(Money::amount_text)).collect()
    };
    sheet(
        (&month.book, "net-sales", "Net sales by tax"),
        "What documents of sales and refunds sold (negative) and gave back, without tax, by the \
         tax that it bears; or by why it bears none, as the policy says: export, reverse charge, \
         exempt, or taxed by the marketplace. What bears several taxes stands in each of their \
         rows.",
        (&["jurisdiction", "tax", "percent", "currency", "sold", "taken back", "net"], 3),
        month.net_sales.iter().map(row).collect(),
    )
}

fn fees(month: &MonthReport) -> Sheet {
    let row = |it: &crate::engine::FeeMonth| {
        let party = it.party.clone().unwrap_or_default();
        let (currency, amount) = (it.amount.currency().to_string(), it.amount.amount_text());
        vec![it.account.clone(), party, currency, amount]
    };
    sheet(
        (&month.book, "fees", "Fees by kind"),
        "What gateways and platforms charged in the month, less what they gave back.",
        (&["account", "charged by", "currency", "amount"], 1),
        month.fees.iter().map(row).collect(),
    )
}

/// Lines of documents, and what they sum to by account.
fn documents(
    names: (&str, &str, &str),
    says: &'static str,
    lines: &[DocumentLine],
) -> Result<Sheet, MoneyError> {
    let row = |it: &DocumentLine| {
        vec![
            it.date.to_string(),
            it.relates_to.as_ref().map(Date::to_string).unwrap_or_default(),
            it.key.to_string(),
            it.memo.clone(),
            it.account.clone(),
            it.amount.currency().to_string(),
            it.amount.amount_text(),
        ]
    };
    let mut rows: Vec<Vec<String>> = lines.iter().map(row).collect();
    let mut totals: std::collections::BTreeMap<&str, Balance> = std::collections::BTreeMap::new();
    for line in lines {
        totals.entry(&line.account).or_default().add(line.amount)?;
    }
    for (account, balance) in totals {
        for total in balance.iter() {
            let mut row = vec![String::new(); 3];
            row.extend(["total".to_owned(), account.to_owned()]);
            row.extend([total.currency().to_string(), total.amount_text()]);
            rows.push(row);
        }
    }
    let heads = &["date", "relates to", "document", "memo", "account", "currency", "amount"];
    Ok(sheet(names, says, (heads, 1), rows))
}

/// From sales to the bank: row by row, day by day, and what gateways do not tell.
pub(crate) fn of_bridge(bridge: &Bridge) -> [Sheet; 3] {
    [bridge_rows(bridge), bridge_days(bridge), bridge_untold(bridge)]
}

fn bridge_rows(bridge: &Bridge) -> Sheet {
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let row = |it: &crate::engine::BridgeRow| {
        let number = |id: &Option<String>| {
            let id = id.as_deref().and_then(|id| id.rsplit('/').next());
            id.unwrap_or_default().to_owned()
        };
        let head = [
            it.sales_day.to_string(),
            it.gateway.clone(),
            kind_of_row(it.kind).to_owned(),
            it.balance_day.to_string(),
            number(&it.payout),
            number(&it.sent_back),
            day(it.issued_on),
            day(it.bank_day),
            arrival_word(it.arrival).to_owned(),
            it.net.currency().to_string(),
            it.rows.to_string(),
        ];
        let amounts = [it.gross, it.fee, it.net].map(Money::amount_text);
        head.into_iter().chain(amounts).collect()
    };
    sheet(
        ("", "payout-bridge", "From sales to the bank"),
        "Each day's payments and refunds through the gateway's balance (days in UTC) and the \
         payout that took them along.",
        (
            &[
                "sales day",
                "gateway",
                "what",
                "balance day",
                "payout",
                "instead of",
                "sent",
                "bank day",
                "where",
                "currency",
                "rows",
                "gross",
                "fee",
                "net",
            ],
            4,
        ),
        bridge.rows.iter().map(row).collect(),
    )
}

fn bridge_days(bridge: &Bridge) -> Sheet {
    let row = |it: &crate::engine::BridgeDay| {
        let head = [it.sales_day.to_string(), it.net.currency().to_string()];
        let amounts = [it.net, it.arrived, it.on_the_way].map(Money::amount_text);
        head.into_iter().chain(amounts).collect()
    };
    sheet(
        ("", "payout-bridge-by-day", "What is on the way, by sales day"),
        "What is paid out of each day, what of it is at the bank, and what is not yet.",
        (&["sales day", "currency", "net", "at the bank", "on the way"], 3),
        bridge.days.iter().map(row).collect(),
    )
}

fn bridge_untold(bridge: &Bridge) -> Sheet {
    let row = |it: &crate::engine::UntoldDay| {
        let (currency, amount) = (it.amount.currency().to_string(), it.amount.amount_text());
        vec![it.day.to_string(), it.account.clone(), currency, amount]
    };
    sheet(
        ("", "payout-bridge-untold", "Gateways that tell no payouts"),
        "What moved on their accounts: nobody says what of it reached the bank.",
        (&["day", "account", "currency", "moved"], 1),
        bridge.untold.iter().map(row).collect(),
    )
}

/// What stands above the lines of proofs.
static PROOF_HEADS: [&str; 12] = [
    "number",
    "identity",
    "verdict",
    "book",
    "about",
    "currency",
    "facts",
    "expected",
    "found",
    "awaited",
    "of others",
    "difference",
];

/// The proof: every identity with its lines, and the facts behind differences.
pub(crate) fn of_proof(proof: &ProofReport) -> [Sheet; 2] {
    let lines = proof.identities.iter().flat_map(identity_rows).collect();
    let behind = proof.identities.iter().flat_map(|identity| {
        identity.behind.iter().map(|fact| {
            vec![
                identity.number.to_string(),
                fact.fact.clone(),
                fact.about.clone(),
                fact.difference.currency().to_string(),
                fact.difference.amount_text(),
            ]
        })
    });
    [
        sheet(
            ("", "proof", "The proof: twelve identities"),
            "What must be equal to what, as of the day on which this was made. What is awaited \
             waits, or is held until a person decides; what others entered in a book is no \
             difference.",
            (&PROOF_HEADS, 5),
            lines,
        ),
        sheet(
            ("", "proof-differences", "Behind the differences"),
            "The facts whose own figures differ; `saldo explain` opens each.",
            (&["number", "fact", "about", "currency", "difference"], 1),
            behind.collect(),
        ),
    ]
}

/// The days of a month, identity by identity: by book, and by account.
pub(crate) fn of_proof_by_day(proof: &ProofReport, days: RangeInclusive<Date>) -> Sheet {
    let rows = proof.identities.iter().flat_map(|identity| {
        let own = identity.days.iter().filter(|day| days.contains(&day.day));
        own.map(|day| {
            let head = [identity.number.to_string(), day.day.to_string()];
            head.into_iter().chain(line_cells(&day.line)).collect()
        })
    });
    let heads = &[
        "number",
        "day",
        "book",
        "about",
        "currency",
        "facts",
        "expected",
        "found",
        "awaited",
        "of others",
        "difference",
    ];
    sheet(
        ("", "proof-by-day", "The proof day by day"),
        "What is told of each day of the month, and what is entered on it, account by account; \
         what facts that are counted come to, by the state that each stands in. What was moved \
         out of a closed period, or is dated by another rule than its facts, is missing on one \
         day and too much on another: the sum of days decides.",
        (heads, 5),
        rows.collect(),
    )
}

/// What a comparison says of itself, from its book to its difference.
fn line_cells(line: &IdentityLine) -> impl Iterator<Item = String> + use<> {
    let book = line.book.clone().unwrap_or_default();
    let currency = line.expected.currency().to_string();
    let amounts = [line.expected, line.found, line.awaited, line.others, line.difference];
    let words = [book, line.about.clone(), currency, line.facts.to_string()];
    words.into_iter().chain(amounts.map(Money::amount_text))
}

/// The proof as of the last day of a month.
pub(crate) fn of_identities(identities: &[IdentityAsOf]) -> Sheet {
    let rows = identities.iter().flat_map(|identity| {
        let verdict = match (identity.holds(), identity.lines.is_empty()) {
            (false, _) => "differs",
            (true, true) if identity.unknown.is_some() => "not known",
            (true, _) => "agrees",
        };
        let head = [identity.number.to_string(), identity.says.to_owned(), verdict.to_owned()];
        let line_row = |line: &IdentityLine| {
            head.iter().cloned().chain(line_cells(line)).collect::<Vec<String>>()
        };
        let mut rows: Vec<Vec<String>> = identity.lines.iter().map(line_row).collect();
        if let Some(unknown) = &identity.unknown {
            let empty = std::iter::repeat_n(String::new(), 7);
            let row = head.iter().cloned().chain([String::new(), unknown.clone()]).chain(empty);
            rows.push(row.collect());
        }
        rows
    });
    sheet(
        ("", "proof-of-the-month", "The proof as of the last day of the month"),
        "What happened and was entered up to the last day of the month, by what is known today; \
         what books held then is what they say of that day now. What differs here and not in the \
         proof was made good by something dated later: see the prior-period items. Stock is \
         worked out by months of UTC. What shops say of themselves they tell as of now alone, so \
         that gift cards, store credit and units on hand are compared with them in the proof, as \
         of the day on which this was made.",
        (&PROOF_HEADS, 5),
        rows.collect(),
    )
}

fn identity_rows(identity: &IdentityProof) -> Vec<Vec<String>> {
    let verdict = match identity.verdict {
        Verdict::Proved => "proved",
        Verdict::Differs => "differs",
        Verdict::Unknown => "not known",
    };
    let head = [identity.number.to_string(), identity.says.to_owned(), verdict.to_owned()];
    let row = |line: &IdentityLine| head.iter().cloned().chain(line_cells(line)).collect();
    let mut rows: Vec<Vec<String>> = identity.lines.iter().map(row).collect();
    if let Some(units) = &identity.units {
        let mut row: Vec<String> = head.to_vec();
        let differing = units.differing.len();
        row.extend([
            String::new(),
            format!("units of {} items, differing: {differing}", units.items),
        ]);
        row.resize(12, String::new());
        rows.push(row);
    }
    if let Some(unknown) = &identity.unknown {
        let mut row: Vec<String> = head.to_vec();
        row.extend([String::new(), unknown.clone()]);
        row.resize(12, String::new());
        rows.push(row);
    }
    rows
}

fn kind_of_row(kind: BridgeKind) -> &'static str {
    match kind {
        BridgeKind::Payments => "payments",
        BridgeKind::Refunds => "refunds",
        BridgeKind::Others => "others",
    }
}

fn arrival_word(arrival: Arrival) -> &'static str {
    match arrival {
        Arrival::Arrived => "at the bank",
        Arrival::Scheduled => "payout to come",
        Arrival::WithGateway => "with the gateway",
        Arrival::Returned => "returned by the bank",
    }
}

/// The kind of an account, as JSON has it.
fn kind_word(kind: AccountKind) -> String {
    serde_json::to_value(kind)
        .ok()
        .and_then(|word| word.as_str().map(ToOwned::to_owned))
        .unwrap_or_default()
}
