//! Lengths and names.

use super::{Tree, Violation};

const MAX_FUNCTION_LINES: usize = 70;
const MAX_LINE_COLUMNS: usize = 100;
const MAX_FILE_LINES: usize = 800;
const GOOD_FILE_LINES: usize = 500;

/// Names that say nothing about what a module is about.
const DRAWERS: [&str; 8] =
    ["util", "utils", "common", "helper", "helpers", "manager", "managers", "misc"];

pub(super) fn check(tree: &Tree) -> Vec<Violation> {
    let mut violations = Vec::new();
    for source in &tree.sources {
        let mut report = |line, rule, message| {
            violations.push(Violation { path: source.path.clone(), line, rule, message });
        };
        for function in source.functions() {
            let length = function.lines.len();
            if length > MAX_FUNCTION_LINES {
                let name = function.name;
                let message = format!("`{name}` has {length} lines of {MAX_FUNCTION_LINES}");
                report(function.lines.start, "function-length", message);
            }
        }
        for (index, line) in source.text.lines().enumerate() {
            let columns = line.chars().count();
            // An address cannot be broken.
            if columns > MAX_LINE_COLUMNS && !line.contains("://") {
                let message = format!("{columns} columns of {MAX_LINE_COLUMNS}");
                report(index + 1, "line-length", message);
            }
        }
        let lines = source.text.lines().count();
        if lines > MAX_FILE_LINES {
            report(lines, "file-length", format!("{lines} lines of {MAX_FILE_LINES}"));
        }
        if let Some(name) = drawer(&source.path) {
            report(1, "name", format!("a module called `{name}` has no subject"));
        }
    }
    violations
}

/// What is allowed but deserves a thought.
pub(super) fn warnings(tree: &Tree) -> Vec<Violation> {
    let length = |path: &String, text: &String| {
        let lines = text.lines().count();
        let message = format!("{lines} lines; a file seldom needs more than {GOOD_FILE_LINES}");
        let warns = (GOOD_FILE_LINES + 1..=MAX_FILE_LINES).contains(&lines);
        warns.then(|| Violation { path: path.clone(), line: lines, rule: "file-length", message })
    };
    tree.sources.iter().filter_map(|source| length(&source.path, &source.text)).collect()
}

fn drawer(path: &str) -> Option<&str> {
    let names = path.trim_end_matches(".rs").split('/');
    names.into_iter().find(|name| DRAWERS.contains(name))
}

#[cfg(test)]
mod tests {
    use super::super::places;
    use super::*;

    fn broken(rule: &str, path: &str, text: &str) -> Vec<String> {
        places(&check(&Tree::sample(&[(path, text)])), rule)
    }

    #[test]
    fn a_function_may_fill_a_screen_but_not_more() {
        let function =
            |lines: usize| format!("\nfn a() {{\n{}}}\n", "    b();\n".repeat(lines - 2));
        assert_eq!(broken("function-length", "a.rs", &function(70)), [""; 0]);
        assert_eq!(broken("function-length", "a.rs", &function(71)), ["a.rs:2"]);
    }

    #[test]
    fn lines_and_files_have_limits() {
        let line = |columns: usize| format!("//{}\n", "é".repeat(columns - 2));
        assert_eq!(broken("line-length", "a.rs", &line(100)), [""; 0]);
        assert_eq!(broken("line-length", "a.rs", &line(101)), ["a.rs:1"]);
        assert_eq!(broken("file-length", "a.rs", &"\n".repeat(800)), [""; 0]);
        assert_eq!(broken("file-length", "a.rs", &"\n".repeat(801)), ["a.rs:801"]);
        let tree = Tree::sample(&[("a.rs", &"\n".repeat(501)), ("b.rs", &"\n".repeat(500))]);
        assert_eq!(places(&warnings(&tree), "file-length"), ["a.rs:501"]);
    }

    #[test]
    fn drawers_are_refused() {
        assert_eq!(broken("name", "src/utils.rs", ""), ["src/utils.rs:1"]);
        assert_eq!(broken("name", "src/common/mod.rs", ""), ["src/common/mod.rs:1"]);
        assert_eq!(broken("name", "src/commerce/mod.rs", ""), [""; 0]);
    }
}
