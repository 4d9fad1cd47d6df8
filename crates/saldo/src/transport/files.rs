//! The folder of a plain-text book: keyed blocks are merged into files, files are read.
//!
//! A merge only adds. Text that stands in a file is never changed or moved, whoever wrote it: new
//! blocks are put where date and key want them. Each file is written whole beside the old one,
//! brought to the disk and renamed into place, so that after a death at any moment every file is
//! either as it was or as it should be, and the same merge can be repeated.

use saldo_core::exchange::{Block, BlockFate, BlockSyntax, FileAnswer, FileAsk, FileMerge};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Component, Path, PathBuf};

/// How deep folders below the book's folder are read.
const DEPTH_LIMIT: usize = 16;

/// Does what is asked in the folder `root`, which is made where it is missing. Blocks the thread.
///
/// # Errors
/// Where a path leaves the folder, a file is not UTF-8, a block could not be found again, or the
/// operating system refuses. The message names the file. Files that were merged before stay merged.
pub(crate) fn exchange(root: &Path, ask: &FileAsk) -> io::Result<FileAnswer> {
    match ask {
        FileAsk::Merge(merges) => {
            let fates = merges.iter().map(|merge| {
                merge_file(root, merge).map_err(|error| about(Path::new(&merge.path), &error))
            });
            fates.collect::<io::Result<_>>().map(FileAnswer::Merged)
        }
        FileAsk::Read { suffixes } => {
            let mut texts = BTreeMap::new();
            read_folder(root, "", suffixes, DEPTH_LIMIT, &mut texts)?;
            Ok(FileAnswer::Texts(texts))
        }
    }
}

/// An error that names the file that it is about.
fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}

/// Reads the files of a folder and its folders whose names end in one of these ways. Links to
/// folders are not followed, and names that begin with a point are passed over: half-written files
/// have them.
fn read_folder(
    folder: &Path,
    prefix: &str,
    suffixes: &[String],
    depth: usize,
    texts: &mut BTreeMap<String, String>,
) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound && prefix.is_empty() => return Ok(()),
        entries => entries.map_err(|error| about(folder, &error))?,
    };
    for entry in entries {
        let entry = entry?;
        // A name that is not UTF-8 cannot be one that a book gave or asks for.
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = entry.path();
        if name.starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            let prefix = format!("{prefix}{name}/");
            match depth.checked_sub(1) {
                Some(depth) => read_folder(&path, &prefix, suffixes, depth, texts)?,
                None => return Err(about(&path, &io::Error::other("folders are too deep"))),
            }
        } else if suffixes.iter().any(|suffix| name.ends_with(suffix)) && path.is_file() {
            let text = fs::read_to_string(&path).map_err(|error| about(&path, &error))?;
            texts.insert(format!("{prefix}{name}"), text);
        }
    }
    Ok(())
}

/// Merges blocks into one file, which is written only where that changes it.
fn merge_file(root: &Path, merge: &FileMerge) -> io::Result<Vec<BlockFate>> {
    for block in &merge.blocks {
        check_block(block, &merge.syntax)?;
    }
    let path = path_inside(root, &merge.path)?;
    let existing = match fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let (text, fates) = merged(existing.as_deref().unwrap_or_default(), merge);
    if existing.as_deref() != Some(text.as_str()) {
        replace(&path, &text)?;
    }
    Ok(fates)
}

/// Refuses a block that could not be found again once it is written.
fn check_block(block: &Block, syntax: &BlockSyntax) -> io::Result<()> {
    let reason = if !keys_in(&block.text, syntax).contains(&block.key.as_str()) {
        "does not hold its key"
    } else if block.text.lines().any(is_blank) || block.text.is_empty() {
        "holds an empty line"
    } else {
        return Ok(());
    };
    Err(io::Error::new(ErrorKind::InvalidInput, format!("block `{}` {reason}", block.key)))
}

