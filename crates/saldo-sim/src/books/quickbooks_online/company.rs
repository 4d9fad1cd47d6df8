//! The company: everything that its owner would see, with no trace of who asked for it.

use super::currency;
use super::entity::{Entity, Standing};
use super::fault::Fault;
use super::fields::{self, Object, Reference};
use super::files::Attachable;
use super::kind::{Kind, Sequence};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// What the company's owner chose, as far as it changes what the vendor does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The last day of the closed period.
    pub book_close_date: Option<Date>,
    /// Whether documents may carry a number of one's own. If not, the vendor numbers sales forms
    /// itself and passes over what came.
    pub custom_txn_numbers: bool,
    /// Whether a number of a sales form may be used once only.
    pub warn_duplicate_sales_numbers: bool,
    /// Whether a number of a journal entry may be used once only.
    pub warn_duplicate_journal_numbers: bool,
    /// Whether a number of a bill may be used once only.
    pub warn_duplicate_bill_numbers: bool,
    /// Whether a number of a purchase may be used once only.
    pub warn_duplicate_check_numbers: bool,
    /// Whether the company collects sales tax.
    pub using_sales_tax: bool,
    /// Whether the vendor works it out by itself; companies older than November 2017 may do so by
    /// codes of their own.
    pub automated_sales_tax: bool,
    /// The tax codes that its owner set up, where the vendor does not work tax out by itself.
    #[serde(default)]
    pub tax_codes: Vec<TaxCode>,
    /// Whether the company is of an edition outside the United States, in which each line has a tax
    /// code. Its currency is the same all the same.
    #[serde(default)]
    pub outside_the_united_states: bool,
    /// Whether sales forms may carry a discount line.
    pub allow_discount: bool,
    /// Whether sales forms may carry a shipping line.
    pub allow_shipping: bool,
    /// How many active accounts the plan allows.
    pub account_limit: usize,
    /// Whether each line may have a class. If not, classes are passed over.
    pub class_tracking_per_line: bool,
    /// Whether the plan has stock: items with units, purchase orders and adjustments.
    #[serde(default)]
    pub inventory: bool,
    /// Whether transactions may have a location. If not, locations are passed over.
    pub track_departments: bool,
    /// The currencies besides the home currency, each with the vendor's own rate: so much of the
    /// home currency for one of it. None where multicurrency is off.
    #[serde(default)]
    pub currencies: Option<BTreeMap<String, Decimal>>,
    /// The states in which automated sales tax is set up, by their two letters, and how much it is
    /// there, in per cent. None where one rate holds everywhere.
    #[serde(default)]
    pub collects_in: Option<BTreeMap<String, Decimal>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            book_close_date: None,
            custom_txn_numbers: true,
            warn_duplicate_sales_numbers: true,
            warn_duplicate_journal_numbers: false,
            warn_duplicate_bill_numbers: false,
            warn_duplicate_check_numbers: true,
            using_sales_tax: true,
            automated_sales_tax: true,
            tax_codes: Vec::new(),
            outside_the_united_states: false,
            allow_discount: true,
            allow_shipping: true,
            account_limit: 250,
            class_tracking_per_line: false,
            inventory: false,
            track_departments: false,
            currencies: None,
            collects_in: None,
        }
    }
}

/// A tax code: the rates that are charged together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxCode {
    /// Its name.
    pub name: String,
    /// Its rates on what is sold, by name and per cent. Rates of one name are one rate, in
    /// whichever code.
    pub rates: Vec<(String, Decimal)>,
    /// Its rates on what is bought, which the company takes back: rates of their own.
    #[serde(default)]
    pub bought: Vec<(String, Decimal)>,
}

/// The sales tax that automated sales tax finds for every address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SalesTax {
    /// The agency's name.
    pub(super) agency: String,
    /// Per cent.
    pub(super) percent: Decimal,
}

/// Accounts that the vendor uses by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SystemAccounts {
    pub(super) receivable: u64,
    pub(super) payable: u64,
    pub(super) undeposited: u64,
    pub(super) tax_payable: u64,
    pub(super) discounts: u64,
    pub(super) shipping: u64,
    pub(super) retained_earnings: u64,
    pub(super) uncategorised_income: u64,
    pub(super) uncategorised_expense: u64,
    pub(super) uncategorised_asset: u64,
    /// Where differences of exchange go; there once multicurrency is on.
    #[serde(default)]
    pub(super) exchange: Option<u64>,
}

/// The next id of each sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sequences {
    pub(super) accounts: u64,
    pub(super) items: u64,
    pub(super) names: u64,
    pub(super) values: u64,
    pub(super) transactions: u64,
}

impl Sequences {
    /// The next id of the sequence that this kind takes its ids from.
    pub(super) fn of(&mut self, sequence: Sequence) -> &mut u64 {
        match sequence {
            Sequence::Accounts => &mut self.accounts,
            Sequence::Items => &mut self.items,
            Sequence::Names => &mut self.names,
            Sequence::Values => &mut self.values,
            Sequence::Transactions => &mut self.transactions,
        }
    }

