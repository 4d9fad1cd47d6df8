//! What a proof says of books that others work in as well.

use super::super::pull::pull_all;
use super::super::{BookProof, ProofReport, Reviser, approve, decide, plan, push};
use super::bookkeeper::Bookkeeper;
use super::stage::{Stage, world};
use crate::merchant::COMPANY;
use crate::transport::testing::FILE_WATCH;
use jiff::ToSpan;
use jiff::civil::date;
use saldo_core::document::DocumentKind;
use saldo_core::exchange::FileAsk;
use saldo_core::money::{Currency, Money};
use saldo_core::proof::{Check, DocumentDifference, Holding};
use saldo_sim::fault::FaultSettings;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

async fn small(seed: u64) -> Stage {
    Stage::after(&world(seed, 60, 30), &FaultSettings::none()).await
}

fn book<'a>(proof: &'a ProofReport, name: &str) -> &'a BookProof {
    proof.books.iter().find(|book| book.book == name).unwrap()
}

fn holding<'a>(proof: &'a ProofReport, account: &str) -> &'a Holding {
    let accounts = &book(proof, COMPANY).accounts;
    accounts.iter().find(|it| it.account == account).unwrap()
}

fn differing(proof: &ProofReport) -> &[DocumentDifference] {
    &book(proof, COMPANY).documents.differing
}

fn minor(check: &Check) -> i64 {
    check.difference().unwrap().minor()
}

#[tokio::test]
async fn opening_balances_and_entries_of_others_are_shown_and_are_no_difference() {
    let stage = small(7).await;
    stage.decide("accounts.bank = \"Checking\"").await;
    let person = Bookkeeper::of(&stage);
    let start = stage.company.start_date;
    person.journal(start - 40.days(), "5000.25", "Checking", "Opening Balance Equity");
    stage.sync().await;
    let ours = holding(&stage.prove().await, "Checking").ours;
    person.journal(start + 3.days(), "90.10", "Advertising", "Checking");
    person.journal(start + 4.days(), "12.00", "Checking", "Product sales");
    let proof = stage.prove().await;
    assert!(proof.holds(), "{proof:#?}");
    let bank = holding(&proof, "Checking");
    assert_eq!((bank.opening.minor(), bank.others.minor()), (500_025, -7_810));
    assert_eq!(bank.ours, ours);
    assert_eq!(bank.held.minor(), 500_025 - 7_810 + ours.minor());
    assert_eq!(holding(&proof, "Product sales").others.minor(), -1_200);
    assert_eq!(holding(&proof, "Shipping income").others.minor(), 0);
}

#[tokio::test]
async fn an_entry_of_somebody_else_in_a_clearing_account_is_a_difference() {
    let stage = small(7).await;
    stage.sync().await;
    let clearing = "Clearing - Shopify Payments";
    let person = Bookkeeper::of(&stage);
    person.journal(
        stage.company.start_date + 5.days(),
        "3.00",
        clearing,
        "Sales of Product Income",
    );
    let proof = stage.prove().await;
    assert!(!proof.holds());
    let wrong: Vec<_> =
        book(&proof, COMPANY).clearing.iter().filter(|check| !check.holds()).collect();
    let [check] = &wrong[..] else { panic!("{wrong:?}") };
    assert_eq!((check.about.as_str(), minor(check)), ("Clearing: Shopify Payments", 300));
    assert_eq!(holding(&proof, "Clearing: Shopify Payments").others.minor(), 300);
    assert!(differing(&proof).is_empty() && book(&proof, "plain-text").holds());
}

