//! The organisation: everything that its owner would see, with no trace of who asked for it.

use super::super::chance;
use super::entity::{Entity, Leg, Note, Settlement};
use super::fields::Object;
use super::kind::Kind;
use super::refusal::{Checked, Refusal};
use super::stock::OnHand;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the organisation's owner chose, as far as it changes what the vendor does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The last day that only advisers may still change.
    pub period_lock_date: Option<Date>,
    /// The last day that nobody may change any more.
    pub end_of_year_lock_date: Option<Date>,
    /// Units of other currencies for one unit of the base currency, where a document states none.
    pub day_rates: BTreeMap<String, Decimal>,
    /// The time zone in which a document without a date gets one.
    pub timezone: String,
    /// The last month of the financial year.
    pub financial_year_end_month: i8,
    /// How many calls a day the app's tier allows for this organisation.
    pub calls_per_day: usize,
}

/// What can be worked out from the entities; rebuilt when a state is read.
#[derive(Clone, Debug, Default)]
struct Index {
    /// Where an identifier stands.
    ids: BTreeMap<String, (Kind, u64)>,
    /// Where a name, a code or a number stands, within its kind.
    keys: BTreeMap<(Kind, String), u64>,
}

/// A simulated organisation with its books.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Organisation {
    /// What its owner chose. May be changed between requests.
    pub settings: Settings,
    pub(super) seed: u64,
    pub(super) tenant: String,
    pub(super) name: String,
    pub(super) country: String,
    pub(super) base_currency: String,
    pub(super) founded: Timestamp,
    pub(super) shelves: BTreeMap<Kind, BTreeMap<u64, Entity>>,
    pub(super) next_place: u64,
    pub(super) next_number: BTreeMap<Kind, u64>,
    /// What is on hand of tracked items.
    #[serde(default)]
    pub(super) stock: BTreeMap<u64, OnHand>,
    #[serde(skip)]
    index: Index,
}

impl Organisation {
    /// An organisation with nothing in it.
    pub(super) fn empty(
        seed: u64,
        (name, country, base_currency, timezone): (&str, &str, &str, &str),
        founded: Timestamp,
    ) -> Self {
        Self {
            settings: Settings {
                period_lock_date: None,
                end_of_year_lock_date: None,
                day_rates: BTreeMap::new(),
                timezone: timezone.to_owned(),
                financial_year_end_month: 12,
                calls_per_day: 1_000,
            },
            seed,
            tenant: identifier(seed, "tenant"),
            name: name.to_owned(),
            country: country.to_owned(),
            base_currency: base_currency.to_owned(),
            founded,
            shelves: BTreeMap::new(),
            next_place: 1,
            next_number: BTreeMap::new(),
            stock: BTreeMap::new(),
            index: Index::default(),
        }
    }

    /// The identifier of the organisation: what the header `xero-tenant-id` names.
    #[must_use]
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The identifier of the account with this name.
    #[must_use]
    pub fn account_id(&self, name: &str) -> Option<&str> {
        let mut accounts = self.shelf(Kind::Account);
        accounts.find(|account| account.word("Name") == name).map(|account| account.id.as_str())
    }

