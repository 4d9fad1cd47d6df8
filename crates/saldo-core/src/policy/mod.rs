//! What the owner decided: how facts become documents.
//!
//! A policy is text (TOML) with numbered revisions. Everything has a default, so that an empty text
//! is a complete policy for a small shop; what no default can answer is held until somebody
//! decides.

mod attachments;
mod chart;
mod currencies;
mod customers;
mod destination;
mod drawer;
mod feed;
mod forms;
mod gateway;
mod gift_cards;
mod goods;
mod history;
mod levels;
mod loan;
mod numbers;
mod place;
mod rules;
mod summary;
mod tax;
mod undo;
mod untaxed;

pub use attachments::Attachments;
pub use chart::{Chart, Role};
pub use currencies::{Currencies, Revaluation};
pub use customers::Customers;
pub use drawer::Drawer;
pub use feed::{DayOrder, Feed, StatementKind};
pub use forms::{RefundForm, SaleForm};
pub use gateway::{Deferrals, GatewayAccount};
pub use gift_cards::{GiftCards, Promotional, Voucher};
pub use goods::{Cost, CostMethod, CostOwner, Recognition, ReturnCost};
pub use history::{Late, Periods};
pub use levels::{Level, RunTotals};
pub use loan::Loan;
pub use numbers::Prefixes;
pub use place::Place;
pub use rules::{Conditions, Dimension, InBook, Marked, Rule, Status, Subject, Words};
pub use summary::{BookNames, Names};
pub use tax::{
    BillTax, FeeTax, Products, TAX_ON_FEES, Tax, UnknownJurisdiction, UnknownProduct, UnknownTax,
};
pub use undo::Undoing;
pub use untaxed::Untaxed;

use self::rules::Rules;
use crate::document::DocumentKind;
use crate::ledger::{Account, AccountKind};
use crate::money::{Currency, MoneyError};
use crate::text::GatewayId;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// Why a text is no policy.
#[derive(Debug, Error)]
pub enum PolicyError {
    /// The text is not TOML, or has a word that means nothing here.
    #[error("the policy cannot be read: {0}")]
    Text(#[from] toml::de::Error),
    /// The time zone is unknown.
    #[error("`{0}` is not a time zone of the IANA database, such as `Europe/Copenhagen`")]
    TimeZone(String),
    /// The currency is unknown.
    #[error(transparent)]
    Money(#[from] MoneyError),
    /// The account of conversion is one that something else stands on.
    #[error(
        "`{0}` cannot be the account of conversion: the policy names it for something else, and \
         what goes over it must be nil"
    )]
    Conversion(String),
    /// A word of a vendor would stand for an account that only documents of its own kind may touch.
    #[error(
        "`{table}.{word}` cannot be `{}`: what a buyer owes and tax have documents of their own",
        role.word()
    )]
    Word {
        /// The table of the policy: `rows`, `lines`, `fees`, `disputes`, `cost.reasons`,
        /// `drawer.notes` or `bank-rows`.
        table: &'static str,
        /// The vendor's word.
        word: String,
        /// The role that it was to have.
        role: Role,
    },
    /// A number that has no sense.
    #[error("`{key}` cannot be {value}: {why}")]
    Number {
        /// Where it stands.
        key: String,
        /// The number.
        value: Decimal,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A rule that says nothing, or nothing that has sense.
    #[error("the rule `{rule}` has no sense: {why}")]
    Rule {
        /// What it is called.
        rule: String,
        /// What is wrong with it.
        why: String,
    },
    /// A prefix that no number can begin with in every book.
    #[error(
        "numbers of a {kind} cannot begin with `{prefix}`: at most ten letters without accents, \
         digits, and the signs - _ / ."
    )]
    Prefix {
        /// The kind of document.
        kind: DocumentKind,
        /// The prefix.
        prefix: String,
    },
    /// The book would take goods out of stock on another day than their sale is earned.
    #[error(
        "`cost.owner` cannot be `book` while sales are earned at fulfilment: a book takes goods \
         out of stock by the document of their sale"
    )]
    BookKeepsStock,
    /// A dimension that has no sense.
    #[error("the dimension `{name}` has no sense: {why}")]
    Dimension {
        /// What it is called.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// An account in another currency that would be two accounts, or is in the books' own.
    #[error(
        "`{0}` cannot be a gateway's account in another currency: an account has one currency, and \
         this one has another"
    )]
    ForeignAccount(String),
    /// An account in another currency that nobody named would get the name of an account for
    /// something else.
    #[error(
        "`{name}` would be the account of the gateway `{gateway}` in {currency}, and the policy \
         names it for something else: name the gateway's, for example \
         gateways.{gateway}.currencies.{currency} = \"{name} clearing\", or rename the other"
    )]
    ForeignName {
        /// The gateway.
        gateway: GatewayId,
        /// The other currency.
        currency: Currency,
        /// The name of both accounts.
        name: String,
    },
    /// A voucher that is taxed when it is sold, and nobody says by what.
    #[error(
        "gift cards that are single-purpose vouchers are taxed when they are sold: set \
         `gift-cards.tax`, as the channel names it on what they buy, and `gift-cards.rate`, in \
         percent, before `gift-cards.voucher`"
    )]
    Vouchers,
    /// An account that cannot be fed by files in this way.
    #[error("`{account}` cannot be fed by files so: {why}")]
    Feed {
        /// The account's name.
        account: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Two roles of different kinds would share an account.
    #[error("the account `{account}` is named for {first} and for {second}, which differ in kind")]
    Kinds {
        /// The account's name.
        account: String,
        /// One role.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
}

/// How much a document holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Detail {
    /// One document an agreement.
    #[default]
    Order,
    /// One document a books day. What buyers owe by invoice stays in detail.
    Day,
    /// One document a payout and books month, for gateways that tell their payouts; one a books
    /// day for the others. What buyers owe by invoice stays in detail.
    Payout,
}

