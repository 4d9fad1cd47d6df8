//! Names, codes and texts that the vendor takes: length, forbidden characters, uniqueness.
//!
//! Everything here is deterministic: the same thing gets the same name for ever, so that it is
//! found again after its creation was in doubt.

use saldo_core::book::{Bindings, Item};
use saldo_core::commerce::Product;
use saldo_core::document::{DocumentKey, Party};
use saldo_core::ledger::{Account, AccountKind};

/// How many characters the name of an account may have.
const ACCOUNT: usize = 150;
/// How many characters the name of a contact may have.
const CONTACT: usize = 255;
/// How many characters the name of a tracking category or option may have.
pub(super) const TRACKING: usize = 100;
/// How many characters the code of an item may have.
const ITEM_CODE: usize = 30;
/// How many characters the name of an item may have.
pub(super) const ITEM_NAME: usize = 50;
/// How many characters a reference may have.
const REFERENCE: usize = 255;
/// How many characters a description may have.
pub(super) const TEXT: usize = 4000;
/// What stands before a document's key.
const MARK: &str = "saldo:";

/// The contact of what has none, where the vendor wants one: Saldo itself.
pub(super) fn nobody() -> Party {
    Party::Vendor { name: "Saldo".to_owned() }
}

/// A text in one line without control characters, cut to the limit.
pub(super) fn text(text: &str, limit: usize) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let words: String = text.chars().map(plain).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(limit).collect()
}

/// The first characters of a hash of a text, in upper case.
fn hash(text: &str, characters: usize) -> String {
    let hash = blake3::hash(text.as_bytes()).to_hex();
    hash.as_str().chars().take(characters).collect::<String>().to_uppercase()
}

/// A name of at most so many characters; a longer one ends in a hash of all of it, so that two long
/// names stay two.
pub(super) fn fit(name: &str, limit: usize) -> String {
    let name = text(name, usize::MAX);
    if name.chars().count() <= limit {
        return name;
    }
    let head: String = name.chars().take(limit - 9).collect();
    format!("{} {}", head.trim_end(), hash(&name, 8))
}

/// The name of an account.
pub(super) fn account(name: &str) -> String {
    fit(name, ACCOUNT)
}

/// The code of a new account, which nobody else is likely to have chosen.
pub(super) fn account_code(name: &str) -> String {
    format!("SAL{}", hash(name, 6))
}

/// The number of a new bank account: twelve digits, since the vendor wants one.
pub(super) fn bank_account_number(name: &str) -> String {
    let hash = blake3::hash(name.as_bytes());
    hash.as_bytes().iter().take(12).map(|byte| char::from(b'0' + byte % 10)).collect()
}

/// The codes that an item may have, the first that is free. The second is for a product that is
/// entered on more than one account, or whose code the owner uses otherwise.
pub(super) fn item(item: &Item) -> Vec<String> {
    let Some(product) = &item.product else {
        return vec![format!("SALDO-{}", hash(&item.account.name, 8))];
    };
    let own = format!("{}\0{}", product_key(product), item.account.name);
    let code = product_code(product);
    // What is kept in stock is one thing, whatever documents name it.
    if let Some(kept) = &item.kept {
        return vec![match &product.sku {
            Some(_) => code,
            None => format!("P-{}", hash(&kept.key, 12)),
        }];
    }
    let room = ITEM_CODE - 9;
    let head: String = code.chars().take(room).collect();
    vec![code, format!("{}-{}", head.trim_end(), hash(&own, 8))]
}

fn product_key(product: &Product) -> &str {
    product.sku.as_deref().unwrap_or(&product.title)
}

fn product_code(product: &Product) -> String {
    let sku = product.sku.as_deref().map(|sku| fit(sku, ITEM_CODE));
    let title = || format!("P-{}", hash(&product.title, 12));
    sku.filter(|sku| !sku.is_empty()).unwrap_or_else(title)
}

