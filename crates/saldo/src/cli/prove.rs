//! `saldo prove`.

use super::args::{self, Global};
use super::output::table;
use super::{Ending, Output, bank, context, identities, sync};
use crate::engine::{
    self, Behind, BookProof, EngineError, FactCounts, MovedByOthers, ProofReport, Unapproved,
    Undone, Unproved, UntaxedLines,
};
use saldo_core::money::{Money, MoneyError};
use saldo_core::proof::{
    Check, DocumentDifference, Holding, LateDocument, Opening, UnstatedPayout,
};
use std::collections::BTreeMap;

/// Up to how many lines a table shows whole, although nothing differs in them.
const FEW: usize = 15;

/// Shows whether everything adds up. What was found is shown even where some books failed.
pub(crate) async fn prove(
    global: &Global,
    words: &args::Prove,
    output: &Output,
) -> anyhow::Result<Ending> {
    let mut engine = context::engine(global, output).await?;
    engine.is_awaited = true;
    let proved = engine::prove(&engine).await;
    match &proved {
        Ok(report) => show(report, words.all, output)?,
        Err(EngineError::Unproved { report, .. }) => show(report, words.all, output)?,
        Err(_) => {}
    }
    match proved?.holds() {
        true => sync::ending(&engine, output).await,
        false => Ok(Ending::Held),
    }
}

fn show(report: &ProofReport, all: bool, output: &Output) -> anyhow::Result<()> {
    output.data(report, || text(report, all))
}

/// The proof as tables: every line of it, or those that differ where a table has many.
pub(crate) fn text(report: &ProofReport, all: bool) -> String {
    listed(report, all, all)
}

/// The same with every payout and account, and of days those that differ.
pub(crate) fn text_by_account(report: &ProofReport) -> String {
    listed(report, true, false)
}

fn listed(report: &ProofReport, all: bool, days: bool) -> String {
    let mut text = String::from("Payouts against their rows\n");
    text += &checks(&report.payouts, all);
    text += &unstated(&report.unstated_payouts, all);
    for proof in &report.books {
        text += &book(proof, all);
    }
    for kept in &report.read_before {
        text += &format!(
            "\n{} cannot be asked now. As it was read when it last could, at {:.0}:\n",
            kept.proof.book, kept.read_at
        );
        text += &book(&kept.proof, all);
    }
    text += &identities::text(report, days);
    if !report.bank.is_empty() {
        text += "\n";
    }
    text.extend(report.bank.iter().map(bank::line));
    for Unproved { reason, .. } in &report.unproved {
        text += &format!("\nNot proved: {reason}\n");
    }
    text + &totals(report)
}

fn book(proof: &BookProof, all: bool) -> String {
    let (name, from, as_of) = (&proof.book, proof.from, proof.as_of);
    let mut text = format!("\n{name}, from {from} to {as_of}\n\nPayouts in {name}\n");
    text += &checks(&proof.payouts, all);
    text += &format!("\nClearing accounts in {name}\n");
    text += &checks(&proof.clearing, true);
    for opening in &proof.openings {
        text += &opening_words(opening, proof);
    }
    let documents = &proof.documents;
    text += &format!(
        "\nDocuments in {name}: {} pushed, {} there as they were pushed\n",
        documents.pushed, documents.as_pushed
    );
    if documents.drafts > 0 {
        text += &format!(
            "{} of them entered as drafts: they are pending there until `saldo approve`\n",
            documents.drafts
        );
    }
    text +=
        &proof.untaxed.as_ref().map_or_else(String::new, |untaxed| untaxed_words(name, untaxed));
    if !documents.differing.is_empty() {
        text += &differing(&documents.differing);
    }
    if !proof.late.is_empty() {
        text += &format!("\nIn {name} although they were withdrawn\n{}", late(&proof.late));
    }
    for undone in &proof.undone {
        let Undone { undo, what, entries } = undone;
        text += &format!(
            "\nTaken out of {name}, and not expected there: {what} ({entries} entries; `saldo \
             redo {undo}` enters them again)\n"
        );
    }
    text += &format!("\nAccounts in {name}\n");
    text += &accounts(&proof.accounts, all);
    text += &by_others(&proof.by_others);
    text + &format!("{} still to be pushed, {} failed\n", proof.pending, proof.failed)
}

