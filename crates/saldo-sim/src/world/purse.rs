//! Money that the shop owes to its customers: gift cards and store credit.

use super::order::Minor;
use super::{World, WorldSettings};
use jiff::Timestamp;

/// A gift card, or credit that was granted, with all that became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voucher {
    /// From when on it can be used.
    pub issued_at: Timestamp,
    /// What was on it then.
    pub initial: Minor,
    /// The order that it was bought in, or whose money was given back on it.
    pub order: Option<u64>,
    /// What was taken from it, and when, in order of time: positive amounts. What its shop took or
    /// gave by hand is among them.
    pub taken: Vec<(Timestamp, Minor)>,
    pub(super) owner: Option<usize>,
}

impl Voucher {
    /// The gift card that the owner gives away.
    pub(super) fn given_away(settings: &WorldSettings) -> Option<Self> {
        let (issued_at, initial) = settings.given_away?;
        Some(Self { issued_at, initial, order: None, taken: Vec::new(), owner: None })
    }

    /// What is on it at an instant.
    #[must_use]
    pub fn balance(&self, at: Timestamp) -> Minor {
        let taken = self.taken.iter().filter(|(then, _)| *then <= at);
        self.initial - taken.map(|(_, amount)| amount).sum::<Minor>()
    }

    /// When it last changed until an instant.
    #[must_use]
    pub fn changed_at(&self, at: Timestamp) -> Timestamp {
        let taken = self.taken.iter().map(|(then, _)| *then).filter(|then| *then <= at);
        taken.max().unwrap_or(self.issued_at)
    }
}

/// A movement of the credit of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreditMove {
    /// When.
    pub at: Timestamp,
    /// How much: granted is positive.
    pub amount: Minor,
    /// Whether the owner did it by hand.
    pub by_hand: bool,
}

impl World {
    /// What moved the credit of the customer at this place until an instant, in order of time. What
    /// was granted to a buyer whom nobody knows is the first customer's.
    #[must_use]
    pub fn credit_moves(&self, customer: usize, now: Timestamp) -> Vec<CreditMove> {
        let own = self.store_credit.iter().filter(|it| it.owner.unwrap_or(0) == customer);
        let moved = |at, amount| CreditMove { at, amount, by_hand: false };
        let of_orders = own.flat_map(|voucher| {
            let taken = voucher.taken.iter().map(move |(at, amount)| moved(*at, -amount));
            std::iter::once(moved(voucher.issued_at, voucher.initial)).chain(taken)
        });
        let is_first = |company: bool| {
            self.customers.iter().position(|it| it.company == company) == Some(customer)
        };
        let by_hand = self.settings.granted_by_hand.filter(|_| is_first(false));
        let to_company = self.settings.granted_to_company.filter(|_| is_first(true));
        let by_hand = by_hand.into_iter().chain(to_company);
        let by_hand = by_hand.map(|(at, amount)| CreditMove { at, amount, by_hand: true });
        let mut moves: Vec<CreditMove> =
            of_orders.chain(by_hand).filter(|it| it.at <= now).collect();
        moves.sort_by_key(|it| it.at);
        moves
    }
}

/// Vouchers with what was taken from them, oldest first.
#[derive(Default)]
pub(super) struct Purse(Vec<Voucher>);

impl Purse {
    /// Grants a voucher, usable from this instant on.
    pub(super) fn grant(&mut self, issued_at: Timestamp, initial: Minor, owner: Option<usize>) {
        if initial > 0 {
            self.0.push(Voucher { issued_at, initial, order: None, taken: Vec::new(), owner });
        }
    }

    /// Grants a voucher in an order, to whoever holds it.
    pub(super) fn sell(&mut self, issued_at: Timestamp, initial: Minor, order: u64) {
        if initial > 0 {
            let (order, taken) = (Some(order), Vec::new());
            self.0.push(Voucher { issued_at, initial, order, taken, owner: None });
        }
    }

    /// Takes up to this much from the oldest voucher that is usable: how much, and whose it was.
    pub(super) fn draw(&mut self, at: Timestamp, want: Minor) -> Option<(Minor, Option<usize>)> {
        let usable = |it: &&mut Voucher| it.issued_at < at && it.balance(Timestamp::MAX) > 0;
        let voucher = self.0.iter_mut().find(usable)?;
        let taken = want.min(voucher.balance(Timestamp::MAX));
        voucher.taken.push((at, taken));
        Some((taken, voucher.owner))
    }

    /// All vouchers.
    pub(super) fn into_vouchers(self) -> Vec<Voucher> {
        self.0
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
        let vouchers = purse.into_vouchers();
        let left = |at| vouchers.iter().map(|it| it.balance(at)).sum::<Minor>();
        assert_eq!((left(at(60)), left(Timestamp::MAX)), (500, 300));
        assert_eq!(vouchers[1].changed_at(at(70)), at(60));
    }
}
