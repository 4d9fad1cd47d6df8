//! What happened and no channel tells: a person states it, in terms of the trade.
//!
//! An event says what it is, never by which accounts: these are the policy's.

use super::Move;
use crate::money::{Money, MoneyError};
use crate::policy::{Place, Role};
use crate::text::GatewayId;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Something that happened and that no channel tells. It is dated as the decision that states it.
/// Amounts are positive, unless said otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A gift card was given away: its holder can buy with it, and nobody paid for it.
    #[serde(rename_all = "kebab-case")]
    PromotionalCard {
        /// What people know the card by: its last characters.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        card: Option<String>,
        /// What is on it.
        amount: Money,
    },
    /// Of what is left on gift cards so much will never be redeemed, and the law leaves it to the
    /// merchant.
    #[serde(rename_all = "kebab-case")]
    Breakage {
        /// How much.
        amount: Money,
    },
    /// Tips went to the staff, by the payroll for example.
    #[serde(rename_all = "kebab-case")]
    TipsPaid {
        /// How much left the bank.
        amount: Money,
    },
    /// Tax was paid to whom it is owed. A discount that the state leaves to the merchant for
    /// collecting it is earned outside the trade.
    #[serde(rename_all = "kebab-case")]
    TaxRemitted {
        /// To whom, as the policy calls it ([`jurisdiction`](crate::policy::Policy::jurisdiction)),
        /// or the tax's own name.
        jurisdiction: String,
        /// The name by which the policy knows the account of the tax.
        tax: String,
        /// The first day of the time that it is of.
        from: Date,
        /// The last day of that time.
        until: Date,
        /// How much left the bank.
        paid: Money,
        /// How much need not be paid; nil where there is no discount.
        discount: Money,
    },
    /// What is left of duties and import tax, once those who took them to the customs have sent
    /// their bills.
    #[serde(rename_all = "kebab-case")]
    DutiesResidue {
        /// The order that it is left of, by its name; none where it is left of all of them.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        order: Option<String>,
        /// How much buyers paid more than it cost; negative where they paid less.
        amount: Money,
    },
    /// A loan reached the bank that a gateway takes back from its balance.
    #[serde(rename_all = "kebab-case")]
    LoanFunded {
        /// The gateway.
        gateway: GatewayId,
        /// How much arrived.
        amount: Money,
        /// All that is to be paid back: the price of the loan is what that is more.
        owed: Money,
    },
    /// What is expected to come back of what was sold until the end of a month, the decision's day.
    /// It is taken back on the first day of the next month.
    #[serde(rename_all = "kebab-case")]
    ExpectedReturns {
        /// What will be given back to buyers, without tax.
        returns: Money,
        /// What the goods had cost that will come back.
        cost: Money,
    },
    /// Cash left a drawer for the bank, where no session of a drawer tells it.
    #[serde(rename_all = "kebab-case")]
    BankDrop {
        /// Whose account the drawer is.
        gateway: GatewayId,
        /// How much.
        amount: Money,
    },
    /// Cash that had left a drawer reached the bank.
    #[serde(rename_all = "kebab-case")]
    Banked {
        /// How much.
        amount: Money,
    },
    /// What a row of a bank's statement is, of which no document knows.
    #[serde(rename_all = "kebab-case")]
    BankRow {
        /// The bank's account.
        account: Place,
        /// What the row is told from all others of its account by.
        row: String,
        /// How much came in, or went out: positive is money that came in.
        amount: Money,
        /// What the bank says of it.
        text: String,
        /// What it was for.
        role: Role,
    },
}

/// What an event amounts to, in the words of the policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// A sentence for the reader.
    pub memo: String,
    /// What is moved where. It balances.
    pub moves: Vec<Move>,
    /// The day on which all of it is taken back again.
    pub reversed_on: Option<Date>,
    /// Whether money was paid for it at once, so that it is an expense where a book allows that.
    pub is_payment: bool,
    /// Who got that money, where somebody is named.
    pub payee: Option<String>,
}

impl Moved {
    fn new(memo: impl Into<String>, moves: &[(Role, Money)]) -> Self {
        let by_role =
            |(role, amount): &(Role, Money)| Move { place: Place::Role(*role), amount: *amount };
        Self {
            memo: memo.into(),
            moves: moves.iter().map(by_role).collect(),
            reversed_on: None,
            is_payment: false,
            payee: None,
        }
    }

    fn of(memo: impl Into<String>, moves: Vec<(Place, Money)>) -> Self {
        let moves = moves.into_iter().map(|(place, amount)| Move { place, amount }).collect();
        Self { moves, ..Self::new(memo, &[]) }
    }

    /// So much on one account, from another one.
    fn pair(memo: impl Into<String>, debit: Role, credit: Role, amount: Money) -> Self {
        Self::new(memo, &[(debit, amount), (credit, amount.negated())])
    }
}

