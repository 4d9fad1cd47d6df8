//! Documents, and what documents refer to, as the vendor's requests.

use super::amending;
use super::cards::CardCharge;
use super::deposits;
use super::foreign::ForeignJournal;
use super::listed;
use super::lists;
use super::names::{self, Taken};
use super::orders::OpenLines;
use super::refunds::{Refund, Refunded};
use super::shape::{self, Bill, Form, FormLine, PostingLine, Shape};
use super::stock::{
    self, Adjustment, CountedLine, InventoryAdjustment, ItemLine, OrderLine, PurchaseOrder,
    QuantityAdjustment, Stocked,
};
use super::voiding;
use super::wire::{
    self, Applied, BillPayment, Check, Deposit, DepositLine, ExpenseLine, Journal, JournalLine,
    JournalPosting, Kind, PaidOut, Received, Reference, SalesForm, SalesLine, Transfer,
};
use jiff::civil::Date;
use rust_decimal::Decimal;
use saldo_core::book::{Bindings, BookContext, Need, Subject};
use saldo_core::document::{Document, DocumentKey, Party};
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::money::Money;
use serde::Serialize;

/// The code of what is not taxed: tax of ours stands in lines, and QuickBooks must add none.
pub(super) const NOT_TAXED: &str = "Non";

/// What creates a subject: the name of the thing, and the element of that name with what is done
/// behind it.
pub(super) struct Body {
    pub(super) name: &'static str,
    /// What is done with it, as requests say it: `Add`, `Mod`, `Void` or `Query`.
    pub(super) verb: &'static str,
    pub(super) xml: String,
}

impl Body {
    /// A body of these fields.
    ///
    /// # Errors
    /// Never for fields that can be written; the words say what could not.
    pub(super) fn new(name: &'static str, fields: &impl Serialize) -> Result<Self, String> {
        Self::of(name, "Add", fields)
    }

    /// A body that changes what is there.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub(super) fn change(name: &'static str, fields: &impl Serialize) -> Result<Self, String> {
        Self::of(name, "Mod", fields)
    }

    fn of(name: &'static str, verb: &'static str, fields: &impl Serialize) -> Result<Self, String> {
        let xml = quick_xml::se::to_string_with_root(&format!("{name}{verb}"), fields);
        let xml = xml.map_err(|error| format!("it cannot be written: {error}"))?;
        Ok(Self { name, verb, xml })
    }
}

/// The body that creates a subject.
///
/// # Errors
/// In words, why this book cannot hold it, or what is not bound.
pub(super) fn body(
    subject: &Subject,
    context: &BookContext,
    taken: &mut Taken<'_>,
) -> Result<Body, String> {
    match subject {
        Subject::Need(need) => lists::entry(need, &context.bindings, taken),
        Subject::Document { voids: Some(voided), .. } => voiding::body(voided),
        Subject::Amended { .. } => amending::body(subject, context),
        Subject::Document { draft: true, .. } | Subject::Confirmed { .. } => {
            Err("QuickBooks Desktop holds no drafts of such documents".to_owned())
        }
        Subject::Attached { .. } => {
            Err("QuickBooks Desktop takes no files from other programs".to_owned())
        }
        Subject::Document { key, document, applies_to, .. } => {
            let as_deposit = deposits::are_wanted(&context.settings);
            transaction((*key, document, *applies_to), as_deposit, context)
        }
    }
}