/// What a book was told without its tax.
fn untaxed_words(book: &str, untaxed: &UntaxedLines) -> String {
    let UntaxedLines { accounts, documents, lines, net, tax } = untaxed;
    let accounts: Vec<&str> = accounts.iter().map(String::as_str).collect();
    format!(
        "Told without tax, since the policy gives taxes accounts of their own: {lines} lines of \
         {net} in {documents} documents; {tax} of tax stands on {}, and the tax report of {book} \
         shows neither\n",
        accounts.join(", ")
    )
}

/// The counts and the verdict.
pub(crate) fn totals(report: &ProofReport) -> String {
    let facts = report.facts;
    let behind = report.behind.as_ref().map_or_else(String::new, behind);
    let unapproved: String = report.unapproved.iter().map(unapproved).collect();
    let unheard = |name: &String| format!("{name} was never heard to the end: `saldo sync`\n");
    let unheard: String = report.unheard.iter().map(unheard).collect();
    let verdict = match (report.adds_up(), report.holds()) {
        (true, _) if report.nothing_heard => {
            "nothing was ever heard, and so nothing is proved: `saldo connect` a shop and `saldo \
             sync`, or `saldo import` its files"
        }
        (true, true) if report.unstated_payouts.is_empty() => "everything adds up",
        (true, true) => {
            "everything adds up that can be compared: of some payouts nobody states the total"
        }
        (true, false) if !report.unproved.is_empty() => {
            "NOT every book could be proved: the others add up"
        }
        (true, false) if report.behind.is_some() => "everything adds up as far as it was accounted",
        (true, false) => "everything adds up as far as it was approved",
        (false, _) => "NOT everything adds up: see the differences above",
    };
    let missing = match report.adds_up() && !report.nothing_heard {
        true => not_in_books(&facts),
        false => String::new(),
    };
    format!("\n{}\n{unheard}{behind}{unapproved}{verdict}{missing}\n", facts_text(&facts))
}

/// What a verdict that all adds up does not cover: nothing where every fact has its place.
fn not_in_books(facts: &FactCounts) -> String {
    let counted = |count: u64, state: &str| (count > 0).then(|| format!("{count} {state}"));
    let troubled: Vec<String> = [counted(facts.held, "held"), counted(facts.failed, "failed")]
        .into_iter()
        .flatten()
        .collect();
    let waiting = counted(facts.waiting, "waiting");
    match (troubled.is_empty(), waiting) {
        (true, None) => String::new(),
        (true, Some(waiting)) => format!("; not in the books yet: {waiting}"),
        (false, waiting) => {
            let waiting = waiting.map_or_else(String::new, |waiting| format!(", {waiting}"));
            let troubled = troubled.join(", ");
            format!("; NOT in the books: {troubled} (`saldo issues` says why){waiting}")
        }
    }
}

/// What waits for a decision in a book, and what to do.
fn unapproved(unapproved: &Unapproved) -> String {
    let Unapproved { book, changes, documents, withdrawn, unsettled } = unapproved;
    let mut text = String::new();
    if changes + withdrawn > 0 {
        let kinds = documents.iter().map(|(kind, count)| format!("{count} {kind}"));
        let given_up = (*withdrawn > 0).then(|| format!("{withdrawn} to be withdrawn"));
        let parts: Vec<String> = kinds.chain(given_up).collect();
        let parts = match parts.is_empty() {
            true => String::new(),
            false => format!(" ({})", parts.join(", ")),
        };
        let waits = match changes + withdrawn {
            1 => "1 change waits".to_owned(),
            count => format!("{count} changes wait"),
        };
        text += &format!("{book}: {waits} for approval{parts}: `saldo plan`\n");
    }
    if *unsettled > 0 {
        text += &format!(
            "{book}: {unsettled} not planned yet, since nobody knows what came of their changes: \
             `saldo sync` asks the book, `saldo issues` names what it cannot settle\n"
        );
    }
    text
}

