//! What the guide says of the policy can be said.

use super::usd;
use saldo_core::policy::Policy;
use std::fs;
use std::path::Path;

/// The pieces of a page that are TOML.
fn policies(page: &str) -> impl Iterator<Item = &str> {
    page.split("```toml\n").skip(1).filter_map(|rest| Some(rest.split_once("\n```")?.0))
}

#[test]
fn every_policy_in_the_guide_is_one() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide");
    let start = "2026-01-01".parse().unwrap();
    let mut read = 0;
    for page in fs::read_dir(guide).unwrap() {
        let path = page.unwrap().path();
        for text in policies(&fs::read_to_string(&path).unwrap()) {
            let policy = Policy::new(1, text, usd(), "America/New_York", start);
            if let Err(error) = policy {
                panic!("{}: {error}\n{text}", path.display());
            }
            read += 1;
        }
    }
    assert!(read > 10, "the guide says how policies are written: {read}");
}
