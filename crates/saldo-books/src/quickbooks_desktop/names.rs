//! Names and texts that the vendor takes: letters, lengths, forbidden characters, uniqueness.
//!
//! Everything here is deterministic: the same thing gets the same name for ever, so that it is
//! found again after its creation was in doubt.

use crate::letters;
use saldo_core::book::{Bindings, Item};
use saldo_core::commerce::Product;
use saldo_core::document::{DocumentKey, Party};
use saldo_core::ledger::{Account, AccountKind};

/// How many letters the name of an account, an item or a class may have.
pub(super) const NAME: usize = 31;
/// How many letters the name of a customer or vendor may have.
const PERSON: usize = 41;
/// How many letters a description, a memo or a note may have.
pub(super) const TEXT: usize = 4095;
/// The account that QuickBooks keeps for the tax that it works out by itself.
const OWN_TAX_ACCOUNT: &str = "sales tax payable";

/// A text on one line, in the letters that QuickBooks keeps; pictures go.
fn plain(text: &str) -> String {
    let letters: String = text.chars().filter(|letter| !is_picture(*letter)).collect();
    letters::plain(&letters)
}

/// Whether a character is a picture, or a sign that changes one.
fn is_picture(letter: char) -> bool {
    matches!(u32::from(letter),
        0x200d | 0x20e3 | 0x2300..=0x23ff | 0x2460..=0x27bf | 0x2b00..=0x2bff
        | 0xfe00..=0xfe0f | 0x1_f000..=0x1_faff | 0xe_0000..=0xe_0fff)
}

/// The same, cut to a length.
pub(super) fn text(text: &str, limit: usize) -> String {
    letters::beginning(&plain(text), limit)
}

/// A name of so many letters at most, without the sign that parts levels. A longer one ends in a
/// hash of all of it, so that two long names stay two, and so does one of which no letter is left.
pub(super) fn fit(name: &str, limit: usize) -> String {
    let plain = plain(name).replace(": ", " - ").replace(':', "-");
    let hash = || -> String { blake3::hash(name.as_bytes()).to_hex().chars().take(8).collect() };
    match plain.chars().count() {
        0 => format!("Unnamed {}", hash()),
        count if count <= limit => plain,
        _ => format!("{} {}", letters::beginning(&plain, limit - 9), hash()),
    }
}

/// The name of an account. What would fall together with the account that QuickBooks keeps for tax
/// of its own is called otherwise.
pub(super) fn account(name: &str) -> String {
    let fitted = fit(name, NAME);
    match fitted.to_lowercase() == OWN_TAX_ACCOUNT {
        true => format!("{fitted} (Saldo)"),
        false => fitted,
    }
}

/// The names that a class may have: its own, as a new one gets it; and with colons, as QuickBooks
/// shows what stands below another.
pub(super) fn class(value: &str) -> Vec<String> {
    let (own, below) = (fit(value, NAME), plain(value));
    let is_same = own == below;
    std::iter::once(own).chain((!is_same).then_some(below)).collect()
}

/// The names that an item may have, the first that is free. The second is for a product that is
/// entered on more than one account, or whose name something else has. An item in stock without a
/// stock-keeping unit has a name that no other product bears.
pub(super) fn item(item: &Item) -> Vec<String> {
    if item.kept.is_some() {
        let sku = item.product.as_ref().and_then(|product| product.sku.clone());
        let own = sku.filter(|sku| !sku.trim().is_empty()).or_else(|| item.names().pop());
        let name = own.unwrap_or_default();
        return vec![fit(&name, NAME), fit(&format!("{name} (stock)"), NAME)];
    }
    let account_name = &item.account.name;
    match &item.product {
        None => vec![fit(&format!("Saldo {account_name}"), NAME)],
        Some(product) => {
            let name = product_name(product);
            vec![fit(name, NAME), fit(&format!("{name} - {account_name}"), NAME)]
        }
    }
}

/// What the item of no sales tax is called where it is made for its owner.
pub(super) fn no_tax() -> Vec<String> {
    vec!["Saldo no sales tax".to_owned()]
}

/// The number of an item's maker, which is where its stock-keeping unit stands whole.
pub(super) fn part_number(product: &Product) -> Option<String> {
    let sku = text(product.sku.as_deref()?, NAME);
    (!sku.is_empty()).then_some(sku)
}

/// What owners call items: by their stock-keeping units.
fn product_name(product: &Product) -> &str {
    let sku = product.sku.as_deref().filter(|sku| !sku.trim().is_empty());
    sku.unwrap_or(&product.title)
}

/// The names that a party may have, the first that is free. Customers, vendors, employees and other
/// names share one list, so the later ones say which they are; the last tells customers of one name
/// apart by their key.
pub(super) fn party(party: &Party) -> Vec<String> {
    let (name, mark, key) = match party {
        Party::Customer { key, name } => (name, "C", Some(key)),
        Party::Vendor { name } => (name, "V", None),
    };
    let suffixed = |suffix: &str| {
        let room = PERSON - suffix.chars().count() - 3;
        format!("{} ({suffix})", letters::beginning(&fit(name, PERSON), room))
    };
    let mut names = vec![fit(name, PERSON), suffixed(mark)];
    if let Some(key) = key {
        let hash = blake3::hash(key.as_bytes()).to_hex();
        let tail: String = hash.chars().take(6).collect();
        names.push(suffixed(&format!("{mark} {tail}")));
    }
    names
}

