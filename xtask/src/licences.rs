//! The licence policy, checked offline: `cargo deny` where it is installed, else our own reading of
//! what cargo knows against the same list in `deny.toml`.

use crate::process::{cargo, output, succeeds, works};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Checks every dependency, and says whether all are allowed.
pub(crate) fn run(root: &Path) -> Result<bool> {
    if works(&mut cargo(root, &["deny", "--version"])?) {
        let arguments = ["deny", "--offline", "check", "licenses", "bans", "sources"];
        return succeeds(&mut cargo(root, &arguments)?);
    }
    let policy = Policy::parse(&std::fs::read_to_string(root.join("deny.toml"))?)?;
    let packages = packages(root)?;
    let mut refused = 0_usize;
    for package in &packages {
        if let Some(reason) = policy.refusal(package) {
            println!("{} {}: {reason}", text(package, "name"), text(package, "version"));
            refused += 1;
        }
    }
    println!("{} packages, {refused} refused", packages.len());
    Ok(refused == 0)
}

/// What `deny.toml` says about licences.
struct Policy {
    /// The licences that may be used.
    allowed: BTreeSet<String>,
    /// The licences of packages that only name a file, by package.
    clarified: BTreeMap<String, String>,
}

impl Policy {
    fn parse(deny: &str) -> Result<Self> {
        let table: toml::Table = deny.parse().context("deny.toml cannot be read")?;
        let licences = table.get("licenses").context("deny.toml has no [licenses]")?;
        let list = licences.get("allow").and_then(toml::Value::as_array);
        let list = list.context("deny.toml has no [licenses] allow")?;
        let allowed = list.iter().filter_map(toml::Value::as_str).map(str::to_owned).collect();
        let clarified = licences.get("clarify").and_then(toml::Value::as_array);
        let clarified = clarified.into_iter().flatten().filter_map(|table| {
            let name = table.get("crate")?.as_str()?.to_owned();
            Some((name, table.get("expression")?.as_str()?.to_owned()))
        });
        Ok(Self { allowed, clarified: clarified.collect() })
    }

    /// Why a package may not be used, if it may not.
    fn refusal(&self, package: &Value) -> Option<String> {
        let source = text(package, "source");
        if !source.is_empty() && source != REGISTRY {
            return Some(format!("comes from {source}, which is not the registry"));
        }
        let clarified = self.clarified.get(text(package, "name")).map_or("", String::as_str);
        let licence = package["license"].as_str().unwrap_or(clarified);
        match satisfies(licence, &self.allowed) {
            Ok(true) => None,
            Ok(false) => Some(format!("the licence `{licence}` is not allowed")),
            Err(error) => Some(format!("the licence `{licence}` cannot be read: {error}")),
        }
    }
}

/// The packages that a build for this machine uses: others may never have been downloaded.
fn packages(root: &Path) -> Result<Vec<Value>> {
    let version = output(&mut crate::process::command(root, "rustc", &["-vV"])?)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc does not say which machine this is")?;
    let arguments =
        ["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", host];
    let metadata: Value = serde_json::from_str(&output(&mut cargo(root, &arguments)?)?)?;
    let used: BTreeSet<_> = metadata["resolve"]["nodes"]
        .as_array()
        .context("cargo metadata names no packages")?
        .iter()
        .filter_map(|node| node["id"].as_str())
        .collect();
    let is_used = |package: &&Value| package["id"].as_str().is_some_and(|id| used.contains(id));
    let packages = metadata["packages"].as_array().into_iter().flatten();
    Ok(packages.filter(is_used).cloned().collect())
}

fn text<'a>(package: &'a Value, field: &str) -> &'a str {
    package[field].as_str().unwrap_or("")
}