/// The names that a party may have, the first that is free. Customers and suppliers share one list
/// of contacts; the last name tells customers of one name apart by their key.
pub(super) fn party(party: &Party) -> Vec<String> {
    let (name, key) = match party {
        Party::Customer { key, name } => (name, Some(key)),
        Party::Vendor { name } => (name, None),
    };
    let name = fit(name, CONTACT);
    let name = if name.is_empty() { "Unnamed".to_owned() } else { name };
    let mut names = vec![name.clone()];
    if let Some(key) = key {
        let head: String = name.chars().take(CONTACT - 9).collect();
        names.push(format!("{} ({})", head.trim_end(), hash(key, 6)));
    }
    names
}

/// What a customer's contact number says, so that two customers of one name are told apart.
pub(super) fn contact_number(party: &Party) -> Option<String> {
    match party {
        Party::Customer { key, .. } => Some(format!("saldo-{}", hash(key, 24))),
        Party::Vendor { .. } => None,
    }
}

/// The reference of a document that has no number: what people call it, and its mark.
pub(super) fn reference(words: &str, key: DocumentKey) -> String {
    let mark = mark(key);
    let words = plain(words, REFERENCE - mark.len() - 1);
    if words.is_empty() { mark } else { format!("{words} {mark}") }
}

/// Words that can stand in a filter as they are: without quotation marks and backslashes.
pub(super) fn plain(words: &str, limit: usize) -> String {
    text(&words.replace('"', "'").replace('\\', "/"), limit)
}

/// The mark of a document.
pub(super) fn mark(key: DocumentKey) -> String {
    format!("{MARK}{key}")
}

/// The key that stands in a text.
pub(super) fn marked(text: &str) -> Option<DocumentKey> {
    text.split_whitespace().find_map(|word| word.strip_prefix(MARK)?.parse().ok())
}

/// Names that are not free: what the engine says is taken, and what this request has used.
pub(super) struct Taken<'a> {
    bindings: &'a Bindings,
    used: Vec<String>,
}

impl<'a> Taken<'a> {
    /// Nothing used yet.
    pub(super) fn new(bindings: &'a Bindings) -> Self {
        Self { bindings, used: Vec::new() }
    }

    /// The first of the names that is free in a list (`taken`, `taken-item`), or the last; it is
    /// taken from now on.
    pub(super) fn choose(&mut self, list: &str, names: &[String]) -> String {
        let key = |name: &String| format!("{list}/{}", name.to_lowercase());
        let is_free = |name: &&String| {
            let key = key(name);
            !self.bindings.0.contains_key(&key) && !self.used.contains(&key)
        };
        let name = names.iter().find(is_free).or_else(|| names.last());
        let name = name.cloned().unwrap_or_default();
        self.used.push(key(&name));
        name
    }
}

/// The vendor's type of a new account.
pub(super) const fn account_type(kind: AccountKind) -> &'static str {
    match kind {
        AccountKind::Bank | AccountKind::Clearing | AccountKind::Cash => "BANK",
        AccountKind::Receivable | AccountKind::OtherCurrentAsset | AccountKind::Conversion => {
            "CURRENT"
        }
        AccountKind::Inventory => "INVENTORY",
        // A card of Xero's own is a bank account, which takes no manual journals.
        AccountKind::Payable
        | AccountKind::OtherCurrentLiability
        | AccountKind::TaxLiability
        | AccountKind::CreditCard => "CURRLIAB",
        AccountKind::Equity => "EQUITY",
        AccountKind::Income | AccountKind::ContraIncome => "REVENUE",
        AccountKind::OtherIncome => "OTHERINCOME",
        AccountKind::CostOfGoods => "DIRECTCOSTS",
        AccountKind::Expense => "EXPENSE",
    }
}

