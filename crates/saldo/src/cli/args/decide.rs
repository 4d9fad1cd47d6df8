//! The words of decisions.

use clap::{Args, Subcommand};
use jiff::civil::Date;

/// What the owner decides. Each decision is kept with who made it and when, has a number, and can
/// be taken back by `undo`. It is entered by the next plan.
#[derive(Debug, Subcommand)]
pub(crate) enum Decide {
    /// What happened and no channel tells.
    #[command(flatten)]
    Event(DecideEvent),
    /// An entry in the words of the policy, for what has no command of its own: `saldo decide entry
    /// "Petty cash" --on 2026-11-20 --debit store-supplies=20.00 --credit gateways.cash=20.00`.
    Entry(DecideEntry),
    /// What is still owed for an order will not be paid.
    WriteOff(DecideWriteOff),
    /// Nothing of an order is entered; its money in a gateway's rows is entered for review.
    Exclude(DecideExclude),
    /// So much of what gift cards paid for an order came from cards that had been given away.
    PromotionalUse(DecidePromotionalUse),
    /// What the bank made of a payout that came in another currency than the books'.
    Arrived(DecideArrived),
    /// What was paid to a supplier for a purchase order: for its bills, the oldest first, or as a
    /// deposit.
    Paid(DecidePaid),
    /// What another currency was worth at the end of a month, by which what was open in it is
    /// valued: `saldo decide closing-rate EUR 2026-08-31 1.0912`.
    ClosingRate(DecideClosingRate),
    /// Take a decision back.
    Undo {
        /// Its number.
        number: u32,
    },
    /// Show all decisions.
    List,
}

/// An entry. Debits and credits must be equal.
#[derive(Debug, Args)]
pub(crate) struct DecideEntry {
    /// A sentence for the reader.
    pub(crate) memo: String,
    /// The day that it is entered on.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) on: Date,
    /// What is debited: a role (`saldo map show` lists them), `gateways.NAME`, `banks.NAME` (where
    /// that gateway pays to) or `taxes.NAME`, and how much of the books' currency.
    #[arg(long, value_name = "ACCOUNT=AMOUNT", required = true)]
    pub(crate) debit: Vec<String>,
    /// What is credited.
    #[arg(long, value_name = "ACCOUNT=AMOUNT", required = true)]
    pub(crate) credit: Vec<String>,
    /// Take all of it back on this day, as an accrual is in the next month.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) reversed_on: Option<Date>,
}

/// A claim given up.
#[derive(Debug, Args)]
pub(crate) struct DecideWriteOff {
    /// The order's name: `#1001`.
    pub(crate) order: String,
    /// The day that it is entered on.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) on: Date,
    /// Take the tax in it back from the state, where the law allows it.
    #[arg(long)]
    pub(crate) relieve_tax: bool,
}

/// What arrived of a payout.
#[derive(Debug, Args)]
pub(crate) struct DecideArrived {
    /// The payout's number, or the number by which the bank knows it.
    pub(crate) payout: String,
    /// The day on which it stands in the bank account.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) on: Date,
    /// How much of the books' currency.
    #[arg(long)]
    pub(crate) amount: String,
}

/// What was paid to a supplier.
#[derive(Debug, Args)]
pub(crate) struct DecidePaid {
    /// The purchase order's name: `PO 1001`.
    pub(crate) purchase: String,
    /// The day on which the money left the bank.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) on: Date,
    /// How much of the books' currency.
    #[arg(long)]
    pub(crate) amount: String,
}

/// A closing rate.
#[derive(Debug, Args)]
pub(crate) struct DecideClosingRate {
    /// The currency: `EUR`.
    pub(crate) currency: String,
    /// The last day of a month.
    #[arg(value_name = "YYYY-MM-DD")]
    pub(crate) on: Date,
    /// How much of the books' currency one unit of it was worth.
    pub(crate) rate: rust_decimal::Decimal,
}

