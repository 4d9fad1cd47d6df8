//! Documents that are missing, incomplete or stale.

use super::source::is_word;
use super::{Tree, Violation};

/// The commands that a newcomer needs, word for word in README.md.
const README_COMMANDS: [&str; 2] = ["cargo run --release -- demo", "cargo xtask test"];

/// The crates whose folders are adapters, each with a page of documentation.
const ADAPTERS: [&str; 2] = ["crates/saldo-channels/src/", "crates/saldo-books/src/"];

/// What only means something to somebody who was there. The project speaks of itself alone.
const PASSING: [&str; 7] = [
    "issue #",
    "pull request #",
    "this session",
    "previous session",
    "next session",
    "the lead",
    "/work/",
];

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let checks = [read_me_files, read_me_commands, architecture, decisions, links, passing];
    checks.iter().flat_map(|check| check(tree)).collect()
}

fn violation(path: &str, line: usize, rule: &'static str, message: String) -> Violation {
    Violation { path: path.to_owned(), line, rule, message }
}

/// The text of a document; empty where there is none, so that all that it must say is missing.
fn text<'a>(tree: &'a Tree, path: &str) -> &'a str {
    tree.texts.get(path).map_or("", String::as_str)
}

fn read_me_files(tree: &Tree) -> Vec<Violation> {
    let crates = tree.folders("crates/").into_iter().map(|name| format!("crates/{name}/README.md"));
    let adapters = ADAPTERS.iter().flat_map(|folder| {
        tree.folders(folder).into_iter().map(move |name| format!("{folder}{name}/README.md"))
    });
    let missing = crates.chain(adapters).filter(|path| !tree.paths.contains(path));
    missing.map(|path| violation(&path, 1, "readme", "is missing".to_owned())).collect()
}

fn read_me_commands(tree: &Tree) -> Vec<Violation> {
    let read_me = text(tree, "README.md");
    let missing = README_COMMANDS.iter().filter(|command| !read_me.contains(**command));
    let message = |command| format!("does not name the command `{command}`");
    missing.map(|command| violation("README.md", 1, "readme", message(command))).collect()
}

/// Every crate, and every folder of modules directly in a crate's source, has a place on the map.
fn architecture(tree: &Tree) -> Vec<Violation> {
    let path = "ARCHITECTURE.md";
    let map = text(tree, path);
    let mut missing = Vec::new();
    for krate in tree.folders("crates/") {
        let modules = tree.folders(&format!("crates/{krate}/src/")).into_iter();
        let names = std::iter::once(krate).chain(modules).map(|name| format!("{name}/"));
        let unnamed = names.filter(|name| !is_named(map, name));
        missing.extend(unnamed.map(|name| format!("does not name `{name}` of `{krate}`")));
    }
    missing.into_iter().map(|message| violation(path, 1, "architecture", message)).collect()
}

fn is_named(map: &str, folder: &str) -> bool {
    let begins = |at: usize| !map[..at].ends_with(|c: char| is_word(c) || c == '-');
    map.match_indices(folder).any(|(at, _)| begins(at))
}

/// Every dependency has its reason.
fn decisions(tree: &Tree) -> Vec<Violation> {
    let path = "docs/decisions.md";
    let manifest: toml::Table = match text(tree, "Cargo.toml").parse() {
        Ok(manifest) => manifest,
        Err(error) => return vec![violation("Cargo.toml", 1, "decisions", error.to_string())],
    };
    let table = manifest.get("workspace").and_then(|workspace| workspace.get("dependencies"));
    let names = table.and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::keys);
    let decided = text(tree, path);
    let others = names.filter(|name| !name.starts_with("saldo"));
    let missing = others.filter(|name| !decided.contains(&format!("`{name}`")));
    let message = |name| format!("gives no reason for the dependency `{name}`");
    missing.map(|name| violation(path, 1, "decisions", message(name))).collect()
}

/// Links to files that are not there.
fn links(tree: &Tree) -> Vec<Violation> {
    let mut broken = Vec::new();
    for (path, line, words) in prose_lines(tree).filter(|(path, ..)| path.ends_with(".md")) {
        for (at, _) in words.match_indices("](") {
            let target = words[at + 2..].split([')', '#', ' ']).next().unwrap_or("");
            let is_local = !target.is_empty() && !target.contains(':');
            if is_local && !exists(tree, path, target) {
                let message = format!("`{target}` is not there");
                broken.push(violation(path, line, "link", message));
            }
        }
    }
    broken
}

