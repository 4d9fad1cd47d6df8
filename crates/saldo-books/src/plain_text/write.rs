//! How accounts and documents are written, in both syntaxes.
//!
//! Whatever stands here is part of what is compared when a block is there already: nothing in it
//! may depend on when or how often it is written.

use super::account;
use saldo_core::document::{Document, DocumentKey, Line, Party};
use saldo_core::exchange::{Block, BlockSyntax};
use saldo_core::ledger::Account;
use saldo_core::money::Currency;
use saldo_core::text::CompanyId;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// The two syntaxes that the book is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Syntax {
    /// As read by `bean-check`, version 2 or later.
    Beancount,
    /// As read by `hledger`, version 1.25 or later.
    Hledger,
}

impl Syntax {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Beancount, Self::Hledger];

    /// The ending of file names, with the point.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Beancount => ".beancount",
            Self::Hledger => ".journal",
        }
    }

    /// How a block shows its key.
    #[must_use]
    pub fn blocks(self) -> BlockSyntax {
        let (key_opens, key_closes) = match self {
            Self::Beancount => ("saldo: \"", "\""),
            Self::Hledger => ("; saldo:", ","),
        };
        BlockSyntax { key_opens: key_opens.to_owned(), key_closes: key_closes.to_owned() }
    }
}

/// A document's line, with the account's name in the files.
pub(super) struct NamedLine<'a> {
    /// The account as the files call it.
    pub account: &'a str,
    /// The line.
    pub line: &'a Line,
}

/// The block that declares an account.
pub(super) fn account_block(syntax: Syntax, account: &Account, remote: &str) -> Block {
    let kind = kind_word(account);
    let text = match syntax {
        Syntax::Beancount => format!(
            "1970-01-01 open {remote}\n  saldo: \"{remote}\"\n  kind: \"{kind}\"\n  name: {}",
            quoted(&account.name)
        ),
        Syntax::Hledger => format!(
            "account {remote}  ; saldo:{remote}, type:{}, kind:{kind}, name:{}",
            account::hledger_type(account.kind),
            tag_value(&account.name)
        ),
    };
    Block { key: remote.to_owned(), text }
}

/// The block that tells hledger of a currency and its decimals.
pub(super) fn currency_block(currency: Currency) -> Block {
    let sample = match currency.exponent() {
        0 => "1000.".to_owned(),
        decimals => format!("1000.{}", "0".repeat(usize::from(decimals))),
    };
    Block {
        key: currency.code().to_owned(),
        text: format!("commodity {sample} {currency}  ; saldo:{currency},"),
    }
}

