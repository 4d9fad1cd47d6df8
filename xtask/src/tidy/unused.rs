//! Dependencies that are declared and not used.

use super::source::{line_of, occurrences};
use super::{Tree, Violation};
use std::collections::BTreeSet;

const SECTIONS: [&str; 3] = ["dependencies", "dev-dependencies", "build-dependencies"];

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    let mut declared = BTreeSet::new();
    let is_member = |path: &&String| path.ends_with("/Cargo.toml");
    for path in tree.texts.keys().filter(is_member) {
        let manifest = manifest(tree, path);
        let tables = SECTIONS.iter().filter_map(|section| manifest.get(*section)?.as_table());
        let names: BTreeSet<_> = tables.flat_map(toml::Table::keys).cloned().collect();
        let folders = folders(path, &manifest);
        let named = |name: &&String| folders.iter().any(|folder| is_named(tree, folder, name));
        let unused = names.iter().filter(|name| !named(name));
        violations.extend(unused.map(|name| violation(tree, path, name, "no code names")));
        declared.extend(names);
    }
    let workspace = manifest(tree, "Cargo.toml");
    let shared = workspace.get("workspace").and_then(|table| table.get("dependencies"));
    let shared = shared.and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys);
    let unused = shared.filter(|name| !declared.contains(*name));
    violations.extend(unused.map(|name| violation(tree, "Cargo.toml", name, "no crate uses")));
    violations
}

/// A manifest; empty where it cannot be read, of which cargo says more than we could.
fn manifest(tree: &Tree, path: &str) -> toml::Table {
    tree.texts.get(path).and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// The folders of a crate's code: its own, and one that its manifest says it compiles in.
fn folders<'a>(path: &'a str, manifest: &'a toml::Table) -> Vec<&'a str> {
    let metadata = manifest.get("package").and_then(|table| table.get("metadata"));
    let further = metadata.and_then(|table| table.get("tidy")?.get("compiles-in")?.as_str());
    std::iter::once(path.trim_end_matches("Cargo.toml")).chain(further).collect()
}

/// Whether a crate's code names a dependency.
fn is_named(tree: &Tree, folder: &str, dependency: &str) -> bool {
    let name = dependency.replace('-', "_");
    let mut own = tree.sources.iter().filter(|source| source.path.starts_with(folder));
    own.any(|source| {
        // Examples in documentation use dependencies too, but prose may name any crate.
        occurrences(&source.code, &name).count() > 0
            || occurrences(&source.comments, &format!("{name}::")).count() > 0
    })
}

fn violation(tree: &Tree, path: &str, name: &str, what: &str) -> Violation {
    let text = tree.texts.get(path).map_or("", String::as_str);
    let line = text.find(&format!("\n{name}")).map_or(1, |at| line_of(text, at + 1));
    let message = format!("{what} `{name}`");
    Violation { path: path.to_owned(), line, rule: "unused", message }
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    #[test]
    fn what_nobody_names_is_unused() {
        let found = check(&Tree::sample(&[
            ("Cargo.toml", "[workspace.dependencies]\ncsv = \"1\"\nurl = \"2\"\nb-c = \"3\""),
            ("crates/a/Cargo.toml", "[dependencies]\ncsv.workspace = true\nb-c.workspace = true"),
            ("crates/a/src/lib.rs", "use b_c::D; // Not csv.\nconst E: &str = \"csv\";"),
            ("crates/ab/src/lib.rs", "use csv::Reader;"),
            (
                "d/Cargo.toml",
                "[package.metadata.tidy]\ncompiles-in = \"crates/a/src/\"\n\
                 [dependencies]\nb-c.workspace = true\ncsv.workspace = true",
            ),
        ]));
        assert_eq!(
            places(&found, "unused"),
            ["crates/a/Cargo.toml:2", "d/Cargo.toml:5", "Cargo.toml:3"]
        );
    }
}