    fn knows(mut self, kind: Kind, id: u64) -> bool {
        kind.sequence().is_none_or(|sequence| id < *self.of(sequence))
    }
}

/// What can be worked out from the entities; rebuilt when a state is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    /// Balances of accounts, minor units, debit positive.
    pub(super) balances: BTreeMap<u64, i64>,
    /// Balances of accounts that are kept in another currency, in that currency.
    pub(super) foreign_balances: BTreeMap<u64, i64>,
    /// What customers owe, and what is owed to vendors as a negative number.
    pub(super) party_balances: BTreeMap<u64, i64>,
    /// Who has a name, in lower case.
    pub(super) names: BTreeMap<(Space, String), (Kind, u64)>,
    /// Who has a document number.
    pub(super) numbers: BTreeMap<(Space, String), Vec<(Kind, u64)>>,
}

/// Within what a name or number must be unique.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Space {
    Accounts,
    Items,
    Parties,
    Values(Kind),
    SalesForms,
    Documents(Kind),
}

/// A simulated company with its books.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Company {
    /// What its owner chose. May be changed between requests.
    pub settings: Settings,
    pub(super) seed: u64,
    pub(super) realm: String,
    pub(super) name: String,
    pub(super) tax: SalesTax,
    pub(super) system: SystemAccounts,
    pub(super) founded: Timestamp,
    pub(super) shelves: BTreeMap<Kind, BTreeMap<u64, Entity>>,
    pub(super) next: Sequences,
    pub(super) next_number: u64,
    #[serde(default)]
    pub(super) attachables: Vec<Attachable>,
    #[serde(skip)]
    pub(super) index: Index,
}

impl Company {
    /// The id of the company: the realm that stands in every path.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// A stored entity, deleted or not.
    pub(super) fn entity(&self, kind: Kind, id: u64) -> Option<&Entity> {
        self.shelves.get(&kind)?.get(&id)
    }

    /// A stored entity, to be changed. Its share of the index is not kept up.
    pub(super) fn entity_mut(&mut self, kind: Kind, id: u64) -> Option<&mut Entity> {
        self.shelves.get_mut(&kind)?.get_mut(&id)
    }

    /// Every stored entity of a kind, by id.
    pub(super) fn shelf(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Entity> {
        self.shelves.get(&kind).into_iter().flat_map(BTreeMap::values)
    }

    /// Takes an entity in, or replaces it, and keeps the index.
    pub(super) fn store(&mut self, entity: Entity) {
        let shelf = self.shelves.entry(entity.kind).or_default();
        if let Some(before) = shelf.remove(&entity.id) {
            self.index.remove(&before);
        }
        self.index.add(&entity);
        self.shelves.entry(entity.kind).or_default().insert(entity.id, entity);
    }

    /// Works the index out anew.
    pub(super) fn rebuild_index(&mut self) {
        let mut index = Index::default();
        self.shelves.values().flat_map(BTreeMap::values).for_each(|entity| index.add(entity));
        self.index = index;
    }

    /// The entity as it stands in an answer, balances included.
    pub(super) fn show(&self, entity: &Entity) -> Object {
        let mut answer = entity.to_json();
        match entity.kind {
            Kind::Account => {
                let balances = match currency::is_home(entity) {
                    true => &self.index.balances,
                    false => &self.index.foreign_balances,
                };
                let debit = balances.get(&entity.id).copied().unwrap_or(0);
                let natural = if is_debit_natured(entity) { debit } else { -debit };
                let shown = if is_balance_sheet(entity) { natural } else { 0 };
                answer.insert("CurrentBalance".to_owned(), fields::money(shown));
                answer.insert("CurrentBalanceWithSubAccounts".to_owned(), fields::money(shown));
            }
            Kind::Item if entity.text("Type") == Some("Inventory") => {
                let units = self.units_of(entity.id);
                answer.insert("QtyOnHand".to_owned(), fields::number(units));
            }
            Kind::Customer => {
                let owed = self.index.party_balances.get(&entity.id).copied().unwrap_or(0);
                answer.insert("Balance".to_owned(), fields::money(owed));
                answer.insert("BalanceWithJobs".to_owned(), fields::money(owed));
            }
            Kind::Vendor => {
                let owed = self.index.party_balances.get(&entity.id).copied().unwrap_or(0);
                answer.insert("Balance".to_owned(), fields::money(-owed));
            }
            _ => {}
        }
        answer
    }
}

impl Index {
    fn add(&mut self, entity: &Entity) {
        for leg in entity.all_legs() {
            *self.balances.entry(leg.account).or_default() += leg.minor;
            if let Some(party) = leg.party {
                *self.party_balances.entry(party).or_default() += leg.minor;
            }
        }
        for (account, minor) in &entity.foreign {
            *self.foreign_balances.entry(*account).or_default() += minor;
        }
        let owner = (entity.kind, entity.id);
        if let Some(key) = name_key(entity) {
            self.names.insert(key, owner);
        }
        if let Some(key) = number_key(entity) {
            self.numbers.entry(key).or_default().push(owner);
        }
    }