/// The path of a file below the folder, which exists afterwards up to the file.
fn path_inside(root: &Path, path: &str) -> io::Result<PathBuf> {
    let leaves = || io::Error::new(ErrorKind::InvalidInput, "the path leaves the book's folder");
    let relative = Path::new(path);
    let is_plain = |component| matches!(component, Component::Normal(_));
    if path.is_empty() || !relative.components().all(is_plain) {
        return Err(leaves());
    }
    fs::create_dir_all(root)?;
    let inside = root.canonicalize()?;
    let mut folder = inside.clone();
    for component in relative.parent().into_iter().flat_map(Path::components) {
        folder.push(component);
        match fs::create_dir(&folder) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => {}
        }
        if !folder.canonicalize()?.starts_with(&inside) {
            return Err(leaves());
        }
    }
    let name = relative.file_name().ok_or_else(leaves)?;
    Ok(folder.join(name))
}

/// Puts a text into the place of a file: written beside it, brought to the disk, renamed.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return Err(io::Error::new(ErrorKind::InvalidInput, "the path names no file"));
    };
    let new = folder.join(format!(".{}.new", name.to_string_lossy()));
    let mut file = File::create(&new)?;
    file.write_all(text.as_bytes())?;
    match fs::metadata(path) {
        Ok(metadata) => file.set_permissions(metadata.permissions())?,
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    file.sync_all()?;
    drop(file);
    fs::rename(&new, path)?;
    sync_folder(folder)
}

/// Brings a renaming to the disk.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Elsewhere folders cannot be opened, and the file system sees to it.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// A block of a file as it stands there, with the empty lines after it.
struct Piece<'a> {
    text: &'a str,
    place: Place<'a>,
}

/// What a block says of its place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place<'a> {
    /// Keyed: by date, then key.
    Keyed(Rank<'a>),
    /// Without a key, but dated: an entry of the owner's own.
    Own(&'a str),
    /// Neither: it belongs to what follows.
    Text,
}

/// Where a keyed block stands: its first ten characters, a date as a rule, and its key.
type Rank<'a> = (&'a str, &'a str);

/// The text of a file after the merge, and what became of each block.
fn merged(existing: &str, merge: &FileMerge) -> (String, Vec<BlockFate>) {
    let line_end = if existing.contains("\r\n") { "\r\n" } else { "\n" };
    let (opening, pieces) = pieces(existing, &merge.syntax);
    let (fates, mut fresh) = fates(&pieces, merge);
    fresh.sort_by_key(|block| rank(block));
    let mut text = String::with_capacity(existing.len());
    if existing.trim().is_empty() {
        push_parted(&mut text, &merge.preamble, line_end);
    } else {
        text.push_str(opening);
    }
    let least_after = least_after(&pieces);
    let mut rest = pieces.iter().zip(&least_after).peekable();
    for block in fresh {
        let rank = rank(block);
        let stands_before = |(piece, least): &(&Piece<'_>, &Option<Rank<'_>>)| {
            let is_earlier = matches!(&piece.place, Place::Own(date) if *date <= rank.0);
            is_earlier || least.is_some_and(|least| least < rank)
        };
        while let Some((piece, _)) = rest.next_if(stands_before) {
            push_standing(&mut text, piece.text, line_end);
        }
        push_parted(&mut text, &block.text, line_end);
    }
    for (piece, _) in rest {
        push_standing(&mut text, piece.text, line_end);
    }
    (text, fates)
}

/// What becomes of each block, and which are to be written.
fn fates<'a>(pieces: &[Piece<'_>], merge: &'a FileMerge) -> (Vec<BlockFate>, Vec<&'a Block>) {
    let mut known: BTreeMap<&str, &str> = BTreeMap::new();
    for piece in pieces {
        for key in keys_in(piece.text, &merge.syntax) {
            known.entry(key).or_insert(piece.text);
        }
    }
    let mut fresh = Vec::new();
    let fate = |block: &'a Block| match known.get(block.key.as_str()) {
        Some(found) if is_same(found, &block.text) => BlockFate::Present,
        Some(found) => BlockFate::Differs { found: found.trim_end().replace('\r', "") },
        None => {
            known.insert(&block.key, &block.text);
            fresh.push(block);
            BlockFate::Written
        }
    };
    let fates = merge.blocks.iter().map(fate).collect();
    (fates, fresh)
}

