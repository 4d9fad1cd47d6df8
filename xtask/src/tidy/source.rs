//! A Rust file, parted into code, comments and literals, so that a check looks only where it means.

use std::ops::Range;

/// A Rust file. The three parts have the same lines and columns; what belongs to another part is
/// blank.
pub(super) struct Source {
    /// The path below the repository's folder.
    pub(super) path: String,
    /// The whole text.
    pub(super) text: String,
    /// Code without comments and without the insides of literals.
    pub(super) code: String,
    /// Comments, with their slashes.
    pub(super) comments: String,
    /// The insides of string and character literals.
    pub(super) literals: String,
    /// Lines that belong to tests, counted from one, per item.
    tests: Vec<Range<usize>>,
}

/// A function: its name and the lines from its signature to its closing brace.
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    pub(super) lines: Range<usize>,
}

/// What an import names, with all braces resolved.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Import {
    pub(super) line: usize,
    pub(super) path: String,
}

impl Source {
    pub(super) fn new(path: String, text: String) -> Self {
        let [code, comments, literals] = part(&text);
        let is_test_file = path.split('/').any(|name| name == "tests" || name == "tests.rs");
        let tests = if is_test_file { whole(&text) } else { test_items(&code) };
        Self { path, text, code, comments, literals, tests }
    }

    /// Whether a line belongs to a test.
    pub(super) fn is_test(&self, line: usize) -> bool {
        self.tests.iter().any(|lines| lines.contains(&line))
    }

    /// The functions that have a body.
    pub(super) fn functions(&self) -> Vec<Function<'_>> {
        let code = self.code.as_str();
        let function = |at: usize| {
            let after = code[at + 2..].trim_start();
            let end = after.find(|c: char| !is_word(c)).unwrap_or(after.len());
            let name = &after[..end];
            let body = item_end(code, at)?;
            let is_function = !name.is_empty() && code[..body].ends_with('}');
            is_function
                .then(|| Function { name, lines: line_of(code, at)..line_of(code, body) + 1 })
        };
        occurrences(code, "fn").filter_map(function).collect()
    }

    /// What the file imports.
    pub(super) fn imports(&self) -> Vec<Import> {
        let mut imports = Vec::new();
        for at in occurrences(&self.code, "use") {
            let rest = &self.code[at + 3..];
            let Some(end) = rest.find(';') else { continue };
            let line = line_of(&self.code, at);
            let tree: String = rest[..end].replace(" as ", "@").split_whitespace().collect();
            let paths = resolve(&tree);
            imports.extend(paths.into_iter().map(|path| Import { line, path }));
        }
        imports
    }
}

/// Marks the files of modules that another file declares for tests only.
pub(super) fn mark_test_modules(sources: &mut [Source]) {
    let mut modules = Vec::new();
    for source in sources.iter() {
        let folder = module_folder(&source.path);
        for at in source.code.match_indices("#[cfg(test)]").map(|(at, _)| at) {
            let Some(end) = item_end(&source.code, at) else { continue };
            let item = source.code[at..end].trim_end_matches(';').trim_end();
            if let Some((_, name)) = item.rsplit_once("mod ") {
                modules.push(format!("{folder}/{name}"));
            }
        }
    }
    for source in sources {
        let is_test = |module: &String| {
            let inner = source.path.strip_prefix(module.as_str());
            inner.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
        };
        if modules.iter().any(is_test) {
            source.tests = whole(&source.text);
        }
    }
}

/// The folder where the modules lie that a file declares.
fn module_folder(path: &str) -> &str {
    let stem = path.trim_end_matches(".rs");
    let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    if matches!(name, "mod" | "lib" | "main") { folder } else { stem }
}

/// Whether a character can stand in a name.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Where a word or path stands on its own: `rand` is not found in `rand_chacha`.
pub(super) fn occurrences<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let begins = word.starts_with(is_word);
    let ends = word.ends_with(is_word);
    text.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !(begins && before.is_some_and(is_word) || ends && after.is_some_and(is_word))
    })
}

/// The line of a place in a text, from one.
pub(super) fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// All lines of a text, as one item.
fn whole(text: &str) -> Vec<Range<usize>> {
    let end = text.lines().count() + 1;
    Vec::from([Range { start: 1, end }])
}

/// The lines of items under `#[cfg(test)]`.
fn test_items(code: &str) -> Vec<Range<usize>> {
    let lines = |(at, _): (usize, &str)| {
        let end = item_end(code, at)?;
        Some(line_of(code, at)..line_of(code, end) + 1)
    };
    code.match_indices("#[cfg(test)]").filter_map(lines).collect()
}

/// Where the item ends that begins here: after its closing brace, or after a semicolon.
fn item_end(code: &str, at: usize) -> Option<usize> {
    let mut braces = 0_usize;
    let mut brackets = 0_usize;
    for (offset, c) in code[at..].char_indices() {
        let end = at + offset + c.len_utf8();
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            '{' => braces += 1,
            '}' => {
                braces = braces.checked_sub(1)?;
                if braces == 0 && brackets == 0 {
                    return Some(end);
                }
            }
            ';' if braces == 0 && brackets == 0 => return Some(end),
            _ => {}
        }
    }
    None
}

/// The paths that a use tree names: `a::{b, c::d}` names `a::b` and `a::c::d`.
fn resolve(tree: &str) -> Vec<String> {
    let Some(open) = tree.find('{') else {
        let path = tree.split('@').next().unwrap_or(tree);
        return vec![path.to_owned()];
    };
    let prefix = &tree[..open];
    let inner = tree[open + 1..].strip_suffix('}').unwrap_or(&tree[open + 1..]);
    let branches = split_at_commas(inner).into_iter().filter(|branch| !branch.is_empty());
    branches.flat_map(resolve).map(|path| format!("{prefix}{path}")).collect()
}