    fn remove(&mut self, entity: &Entity) {
        for leg in entity.all_legs() {
            *self.balances.entry(leg.account).or_default() -= leg.minor;
            if let Some(party) = leg.party {
                *self.party_balances.entry(party).or_default() -= leg.minor;
            }
        }
        for (account, minor) in &entity.foreign {
            *self.foreign_balances.entry(*account).or_default() -= minor;
        }
        if let Some(key) = name_key(entity) {
            self.names.remove(&key);
        }
        if let Some(owners) = number_key(entity).and_then(|key| self.numbers.get_mut(&key)) {
            owners.retain(|owner| *owner != (entity.kind, entity.id));
        }
    }
}

fn name_key(entity: &Entity) -> Option<(Space, String)> {
    let space = match entity.kind {
        Kind::Account => Space::Accounts,
        Kind::Item => Space::Items,
        kind if kind.is_party() => Space::Parties,
        Kind::Class | Kind::Department => Space::Values(entity.kind),
        _ => return None,
    };
    Some((space, entity.name().to_lowercase()))
}

fn number_key(entity: &Entity) -> Option<(Space, String)> {
    let number = entity.text("DocNumber")?;
    let live = entity.standing != Standing::Deleted;
    live.then(|| (number_space(entity.kind), number.to_owned()))
}

/// Within what the document numbers of this kind must be unique.
pub(super) fn number_space(kind: Kind) -> Space {
    if kind.is_sales_form() { Space::SalesForms } else { Space::Documents(kind) }
}

/// Whether an account stands on the balance sheet.
pub(super) fn is_balance_sheet(account: &Entity) -> bool {
    matches!(account.text("Classification"), Some("Asset" | "Liability" | "Equity"))
}

/// Whether a debit makes the account's balance larger.
pub(super) fn is_debit_natured(account: &Entity) -> bool {
    matches!(account.text("Classification"), Some("Asset" | "Expense"))
}

/// The type of an account.
pub(super) fn account_type(account: &Entity) -> &str {
    account.text("AccountType").unwrap_or("")
}

/// The company as one request sees it.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) company: &'a Company,
    /// In a batch: what was next when it began. What came later is not seen.
    pub(super) horizon: Option<Sequences>,
    pub(super) now: Timestamp,
}

impl<'a> View<'a> {
    /// An entity that this request can see and that is not deleted.
    pub(super) fn find(&self, kind: Kind, id: u64) -> Option<&'a Entity> {
        if self.horizon.is_some_and(|horizon| !horizon.knows(kind, id)) {
            return None;
        }
        let entity = self.company.entity(kind, id)?;
        (entity.standing != Standing::Deleted).then_some(entity)
    }

    /// Whether the company tracks what a property refers to; all others are always taken.
    pub(super) fn tracks(&self, property: &str) -> bool {
        let settings = &self.company.settings;
        match property {
            "ClassRef" => settings.class_tracking_per_line,
            "DepartmentRef" => settings.track_departments,
            _ => true,
        }
    }

    /// What a reference means: it must be there and active.
    pub(super) fn resolve(
        &self,
        kind: Kind,
        element: &str,
        reference: &Reference,
    ) -> Result<&'a Entity, Fault> {
        let missing = || Fault::bad_reference(element, kind, &reference.value);
        let id = reference.value.parse().map_err(|_| missing())?;
        let entity = self.find(kind, id).ok_or_else(missing)?;
        if entity.is_active() { Ok(entity) } else { Err(Fault::inactive_reference(element)) }
    }

    /// The account that a property refers to.
    pub(super) fn account(&self, body: &Object, name: &str) -> Result<Option<&'a Entity>, Fault> {
        let reference = fields::reference(body, name)?;
        reference.map(|reference| self.resolve(Kind::Account, name, &reference)).transpose()
    }

    /// The account that a property must refer to.
    pub(super) fn required_account(&self, body: &Object, name: &str) -> Result<&'a Entity, Fault> {
        self.account(body, name)?.ok_or_else(|| Fault::missing(name))
    }

    /// The account of this id, one that the vendor itself chose.
    pub(super) fn system_account(&self, id: u64) -> Result<&'a Entity, Fault> {
        self.find(Kind::Account, id).ok_or_else(|| {
            Fault::business("an account that the company needs for itself is missing")
        })
    }

    /// The customer, vendor or employee that a reference means.
    pub(super) fn party(&self, element: &str, reference: &Reference) -> Result<&'a Entity, Fault> {
        let wanted = |kind: &Kind| {
            let said = reference.kind.as_deref();
            said.is_none_or(|said| said.eq_ignore_ascii_case(kind.name()))
        };
        let kinds = [Kind::Customer, Kind::Vendor, Kind::Employee];
        let mut found = Err(Fault::bad_reference(element, Kind::Customer, &reference.value));
        for kind in kinds.into_iter().filter(wanted) {
            match self.resolve(kind, element, reference) {
                Err(fault) if found.is_err() => found = Err(fault),
                Err(_) => {}
                Ok(entity) => return Ok(entity),
            }
        }
        found
    }
}

/// A reference as it stands in an answer.
pub(super) fn reference_to(entity: &Entity) -> serde_json::Value {
    json!({ "value": entity.id.to_string(), "name": entity.name() })
}
