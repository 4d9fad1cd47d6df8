//! Arithmetic: numbers with the terms that they are the sum of, as a bookkeeper writes them.
//!
//! Nothing here decides anything. The terms are what channels said and what documents hold; where
//! their sum is not what somebody stated, both are shown.

use crate::accounting::payout_rows;
use crate::commerce::{
    Agreement, AgreementKind, Collector, Fact, MovementKind, MovementState, Order, Payout,
    SaleKind, SaleLine, Tender,
};
use crate::document::Document;
use crate::money::{Balance, Money, MoneyError};
use serde::{Deserialize, Serialize};

/// One term of a sum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// What it is, for a reader.
    pub text: String,
    /// The vendor's id, or the key, of what it comes from.
    pub origin: String,
    /// How much, signed as it counts in the sum.
    pub amount: Money,
}

/// A number and its terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// What number it is.
    pub about: String,
    /// What it is made of.
    pub terms: Vec<Term>,
    /// What the terms come to.
    pub total: Money,
    /// What somebody else says that it is, where somebody does.
    pub stated: Option<Money>,
}

impl Sum {
    fn of(about: String, terms: Vec<Term>, zero: Money) -> Result<Self, MoneyError> {
        let total = Money::sum(zero.currency(), terms.iter().map(|term| term.amount))?;
        Ok(Self { about, terms, total, stated: None })
    }

    /// Whether nobody states anything else.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.stated.is_none_or(|stated| stated == self.total)
    }
}

/// The sums behind what channels said of orders and payouts, in the order of the facts.
///
/// # Errors
/// Where amounts are too large.
pub fn of_facts(facts: &[Fact]) -> Result<Vec<Sum>, MoneyError> {
    let mut sums = Vec::new();
    for fact in facts {
        match fact {
            Fact::Order(order) => sums.extend(of_order(order)?),
            Fact::Payout(payout) => sums.push(of_payout(payout, facts)?),
            _ => {}
        }
    }
    Ok(sums)
}

/// What was agreed step by step, what was paid, and what is open: agreed less paid.
fn of_order(order: &Order) -> Result<Vec<Sum>, MoneyError> {
    let zero = Money::from_minor(0, order.currency);
    let mut sums = Vec::new();
    for agreement in &order.agreements {
        let what = format!("{}: {}", order.name, agreed(order, agreement));
        let terms = agreement.lines.iter().flat_map(line_terms).collect();
        sums.push(Sum::of(what, terms, zero)?);
    }
    let mut open: Vec<Term> = Vec::new();
    for (sum, agreement) in sums.iter().zip(&order.agreements) {
        open.push(term(agreed(order, agreement), &agreement.id, sum.total));
    }
    open.extend(paid_terms(order));
    sums.push(Sum::of(format!("{}: agreed less paid", order.name), open, zero)?);
    Ok(sums)
}

fn agreed(order: &Order, agreement: &Agreement) -> String {
    let (what, when) = match &agreement.kind {
        AgreementKind::Sale => ("sale", order.processed_at),
        AgreementKind::Edit => ("edit", agreement.happened_at),
        AgreementKind::Refund => ("refund", agreement.happened_at),
        AgreementKind::Unknown(word) => (word.as_str(), agreement.happened_at),
    };
    format!("{what} at {when}")
}

fn term(text: String, origin: &str, amount: Money) -> Term {
    Term { text, origin: origin.to_owned(), amount }
}

/// Gross, discount and taxes of a line.
fn line_terms(line: &SaleLine) -> Vec<Term> {
    let title = match (&line.kind, &line.product) {
        (_, Some(product)) => product.title.clone(),
        (SaleKind::Product, None) => "product".to_owned(),
        (SaleKind::Shipping, None) => "shipping".to_owned(),
        (SaleKind::Duty, None) => "duties".to_owned(),
        (SaleKind::Tip, None) => "tip".to_owned(),
        (SaleKind::GiftCard, None) => "gift card".to_owned(),
        (SaleKind::Adjustment, None) => "adjustment".to_owned(),
        (SaleKind::Unknown(word), None) => word.clone(),
    };
    let text = line.quantity.map_or_else(|| title.clone(), |count| format!("{count} × {title}"));
    let mut terms = vec![term(text, &line.id, line.gross)];
    if !line.discount.is_zero() {
        terms.push(term(format!("discount on {title}"), &line.id, line.discount.negated()));
    }
    for tax in &line.taxes {
        let by = match tax.collector {
            Collector::Merchant => "",
            Collector::Channel => ", collected by the channel",
        };
        terms.push(term(format!("{} on {title}{by}", tax.title), &line.id, tax.amount));
    }
    terms
}