#[tokio::test]
async fn what_somebody_deleted_or_changed_is_named_with_what_it_was_and_is() {
    let stage = small(8).await;
    stage.sync().await;
    let person = Bookkeeper::of(&stage);
    let receipts = person.find("SalesReceipt", "orderby Id");
    let (gone, moved, other) = (&receipts[0], &receipts[1], &receipts[2]);
    person.delete("SalesReceipt", gone);
    let later = date(2026, 8, 29).to_string();
    person.change("SalesReceipt", moved, &json!({ "TxnDate": later }));
    person.change("SalesReceipt", other, &json!({ "PrivateNote": "Paid in person" }));
    let proof = stage.prove().await;
    assert!(!proof.holds());
    let found = |held: &Value| {
        let number = held["DocNumber"].as_str().unwrap();
        differing(&proof).iter().find(|it| it.key.as_str() == number)
    };
    let deleted = found(gone).unwrap();
    assert_eq!(deleted.kind, DocumentKind::SalesReceipt);
    assert_eq!(deleted.expected.amount_text(), amount_of(&gone["TotalAmt"]));
    assert!(deleted.found.unwrap().is_zero(), "{deleted:?}");
    assert!(deleted.difference.contains("it is not there"), "{deleted:?}");
    let dated = found(moved).unwrap();
    assert_eq!(dated.found, Some(dated.expected));
    assert!(dated.difference.contains(&format!("held {later}")), "{dated:?}");
    assert!(found(other).is_none(), "a note carries no money");
    let documents = &book(&proof, COMPANY).documents;
    assert_eq!((documents.differing.len(), documents.pushed - documents.as_pushed), (2, 2));
    assert!(book(&proof, "plain-text").holds(), "the other book is as it was");
}

/// An amount as the company writes it.
fn amount_of(held: &Value) -> String {
    Money::parse(&held.to_string(), Currency::parse("USD").unwrap()).unwrap().amount_text()
}

/// These texts, ordered.
fn sorted(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut texts: Vec<String> = texts.into_iter().collect();
    texts.sort();
    texts
}

#[tokio::test]
async fn a_payout_is_compared_with_what_the_book_holds_of_it() {
    let stage = small(9).await;
    stage.sync().await;
    let before = stage.prove().await;
    let payouts = &book(&before, COMPANY).payouts;
    assert!(payouts.len() > 3 && payouts.iter().all(|it| it.holds() && !it.found.is_zero()));
    assert_eq!(payouts.len(), before.payouts.len());
    let person = Bookkeeper::of(&stage);
    let mut transfers = person.find("Transfer", "orderby Id");
    transfers.retain(|held| {
        let from = held["FromAccountRef"]["name"].as_str();
        let of_payout = held["PrivateNote"].to_string().contains("payout");
        of_payout && from == Some("Clearing - Shopify Payments")
    });
    let expected = sorted(transfers.iter().take(2).map(|held| amount_of(&held["Amount"])));
    person.delete("Transfer", &transfers[0]);
    person.change("Transfer", &transfers[1], &json!({ "Amount": 1 }));
    let proof = stage.prove().await;
    let wrong: Vec<&Check> =
        book(&proof, COMPANY).payouts.iter().filter(|check| !check.holds()).collect();
    let found = sorted(wrong.iter().map(|check| check.found.amount_text().replace('-', "")));
    assert_eq!(found, ["0.00", "1.00"], "{wrong:?}");
    assert!(wrong.iter().all(|it| it.about.contains("Payout")));
    let named = sorted(differing(&proof).iter().map(|it| it.expected.amount_text()));
    assert_eq!(named, expected);
}

#[tokio::test]
async fn a_copy_of_a_document_is_named() {
    let stage = small(10).await;
    stage.sync().await;
    stage.merchant.company().company_mut().settings.warn_duplicate_sales_numbers = false;
    let person = Bookkeeper::of(&stage);
    let receipt = person.find("SalesReceipt", "orderby Id").remove(0);
    let copy = person.enter("SalesReceipt", &receipt_without_id(&receipt));
    assert_ne!(copy["Id"], receipt["Id"]);
    let proof = stage.prove().await;
    let [only] = differing(&proof) else { panic!("{:#?}", differing(&proof)) };
    assert_eq!(only.key.as_str(), receipt["DocNumber"].as_str().unwrap());
    assert!(only.difference.contains(copy["Id"].as_str().unwrap()), "{only:?}");
}

