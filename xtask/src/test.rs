//! `cargo xtask test`: everything that must hold before a change is taken, step by step.

use crate::process::{cargo, listen, succeeds, works};
use crate::{licences, tidy, tools};
use anyhow::{Result, bail};
use std::path::Path;
use std::time::{Duration, Instant};

/// A step: its heading, and what it does.
struct Step {
    name: &'static str,
    run: fn(&Path, &mut Tally) -> Result<bool>,
}

/// In the order in which they run: what is quick or fails often comes first, and the tests come
/// last, so that the test runner's own summary stands at the end.
const STEPS: [Step; 8] = [
    Step { name: "set up", run: |root, _| tools::set_up(root) },
    Step { name: "format", run: |root, _| run_cargo(root, &["fmt", "--all", "--check"]) },
    Step { name: "tidy", run: |root, _| tidy::run(root) },
    Step { name: "lint", run: |root, _| run_cargo(root, LINT) },
    Step { name: "documentation", run: |root, _| documentation(root) },
    Step { name: "licences", run: |root, _| licences::run(root) },
    Step { name: "doc tests", run: doc_tests },
    Step { name: "tests", run: tests },
];

/// The properties of the accounting, each on so many histories of merchants, and those of its parts
/// (money, lives of items, parcels, sums) on as many cases. First it shows which events the
/// histories contain, and how often. Built with optimisation, and with every assertion: in a tenth
/// of the time.
pub(crate) fn histories(root: &Path, count: u32) -> Result<bool> {
    let tests = ["test", "--profile", "histories", "--package", "saldo-core", "--lib", "--test"];
    let tests = [&tests[..], &["golden"]].concat();
    let share = [&tests[..], &["--", "--nocapture", SHARE]].concat();
    let number = count.to_string();
    let tries = |arguments: &[&str]| {
        let mut tests = cargo(root, arguments)?;
        succeeds(tests.env("SALDO_HISTORIES", &number).env("PROPTEST_CASES", &number))
    };
    let contain = tries(&share)?;
    let began = Instant::now();
    let hold = tries(&tests)?;
    println!("{count} histories for each property: {}", seconds(began.elapsed()));
    Ok(contain && hold)
}

/// The test that counts what histories contain.
const SHARE: &str = "histories::reached::";

const LINT: &[&str] = &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"];

/// What the test runners said.
#[derive(Default)]
struct Tally {
    /// The lines by which tests say that they did not do their work.
    skips: Vec<String>,
    /// The runners' own summaries.
    summaries: Vec<String>,
}

/// The lines with which the two test runners sum up.
const NEXTEST_SUMMARY: &str = "Summary [";
const CARGO_SUMMARY: &str = "test result:";

impl Tally {
    fn hear(&mut self, line: &str, summary: &str) {
        let text = line.trim_start();
        if is_skip(line) {
            self.skips.push(text.to_owned());
        }
        if text.starts_with(summary) {
            self.summaries.push(text.to_owned());
        }
    }
}

/// Whether a test says by this line that it did not do its work.
fn is_skip(line: &str) -> bool {
    line.trim_start().starts_with("skipped:")
}

/// Leaves out what tests print that pass, but for their skips.
#[derive(Default)]
struct Filter {
    in_passed: bool,
}

impl Filter {
    /// Whether to show a line of nextest. It heads the output of each test with the outcome and the
    /// time in brackets, and the summary with a rule.
    fn shows(&mut self, line: &str) -> bool {
        let word = line.trim_start().split(" [").next().unwrap_or("");
        let is_outcome = line.contains(" [")
            && !word.is_empty()
            && word.chars().all(|c| c.is_ascii_alphabetic() || c == '-');
        if is_outcome || line.starts_with('─') {
            self.in_passed = word == "PASS";
            return true;
        }
        !self.in_passed || is_skip(line)
    }
}