/// Who approves what is to be entered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// A sync approves what it plans.
    #[default]
    Automatic,
    /// A person approves each plan (`saldo plan`, `saldo approve`).
    Review,
    /// A sync enters drafts, and a person confirms them (`saldo approve`). A book without drafts
    /// waits as with [`Approval::Review`].
    Draft,
}

/// The part of a policy that is text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct PolicyText {
    /// How much a document holds.
    pub detail: Detail,
    /// How much a document holds of what happens from a books day on. What happened before keeps
    /// the detail of the day before, so that a switch leaves standing what was entered.
    pub detail_from: BTreeMap<Date, Detail>,
    /// What sales are entered as that are paid at once.
    #[serde(skip_serializing_if = "SaleForm::is_default")]
    pub sales: SaleForm,
    /// What returns are entered as.
    #[serde(skip_serializing_if = "RefundForm::is_default")]
    pub refunds: RefundForm,
    /// What goods cost.
    pub cost: Cost,
    /// Cash drawers.
    pub drawer: Drawer,
    /// When a sale is earned.
    pub recognition: Recognition,
    /// The same for orders of a books day on. Orders of days before keep to what held then, with
    /// all that follows of them, so that a switch leaves standing what was entered.
    pub recognition_from: BTreeMap<Date, Recognition>,
    /// Who approves what is to be entered.
    pub approval: Approval,
    /// The same for single kinds of documents, and up to what a run approves them by itself.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub levels: BTreeMap<DocumentKind, Level>,
    /// What the numbers of documents begin with, by kind.
    #[serde(skip_serializing_if = "Prefixes::is_empty")]
    pub numbers: Prefixes,
    /// Whose name stands on documents.
    pub customers: Customers,
    /// What single books get of the names of customers, products and suppliers, by connection.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub books: BTreeMap<String, BookNames>,
    /// Tax.
    pub tax: Tax,
    /// Other currencies than the books'.
    #[serde(skip_serializing_if = "Currencies::is_default")]
    pub currencies: Currencies,
    /// Gift cards.
    #[serde(skip_serializing_if = "GiftCards::is_default")]
    pub gift_cards: GiftCards,
    /// Which products are known.
    pub products: Products,
    /// Closed periods.
    pub periods: Periods,
    /// How what was entered is taken back.
    pub undo: Undoing,
    /// Which files are attached to documents.
    #[serde(skip_serializing_if = "Attachments::is_none")]
    pub attachments: Attachments,
    /// The names of the accounts by role, where they differ from the defaults.
    pub accounts: BTreeMap<Role, String>,
    /// The accounts of gateways. A gateway that is missing here is held.
    pub gateways: BTreeMap<GatewayId, GatewayAccount>,
    /// The accounts whose rows reach the books by files, by name. Documents touch another account
    /// in the place of each.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub feeds: BTreeMap<String, Feed>,
    /// Where rows of banks' statements belong that no document knows, by what the bank says of
    /// them, where a `*` at either end stands for the rest.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub bank_rows: BTreeMap<String, Role>,
    /// Where rows of gateways belong that Saldo has no rule for, by the vendor's word for them.
    pub rows: BTreeMap<String, Role>,
    /// The same for lines of orders.
    pub lines: BTreeMap<String, Role>,
    /// The same for parts of the gateway's fee of a payment.
    pub fees: BTreeMap<String, Role>,
    /// Where disputes that were lost belong, by the vendor's word for why the buyer disputed; all
    /// others are chargeback losses.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub disputes: BTreeMap<String, Role>,
    /// By what income and expenses are told apart besides accounts, such as `class` and `location`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub dimensions: BTreeMap<String, Dimension>,
    /// What becomes of what is of some product, tag, gateway or place. The first rule wins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<Rule>,
}

