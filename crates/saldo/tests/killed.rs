//! The program as a user runs it, killed in the middle of its work again and again: the next run
//! goes on, and the books end as if nothing had happened.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test ends where anything is not as it must be")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How many requests the vendors hear in a life before it is killed, for one merchant after the
/// other. Each life needs about ten of them to ask what is new and to sign in.
const REQUESTS: [usize; 4] = [12, 13, 15, 18];
/// How many lives a merchant needs at most.
const LIVES_MAX: u32 = 60;
/// After so many lives each is allowed one request more: the smallest number is hardly more than a
/// life needs before it does anything, and what follows the last one is up to the machine.
const PATIENCE: u32 = 10;
/// How much longer each life lasts after its last request than the one before: deaths fall on
/// transactions and files as well.
const LONGER: Duration = Duration::from_micros(700);

/// The demonstration in a folder, as the command line starts it.
fn demo(data: &Path) -> Child {
    let words = ["demo", "--orders", "50", "--days", "20", "--seed", "7", "--quiet", "--data"];
    Command::new(env!("CARGO_BIN_EXE_saldo"))
        .args(words)
        .arg(data)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// How many requests the simulated vendors heard since the last run that came to its end.
fn heard(data: &Path) -> usize {
    let Ok(entries) = fs::read_dir(data) else { return 0 };
    let notes = entries.map(|entry| entry.unwrap().path()).filter(|path| {
        path.extension().is_some_and(|it| it == "jsonl") && path.to_string_lossy().contains("simul")
    });
    // A file may go while it is looked for, at the end of a run.
    notes.filter_map(|path| fs::read(path).ok()).map(|text| lines(&text)).sum()
}

fn lines(text: &[u8]) -> usize {
    text.split(|byte| *byte == b'\n').count() - 1
}

/// Lets the program work until its vendors heard so many more requests, and kills it; whether it
/// was killed before it came to its end.
fn live(data: &Path, requests: usize, longer: Duration) -> bool {
    let until = heard(data) + requests;
    let mut child = demo(data);
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            let said = std::io::read_to_string(child.stderr.take().unwrap()).unwrap();
            assert_eq!(status.code(), Some(0), "{said}");
            return false;
        }
        if heard(data) >= until {
            std::thread::sleep(longer);
            child.kill().unwrap();
            return !child.wait().unwrap().success();
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

/// The plain-text books, file by file, and the company's ledger without the ids that it gave.
fn books(data: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![data.join("books")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let text = fs::read_to_string(&path).unwrap();
                    files.insert(path.strip_prefix(data).unwrap().to_owned(), text);
                }
            }
        }
    }
    let ledger = fs::read_to_string(data.join("quickbooks-online-ledger.txt")).unwrap();
    files.insert("the company's ledger".into(), ledger);
    files
}

#[test]
fn a_program_that_is_killed_again_and_again_ends_with_the_same_books() {
    let folder = tempfile::tempdir().unwrap();
    let undisturbed = folder.path().join("undisturbed");
    assert!(!live(&undisturbed, usize::MAX / 2, Duration::ZERO));
    let expected = books(&undisturbed);
    for requests in REQUESTS {
        let data = folder.path().join(requests.to_string());
        let mut lives = 0;
        while live(&data, requests + (lives / PATIENCE) as usize, LONGER * lives) {
            lives += 1;
            assert!(lives < LIVES_MAX, "{requests} requests a life: it gets nowhere");
        }
        assert!(lives >= 2, "{requests} requests a life: killed {lives} times only");
        let found = books(&data);
        assert_eq!(
            found.keys().collect::<Vec<_>>(),
            expected.keys().collect::<Vec<_>>(),
            "{requests} requests a life"
        );
        for (file, text) in &expected {
            assert!(found[file] == *text, "{requests} requests a life: {} differs", file.display());
        }
    }
}