/// What a customer's notes say, so that two customers of one name are told apart.
pub(super) fn party_marker(party: &Party) -> Option<String> {
    match party {
        Party::Customer { key, .. } => Some(format!("saldo:customer/{}", text(key, 200))),
        Party::Vendor { .. } => None,
    }
}

/// The marker of a document.
pub(super) fn marker(key: DocumentKey) -> String {
    format!("saldo:{key}")
}

/// A memo, and the marker by which its document is found again.
pub(super) fn memo(memo: &str, key: DocumentKey) -> String {
    let marker = marker(key);
    let memo = text(memo, TEXT - marker.len() - 1);
    if memo.is_empty() { marker } else { format!("{memo} {marker}") }
}

/// The key that a memo carries.
pub(super) fn marked(memo: &str) -> Option<DocumentKey> {
    memo.split_whitespace().rev().find_map(|word| word.strip_prefix("saldo:")?.parse().ok())
}

/// Names that are not free: what the engine says is taken, and what this message has used.
pub(super) struct Taken<'a> {
    bindings: &'a Bindings,
    used: Vec<(List, String)>,
}

/// The lists within which a name is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// Customers, vendors, employees and other names.
    People,
    /// Items.
    Items,
    /// Ways of being paid.
    PaymentMethods,
    /// Terms of payment.
    Terms,
}

impl<'a> Taken<'a> {
    /// Nothing used yet.
    pub(super) const fn new(bindings: &'a Bindings) -> Self {
        Self { bindings, used: Vec::new() }
    }

    /// The first of the names that is free, or the last; it is taken from now on.
    pub(super) fn choose(&mut self, list: List, names: &[String]) -> String {
        let free = names.iter().find(|name| self.is_free(list, name)).or_else(|| names.last());
        let name = free.cloned().unwrap_or_default();
        self.used.push((list, name.to_lowercase()));
        name
    }

    fn is_free(&self, list: List, name: &str) -> bool {
        let name = name.to_lowercase();
        let taken = match list {
            List::People => format!("taken/{name}"),
            List::Items => format!("taken-item/{name}"),
            List::PaymentMethods => format!("taken-method/{name}"),
            List::Terms => format!("taken-terms/{name}"),
        };
        let said = self.bindings.0.contains_key(&taken);
        !said && !self.used.iter().any(|(known, used)| *known == list && *used == name)
    }
}

/// Whether a product has an item on another account already, so that its plain name is in use.
pub(super) fn has_other_item(item: &Item, bindings: &Bindings) -> bool {
    let Some(product) = &item.product else { return false };
    let key = product.sku.as_deref().unwrap_or(&product.title);
    let own = format!("item/{}/{key}", item.account.name);
    let ending = format!("/{key}");
    bindings
        .0
        .keys()
        .any(|known| known.starts_with("item/") && known.ends_with(&ending) && *known != own)
}

/// The vendor's type of a new account.
pub(super) const fn account_type(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Bank | AccountKind::Clearing | AccountKind::Cash | AccountKind::Conversion => {
            "Bank"
        }
        AccountKind::Receivable => "AccountsReceivable",
        AccountKind::Payable => "AccountsPayable",
        AccountKind::OtherCurrentAsset | AccountKind::Inventory => "OtherCurrentAsset",
        AccountKind::OtherCurrentLiability | AccountKind::TaxLiability => "OtherCurrentLiability",
        AccountKind::CreditCard => "CreditCard",
        AccountKind::Equity => "Equity",
        AccountKind::Income | AccountKind::ContraIncome => "Income",
        AccountKind::OtherIncome => "OtherIncome",
        AccountKind::CostOfGoods => "CostOfGoodsSold",
        AccountKind::Expense => "Expense",
    }
}

/// The kind nearest to the vendor's type; none where there is no like.
pub(super) fn account_kind(account_type: &str) -> Option<AccountKind> {
    Some(match account_type {
        "Bank" => AccountKind::Bank,
        "AccountsReceivable" => AccountKind::Receivable,
        "AccountsPayable" => AccountKind::Payable,
        "OtherCurrentAsset" => AccountKind::OtherCurrentAsset,
        "OtherCurrentLiability" => AccountKind::OtherCurrentLiability,
        "CreditCard" => AccountKind::CreditCard,
        "Equity" => AccountKind::Equity,
        "Income" => AccountKind::Income,
        "OtherIncome" => AccountKind::OtherIncome,
        "CostOfGoodsSold" => AccountKind::CostOfGoods,
        "Expense" | "OtherExpense" => AccountKind::Expense,
        _ => return None,
    })
}

