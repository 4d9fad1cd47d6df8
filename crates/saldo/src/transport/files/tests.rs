//! Merges into texts, and merges and readings of a folder on disk.

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
        confirms: std::collections::BTreeSet::new(),
        amends: std::collections::BTreeMap::new(),
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
        let read = FileAsk::ReadNamed { paths: vec![path.to_owned()] };
        let error = exchange(&root, &read).unwrap_err();
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
    let paths = vec!["a/2026-08.txt".to_owned(), "a/2026-09.txt".to_owned()];
    let named = exchange(folder.path(), &FileAsk::ReadNamed { paths }).unwrap();
    assert_eq!(named, FileAnswer::Texts(texts), "what does not exist is left out");
    let again = exchange(folder.path(), &ask).unwrap();
    assert_eq!(again, FileAnswer::Merged(vec![vec![BlockFate::Present]]));
}

#[test]
fn what_lies_between_two_names_is_read_and_folders_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let read = |first: &str, last: Option<&str>| {
        let suffixes = vec![".txt".to_owned(), ".log".to_owned()];
        let (first, last) = (first.to_owned(), last.map(str::to_owned));
        let ask = FileAsk::ReadBetween { suffixes, first, last };
        match exchange(folder.path(), &ask).unwrap() {
            FileAnswer::Texts(texts) => texts.into_keys().collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    fs::create_dir(folder.path().join("2026-08.txt.d")).unwrap();
    fs::create_dir(folder.path().join("2026-09.txt")).unwrap();
    for name in [
        "2026-07.txt",
        "2026-08.txt",
        "2026-08.log",
        "2026-10.txt",
        "2026-08.md",
        "z.txt",
        ".z.txt",
    ] {
        fs::write(folder.path().join(name), name).unwrap();
    }
    fs::write(folder.path().join("2026-08.txt.d/2026-08.txt"), "x").unwrap();
    assert_eq!(read("2026-08", Some("2026-09")), ["2026-08.log", "2026-08.txt"]);
    assert_eq!(read("2026-10", None), ["2026-10.txt", "z.txt"]);
    assert_eq!(read("-9999-01", Some("2026-07")), ["2026-07.txt"]);
    let missing = FileAsk::ReadBetween {
        suffixes: vec![".txt".to_owned()],
        first: String::new(),
        last: None,
    };
    let nothing = exchange(&folder.path().join("none"), &missing).unwrap();
    assert_eq!(nothing, FileAnswer::Texts(BTreeMap::new()));
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

#[test]
fn what_is_confirmed_is_pending_no_longer_and_else_stays_as_it_is() {
    let standing = "; kept\n\n2026-08-03 ! \"Ann\" \"x ! y\" #trip\n  key: \"a\"\n  A  1 USD\n\n\
                    2026-08-04 ! \"x\"\n  key: \"b\"\n  A  1 USD\n\n\
                    2026-08-05 ! \"own\"\n  A  1 USD\n";
    let merge = FileMerge { confirms: ["a".to_owned()].into(), ..merge(&[]) };
    let (text, _) = super::merge::merged(standing, &merge);
    let expected = standing.replace("2026-08-03 ! ", "2026-08-03 * ");
    assert_eq!(text, expected);
    assert_eq!(super::merge::merged(&text, &merge).0, expected, "again is no change");
}

#[test]
fn what_is_amended_reads_otherwise_only_where_it_reads_as_it_did() {
    let (was, is) = (
        "2026-08-03 * \"Ann\"\n  key: \"a\"\n  A  1 USD",
        "2026-08-03 * \"Eve\"\n  key: \"a\"\n  A  1 USD",
    );
    let standing = format!("; kept\n\n{was}\n\n\n2026-08-05 * \"own\"\n  A  1 USD\n");
    let blocks = vec![Block { key: "a".to_owned(), text: is.to_owned() }];
    let amends = [("a".to_owned(), was.to_owned())].into();
    let merge = FileMerge { blocks, amends, ..merge(&[]) };
    let (text, fates) = super::merge::merged(&standing, &merge);
    assert_eq!((&*text, fates), (&*standing.replace(was, is), vec![BlockFate::Present]));
    assert_eq!(super::merge::merged(&text, &merge).0, text, "again is no change");
    let windows = standing.replace('\n', "\r\n");
    let (text, _) = super::merge::merged(&windows, &merge);
    assert_eq!(text, standing.replace(was, is).replace('\n', "\r\n"));
    let edited = standing.replace("Ann", "Anna");
    let (text, fates) = super::merge::merged(&edited, &merge);
    assert_eq!(text, edited, "what somebody changed stays");
    assert!(matches!(&fates[..], [BlockFate::Differs { .. }]), "{fates:?}");
    let gone = standing.replace(was, "; gone");
    let (text, fates) = super::merge::merged(&gone, &merge);
    assert_eq!((text, fates), (gone, vec![BlockFate::Differs { found: String::new() }]));
}
