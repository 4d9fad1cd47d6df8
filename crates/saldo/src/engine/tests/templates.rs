//! Every template keeps the books of a merchant, to the letter of the programs that read them.

use super::stage::{Stage, on_all_cores, world};
use crate::templates::{TEMPLATES, Template, applied};
use saldo_sim::fault::FaultSettings;
use std::path::Path;
use std::process::Command;

/// Lets a program check the books, where it is installed.
pub(super) fn check(program: &str, arguments: &[&str], folder: &Path) {
    let output =
        Command::new(program).args(arguments).current_dir(folder).env("LC_ALL", "C.UTF-8").output();
    match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{program} is not installed");
            eprintln!("skipped: {program} (not installed)");
        }
        output => {
            let output = output.unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{program} says:\n{said}");
        }
    }
}

/// What is held of the merchant's history by the default policy, as by any complete one.
async fn held_by_default() -> Vec<String> {
    let stage = Stage::after(&world(5, 40, 20), &FaultSettings::none()).await;
    stage.sync().await;
    stage.held().await
}

async fn keep_books_by(template: Template, held: &[String]) {
    let stage = Stage::after(&world(5, 40, 20), &FaultSettings::none()).await;
    let words: toml::Table = toml::from_str(template.text).unwrap();
    // The merchant's taxes are American: elsewhere they are unknown until they are named.
    let common = &words["accounts"]["sales-tax"];
    let named = format!("[tax.accounts]\n\"* Tax\" = {common}");
    let laid_over = |before: &str| applied(&applied(before, template.text)?, &named);
    stage.revise_for_all_days(|before| laid_over(before).unwrap()).await;
    let name = template.name;
    assert!(stage.sync().await.approved > 0, "{name}");
    assert_eq!(stage.held().await, held, "{name}");
    stage.assert_proven(name).await;
    let sales = words["accounts"]["product-sales"].as_str().unwrap();
    // A company that has such an account writes it its own way.
    let is_sales = |account: &str| account.eq_ignore_ascii_case(sales);
    assert!(stage.sums().keys().any(|(account, _)| is_sales(account)), "{name}: {sales}");
    let folder = stage.books_folder();
    check("bean-check", &["main.beancount"], &folder);
    check("hledger", &["-f", "main.journal", "check", "--strict"], &folder);
}

#[test]
fn each_template_keeps_books_that_add_up() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let held = runtime.block_on(held_by_default());
    on_all_cores(TEMPLATES, async |template| keep_books_by(template, &held).await);
}
