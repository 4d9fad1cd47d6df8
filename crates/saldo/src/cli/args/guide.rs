//! What the guide says of the command line can be said.

use super::Arguments;
use clap::Parser;
use std::fs;
use std::path::{Path, PathBuf};

/// The words of a line, as a shell parts them, with a key where one is meant. What is said of it
/// after a `#` is left out.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], None);
    for letter in line.split(" # ").next().unwrap_or(line).chars() {
        match (letter, quoted) {
            ('"' | '\'', None) => quoted = Some(letter),
            (letter, Some(mark)) if letter == mark => quoted = None,
            (' ', None) => words.push(String::new()),
            (letter, _) => words.last_mut().unwrap().push(letter),
        }
    }
    let key = |word: String| if word == "KEY" { "0".repeat(64) } else { word };
    words.into_iter().filter(|word| !word.is_empty()).map(key).collect()
}

#[test]
fn every_command_in_the_guide_is_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pages = fs::read_dir(root.join("docs/guide")).unwrap().map(|page| page.unwrap().path());
    let pages: Vec<PathBuf> = pages.chain([root.join("README.md")]).collect();
    let mut read = 0;
    for page in pages {
        let text = fs::read_to_string(&page).unwrap().replace("\\\n", "");
        for line in text.lines() {
            if line.starts_with("saldo ") {
                let parsed = Arguments::try_parse_from(words(line));
                assert!(parsed.is_ok(), "{}: {line}\n{}", page.display(), parsed.unwrap_err());
                read += 1;
            }
        }
    }
    assert!(read > 30, "the guide says which commands there are: {read}");
}