/// The parts between commas that stand in no braces.
fn split_at_commas(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut depth = 0_usize;
    let mut start = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// The parts of a text, in the order in which they are indexed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Code,
    Comment,
    Literal,
}

/// Parts a text into code, comments and literals, each with the others blank.
fn part(text: &str) -> [String; 3] {
    let mut parts = [String::new(), String::new(), String::new()];
    let mut rest = text;
    while !rest.is_empty() {
        let (part, length) = next_piece(rest, text.len() - rest.len(), text);
        let (piece, after) = rest.split_at(length);
        for (index, of) in [Part::Code, Part::Comment, Part::Literal].into_iter().enumerate() {
            let shown = |c: char| if of == part || c == '\n' { c } else { ' ' };
            parts[index].extend(piece.chars().map(shown));
        }
        rest = after;
    }
    parts
}

/// The first piece of what is left, and its length in bytes. The delimiters of literals count as
/// part of them.
fn next_piece(rest: &str, at: usize, text: &str) -> (Part, usize) {
    if rest.starts_with("//") {
        return (Part::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Part::Comment, block_comment(rest));
    }
    let in_word = text[..at].chars().next_back().is_some_and(is_word);
    if !in_word && let Some(length) = raw_string(rest) {
        return (Part::Literal, length);
    }
    if rest.starts_with('"') {
        return (Part::Literal, quoted(rest, '"'));
    }
    if rest.starts_with('\'') && is_character(rest) {
        return (Part::Literal, quoted(rest, '\''));
    }
    (Part::Code, rest.chars().next().map_or(0, char::len_utf8))
}

/// The length of a block comment; block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The length of a raw string, if one begins here.
fn raw_string(rest: &str) -> Option<usize> {
    let body = ["br", "cr", "r"].iter().find_map(|prefix| rest.strip_prefix(prefix))?;
    let quoted = body.trim_start_matches('#');
    let hashes = body.len() - quoted.len();
    let inner = quoted.strip_prefix('"')?;
    let closing = format!("\"{}", "#".repeat(hashes));
    let before = rest.len() - inner.len();
    Some(inner.find(&closing).map_or(rest.len(), |end| before + end + closing.len()))
}

/// Whether an apostrophe begins a character rather than a lifetime.
fn is_character(rest: &str) -> bool {
    let mut characters = rest.chars().skip(1);
    let first = characters.next();
    first == Some('\\') || characters.next() == Some('\'')
}

/// The length of a literal with escapes.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::new("crates/a/src/lib.rs".to_owned(), text.to_owned())
    }

    #[test]
    fn code_comments_and_literals_are_told_apart() {
        let cases = [
            ("a // b", "a", "// b", ""),
            ("a /* b /* c */ d */ e", "a                   e", "/* b /* c */ d */", ""),
            (r#"f("x // y")"#, r"f(        )", "", r#""x // y""#),
            (r#"f("x \" y")"#, r"f(        )", "", r#""x \" y""#),
            (r##"f(r#"x " y"#)"##, r"f(          )", "", r##"r#"x " y"#"##),
            ("f('\"', 'a')", "f(   ,    )", "", "'\"'  'a'"),
            ("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)", "", ""),
            (r"f('\'', b)", r"f(    , b)", "", r"'\''"),
        ];
        for (text, code, comments, literals) in cases {
            let source = source(text);
            assert_eq!(source.code.trim(), code, "{text}");
            assert_eq!(source.comments.trim(), comments, "{text}");
            assert_eq!(source.literals.trim(), literals, "{text}");
        }
    }

    #[test]
    fn test_items_end_where_their_braces_end() {
        let source = source("fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n");
        let tests: Vec<_> = (1..=6).filter(|line| source.is_test(*line)).collect();
        assert_eq!(tests, [2, 3, 4, 5]);
    }

    #[test]
    fn a_file_declared_for_tests_only_is_a_test() {
        let file = |path: &str, text: &str| Source::new(path.to_owned(), text.to_owned());
        let mut sources = [
            file("src/plan.rs", "#[cfg(test)]\nmod stories;\nmod other;"),
            file("src/plan/stories.rs", "fn a() {}"),
            file("src/plan/stories/one.rs", "fn a() {}"),
            file("src/plan/other.rs", "fn a() {}"),
        ];
        mark_test_modules(&mut sources);
        assert_eq!(sources.map(|source| source.is_test(1)), [true, true, true, false]);
    }

    #[test]
    fn functions_are_measured_from_signature_to_brace() {
        let source = source("fn a(\n  x: [u8; 2],\n) {\n  if x {}\n}\ntype F = fn(u8);\nfn b();\n");
        let found: Vec<_> = source.functions().iter().map(|f| (f.name, f.lines.clone())).collect();
        assert_eq!(found, [("a", 1..6)]);
    }

    #[test]
    fn imports_are_resolved() {
        let source = source("use std::{fs, io::{self, Read as R}};\nuse crate::a::B;");
        let paths: Vec<_> = source.imports().into_iter().map(|import| import.path).collect();
        assert_eq!(paths, ["std::fs", "std::io::self", "std::io::Read", "crate::a::B"]);
    }

    #[test]
    fn a_word_stands_on_its_own() {
        assert_eq!(occurrences("rand_chacha rand::x brand", "rand").collect::<Vec<_>>(), [12]);
        assert_eq!(occurrences("a.unwrap() b.unwrap_or()", ".unwrap()").count(), 1);
    }
}