/// What is not accounted yet, and what to do.
fn behind(behind: &Behind) -> String {
    let Behind { accounted_by, policy, groups } = behind;
    let what = match accounted_by == policy {
        true => format!("{groups} orders, rows and payouts have news that is not accounted yet"),
        false => format!(
            "revision {policy} of the policy is not accounted yet, this goes by {accounted_by}"
        ),
    };
    format!("{what}: `saldo plan` first\n")
}

/// Where the facts stand, on one line.
pub(crate) fn facts_text(facts: &FactCounts) -> String {
    let FactCounts { posted, to_review, waiting, excluded, held, failed, .. } = facts;
    let (approval, books) = (facts.for_approval, facts.for_books);
    let waits = match approval + books {
        0 => String::new(),
        _ => format!(" (for approval {approval}, for the books {books})"),
    };
    format!(
        "posted {posted} (of these to review {to_review})  waiting {waiting}{waits}  \
         excluded {excluded}  held {held}  failed {failed}"
    )
}

fn checks(checks: &[Check], all: bool) -> String {
    let whole = all || checks.len() <= FEW;
    let shown = checks.iter().filter(|check| whole || !check.holds());
    let mut rows: Vec<Vec<String>> = shown.map(check_row).collect();
    if checks.len() > 1 {
        rows.extend(sums(checks));
    }
    table(&["", "expected", "found", "awaited", "difference"], 4, rows)
}

/// The payouts that are known by their rows alone; nothing where there are none.
fn unstated(payouts: &[UnstatedPayout], all: bool) -> String {
    if payouts.is_empty() {
        return String::new();
    }
    let row = |it: &UnstatedPayout| vec![it.about.clone(), it.rows.to_string(), it.sum.to_string()];
    let listed = match all || payouts.len() <= FEW {
        true => table(&["", "rows", "sum"], 2, payouts.iter().map(row).collect()),
        false => String::new(),
    };
    format!(
        "\nPayouts known by their rows alone\n{listed}{} payouts: nobody states their totals, so \
         that nothing shows whether rows are missing\n",
        payouts.len()
    )
}

fn check_row(check: &Check) -> Vec<String> {
    let (expected, found) = (check.expected.to_string(), check.found.to_string());
    let awaited = amount(Ok(check.awaited));
    vec![check.about.clone(), expected, found, awaited, amount(check.difference())]
}

/// The sums of checks, a line for each currency.
fn sums(checks: &[Check]) -> Vec<Vec<String>> {
    let mut by_currency: BTreeMap<_, Vec<&Check>> = BTreeMap::new();
    for check in checks {
        by_currency.entry(check.expected.currency()).or_default().push(check);
    }
    let row = |(currency, checks): (_, Vec<&Check>)| {
        let sum = |of: fn(&Check) -> Money| Money::sum(currency, checks.iter().map(|it| of(it)));
        let [expected, found, awaited] =
            [|it: &Check| it.expected, |it: &Check| it.found, |it: &Check| it.awaited].map(sum);
        let there = found.clone().and_then(|found| found.plus(awaited.clone()?));
        let difference = there.and_then(|there| there.minus(expected.clone()?));
        let whole = |sum: Result<Money, MoneyError>| {
            sum.map_or_else(|error| error.to_string(), |sum| sum.to_string())
        };
        let differing = checks.iter().filter(|check| !check.holds()).count();
        let title = format!("all {}, differing: {differing}", checks.len());
        vec![title, whole(expected), whole(found), amount(awaited), amount(difference)]
    };
    by_currency.into_iter().map(row).collect()
}

/// An amount without its currency; a dash for nothing.
fn amount(amount: Result<Money, MoneyError>) -> String {
    match amount {
        Ok(amount) if amount.is_zero() => "-".to_owned(),
        Ok(amount) => amount.amount_text(),
        Err(error) => error.to_string(),
    }
}

