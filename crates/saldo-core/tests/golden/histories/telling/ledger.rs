//! What the card's own ledger tells: disputes, what the gateway does besides, rows and payouts.

use super::super::merchant::{Besides, By, Fate, PAYOUT_DAYS, PAYOUTS, Told, When};
use super::{Case, SHOP_CASH, Teller, card, shop_cash};
use crate::shop::source;
use saldo_core::commerce::{
    BalanceKind, BalanceTransaction, ChargedTo, Dispute, DisputeOutcome, Fact, Payout, PayoutState,
};
use saldo_core::money::Money;

/// The bank account that the platform keeps for the merchant.
const OWN_BANK: &str = "Shopify Balance";
/// What the gateway takes for a dispute, in minor units.
const DISPUTE_FEE: i64 = 15;

impl Teller<'_> {
    /// The first payment is disputed, where a card paid it.
    pub(super) fn dispute(&mut self, case: &Case, when: When, won: Option<bool>) {
        let id = format!("shop/Dispute/{}", case.number);
        let known = self.facts.iter().any(|fact| fact.id().as_str() == id);
        let first = case.order.movements.first();
        let Some(paid) = first.filter(|it| it.tender == By::Card.tender() && !known) else {
            return;
        };
        let minor = paid.amount.minor();
        self.row(BalanceKind::DisputeWithdrawal, when, (-minor, DISPUTE_FEE), None);
        self.add(when, By::Card.place(), -minor - DISPUTE_FEE);
        self.add(when, "Chargeback fees", DISPUTE_FEE);
        self.add(when, "Disputes receivable", minor);
        let ended = when.later(7);
        if let Some(won) = won {
            let ends_as = if won { By::Card.place() } else { "Chargeback losses" };
            self.add(ended, ends_as, minor);
            self.add(ended, "Disputes receivable", -minor);
        }
        if won == Some(true) {
            self.row(BalanceKind::DisputeReversal, ended, (minor, 0), None);
        }
        self.facts.push(Fact::Dispute(Dispute {
            id: id.into(),
            source: source(&format!("Dispute/{}", case.number)),
            order: Some(case.order.id.clone()),
            outcome: match won {
                None => DisputeOutcome::Open,
                Some(true) => DisputeOutcome::Won,
                Some(false) => DisputeOutcome::Lost,
            },
            finalised_at: won.map(|_| self.history.instant(ended)),
            amount: self.money(minor),
            reason: None,
        }));
    }

    pub(in super::super) fn besides(&mut self, when: When, besides: &Besides) {
        use BalanceKind::{Charged, Duties, Hold, PlatformBill, Reserve, ShippingLabel, Unknown};
        match besides {
            Besides::Reserve(kept, until) => {
                self.keep_back((Reserve, "Reserves held by platform"), when, *kept, *until);
            }
            Besides::Hold(kept, until) => {
                self.keep_back((Hold, "Funds on hold"), when, *kept, *until);
            }
            Besides::Bill(minor) => {
                self.take(PlatformBill, when, *minor, "Software subscriptions");
            }
            Besides::Label(minor) => {
                self.take(ShippingLabel, when, *minor, "Outbound shipping cost");
            }
            Besides::Duties(minor) => {
                self.take(Duties, when, *minor, "Duties & import tax payable");
            }
            Besides::Odd(minor) => {
                self.take(Unknown, when, *minor, "Platform adjustments - to review");
            }
            Besides::FromBank(minor) => {
                self.take(Charged(ChargedTo::Bank), when, -minor, self.bank());
            }
            Besides::Loan(tens) => {
                // A tenth of what is owed is what the loan costs.
                self.take(BalanceKind::LoanRepayment, when, tens * 10, "Loans payable");
                self.add(when, "Financing cost", *tens);
                self.add(when, "Unamortised financing cost", -tens);
            }
        }
    }

    /// The gateway takes something for a part of the books.
    fn take(&mut self, kind: BalanceKind, when: When, minor: i64, place: &str) {
        self.row(kind, when, (-minor, 0), None);
        self.add(when, By::Card.place(), -minor);
        self.add(when, place, minor);
    }

    /// The gateway keeps something back, and releases it after so many days.
    fn keep_back(
        &mut self,
        (kind, place): (BalanceKind, &str),
        when: When,
        kept: i64,
        until: Option<u16>,
    ) {
        self.take(kind.clone(), when, kept, place);
        if let Some(days) = until {
            self.take(kind, when.later(days), -kept, place);
        }
    }

    /// The platform credits what buyers spent of what it gave them, or takes it back.
    pub(super) fn credit(&mut self, when: When, minor: i64) {
        self.take(BalanceKind::TenderCredit(shop_cash()), when, -minor, SHOP_CASH);
    }

    /// The bank account that the card's payouts reach.
    pub(super) fn bank(&self) -> &'static str {
        if self.history.trade.own_bank { OWN_BANK } else { "Bank" }
    }

    /// A row of the card's ledger: amount and fee. Of an order it is about the last movement.
    pub(super) fn row(
        &mut self,
        kind: BalanceKind,
        when: When,
        (amount, fee): (i64, i64),
        of: Option<&Case>,
    ) {
        self.rows += 1;
        let back = kind == BalanceKind::PayoutReturned;
        let payout = when.0 / PAYOUT_DAYS + of.map_or(0, |case| case.lag);
        let payout = Some(payout).filter(|number| *number < PAYOUTS && !back);
        if let Some(payout) = payout {
            *self.nets.entry(payout).or_default() += amount - fee;
        }
        let amounts = (self.money(amount), self.money(fee));
        let row = self.bare_row(kind, when, amounts, of);
        self.facts.push(Fact::BalanceTransaction(Box::new(BalanceTransaction {
            payout: payout.map(|number| format!("shop/Payout/{number}").into()),
            ..row
        })));
    }

    /// A row of the card's ledger that belongs to no payout.
    pub(super) fn bare_row(
        &self,
        kind: BalanceKind,
        when: When,
        (amount, fee): (Money, Money),
        of: Option<&Case>,
    ) -> BalanceTransaction {
        let number = self.rows;
        BalanceTransaction {
            id: format!("shop/Row/{number}").into(),
            source: source(&format!("Row/{number}")),
            gateway: card(),
            kind,
            vendor_type: "WORD".to_owned(),
            occurred_at: self.history.instant(when),
            amount,
            fee,
            net: amount.minus(fee).unwrap(),
            worth: None,
            order: of.map(|case| case.order.id.clone()),
            order_name: of.map(|case| case.order.name.clone()),
            movement: of.and_then(|case| case.order.movements.last()).map(|it| it.id.clone()),
            payout: None,
            paid_out: None,
            test: false,
            by_file: false,
        }
    }

    pub(in super::super) fn finish(mut self) -> Told {
        for (number, net) in std::mem::take(&mut self.nets) {
            let fate = self.history.fates[usize::from(number)];
            let days = (number + 1) * PAYOUT_DAYS + 1;
            let state = match fate {
                Fate::Sent | Fate::Arrives(_) => PayoutState::Paid,
                Fate::Returned => PayoutState::Failed,
                Fate::Planned => PayoutState::Scheduled,
            };
            self.facts.push(Fact::Payout(Payout {
                id: format!("shop/Payout/{number}").into(),
                source: source(&format!("Payout/{number}")),
                gateway: card(),
                state,
                issued_on: self.history.date(days),
                arrived_on: match fate {
                    Fate::Arrives(later) => Some(self.history.date(days + later)),
                    _ => None,
                },
                net: self.money(net),
                by_rows: false,
                bank_reference: None,
                period: None,
            }));
            if fate != Fate::Planned {
                let date = self.history.date(days);
                self.add_on(date, By::Card.place(), -net);
                // What is under way when a month ends stands apart until it is there.
                let there = match fate {
                    Fate::Arrives(later) => self.history.date(days + later),
                    _ => date,
                };
                if there.first_of_month() == date.first_of_month() {
                    self.add_on(date, self.bank(), net);
                } else {
                    self.add_on(date, "Payouts in transit", net);
                    self.add_on(there, "Payouts in transit", -net);
                    self.add_on(there, self.bank(), net);
                }
            }
            if fate == Fate::Returned {
                let back = When(days + 3, 0);
                self.row(BalanceKind::PayoutReturned, back, (net, 0), None);
                self.add(back, By::Card.place(), net);
                self.add(back, self.bank(), -net);
            }
        }
        for sums in self.expected.values_mut() {
            sums.retain(|_, minor| *minor != 0);
        }
        self.expected.retain(|_, sums| !sums.is_empty());
        Told { facts: self.facts, expected: self.expected }
    }
}
