//! What accounts are called in the files: the same in both syntaxes, and never two alike.

use saldo_core::book::{BookContext, Need};
use saldo_core::exchange::{Fault, Permit};
use saldo_core::ledger::{Account, AccountKind, Side};
use saldo_core::text::RemoteId;

/// The first component of the names of the accounts of a side.
const fn root(side: Side) -> &'static str {
    match side {
        Side::Assets => "Assets",
        Side::Liabilities => "Liabilities",
        Side::Equity => "Equity",
        Side::Income => "Income",
        Side::Expenses => "Expenses",
    }
}

/// The kind nearest to an account that only its name tells us about; none where the name is no
/// account's.
pub(super) fn kind_by_root(account: &str) -> Option<AccountKind> {
    match account.split(':').next()? {
        "Assets" => Some(AccountKind::OtherCurrentAsset),
        "Liabilities" => Some(AccountKind::OtherCurrentLiability),
        "Equity" => Some(AccountKind::Equity),
        "Income" => Some(AccountKind::Income),
        "Expenses" => Some(AccountKind::Expense),
        _ => None,
    }
}

/// The account type of hledger: `C` is an asset that counts as cash, `R` is income.
pub(super) const fn hledger_type(kind: AccountKind) -> char {
    match kind {
        AccountKind::Bank | AccountKind::Cash => 'C',
        AccountKind::Clearing
        | AccountKind::Conversion
        | AccountKind::Receivable
        | AccountKind::OtherCurrentAsset
        | AccountKind::Inventory => 'A',
        AccountKind::Payable
        | AccountKind::OtherCurrentLiability
        | AccountKind::TaxLiability
        | AccountKind::CreditCard => 'L',
        AccountKind::Equity => 'E',
        AccountKind::Income | AccountKind::ContraIncome | AccountKind::OtherIncome => 'R',
        AccountKind::CostOfGoods | AccountKind::Expense => 'X',
    }
}

/// Whether both programs take this as an account's name: a root, and components after it without
/// white space or anything that ends a name.
pub(super) fn is_account(text: &str) -> bool {
    let ends_a_name = |symbol: char| {
        symbol.is_whitespace() || symbol.is_control() || matches!(symbol, ';' | '"' | '(' | '[')
    };
    let mut components = text.split(':');
    components.next().is_some_and(|first| kind_by_root(first).is_some())
        && text.contains(':')
        && components.all(|component| !component.is_empty())
        && !text.contains(ends_a_name)
}

/// The name in the files of an account that the policy calls `name`.
///
/// Colons part components, spaces become dashes. Whatever beancount has no place for becomes an
/// escape of two dashes, so that the policy's name can be read back and two names never become one:
///
/// | escape | means |
/// |---|---|
/// | `--` and two hexadecimal digits | this byte of UTF-8 |
/// | `X--x` at the beginning | nothing: the component begins with an escape, or is empty |
/// | `--l` at the end | the first letter is in lower case |
/// | `--n` at the end | no space stands after the colon before this component |
pub(super) fn remote_name(name: &str, kind: AccountKind) -> String {
    let mut remote = root(kind.side()).to_owned();
    for (position, part) in name.split(':').enumerate() {
        remote.push(':');
        match (position, part.strip_prefix(' ')) {
            (0, _) => push_component(&mut remote, part),
            (_, Some(part)) => push_component(&mut remote, part),
            (_, None) => {
                push_component(&mut remote, part);
                remote.push_str("--n");
            }
        }
    }
    remote
}

/// Adds one component, escaped.
fn push_component(remote: &mut String, part: &str) {
    let bytes = part.as_bytes();
    let first = bytes.first().copied();
    match first {
        Some(letter) if letter.is_ascii_alphanumeric() => {
            remote.push(char::from(letter.to_ascii_uppercase()));
        }
        Some(other) => {
            remote.push_str("X--x");
            push_escaped(remote, other);
        }
        None => remote.push_str("X--x"),
    }
    for (position, byte) in bytes.iter().copied().enumerate().skip(1) {
        let next = bytes.get(position + 1).copied();
        match byte {
            b' ' if next.is_some_and(|next| next != b' ') => remote.push('-'),
            letter if letter.is_ascii_alphanumeric() => remote.push(char::from(letter)),
            other => push_escaped(remote, other),
        }
    }
    if first.is_some_and(|letter| letter.is_ascii_lowercase()) {
        remote.push_str("--l");
    }
}

/// Adds the escape of one byte.
fn push_escaped(remote: &mut String, byte: u8) {
    remote.push_str(&format!("--{byte:02x}"));
}

/// What the files call an account.
///
/// # Errors
/// Where it is not bound, or bound to something that is no account's name.
pub(super) fn bound<'a>(account: &Account, context: &'a BookContext) -> Result<&'a str, Fault> {
    let need = Need::Account(account.clone());
    match context.bindings.need(&need).map(RemoteId::as_str) {
        Some(remote) if is_account(remote) => Ok(remote),
        Some(remote) => Err(Fault::new(
            Permit::Never,
            format!("account `{}` is bound to `{remote}`, which is no account", account.name),
        )),
        None => Err(Fault::new(Permit::Never, format!("account `{}` is not bound", account.name))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_readable() {
        let cases = [
            ("Clearing: Shopify Payments", AccountKind::Clearing),
            ("Sales tax payable: NY State Tax", AccountKind::TaxLiability),
            ("Sales:Online", AccountKind::Income),
            ("Sales (NY)", AccountKind::Income),
            ("Café", AccountKind::Expense),
            ("eBay fees", AccountKind::Expense),
            ("1000 Bank", AccountKind::Bank),
            ("", AccountKind::Equity),
            ("a  b:: -c ", AccountKind::Equity),
        ];
        let names: Vec<String> =
            cases.iter().map(|(name, kind)| remote_name(name, *kind)).collect();
        let expected = [
            "Assets:Clearing:Shopify-Payments",
            "Liabilities:Sales-tax-payable:NY-State-Tax",
            "Income:Sales:Online--n",
            "Income:Sales---28NY--29",
            "Expenses:Caf--c3--a9",
            "Expenses:EBay-fees--l",
            "Assets:1000-Bank",
            "Equity:X--x",
            "Equity:A--20-b--l:X--x--n:X--x--2dc--20",
        ];
        assert_eq!(names, expected);
        assert!(names.iter().all(|name| is_account(name)));
    }

    #[test]
    fn what_is_no_account_is_seen() {
        for text in ["", "Assets", "Assets:", "Assets::A", "Cash:A", "Assets:A B", "Assets:A;"] {
            assert!(!is_account(text), "{text}");
        }
        assert!(is_account("Assets:Bank:Ürün"));
    }
}
