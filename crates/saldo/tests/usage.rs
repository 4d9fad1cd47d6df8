//! What is wrong with the words of a command ends it with 2, and names what is wrong.

#![expect(clippy::unwrap_used, reason = "a test ends where anything is not as it must be")]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn saldo(folder: &Path, key: &str, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_saldo"))
        .args(words)
        .env("SALDO_DATA", folder.join("data"))
        .env("SALDO_KEY_FILE", folder.join(key))
        .env_remove("SALDO_COMPANY")
        .output()
        .unwrap()
}

fn init(name: &str) -> Vec<&str> {
    let rest = ["--currency", "USD", "--timezone", "UTC", "--start-date", "2026-11-01"];
    [&["init", "--name", name][..], &rest].concat()
}

/// Asserts that a command ends with 2 and says this.
fn refused(folder: &Path, key: &str, words: &[&str], says: &str) {
    let said = saldo(folder, key, &[words, &["--json"]].concat());
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    assert_eq!(said.status.code(), Some(2), "{words:?}: {text}");
    let failure: Value = serde_json::from_slice(&said.stderr).unwrap();
    assert_eq!(failure["exit_code"], 2, "{failure}");
    assert!(failure["error"].as_str().unwrap().contains(says), "{words:?}: {failure}");
}

#[test]
fn what_cannot_be_meant_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for name in ["", "  "] {
        refused(folder, "key", &init(name), "a company has a name");
    }
    assert!(!folder.join("data").exists(), "nothing was made");
    assert!(saldo(folder, "key", &init("Demo")).status.success());
    refused(folder, "key", &init("Demo"), "`demo` exists already");
    let policy = ["map", "import", "nowhere/policy.toml"];
    for (words, says) in [
        (&["--company", "nope", "status"][..], "no company `nope`: there are demo"),
        (&policy, "nowhere/policy.toml cannot be read"),
        (&["map", "rules", "nowhere.toml"], "nowhere.toml cannot be read"),
        (&["map", "template", "apply", "nowhere.toml"], "nowhere.toml cannot be read"),
        (&["verify", "nowhere.zip"], "nowhere.zip cannot be read"),
        (&["explain", ""], "name what is to be explained"),
        (&["explain", "#1001"], "nothing is known by the name `#1001`"),
        (&["plan", "--book", "nope"], "no book `nope`"),
        (&["retry", "nope"], "`nope`"),
        (&["import", "nowhere/foo.csv"], "nowhere/foo.csv cannot be read"),
        (&["demo", "--days", "0"], "--days"),
    ] {
        refused(folder, "key", words, says);
    }
    refused(folder, "no-key", &["status"], "no-key");
}

#[test]
fn a_second_company_in_a_folder_says_how_one_is_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let first = saldo(folder, "key", &init("Demo"));
    assert!(!String::from_utf8_lossy(&first.stdout).contains("--company"), "{first:?}");
    let second = saldo(folder, "key", &init("Other"));
    let text = String::from_utf8_lossy(&second.stdout).into_owned();
    assert!(text.contains("2 companies now: demo, other"), "{text}");
    assert!(text.contains("--company other"), "{text}");
    refused(folder, "key", &["status"], "name one by --company: demo, other");
    assert!(saldo(folder, "key", &["issues", "--company", "other"]).status.success());
}
