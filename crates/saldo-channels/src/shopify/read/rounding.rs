//! Cash that is rounded to the coins that there are.
//!
//! The vendor tells the rounding of a payment beside its amount, and nowhere whether the amount
//! holds it. The sums of the order tell; where they do not, nobody does, and the order is held.

use saldo_core::commerce::{AgreementKind, MoneyMovement, MovementKind, MovementState, Order};
use saldo_core::money::{Money, MoneyError};

/// Lets each rounded movement settle what the order says, apart from its rounding.
///
/// # Errors
/// Where the order's sums do not tell whether amounts hold their rounding, and where amounts are
/// too large.
pub(super) fn part_from_amounts(order: &mut Order) -> Result<(), String> {
    if order.movements.iter().all(|movement| movement.rounding.is_none()) {
        return Ok(());
    }
    let contained = Sums::of(order, true)
        .and_then(|sums| sums.contain_rounding())
        .transpose()
        .or_else(|| Sums::of(order, false).and_then(|sums| sums.contain_rounding()).transpose());
    let contained = match contained {
        Some(contained) => contained.map_err(|error| error.to_string())?,
        None => return Err("its sums do not tell whether payments hold their rounding".to_owned()),
    };
    if contained {
        for movement in &mut order.movements {
            let Some(rounding) = movement.rounding else { continue };
            movement.amount = movement.amount.minus(rounding).map_err(|error| error.to_string())?;
        }
    }
    Ok(())
}

/// What an order amounts to, what was paid for it, and how that was rounded.
struct Sums {
    agreed: Money,
    paid: Money,
    rounding: Money,
}

impl Sums {
    /// Of the sale alone, or with all that came after it.
    fn of(order: &Order, sale: bool) -> Result<Self, MoneyError> {
        let nothing = Money::zero(order.currency);
        let mut sums = Self { agreed: nothing, paid: nothing, rounding: nothing };
        for agreement in &order.agreements {
            if !sale || agreement.kind == AgreementKind::Sale {
                for line in &agreement.lines {
                    sums.agreed = sums.agreed.plus(line.total()?)?;
                }
            }
        }
        for movement in order.movements.iter().filter(|it| moved(it)) {
            let rounding = movement.rounding.unwrap_or(nothing);
            let (amount, rounding) = match movement.kind {
                MovementKind::Payment => (movement.amount, rounding),
                MovementKind::Change => (movement.amount.negated(), rounding.negated()),
                MovementKind::Refund if !sale => (movement.amount.negated(), rounding.negated()),
                _ => continue,
            };
            sums.paid = sums.paid.plus(amount)?;
            sums.rounding = sums.rounding.plus(rounding)?;
        }
        Ok(sums)
    }

    /// Whether amounts hold their rounding; none where the sums do not tell.
    fn contain_rounding(&self) -> Result<Option<bool>, MoneyError> {
        if self.rounding.is_zero() {
            return Ok(None);
        }
        let over = self.paid.minus(self.agreed)?;
        Ok(match over {
            over if over.is_zero() => Some(false),
            over if over == self.rounding => Some(true),
            _ => None,
        })
    }
}

fn moved(movement: &MoneyMovement) -> bool {
    movement.state == MovementState::Succeeded && !movement.test
}

#[cfg(test)]
mod tests {
    use super::*;
    use saldo_core::commerce::{
        Agreement, Assortment, Buyer, RecordRef, SaleKind, SaleLine, Telling, Tender,
    };
    use saldo_core::money::Currency;

    fn money(text: &str) -> Money {
        Money::parse(text, Currency::parse("USD").unwrap()).unwrap()
    }

    fn order(total: &str, movements: &[(MovementKind, &str, &str)]) -> Order {
        let at = "2026-08-03T10:00:00Z".parse().unwrap();
        let line = SaleLine {
            item: None,
            id: "1".to_owned(),
            kind: SaleKind::Product,
            quantity: None,
            product: None,
            assortment: Assortment::default(),
            gross: money(total),
            discount: money("0.00"),
            taxes: Vec::new(),
        };
        let sale = Agreement {
            id: "1".to_owned(),
            kind: AgreementKind::Sale,
            happened_at: at,
            lines: vec![line],
        };
        let movement = |(kind, amount, rounding): &(MovementKind, &str, &str)| MoneyMovement {
            id: "1".to_owned(),
            kind: kind.clone(),
            state: MovementState::Succeeded,
            tender: Tender::GiftCard,
            processed_at: at,
            amount: money(amount),
            rounding: Some(money(rounding)).filter(|it| !it.is_zero()),
            conversion: None,
            fees: Vec::new(),
            test: false,
        };
        Order {
            id: "shop/Order/1".into(),
            source: RecordRef {
                connection: "shop".into(),
                stream: "orders".into(),
                id: "1".to_owned(),
            },
            name: "#1".to_owned(),
            processed_at: at,
            cancelled_at: None,
            test: false,
            currency: Currency::parse("USD").unwrap(),
            prices_include_tax: false,
            origin: "pos".to_owned(),
            location: None,
            presented_in: None,
            tags: Vec::new(),
            customer: None,
            customer_name: None,
            buyer: Buyer::default(),
            agreements: vec![sale],
            movements: movements.iter().map(movement).collect(),
            telling: Telling::Interface,
        }
    }

    #[test]
    fn the_sums_tell_whether_an_amount_holds_its_rounding() {
        use MovementKind::{Change, Payment, Refund};
        let cases = [
            (vec![(Payment, "10.03", "0.02")], Some("10.03")),
            (vec![(Payment, "10.05", "0.02")], Some("10.03")),
            (vec![(Payment, "10.01", "-0.02")], Some("10.03")),
            (vec![(Payment, "20.00", "0.00"), (Change, "9.95", "-0.02")], Some("20.00")),
            (vec![(Payment, "10.05", "0.02"), (Refund, "10.05", "0.02")], Some("10.03")),
            (vec![(Payment, "10.00", "0.02")], None),
            (vec![(Payment, "10.05", "0.00")], Some("10.05")),
        ];
        for (movements, expected) in cases {
            let mut order = order("10.03", &movements);
            let settles = part_from_amounts(&mut order).map(|()| order.movements[0].amount);
            assert_eq!(settles.ok(), expected.map(money), "{movements:?}");
        }
    }
}
