//! Words that may not stand in certain places.

use super::source::{Source, line_of, occurrences};
use super::{Tree, Violation};

/// Where in a file a word is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// In code and imports.
    Code,
    /// In code and literals, whatever the case, also inside of other words.
    Anywhere,
}

/// Words that may not stand in the files of some folders.
struct Rule {
    name: &'static str,
    /// Paths that begin so are looked at.
    folders: &'static [&'static str],
    /// Of these, paths that begin so are not.
    but_not: &'static [&'static str],
    place: Place,
    /// Whether it holds in tests as well.
    in_tests: bool,
    words: &'static [&'static str],
    reason: &'static str,
}

const PURE: &[&str] =
    &["crates/saldo-core/src/", "crates/saldo-channels/src/", "crates/saldo-books/src/"];

const RULES: [Rule; 7] = [
    Rule {
        name: "pure",
        folders: PURE,
        but_not: &[],
        place: Place::Code,
        in_tests: false,
        words: &[
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
            "std::thread",
            "std::time::SystemTime",
            "std::time::Instant",
            "SystemTime::now",
            "Instant::now",
            "Timestamp::now",
            "Zoned::now",
            "async fn",
            "async move",
            "tokio",
            "reqwest",
            "rusqlite",
            "sqlx",
            "rand",
            "rand_chacha",
        ],
        reason: "no input or output, waiting, clock or chance here: they are arguments",
    },
    Rule {
        name: "exact",
        folders: &["crates/"],
        but_not: &["crates/saldo/src/cli/"],
        place: Place::Code,
        in_tests: true,
        words: &["f32", "f64"],
        reason: "amounts are integers and rates are decimals, never floating point",
    },
    Rule {
        name: "simulated",
        folders: &["crates/saldo-sim/src/"],
        but_not: &[],
        place: Place::Code,
        in_tests: false,
        words: &[
            "std::net",
            "SystemTime::now",
            "Instant::now",
            "Timestamp::now",
            "Zoned::now",
            "tokio",
            "reqwest",
            "saldo_channels",
            "saldo_books",
        ],
        reason: "a simulator has no sockets, no clock of its own, and never sees an adapter",
    },
    Rule {
        name: "vendor",
        folders: &[
            "crates/saldo-core/",
            "crates/saldo-store/",
            "crates/saldo/src/engine",
            "crates/saldo/src/web",
            "crates/saldo/src/transport",
        ],
        but_not: &[],
        place: Place::Anywhere,
        in_tests: false,
        words: &[
            "shopify",
            "quickbooks",
            "intuit",
            "xero",
            "amazon",
            "ebay",
            "woocommerce",
            "stocky",
        ],
        reason: "a vendor's name stands only in its own folders, the tables and the documents",
    },
    Rule {
        name: "printing",
        folders: &["crates/"],
        but_not: &[
            "crates/saldo/src/cli",
            "crates/saldo-store/build.rs",
            "crates/saldo-store/examples/",
        ],
        place: Place::Code,
        in_tests: false,
        words: &["println!", "print!", "eprintln!", "eprint!"],
        reason: "only the command line prints",
    },
    Rule {
        name: "escape",
        folders: &["crates/", "xtask/"],
        but_not: &[],
        place: Place::Code,
        in_tests: true,
        words: &["#[allow(", "#![allow(", "#[ignore", "todo!", "unimplemented!"],
        reason: "expect with a reason, or do the work",
    },
    Rule {
        name: "unwrap",
        folders: &["crates/", "xtask/"],
        but_not: &[],
        place: Place::Code,
        in_tests: false,
        words: &[".unwrap()"],
        reason: "handle the error, or expect with the reason why there is none",
    },
];

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let words = tree.sources.iter().flat_map(|source| {
        let applies = |rule: &&Rule| {
            let begins = |folder: &&str| source.path.starts_with(folder);
            rule.folders.iter().any(begins) && !rule.but_not.iter().any(begins)
        };
        RULES.iter().filter(applies).flat_map(|rule| violations(source, rule))
    });
    words.chain(tree.sources.iter().flat_map(sql)).collect()
}