/// A document as the vendor's transaction: as a deposit, where it is wanted so and may be one.
///
/// # Errors
/// As [`body`].
pub(super) fn transaction(
    (key, document, applies_to): (DocumentKey, &Document, Option<DocumentKey>),
    as_deposit: bool,
    context: &BookContext,
) -> Result<Body, String> {
    let header = document.header();
    let about = |reason: String| format!("{} {key} ({}): {reason}", header.kind, header.reference);
    if header.currency != context.currency {
        let reason = format!(
            "it is in {}, and the company's books are in {}",
            header.currency, context.currency
        );
        return Err(about(reason));
    }
    let shape = shape::shape_for(document, applies_to).map_err(about)?;
    let writer = Writer {
        bindings: &context.bindings,
        party: header.party.as_ref(),
        date: header.date,
        number: key.to_string(),
        memo: names::memo(&header.memo, key),
        applies_to,
        paid_by: listed::paid_by(&shape, document),
        owed_on: listed::owed_on(&shape, document),
    };
    let body = match &shape {
        Shape::Form(form) => writer.form(form, header.due),
        Shape::Received { receivable, deposit, amount } => {
            writer.received(receivable, deposit, *amount)
        }
        Shape::Refunded { receivable, account, amount } => {
            writer.refunded(receivable, account, *amount)
        }
        Shape::Transfer { from, to, amount } if as_deposit && deposits::may_be(from, to) => {
            writer.deposit(from, to, *amount, &header.reference)
        }
        Shape::Transfer { from, to, amount } => writer.transfer(from, to, *amount),
        Shape::Check { account, lines, .. } => writer.check(account, lines),
        Shape::Card(charge) => writer.card(charge),
        Shape::Bill(bill) => writer.bill(bill, header.due),
        Shape::BillPayment { payable, account, amount } => {
            writer.bill_payment(payable, account, *amount)
        }
        Shape::Order(order) => writer.order(order),
        Shape::Adjustment(adjustment) => writer.adjustment(adjustment),
        Shape::Journal(lines) => writer.journal(lines),
        Shape::Foreign(journal) => writer.foreign(journal),
    };
    body.map_err(about)
}

/// What a transaction says of itself, and what its references are looked up in.
struct Writer<'a> {
    bindings: &'a Bindings,
    party: Option<&'a Party>,
    date: Date,
    number: String,
    memo: String,
    applies_to: Option<DocumentKey>,
    paid_by: Option<Need>,
    owed_on: Option<Need>,
}