/// What came from gift cards that had been given away.
#[derive(Debug, Args)]
pub(crate) struct DecidePromotionalUse {
    /// The order's name: `#1001`.
    pub(crate) order: String,
    /// How much of the books' currency.
    #[arg(long)]
    pub(crate) amount: String,
}

/// An order left out.
#[derive(Debug, Args)]
pub(crate) struct DecideExclude {
    /// The order's name: `#1001`.
    pub(crate) order: String,
}

/// What happened and no channel tells. By which accounts it is entered, the policy says.
#[derive(Debug, Subcommand)]
pub(crate) enum DecideEvent {
    /// A gift card was given away. Of one that the shop tells of, it says itself when it was
    /// issued, and with how much on it.
    PromotionalCard {
        /// The last characters of the card.
        card: Option<String>,
        /// The day that it is entered on: that of the card, where the shop tells it.
        #[arg(long, value_name = "YYYY-MM-DD")]
        on: Option<Date>,
        /// How much is on it, of the books' currency.
        #[arg(long)]
        amount: Option<String>,
    },
    /// Of what is left on gift cards so much will never be redeemed, and the law leaves it to you.
    Breakage(DayAmount),
    /// Tips went from the bank to the staff, by the payroll for example.
    TipsPaid(DayAmount),
    /// Tax was paid to whom it is owed: `saldo decide tax-remitted "NY State Tax" --period 2026-Q3
    /// --on 2026-10-20 --paid 740.00 --discount 3.00`.
    TaxRemitted {
        /// To whom, as the policy calls it; else the tax's own name.
        jurisdiction: String,
        /// Of when the tax is: a month, a quarter, a year, or two days with `..` between them.
        #[arg(long, value_name = "YYYY-MM|YYYY-Qn|YYYY|DAY..DAY", value_parser = period)]
        period: (Date, Date),
        /// The day on which the money left the bank.
        #[arg(long, value_name = "YYYY-MM-DD")]
        on: Date,
        /// How much left the bank, of the books' currency.
        #[arg(long)]
        paid: String,
        /// How much the state leaves to you for collecting it.
        #[arg(long)]
        discount: Option<String>,
        /// The tax by its name, where those of a jurisdiction stand on several accounts.
        #[arg(long, value_name = "NAME")]
        tax: Option<String>,
        /// Something of it stood in the opening balances, so that entries do not tell of all.
        #[arg(long)]
        with_opening: bool,
    },
    /// What is left of duties and import tax is earned, or lost, once their bills are in.
    DutiesResidue {
        /// The order's name, `#1001`; without it, what is left of all of them.
        order: Option<String>,
        /// The day that it is entered on.
        #[arg(long, value_name = "YYYY-MM-DD")]
        on: Date,
        /// What should be left: buyers paid so much more than it cost, or less (negative). It is
        /// worked out where you do not say it, and refused where it is not what is left.
        #[arg(long, allow_negative_numbers = true)]
        amount: Option<String>,
    },
    /// A loan reached the bank that a gateway takes back from its balance.
    LoanFunded {
        /// The gateway, as the policy calls it: `shopify_payments`.
        gateway: String,
        /// The day on which it stands in the bank account.
        #[arg(long, value_name = "YYYY-MM-DD")]
        on: Date,
        /// How much arrived, of the books' currency.
        #[arg(long)]
        amount: String,
        /// How much is to be paid back, the price of the loan with it.
        #[arg(long)]
        owed: String,
    },
    /// What is expected to come back of what was sold until the end of a month. It is taken back by
    /// itself on the first day of the next one.
    ExpectedReturns {
        /// The month.
        #[arg(long, value_name = "YYYY-MM", value_parser = month)]
        month: Date,
        /// What will be given back to buyers, without tax.
        #[arg(long)]
        returns: String,
        /// What the goods had cost that will come back.
        #[arg(long)]
        cost: Option<String>,
    },
    /// Cash left a drawer for the bank, where no shop counts the drawer.
    BankDrop {
        /// Day and amount.
        #[command(flatten)]
        what: DayAmount,
        /// Whose account the drawer is, as the policy calls it.
        #[arg(long, default_value = "cash")]
        gateway: String,
    },
    /// Cash that had left a drawer reached the bank.
    Banked(DayAmount),
    /// What a row of a bank's statement is that no document knows (`saldo bank` lists them).
    BankRow {
        /// The bank's account, by its name in the policy.
        account: String,
        /// The row's id.
        row: String,
        /// What it was for, by the part of the account: `store-supplies`.
        #[arg(long = "as", value_name = "ROLE")]
        role: String,
    },
    /// Every row of a bank's statements of which `[bank-rows]` says where it belongs, and which no
    /// document knows.
    BankRows {
        /// The bank's account, by its name in the policy.
        account: String,
    },
}

