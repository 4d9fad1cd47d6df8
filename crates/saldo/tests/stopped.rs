//! A sync that is stopped or killed leaves nothing taken, and one that lives is not disturbed.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test ends where anything is not as it must be")]

use serde_json::Value;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// How long a process may take to ask the vendor something, or to end.
const PATIENCE: Duration = Duration::from_secs(60);

fn saldo(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saldo"));
    command
        .args(words)
        .env("SALDO_DATA", folder.join("data"))
        .env("SALDO_KEY_FILE", folder.join("key"))
        .env_remove("SALDO_COMPANY")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(folder: &Path, words: &[&str]) -> Output {
    saldo(folder, words).output().unwrap()
}

/// A company whose shop is asked at this address.
fn company(folder: &Path, shop: &TcpListener) {
    let address = format!("http://{}", shop.local_addr().unwrap());
    let secret = folder.join("secret");
    std::fs::write(&secret, "a secret").unwrap();
    let init = ["init", "--name", "Demo", "--currency", "USD", "--timezone", "UTC"];
    let connect = ["connect", "shopify", "--shop", "demo", "--unchecked", "--client-id", "demo"];
    let secret = ["--client-secret-file", secret.to_str().unwrap()];
    let addresses = ["--api-url", &address, "--token-url", &address];
    for words in [
        [&init[..], &["--start-date", "2026-11-01"]].concat(),
        [&connect[..], &secret, &addresses].concat(),
    ] {
        let said = run(folder, &words);
        assert!(said.status.success(), "{words:?}: {said:?}");
    }
}

/// The next request that the shop hears, which it never answers.
fn heard(shop: &TcpListener) -> TcpStream {
    shop.set_nonblocking(true).unwrap();
    let begun = Instant::now();
    loop {
        match shop.accept() {
            Ok((request, _)) => return request,
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(error) => panic!("{error}"),
        }
        assert!(begun.elapsed() < PATIENCE, "the shop is not asked");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A sync that waits for its shop, which it has taken.
fn waiting_sync(folder: &Path, shop: &TcpListener) -> (Child, TcpStream) {
    let sync = saldo(folder, &["sync", "--json"]).spawn().unwrap();
    (sync, heard(shop))
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").arg(name).arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_sync_that_ends_in_any_way_leaves_nothing_taken() {
    let folder = tempfile::tempdir().unwrap();
    let shop = TcpListener::bind("127.0.0.1:0").unwrap();
    company(folder.path(), &shop);
    for (name, code) in [("-KILL", None), ("-INT", Some(130)), ("-TERM", Some(143))] {
        let (sync, _unanswered) = waiting_sync(folder.path(), &shop);
        signal(&sync, name);
        let said = sync.wait_with_output().unwrap();
        assert_eq!(said.status.code(), code, "{name}: {said:?}");
        if let Some(code) = code {
            let failure: Value = serde_json::from_slice(&said.stderr).unwrap();
            assert_eq!(failure["exit_code"], code, "{failure}");
        }
    }
    let (mut living, _unanswered) = waiting_sync(folder.path(), &shop);
    let other = run(folder.path(), &["sync"]);
    let text = String::from_utf8_lossy(&other.stderr).into_owned();
    assert_eq!(other.status.code(), Some(3), "{text}");
    assert!(text.contains("is held by saldo on "), "{text}");
    assert!(living.try_wait().unwrap().is_none(), "it was not disturbed");
    living.kill().unwrap();
    living.wait().unwrap();
    let status = run(folder.path(), &["issues"]);
    assert!(status.status.success(), "{status:?}");
    let signs = std::fs::read_dir(folder.path().join("data/running")).unwrap().count();
    assert_eq!(signs, 0, "whoever ended by itself, or was found to be gone, leaves no sign");
}