/// Parts a file into what it opens with (all before the first block that has a key or a date) and
/// its blocks. Text that is neither keyed nor dated takes the place of what follows it.
fn pieces<'a>(existing: &'a str, syntax: &BlockSyntax) -> (&'a str, Vec<Piece<'a>>) {
    let mut starts = Vec::new();
    let mut offset = 0;
    let mut after_empty = true;
    for line in existing.split_inclusive('\n') {
        if after_empty && !is_blank(line) {
            starts.push(offset);
        }
        after_empty = is_blank(line);
        offset += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([existing.len()]);
    let texts = starts.iter().zip(ends).filter_map(|(start, end)| existing.get(*start..end));
    let all: Vec<Piece<'a>> =
        texts.map(|text| Piece { text, place: place(text, syntax) }).collect();
    let opening = all.iter().take_while(|piece| piece.place == Place::Text).count();
    let opening_end = starts.get(opening).copied().unwrap_or(existing.len());
    let mut pieces: Vec<Piece<'a>> = all.into_iter().skip(opening).collect();
    let mut following = Place::Text;
    for piece in pieces.iter_mut().rev() {
        match piece.place {
            Place::Text => piece.place = following.clone(),
            Place::Keyed(_) | Place::Own(_) => following = piece.place.clone(),
        }
    }
    (existing.get(..opening_end).unwrap_or(existing), pieces)
}

/// What a block says of its place.
fn place<'a>(text: &'a str, syntax: &BlockSyntax) -> Place<'a> {
    let text = text.trim_start_matches('\u{feff}');
    let date = text.lines().find_map(leading_date);
    match (keys_in(text, syntax).first(), date) {
        (Some(key), date) => Place::Keyed((date.unwrap_or_else(|| first_ten(text)), key)),
        (None, Some(date)) => Place::Own(date),
        (None, None) => Place::Text,
    }
}

/// Where a new block belongs.
fn rank(block: &Block) -> Rank<'_> {
    (first_ten(&block.text), &block.key)
}

/// For each block, the least rank among the keyed ones from it to the end.
fn least_after<'a>(pieces: &[Piece<'a>]) -> Vec<Option<Rank<'a>>> {
    let mut least: Option<Rank<'a>> = None;
    let from_the_end = pieces.iter().rev().map(|piece| {
        if let Place::Keyed(rank) = piece.place {
            least = Some(least.map_or(rank, |least| least.min(rank)));
        }
        least
    });
    let mut ranks: Vec<Option<Rank<'a>>> = from_the_end.collect();
    ranks.reverse();
    ranks
}

/// The keys that stand in a text.
fn keys_in<'a>(text: &'a str, syntax: &BlockSyntax) -> Vec<&'a str> {
    let mut keys = Vec::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once(&syntax.key_opens) {
        let Some((key, after)) = after.split_once(&syntax.key_closes) else { break };
        keys.push(key);
        rest = after;
    }
    keys
}

/// The date at the very beginning of a line.
fn leading_date(line: &str) -> Option<&str> {
    let date = line.get(..10)?;
    let is_date = date.bytes().enumerate().all(|(position, byte)| match position {
        4 | 7 => matches!(byte, b'-' | b'/' | b'.'),
        _ => byte.is_ascii_digit(),
    });
    is_date.then_some(date)
}

/// The first ten characters of a text.
fn first_ten(text: &str) -> &str {
    text.char_indices().nth(10).map_or(text, |(end, _)| text.get(..end).unwrap_or(text))
}

/// Whether a line holds nothing.
fn is_blank(line: &str) -> bool {
    line.trim().is_empty()
}

/// Whether two texts are the same but for line endings and spaces at the ends of lines.
fn is_same(found: &str, wanted: &str) -> bool {
    found.trim_end().lines().map(str::trim_end).eq(wanted.trim_end().lines().map(str::trim_end))
}

/// Adds a block of our own, parted from what is before it.
fn push_parted(text: &mut String, block: &str, line_end: &str) {
    if block.is_empty() {
        return;
    }
    part(text, line_end);
    for line in block.lines() {
        text.push_str(line);
        text.push_str(line_end);
    }
}

/// Adds what stood in the file already, parted from what is before it.
fn push_standing(text: &mut String, standing: &str, line_end: &str) {
    part(text, line_end);
    text.push_str(standing);
}