impl Writer<'_> {
    fn reference(&self, need: &Need) -> Result<Reference, String> {
        let remote = self.bindings.need(need);
        remote
            .map(|remote| Reference::to(remote.as_str()))
            .ok_or_else(|| format!("`{}` is not bound", need.binding()))
    }

    fn account(&self, account: &Account) -> Result<Reference, String> {
        self.reference(&Need::Account(account.clone()))
    }

    fn class(&self, value: Option<&str>) -> Result<Option<Reference>, String> {
        value.map(|value| self.reference(&shape::class(value))).transpose()
    }

    fn party(&self) -> Result<Option<Reference>, String> {
        self.party.map(|party| self.reference(&Need::Party(party.clone()))).transpose()
    }

    fn required_party(&self) -> Result<Reference, String> {
        self.party()?.ok_or_else(|| "it must say whom it is about".to_owned())
    }

    /// When it is to be paid: no earlier than its own day, on which it is due where nobody says
    /// more.
    fn due(&self, due: Option<Date>) -> String {
        due.map_or(self.date, |due| due.max(self.date)).to_string()
    }

    fn form(&self, form: &Form<'_>, due: Option<Date>) -> Result<Body, String> {
        let total_on = form.total_on.map(|account| self.account(account)).transpose()?;
        let lines = form.lines.iter().map(|line| self.form_line(line));
        let lines: Vec<SalesLine> = lines.collect::<Result<_, _>>()?;
        let mut fields = SalesForm {
            customer_ref: self.party()?,
            txn_date: self.date.to_string(),
            ref_number: self.number.clone(),
            payment_method_ref: listed::reference(self.paid_by.as_ref(), self.bindings),
            terms_ref: listed::reference(self.owed_on.as_ref(), self.bindings),
            // What was entered before it was asked for has none.
            item_sales_tax_ref: self.reference(&shape::no_tax()).ok(),
            memo: self.memo.clone(),
            ..SalesForm::default()
        };
        match form.kind {
            Kind::SalesReceipt => {
                (fields.deposit_to_account_ref, fields.receipt_lines) = (total_on, lines);
            }
            Kind::Invoice => {
                fields.due_date = Some(self.due(due));
                (fields.ar_account_ref, fields.invoice_lines) = (total_on, lines);
            }
            _ => (fields.ar_account_ref, fields.credit_memo_lines) = (total_on, lines),
        }
        Body::new(form.kind.name(), &fields)
    }

    fn form_line(&self, line: &FormLine<'_>) -> Result<SalesLine, String> {
        let price = unit_price(line);
        let units = line.quantity.filter(|_| line.kept.is_some());
        let desc = match (line.quantity, &price) {
            (Some(units), None) if units > 1 && line.kept.is_none() => {
                format!("{units} x {}", line.text)
            }
            _ => line.text.to_owned(),
        };
        // Units in stock count whether a price of one gives the amount or not.
        let (quantity, rate) = match units {
            Some(units) => (Some(units.to_string()), stock::price(line.amount, units)),
            None => price.unzip(),
        };
        Ok(SalesLine {
            item_ref: self.reference(&Need::Item(line.item()))?,
            desc: names::text(&desc, names::TEXT),
            quantity,
            rate,
            class_ref: self.class(line.class)?,
            amount: amount(line.amount)?,
            sales_tax_code_ref: Reference::named(NOT_TAXED),
        })
    }

    fn received(
        &self,
        receivable: &Account,
        deposit: &Account,
        money: Money,
    ) -> Result<Body, String> {
        let applied = self.applied("invoice", money)?;
        let fields = Received {
            customer_ref: self.required_party()?,
            ar_account_ref: self.account(receivable)?,
            txn_date: self.date.to_string(),
            ref_number: self.number.clone(),
            total_amount: amount(money)?,
            payment_method_ref: listed::reference(self.paid_by.as_ref(), self.bindings),
            memo: self.memo.clone(),
            deposit_to_account_ref: self.account(deposit)?,
            is_auto_apply: applied.is_empty().then_some(false),
            applied,
        };
        Body::new(Kind::ReceivePayment.name(), &fields)
    }

    fn refunded(
        &self,
        receivable: &Account,
        paid_from: &Account,
        money: Money,
    ) -> Result<Body, String> {
        let applied = self.applied("credit memo", money)?.into_iter().map(Refunded::from);
        let fields = Refund {
            customer_ref: self.required_party()?,
            refund_from_account_ref: self.account(paid_from)?,
            ar_account_ref: self.account(receivable)?,
            txn_date: self.date.to_string(),
            ref_number: self.number.clone(),
            payment_method_ref: listed::reference(self.paid_by.as_ref(), self.bindings),
            memo: self.memo.clone(),
            applied: applied.collect(),
        };
        Body::new(Kind::ARRefundCreditCard.name(), &fields)
    }

    /// What a payment pays; nothing where it pays nothing in particular.
    fn applied(&self, what: &str, money: Money) -> Result<Vec<Applied>, String> {
        let Some(key) = self.applies_to else { return Ok(Vec::new()) };
        let remote = self.bindings.document(key);
        let remote = remote.ok_or_else(|| format!("its {what} {key} is not bound"))?;
        Ok(vec![Applied { txn_id: remote.to_string(), payment_amount: amount(money)? }])
    }

    fn transfer(&self, from: &Account, to: &Account, money: Money) -> Result<Body, String> {
        let fields = Transfer {
            txn_date: self.date.to_string(),
            transfer_from_account_ref: self.account(from)?,
            transfer_to_account_ref: self.account(to)?,
            amount: amount(money)?,
            memo: self.memo.clone(),
        };
        Body::new(Kind::Transfer.name(), &fields)
    }

    fn deposit(
        &self,
        from: &Account,
        to: &Account,
        money: Money,
        reference: &str,
    ) -> Result<Body, String> {
        let line = DepositLine {
            // Nobody is made for it alone.
            entity_ref: self.party().ok().flatten(),
            account_ref: self.account(from)?,
            memo: names::text(reference, names::TEXT),
            amount: amount(money)?,
        };
        let fields = Deposit {
            txn_date: self.date.to_string(),
            deposit_to_account_ref: self.account(to)?,
            memo: self.memo.clone(),
            lines: vec![line],
        };
        Body::new(Kind::Deposit.name(), &fields)
    }

    /// A cheque. One on the receivable is applied to the credit memo that it pays back: the vendor
    /// wants the amounts that are applied to be that of the line, on the same receivable, and of
    /// the customer whom the cheque is paid to.
    fn check(&self, paid_from: &Account, lines: &[PostingLine<'_>]) -> Result<Body, String> {
        let owed = lines.iter().find(|line| line.account.kind == AccountKind::Receivable);
        let applied = owed.map(|line| self.applied("credit memo", line.amount)).transpose()?;
        let applied = applied.into_iter().flatten();
        let fields = Check {
            account_ref: self.account(paid_from)?,
            payee_entity_ref: self.party()?,
            ref_number: self.number.clone(),
            txn_date: self.date.to_string(),
            memo: self.memo.clone(),
            is_to_be_printed: false,
            applied: applied
                .map(|it| PaidOut { txn_id: it.txn_id, amount: it.payment_amount })
                .collect(),
            lines: self.expense_lines(lines)?,
            items: self.item_lines(lines, None)?,
        };
        Body::new(Kind::Check.name(), &fields)
    }

    fn card(&self, charge: &CardCharge<'_>) -> Result<Body, String> {
        let fields = wire::CardCharge {
            account_ref: self.account(charge.card)?,
            payee_entity_ref: self.party()?,
            txn_date: self.date.to_string(),
            ref_number: self.number.clone(),
            memo: self.memo.clone(),
            lines: self.expense_lines(&charge.lines)?,
        };
        Body::new(charge.kind.name(), &fields)
    }

    fn expense_lines(&self, lines: &[PostingLine<'_>]) -> Result<Vec<ExpenseLine>, String> {
        let line = |line: &PostingLine<'_>| {
            let is_receivable = line.account.kind == AccountKind::Receivable;
            Ok(ExpenseLine {
                account_ref: self.account(line.account)?,
                amount: amount(line.amount)?,
                memo: names::text(line.text, names::TEXT),
                customer_ref: is_receivable.then(|| self.required_party()).transpose()?,
                class_ref: self.class(line.class)?,
            })
        };
        lines.iter().filter(|line| line.stocked.is_none()).map(line).collect()
    }

    /// Units of items at what all of them cost.
    fn item_lines(
        &self,
        lines: &[PostingLine<'_>],
        mut order: Option<OpenLines<'_>>,
    ) -> Result<Vec<ItemLine>, String> {
        let line = |(line, stocked): (&PostingLine<'_>, Stocked<'_>)| {
            let item = self.reference(&Need::Item(stocked.item()))?;
            let id = item.list_id.as_deref().unwrap_or_default();
            let link_to_txn = order.as_mut().and_then(|order| order.take(id));
            Ok(ItemLine {
                item_ref: link_to_txn.is_none().then_some(item),
                desc: names::text(line.text, names::TEXT),
                quantity: stocked.units.to_string(),
                cost: stock::price(line.amount, stocked.units),
                amount: amount(line.amount)?,
                class_ref: self.class(line.class)?,
                link_to_txn,
            })
        };
        lines.iter().filter_map(|line| Some((line, line.stocked?))).map(line).collect()
    }

    /// The lines of the purchase order that goods came in by.
    fn ordered(&self, kind: Kind) -> Result<Option<OpenLines<'_>>, String> {
        let Some(key) = self.applies_to.filter(|_| kind == Kind::ItemReceipt) else {
            return Ok(None);
        };
        let remote = self.bindings.document(key);
        let remote = remote.ok_or_else(|| format!("its purchase order {key} is not bound"))?;
        Ok(Some(OpenLines::of(remote)))
    }

    fn order(&self, order: &Bill<'_>) -> Result<Body, String> {
        let line = |line: ItemLine| OrderLine {
            item_ref: line.item_ref,
            desc: line.desc,
            quantity: line.quantity,
            rate: line.cost,
            class_ref: line.class_ref,
            amount: line.amount,
        };
        let fields = PurchaseOrder {
            vendor_ref: self.required_party()?,
            txn_date: self.date.to_string(),
            ref_number: self.number.clone(),
            memo: self.memo.clone(),
            lines: self.item_lines(&order.lines, None)?.into_iter().map(line).collect(),
        };
        Body::new(Kind::PurchaseOrder.name(), &fields)
    }

    fn adjustment(&self, adjustment: &Adjustment<'_>) -> Result<Body, String> {
        let line = |line: &Stocked<'_>| {
            let quantity_difference = line.units.to_string();
            Ok::<_, String>(CountedLine {
                item_ref: self.reference(&Need::Item(line.item()))?,
                quantity_adjustment: QuantityAdjustment { quantity_difference },
            })
        };
        let fields = InventoryAdjustment {
            account_ref: self.account(adjustment.account)?,
            txn_date: self.date.to_string(),
            ref_number: self.number.clone(),
            class_ref: self.class(adjustment.class)?,
            memo: self.memo.clone(),
            lines: adjustment.lines.iter().map(line).collect::<Result<_, _>>()?,
        };
        Body::new(Kind::InventoryAdjustment.name(), &fields)
    }

    fn bill(&self, bill: &Bill<'_>, due: Option<Date>) -> Result<Body, String> {
        let fields = wire::Bill {
            vendor_ref: self.required_party()?,
            ap_account_ref: bill.payable.map(|account| self.account(account)).transpose()?,
            txn_date: self.date.to_string(),
            due_date: (bill.kind == Kind::Bill).then(|| self.due(due)),
            ref_number: self.number.clone(),
            terms_ref: listed::reference(self.owed_on.as_ref(), self.bindings),
            memo: self.memo.clone(),
            lines: self.expense_lines(&bill.lines)?,
            items: self.item_lines(&bill.lines, self.ordered(bill.kind)?)?,
        };
        Body::new(bill.kind.name(), &fields)
    }

    fn bill_payment(
        &self,
        payable: &Account,
        paid_from: &Account,
        money: Money,
    ) -> Result<Body, String> {
        let applied = self.applied("bill", money)?;
        let paid_by = Some(self.account(paid_from)?);
        let (kind, bank_account_ref, credit_card_account_ref) = match paid_from.kind {
            AccountKind::CreditCard => (Kind::BillPaymentCreditCard, None, paid_by),
            _ => (Kind::BillPaymentCheck, paid_by, None),
        };
        let fields = BillPayment {
            payee_entity_ref: self.required_party()?,
            ap_account_ref: self.account(payable)?,
            txn_date: self.date.to_string(),
            bank_account_ref,
            credit_card_account_ref,
            ref_number: self.number.clone(),
            memo: self.memo.clone(),
            applied,
        };
        Body::new(kind.name(), &fields)
    }

    fn journal(&self, lines: &[PostingLine<'_>]) -> Result<Body, String> {
        let fields = Journal {
            txn_date: self.date.to_string(),
            ref_number: self.number.clone(),
            lines: self.journal_lines(lines)?,
            ..Journal::default()
        };
        Body::new(Kind::JournalEntry.name(), &fields)
    }

    fn foreign(&self, journal: &ForeignJournal<'_>) -> Result<Body, String> {
        let lines: Vec<PostingLine<'_>> = journal.lines().collect();
        let fields = Journal {
            txn_date: self.date.to_string(),
            ref_number: self.number.clone(),
            is_amounts_entered_in_home_currency: Some(false),
            currency_ref: Some(self.reference(&journal.currency())?),
            exchange_rate: Some(journal.rate.to_string()),
            lines: self.journal_lines(&lines)?,
        };
        Body::new(Kind::JournalEntry.name(), &fields)
    }

    fn journal_lines(&self, lines: &[PostingLine<'_>]) -> Result<Vec<JournalLine>, String> {
        let mut written = Vec::new();
        for line in lines {
            let owed = matches!(line.account.kind, AccountKind::Receivable | AccountKind::Payable);
            // A journal entry has no memo of its own: its first line says what it is about.
            let memo = match written.is_empty() {
                true => self.memo.clone(),
                false => names::text(line.text, names::TEXT),
            };
            let posting = JournalPosting {
                account_ref: self.account(line.account)?,
                amount: amount(line.amount.abs())?,
                memo,
                entity_ref: owed.then(|| self.required_party()).transpose()?,
                class_ref: self.class(line.class)?,
            };
            written.push(match line.amount.is_negative() {
                true => JournalLine::Credit(posting),
                false => JournalLine::Debit(posting),
            });
        }
        Ok(written)
    }
}

/// An amount as the vendor reads it: two decimals, always, whatever its currency has.
///
/// # Errors
/// In words, where the currency has others, or there are too many digits.
fn amount(money: Money) -> Result<String, String> {
    let text = match money.currency().exponent() {
        0 => format!("{}.00", money.amount_text()),
        _ => money.amount_text(),
    };
    let digits = text.trim_start_matches('-');
    let whole = digits.split_once('.').filter(|(_, decimals)| decimals.len() == 2);
    match whole {
        Some((whole, _)) if whole.len() <= 13 => Ok(text),
        _ => Err(format!("{money} is no amount that QuickBooks takes")),
    }
}

/// Units and unit price, where they multiply to the amount exactly with at most five decimals. The
/// units carry the sign.
fn unit_price(line: &FormLine<'_>) -> Option<(String, String)> {
    let units = line.quantity.filter(|units| *units > 0)?;
    let amount: Decimal = line.amount.amount_text().parse().ok()?;
    let sign = if amount.is_sign_negative() { -1 } else { 1 };
    let units = Decimal::from(units.checked_mul(sign)?);
    let price = amount.checked_div(units)?.normalize();
    let exact = price.scale() <= 5 && price.checked_mul(units)? == amount;
    exact.then(|| (units.to_string(), price.to_string()))
}
