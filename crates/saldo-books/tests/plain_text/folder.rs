//! A folder of text files in memory, with the book in it.

use crate::documents::{currency, subject};
use saldo_books::plain_text::PlainText;
use saldo_core::book::{Bindings, Book, BookContext, Outcome, Subject, Task};
use saldo_core::document::Document;
use saldo_core::exchange::{
    Addresses, Answer, Ask, Block, BlockFate, FileAnswer, FileAsk, FileMerge,
};
use saldo_core::text::{CompanyId, ConnectionId};
use std::collections::BTreeMap;
use std::path::Path;

/// A folder of text files in memory, with the book in it.
#[derive(Default)]
pub(crate) struct Folder {
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) bindings: Bindings,
}

impl Folder {
    pub(crate) fn context(&self) -> BookContext {
        BookContext {
            company: CompanyId::new("de\"mo"),
            connection: ConnectionId::new("plain-text"),
            now: jiff::Timestamp::UNIX_EPOCH,
            currency: currency("USD"),
            addresses: Addresses::default(),
            settings: BTreeMap::new(),
            bindings: self.bindings.clone(),
        }
    }

    /// Asks the book, answers for the folder, and lets the book hear.
    pub(crate) fn run(&mut self, tasks: &[Task]) -> Vec<Outcome> {
        let context = self.context();
        let ask = PlainText.ask(tasks, "token", &context).unwrap();
        let answer = match ask {
            Ask::File(FileAsk::Merge(merges)) => {
                let fates = merges.iter().map(|merge| self.merge(merge)).collect();
                FileAnswer::Merged(fates)
            }
            Ask::File(FileAsk::Read { suffixes }) => {
                let is_wanted = |path: &str| suffixes.iter().any(|end| path.ends_with(end));
                let wanted = self.files.iter().filter(|(path, _)| is_wanted(path));
                FileAnswer::Texts(wanted.map(|(path, text)| (path.clone(), text.clone())).collect())
            }
            Ask::File(FileAsk::ReadNamed { paths }) => {
                let read = |path: &String| self.files.get(path).cloned();
                let texts = paths.iter().filter_map(|path| Some((path.clone(), read(path)?)));
                FileAnswer::Texts(texts.collect())
            }
            Ask::File(FileAsk::ReadBetween { suffixes, first, last }) => {
                let lies_between = |stem: &str| {
                    stem >= first.as_str() && last.as_deref().is_none_or(|last| stem <= last)
                };
                let is_wanted = |path: &str| {
                    let stem = suffixes.iter().find_map(|end| path.strip_suffix(end.as_str()));
                    stem.is_some_and(lies_between)
                };
                let wanted = self.files.iter().filter(|(path, _)| is_wanted(path));
                FileAnswer::Texts(wanted.map(|(path, text)| (path.clone(), text.clone())).collect())
            }
            Ask::Http(_) | Ask::Slice(_) | Ask::Message(_) => {
                panic!("the book of files asked for something else")
            }
        };
        PlainText.hear(tasks, &Answer::File(answer), &context).unwrap()
    }

    fn merge(&mut self, merge: &FileMerge) -> Vec<BlockFate> {
        let opening = || format!("{}\n", merge.preamble);
        let file = self.files.entry(merge.path.clone()).or_insert_with(opening);
        let fate = |block: &Block| {
            let key = format!("{}{}{}", merge.syntax.key_opens, block.key, merge.syntax.key_closes);
            assert!(block.text.contains(&key), "{block:?}");
            assert!(block.text.lines().all(|line| !line.trim().is_empty()), "{block:?}");
            match file.split("\n\n").find(|found| found.contains(&key)).map(str::trim_end) {
                Some(found) if found == block.text => BlockFate::Present,
                Some(found) => BlockFate::Differs { found: found.to_owned() },
                None => {
                    file.push_str(&format!("\n{}\n", block.text));
                    BlockFate::Written
                }
            }
        };
        merge.blocks.iter().map(fate).collect()
    }

    /// Makes all that a document needs, and then the document.
    pub(crate) fn enter(&mut self, document: &Document) -> Outcome {
        let subject = subject(document);
        for need in PlainText.needs(&subject) {
            let binding = need.binding();
            let outcomes = self.run(&[Task::Create(Subject::Need(need))]);
            let [Outcome::Done(done)] = &outcomes[..] else { panic!("{outcomes:?}") };
            self.bindings.0.insert(binding, done.remote.clone());
        }
        self.run(&[Task::Create(subject)]).remove(0)
    }

    pub(crate) fn write_to(&self, folder: &Path) {
        for (path, text) in &self.files {
            std::fs::write(folder.join(path), text).unwrap();
        }
    }
}

/// Changes a text in the month's file of one syntax.
pub(crate) fn edit(folder: &mut Folder, suffix: &str, from: &str, to: &str) {
    let file = folder.files.get_mut(&format!("2026-08{suffix}")).unwrap();
    assert!(file.contains(from), "{file}");
    *file = file.replace(from, to);
}
