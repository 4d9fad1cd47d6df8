//! Names and texts that the vendor takes: length, forbidden characters, uniqueness.
//!
//! Everything here is deterministic: the same thing gets the same name for ever, so that it is
//! found again after its creation was in doubt.

use saldo_core::book::{Bindings, Item};
use saldo_core::commerce::Product;
use saldo_core::document::Party;
use saldo_core::ledger::{Account, AccountKind};

/// How many characters a name may have.
const NAME: usize = 100;
/// How many characters a description or a note may have.
pub(super) const TEXT: usize = 4000;

/// A text without what the vendor refuses: characters outside the basic plane and control
/// characters, cut to the limit.
pub(super) fn text(text: &str, limit: usize) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let words: String = text.chars().filter(|c| u32::from(*c) < 0x1_0000).map(plain).collect();
    words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(limit).collect()
}

/// A name of at most a hundred characters; a longer one ends in a hash of all of it, so that two
/// long names stay two.
fn fit(name: &str) -> String {
    let name = text(name, usize::MAX);
    if name.chars().count() <= NAME {
        return name;
    }
    let hash = blake3::hash(name.as_bytes()).to_hex();
    let tail: String = hash.as_str().chars().take(8).collect();
    let head: String = name.chars().take(NAME - 9).collect();
    format!("{} {tail}", head.trim_end())
}

/// The name of an account: neither colon nor quotation mark.
pub(super) fn account(name: &str) -> String {
    fit(&without_colon(name).replace('"', "'"))
}

/// The names that a value of a dimension may have: its own, as a new one gets it; and with colons,
/// as the vendor shows what stands below another.
pub(super) fn value(value: &str) -> Vec<String> {
    let (own, below) = (account(value), fit(value));
    let is_same = own == below;
    std::iter::once(own).chain((!is_same).then_some(below)).collect()
}

fn without_colon(name: &str) -> String {
    name.replace(": ", " - ").replace(':', "-")
}

/// The names that an item may have, the first that is free. The second is for a product that is
/// entered on more than one account.
pub(super) fn item(item: &Item) -> Vec<String> {
    if item.kept.is_some() {
        // The last one tells it from all others; by the marks of an item that is not in stock too.
        let names = item.names().into_iter().rev().map(|name| item_text(&name));
        return names.flat_map(|name| [fit(&name), fit(&format!("{name} - in stock"))]).collect();
    }
    let account_name = account(&item.account.name);
    match &item.product {
        None => vec![fit(&format!("Saldo {account_name}"))],
        Some(product) => {
            let name = product_name(product);
            vec![fit(&name), fit(&format!("{name} - {account_name}"))]
        }
    }
}

fn product_name(product: &Product) -> String {
    let name = match &product.sku {
        Some(sku) => format!("{} ({sku})", product.title),
        None => product.title.clone(),
    };
    item_text(&name)
}

/// A text as the name of an item may be.
fn item_text(name: &str) -> String {
    let name = text(&without_colon(name).replace('"', "'"), usize::MAX);
    if name.is_empty() { "Unnamed product".to_owned() } else { name }
}

/// The names that a party may have, the first that is free. Customers, vendors and employees share
/// one list of names, so the later ones say which they are; the last tells customers of one name
/// apart by their key.
pub(super) fn party(party: &Party) -> Vec<String> {
    let (name, mark, key) = match party {
        Party::Customer { key, name } => (name, "C", Some(key)),
        Party::Vendor { name } => (name, "V", None),
    };
    let name = text(&without_colon(name), usize::MAX);
    let name = if name.is_empty() { "Unnamed".to_owned() } else { name };
    let suffixed = |suffix: &str| {
        let room = NAME - suffix.chars().count() - 3;
        let head: String = fit(&name).chars().take(room).collect();
        format!("{} ({suffix})", head.trim_end())
    };
    let mut names = vec![fit(&name), suffixed(mark)];
    if let Some(key) = key {
        let hash = blake3::hash(key.as_bytes()).to_hex();
        let tail: String = hash.as_str().chars().take(6).collect();
        names.push(suffixed(&format!("{mark} {tail}")));
    }
    names
}

/// What a customer's notes say, so that two customers of one name are told apart.
pub(super) fn marker(party: &Party) -> Option<String> {
    match party {
        Party::Customer { key, .. } => Some(format!("saldo:customer/{}", text(key, 200))),
        Party::Vendor { .. } => None,
    }
}

/// Names that are not free: what the engine says is taken, and what this batch has used.
pub(super) struct Taken<'a> {
    bindings: &'a Bindings,
    used: Vec<(List, String)>,
}

/// The lists within which a name is unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum List {
    /// Customers, vendors and employees.
    People,
    /// Items.
    Items,
}

impl<'a> Taken<'a> {
    /// Nothing used yet.
    pub(super) fn new(bindings: &'a Bindings) -> Self {
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
        let said = match list {
            List::People => self.bindings.0.contains_key(&format!("taken/{name}")),
            List::Items => self.bindings.0.contains_key(&format!("taken-item/{name}")),
        };
        !said && !self.used.iter().any(|(known, used)| *known == list && *used == name)
    }
}

/// Whether a product has an item on another account already, so that its plain name is in use.
pub(super) fn has_other_item(item: &Item, bindings: &Bindings) -> bool {
    let Some(product) = item.product.as_ref().filter(|_| item.kept.is_none()) else {
        return false;
    };
    let key = product.sku.as_deref().unwrap_or(&product.title);
    let own = format!("item/{}/{key}", item.account.name);
    let ending = format!("/{key}");
    bindings
        .0
        .keys()
        .any(|known| known.starts_with("item/") && known.ends_with(&ending) && *known != own)
}

