//! What is told of sales in euros, which the gateway keeps and pays out as euros.

use super::super::trade::Foreign;
use super::trading::key;
use super::{By, Item, Teller, card};
use crate::shop::eur;
use saldo_core::commerce::{
    AgreementKind, BalanceKind, BalanceTransaction, Conversion, Decided, Fact, MoneyMovement,
    MovementKind, Payout, PayoutState, SaleKind, Settlement,
};
use saldo_core::money::Money;

const EUROS: &str = "Clearing: Card EUR";
/// What a euro is worth in the currency of the books.
const WORTH: i64 = 2;

impl Teller<'_> {
    /// A sale in euros that are paid out as euros: what the bank makes of them is known when it has
    /// them.
    pub(super) fn foreign(&mut self, number: u32, foreign: &Foreign) {
        let Foreign { at, euros, days: (until_sent, until_there), lost, back } = *foreign;
        let unit = 10_i64.pow(self.currency.exponent().into());
        let fee = euros / 10;
        let worth = |euros: i64| euros * WORTH * unit;
        let in_euros = |euros: i64| Money::from_minor(euros * 100, eur());
        let mut case = self.sold(number, at, worth(euros));
        let paid = self.movement(&case, MovementKind::Payment, By::Card, at, worth(euros));
        let conversion = self.conversion(euros, worth(euros));
        case.order.movements.push(MoneyMovement { conversion, ..paid });
        self.add(at, "Buyers", -worth(euros));
        self.add(at, EUROS, worth(euros - fee));
        self.fee(at, worth(fee));
        let (id, source) = key("Payout", format!("euros-{number}"));
        self.rows += 1;
        let amounts = (in_euros(euros), in_euros(fee));
        self.facts.push(Fact::BalanceTransaction(Box::new(BalanceTransaction {
            payout: Some(id.clone()),
            ..self.bare_row(BalanceKind::Charge, at, amounts, Some(&case))
        })));
        let (mut owed, mut stands_at) = (euros - fee, worth(euros - fee));
        if let Some((percent, dearer)) = back.filter(|(percent, _)| (euros - fee) * percent >= 100)
        {
            let back = (euros - fee) * percent / 100;
            let (taken, when) = (worth(back), at.later(1));
            let given = Item::untaxed(taken);
            let lines = [(SaleKind::Adjustment, -1, &given)];
            self.agree(&mut case, AgreementKind::Refund, when, &lines);
            let repaid = self.movement(&case, MovementKind::Refund, By::Card, when, taken);
            let by_then = taken + taken * dearer / 100;
            let conversion = self.conversion(back, by_then);
            case.order.movements.push(MoneyMovement { conversion, ..repaid });
            self.add(when, "Buyers", taken);
            self.add(when, EUROS, -by_then);
            self.add(when, "FX gain/loss (realised)", by_then - taken);
            self.rows += 1;
            let amounts = (in_euros(-back), in_euros(0));
            self.facts.push(Fact::BalanceTransaction(Box::new(BalanceTransaction {
                payout: Some(id.clone()),
                ..self.bare_row(BalanceKind::Refund, when, amounts, Some(&case))
            })));
            (owed, stands_at) = (owed - back, stands_at - by_then);
        }
        self.tell(case);
        let issued_on = self.history.date(at.0 + until_sent);
        let on = self.history.date(at.0 + until_sent + until_there);
        self.facts.push(Fact::Payout(Payout {
            id: id.clone(),
            source,
            gateway: card(),
            state: PayoutState::Paid,
            issued_on,
            arrived_on: None,
            net: in_euros(owed),
            by_rows: false,
            bank_reference: None,
            period: None,
        }));
        let arrived = (stands_at - lost * unit).max(unit);
        self.decide(on, Decided::Arrived { payout: id, amount: self.money(arrived) });
        self.add_on(on, EUROS, -stands_at);
        self.add_on(on, self.bank(), arrived);
        self.add_on(on, "FX gain/loss (realised)", stands_at - arrived);
    }

    /// So many whole euros, and what they are worth, in minor units of the books.
    fn conversion(&self, euros: i64, worth: i64) -> Option<Conversion> {
        Some(Conversion {
            presented: Money::from_minor(euros * 100, eur()),
            worth: self.money(worth),
            settled: Some(Settlement { currency: eur(), rate: 1.into() }),
        })
    }
}