/// Whether amounts of this type of account are credits in a profit and loss report; none where the
/// type has no place there.
pub(super) fn is_credit_type(account_type: &str) -> Option<bool> {
    match account_type {
        "Income" | "OtherIncome" => Some(true),
        "CostOfGoodsSold" | "Expense" | "OtherExpense" => Some(false),
        _ => None,
    }
}

/// Whether a sales receipt or payment can put money there: bank accounts and other current assets.
pub(super) fn can_take_deposits(account: &Account) -> bool {
    is_bank(account) || account.kind == AccountKind::OtherCurrentAsset
}

/// Whether the vendor's type of the account is a bank account.
pub(super) fn is_bank(account: &Account) -> bool {
    account_type(account.kind) == "Bank"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use saldo_core::text::RemoteId;

    #[test]
    fn texts_keep_the_letters_that_quickbooks_keeps() {
        let cases = [
            ("Café “Zażółć” 5 €", "Café “Zazólc” 5 €"),
            ("Tips 💰 ❤\u{fe0f} payable ⌚", "Tips payable"),
            ("one\r\n\ttwo\u{0}", "one two"),
            ("東京", "DongJing"),
        ];
        for (given, expected) in cases {
            assert_eq!(text(given, TEXT), expected);
        }
        assert_eq!(text("Mug, blue", 5), "Mug,");
    }

    #[test]
    fn names_lose_what_is_forbidden_and_long_ones_stay_apart() {
        assert_eq!(account("Clearing: PayPal"), "Clearing - PayPal");
        assert_eq!(account("Sales Tax Payable"), "Sales Tax Payable (Saldo)");
        assert_eq!(account("Sales tax payable: CA"), "Sales tax payable - CA");
        let (one, two) = (account("Clearing: Shopify Payments (EU) 1"), account(&"x".repeat(99)));
        assert_eq!((one.chars().count(), two.chars().count()), (31, 31));
        assert_ne!(account(&format!("{} a", "x".repeat(40))), account(&"x".repeat(41)));
        assert_ne!(account("💰"), account("❤"));
        assert_eq!(class("Web:EU"), ["Web-EU", "Web:EU"]);
    }

    #[test]
    fn a_kind_keeps_its_side_there_and_back() {
        for kind in [
            AccountKind::Bank,
            AccountKind::Clearing,
            AccountKind::Cash,
            AccountKind::Receivable,
            AccountKind::Payable,
            AccountKind::OtherCurrentAsset,
            AccountKind::OtherCurrentLiability,
            AccountKind::TaxLiability,
            AccountKind::CreditCard,
            AccountKind::Equity,
            AccountKind::Income,
            AccountKind::ContraIncome,
            AccountKind::OtherIncome,
            AccountKind::CostOfGoods,
            AccountKind::Expense,
        ] {
            let read = account_kind(account_type(kind)).unwrap();
            assert_eq!(read.side(), kind.side(), "{kind:?}");
        }
        assert_eq!(account_kind("NonPosting"), None);
    }

    #[test]
    fn the_first_free_name_is_chosen() {
        let mut bindings = Bindings::default();
        let jane = Party::Customer { key: "7".to_owned(), name: "Jane Doe".to_owned() };
        let mut taken = Taken::new(&bindings);
        assert_eq!(taken.choose(List::People, &party(&jane)), "Jane Doe");
        assert_eq!(taken.choose(List::People, &party(&jane)), "Jane Doe (C)");
        bindings.0.insert("taken/jane doe".to_owned(), RemoteId::from("4"));
        bindings.0.insert("taken/jane doe (c)".to_owned(), RemoteId::from("5"));
        let third = Taken::new(&bindings).choose(List::People, &party(&jane));
        assert!(third.starts_with("Jane Doe (C ") && third.ends_with(')'), "{third}");
        let vendor = Party::Vendor { name: "Jane Doe".to_owned() };
        let other = Taken::new(&bindings).choose(List::People, &party(&vendor));
        assert_eq!(other, "Jane Doe (V)");
    }

    #[test]
    fn a_marker_is_read_from_a_memo() {
        let key: DocumentKey = "7H5Z152Q6DH".parse().unwrap();
        assert_eq!(memo("Order #1", key), "Order #1 saldo:7H5Z152Q6DH");
        for text in [memo("Order #1", key), memo("", key), memo(&"é ".repeat(9000), key)] {
            assert!(text.chars().count() <= TEXT);
            assert_eq!(marked(&text), Some(key));
        }
        assert_eq!(marked("saldo:none of ours"), None);
    }

    proptest! {
        #[test]
        fn every_name_is_short_and_has_no_colon(name in any::<String>()) {
            let customer = Party::Customer { key: "7".to_owned(), name: name.clone() };
            for name in party(&customer) {
                prop_assert!(!name.contains(':') && (1..=41).contains(&name.chars().count()));
            }
            let name = account(&name);
            prop_assert!(!name.contains(':') && (1..=31).contains(&name.chars().count()));
        }
    }
}