impl Event {
    /// What it is, in a word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::PromotionalCard { .. } => "promotional-card",
            Self::Breakage { .. } => "breakage",
            Self::TipsPaid { .. } => "tips-paid",
            Self::TaxRemitted { .. } => "tax-remitted",
            Self::DutiesResidue { .. } => "duties-residue",
            Self::LoanFunded { .. } => "loan-funded",
            Self::ExpectedReturns { .. } => "expected-returns",
            Self::BankDrop { .. } => "bank-drop",
            Self::Banked { .. } => "banked",
            Self::BankRow { .. } => "bank-row",
        }
    }

    /// What it amounts to where it is dated so.
    ///
    /// # Errors
    /// Where amounts are of several currencies, or too large.
    pub fn moved(&self, on: Date) -> Result<Moved, MoneyError> {
        Ok(match self {
            Self::PromotionalCard { card, amount } => {
                let card = card.as_deref().map_or_else(String::new, |name| format!(" {name}"));
                let memo = format!("Gift card{card} given away");
                Moved::pair(memo, Role::PromotionalGiftCards, Role::GiftCards, *amount)
            }
            Self::Breakage { amount } => {
                let memo = "Gift cards that will not be redeemed";
                Moved::pair(memo, Role::GiftCards, Role::GiftCardBreakage, *amount)
            }
            Self::TipsPaid { amount } => Moved {
                is_payment: true,
                ..Moved::pair("Tips paid to the staff", Role::Tips, Role::Bank, *amount)
            },
            Self::TaxRemitted { jurisdiction, tax, from, until, paid, discount } => Moved {
                memo: format!("Tax of {} paid to {jurisdiction}", days(*from, *until)),
                payee: Some(jurisdiction.clone()),
                ..remitted(tax, *paid, *discount)?
            },
            Self::DutiesResidue { order, amount } => {
                let of = order.as_deref().map_or_else(String::new, |name| format!(" of {name}"));
                let memo = format!("What is left of the duties{of}");
                Moved::pair(memo, Role::Duties, Role::DutiesResidue, *amount)
            }
            Self::LoanFunded { gateway, amount, owed } => funded(gateway, *amount, *owed)?,
            Self::ExpectedReturns { returns, cost } => expected(on, *returns, *cost),
            Self::BankDrop { gateway, amount } => {
                let drawer = (Place::Gateway(gateway.clone()), amount.negated());
                let left = (Place::Role(Role::CashInTransit), *amount);
                Moved::of("Cash taken to the bank", vec![left, drawer])
            }
            Self::Banked { amount } => {
                Moved::pair("Cash at the bank", Role::Bank, Role::CashInTransit, *amount)
            }
            Self::BankRow { account, amount, text, role, .. } => {
                let moves =
                    vec![(account.clone(), *amount), (Place::Role(*role), amount.negated())];
                Moved { is_payment: amount.is_negative(), ..Moved::of(text.as_str(), moves) }
            }
        })
    }
}

/// What is owed of a tax falls by what was paid and by the discount, which is earned.
fn remitted(tax: &str, paid: Money, discount: Money) -> Result<Moved, MoneyError> {
    let moves = vec![
        (Place::Tax(tax.to_owned()), paid.plus(discount)?),
        (Place::Role(Role::Bank), paid.negated()),
        (Place::Role(Role::OtherIncome), discount.negated()),
    ];
    Ok(Moved { is_payment: true, ..Moved::of("", moves) })
}

/// A loan is owed with its price, which is spent as it is paid back.
fn funded(gateway: &GatewayId, amount: Money, owed: Money) -> Result<Moved, MoneyError> {
    let moves = vec![
        (Place::BankOf(gateway.clone()), amount),
        (Place::Role(Role::FinancingToCome), owed.minus(amount)?),
        (Place::Role(Role::Loans), owed.negated()),
    ];
    Ok(Moved::of(format!("Loan of {amount}; {owed} is to be paid back"), moves))
}

/// What is expected to come back lessens sales and what they cost, until the next month begins.
fn expected(on: Date, returns: Money, cost: Money) -> Moved {
    let moves = [
        (Role::Returns, returns),
        (Role::RefundLiability, returns.negated()),
        (Role::ReturnedGoods, cost),
        (Role::CostOfGoods, cost.negated()),
    ];
    let memo = format!("Returns expected of {}", on.strftime("%Y-%m"));
    Moved { reversed_on: on.tomorrow().ok(), ..Moved::new(memo, &moves) }
}

/// Days as people write them: a month as such.
fn days(from: Date, until: Date) -> String {
    let whole = |months: i64| {
        let last = from.checked_add((months - 1).months()).map(Date::last_of_month);
        from.day() == 1 && last.is_ok_and(|last| last == until)
    };
    match () {
        () if whole(1) => from.strftime("%Y-%m").to_string(),
        () if whole(3) && (from.month() - 1) % 3 == 0 => {
            format!("{}-Q{}", from.year(), (from.month() - 1) / 3 + 1)
        }
        () if whole(12) && from.month() == 1 => from.year().to_string(),
        () => format!("{from} to {until}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_named_as_people_write_them() {
        let cases = [
            ("2026-03-01", "2026-03-31", "2026-03"),
            ("2026-04-01", "2026-06-30", "2026-Q2"),
            ("2026-01-01", "2026-12-31", "2026"),
            ("2026-02-01", "2026-04-30", "2026-02-01 to 2026-04-30"),
            ("2026-03-01", "2026-03-30", "2026-03-01 to 2026-03-30"),
            ("2028-02-01", "2028-02-29", "2028-02"),
        ];
        for (from, until, expected) in cases {
            assert_eq!(days(from.parse().unwrap(), until.parse().unwrap()), expected);
        }
    }

    #[test]
    fn what_is_expected_to_come_back_is_taken_back_with_the_next_month() {
        let amount = |text: &str| text.parse::<Money>().unwrap();
        let event =
            Event::ExpectedReturns { returns: amount("500.00 USD"), cost: amount("200.00 USD") };
        let back = |on: &str| event.moved(on.parse().unwrap()).unwrap().reversed_on.unwrap();
        assert_eq!(back("2026-03-31").to_string(), "2026-04-01");
        assert_eq!(back("2026-12-31").to_string(), "2027-01-01");
    }

    #[test]
    fn an_event_is_kept_in_words() {
        let event = Event::Breakage { amount: "60.00 USD".parse().unwrap() };
        let kept = serde_json::to_string(&event).unwrap();
        insta::assert_snapshot!(kept, @r#"{"event":"breakage","amount":"60.00 USD"}"#);
        assert_eq!(serde_json::from_str::<Event>(&kept).unwrap(), event);
    }
}