/// Makes a text end with an empty line, unless it is empty.
fn part(text: &mut String, line_end: &str) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(line_end);
    }
    if text.lines().next_back().is_some_and(|line| !is_blank(line)) {
        text.push_str(line_end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn syntax() -> BlockSyntax {
        BlockSyntax { key_opens: "key: \"".to_owned(), key_closes: "\"".to_owned() }
    }

    fn block(date: &str, key: &str) -> Block {
        Block { key: key.to_owned(), text: format!("{date} * \"x\"\n  key: \"{key}\"\n  A  1 USD") }
    }

    fn merge(blocks: &[Block]) -> FileMerge {
        FileMerge {
            path: "a/2026-08.txt".to_owned(),
            preamble: "; kept".to_owned(),
            syntax: syntax(),
            blocks: blocks.to_vec(),
        }
    }

    /// The keys and own entries of a text, in their order.
    fn order(text: &str) -> Vec<&str> {
        let keyed = |line| keys_in(line, &syntax()).first().copied();
        text.lines().filter_map(|line| keyed(line).or_else(|| line.split("own ").nth(1))).collect()
    }

    #[test]
    fn a_file_is_made_in_the_order_of_date_and_key() {
        let blocks = [block("2026-08-02", "A"), block("2026-08-01", "C"), block("2026-08-01", "B")];
        let (text, fates) = merged("", &merge(&blocks));
        assert_eq!(order(&text), ["B", "C", "A"]);
        assert!(text.starts_with("; kept\n\n2026-08-01"), "{text}");
        assert!(text.ends_with("USD\n"), "{text}");
        assert!(fates.iter().all(|fate| *fate == BlockFate::Written));
        let (again, fates) = merged(&text, &merge(&blocks));
        assert_eq!(again, text);
        assert!(fates.iter().all(|fate| *fate == BlockFate::Present));
    }

    #[test]
    fn what_the_owner_wrote_keeps_its_place() {
        let existing = "; mine\n\n2026-08-01 own 1\n\n; to 3\n\n2026-08-03 own 3\n\n; the end";
        let fresh = [block("2026-08-02", "A"), block("2026-08-09", "B"), block("2026-08-03", "C")];
        let (text, _) = merged(existing, &merge(&fresh));
        assert_eq!(order(&text), ["1", "A", "3", "C", "B"]);
        let kept: Vec<&str> =
            existing.lines().filter(|line| !text.lines().any(|other| other == *line)).collect();
        assert!(kept.is_empty(), "{kept:?}");
        assert!(text.starts_with("; mine\n\n2026-08-01 own 1\n\n2026-08-02"), "{text}");
        assert!(text.ends_with("\n\n; the end"), "{text}");
    }

    #[test]
    fn what_stands_otherwise_is_left_alone() {
        let (text, _) = merged("", &merge(&[block("2026-08-02", "A")]));
        let edited = text.replace("1 USD", "2 USD");
        let (after, fates) = merged(&edited, &merge(&[block("2026-08-02", "A")]));
        assert_eq!(after, edited);
        assert!(matches!(&fates[..], [BlockFate::Differs { found }] if found.ends_with("2 USD")));
    }

    #[test]
    fn blocks_that_grew_together_are_both_found() {
        let blocks = [block("2026-08-01", "A"), block("2026-08-02", "B")];
        let (text, _) = merged("", &merge(&blocks));
        let grown = text.replace("USD\n\n2026", "USD\n2026");
        let (after, fates) = merged(&grown, &merge(&blocks));
        assert_eq!(after, grown);
        assert!(fates.iter().all(|fate| matches!(fate, BlockFate::Differs { .. })), "{fates:?}");
    }

    #[test]
    fn other_line_endings_are_kept_and_used() {
        let (text, _) = merged("", &merge(&[block("2026-08-02", "A")]));
        let windows = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        let blocks = [block("2026-08-02", "A"), block("2026-08-03", "B")];
        let (after, fates) = merged(&windows, &merge(&blocks));
        assert_eq!(fates, [BlockFate::Present, BlockFate::Written]);
        assert!(after.starts_with(&windows), "{after:?}");
        assert_eq!(after.matches('\n').count(), after.matches("\r\n").count());
    }

    #[test]
    fn a_block_that_could_not_be_found_again_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let keyless = Block { key: "A".to_owned(), text: "2026-08-01 x".to_owned() };
        let parted = Block { text: "2026-08-01\n\n key: \"A\"".to_owned(), ..keyless.clone() };
        for block in [keyless, parted] {
            let ask = FileAsk::Merge(vec![merge(&[block])]);
            assert_eq!(exchange(folder.path(), &ask).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
    }

    #[test]
    fn no_path_leaves_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("books");
        for path in ["", "..", "../x", "/tmp/x", "a/../../x", "./..", "a/.."] {
            let merge = FileMerge { path: path.to_owned(), ..merge(&[]) };
            let error = exchange(&root, &FileAsk::Merge(vec![merge])).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{path}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn no_link_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), folder.path().join("a")).unwrap();
        assert!(exchange(folder.path(), &FileAsk::Merge(vec![merge(&[])])).is_err());
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_was_merged_is_read_and_half_written_files_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let read = FileAsk::Read { suffixes: vec![".txt".to_owned()] };
        let nothing = exchange(&folder.path().join("none"), &read).unwrap();
        assert_eq!(nothing, FileAnswer::Texts(BTreeMap::new()));
        let ask = FileAsk::Merge(vec![merge(&[block("2026-08-02", "A")])]);
        let answer = exchange(folder.path(), &ask).unwrap();
        assert_eq!(answer, FileAnswer::Merged(vec![vec![BlockFate::Written]]));
        let half = folder.path().join("a/.2026-08.txt.new");
        assert!(!half.exists());
        fs::write(&half, "2026-").unwrap();
        fs::write(folder.path().join("a/b.txt.bak"), "x").unwrap();
        let FileAnswer::Texts(texts) = exchange(folder.path(), &read).unwrap() else {
            panic!("no texts");
        };
        assert_eq!(texts.keys().collect::<Vec<_>>(), ["a/2026-08.txt"]);
        let again = exchange(folder.path(), &ask).unwrap();
        assert_eq!(again, FileAnswer::Merged(vec![vec![BlockFate::Present]]));
    }

    #[test]
    fn a_file_that_is_no_text_is_named_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/2026-08.txt");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, [0xff, 0xfe]).unwrap();
        let ask = FileAsk::Merge(vec![merge(&[block("2026-08-02", "A")])]);
        let error = exchange(folder.path(), &ask).unwrap_err();
        assert!(error.to_string().contains("2026-08.txt"), "{error}");
        assert_eq!(fs::read(&path).unwrap(), [0xff, 0xfe]);
    }

    fn any_blocks() -> impl proptest::strategy::Strategy<Value = Vec<Block>> {
        use proptest::prelude::*;
        let one = (1..5_u8, "[A-D]{1,2}");
        proptest::collection::vec(one, 0..12).prop_map(|list| {
            let by_key: BTreeMap<String, Block> = list
                .into_iter()
                .map(|(day, key)| (key.clone(), block(&format!("2026-08-0{day}"), &key)))
                .collect();
            by_key.into_values().collect()
        })
    }

    proptest::proptest! {
        #[test]
        fn how_blocks_are_parted_among_merges_does_not_matter(
            blocks in any_blocks(),
            cut in 0..12_usize,
            owner in "(2026-08-0[1-5] own\n\n|; text\n\n|\n){0,5}",
        ) {
            let cut = cut.min(blocks.len());
            let (whole, _) = merged(&owner, &merge(&blocks));
            let (head, tail) = blocks.split_at(cut);
            let (later, _) = merged(&merged(&owner, &merge(tail)).0, &merge(head));
            proptest::prop_assert_eq!(whole, later);
        }

        #[test]
        fn any_text_keeps_its_lines_and_their_order(
            existing in concat!(
                "([ -~é\u{feff}]{0,12}(\n|\r\n|\n\n)|",
                "2026-08-0[1-9] own\n|  key: \"[A-D]\"\n){0,12}"
            ),
            blocks in any_blocks(),
        ) {
            let (text, fates) = merged(&existing, &merge(&blocks));
            let mut lines = text.lines();
            for line in existing.lines().filter(|line| !is_blank(line)) {
                proptest::prop_assert!(lines.any(|other| other == line), "{line:?} in {text:?}");
            }
            for (block, fate) in blocks.iter().zip(&fates) {
                let keys = keys_in(&text, &syntax());
                proptest::prop_assert!(keys.contains(&block.key.as_str()), "{fate:?}");
            }
            let (again, _) = merged(&text, &merge(&blocks));
            proptest::prop_assert_eq!(again, text);
        }
    }
}
