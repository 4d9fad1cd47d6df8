//! Which files are asked for, and what became of them: creating.

use super::account::{self, bound};
use super::hear::{self, Expected};
use super::path::{file_path, month, month_path};
use super::write::{self, NamedLine, Syntax};
use jiff::civil::Date;
use saldo_core::book::{BookContext, Need, Outcome, Refusal, RefusalKind, Subject};
use saldo_core::document::{Document, DocumentKey};
use saldo_core::exchange::{Block, BlockFate, Fault, FileMerge};
use saldo_core::text::RemoteId;
use std::collections::{BTreeMap, BTreeSet};

/// The first day of the ledger, on which every account opens.
const FIRST_DAY: Date = Date::constant(1970, 1, 1);

/// Where a block was put: file and key.
type Place = (String, String);

/// What to merge so that these things are there: the accounts first and the main file last, so
/// that after a death in between no file includes one that is missing.
pub(super) fn files(subjects: &[&Subject], context: &BookContext) -> Result<Vec<FileMerge>, Fault> {
    let mut blocks: BTreeMap<(FileRank, String), (Syntax, Vec<Block>)> = BTreeMap::new();
    let mut put = |rank, path: String, syntax, block: Option<Block>| {
        blocks.entry((rank, path)).or_insert((syntax, Vec::new())).1.extend(block);
    };
    let mut currencies = BTreeSet::new();
    for syntax in Syntax::ALL {
        put(FileRank::Accounts, file_path("accounts", syntax), syntax, None);
        for subject in subjects {
            match subject {
                Subject::Need(Need::Account(account) | Need::ForeignAccount { account, .. }) => {
                    let remote = account::remote_name(&account.name, account.kind);
                    let block = write::account_block(syntax, account, &remote);
                    put(FileRank::Accounts, file_path("accounts", syntax), syntax, Some(block));
                }
                Subject::Need(
                    Need::Item(_)
                    | Need::Party(_)
                    | Need::TaxRate(_)
                    | Need::Listed(_)
                    | Need::Dimension(_)
                    | Need::Value { .. },
                )
                | Subject::Attached { .. } => {}
                Subject::Document { document, .. } if refusal(document).is_some() => {}
                Subject::Document { key, document, .. }
                | Subject::Confirmed { key, document }
                | Subject::Amended { key, document, .. } => {
                    let draft = matches!(subject, Subject::Document { draft: true, .. });
                    let block = document_block(syntax, (*key, draft), document, context)?;
                    let month = month_path(document.header().date, syntax);
                    put(FileRank::Month, month, syntax, Some(block));
                    put(FileRank::Main, file_path("main", syntax), syntax, None);
                    currencies.extend(document.currencies());
                }
            }
        }
    }
    for currency in currencies {
        let path = file_path("accounts", Syntax::Hledger);
        let block = write::currency_block(currency);
        put(FileRank::Accounts, path, Syntax::Hledger, Some(block));
    }
    let confirmed = subjects.iter().filter_map(|subject| match subject {
        Subject::Confirmed { key, .. } => Some(key.to_string()),
        _ => None,
    });
    let confirmed: BTreeSet<String> = confirmed.collect();
    let merge = |((rank, path), (syntax, blocks)): ((FileRank, String), (Syntax, Vec<Block>))| {
        let preamble = preamble(rank, &path, syntax, context);
        let confirms = blocks.iter().map(|block| &block.key).filter(|key| confirmed.contains(*key));
        let confirms = confirms.cloned().collect();
        let amends = match rank {
            FileRank::Month => amended(syntax, subjects, &blocks, context)?,
            FileRank::Accounts | FileRank::Main => BTreeMap::new(),
        };
        Ok(FileMerge { path, preamble, syntax: syntax.blocks(), blocks, confirms, amends })
    };
    blocks.into_iter().map(merge).collect()
}

/// The texts of those of these blocks that are to be amended, as they stand now.
fn amended(
    syntax: Syntax,
    subjects: &[&Subject],
    blocks: &[Block],
    context: &BookContext,
) -> Result<BTreeMap<String, String>, Fault> {
    let keys: BTreeSet<&str> = blocks.iter().map(|block| block.key.as_str()).collect();
    let mut amends = BTreeMap::new();
    for subject in subjects {
        let Subject::Amended { key, before, .. } = subject else { continue };
        if keys.contains(key.as_str()) {
            let block = document_block(syntax, (*key, false), before, context)?;
            amends.insert(block.key, block.text);
        }
    }
    Ok(amends)
}