/// How facts become documents, for one company.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The revision of the text.
    pub revision: u32,
    /// The company's currency.
    pub currency: Currency,
    /// The first day of the books that Saldo enters anything on.
    pub start_date: Date,
    /// What the text says.
    pub text: PolicyText,
    /// The accounts.
    pub chart: Chart,
    rules: Rules,
    zone: TimeZone,
    before: Option<history::Before>,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`PolicyError`], in words for the owner.
    pub fn new(
        revision: u32,
        text: &str,
        currency: Currency,
        time_zone: &str,
        start_date: Date,
    ) -> Result<Self, PolicyError> {
        let text = read_text(text)?;
        let zone =
            TimeZone::get(time_zone).map_err(|_| PolicyError::TimeZone(time_zone.to_owned()))?;
        let chart = Chart::new(&text.accounts)?;
        let words = [
            ("rows", &text.rows),
            ("lines", &text.lines),
            ("fees", &text.fees),
            ("disputes", &text.disputes),
            ("cost.reasons", &text.cost.reasons),
            ("drawer.notes", &text.drawer.notes),
            ("bank-rows", &text.bank_rows),
        ];
        for (table, (word, role)) in
            words.into_iter().flat_map(|(table, roles)| roles.iter().map(move |it| (table, it)))
        {
            if matches!(
                role.kind(),
                AccountKind::Receivable | AccountKind::Payable | AccountKind::TaxLiability
            ) {
                return Err(PolicyError::Word { table, word: word.clone(), role: *role });
            }
        }
        loan::check_numbers(&text)?;
        levels::check_levels(&text, currency)?;
        goods::check(&text)?;
        gift_cards::check(&text)?;
        text.numbers.check()?;
        let rules = Rules::new(&text, &chart)?;
        let policy =
            Self { revision, currency, start_date, text, chart, rules, zone, before: None };
        policy.check_conversion()?;
        if let Some(name) = gateway::shared_foreign_name(&policy) {
            return Err(PolicyError::ForeignAccount(name));
        }
        if let Some((gateway, currency, name)) = gateway::taken_foreign_name(&policy) {
            return Err(PolicyError::ForeignName { gateway, currency, name });
        }
        feed::check(&policy)?;
        let landings = feed::landings(&policy.text);
        let landing = |role| landings.get(&*policy.chart.account(role).name).cloned();
        let chart = policy.chart.renamed(landing);
        Ok(Self { chart, ..policy })
    }

    /// The books day of an instant.
    #[must_use]
    pub fn day(&self, instant: Timestamp) -> Date {
        instant.to_zoned(self.zone.clone()).date()
    }

    /// The zone of the books' days.
    #[must_use]
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The first instant after a books day. A day of 23 or 25 hours ends when the next one begins.
    #[must_use]
    pub fn end_of_day(&self, day: Date) -> Timestamp {
        end_of_day(day, &self.zone)
    }

    /// The first instant after a books day's month, in the books' zone and in UTC, by which payouts
    /// are dated: from then on no payout of the month is news.
    #[must_use]
    pub fn end_of_month(&self, day: Date) -> Timestamp {
        let last = day.last_of_month();
        self.end_of_day(last).max(end_of_day(last, &TimeZone::UTC))
    }

    /// How much a document holds of what happened on a books day: by the policy that was in force
    /// then.
    #[must_use]
    pub fn detail_on(&self, day: Date) -> Detail {
        let text = &self.in_force(day).text;
        let switches = text.detail_from.range(..=day);
        switches.last().map_or(text.detail, |(_, detail)| *detail)
    }

    /// Whether any document follows payouts, on any day, so that accounting must know them.
    #[must_use]
    pub fn follows_payouts(&self) -> bool {
        let details = |policy: &'_ Self| {
            let text = &policy.text;
            let own = text.gateways.values().filter_map(|gateway| gateway.detail.as_ref());
            let own = own.chain(text.rules.iter().filter_map(|rule| rule.detail.as_ref()));
            let mut details =
                std::iter::once(&text.detail).chain(text.detail_from.values()).chain(own);
            details.any(|detail| *detail == Detail::Payout)
        };
        self.through_time().any(details)
    }

    /// The account in which a gateway's money of a currency stands; none for an unknown gateway.
    #[must_use]
    pub fn clearing(&self, gateway: &GatewayId, currency: Currency) -> Option<Account> {
        let known = self.text.gateways.get(gateway)?;
        Some(match currency == self.currency {
            true => self.landing(Account::new(&known.account, known.kind)),
            false => Account::new(known.name_in(currency), known.kind),
        })
    }

    /// Where money of another currency than the books' stands of which nothing says what it is for
    /// and what it is worth.
    #[must_use]
    pub fn for_review_in(&self, currency: Currency) -> Account {
        let account = self.chart.account(Role::ForReview);
        Account::new(format!("{} {currency}", account.name), account.kind)
    }

    /// The bank account that a gateway's payouts arrive on.
    #[must_use]
    pub fn bank(&self, gateway: &GatewayId) -> Account {
        let own = self.text.gateways.get(gateway).and_then(|known| known.bank.as_deref());
        match own {
            Some(name) => self.landing(Account::new(name, AccountKind::Bank)),
            None => self.chart.account(Role::Bank),
        }
    }

    /// The bank account in this currency that a gateway's payouts arrive on, if there is one. That
    /// of the books' currency is [`Policy::bank`].
    #[must_use]
    pub fn bank_in(&self, gateway: &GatewayId, currency: Currency) -> Option<Account> {
        let banks = &self.text.gateways.get(gateway)?.banks;
        banks.get(&currency).map(|name| self.landing(Account::new(name, AccountKind::Bank)))
    }

    /// All accounts that documents may touch, but for those of foreign currencies and of each tax,
    /// which are named after them.
    pub fn accounts(&self) -> impl Iterator<Item = Account> {
        self.named_accounts().map(|account| self.landing(account))
    }

    /// The same as the policy's text names them.
    fn named_accounts(&self) -> impl Iterator<Item = Account> {
        let roles = self.chart.iter().map(|(_, account)| account.clone());
        let gateways = self.text.gateways.values();
        let clearing = gateways.clone().map(|known| Account::new(&known.account, known.kind));
        let banks = gateways.flat_map(|known| known.bank.iter().chain(known.banks.values()));
        let banks = banks.map(|name| Account::new(name, AccountKind::Bank));
        let cards = self.text.gateways.values().filter_map(|known| known.card.as_ref());
        let cards = cards.map(|name| Account::new(name, Role::CreditCard.kind()));
        let stock = self.text.cost.accounts.values();
        let stock = stock.map(|name| Account::new(name, Role::Inventory.kind()));
        let by_rules = self.rules.accounts();
        let taxes = self.named_tax_accounts();
        let of_gateways = clearing.chain(banks).chain(cards).chain(self.named_conversion());
        roles.chain(of_gateways).chain(stock).chain(taxes).chain(by_rules)
    }

    /// Where rows of a gateway belong that it calls by this word, if the owner said so.
    #[must_use]
    pub fn row_role(&self, word: &str) -> Option<Role> {
        role_of(&self.text.rows, word)
    }

    /// Where a row of a bank's statement belongs of which the bank says this, if the owner said so:
    /// the longest of the words that fit decides.
    #[must_use]
    pub fn bank_row_role(&self, text: &str) -> Option<Role> {
        let words = self.text.bank_rows.iter().filter(|(word, _)| Words::is_like(word, text));
        words.max_by_key(|(word, _)| word.len()).map(|(_, role)| *role)
    }

    /// Where lines of orders belong that the channel calls by this word, if the owner said so.
    #[must_use]
    pub fn line_role(&self, word: &str) -> Option<Role> {
        role_of(&self.text.lines, word)
    }

    /// Where a part of a fee belongs that the channel calls by this word, if the owner said so.
    #[must_use]
    pub fn fee_role(&self, word: &str) -> Option<Role> {
        role_of(&self.text.fees, word)
    }

    /// What the account is for that takes a dispute which was lost, by the vendor's word for why
    /// the buyer disputed.
    #[must_use]
    pub fn lost_dispute(&self, reason: Option<&str>) -> Role {
        let role = reason.and_then(|word| role_of(&self.text.disputes, word));
        role.unwrap_or(Role::ChargebackLosses)
    }
}