/// Whether an SPDX expression can be met by allowed licences alone. `A/B` is read as `A OR B`, as
/// old packages write it.
fn satisfies(expression: &str, allowed: &BTreeSet<String>) -> Result<bool> {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    let mut reader = Expression { words: &words, allowed };
    let holds = reader.alternatives()?;
    match reader.words {
        [] => Ok(holds),
        [word, ..] => bail!("`{word}` is not expected here"),
    }
}

/// What is left of an expression.
struct Expression<'a> {
    words: &'a [&'a str],
    allowed: &'a BTreeSet<String>,
}

impl Expression<'_> {
    fn take(&mut self, word: &str) -> bool {
        let found = self.words.first() == Some(&word);
        if found {
            self.words = &self.words[1..];
        }
        found
    }

    fn alternatives(&mut self) -> Result<bool> {
        let mut holds = self.requirements()?;
        while self.take("OR") {
            holds |= self.requirements()?;
        }
        Ok(holds)
    }

    fn requirements(&mut self) -> Result<bool> {
        let mut holds = self.licence()?;
        while self.take("AND") {
            holds &= self.licence()?;
        }
        Ok(holds)
    }

    /// A group, or a licence with its exception, which is named in the list as one.
    fn licence(&mut self) -> Result<bool> {
        if self.take("(") {
            let holds = self.alternatives()?;
            return if self.take(")") { Ok(holds) } else { bail!("a bracket is not closed") };
        }
        let [name, rest @ ..] = self.words else { bail!("a licence is missing") };
        if matches!(*name, "OR" | "AND" | "WITH" | ")") {
            bail!("`{name}` is not a licence");
        }
        self.words = rest;
        if let ["WITH", exception, rest @ ..] = self.words {
            self.words = rest;
            return Ok(self.allowed.contains(&format!("{name} WITH {exception}")));
        }
        Ok(self.allowed.contains(*name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn expressions_are_met_by_allowed_licences_alone() {
        let allowed = ["MIT", "Apache-2.0", "Unicode-3.0", "Apache-2.0 WITH LLVM-exception"];
        let allowed = allowed.map(str::to_owned).into();
        let cases = [
            ("MIT", Some(true)),
            ("GPL-3.0-only", Some(false)),
            ("MIT OR GPL-3.0-only", Some(true)),
            ("MIT AND GPL-3.0-only", Some(false)),
            ("GPL-3.0-only/MIT", Some(true)),
            ("(MIT OR GPL-3.0-only) AND Unicode-3.0", Some(true)),
            ("MIT OR GPL-3.0-only AND MPL-2.0", Some(true)),
            ("Apache-2.0 WITH LLVM-exception", Some(true)),
            ("MIT WITH LLVM-exception", Some(false)),
            ("", None),
            ("(MIT", None),
            ("MIT MIT", None),
            ("MIT OR", None),
        ];
        for (expression, expected) in cases {
            assert_eq!(satisfies(expression, &allowed).ok(), expected, "{expression}");
        }
    }

    #[test]
    fn packages_are_refused_by_source_and_licence() {
        let deny = "[licenses]\nallow = ['MIT']\nclarify = [{ crate = 'a', expression = 'MIT' }]";
        let policy = Policy::parse(deny).unwrap();
        let elsewhere = "git+https://example.org/x";
        let cases = [
            ("b", REGISTRY, Some("MIT"), true),
            ("b", elsewhere, Some("MIT"), false),
            ("b", REGISTRY, Some("AGPL-3.0-only"), false),
            ("b", REGISTRY, None, false),
            ("a", REGISTRY, None, true),
            ("a", REGISTRY, Some("AGPL-3.0-only"), false),
        ];
        for (name, source, license, good) in cases {
            let package = json!({ "name": name, "source": source, "license": license });
            assert_eq!(policy.refusal(&package).is_none(), good, "{package}");
        }
    }

    #[test]
    fn the_list_must_be_there() {
        assert!(Policy::parse("[bans]").is_err());
        assert!(Policy::parse("[licenses]").is_err());
    }
}