/// Runs every step, also after a failure, and says whether all succeeded.
pub(crate) fn run(root: &Path) -> Result<bool> {
    let mut tally = Tally::default();
    let mut results = Vec::new();
    for step in &STEPS {
        println!("\n== {} ==", step.name);
        let began = Instant::now();
        let passed = (step.run)(root, &mut tally).unwrap_or_else(|error| {
            println!("error: {error:#}");
            false
        });
        let took = began.elapsed();
        println!("-- {}: {}, {}", step.name, verdict(passed), seconds(took));
        results.push((step.name, passed, took));
    }
    let skips_fail = std::env::var("CI").is_ok_and(|value| value == "true");
    println!("\n== summary ==");
    for (name, passed, took) in &results {
        println!("{name:<14} {:<7} {:>9}", verdict(*passed), seconds(*took));
    }
    for skip in &tally.skips {
        println!("{skip}");
    }
    println!("tests skipped: {}{}", tally.skips.len(), skip_rule(&tally, skips_fail));
    for summary in &tally.summaries {
        println!("{summary}");
    }
    let steps_passed = results.iter().all(|(_, passed, _)| *passed);
    Ok(steps_passed && (tally.skips.is_empty() || !skips_fail))
}

fn skip_rule(tally: &Tally, skips_fail: bool) -> &'static str {
    if skips_fail && !tally.skips.is_empty() { " (which fails, since CI is true)" } else { "" }
}

fn verdict(passed: bool) -> &'static str {
    if passed { "ok" } else { "FAILED" }
}

/// A duration in seconds with one decimal.
fn seconds(took: Duration) -> String {
    format!("{}.{} s", took.as_secs(), took.subsec_millis() / 100)
}

fn run_cargo(root: &Path, arguments: &[&str]) -> Result<bool> {
    succeeds(&mut cargo(root, arguments)?)
}

fn documentation(root: &Path) -> Result<bool> {
    let mut doc = cargo(root, &["doc", "--workspace", "--no-deps"])?;
    succeeds(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

fn doc_tests(root: &Path, tally: &mut Tally) -> Result<bool> {
    let arguments = ["test", "--workspace", "--doc", "--no-fail-fast", "--", "--show-output"];
    run_tests(root, &arguments, CARGO_SUMMARY, tally)
}

/// Runs all other tests, with nextest where it is installed. Tests that pass are made to show what
/// they print, since a skipped test passes and says so there.
fn tests(root: &Path, tally: &mut Tally) -> Result<bool> {
    let nextest =
        ["nextest", "run", "--workspace", "--no-fail-fast", "--success-output", "immediate"];
    let plain = ["test", "--workspace", "--all-targets", "--no-fail-fast", "--", "--show-output"];
    if works(&mut cargo(root, &["nextest", "--version"])?) {
        run_tests(root, &nextest, NEXTEST_SUMMARY, tally)
    } else {
        run_tests(root, &plain, CARGO_SUMMARY, tally)
    }
}

fn run_tests(root: &Path, arguments: &[&str], summary: &str, tally: &mut Tally) -> Result<bool> {
    let before = tally.summaries.len();
    let mut filter = Filter::default();
    let passed = listen(cargo(root, arguments)?, |line| {
        tally.hear(line, summary);
        filter.shows(line)
    })?;
    if passed && tally.summaries.len() == before {
        bail!("the test runner gave no summary");
    }
    Ok(passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skips_and_summaries_are_heard_wherever_they_are_indented() {
        let lines = [
            "skipped: the schema (shared material not found)",
            "    skipped: hledger (not installed)",
            "this was not skipped: it ran",
            "    test result: ok. 1 passed; 0 failed; 0 ignored",
            "     Summary [   1.2s] 3 tests run: 3 passed, 0 skipped",
        ];
        let mut tally = Tally::default();
        lines.iter().for_each(|line| tally.hear(line, NEXTEST_SUMMARY));
        assert_eq!(tally.skips.len(), 2);
        assert_eq!(tally.summaries, ["Summary [   1.2s] 3 tests run: 3 passed, 0 skipped"]);
    }

    #[test]
    fn what_a_passing_test_prints_is_left_out() {
        let lines = [
            ("        PASS [   0.011s] (1/3) a::b", true),
            ("  stdout ───", false),
            ("    running 1 test", false),
            ("    skipped: hledger (not installed)", true),
            ("        FAIL [   0.011s] (2/3) a::c", true),
            ("    assertion failed: left == right", true),
            ("        PASS [   0.011s] (3/3) a::d", true),
            ("    amounts: [1, 2]", false),
            ("────────────", true),
            ("  error: test run failed", true),
        ];
        let mut filter = Filter::default();
        for (line, shown) in lines {
            assert_eq!(filter.shows(line), shown, "{line}");
        }
    }

    #[test]
    fn seconds_have_one_decimal() {
        assert_eq!(seconds(Duration::from_millis(61_950)), "61.9 s");
    }
}