fn opening_words(opening: &Opening, proof: &BookProof) -> String {
    let Opening { account, owed, held } = opening;
    let from = proof.from;
    match opening.to_enter() {
        Ok(left) if left.is_zero() => {
            format!("{account}: {held} of it stood there before {from}, as the gateway owed\n")
        }
        Ok(left) => format!(
            "{account}: before {from} the gateway owed {owed}, and the book held {held}: \
             enter {left} as an opening balance, dated before that day\n"
        ),
        Err(error) => format!("{account}: {error}\n"),
    }
}

fn differing(documents: &[DocumentDifference]) -> String {
    let row = |it: &DocumentDifference| {
        let found = it.found.map_or_else(|| "?".to_owned(), |found| found.to_string());
        let difference =
            it.found.map_or_else(|| "?".to_owned(), |found| amount(found.minus(it.expected)));
        vec![
            format!("{} {} of {}, {}", it.kind, it.key, it.date, it.memo),
            it.difference.clone(),
            it.expected.to_string(),
            found,
            difference,
        ]
    };
    let rows = documents.iter().map(row).collect();
    table(&["", "what differs", "expected", "found", "difference"], 3, rows)
}

/// What landed after it was withdrawn, and what to do about it.
fn late(documents: &[LateDocument]) -> String {
    let row = |it: &LateDocument| {
        let differs = it.difference.as_ref().map_or_else(String::new, |it| format!("{it}; "));
        vec![
            format!("{} {} of {}, {}", it.kind, it.key, it.date, it.memo),
            it.remote.to_string(),
            format!("{differs}{}", it.hint),
            it.amount.map_or_else(|| "?".to_owned(), |amount| amount.to_string()),
        ]
    };
    table(&["", "stands as", "what to do", "amount"], 1, documents.iter().map(row).collect())
}

fn accounts(holdings: &[Holding], all: bool) -> String {
    let whole = all || holdings.len() <= FEW;
    let shown = holdings.iter().filter(|it| whole || !it.others.is_zero());
    let row = |it: &Holding| {
        let mut row = vec![it.account.clone()];
        row.extend([it.opening, it.ours, it.others].map(|part| amount(Ok(part))));
        row.push(it.held.to_string());
        row
    };
    let rows: Vec<Vec<String>> = shown.map(row).collect();
    let others = holdings.iter().filter(|it| !it.others.is_zero()).count();
    let heads = ["", "before", "ours", "by others", "held"];
    let listed = if rows.is_empty() { String::new() } else { table(&heads, 4, rows) };
    format!("{listed}{} accounts, others wrote to {others} of them\n", holdings.len())
}