/// The kind nearest to the vendor's type; none where there is no like.
pub(super) fn account_kind(account_type: &str, system: &str) -> Option<AccountKind> {
    Some(match (system, account_type) {
        ("DEBTORS", _) => AccountKind::Receivable,
        ("CREDITORS", _) => AccountKind::Payable,
        (system, _) if collects_tax(system) => AccountKind::TaxLiability,
        (_, "BANK") => AccountKind::Bank,
        (_, "CURRENT" | "PREPAYMENT") => AccountKind::OtherCurrentAsset,
        (_, "INVENTORY") => AccountKind::Inventory,
        (_, "CURRLIAB" | "LIABILITY") => AccountKind::OtherCurrentLiability,
        (_, "EQUITY") => AccountKind::Equity,
        (_, "REVENUE" | "SALES") => AccountKind::Income,
        (_, "OTHERINCOME") => AccountKind::OtherIncome,
        (_, "DIRECTCOSTS") => AccountKind::CostOfGoods,
        (_, "EXPENSE" | "OVERHEADS" | "DEPRECIATN") => AccountKind::Expense,
        _ => return None,
    })
}

/// Whether the vendor enters the tax of lines on this system account by itself.
pub(super) fn collects_tax(system: &str) -> bool {
    system == "GST"
}

/// Whether the vendor's type of the account is a bank account.
pub(super) fn is_bank(account: &Account) -> bool {
    account_type(account.kind) == "BANK"
}

#[cfg(test)]
mod tests {
    use super::*;
    use saldo_core::text::RemoteId;

    #[test]
    fn long_names_stay_apart_and_fit() {
        let one = account(&format!("{} one", "x".repeat(160)));
        let two = account(&format!("{} two", "x".repeat(160)));
        assert_eq!(one.chars().count(), 150);
        assert_ne!(one, two);
        let customer = Party::Customer { key: "7".to_owned(), name: "é".repeat(300) };
        assert!(party(&customer).iter().all(|name| name.chars().count() <= 255));
        assert!(contact_number(&customer).is_some_and(|it| it.len() <= 50));
        let product = Product { id: None, sku: Some("s".repeat(40)), title: "Mug".to_owned() };
        let sales = Account::new("Sales", AccountKind::Income);
        let codes = item(&Item::plain(Some(product), sales));
        assert!(codes.iter().all(|code| code.chars().count() <= 30), "{codes:?}");
        assert_eq!(account_code("Clearing: PayPal").len(), 9);
        assert_eq!(bank_account_number("Clearing: PayPal").len(), 12);
    }

    #[test]
    fn the_mark_of_a_document_is_found_among_other_words() {
        let key: DocumentKey = "7H5Z152Q6DH".parse().unwrap();
        let text = reference("Order \"#1001\"", key);
        assert_eq!(text, "Order '#1001' saldo:7H5Z152Q6DH");
        assert_eq!(marked(&format!("{text}, checked")), None);
        assert_eq!(marked(&format!("{text} checked")), Some(key));
        assert!(reference(&"x".repeat(400), key).len() <= REFERENCE);
    }

    #[test]
    fn a_kind_keeps_its_type_there_and_back() {
        for kind in [
            AccountKind::Bank,
            AccountKind::OtherCurrentAsset,
            AccountKind::OtherCurrentLiability,
            AccountKind::Equity,
            AccountKind::Income,
            AccountKind::OtherIncome,
            AccountKind::CostOfGoods,
            AccountKind::Expense,
        ] {
            assert_eq!(account_kind(account_type(kind), ""), Some(kind));
        }
        assert_eq!(account_kind("CURRLIAB", "GST"), Some(AccountKind::TaxLiability));
        assert_eq!(account_kind("CURRENT", "DEBTORS"), Some(AccountKind::Receivable));
        assert_eq!(account_kind("FIXED", ""), None);
    }

    #[test]
    fn the_first_free_name_is_chosen() {
        let mut bindings = Bindings::default();
        bindings.0.insert("taken/jane doe".to_owned(), RemoteId::from("4"));
        let jane = Party::Customer { key: "7".to_owned(), name: "Jane Doe".to_owned() };
        let name = Taken::new(&bindings).choose("taken", &party(&jane));
        assert!(name.starts_with("Jane Doe ("), "{name}");
        let bindings = Bindings::default();
        let mut taken = Taken::new(&bindings);
        assert_eq!(taken.choose("taken", &party(&jane)), "Jane Doe");
        assert_ne!(taken.choose("taken", &party(&jane)), "Jane Doe");
    }
}
