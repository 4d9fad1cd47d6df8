//! Money that the shop owes to its customers: gift cards and store credit.

use super::order::Minor;
use jiff::Timestamp;
use std::collections::VecDeque;

struct Voucher {
    usable_from: Timestamp,
    left: Minor,
    owner: Option<usize>,
}

/// Vouchers with what is left on them, oldest first.
#[derive(Default)]
pub(super) struct Purse(VecDeque<Voucher>);

impl Purse {
    /// Grants a voucher, usable from this instant on.
    pub(super) fn grant(&mut self, usable_from: Timestamp, amount: Minor, owner: Option<usize>) {
        if amount > 0 {
            self.0.push_back(Voucher { usable_from, left: amount, owner });
        }
    }

    /// Takes up to this much from the oldest voucher that is usable: how much, and whose it was.
    pub(super) fn draw(&mut self, at: Timestamp, want: Minor) -> Option<(Minor, Option<usize>)> {
        let place = self.0.iter().position(|voucher| voucher.usable_from < at)?;
        let voucher = self.0.get_mut(place)?;
        let taken = want.min(voucher.left);
        voucher.left -= taken;
        let drawn = (taken, voucher.owner);
        if voucher.left == 0 {
            self.0.remove(place);
        }
        Some(drawn)
    }

    /// What is left on all vouchers.
    pub(super) fn left(&self) -> Minor {
        self.0.iter().map(|voucher| voucher.left).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_usable_voucher_is_drawn_first_and_never_overdrawn() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let mut purse = Purse::default();
        purse.grant(at(100), 500, Some(1));
        purse.grant(at(50), 300, Some(2));
        assert_eq!(purse.draw(at(60), 1_000), Some((300, Some(2))));
        assert_eq!(purse.draw(at(60), 1_000), None);
        assert_eq!(purse.draw(at(101), 200), Some((200, Some(1))));
        assert_eq!(purse.left(), 300);
    }
}