/// What others entered on accounts of other currencies, document by document.
fn by_others(documents: &[MovedByOthers]) -> String {
    if documents.is_empty() {
        return String::new();
    }
    let row = |it: &MovedByOthers| {
        let remote = it.remote.to_string();
        vec![it.account.clone(), it.day.to_string(), remote, it.amount.to_string()]
    };
    let rows = documents.iter().map(row).collect();
    format!("By others\n{}", table(&["", "dated", "stands as", "amount"], 1, rows))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{DocumentsProof, FactCounts};
    use saldo_core::document::{DocumentKey, DocumentKind};
    use saldo_core::proof::Identity;
    use saldo_core::text::{CompanyId, RemoteId};

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    fn check(identity: Identity, about: &str, expected: &str, found: &str) -> Check {
        Check::new(identity, about.to_owned(), money(expected), money(found))
    }

    fn holding(account: &str, opening: &str, ours: &str, others: &str, held: &str) -> Holding {
        let [opening, ours, others, held] = [opening, ours, others, held].map(money);
        Holding { account: account.to_owned(), opening, ours, others, held }
    }

    fn untaxed() -> UntaxedLines {
        UntaxedLines {
            accounts: ["OSS VAT payable".to_owned()].into(),
            documents: 12,
            lines: 30,
            net: money("1000.00 USD"),
            tax: money("190.00 USD"),
        }
    }

    /// A month with a payout a day, of which somebody changed one in the book.
    fn report() -> ProofReport {
        let payout = |day: u32| format!("shopify:demo/Payout/{day}");
        let paid = |identity| {
            move |day| {
                check(identity, &payout(day), &format!("{day}.00 USD"), &format!("{day} USD"))
            }
        };
        let mut payouts: Vec<Check> = (1..=20).map(paid(Identity::PayoutInBook)).collect();
        payouts[6].found = money("1.00 USD");
        let key = DocumentKey::derive(&CompanyId::new("demo"), "7", DocumentKind::Transfer, 0);
        let moved = DocumentDifference {
            key,
            kind: DocumentKind::Transfer,
            date: "2026-08-07".parse().unwrap(),
            memo: "Shopify Payments: payout 7".to_owned(),
            remote: RemoteId::new("91"),
            expected: money("7.00 USD"),
            found: Some(money("1.00 USD")),
            difference: "total: sent 7.00 USD, held 1.00 USD".to_owned(),
        };
        let clearing = "Clearing: Shopify Payments";
        let (from, as_of) = ("2026-08-01".parse().unwrap(), "2026-08-31".parse().unwrap());
        let book = BookProof {
            book: "books".to_owned(),
            from,
            as_of,
            payouts,
            clearing: vec![check(Identity::Clearing, clearing, "5.00 USD", "11.00 USD")],
            openings: vec![Opening {
                account: clearing.to_owned(),
                owed: money("12.50 USD"),
                held: money("2.50 USD"),
            }],
            documents: DocumentsProof {
                pushed: 90,
                as_pushed: 89,
                drafts: 3,
                differing: vec![moved],
            },
            untaxed: Some(untaxed()),
            undone: Vec::new(),
            late: Vec::new(),
            accounts: vec![
                holding("Bank", "100.00 USD", "204.00 USD", "-50.00 USD", "254.00 USD"),
                holding(clearing, "2.50 USD", "2.50 USD", "6.00 USD", "11.00 USD"),
            ],
            by_others: Vec::new(),
            pending: 0,
            failed: 0,
        };
        let payouts = (1..=20).map(paid(Identity::PayoutRows)).collect();
        let facts = FactCounts { posted: 120, to_review: 1, ..FactCounts::default() };
        let (unstated_payouts, unproved) = (Vec::new(), Vec::new());
        let (behind, unapproved, books) = (None, Vec::new(), vec![book]);
        let identities = Vec::new();
        ProofReport {
            payouts,
            unstated_payouts,
            books,
            identities,
            bank: Vec::new(),
            read_before: Vec::new(),
            unproved,
            behind,
            unapproved,
            unheard: Vec::new(),
            nothing_heard: false,
            facts,
        }
    }

    #[test]
    fn what_differs_is_shown_and_the_rest_is_summed_up() {
        insta::assert_snapshot!(text(&report(), false));
    }

    #[test]
    fn what_was_withdrawn_and_stands_in_the_book_is_named_with_what_to_do() {
        let mut report = report();
        let [book] = &mut report.books[..] else { panic!() };
        let moved = book.documents.differing.remove(0);
        (book.payouts, book.clearing, book.openings) = (Vec::new(), Vec::new(), Vec::new());
        let landed = LateDocument {
            key: moved.key,
            kind: moved.kind,
            date: moved.date,
            memo: moved.memo,
            remote: moved.remote,
            amount: Some(moved.expected),
            difference: None,
            hint: "it counts as entered now".to_owned(),
        };
        let differs = Some("dated 2026-08-08".to_owned());
        let hint = "remove it in the book".to_owned();
        let changed = LateDocument { difference: differs, amount: None, hint, ..landed.clone() };
        book.late = vec![landed, changed];
        assert!(!report.books[0].holds());
        let text = text(&report, false);
        let said = text.split("\nIn books ").nth(1).unwrap().split("\nAccounts").next().unwrap();
        insta::assert_snapshot!(said);
    }

    #[test]
    fn payouts_without_a_stated_total_are_counted_apart() {
        let mut report = report();
        report.books.clear();
        let payout = |rows, sum| UnstatedPayout {
            about: format!("shopify:demo/Payout/{rows}"),
            rows,
            sum: money(sum),
        };
        report.unstated_payouts = vec![payout(3, "65.97 USD"), payout(12, "1.20 USD")];
        insta::assert_snapshot!(text(&report, false));
    }

    #[test]
    fn what_is_not_accounted_is_said_before_the_verdict() {
        let mut report = ProofReport { payouts: Vec::new(), books: Vec::new(), ..report() };
        let said = |accounted_by, report: &mut ProofReport| {
            report.behind = Some(Behind { accounted_by, policy: 3, groups: 7 });
            assert!(!report.holds());
            totals(report).lines().skip(2).collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(said(2, &mut report), @"
        revision 3 of the policy is not accounted yet, this goes by 2: `saldo plan` first
        everything adds up as far as it was accounted
        ");
        insta::assert_snapshot!(said(3, &mut report), @"
        7 orders, rows and payouts have news that is not accounted yet: `saldo plan` first
        everything adds up as far as it was accounted
        ");
    }

    #[test]
    fn the_verdict_names_what_is_not_in_the_books() {
        let mut report = ProofReport { payouts: Vec::new(), books: Vec::new(), ..report() };
        let mut verdict = |held, failed, waiting| {
            report.facts = FactCounts { posted: 9, held, failed, waiting, ..FactCounts::default() };
            assert!(report.holds());
            totals(&report).lines().last().unwrap().to_owned()
        };
        assert_eq!(verdict(0, 0, 0), "everything adds up");
        assert_eq!(verdict(0, 0, 2), "everything adds up; not in the books yet: 2 waiting");
        assert_eq!(
            verdict(3, 1, 2),
            "everything adds up; NOT in the books: 3 held, 1 failed (`saldo issues` says why), 2 \
             waiting"
        );
    }

    #[test]
    fn what_waits_for_a_decision_is_said_before_the_verdict() {
        let mut report = ProofReport { payouts: Vec::new(), books: Vec::new(), ..report() };
        let kinds = [(DocumentKind::SalesReceipt, 7), (DocumentKind::Expense, 3)];
        let some = Unapproved {
            book: "books".to_owned(),
            changes: 12,
            documents: BTreeMap::from(kinds),
            withdrawn: 1,
            unsettled: 2,
        };
        let documents = BTreeMap::new();
        let few = Unapproved { changes: 1, documents, withdrawn: 0, unsettled: 0, ..some.clone() };
        report.unapproved = vec![some, few];
        assert!(!report.holds() && report.adds_up());
        let said = totals(&report).lines().skip(2).collect::<Vec<_>>().join("\n");
        insta::assert_snapshot!(said);
    }

    #[test]
    fn a_book_that_could_not_be_proved_is_named() {
        let reason = "quickbooks-online: the server failed with status 503".to_owned();
        let unproved = vec![Unproved { book: "quickbooks-online".to_owned(), reason }];
        let report = ProofReport { payouts: Vec::new(), books: Vec::new(), unproved, ..report() };
        assert!(!report.holds());
        insta::assert_snapshot!(text(&report, false), @"
        Payouts against their rows
            expected  found  awaited  difference

        Not proved: quickbooks-online: the server failed with status 503

        posted 120 (of these to review 1)  waiting 0  excluded 0  held 0  failed 0
        NOT every book could be proved: the others add up
        ");
    }

    #[test]
    fn every_line_is_shown_to_who_asks_for_it() {
        let (some, all) = (text(&report(), false), text(&report(), true));
        assert_eq!(some.matches("Payout/").count(), 1);
        assert_eq!(all.matches("Payout/").count(), 40);
    }

    #[test]
    fn where_nothing_was_heard_nothing_adds_up() {
        let unheard = vec!["shopify:demo".to_owned()];
        let empty = ProofReport { payouts: Vec::new(), books: Vec::new(), unheard, ..report() };
        let heard = ProofReport { nothing_heard: true, ..empty };
        assert!(!heard.holds());
        let said = totals(&heard).lines().skip(2).collect::<Vec<_>>().join("\n");
        let (shop, nothing) = said.split_once('\n').unwrap();
        assert_eq!(shop, "shopify:demo was never heard to the end: `saldo sync`");
        assert!(nothing.starts_with("nothing was ever heard, and so nothing is proved"), "{said}");
    }
}