/// The block that holds a document: a draft is flagged as pending.
pub(super) fn document_block(
    syntax: Syntax,
    (key, draft): (DocumentKey, bool),
    document: &Document,
    lines: &[NamedLine<'_>],
) -> Block {
    let flag = if draft { '!' } else { '*' };
    let mut text = match syntax {
        Syntax::Beancount => beancount_head(key, flag, document),
        Syntax::Hledger => hledger_head(key, flag, document),
    };
    let account_width = lines.iter().map(|line| line.account.chars().count()).max().unwrap_or(0);
    let amount_width =
        lines.iter().map(|line| line.line.held().amount_text().len()).max().unwrap_or(0);
    for NamedLine { account, line } in lines {
        let number = line.held().amount_text();
        let currency = line.held().currency();
        let indent = if syntax == Syntax::Beancount { "  " } else { "    " };
        let _ =
            write!(text, "\n{indent}{account:<account_width$}  {number:>amount_width$} {currency}");
        // What only values an account anew moves nothing there that could have a price.
        if line.foreign.is_some_and(|foreign| !foreign.is_zero()) {
            let _ = write!(text, " @@ {}", line.amount.abs());
        }
        match syntax {
            Syntax::Beancount => push_beancount_details(&mut text, line),
            Syntax::Hledger => push_hledger_details(&mut text, line),
        }
    }
    Block { key: key.as_str().to_owned(), text }
}

/// All that a document says in these books besides accounts and amounts.
pub(super) fn says(document: &Document) -> (String, Vec<String>) {
    let nobody = DocumentKey::derive(&CompanyId::from(""), "", document.header().kind, 0);
    let of_line = |line: &Line| {
        let mut text = String::new();
        push_beancount_details(&mut text, line);
        text
    };
    let lines = document.lines().iter().map(of_line).collect();
    (beancount_head(nobody, '*', document), lines)
}

/// The first lines of a transaction of beancount.
fn beancount_head(key: DocumentKey, flag: char, document: &Document) -> String {
    let header = document.header();
    let number = document.number(key);
    let number = match number == key.as_str() {
        true => String::new(),
        false => format!("\n  number: \"{number}\""),
    };
    let payee = header.party.as_ref().map(|party| format!("{} ", quoted(party_name(party))));
    format!(
        "{} {flag} {}{}\n  saldo: \"{key}\"{number}\n  kind: \"{}\"\n  slot: {}\n  \
         reference: {}{}{}",
        header.date,
        payee.unwrap_or_default(),
        quoted(&header.memo),
        header.kind,
        quoted(&header.slot),
        quoted(&header.reference),
        header.due.map_or_else(String::new, |due| format!("\n  due: {due}")),
        dimensions(document).map_or_else(String::new, |it| format!("\n  dimensions: \"{it}\""))
    )
}

/// The first lines of a transaction of hledger. The number stands before the description as its
/// code, so that a description may begin with any sign.
fn hledger_head(key: DocumentKey, flag: char, document: &Document) -> String {
    let header = document.header();
    let payee = header.party.as_ref().map(|party| format!("{} | ", description(party_name(party))));
    let first = format!(
        "{} {flag} ({}) {}{}",
        header.date,
        document.number(key),
        payee.unwrap_or_default(),
        description(&header.memo)
    );
    format!(
        "{}\n    ; saldo:{key}, kind:{}\n    ; slot:{}\n    ; reference:{}{}{}",
        first.trim_end(),
        header.kind,
        tag_value(&header.slot),
        tag_value(&header.reference),
        header.due.map_or_else(String::new, |due| format!("\n    ; due:{due}")),
        dimensions(document).map_or_else(String::new, |it| format!("\n    ; dimensions:{it}"))
    )
}

/// Which tags of its postings are dimensions, so that the owner's own are told from them; none
/// where no line has any.
fn dimensions(document: &Document) -> Option<String> {
    let of_lines = document.lines().iter().flat_map(|line| line.dimensions.iter());
    let names: BTreeSet<&str> = of_lines.map(|(name, _)| name).collect();
    (!names.is_empty()).then(|| names.into_iter().collect::<Vec<_>>().join(" "))
}

/// What a line says besides account and amount, as metadata of its posting.
fn push_beancount_details(text: &mut String, line: &Line) {
    if !line.text.is_empty() {
        let _ = write!(text, "\n    text: {}", quoted(&line.text));
    }
    if let Some(quantity) = line.quantity {
        let _ = write!(text, "\n    quantity: {quantity}");
    }
    for (name, value) in line.dimensions.iter() {
        let _ = write!(text, "\n    {name}: {}", quoted(value));
    }
}

/// What a line says besides account and amount, as tags of its posting.
fn push_hledger_details(text: &mut String, line: &Line) {
    let words = (!line.text.is_empty()).then(|| format!("text:{}", tag_value(&line.text)));
    let quantity = line.quantity.map(|quantity| format!("quantity:{quantity}"));
    let dimensions = line.dimensions.iter();
    let dimensions = dimensions.map(|(name, value)| format!("{name}:{}", tag_value(value)));
    let tags: Vec<String> = words.into_iter().chain(quantity).chain(dimensions).collect();
    if !tags.is_empty() {
        let _ = write!(text, "  ; {}", tags.join(", "));
    }
}

/// Whom a document is made out to, by name.
fn party_name(party: &Party) -> &str {
    match party {
        Party::Customer { name, .. } | Party::Vendor { name } => name,
    }
}

/// The word for an account's kind: the one by which it is stored.
fn kind_word(account: &Account) -> String {
    match serde_json::to_value(account.kind) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// One line of text: every run of white space and of signs that steer a terminal is one space.
fn one_line(text: &str) -> String {
    let parts_words = |symbol: char| symbol.is_whitespace() || symbol.is_control();
    let words: Vec<&str> = text.split(parts_words).filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// A string of beancount.
fn quoted(text: &str) -> String {
    format!("\"{}\"", one_line(text).replace('\\', "\\\\").replace('"', "\\\""))
}

/// Text in a description of hledger, where a semicolon would begin a comment and a bar would end
/// the payee.
fn description(text: &str) -> String {
    one_line(text).replace(';', "\u{201a}").replace('|', "/")
}

/// Text as the value of a tag of hledger, where a comma would end it and brackets could hold a
/// date. The low quotation mark looks like the comma that it stands for.
pub(super) fn tag_value(text: &str) -> String {
    one_line(text).replace([',', ';'], "\u{201a}").replace('[', "(").replace(']', ")")
}

/// What both files of a month, or of the accounts, begin with.
pub(super) fn preamble(syntax: Syntax, about: &str) -> String {
    let words =
        format!("; {about}. Kept by Saldo: it adds what is missing and changes none of yours.");
    match syntax {
        Syntax::Beancount => words,
        Syntax::Hledger => format!("{words}\ndecimal-mark ."),
    }
}

/// What a ledger begins with that stands in one file.
pub(super) fn whole_file(syntax: Syntax, title: &str, currency: Currency) -> String {
    match syntax {
        Syntax::Beancount => format!(
            "option \"title\" {}\noption \"operating_currency\" \"{currency}\"",
            quoted(title)
        ),
        Syntax::Hledger => format!("; {}\ndecimal-mark .", one_line(title)),
    }
}

/// The whole main file, which includes all others.
pub(super) fn main_file(syntax: Syntax, title: &str, currency: Currency) -> String {
    const MONTHS: &str = "[0-9][0-9][0-9][0-9]-[0-9][0-9]";
    let head = whole_file(syntax, title, currency);
    match syntax {
        Syntax::Beancount => {
            format!("{head}\n\ninclude \"accounts.beancount\"\ninclude \"{MONTHS}.beancount\"")
        }
        Syntax::Hledger => {
            format!("{head}\n\ninclude accounts.journal\ninclude {MONTHS}.journal")
        }
    }
}
