//! Bank accounts of other currencies, which every report shows at the rate of the day.
//!
//! Nothing is entered for that: the difference from what their documents were worth stands in the
//! reports on the account for bank revaluations.

use super::fields::{self, Object};
use super::kind::Kind;
use super::organisation::Organisation;
use super::refusal::Checked;
use super::write::converted;
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;
use std::collections::BTreeMap;

impl Organisation {
    /// What bank accounts of other currencies hold, by name: the currency, and hundredths of it.
    #[must_use]
    pub fn foreign_balances(&self) -> BTreeMap<String, (String, i64)> {
        let held = self.held_abroad(Date::MAX).into_iter();
        let named = held.filter_map(|(place, minor)| {
            let account = self.entity(Kind::Account, place)?;
            let currency = account.word("CurrencyCode").to_owned();
            Some((account.word("Name").to_owned(), (currency, minor)))
        });
        named.collect()
    }

    /// What bank accounts of other currencies hold at the end of a day, in hundredths of these.
    fn held_abroad(&self, end: Date) -> BTreeMap<u64, i64> {
        let mut held = BTreeMap::new();
        for (place, minor) in self.moved_on_banks(end) {
            let currency = self.entity(Kind::Account, place).and_then(|it| it.text("CurrencyCode"));
            if currency.is_some_and(|currency| currency != self.base_currency) {
                *held.entry(place).or_insert(0) += minor;
            }
        }
        held
    }

    /// How documents until a day moved bank accounts, in the accounts' own currencies.
    fn moved_on_banks(&self, end: Date) -> Vec<(u64, i64)> {
        let counts = |it: &&super::entity::Entity| {
            it.word("Status") == "AUTHORISED" && it.date().is_some_and(|date| date <= end)
        };
        let named = |body: &Object, name: &str| {
            let id = body.get(name)?.get("AccountID")?.as_str()?;
            self.by_id(Kind::Account, id).map(|account| account.place)
        };
        let mut moved = Vec::new();
        for it in self.shelf(Kind::BankTransaction).filter(counts) {
            let sign = match it.word("Type") {
                "RECEIVE" => 1,
                "SPEND" => -1,
                // The sides of transfers stand in the transfers themselves.
                _ => continue,
            };
            moved.extend(named(&it.body, "BankAccount").map(|place| (place, sign * it.total)));
        }
        for it in self.shelf(Kind::BankTransfer).filter(counts) {
            for (name, sign) in [("FromBankAccount", -1), ("ToBankAccount", 1)] {
                moved.extend(named(&it.body, name).map(|place| (place, sign * it.total)));
            }
        }
        for it in self.shelf(Kind::Payment).filter(counts) {
            let place = it.body.get("Account").and_then(Value::as_u64);
            let leg = place.and_then(|place| it.legs.iter().find(|leg| leg.account == place));
            let amount = fields::amount(&it.body, "BankAmount").ok().flatten();
            if let (Some(leg), Some(amount)) = (leg, amount) {
                moved.push((leg.account, leg.minor.signum() * amount));
            }
        }
        moved
    }

    /// By how much reports of a day show bank accounts above what their documents were worth, in
    /// minor units of the base currency.
    fn revalued(&self, end: Date) -> Checked<BTreeMap<u64, i64>> {
        let mut posted: BTreeMap<u64, i64> = BTreeMap::new();
        let held = self.held_abroad(end);
        for entity in self.shelves.values().flat_map(BTreeMap::values) {
            let within = entity.date().is_some_and(|date| date <= end);
            for leg in entity.legs.iter().filter(|leg| within && held.contains_key(&leg.account)) {
                *posted.entry(leg.account).or_insert(0) += leg.minor;
            }
        }
        let mut revalued = BTreeMap::new();
        for (place, minor) in held {
            let currency =
                self.entity(Kind::Account, place).map_or("", |it| it.word("CurrencyCode"));
            let worth = converted(minor, self.rate(currency, None)?)?;
            revalued.insert(place, worth - posted.get(&place).copied().unwrap_or(0));
        }
        Ok(revalued)
    }

    /// What reports show accounts to hold at the end of a day: what was entered, with bank accounts
    /// at the rate of the day.
    pub(super) fn reported(&self, end: Date) -> Checked<BTreeMap<u64, i64>> {
        let mut balances = self.balances(end)?;
        let revalued = self.revalued(end)?;
        if revalued.is_empty() {
            return Ok(balances);
        }
        let year_before = self.year_of(end).saturating_sub(1.day());
        let earlier: i64 = self.revalued(year_before)?.values().sum();
        let all: i64 = revalued.values().sum();
        let gains = [
            (self.system("BANKCURRENCYGAIN")?, earlier - all),
            (self.system("RETAINEDEARNINGS")?, -earlier),
        ];
        for (place, minor) in revalued.into_iter().chain(gains) {
            *balances.entry(place).or_insert(0) += minor;
        }
        Ok(balances)
    }

    /// How reports show accounts to have changed between two days, both included: debits and
    /// credits.
    pub(super) fn reported_movements(
        &self,
        start: Date,
        end: Date,
    ) -> Checked<BTreeMap<u64, (i64, i64)>> {
        let mut movements = self.movements(start, end);
        let mut gained: BTreeMap<u64, i64> = self.revalued(end)?;
        for (place, before) in self.revalued(start.saturating_sub(1.day()))? {
            *gained.entry(place).or_insert(0) -= before;
        }
        if gained.is_empty() {
            return Ok(movements);
        }
        let sum: i64 = gained.values().sum();
        gained.insert(self.system("BANKCURRENCYGAIN")?, -sum);
        for (place, minor) in gained {
            let sides: &mut (i64, i64) = movements.entry(place).or_default();
            sides.0 += minor.max(0);
            sides.1 += (-minor).max(0);
        }
        Ok(movements)
    }
}
