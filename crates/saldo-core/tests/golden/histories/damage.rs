//! Facts that contradict themselves, or that nobody taught us.

use proptest::prelude::*;
use saldo_core::commerce::{
    AgreementKind, BalanceKind, Fact, MovementKind, MovementState, Order, PayoutState, SaleKind,
};
use saldo_core::money::{Currency, Money};

#[derive(Clone, Copy, Debug)]
pub(super) enum Damage {
    /// A word that nobody knows.
    Word,
    /// An amount with the other sign.
    Sign,
    /// An amount in another currency.
    Currency,
    /// An amount that no sum can hold.
    TooMuch,
    /// Long before the books begin.
    TooEarly,
    /// Units that are less than nothing.
    Units,
    /// A cent too much.
    Cent,
}

pub(super) fn any_damage() -> impl Strategy<Value = Damage> {
    prop::sample::select(vec![
        Damage::Word,
        Damage::Sign,
        Damage::Currency,
        Damage::TooMuch,
        Damage::TooEarly,
        Damage::Units,
        Damage::Cent,
    ])
}

impl Damage {
    /// Whether a fact that is struck contradicts itself, or what it is the sum of, so that a person
    /// must look at it.
    pub(super) fn contradicts(self, fact: &Fact) -> bool {
        let of_trade =
            matches!(fact, Fact::Drawer(_) | Fact::SupplierBill(_) | Fact::SupplierPayment(_));
        if of_trade {
            return matches!(self, Self::Currency);
        }
        let amount = match fact {
            Fact::BalanceTransaction(row) => row.amount,
            Fact::Payout(payout) if payout.state != PayoutState::Scheduled => payout.net,
            _ => return false,
        };
        match self {
            Self::Sign => !amount.is_zero(),
            Self::Currency | Self::TooMuch | Self::Cent => true,
            Self::Word | Self::TooEarly | Self::Units => false,
        }
    }

    fn amount(self, money: &mut Money) {
        let (minor, currency) = (money.minor(), money.currency());
        *money = match self {
            Self::Sign => Money::from_minor(-minor, currency),
            Self::Currency => Money::from_minor(minor, Currency::parse("SEK").unwrap()),
            Self::TooMuch => Money::from_minor(i64::MAX - 1, currency),
            Self::Cent => Money::from_minor(minor + 1, currency),
            Self::Word | Self::TooEarly | Self::Units => return,
        };
    }

    /// Damages a fact. What the damage is not about is as it was.
    pub(super) fn strike(self, fact: &mut Fact) {
        let early = "1970-01-01T00:00:00Z".parse().unwrap();
        match fact {
            Fact::Order(order) => self.strike_order(order),
            Fact::BalanceTransaction(row) => {
                self.amount(&mut row.amount);
                if matches!(self, Self::Word) {
                    row.kind = BalanceKind::Unknown;
                }
                if matches!(self, Self::TooEarly) {
                    row.occurred_at = early;
                }
            }
            Fact::Payout(payout) => {
                self.amount(&mut payout.net);
                if matches!(self, Self::Word) {
                    payout.state = PayoutState::Unknown("lost at sea".to_owned());
                }
                if matches!(self, Self::TooEarly) {
                    payout.issued_on = "1970-01-01".parse().unwrap();
                }
            }
            Fact::Dispute(dispute) => self.amount(&mut dispute.amount),
            Fact::Drawer(session) => self.amount(&mut session.counted),
            _ => self.strike_stock(fact),
        }
    }

    fn strike_order(self, order: &mut Order) {
        if let Some(movement) = order.movements.first_mut() {
            self.amount(&mut movement.amount);
            if matches!(self, Self::Word) {
                movement.kind = MovementKind::Unknown("swirl".to_owned());
                movement.state = MovementState::Unknown("perhaps".to_owned());
            }
        }
        for agreement in &mut order.agreements {
            if matches!(self, Self::Word) {
                agreement.kind = AgreementKind::Unknown("swap".to_owned());
            }
            if let Some(line) = agreement.lines.first_mut() {
                self.amount(&mut line.gross);
                if matches!(self, Self::Units) {
                    line.quantity = line.quantity.map(|units| -units);
                    line.kind = SaleKind::Unknown("rental".to_owned());
                }
            }
        }
        if matches!(self, Self::TooEarly) {
            order.processed_at = "1970-01-01T00:00:00Z".parse().unwrap();
        }
    }

    /// Goods, and what is paid for them.
    fn strike_stock(self, fact: &mut Fact) {
        let too_many = matches!(self, Self::Units | Self::TooMuch);
        match fact {
            Fact::Goods(goods) if too_many => {
                let parts = goods.fulfilments.iter_mut().flat_map(|parcel| &mut parcel.parts);
                parts.for_each(|units| units.count = u32::MAX);
            }
            Fact::SupplierPayment(payment) => self.amount(&mut payment.amount),
            Fact::SupplierBill(bill) => {
                for line in &mut bill.lines {
                    self.amount(&mut line.amount);
                    line.units = if too_many { u32::MAX } else { line.units };
                }
            }
            Fact::GoodsReceipt(receipt) => {
                for line in &mut receipt.lines {
                    line.cost.iter_mut().for_each(|cost| self.amount(cost));
                    line.units = if too_many { u32::MAX } else { line.units };
                }
            }
            Fact::StockAdjustment(adjustment) => {
                adjustment.unit_cost.iter_mut().for_each(|cost| self.amount(cost));
                adjustment.units = if too_many { i64::MAX } else { adjustment.units };
            }
            _ => {}
        }
    }
}
