//! How old the money is that stands in an account: what moved last is what is left.

use jiff::civil::Date;
use saldo_core::money::{Currency, Money, MoneyError};
use serde::Serialize;
use std::collections::VecDeque;

/// What stands in an account, by its age in days. The parts sum to the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Ages {
    /// From today to a week.
    pub(crate) to_7: Money,
    /// Over a week, to thirty days.
    pub(crate) to_30: Money,
    /// Over thirty days, to sixty.
    pub(crate) to_60: Money,
    /// Over sixty days.
    pub(crate) over_60: Money,
    /// All of it: what the account holds.
    pub(crate) total: Money,
}

/// The ages of what is left of movements on a day, the oldest first. What goes the other way takes
/// the oldest away first, as payouts do.
pub(super) fn ages(
    movements: impl IntoIterator<Item = (Date, Money)>,
    on: Date,
    currency: Currency,
) -> Result<Ages, MoneyError> {
    let mut left: VecDeque<(Date, Money)> = VecDeque::new();
    for (day, mut amount) in movements {
        while let Some((since, oldest)) = left.pop_front() {
            if amount.is_zero() || oldest.is_negative() == amount.is_negative() {
                left.push_front((since, oldest));
                break;
            }
            let sum = oldest.plus(amount)?;
            // Either the oldest is used up, or it takes up all that moved.
            match sum.is_negative() == oldest.is_negative() && !sum.is_zero() {
                true => {
                    left.push_front((since, sum));
                    amount = Money::zero(currency);
                }
                false => amount = sum,
            }
        }
        if !amount.is_zero() {
            left.push_back((day, amount));
        }
    }
    let nothing = Money::zero(currency);
    let mut ages =
        Ages { to_7: nothing, to_30: nothing, to_60: nothing, over_60: nothing, total: nothing };
    for (since, amount) in left {
        let part = match since.until(on).map_or(i32::MAX, |age| age.get_days()) {
            ..=7 => &mut ages.to_7,
            8..=30 => &mut ages.to_30,
            31..=60 => &mut ages.to_60,
            61.. => &mut ages.over_60,
        };
        *part = part.plus(amount)?;
        ages.total = ages.total.plus(amount)?;
    }
    Ok(ages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payout_takes_the_oldest_and_what_is_left_has_its_age() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let usd = Currency::parse("USD").unwrap();
        let of = |movements: &[(&str, i64)]| {
            let moved =
                movements.iter().map(|(at, minor)| (day(at), Money::from_minor(*minor, usd)));
            let it = ages(moved, day("2026-08-31"), usd).unwrap();
            [it.to_7, it.to_30, it.to_60, it.over_60, it.total].map(Money::minor)
        };
        /// What moved on which days, and what is left by age.
        type Case<'a> = (&'a [(&'a str, i64)], [i64; 5]);
        let cases: [Case<'_>; 5] = [
            (&[("2026-08-24", 100), ("2026-08-23", 50)], [100, 50, 0, 0, 150]),
            (&[("2026-07-02", 70), ("2026-07-01", 1)], [0, 0, 70, 1, 71]),
            (&[("2026-06-01", 100), ("2026-08-30", 20), ("2026-08-31", -105)], [15, 0, 0, 0, 15]),
            (&[("2026-08-01", 100), ("2026-08-31", -130)], [-30, 0, 0, 0, -30]),
            (&[("2026-08-01", -10), ("2026-08-20", 4), ("2026-08-31", 6)], [0, 0, 0, 0, 0]),
        ];
        for (movements, expected) in cases {
            assert_eq!(of(movements), expected, "{movements:?}");
        }
    }
}