/// Whether a link leads from a document to a file or folder.
fn exists(tree: &Tree, from: &str, target: &str) -> bool {
    let mut names: Vec<_> = from.split('/').collect();
    names.pop();
    for name in target.trim_end_matches('/').split('/') {
        match name {
            "." => {}
            ".." => drop(names.pop()),
            name => names.push(name),
        }
    }
    let path = names.join("/");
    let folder = format!("{path}/");
    tree.paths.contains(&path) || tree.paths.iter().any(|known| known.starts_with(&folder))
}

/// Remarks in documents and comments that only mean something to somebody who was there.
fn passing(tree: &Tree) -> Vec<Violation> {
    let mut found = Vec::new();
    for (path, line, words) in prose_lines(tree) {
        let lower = words.to_lowercase();
        for remark in PASSING {
            let ends = |at: usize| {
                !(remark.ends_with(is_word) && lower[at + remark.len()..].starts_with(is_word))
            };
            if lower.match_indices(remark).any(|(at, _)| ends(at)) {
                let message = format!("`{remark}`: the project speaks of itself alone");
                found.push(violation(path, line, "passing", message));
            }
        }
    }
    found
}

/// The lines of documents and comments: path, line number from one, and words.
fn prose_lines(tree: &Tree) -> impl Iterator<Item = (&str, usize, &str)> {
    let documents = tree.texts.iter().filter(|(path, _)| path.ends_with(".md"));
    let documents = documents.map(|(path, text)| (path.as_str(), text.as_str()));
    let sources = tree.sources.iter();
    let comments = sources.map(|source| (source.path.as_str(), source.comments.as_str()));
    documents.chain(comments).flat_map(|(path, text)| {
        text.lines().enumerate().map(move |(index, line)| (path, index + 1, line))
    })
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    fn broken(rule: &str, files: &[(&str, &str)]) -> Vec<String> {
        places(&check(&Tree::sample(files)), rule)
    }

    const COMMANDS: (&str, &str) = ("README.md", "cargo run --release -- demo\ncargo xtask test");

    #[test]
    fn crates_and_adapters_have_pages() {
        let book = "crates/saldo-books/src/xml/mod.rs";
        assert_eq!(
            broken("readme", &[COMMANDS, (book, "")]),
            ["crates/saldo-books/README.md:1", "crates/saldo-books/src/xml/README.md:1"]
        );
        let pages = [
            COMMANDS,
            (book, ""),
            ("crates/saldo-books/README.md", ""),
            ("crates/saldo-books/src/xml/README.md", ""),
        ];
        assert_eq!(broken("readme", &pages), [""; 0]);
    }

    #[test]
    fn the_two_commands_stand_in_the_read_me() {
        assert_eq!(broken("readme", &[("README.md", "cargo xtask test")]), ["README.md:1"]);
    }

    #[test]
    fn the_map_names_crates_and_folders() {
        let file = ("crates/saldo/src/engine/mod.rs", "");
        let cases = [
            ("saldo/ engine/", 0),
            ("saldo/ steam-engine/", 1),
            ("saldo-core/ engine/", 1),
            ("nothing", 2),
        ];
        for (map, missing) in cases {
            let found = broken("architecture", &[file, ("ARCHITECTURE.md", map)]);
            assert_eq!(found.len(), missing, "{map}");
        }
    }

    #[test]
    fn every_dependency_has_a_reason() {
        let manifest = ("Cargo.toml", "[workspace.dependencies]\ncsv = \"1\"\nsaldo-core = \"0\"");
        assert_eq!(broken("decisions", &[manifest]), ["docs/decisions.md:1"]);
        assert_eq!(broken("decisions", &[manifest, ("docs/decisions.md", "`csv`")]), [""; 0]);
    }

    #[test]
    fn links_lead_somewhere() {
        let page = "[a](../README.md) [b](https://example.org) [c](gone.md)\n[d](guides/)";
        let files = [COMMANDS, ("docs/a.md", page), ("docs/guides/b.md", "[e](#part)")];
        assert_eq!(broken("link", &files), ["docs/a.md:1"]);
    }

    #[test]
    fn passing_remarks_are_refused() {
        let files = [
            ("docs/a.md", "Done in issue #7.\nThe leading edge.\nOrder #1001."),
            ("crates/a/src/lib.rs", "// As the lead said.\nconst A: &str = \"the lead\";"),
        ];
        assert_eq!(broken("passing", &files), ["docs/a.md:1", "crates/a/src/lib.rs:1"]);
    }
}
