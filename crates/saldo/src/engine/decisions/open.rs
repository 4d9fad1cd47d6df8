//! What stands on accounts at the end of a day, by the sub-ledger and by what is decided since.

use super::super::{Engine, EngineError};
use jiff::civil::Date;
use saldo_core::accounting::Group;
use saldo_core::commerce::{Decided, Decision, Event, Moved, Said};
use saldo_core::document::{Line, LineKind, SubledgerEntry};
use saldo_core::money::{Money, MoneyError};
use saldo_core::policy::{Place, Policy};
use saldo_core::text::GroupId;
use std::collections::{BTreeMap, BTreeSet};

/// How many groups are read at a time.
const GROUPS_AT_ONCE: usize = 1_000;

/// What stands on accounts. Debit is positive.
pub(super) struct Open<'a> {
    policy: &'a Policy,
    /// The last day that counts.
    on: Date,
    /// The days of which taxes are summed up by themselves.
    period: (Date, Date),
    sums: BTreeMap<String, Money>,
    /// The accounts of the drawers that a shop counts.
    counted: BTreeSet<String>,
    /// By whom taxes are owed to.
    pub(super) taxes: BTreeMap<String, OpenTax>,
}

/// What is owed of the taxes of a jurisdiction.
pub(super) struct OpenTax {
    /// The accounts that they stand on, each with a name by which the policy gives it.
    pub(super) accounts: BTreeMap<String, String>,
    /// What stands there. Debit is positive: what is owed is negative.
    pub(super) open: Money,
    /// What sales and refunds of the period brought: what is owed is negative.
    pub(super) arisen: Money,
}

impl<'a> Open<'a> {
    /// What stands on accounts at the end of a day. Decisions count as they were kept, entered or
    /// not.
    ///
    /// # Errors
    /// Where the database fails, or a sum is too large.
    pub(super) async fn read(
        engine: &'a Engine,
        decisions: impl Iterator<Item = &Decision>,
        on: Date,
        period: (Date, Date),
    ) -> Result<Self, EngineError> {
        let (policy, sums, taxes) = (&engine.policy, BTreeMap::new(), BTreeMap::new());
        let counted = BTreeSet::new();
        let mut open = Self { policy, on, period, sums, counted, taxes };
        let mut after: Option<GroupId> = None;
        loop {
            let (company, limit) = (engine.company_id(), GROUPS_AT_ONCE);
            let page = engine.store.entries_of_groups_after(company, after.as_ref(), limit);
            let page = page.await?;
            let Some((last, _)) = page.last() else { break };
            after = Some(last.clone());
            for (group, entries) in page {
                let group = Group::parse(&group);
                let decided = matches!(group, Some(Group::Decision(_)));
                for entry in entries.iter().filter(|_| !decided) {
                    open.add_entry(entry)?;
                }
                if let Some(Group::Drawer(_)) = group {
                    let lines = entries.iter().flat_map(|entry| &entry.lines);
                    open.counted.extend(lines.map(|line| line.account.name.to_string()));
                }
            }
        }
        for decision in decisions.filter(|it| it.said.taken_back.is_none()) {
            open.add_decision(&decision.said)?;
        }
        Ok(open)
    }

    /// What stands on the account of a place.
    pub(super) fn of(&self, place: &Place) -> Money {
        let account = self.policy.in_force(self.on).account_of(place);
        let sum = account.and_then(|account| self.sums.get(&*account.name).copied());
        sum.unwrap_or(Money::zero(self.policy.currency))
    }

    /// Whether sessions of a drawer tell what goes in and out of the account of a place.
    pub(super) fn is_counted(&self, place: &Place) -> bool {
        let account = self.policy.in_force(self.on).account_of(place);
        account.is_some_and(|account| self.counted.contains(&*account.name))
    }

    fn add_entry(&mut self, entry: &SubledgerEntry) -> Result<(), MoneyError> {
        let day = entry.header.date;
        for line in &entry.lines {
            if day <= self.on {
                self.add(&line.account.name, line.amount)?;
            }
            if let LineKind::Tax { title, .. } = &line.kind {
                let (whose, name) = (self.owed_to(title).to_owned(), self.name_of(line, title));
                let tax = self.tax(&whose);
                tax.accounts.entry(line.account.name.to_string()).or_insert(name);
                self.add_tax(&whose, day, line.amount, true)?;
            }
        }
        Ok(())
    }

    fn add_decision(&mut self, said: &Said) -> Result<(), MoneyError> {
        let is_gift = matches!(said.decided, Decided::Event(Event::PromotionalCard { .. }));
        if is_gift && self.policy.in_force(said.on).owes_nothing_on_gifts() {
            return Ok(());
        }
        let Some(Moved { moves, reversed_on, .. }) = said.decided.moved(said.on)? else {
            return Ok(());
        };
        for it in moves {
            let days = [(Some(said.on), it.amount), (reversed_on, it.amount.negated())];
            for (day, amount) in days.into_iter().filter_map(|(day, amount)| Some((day?, amount))) {
                let account = self.policy.in_force(day).account_of(&it.place);
                if let Some(account) = account.filter(|_| day <= self.on) {
                    self.add(&account.name, amount)?;
                }
                let whose = match (&it.place, &said.decided) {
                    (Place::Tax(_), Decided::Event(Event::TaxRemitted { jurisdiction, .. })) => {
                        jurisdiction.clone()
                    }
                    (Place::Tax(title), _) => self.owed_to(title).to_owned(),
                    _ => continue,
                };
                self.add_tax(&whose, day, amount, false)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, account: &str, amount: Money) -> Result<(), MoneyError> {
        let sum = self.sums.entry(account.to_owned()).or_insert(Money::zero(amount.currency()));
        *sum = sum.plus(amount)?;
        Ok(())
    }

    fn tax(&mut self, jurisdiction: &str) -> &mut OpenTax {
        let nothing = Money::zero(self.policy.currency);
        self.taxes.entry(jurisdiction.to_owned()).or_insert(OpenTax {
            accounts: BTreeMap::new(),
            open: nothing,
            arisen: nothing,
        })
    }

    fn add_tax(
        &mut self,
        whose: &str,
        day: Date,
        amount: Money,
        arises: bool,
    ) -> Result<(), MoneyError> {
        let (on, (from, until)) = (self.on, self.period);
        let tax = self.tax(whose);
        if day <= on {
            tax.open = tax.open.plus(amount)?;
        }
        if arises && (from..=until).contains(&day) {
            tax.arisen = tax.arisen.plus(amount)?;
        }
        Ok(())
    }

    fn owed_to<'b>(&'b self, title: &'b str) -> &'b str {
        self.policy.jurisdiction(title).unwrap_or(title)
    }

    /// A name by which the policy gives a tax the account that it stands on: with its rate, where
    /// that decides.
    fn name_of(&self, line: &Line, title: &str) -> String {
        let LineKind::Tax { rate: Some(rate), .. } = &line.kind else { return title.to_owned() };
        match self.policy.tax(title) {
            Some(account) if account.name == line.account.name => title.to_owned(),
            _ => format!("{title} {}%", rate.normalize()),
        }
    }
}