    /// How many entities of a kind are kept, whatever their status.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.shelves.get(&kind).map_or(0, BTreeMap::len)
    }

    /// A stored entity.
    pub(super) fn entity(&self, kind: Kind, place: u64) -> Option<&Entity> {
        self.shelves.get(&kind)?.get(&place)
    }

    /// Every stored entity of a kind, oldest first.
    pub(super) fn shelf(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Entity> {
        self.shelves.get(&kind).into_iter().flat_map(BTreeMap::values)
    }

    /// The entity of this identifier.
    pub(super) fn by_id(&self, kind: Kind, id: &str) -> Option<&Entity> {
        let (found, place) = self.index.ids.get(&id.to_ascii_lowercase())?;
        if *found == kind { self.entity(kind, *place) } else { None }
    }

    /// The entity of this code, name or number.
    pub(super) fn by_key(&self, kind: Kind, key: &str) -> Option<&Entity> {
        let place = self.index.keys.get(&(kind, normal(kind, key)))?;
        self.entity(kind, *place)
    }

    /// The account that the vendor itself keeps for a purpose.
    pub(super) fn system(&self, purpose: &str) -> Checked<u64> {
        let mut accounts = self.shelf(Kind::Account);
        let found = accounts.find(|account| account.word("SystemAccount") == purpose);
        let missing = || Refusal::invalid(format!("The organisation has no {purpose} account."));
        found.map(|account| account.place).ok_or_else(missing)
    }

    /// The day in the organisation's own time zone.
    pub(super) fn today(&self, now: Timestamp) -> Date {
        let zone = TimeZone::get(&self.settings.timezone).unwrap_or(TimeZone::UTC);
        now.to_zoned(zone).date()
    }

    /// An entity that is not stored yet, with the next place and an identifier.
    pub(super) fn fresh(&mut self, kind: Kind, now: Timestamp) -> Entity {
        let place = self.next_place;
        self.next_place += 1;
        Entity {
            kind,
            place,
            id: identifier(self.seed, &format!("{} {place}", kind.name())),
            updated: now,
            body: Object::new(),
            legs: Vec::new(),
            total: 0,
            settlement: Settlement::default(),
            allocations: Vec::new(),
            settles: None,
            history: Vec::new(),
            moves: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Takes an entity in, or replaces it, and keeps the index.
    ///
    /// # Panics
    /// Where its legs do not balance, which would be a mistake of the simulator.
    pub(super) fn store(&mut self, mut entity: Entity, now: Timestamp) -> u64 {
        let sum: i128 = entity.legs.iter().map(|leg| i128::from(leg.minor)).sum();
        assert_eq!(sum, 0, "an entity of kind {} does not balance", entity.kind.name());
        entity.legs.retain(|leg: &Leg| leg.minor != 0);
        entity.updated = now;
        let (kind, place) = (entity.kind, entity.place);
        if let Some(before) = self.shelves.entry(kind).or_default().remove(&place) {
            self.index.remove(&before);
            self.keep_stock(&before.moves, true);
        }
        self.keep_stock(&entity.moves, false);
        self.index.add(&entity);
        self.shelves.entry(kind).or_default().insert(place, entity);
        place
    }

    /// Notes something in an entity's history. Bank transfers have no time of their last change.
    pub(super) fn note(&mut self, (kind, place): (Kind, u64), note: Note, now: Timestamp) {
        let shelf = self.shelves.get_mut(&kind);
        if let Some(entity) = shelf.and_then(|shelf| shelf.get_mut(&place)) {
            entity.history.push(note);
            if kind != Kind::BankTransfer {
                entity.updated = now;
            }
        }
    }

    /// Works the index out anew.
    pub(super) fn rebuild_index(&mut self) {
        let mut index = Index::default();
        self.shelves.values().flat_map(BTreeMap::values).for_each(|entity| index.add(entity));
        self.index = index;
    }

    /// Refuses a day that is locked.
    pub(super) fn check_open(&self, date: Date) -> Checked<()> {
        let locks = [
            ("end of year", self.settings.end_of_year_lock_date),
            ("period", self.settings.period_lock_date),
        ];
        for (name, lock) in locks {
            if let Some(lock) = lock.filter(|lock| date <= *lock) {
                let lock = lock.strftime("%d-%b-%Y");
                return Err(Refusal::invalid(format!(
                    "The document date cannot be before the {name} lock date, currently set at \
                     {lock}"
                )));
            }
        }
        Ok(())
    }

    /// Units of a currency for one unit of the base currency.
    pub(super) fn rate(&self, currency: &str, stated: Option<Decimal>) -> Checked<Decimal> {
        if currency == self.base_currency {
            return Ok(Decimal::ONE);
        }
        if self.by_key(Kind::Currency, currency).is_none() {
            return Err(Refusal::invalid(format!(
                "Organisation is not subscribed to currency {currency}"
            )));
        }
        let known = stated.or_else(|| self.settings.day_rates.get(currency).copied());
        let missing = || Refusal::invalid(format!("No exchange rate is known for {currency}"));
        known.filter(|rate| *rate > Decimal::ZERO).ok_or_else(missing)
    }
}

impl Index {
    fn add(&mut self, entity: &Entity) {
        self.ids.insert(entity.id.clone(), (entity.kind, entity.place));
        if let Some(key) = key_of(entity) {
            self.keys.insert(key, entity.place);
        }
    }

    fn remove(&mut self, entity: &Entity) {
        self.ids.remove(&entity.id);
        if let Some(key) = key_of(entity)
            && self.keys.get(&key) == Some(&entity.place)
        {
            self.keys.remove(&key);
        }
    }
}

/// Under which name, code or number an entity is found, as long as nobody else may have it.
fn key_of(entity: &Entity) -> Option<(Kind, String)> {
    let kind = entity.kind;
    let holds = match kind {
        Kind::Invoice => entity.word("Type") == "ACCREC" && entity.word("Status") != "DELETED",
        Kind::CreditNote => {
            entity.word("Type") == "ACCRECCREDIT" && entity.word("Status") != "DELETED"
        }
        Kind::Contact => entity.word("ContactStatus") == "ACTIVE",
        _ => entity.word("Status") != "DELETED",
    };
    let key = entity.text(kind.key_field()?).filter(|_| holds)?;
    Some((kind, normal(kind, key)))
}

/// Names of contacts and tracking categories are compared without regard to case.
fn normal(kind: Kind, key: &str) -> String {
    match kind {
        Kind::Contact | Kind::TrackingCategory => key.trim().to_lowercase(),
        _ => key.to_owned(),
    }
}

/// An identifier that depends on the seed and a text, and on nothing else.
pub(super) fn identifier(seed: u64, text: &str) -> String {
    let first = chance::number(seed, text);
    let digits = format!("{first:016x}{:016x}", chance::number(first, text));
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or("").to_owned();
    let parts = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)];
    parts.join("-")
}