/// The vendor's type and detail type of a new account.
pub(super) const fn account_type(kind: AccountKind) -> (&'static str, &'static str) {
    match kind {
        AccountKind::Bank | AccountKind::Clearing | AccountKind::Conversion => ("Bank", "Checking"),
        AccountKind::Cash => ("Bank", "CashOnHand"),
        AccountKind::Receivable => ("Accounts Receivable", "AccountsReceivable"),
        AccountKind::Payable => ("Accounts Payable", "AccountsPayable"),
        AccountKind::OtherCurrentAsset => ("Other Current Asset", "OtherCurrentAssets"),
        AccountKind::Inventory => ("Other Current Asset", "Inventory"),
        AccountKind::OtherCurrentLiability | AccountKind::TaxLiability => {
            ("Other Current Liability", "OtherCurrentLiabilities")
        }
        AccountKind::CreditCard => ("Credit Card", "CreditCard"),
        AccountKind::Equity => ("Equity", "OwnersEquity"),
        AccountKind::Income => ("Income", "SalesOfProductIncome"),
        AccountKind::ContraIncome => ("Income", "DiscountsRefundsGiven"),
        AccountKind::OtherIncome => ("Other Income", "OtherMiscellaneousIncome"),
        AccountKind::CostOfGoods => ("Cost of Goods Sold", "SuppliesMaterialsCogs"),
        AccountKind::Expense => ("Expense", "OtherMiscellaneousServiceCost"),
    }
}

/// The kind nearest to the vendor's type; none where there is no like.
pub(super) fn account_kind(account_type: &str, detail: &str) -> Option<AccountKind> {
    Some(match (account_type, detail) {
        ("Bank", "CashOnHand") => AccountKind::Cash,
        ("Bank", _) => AccountKind::Bank,
        ("Accounts Receivable", _) => AccountKind::Receivable,
        ("Accounts Payable", _) => AccountKind::Payable,
        ("Other Current Asset", "Inventory") => AccountKind::Inventory,
        ("Other Current Asset", _) => AccountKind::OtherCurrentAsset,
        ("Other Current Liability", detail) if collects_tax(detail) => AccountKind::TaxLiability,
        ("Other Current Liability", _) => AccountKind::OtherCurrentLiability,
        ("Credit Card", _) => AccountKind::CreditCard,
        ("Equity", _) => AccountKind::Equity,
        ("Income", "DiscountsRefundsGiven") => AccountKind::ContraIncome,
        ("Income", _) => AccountKind::Income,
        ("Other Income", _) => AccountKind::OtherIncome,
        ("Cost of Goods Sold", _) => AccountKind::CostOfGoods,
        ("Expense" | "Other Expense", _) => AccountKind::Expense,
        _ => return None,
    })
}

/// Whether the vendor enters the tax of sales forms on accounts of this detail type by itself.
pub(super) fn collects_tax(detail: &str) -> bool {
    matches!(detail, "GlobalTaxPayable" | "SalesTaxPayable")
}

/// Whether a sales form or payment can put money there: bank accounts and other current assets.
pub(super) fn can_take_deposits(account: &Account) -> bool {
    is_bank(account) || account.kind == AccountKind::OtherCurrentAsset
}

/// Whether the vendor's type of the account is a bank account.
pub(super) fn is_bank(account: &Account) -> bool {
    account_type(account.kind).0 == "Bank"
}

#[cfg(test)]
mod tests {
    use super::*;
    use saldo_core::text::RemoteId;

    #[test]
    fn account_names_lose_what_is_forbidden() {
        let cases = [
            ("Clearing: Shopify Payments", "Clearing - Shopify Payments"),
            ("A:B", "A-B"),
            ("The \"old\"\taccount", "The 'old' account"),
            ("Tips \u{1F4B0} payable", "Tips payable"),
        ];
        for (name, expected) in cases {
            assert_eq!(account(name), expected);
        }
    }

    #[test]
    fn long_names_stay_apart() {
        let one = account(&format!("{} one", "x".repeat(120)));
        let two = account(&format!("{} two", "x".repeat(120)));
        assert_eq!(one.chars().count(), 100);
        assert_ne!(one, two);
        let customer = Party::Customer { key: "7".to_owned(), name: "é".repeat(150) };
        assert!(party(&customer).iter().all(|name| name.chars().count() <= 100));
    }

    #[test]
    fn a_kind_keeps_its_type_there_and_back() {
        for kind in [
            AccountKind::Bank,
            AccountKind::Cash,
            AccountKind::Receivable,
            AccountKind::Payable,
            AccountKind::CostOfGoods,
            AccountKind::OtherCurrentAsset,
            AccountKind::OtherCurrentLiability,
            AccountKind::CreditCard,
            AccountKind::Equity,
            AccountKind::Income,
            AccountKind::ContraIncome,
            AccountKind::OtherIncome,
            AccountKind::Expense,
        ] {
            let (account_type, detail) = account_type(kind);
            assert_eq!(account_kind(account_type, detail), Some(kind));
        }
        let tax = account_kind("Other Current Liability", "GlobalTaxPayable");
        assert_eq!(tax, Some(AccountKind::TaxLiability));
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
}