/// The movements that took place, each as it lessens what is open.
fn paid_terms(order: &Order) -> Vec<Term> {
    let succeeded = order.movements.iter().filter(|it| it.state == MovementState::Succeeded);
    succeeded
        .filter_map(|movement| {
            let (what, amount) = match &movement.kind {
                MovementKind::Payment => ("paid", movement.amount.negated()),
                MovementKind::Refund => ("paid back", movement.amount),
                MovementKind::Change => ("change given", movement.amount),
                MovementKind::Authorisation | MovementKind::Void | MovementKind::Unknown(_) => {
                    return None;
                }
            };
            let by = match &movement.tender {
                Tender::Gateway(gateway) => gateway.name.as_str(),
                Tender::GiftCard => "gift card",
                Tender::StoreCredit => "store credit",
            };
            let text = format!("{what} by {by} at {}", movement.processed_at);
            Some(term(text, &movement.id, amount))
        })
        .collect()
}

/// A payout as the sum of its rows, beside what the gateway states where it does.
fn of_payout(payout: &Payout, facts: &[Fact]) -> Result<Sum, MoneyError> {
    let mut terms = Vec::new();
    for row in payout_rows(payout, facts) {
        let order = row.order_name.as_deref().unwrap_or_default();
        let text = match row.fee.is_zero() {
            true => format!("{} {order}", row.vendor_type),
            false => format!(
                "{} {order}: {} less fee {}",
                row.vendor_type,
                row.amount.amount_text(),
                row.fee.amount_text()
            ),
        };
        terms.push(term(text, row.id.as_str(), row.net));
    }
    let about = format!("{}: payout of {}", payout.id, payout.issued_on);
    if payout.by_rows {
        return Sum::of(format!("{about}, by its rows alone"), terms, payout.net);
    }
    let sum = Sum::of(about, terms, payout.net)?;
    Ok(Sum { stated: Some(payout.net), ..sum })
}

/// An account over some time, by currency: what stood on it before, what documents brought, and
/// beside it what stands on it afterwards by the book's running sums. Debit is positive.
///
/// # Errors
/// Where amounts are too large.
pub fn of_account<'a>(
    account: &str,
    about: &str,
    before: &Balance,
    documents: impl Iterator<Item = (&'a str, &'a Document)>,
    after: &Balance,
) -> Result<Vec<Sum>, MoneyError> {
    let mut terms: Vec<Term> = Vec::new();
    for amount in before.iter() {
        terms.push(term("before".to_owned(), "", amount));
    }
    for (key, document) in documents {
        for line in document.lines().iter().filter(|line| &*line.account.name == account) {
            terms.push(term(document.header().memo.clone(), key, line.held()));
        }
    }
    let mut currencies: Vec<_> = terms.iter().map(|term| term.amount.currency()).collect();
    currencies.sort_unstable();
    currencies.dedup();
    let of = |currency| {
        let terms = terms.iter().filter(|term| term.amount.currency() == currency);
        let zero = Money::from_minor(0, currency);
        let sum = Sum::of(about.to_owned(), terms.cloned().collect(), zero)?;
        Ok(Sum { stated: Some(after.of(currency)), ..sum })
    };
    currencies.into_iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{DocumentKind, Header, Line, LineKind};
    use crate::ledger::{Account, AccountKind, Dimensions};

    fn money(text: &str) -> Money {
        text.parse().unwrap()
    }

    fn transfer(amount: &str) -> Document {
        let header = Header {
            slot: "payout".to_owned(),
            kind: DocumentKind::Transfer,
            date: "2026-08-10".parse().unwrap(),
            currency: money(amount).currency(),
            party: None,
            applies_to: None,
            due: None,
            ships_to: None,
            reference: String::new(),
            memo: "Payout".to_owned(),
        };
        let line = |name, amount| Line {
            kind: LineKind::Settlement,
            account: Account::new(name, AccountKind::Bank),
            dimensions: Dimensions::default(),
            amount,
            foreign: None,
            taxes: Vec::new(),
            quantity: None,
            text: String::new(),
            origin: String::new(),
        };
        let amount = money(amount);
        Document::new(header, vec![line("Bank", amount), line("Clearing", amount.negated())])
            .unwrap()
    }

    fn balance(amounts: &[&str]) -> Balance {
        let mut balance = Balance::new();
        for amount in amounts {
            balance.add(money(amount)).unwrap();
        }
        balance
    }

    #[test]
    fn an_account_is_what_stood_on_it_and_what_came() {
        let (dollars, euros) = (transfer("5.00 USD"), transfer("7.00 EUR"));
        let documents = [("A", &dollars), ("B", &euros)];
        let before = balance(&["-1.00 USD"]);
        let after = balance(&["-6.00 USD", "-6.99 EUR"]);
        let sums =
            of_account("Clearing", "Clearing", &before, documents.into_iter(), &after).unwrap();
        let totals: Vec<String> = sums.iter().map(|sum| sum.total.to_string()).collect();
        assert_eq!(totals, ["-7.00 EUR", "-6.00 USD"]);
        let holds: Vec<bool> = sums.iter().map(Sum::holds).collect();
        assert_eq!(holds, [false, true], "a cent is missing in the euros");
        let terms: Vec<&str> = sums[1].terms.iter().map(|term| term.origin.as_str()).collect();
        assert_eq!(terms, ["", "A"]);
    }
}