/// Reads the text, and says of which rule something cannot be read.
fn read_text(text: &str) -> Result<PolicyText, PolicyError> {
    toml::from_str(text).map_err(|error| {
        let table: Option<toml::Table> = toml::from_str(text).ok();
        let rules = table.as_ref().and_then(|table| table.get("rules")?.as_array());
        let mut rules = rules.into_iter().flatten().enumerate();
        let wrong = rules.find_map(|(place, rule)| {
            let error = rule.clone().try_into::<Rule>().err()?;
            let name = rule.get("name").and_then(toml::Value::as_str);
            let rule = name.map_or_else(|| format!("number {}", place + 1), str::to_owned);
            Some(PolicyError::Rule { rule, why: error.message().to_owned() })
        });
        wrong.unwrap_or(PolicyError::Text(error))
    })
}

/// One vendor writes the same word as `CUSTOMS_DUTY`, `customs_duty` and `customs duty`.
fn role_of(roles: &BTreeMap<String, Role>, word: &str) -> Option<Role> {
    let plain = |word: &str| word.to_lowercase().replace([' ', '-'], "_");
    let wanted = plain(word);
    roles.iter().find(|(known, _)| plain(known) == wanted).map(|(_, role)| *role)
}

fn end_of_day(day: Date, zone: &TimeZone) -> Timestamp {
    day.checked_add(1.day())
        .ok()
        .and_then(|next| {
            zone.to_ambiguous_zoned(next.to_datetime(Time::midnight())).compatible().ok()
        })
        .map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn policy(zone: &str) -> Policy {
        let usd = Currency::parse("USD").unwrap();
        Policy::new(1, "", usd, zone, "2026-01-01".parse().unwrap()).unwrap()
    }

    #[test]
    fn a_day_ends_where_the_next_begins() {
        let cases = [
            ("America/New_York", "2026-03-08", "2026-03-09T04:00:00Z"), // 23 hours
            ("America/New_York", "2026-11-01", "2026-11-02T05:00:00Z"), // 25 hours
            ("Pacific/Kiritimati", "2026-12-31", "2026-12-31T10:00:00Z"), // UTC+14
            ("Pacific/Pago_Pago", "2026-12-31", "2027-01-01T11:00:00Z"), // UTC-11
        ];
        for (zone, day, end) in cases {
            let policy = policy(zone);
            let day: Date = day.parse().unwrap();
            let end: Timestamp = end.parse().unwrap();
            assert_eq!(policy.end_of_day(day), end, "{zone}");
            assert_eq!(policy.day(end - 1.millisecond()), day, "{zone}");
            assert_ne!(policy.day(end), day, "{zone}");
        }
    }

    #[test]
    fn a_month_ends_when_it_is_over_in_the_books_and_in_utc() {
        let cases = [
            ("America/New_York", "2026-02-01T05:00:00Z"),
            ("Pacific/Kiritimati", "2026-02-01T00:00:00Z"), // in the books 14 hours before
        ];
        for (zone, end) in cases {
            let end: Timestamp = end.parse().unwrap();
            assert_eq!(policy(zone).end_of_month("2026-01-07".parse().unwrap()), end, "{zone}");
        }
    }

    #[test]
    fn a_switch_of_detail_leaves_what_was_before() {
        let text = "detail = \"day\"\n[detail-from]\n2026-03-10 = \"payout\"\n\
                    2026-05-01 = \"order\"";
        let usd = Currency::parse("USD").unwrap();
        let policy = Policy::new(1, text, usd, "UTC", "2026-01-01".parse().unwrap()).unwrap();
        let days = ["2026-03-09", "2026-03-10", "2026-04-30", "2026-05-01"];
        let details = days.map(|day| policy.detail_on(day.parse().unwrap()));
        assert_eq!(details, [Detail::Day, Detail::Payout, Detail::Payout, Detail::Order]);
        assert!(policy.follows_payouts());
    }

    #[test]
    fn an_unknown_word_is_refused() {
        let usd = Currency::parse("USD").unwrap();
        let start = "2026-01-01".parse().unwrap();
        assert!(Policy::new(1, "detial = \"day\"", usd, "UTC", start).is_err());
        assert!(Policy::new(1, "", usd, "Mars/Olympus", start).is_err());
    }

    #[test]
    fn a_foreign_clearing_account_names_its_currency() {
        let usd = Currency::parse("USD").unwrap();
        let text = "[gateways.paypal]\naccount = \"Clearing: PayPal\"";
        let policy = Policy::new(1, text, usd, "UTC", "2026-01-01".parse().unwrap()).unwrap();
        let name = |code: &str| {
            let currency = Currency::parse(code).unwrap();
            policy.clearing(&GatewayId::new("paypal"), currency).map(|a| a.name.to_string())
        };
        assert_eq!(name("USD").as_deref(), Some("Clearing: PayPal"));
        assert_eq!(name("EUR").as_deref(), Some("Clearing: PayPal EUR"));
        assert_eq!(policy.clearing(&GatewayId::new("klarna"), usd), None);
    }

    #[test]
    fn a_foreign_clearing_account_may_have_a_name_of_its_own() {
        let usd = Currency::parse("USD").unwrap();
        let new = |currencies: &str| {
            let text = format!(
                "[gateways.paypal]\naccount = \"PayPal\"\ncurrencies = {{ {currencies} }}\n\
                 [gateways.other]\naccount = \"Other\"\ncurrencies = {{ EUR = \"Euros\" }}"
            );
            Policy::new(1, &text, usd, "UTC", "2026-01-01".parse().unwrap())
        };
        let policy = new("EUR = \"Euros\"").unwrap();
        let name = |code: &str| {
            let currency = Currency::parse(code).unwrap();
            policy.clearing(&GatewayId::new("paypal"), currency).map(|a| a.name.to_string())
        };
        assert_eq!(name("EUR").as_deref(), Some("Euros"));
        assert_eq!(name("GBP").as_deref(), Some("PayPal GBP"));
        for wrong in ["GBP = \"Euros\"", "EUR = \"Bank\"", "EUR = \"PayPal\"", "USD = \"X\""] {
            let refused = new(wrong);
            assert!(matches!(refused, Err(PolicyError::ForeignAccount(_))), "{wrong}");
        }
    }

    #[test]
    fn a_foreign_clearing_account_that_nobody_named_takes_no_name_of_another() {
        let usd = Currency::parse("USD").unwrap();
        let new = |more: &str| {
            let text = format!("[gateways.paypal]\naccount = \"PayPal\"\n{more}");
            Policy::new(1, &text, usd, "UTC", "2026-01-01".parse().unwrap())
        };
        let clashes = [
            "[accounts]\nbank = \"PayPal EUR\"",
            "bank = \"PayPal EUR\"",
            "banks = { EUR = \"PayPal EUR\" }",
            "[gateways.other]\naccount = \"PayPal EUR\"",
            "[gateways.other]\naccount = \"Other\"\ncurrencies = { GBP = \"PayPal EUR\" }",
            "[tax.accounts]\nVAT = \"PayPal EUR\"",
        ];
        for more in clashes {
            let refused = new(more).expect_err(more).to_string();
            let says = "`PayPal EUR` would be the account of the gateway `paypal` in EUR";
            assert!(refused.contains(says), "{more}: {refused}");
            assert!(refused.contains("gateways.paypal.currencies.EUR"), "{refused}");
        }
        let fine = [
            // What is kept in the same currency may be one account.
            "[gateways.other]\naccount = \"Other\"\ncurrencies = { EUR = \"PayPal EUR\" }",
            // It has another name.
            "currencies = { EUR = \"Euros\" }\n[accounts]\nbank = \"PayPal EUR\"",
            "[accounts]\nbank = \"PayPal USD\"",
            "[accounts]\nbank = \"PayPal main\"",
        ];
        for more in fine {
            assert!(new(more).is_ok(), "{more}");
        }
    }

    #[test]
    fn the_account_of_conversion_is_for_nothing_else() {
        let usd = Currency::parse("USD").unwrap();
        let new = |name: &str| {
            let text = format!("currencies.conversion = \"{name}\"");
            Policy::new(1, &text, usd, "UTC", "2026-01-01".parse().unwrap())
        };
        let policy = new("Over").unwrap();
        assert_eq!(policy.conversion(), Some(Account::new("Over", AccountKind::Conversion)));
        assert!(policy.accounts().any(|account| &*account.name == "Over"));
        let refused = new("Bank").unwrap_err().to_string();
        assert!(refused.contains("`Bank` cannot be the account of conversion"), "{refused}");
    }

    #[test]
    fn a_channel_has_prefixes_of_its_own() {
        let text = "[numbers]\nsales-receipt = \"S-\"\nexpense = \"F-\"\n\
                    [numbers.channels.\"shopify:b2b\"]\nsales-receipt = \"B-\"";
        let usd = Currency::parse("USD").unwrap();
        let start: Date = "2026-01-01".parse().unwrap();
        let policy = Policy::new(1, text, usd, "UTC", start).unwrap();
        let of = |kind, channel| policy.text.numbers.of(kind, Some(channel)).to_owned();
        assert_eq!(of(DocumentKind::SalesReceipt, "shopify:b2b"), "B-");
        assert_eq!(of(DocumentKind::Expense, "shopify:b2b"), "F-");
        assert_eq!(of(DocumentKind::SalesReceipt, "shopify:web"), "S-");
        assert_eq!(of(DocumentKind::Invoice, "shopify:web"), "");
        let again: PolicyText = toml::from_str(&toml::to_string(&policy.text).unwrap()).unwrap();
        assert_eq!(again.numbers, policy.text.numbers);
        for wrong in ["sales-receipt = \"too long a prefix\"", "sails-receipt = \"S-\""] {
            let text = format!("[numbers.channels.\"shopify:b2b\"]\n{wrong}");
            assert!(Policy::new(1, &text, usd, "UTC", start).is_err(), "{wrong}");
        }
        assert!(Policy::new(1, "[numbers]\nsails-receipt = \"S-\"", usd, "UTC", start).is_err());
    }

    #[test]
    fn a_bank_row_belongs_where_the_longest_word_says() {
        let usd = Currency::parse("USD").unwrap();
        let text = "[bank-rows]\n\"Shop*\" = \"other-income\"\n\"shop subscription*\" = \
                    \"platform-bills\"";
        let new = |text: &str| Policy::new(1, text, usd, "UTC", "2026-01-01".parse().unwrap());
        let policy = new(text).unwrap();
        assert_eq!(policy.bank_row_role("SHOP SUBSCRIPTION 11/26"), Some(Role::PlatformBills));
        assert_eq!(policy.bank_row_role("Shop cashback"), Some(Role::OtherIncome));
        assert_eq!(policy.bank_row_role("Bakery"), None);
        assert!(new("bank-rows.x = \"sales-tax\"").is_err());
        let place = |account: &str| policy.place_of(account).map(|it| it.to_string());
        assert_eq!(place("Bank").as_deref(), Some("bank"));
        assert_eq!(place("Tips payable"), None);
        let fed = "[gateways.shop]\naccount = \"C\"\nbank = \"B\"\n[feeds.B]\nnumber = \"1\"";
        let place = new(fed).unwrap().place_of("B").map(|it| it.to_string());
        assert_eq!(place.as_deref(), Some("banks.shop"));
    }

    #[test]
    fn a_prefix_fits_every_book() {
        let usd = Currency::parse("USD").unwrap();
        let new = |prefix: &str| {
            let text = format!("[numbers]\nsales-receipt = \"{prefix}\"");
            let policy = Policy::new(1, &text, usd, "UTC", "2026-01-01".parse().unwrap());
            policy.map(|it| it.text.numbers.of(DocumentKind::SalesReceipt, None).to_owned())
        };
        for prefix in ["S-", "", "2026/ab_1.", "1234567890"] {
            assert_eq!(new(prefix).unwrap(), prefix);
        }
        for prefix in ["12345678901", "S ", "é", "(S)", "S:"] {
            let refused = new(prefix).unwrap_err().to_string();
            assert!(refused.contains("numbers of a sales-receipt cannot begin"), "{refused}");
        }
    }
}