fn receipt_without_id(receipt: &Value) -> Value {
    let mut copy = receipt.clone();
    for field in ["Id", "SyncToken", "MetaData"] {
        copy.as_object_mut().unwrap().remove(field);
    }
    copy
}

#[tokio::test]
async fn a_fiscal_year_that_ends_changes_no_proof() {
    let mut settings = world(12, 60, 34);
    settings.begins = date(2026, 12, 12);
    let stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.sync().await;
    let proof = stage.prove().await;
    assert_eq!(proof.books[0].as_of.year(), 2027);
    stage.assert_proven("over the end of a year").await;
    // In steps that a sign-in outlives, to where one report would be too long.
    for days in [80, 160, 240] {
        stage.clock.advance(Duration::from_secs(80 * 24 * 3_600));
        stage.assert_proven(&format!("{days} days later")).await;
    }
}

#[tokio::test]
async fn what_a_gateway_owed_at_the_start_is_an_opening_balance() {
    let mut stage = Stage::after(&world(13, 120, 34), &FaultSettings::none()).await;
    stage.company.start_date += 14.days();
    stage.sync().await;
    let proof = stage.prove().await;
    assert!(proof.holds(), "{proof:#?}");
    let [opening] = &book(&proof, COMPANY).openings[..] else { panic!("{:#?}", proof.books) };
    let left = opening.to_enter().unwrap();
    assert!(left.is_positive(), "{opening:?}");
    let person = Bookkeeper::of(&stage);
    let day = stage.company.start_date - 1.day();
    let clearing = "Clearing - Shopify Payments";
    person.journal(day, &left.amount_text(), clearing, "Opening Balance Equity");
    let proof = stage.prove().await;
    assert!(proof.holds(), "{proof:#?}");
    let [opening] = &book(&proof, COMPANY).openings[..] else { panic!("{:#?}", proof.books) };
    assert!(opening.to_enter().unwrap().is_zero(), "{opening:?}");
    let check = book(&proof, COMPANY).clearing.iter().find(|it| it.about == opening.account);
    assert!(!check.unwrap().found.is_negative(), "what is left is what the gateway still owes");
}

#[tokio::test]
async fn tax_that_is_owed_to_several_agencies_is_proved_as_their_sum() {
    let stage = small(17).await;
    let person = Bookkeeper::of(&stage);
    let agency = "County Tax Agency Payable";
    let (kind, detail) = ("Other Current Liability", "SalesTaxPayable");
    let account = json!({ "Name": agency, "AccountType": kind, "AccountSubType": detail });
    person.enter("Account", &account);
    stage.sync().await;
    let day = stage.company.start_date + 5.days();
    person.journal(day, "1.10", "Sales Tax Agency Payable", agency);
    let proof = stage.prove().await;
    assert!(proof.holds(), "{proof:#?}");
    let tax = holding(&proof, "Sales tax payable");
    assert!(tax.ours.is_negative() && tax.others.is_zero(), "{tax:?}");
    person.journal(day, "0.40", agency, "Checking");
    let tax = holding(&stage.prove().await, "Sales tax payable").clone();
    assert_eq!(tax.others.minor(), 40, "a payment to one of them is seen");
}

/// Changes a file of the plain-text books.
fn edit(stage: &Stage, path: &Path, change: impl FnOnce(&str) -> String) {
    let path = stage.books_folder().join(path);
    let text = std::fs::read_to_string(&path).unwrap();
    let changed = change(&text);
    assert_ne!(text, changed);
    std::fs::write(path, changed).unwrap();
}

/// The first block of a month's file that holds a sales receipt.
fn a_receipt(text: &str) -> &str {
    text.split("\n\n").find(|block| block.contains("kind: \"sales-receipt\"")).unwrap()
}

