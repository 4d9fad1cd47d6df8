//! Who may know whom: crates by their manifests, adapters by their imports.

use super::source::{line_of, occurrences};
use super::{Tree, Violation};

/// What a crate may depend on.
struct Boundary {
    krate: &'static str,
    /// Of our own crates, those that it may use.
    uses: &'static [&'static str],
    /// Of our own crates, those that its tests may use besides.
    tests_use: &'static [&'static str],
    /// Of other people's crates, those that it may not use.
    never: &'static [&'static str],
}

const WORLD: &[&str] = &["axum", "hyper", "rand", "reqwest", "rusqlite", "sqlx", "tokio"];

const BOUNDARIES: [Boundary; 6] = [
    Boundary { krate: "saldo-core", uses: &[], tests_use: &[], never: WORLD },
    Boundary {
        krate: "saldo-channels",
        uses: &["saldo-core"],
        tests_use: &["saldo-sim"],
        never: WORLD,
    },
    Boundary {
        krate: "saldo-books",
        uses: &["saldo-core"],
        tests_use: &["saldo-sim"],
        never: WORLD,
    },
    Boundary {
        krate: "saldo-sim",
        uses: &["saldo-core"],
        tests_use: &["saldo-channels", "saldo-books"],
        never: WORLD,
    },
    Boundary {
        krate: "saldo-store",
        uses: &["saldo-core"],
        tests_use: &[],
        never: &["axum", "reqwest"],
    },
    Boundary {
        krate: "saldo",
        uses: &["saldo-core", "saldo-channels", "saldo-books", "saldo-store", "saldo-sim"],
        tests_use: &[],
        never: &["rusqlite", "sqlx"],
    },
];

/// The crates whose folders are adapters: each may know the crate's other files, not its siblings.
const ADAPTERS: [&str; 2] = ["crates/saldo-channels/src/", "crates/saldo-books/src/"];

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (path, text) in &tree.texts {
        if path.starts_with("crates/") && path.ends_with("/Cargo.toml") {
            violations.extend(check_manifest(path, text));
        }
    }
    for folder in ADAPTERS {
        violations.extend(check_siblings(tree, folder));
    }
    violations
}

fn check_manifest(path: &str, text: &str) -> Vec<Violation> {
    let violation = |line, message| {
        vec![Violation { path: path.to_owned(), line, rule: "dependency", message }]
    };
    let name = path.trim_start_matches("crates/").trim_end_matches("/Cargo.toml");
    let Some(boundary) = BOUNDARIES.iter().find(|boundary| boundary.krate == name) else {
        return violation(1, format!("`{name}` keeps no rule: a new crate needs one"));
    };
    let manifest: toml::Table = match text.parse() {
        Ok(manifest) => manifest,
        Err(error) => return violation(1, format!("cannot be read: {error}")),
    };
    let mut violations = Vec::new();
    for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let table = manifest.get(section).and_then(toml::Value::as_table);
        for dependency in table.into_iter().flat_map(toml::Table::keys) {
            if !boundary.permits(dependency, section) {
                let at = text.find(&format!("\n{dependency}")).map_or(0, |at| at + 1);
                let message = format!("`{name}` may not have `{dependency}` in its {section}");
                violations.extend(violation(line_of(text, at), message));
            }
        }
    }
    violations
}

impl Boundary {
    fn permits(&self, dependency: &str, section: &str) -> bool {
        let in_tests = section == "dev-dependencies";
        if dependency == "saldo" || dependency.starts_with("saldo-") {
            return self.uses.contains(&dependency)
                || in_tests && self.tests_use.contains(&dependency);
        }
        in_tests || !self.never.contains(&dependency)
    }
}

/// Finds adapters that know a sibling of their own kind.
fn check_siblings(tree: &Tree, folder: &str) -> Vec<Violation> {
    let adapters = tree.folders(folder);
    let mut violations = Vec::new();
    for source in &tree.sources {
        let Some(inner) = source.path.strip_prefix(folder) else { continue };
        let Some((own, _)) = inner.split_once('/') else { continue };
        let imports = source.imports();
        for sibling in adapters.iter().filter(|adapter| **adapter != own) {
            let paths = [format!("crate::{sibling}"), format!("super::{sibling}")];
            let written = paths.iter().flat_map(|path| {
                occurrences(&source.code, path).map(|at| line_of(&source.code, at))
            });
            let names = |path: &str| paths.iter().any(|known| occurrences(path, known).count() > 0);
            let imported = imports.iter().filter(|import| names(&import.path));
            let mut lines: Vec<_> = written.chain(imported.map(|import| import.line)).collect();
            lines.sort_unstable();
            lines.dedup();
            violations.extend(lines.into_iter().map(|line| Violation {
                path: source.path.clone(),
                line,
                rule: "sibling",
                message: format!("`{own}` may not know `{sibling}`"),
            }));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    #[test]
    fn dependencies_keep_to_the_star() {
        let cases = [
            ("saldo-core", "[dependencies]\nserde.workspace = true", true),
            ("saldo-core", "[dependencies]\ntokio.workspace = true", false),
            ("saldo-core", "[dev-dependencies]\nsaldo-sim.workspace = true", false),
            ("saldo-channels", "[dependencies]\nsaldo-core.workspace = true", true),
            ("saldo-channels", "[dependencies]\nsaldo-books.workspace = true", false),
            ("saldo-channels", "[dependencies]\nsaldo-sim.workspace = true", false),
            ("saldo-channels", "[dev-dependencies]\nsaldo-sim.workspace = true", true),
            ("saldo-channels", "[dev-dependencies]\nsaldo-books.workspace = true", false),
            ("saldo-books", "[dependencies]\nreqwest = \"0.13\"", false),
            ("saldo-sim", "[dependencies]\nsaldo-books.workspace = true", false),
            ("saldo-sim", "[dev-dependencies]\nsaldo-books.workspace = true", true),
            ("saldo-store", "[dependencies]\nsaldo-sim.workspace = true", false),
            ("saldo", "[dependencies]\nsqlx.workspace = true", false),
            ("saldo-extra", "[dependencies]\n", false),
            ("saldo", "[dependencies", false),
        ];
        for (krate, manifest, good) in cases {
            let path = format!("crates/{krate}/Cargo.toml");
            let found = check(&Tree::sample(&[(&path, manifest)]));
            assert_eq!(found.is_empty(), good, "{krate} {manifest}: {found:?}");
        }
    }

    #[test]
    fn a_violation_names_the_line_of_the_dependency() {
        let manifest = "[dependencies]\nserde = \"1\"\nsqlx = \"1\"\n";
        let found = check(&Tree::sample(&[("crates/saldo/Cargo.toml", manifest)]));
        assert_eq!(places(&found, "dependency"), ["crates/saldo/Cargo.toml:3"]);
    }

    #[test]
    fn adapters_do_not_know_their_siblings() {
        let found = check(&Tree::sample(&[
            ("crates/saldo-books/src/a/mod.rs", "use crate::{b::Wire, json};\nuse super::b;"),
            ("crates/saldo-books/src/b/mod.rs", "use crate::b::wire;\nfn c() { crate::a::d() }"),
            ("crates/saldo-books/src/lib.rs", "mod a;\nmod b;\nuse crate::a::A;"),
        ]));
        let expected = [
            "crates/saldo-books/src/a/mod.rs:1",
            "crates/saldo-books/src/a/mod.rs:2",
            "crates/saldo-books/src/b/mod.rs:2",
        ];
        assert_eq!(places(&found, "sibling"), expected);
    }
}
