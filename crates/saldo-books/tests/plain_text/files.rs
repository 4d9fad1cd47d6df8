//! Text files in memory, which answer as a folder does.

use saldo_core::exchange::{Block, BlockFate, FileAnswer, FileAsk, FileMerge};
use std::collections::BTreeMap;

/// Text files by their paths.
pub(crate) type Files = BTreeMap<String, String>;

/// Does what is asked.
pub(crate) fn answer(files: &mut Files, ask: &FileAsk) -> FileAnswer {
    match ask {
        FileAsk::Merge(merges) => {
            FileAnswer::Merged(merges.iter().map(|it| merge(files, it)).collect())
        }
        FileAsk::Read { suffixes } => {
            those(files, |path| suffixes.iter().any(|end| path.ends_with(end)))
        }
        FileAsk::ReadNamed { paths } => {
            those(files, |path| paths.iter().any(|wanted| wanted == path))
        }
        FileAsk::ReadBetween { suffixes, first, last } => those(files, |path| {
            let stem = suffixes.iter().find_map(|end| path.strip_suffix(end.as_str()));
            stem.is_some_and(|stem| {
                stem >= first.as_str() && last.as_deref().is_none_or(|last| stem <= last)
            })
        }),
    }
}

fn those(files: &Files, is_wanted: impl Fn(&str) -> bool) -> FileAnswer {
    let wanted = files.iter().filter(|(path, _)| is_wanted(path));
    FileAnswer::Texts(wanted.map(|(path, text)| (path.clone(), text.clone())).collect())
}

fn merge(files: &mut Files, merge: &FileMerge) -> Vec<BlockFate> {
    let opening = || format!("{}\n", merge.preamble);
    let file = files.entry(merge.path.clone()).or_insert_with(opening);
    let fate = |block: &Block| {
        let key = format!("{}{}{}", merge.syntax.key_opens, block.key, merge.syntax.key_closes);
        assert!(block.text.contains(&key), "{block:?}");
        assert!(block.text.lines().all(|line| !line.trim().is_empty()), "{block:?}");
        let before = merge.amends.get(&block.key);
        match file.split("\n\n").find(|found| found.contains(&key)).map(str::trim_end) {
            Some(found) if found == block.text => BlockFate::Present,
            Some(found) if before.is_some_and(|before| found == before) => {
                *file = file.replace(found, &block.text);
                BlockFate::Present
            }
            Some(found) => BlockFate::Differs { found: found.to_owned() },
            None if before.is_some() => BlockFate::Differs { found: String::new() },
            None => {
                file.push_str(&format!("\n{}\n", block.text));
                BlockFate::Written
            }
        }
    };
    merge.blocks.iter().map(fate).collect()
}