/// A day and an amount.
#[derive(Debug, Args)]
pub(crate) struct DayAmount {
    /// The day that it is entered on.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) on: Date,
    /// How much of the books' currency.
    #[arg(long)]
    pub(crate) amount: String,
    /// Something of it stood in the opening balances, so that entries do not tell of all.
    #[arg(long)]
    pub(crate) with_opening: bool,
}

/// The first and the last day of a month, a quarter, a year, or of what is between two days.
fn period(text: &str) -> Result<(Date, Date), String> {
    let unreadable = || {
        format!("`{text}` is no period: write 2026-03, 2026-Q1, 2026, or 2026-03-01..2026-03-31")
    };
    let read = |text: &str| text.parse::<Date>().map_err(|_| unreadable());
    if let Some((from, until)) = text.split_once("..") {
        let (from, until) = (read(from)?, read(until)?);
        return if from <= until { Ok((from, until)) } else { Err(unreadable()) };
    }
    let (year, part) = text.split_once('-').map_or((text, None), |(year, part)| (year, Some(part)));
    let is_number = |text: &str, digits: usize| {
        text.len() == digits && text.bytes().all(|it| it.is_ascii_digit())
    };
    if !is_number(year, 4) {
        return Err(unreadable());
    }
    let (first, last) = match part {
        None => ("01", "12"),
        Some("Q1") => ("01", "03"),
        Some("Q2") => ("04", "06"),
        Some("Q3") => ("07", "09"),
        Some("Q4") => ("10", "12"),
        Some(month) if is_number(month, 2) => (month, month),
        Some(_) => return Err(unreadable()),
    };
    let day = |month: &str| read(&format!("{year}-{month}-01"));
    Ok((day(first)?, day(last)?.last_of_month()))
}

/// The last day of a month.
fn month(text: &str) -> Result<Date, String> {
    match period(text) {
        Ok((from, until)) if text.len() == 7 && from.last_of_month() == until => Ok(until),
        _ => Err(format!("`{text}` is no month: write 2026-03")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_people_write_them() {
        let cases = [
            ("2026-02", Some(("2026-02-01", "2026-02-28"))),
            ("2026-Q3", Some(("2026-07-01", "2026-09-30"))),
            ("2026", Some(("2026-01-01", "2026-12-31"))),
            ("2026-01-15..2026-02-14", Some(("2026-01-15", "2026-02-14"))),
            ("2026-02-14..2026-01-15", None),
            ("2026-13", None),
            ("2026-Q5", None),
            ("26-01", None),
            ("2026-1", None),
        ];
        for (text, expected) in cases {
            let found =
                period(text).ok().map(|(from, until)| (from.to_string(), until.to_string()));
            let expected = expected.map(|(from, until)| (from.to_owned(), until.to_owned()));
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(month("2026-02").unwrap().to_string(), "2026-02-28");
        assert!(month("2026-Q1").is_err() && month("2026").is_err());
    }
}