#[tokio::test]
async fn own_entries_in_the_files_are_shown_and_what_was_edited_is_named_with_its_file() {
    let stage = small(14).await;
    stage.sync().await;
    let month = Path::new("2026-08.beancount");
    edit(&stage, month, |text| {
        format!("{text}\n2026-08-20 * \"Rent\"\n  Expenses:Own  9.00 USD\n  Assets:Bank\n")
    });
    let proof = stage.prove().await;
    assert!(proof.holds(), "{proof:#?}");
    let bank = book(&proof, "plain-text").accounts.iter().find(|it| it.account == "Bank");
    assert_eq!(bank.unwrap().others.minor(), -900);

    let mut wrong = String::new();
    edit(&stage, month, |text| {
        wrong = a_receipt(text).to_owned();
        text.replace(&wrong, &wrong.replacen("2026-08-", "2026-07-", 1))
    });
    let proof = stage.prove().await;
    assert!(!proof.holds() && book(&proof, COMPANY).holds());
    let [only] = &book(&proof, "plain-text").documents.differing[..] else { panic!() };
    assert!(wrong.contains(only.key.as_str()));
    assert!(only.difference.contains("`2026-08.beancount`: dated 2026-07-"), "{only:?}");
}

#[tokio::test]
async fn a_document_that_is_missing_from_one_of_the_two_ledgers_is_named() {
    for file in ["2026-08.beancount", "2026-08.journal"] {
        let stage = small(14).await;
        stage.sync().await;
        let mark = if file.ends_with("journal") { "kind:expense" } else { "kind: \"expense\"" };
        edit(&stage, Path::new(file), |text| {
            let block = text.split("\n\n").find(|block| block.contains(mark)).unwrap();
            text.replace(&format!("{block}\n\n"), "")
        });
        let proof = stage.prove().await;
        let [only] = &book(&proof, "plain-text").documents.differing[..] else { panic!("{file}") };
        assert_eq!(only.kind, DocumentKind::Expense);
        assert!(only.found.unwrap().is_zero() && only.difference.contains("2026-08/"), "{only:?}");
    }
}