fn violations(source: &Source, rule: &Rule) -> Vec<Violation> {
    let mut found = Vec::new();
    for word in rule.words {
        for line in lines_with(source, rule.place, word) {
            if rule.in_tests || !source.is_test(line) {
                let message = format!("`{word}`: {}", rule.reason);
                let path = source.path.clone();
                found.push(Violation { path, line, rule: rule.name, message });
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The lines on which a word stands.
fn lines_with(source: &Source, place: Place, word: &str) -> Vec<usize> {
    if place == Place::Anywhere {
        let inside = |text: &str| {
            let text = text.to_lowercase();
            text.match_indices(word).map(|(at, _)| line_of(&text, at)).collect::<Vec<_>>()
        };
        return [inside(&source.code), inside(&source.literals)].concat();
    }
    let written = occurrences(&source.code, word).map(|at| line_of(&source.code, at));
    let imports = source.imports().into_iter();
    let imported = imports.filter(|import| occurrences(&import.path, word).next().is_some());
    written.chain(imported.map(|import| import.line)).collect()
}

/// SQL in literals outside the store. Vendors have query languages that look alike, which books and
/// their simulators speak; there only statements that write count.
fn sql(source: &Source) -> Vec<Violation> {
    if !source.path.starts_with("crates/") || source.path.starts_with("crates/saldo-store/") {
        return Vec::new();
    }
    let speaks = ["crates/saldo-books/", "crates/saldo-sim/"];
    let may_query = speaks.iter().any(|folder| source.path.starts_with(folder));
    let literals = source.literals.to_lowercase();
    let writes = |line: &str| {
        let statements = ["insert into ", "delete from ", "create table ", "alter table "];
        statements.iter().any(|statement| line.contains(statement))
    };
    let queries = |line: &str| {
        let line = line.trim_start_matches(|c: char| !c.is_alphabetic());
        let begins = |verb: &str| line.starts_with(verb) || line.contains(&format!("\"{verb}"));
        begins("select ") && line.contains(" from ") || begins("update ") && line.contains(" set ")
    };
    let is_sql = |line: &str| writes(line) || !may_query && queries(line);
    let lines = literals.lines().enumerate().filter(|(_, line)| is_sql(line));
    let violation = |(index, _)| Violation {
        path: source.path.clone(),
        line: index + 1,
        rule: "sql",
        message: "only the store speaks SQL".to_owned(),
    };
    lines.map(violation).collect()
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    /// Checks one file, and returns the lines on which the rule is broken.
    fn broken(rule: &str, path: &str, text: &str) -> Vec<usize> {
        let found = check(&Tree::sample(&[(path, text)]));
        let lines = places(&found, rule).into_iter();
        lines.map(|place| place.rsplit(':').next().unwrap().parse().unwrap()).collect()
    }

    const CORE: &str = "crates/saldo-core/src/plan.rs";
    const ENGINE: &str = "crates/saldo/src/engine/push.rs";

    #[test]
    fn bad_samples_are_refused_and_good_ones_are_not() {
        let cases: [(&str, &str, &str, &[usize]); 30] = [
            ("pure", CORE, "use std::fs;", &[1]),
            ("pure", CORE, "use std::{fmt, fs::File};", &[1]),
            ("pure", CORE, "fn a() { let t = Timestamp::now(); }", &[1]),
            ("pure", CORE, "async fn a() {}", &[1]),
            ("pure", CORE, "// Timestamp::now is not for us\nuse std::fmt;", &[]),
            ("pure", CORE, "#[cfg(test)]\nmod tests {\n    use std::fs;\n}", &[]),
            ("pure", "crates/saldo-books/src/a/ask.rs", "use rand::Rng;", &[1]),
            ("pure", ENGINE, "use std::fs;", &[]),
            ("exact", CORE, "const A: f64 = 1.0;", &[1]),
            ("exact", CORE, "const A: &str = \"f64\";", &[]),
            ("simulated", "crates/saldo-sim/src/a.rs", "use saldo_books::plain_text;", &[1]),
            ("simulated", "crates/saldo-sim/src/a.rs", "use saldo_core::money;", &[]),
            ("vendor", CORE, "\n#[serde(rename = \"Shopify\")]", &[2]),
            ("vendor", ENGINE, "fn is_xero_slow() {}", &[1]),
            ("vendor", CORE, "/// `shopify/Order/1`\nfn a() {}", &[]),
            ("vendor", CORE, "#[cfg(test)]\nmod tests {\n    const A: &str = \"ebay\";\n}", &[]),
            ("vendor", "crates/saldo-channels/src/lib.rs", "mod shopify;", &[]),
            ("printing", ENGINE, "fn a() { println!(\"x\"); }", &[1]),
            ("printing", "crates/saldo/src/cli/plan.rs", "fn a() { println!(\"x\"); }", &[]),
            ("printing", "crates/saldo/tests/a.rs", "fn a() { eprintln!(\"x\"); }", &[]),
            ("escape", CORE, "#[allow(dead_code)]\nfn a() {}", &[1]),
            ("escape", CORE, "#[cfg(test)]\nmod tests {\n    #[ignore]\n    fn a() {}\n}", &[3]),
            ("escape", CORE, "fn a() { todo!() }", &[1]),
            ("unwrap", CORE, "fn a() { b().unwrap(); }", &[1]),
            ("unwrap", CORE, "fn a() { b().unwrap_or(1); }", &[]),
            ("unwrap", CORE, "#[cfg(test)]\nmod tests {\n    fn a() { b().unwrap(); }\n}", &[]),
            ("sql", ENGINE, "fn a() { q(\"select id from record\"); }", &[1]),
            ("sql", ENGINE, "fn a() { q(\"insert into record values (1)\"); }", &[1]),
            ("sql", "crates/saldo-store/src/a.rs", "fn a() { q(\"select id from record\"); }", &[]),
            ("sql", ENGINE, "fn a() { say(\"select a company\"); }", &[]),
        ];
        for (rule, path, text, lines) in cases {
            assert_eq!(broken(rule, path, text), lines, "{rule} {path} {text}");
        }
    }

    #[test]
    fn a_book_may_speak_its_vendors_query_language() {
        let book = "crates/saldo-books/src/a/ask.rs";
        assert_eq!(broken("sql", book, "const A: &str = \"select * from Invoice\";"), [0; 0]);
        assert_eq!(broken("sql", book, "const A: &str = \"insert into change\";"), [1]);
    }
}