/// The order in which files are written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum FileRank {
    Accounts,
    Month,
    Main,
}

/// What a file begins with.
fn preamble(rank: FileRank, path: &str, syntax: Syntax, context: &BookContext) -> String {
    match rank {
        FileRank::Accounts => write::preamble(syntax, "Accounts"),
        FileRank::Month => write::preamble(syntax, path.split('.').next().unwrap_or(path)),
        FileRank::Main => write::main_file(syntax, context.company.as_str(), context.currency),
    }
}

/// Why a document cannot stand in this book, if it cannot.
fn refusal(document: &Document) -> Option<Refusal> {
    let date = document.header().date;
    (date < FIRST_DAY).then(|| Refusal {
        kind: RefusalKind::Other,
        code: "before-first-day".to_owned(),
        message: format!("{date} is before {FIRST_DAY}, the day on which the accounts open"),
        hint: "correct the date where the document comes from".to_owned(),
    })
}

/// The block of a document whose accounts are bound, by its number and whether it is a draft.
fn document_block(
    syntax: Syntax,
    key: (DocumentKey, bool),
    document: &Document,
    context: &BookContext,
) -> Result<Block, Fault> {
    let mut lines = Vec::with_capacity(document.lines().len());
    for line in document.lines() {
        lines.push(NamedLine { account: bound(&line.account, context)?, line });
    }
    Ok(write::document_block(syntax, key, document, &lines))
}

/// What became of each thing that was to be there.
pub(super) fn outcomes(
    subjects: &[&Subject],
    fates: &[Vec<BlockFate>],
    context: &BookContext,
) -> Result<Vec<Outcome>, Fault> {
    let files = files(subjects, context)?;
    let complete = files.len() == fates.len()
        && files.iter().zip(fates).all(|(file, fates)| file.blocks.len() == fates.len());
    if !complete {
        return Err(Fault::unexpected("the folder of the plain-text ledgers"));
    }
    let mut by_place: BTreeMap<Place, &BlockFate> = BTreeMap::new();
    for (file, fates) in files.iter().zip(fates) {
        for (block, fate) in file.blocks.iter().zip(fates) {
            by_place.insert((file.path.clone(), block.key.clone()), fate);
        }
    }
    subjects.iter().map(|subject| outcome(subject, &by_place, context)).collect()
}

/// What became of one thing.
fn outcome(
    subject: &Subject,
    fates: &BTreeMap<Place, &BlockFate>,
    context: &BookContext,
) -> Result<Outcome, Fault> {
    let (expected, key, stem) = match subject {
        Subject::Need(Need::Account(account) | Need::ForeignAccount { account, .. }) => {
            let remote = account::remote_name(&account.name, account.kind);
            (Expected::account(account, &remote), remote, "accounts".to_owned())
        }
        Subject::Need(
            Need::Item(_)
            | Need::Party(_)
            | Need::TaxRate(_)
            | Need::Listed(_)
            | Need::Dimension(_)
            | Need::Value { .. },
        ) => {
            return Ok(hear::no_such_thing());
        }
        Subject::Attached { .. } => return Ok(hear::no_such_thing()),
        Subject::Document { key, document, .. }
        | Subject::Confirmed { key, document }
        | Subject::Amended { key, document, .. } => {
            if let Some(refusal) = refusal(document) {
                return Ok(Outcome::Refused(refusal));
            }
            let expected = Expected::document(*key, document, context)?;
            (expected, key.as_str().to_owned(), month(document.header().date))
        }
    };
    let remote = match subject {
        Subject::Need(_) => RemoteId::new(&key),
        Subject::Document { .. }
        | Subject::Confirmed { .. }
        | Subject::Amended { .. }
        | Subject::Attached { .. } => RemoteId::from(format!("{stem}/{key}")),
    };
    for syntax in Syntax::ALL {
        let path = file_path(&stem, syntax);
        let fate = fates.get(&(path.clone(), key.clone()));
        if let Some(BlockFate::Differs { found }) = fate {
            let difference = expected.difference_in_block(&path, found, syntax);
            let difference = match subject {
                Subject::Amended { .. } => Some(difference.unwrap_or_else(|| {
                    format!("`{path}`: somebody changed its words, which are to be amended")
                })),
                _ => difference,
            };
            if let Some(difference) = difference {
                return Ok(hear::different(remote, difference));
            }
        }
    }
    Ok(Outcome::Done(expected.acknowledgement(remote)))
}
