//! The rules that no compiler keeps, checked by reading the source.
//!
//! A check is a function from the [`Tree`] to [`Violation`]s. It is listed in [`CHECKS`], and its
//! unit tests show a bad sample that it refuses.

mod boundaries;
mod documents;
mod shape;
mod source;
mod unused;
mod words;

use anyhow::{Context, Result};
use source::Source;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::Path;

/// A rule broken in a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Violation {
    /// The path below the repository's folder, with `/` between names.
    path: String,
    /// The line, from one.
    line: usize,
    /// The rule's name.
    rule: &'static str,
    /// What is wrong.
    message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.path, self.line, self.rule, self.message)
    }
}

/// All that the checks look at.
struct Tree {
    /// The Rust files, read by their parts.
    sources: Vec<Source>,
    /// The texts of documents and manifests, by path.
    texts: BTreeMap<String, String>,
    /// The paths of all files.
    paths: BTreeSet<String>,
}

/// The checks in the order in which their violations are printed.
const CHECKS: [fn(&Tree) -> Vec<Violation>; 5] =
    [boundaries::check, unused::check, words::check, shape::check, documents::check];

/// Folders that hold nothing of ours to read.
const SKIPPED_FOLDERS: [&str; 3] = ["target", "fixtures", "node_modules"];

/// Checks the whole repository, and says whether no rule is broken.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let tree = Tree::read(root)?;
    let violations: Vec<_> = CHECKS.iter().flat_map(|check| check(&tree)).collect();
    for violation in &violations {
        println!("{violation}");
    }
    for warning in shape::warnings(&tree) {
        println!("warning: {warning}");
    }
    println!("{} source files, {} violations", tree.sources.len(), violations.len());
    Ok(violations.is_empty())
}

impl Tree {
    fn read(root: &Path) -> Result<Self> {
        let mut paths = BTreeSet::new();
        list(root, "", &mut paths)?;
        let mut files = Vec::new();
        for path in paths.iter().filter(|path| is_read(path)) {
            let text = std::fs::read_to_string(root.join(path))
                .with_context(|| format!("cannot read {path}"))?;
            files.push((path.clone(), text));
        }
        let mut tree = Self::new(files);
        tree.paths = paths;
        Ok(tree)
    }

    /// A tree of these paths and texts.
    fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let files: BTreeMap<_, _> = files.into_iter().collect();
        let paths = files.keys().cloned().collect();
        let is_rust = |path: &String, _: &mut String| path.ends_with(".rs");
        let mut texts = files;
        let sources = texts.extract_if(.., is_rust).map(|(path, text)| Source::new(path, text));
        let mut sources: Vec<_> = sources.collect();
        source::mark_test_modules(&mut sources);
        Self { sources, texts, paths }
    }

    /// The names of the folders directly in this one, which ends with `/`.
    fn folders(&self, parent: &str) -> BTreeSet<&str> {
        let inner = self.paths.iter().filter_map(|path| path.strip_prefix(parent));
        inner.filter_map(|path| path.split_once('/')).map(|(folder, _)| folder).collect()
    }

    #[cfg(test)]
    fn sample(files: &[(&str, &str)]) -> Self {
        Self::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())))
    }
}

fn is_read(path: &str) -> bool {
    [".rs", ".md", ".toml"].iter().any(|ending| path.ends_with(ending))
}

/// Lists the files below a folder, but for hidden ones and those of the skipped folders.
fn list(root: &Path, folder: &str, paths: &mut BTreeSet<String>) -> Result<()> {
    let entries = std::fs::read_dir(root.join(folder));
    for entry in entries.with_context(|| format!("cannot read the folder {folder}"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let is_folder = entry.file_type()?.is_dir();
        if is_folder && !SKIPPED_FOLDERS.contains(&name.as_str()) {
            list(root, &path, paths)?;
        } else if !is_folder {
            paths.insert(path);
        }
    }
    Ok(())
}

/// The `path:line` of each violation of a rule, for tests.
#[cfg(test)]
fn places(violations: &[Violation], rule: &str) -> Vec<String> {
    let of_rule = violations.iter().filter(|violation| violation.rule == rule);
    of_rule.map(|violation| format!("{}:{}", violation.path, violation.line)).collect()
}