#[tokio::test]
async fn a_copy_in_any_file_of_the_books_is_named() {
    let stage = Stage::after(&world(16, 120, 70), &FaultSettings::none()).await;
    stage.sync().await;
    stage.assert_proven("before anything is copied").await;
    for syntax in ["beancount", "journal"] {
        let ours = std::fs::read_to_string(stage.books_folder().join(format!("2026-09.{syntax}")));
        let ours = ours.unwrap();
        let mark = if syntax == "journal" { "kind:sales-receipt" } else { "sales-receipt\"" };
        let block = ours.split("\n\n").find(|block| block.contains(mark)).unwrap();
        let later = block.replacen("2026-09-", "2026-10-", 1);
        let copies = [("2026-09", block), ("2026-08", block), ("2026-10", &later)];
        let elsewhere = [("2025-01", block), ("2031-12", block), ("accounts", &later)];
        for (file, copy) in copies.into_iter().chain(elsewhere) {
            let path = stage.books_folder().join(format!("{file}.{syntax}"));
            let before = std::fs::read_to_string(&path).ok();
            let text = before.clone().unwrap_or_default();
            std::fs::write(&path, format!("{text}\n{copy}\n")).unwrap();
            let proof = stage.prove().await;
            let documents = &book(&proof, "plain-text").documents;
            let [only] = &documents.differing[..] else { panic!("{file}: {documents:#?}") };
            assert!(block.contains(only.key.as_str()), "{only:?}");
            assert_eq!(only.found, Some(only.expected), "the first one is as it was");
            let place = format!("it stands there again as {file}.{syntax}:");
            assert!(only.difference.contains(&place), "{file}: {only:?}");
            assert_eq!(documents.pushed, documents.as_pushed + 1);
            match before {
                Some(before) => std::fs::write(&path, before).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
        }
    }
    stage.assert_proven("once the copies are gone").await;
}

#[tokio::test]
async fn an_entry_that_was_moved_is_named_with_both_places() {
    let stage = Stage::after(&world(16, 120, 70), &FaultSettings::none()).await;
    stage.sync().await;
    let mut moved = String::new();
    for syntax in ["beancount", "journal"] {
        let (from, to) = (format!("2026-09.{syntax}"), format!("2026-08.{syntax}"));
        edit(&stage, Path::new(&from), |text| {
            let mark = if syntax == "journal" { "kind:sales-receipt" } else { "sales-receipt\"" };
            moved = text.split("\n\n").find(|it| it.contains(mark)).unwrap().trim_end().to_owned();
            text.replace(&moved, "")
        });
        edit(&stage, Path::new(&to), |text| format!("{text}\n{moved}\n"));
    }
    let proof = stage.prove().await;
    let [only] = &book(&proof, "plain-text").documents.differing[..] else { panic!("{proof:#?}") };
    assert!(only.found.unwrap().is_zero(), "{only:?}");
    let key = only.key;
    let words =
        format!("it is not there: it was 2026-09/{key}; its number stands at 2026-08/{key}");
    assert_eq!(only.difference, words);
}

/// Names an account otherwise in the policy.
async fn rename(stage: &Stage, from: &str, to: &str) {
    let engine = stage.engine().await;
    let (store, company) = (&engine.store, engine.company_id());
    let text = store.policy(company).await.unwrap().unwrap().text;
    assert!(text.contains(from), "{text}");
    let text = text.replace(from, to);
    let (holder, now) = (&*stage.holder, stage.clock.now());
    decide(store, Reviser { company, holder, since: None, now }, &text).await.unwrap();
}

#[tokio::test]
async fn a_proof_goes_by_the_policy_that_was_accounted_and_says_so() {
    let stage = small(15).await;
    stage.sync().await;
    let clearing = |proof: &ProofReport| {
        let checks = &book(proof, "plain-text").clearing;
        checks.iter().map(|check| check.about.clone()).collect::<Vec<_>>()
    };
    let before = stage.prove().await;
    let (old, new) = ("Clearing: Shopify Payments", "Clearing: New");
    rename(&stage, old, new).await;
    let proof = stage.prove().await;
    assert!(proof.adds_up(), "{:#?}", (&proof.books, proof.behind));
    assert!(!proof.holds());
    let behind = proof.behind.unwrap();
    assert_eq!(behind.accounted_by + 1, behind.policy);
    assert!(behind.groups > 60, "{behind:?}");
    assert_eq!(clearing(&proof), clearing(&before));
    stage.sync().await;
    let proof = stage.prove().await;
    assert!(proof.holds() && proof.behind.is_none(), "{proof:#?}");
    assert_eq!(proof.facts.failed, 0);
    let renamed = clearing(&before).into_iter().map(|name| name.replace(old, new));
    assert_eq!(sorted(clearing(&proof)), sorted(renamed));
}

#[tokio::test]
async fn a_proof_says_what_waits_for_approval() {
    let stage = small(15).await;
    stage.sync().await;
    stage.assert_proven("before anybody decided anything").await;
    let words = "approval = \"review\"\naccounts.shipping-income = \"Delivery\"";
    stage.decide(words).await;
    let proof = stage.prove().await;
    assert!(proof.unapproved.is_empty(), "nothing is accounted yet: {:#?}", proof.unapproved);
    stage.sync().await;
    let proof = stage.prove().await;
    assert!(proof.behind.is_none() && proof.adds_up() && !proof.holds());
    let engine = stage.engine().await;
    let planned = plan(&engine, None).await.unwrap();
    assert_eq!(proof.unapproved.len(), planned.len());
    for (said, planned) in proof.unapproved.iter().zip(&planned) {
        assert_eq!(said.book, planned.book.as_str());
        assert_eq!((said.changes, said.withdrawn), (planned.changes.len(), 0));
        assert!(said.documents[&DocumentKind::SalesReceipt] > 10, "{said:?}");
        let needs = planned.changes.iter().filter(|it| it.slot.is_none()).count();
        assert!(needs > 0 && said.documents.values().sum::<usize>() + needs == said.changes);
    }
    approve(&engine, Some(COMPANY), "owner").await.unwrap();
    push(&engine, Some(COMPANY)).await.unwrap();
    let proof = stage.prove().await;
    let [left] = &proof.unapproved[..] else { panic!("{:#?}", proof.unapproved) };
    assert!(left.book == "plain-text" && !proof.holds());
    approve(&engine, None, "owner").await.unwrap();
    let proof = stage.prove().await;
    assert!(proof.unapproved.is_empty() && !proof.holds(), "approved, and not pushed");
    push(&engine, None).await.unwrap();
    stage.assert_proven("once all was approved and pushed").await;
}

#[tokio::test]
async fn a_proof_says_what_is_due_by_time_and_not_accounted() {
    let stage = Stage::at_first(&world(15, 60, 30), &FaultSettings::none()).await;
    stage.clock.advance(Duration::from_secs(10 * 24 * 3_600 + 18 * 3_600));
    stage.sync().await;
    assert!(stage.prove().await.behind.is_none());
    stage.clock.advance(Duration::from_secs(24 * 3_600));
    let engine = stage.engine().await;
    pull_all(&engine).await.unwrap();
    let news = engine.store.groups_with_news(engine.company_id()).await.unwrap();
    let behind = stage.prove().await.behind.unwrap();
    assert!(behind.groups > news, "{behind:?}, {news} of them by news");
    stage.sync().await;
    assert!(stage.prove().await.behind.is_none());
}

/// How often a proof lists each file of the plain-text books, and reads all of them.
async fn files_read(stage: &Stage) -> (BTreeMap<String, usize>, usize) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    let watch: Arc<dyn Fn(&FileAsk) + Send + Sync> =
        Arc::new(move |ask| noted.lock().unwrap().push(ask.clone()));
    let proof = FILE_WATCH.scope(watch, stage.prove()).await;
    let books = &proof.books;
    assert!(books.iter().any(|it| it.book == "plain-text" && it.holds()), "{proof:#?}");
    let names: Vec<String> = stage.books().files.into_keys().collect();
    let mut listed: BTreeMap<String, usize> = names.iter().map(|it| (it.clone(), 0)).collect();
    let mut all = 0;
    for ask in asked.lock().unwrap().iter() {
        match ask {
            FileAsk::ReadBetween { first, last, .. } => {
                for name in &names {
                    let stem = name.split('.').next().unwrap();
                    let lies_between =
                        stem >= first.as_str() && last.as_deref().is_none_or(|last| stem <= last);
                    *listed.get_mut(name).unwrap() += usize::from(lies_between);
                }
            }
            FileAsk::Read { .. } => all += 1,
            FileAsk::ReadNamed { .. } => panic!("nothing is looked up: {ask:?}"),
            FileAsk::Merge(_) => panic!("a proof writes nothing"),
        }
    }
    (listed, all)
}

#[tokio::test]
async fn each_month_of_plain_text_books_is_read_as_often_however_many_there_are() {
    let mut read = Vec::new();
    for (orders, days) in [(60, 30), (300, 250)] {
        let stage = Stage::after(&world(16, orders, days), &FaultSettings::none()).await;
        stage.decide("approval = \"review\"").await;
        stage.sync().await;
        let engine = stage.engine().await;
        approve(&engine, Some("plain-text"), "owner").await.unwrap();
        push(&engine, Some("plain-text")).await.unwrap();
        read.push(files_read(&stage).await);
    }
    let [(few, all), (many, all_of_many)] = &read[..] else { panic!("{read:?}") };
    assert!(many.len() > few.len() + 8, "{many:?}");
    assert!(many.values().all(|times| *times == 1), "{many:?}");
    assert_eq!(all, all_of_many, "balances are read in one piece");
}
