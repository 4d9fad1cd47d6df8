//! Documents, and what documents refer to, as the vendor's bodies.

use super::amending;
use super::dimensions;
use super::foreign::ForeignJournal;
use super::names::{self, List, Taken};
use super::shape::{Adjustment, Bill, Form, FormLine, PostingLine, Shape, Stocked, shape};
use super::tax;
use super::voiding;
use super::wire::{
    self, AdjustmentDetail, CheckPayment, Entity, ExpenseDetail, ItemExpenseDetail, JournalDetail,
    JournalEntity, LinkedTransaction, ListEntity, Reference, SalesItemDetail, Transaction,
};
use crate::foreign::Sum;
use crate::json;
use jiff::civil::Date;
use rust_decimal::Decimal;
use saldo_core::book::{Bindings, BookContext, Item, Need, Subject};
use saldo_core::document::{Document, DocumentKey, KeptItem, Party};
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::money::{Currency, Money};
use serde_json::{Number, Value};

/// A body that the vendor takes for a write.
pub(super) struct Body {
    pub(super) entity: Entity,
    pub(super) operation: Operation,
    pub(super) json: Value,
}

/// What the vendor is to do with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// Make it be there.
    Create,
    /// Make a form nil.
    Void,
    /// Make a payment nil, which is an update that says so.
    VoidByUpdate,
    /// Close a purchase order.
    Close,
    /// Have a form say something else.
    Amend,
}

impl Operation {
    /// The vendor's word for it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Void => "void",
            Self::VoidByUpdate | Self::Close | Self::Amend => "update",
        }
    }

    /// What is said beside the word.
    pub(super) const fn options(self) -> Option<&'static str> {
        match self {
            Self::Create | Self::Void | Self::Close | Self::Amend => None,
            Self::VoidByUpdate => Some("void"),
        }
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
        Subject::Need(need) => {
            let (entity, fields) = list_entity(need, &context.bindings, taken)?;
            json(entity, &fields)
        }
        Subject::Document { voids: Some(voided), .. } => voiding::body(voided),
        Subject::Document { draft: true, .. } | Subject::Confirmed { .. } => {
            Err("QuickBooks holds no drafts of such documents".to_owned())
        }
        Subject::Amended { .. } => amending::body(subject, context),
        Subject::Attached { .. } => Err("a file goes by itself".to_owned()),
        Subject::Document { key, document, applies_to, .. } => {
            let (entity, fields) = transaction(*key, document, *applies_to, context)?;
            json(entity, &fields)
        }
    }
}

fn json(entity: Entity, fields: &impl serde::Serialize) -> Result<Body, String> {
    let json = json::to_json(fields).map_err(|fault| fault.message)?;
    Ok(Body { entity, operation: Operation::Create, json })
}

/// The private note of a document: what it says, and the marker by which it is found again.
pub(super) fn note(memo: &str, key: DocumentKey) -> String {
    let marker = marker(key);
    let memo = names::text(memo, names::TEXT - marker.len() - 1);
    if memo.is_empty() { marker } else { format!("{memo} {marker}") }
}

/// The marker of a document.
pub(super) fn marker(key: DocumentKey) -> String {
    format!("saldo:{key}")
}

/// A document as the vendor's transaction.
///
/// # Errors
/// As [`body`].
pub(super) fn transaction(
    key: DocumentKey,
    document: &Document,
    applies_to: Option<DocumentKey>,
    context: &BookContext,
) -> Result<(Entity, Transaction), String> {
    let header = document.header();
    let about = |reason: String| format!("{} {key} ({}): {reason}", header.kind, header.reference);
    if header.currency != context.currency {
        let reason = format!(
            "it is in {}, and the company's books are in {}",
            header.currency, context.currency
        );
        return Err(about(reason));
    }
    let shape = shape(document).map_err(about)?;
    let common = Transaction {
        txn_date: Some(header.date.to_string()),
        currency_ref: Some(Reference::to(header.currency.code())),
        private_note: Some(note(&header.memo, key)),
        ..Transaction::default()
    };
    let numbered = Transaction { doc_number: Some(document.number(key)), ..common.clone() };
    // Outside the United States the lines of purchases would each want a code otherwise.
    let global_tax_calculation = tax::calculation_without(context);
    let bought = Transaction { global_tax_calculation, ..numbered.clone() };
    let writer = Writer { context, bindings: &context.bindings, party: header.party.as_ref() };
    let body = match &shape {
        Shape::Form(form) => {
            let ship_addr = tax::place(header.ships_to.as_ref(), context);
            writer.form(form, header.due, Transaction { ship_addr, ..numbered })
        }
        Shape::Payment { deposit, amount } => writer.payment(deposit, *amount, applies_to, common),
        Shape::Transfer { from, to, amount } => writer.transfer(from, to, *amount, common),
        Shape::Purchase { account, lines, location, .. } => {
            writer.purchase(account, lines, *location, bought)
        }
        Shape::Bill(bill) => {
            let linked = writer.ordered(applies_to)?;
            writer.bill(bill, header.due, Transaction { linked_txn: linked, ..bought })
        }
        Shape::Order(order) => {
            let po_status = Some("Open".to_owned());
            writer.bill(order, None, Transaction { po_status, ..bought })
        }
        Shape::Adjustment(adjustment) => writer.adjustment(adjustment, numbered),
        Shape::BillPayment { payable, account, amount } => {
            writer.bill_payment((payable, account), *amount, applies_to, numbered)
        }
        Shape::Journal(lines) => writer.journal(lines, numbered),
        Shape::ForeignJournal(journal) => writer.foreign_journal(journal, numbered),
    };
    Ok((shape.entity(), body.map_err(about)?))
}

/// What a transaction's references are looked up in.
struct Writer<'a> {
    context: &'a BookContext,
    bindings: &'a Bindings,
    party: Option<&'a Party>,
}

impl Writer<'_> {
    fn reference(&self, need: &Need) -> Result<Reference, String> {
        let remote = self.bindings.need(need);
        remote
            .map(|remote| Reference::to(remote.as_str()))
            .ok_or_else(|| format!("`{}` is not bound", need.binding()))
    }

    fn account(&self, account: &Account) -> Result<Option<Reference>, String> {
        self.reference(&Need::Account(account.clone())).map(Some)
    }

    fn class(&self, value: Option<&str>) -> Result<Option<Reference>, String> {
        value.map(|value| self.reference(&dimensions::class(value))).transpose()
    }

    fn location(&self, value: Option<&str>) -> Result<Option<Reference>, String> {
        value.map(|value| self.reference(&dimensions::location(value))).transpose()
    }

    fn party(&self) -> Result<Option<Reference>, String> {
        self.party.map(|party| self.reference(&Need::Party(party.clone()))).transpose()
    }

    fn form(
        &self,
        form: &Form<'_>,
        due: Option<Date>,
        common: Transaction,
    ) -> Result<Transaction, String> {
        let due_date = match form.entity {
            Entity::Invoice => due_date(due, &common),
            _ => None,
        };
        let said = tax::said(form, self.context)?;
        let lines = form.lines.iter().zip(&said.of_lines);
        let lines = lines.map(|(line, code)| self.form_line(line, code.as_deref()));
        Ok(Transaction {
            due_date,
            department_ref: self.location(form.location)?,
            customer_ref: self.party()?,
            deposit_to_account_ref: form.deposit.map(|it| self.account(it)).transpose()?.flatten(),
            line: lines.collect::<Result<_, _>>()?,
            global_tax_calculation: said.calculation.clone(),
            txn_tax_detail: Some(said.detail.clone()),
            ..common
        })
    }

    fn form_line(&self, line: &FormLine<'_>, code: Option<&str>) -> Result<wire::Line, String> {
        let price = unit_price(line);
        if line.kept.is_some() && price.is_none() && line.quantity.is_some_and(|units| units != 0) {
            return Err(format!(
                "no price of a unit gives {} for the units of `{}` that leave stock: enter them in \
                 several documents",
                line.amount, line.text
            ));
        }
        let description = match (line.quantity, &price) {
            (Some(units), None) if units > 1 => format!("{units} x {}", line.text),
            _ => line.text.to_string(),
        };
        let (qty, unit_price) = price.unzip();
        let detail = SalesItemDetail {
            item_ref: Some(self.reference(&Need::Item(line.item()))?),
            class_ref: self.class(line.class)?,
            qty,
            unit_price,
            tax_code_ref: code.map(Reference::to),
        };
        Ok(wire::Line {
            sales_item_line_detail: Some(detail),
            ..wire_line("SalesItemLineDetail", line.amount, &description)
        })
    }

    fn payment(
        &self,
        deposit: &Account,
        amount: Money,
        applies_to: Option<DocumentKey>,
        common: Transaction,
    ) -> Result<Transaction, String> {
        Ok(Transaction {
            customer_ref: self.party()?,
            deposit_to_account_ref: self.account(deposit)?,
            total_amt: Some(json::number(amount)),
            line: self.paid(Entity::Invoice, applies_to, amount)?,
            ..common
        })
    }

    /// The line that says what a payment pays; none where it pays nothing in particular.
    fn paid(
        &self,
        entity: Entity,
        applies_to: Option<DocumentKey>,
        amount: Money,
    ) -> Result<Vec<wire::Line>, String> {
        let Some(key) = applies_to else { return Ok(Vec::new()) };
        let what = entity.name();
        let remote = self.bindings.document(key);
        let remote = remote.ok_or_else(|| format!("its {what} {key} is not bound"))?;
        let linked = LinkedTransaction { txn_id: remote.to_string(), txn_type: what.to_owned() };
        let amount = Some(json::number(amount));
        Ok(vec![wire::Line { amount, linked_txn: vec![linked], ..Default::default() }])
    }

    fn bill(
        &self,
        bill: &Bill<'_>,
        due: Option<Date>,
        common: Transaction,
    ) -> Result<Transaction, String> {
        let due_date = match bill.entity {
            Entity::Bill => due_date(due, &common),
            _ => None,
        };
        Ok(Transaction {
            due_date,
            department_ref: self.location(bill.location)?,
            vendor_ref: self.party()?,
            ap_account_ref: bill.payable.map(|it| self.account(it)).transpose()?.flatten(),
            line: self.expense_lines(&bill.lines)?,
            ..common
        })
    }

    /// The purchase order that goods came in by.
    fn ordered(&self, applies_to: Option<DocumentKey>) -> Result<Vec<LinkedTransaction>, String> {
        let Some(key) = applies_to else { return Ok(Vec::new()) };
        let remote = self.bindings.document(key);
        let remote = remote.ok_or_else(|| format!("its purchase order {key} is not bound"))?;
        let txn_type = Entity::PurchaseOrder.name().to_owned();
        Ok(vec![LinkedTransaction { txn_id: remote.to_string(), txn_type }])
    }

    fn adjustment(
        &self,
        adjustment: &Adjustment<'_>,
        common: Transaction,
    ) -> Result<Transaction, String> {
        let line = |line: &PostingLine<'_>| {
            let stocked = line.stocked.ok_or("it is about no item")?;
            let detail = AdjustmentDetail {
                item_ref: Some(self.reference(&Need::Item(stocked.item()))?),
                qty_diff: Some(json::decimal_number(Decimal::from(stocked.units))),
            };
            Ok::<_, String>(wire::Line {
                item_adjustment_line_detail: Some(detail),
                amount: None,
                ..wire_line("ItemAdjustmentLineDetail", line.amount, &line.text)
            })
        };
        Ok(Transaction {
            adjust_account_ref: self.account(adjustment.account)?,
            line: adjustment.lines.iter().map(line).collect::<Result<_, _>>()?,
            ..common
        })
    }

    fn bill_payment(
        &self,
        (payable, paid_from): (&Account, &Account),
        amount: Money,
        applies_to: Option<DocumentKey>,
        common: Transaction,
    ) -> Result<Transaction, String> {
        Ok(Transaction {
            vendor_ref: self.party()?,
            ap_account_ref: self.account(payable)?,
            pay_type: Some("Check".to_owned()),
            check_payment: Some(CheckPayment { bank_account_ref: self.account(paid_from)? }),
            total_amt: Some(json::number(amount)),
            line: self.paid(Entity::Bill, applies_to, amount)?,
            ..common
        })
    }

    fn expense_lines(&self, lines: &[PostingLine<'_>]) -> Result<Vec<wire::Line>, String> {
        let line = |line: &PostingLine<'_>| {
            if let Some(stocked) = &line.stocked {
                return self.item_line(line, stocked);
            }
            let detail = ExpenseDetail {
                account_ref: self.account(line.account)?,
                class_ref: self.class(line.class)?,
            };
            Ok::<_, String>(wire::Line {
                account_based_expense_line_detail: Some(detail),
                ..wire_line("AccountBasedExpenseLineDetail", line.amount, &line.text)
            })
        };
        lines.iter().map(line).collect()
    }

    /// Units of an item at what all of them cost.
    fn item_line(
        &self,
        line: &PostingLine<'_>,
        stocked: &Stocked<'_>,
    ) -> Result<wire::Line, String> {
        let units = stocked.units;
        let price = price_of_all(line.amount, units);
        let price =
            price.ok_or_else(|| format!("{units} units have no price of {}", line.amount))?;
        let detail = ItemExpenseDetail {
            item_ref: Some(self.reference(&Need::Item(stocked.item()))?),
            class_ref: self.class(line.class)?,
            qty: Some(json::decimal_number(Decimal::from(units))),
            unit_price: Some(json::decimal_number(price)),
        };
        Ok(wire::Line {
            item_based_expense_line_detail: Some(detail),
            ..wire_line("ItemBasedExpenseLineDetail", line.amount, &line.text)
        })
    }

    fn transfer(
        &self,
        from: &Account,
        to: &Account,
        amount: Money,
        common: Transaction,
    ) -> Result<Transaction, String> {
        Ok(Transaction {
            from_account_ref: self.account(from)?,
            to_account_ref: self.account(to)?,
            amount: Some(json::number(amount)),
            ..common
        })
    }

    fn purchase(
        &self,
        paid_from: &Account,
        lines: &[PostingLine<'_>],
        location: Option<&str>,
        common: Transaction,
    ) -> Result<Transaction, String> {
        let kind = self.party.map(|party| match party {
            Party::Customer { .. } => Entity::Customer.name().to_owned(),
            Party::Vendor { .. } => Entity::Vendor.name().to_owned(),
        });
        Ok(Transaction {
            account_ref: self.account(paid_from)?,
            department_ref: self.location(location)?,
            entity_ref: self.party()?.map(|reference| Reference { r#type: kind, ..reference }),
            payment_type: Some("Cash".to_owned()),
            line: self.expense_lines(lines)?,
            ..common
        })
    }

    fn journal(
        &self,
        lines: &[PostingLine<'_>],
        common: Transaction,
    ) -> Result<Transaction, String> {
        let lines = lines.iter().map(|line| self.journal_line(line));
        Ok(Transaction { line: lines.collect::<Result<_, _>>()?, ..common })
    }

    fn foreign_journal(
        &self,
        journal: &ForeignJournal<'_>,
        common: Transaction,
    ) -> Result<Transaction, String> {
        let line = |sum: &Sum<'_>| {
            let account = self.reference(&Need::Account(sum.account.clone()))?;
            Ok::<_, String>(ForeignJournal::line(sum, account))
        };
        Ok(Transaction {
            currency_ref: Some(Reference::to(journal.currency().code())),
            exchange_rate: Some(json::decimal_number(journal.rate)),
            line: journal.sums().iter().map(line).collect::<Result<_, _>>()?,
            ..common
        })
    }

    fn journal_line(&self, line: &PostingLine<'_>) -> Result<wire::Line, String> {
        let of_whom = match line.account.kind {
            AccountKind::Receivable => Some(Entity::Customer),
            AccountKind::Payable => Some(Entity::Vendor),
            _ => None,
        };
        let entity = match of_whom {
            Some(entity) => {
                let r#type = entity.name().to_owned();
                Some(JournalEntity { r#type, entity_ref: self.party()? })
            }
            None => None,
        };
        let posting_type = if line.amount.is_negative() { "Credit" } else { "Debit" };
        let detail = JournalDetail {
            posting_type: Some(posting_type.to_owned()),
            account_ref: self.account(line.account)?,
            entity,
            class_ref: self.class(line.class)?,
            department_ref: self.location(line.location)?,
        };
        Ok(wire::Line {
            journal_entry_line_detail: Some(detail),
            ..wire_line("JournalEntryLineDetail", line.amount.abs(), &line.text)
        })
    }
}

/// When it is to be paid: no earlier than its own day, on which it is due where nobody says more.
fn due_date(due: Option<Date>, common: &Transaction) -> Option<String> {
    let due = due.map(|due| due.to_string());
    due.max(common.txn_date.clone())
}

pub(super) fn wire_line(detail_type: &str, amount: Money, text: &str) -> wire::Line {
    let description = names::text(text, names::TEXT);
    wire::Line {
        detail_type: Some(detail_type.to_owned()),
        amount: Some(json::number(amount)),
        description: (!description.is_empty()).then_some(description),
        ..wire::Line::default()
    }
}

/// Units and unit price, where they multiply to the amount exactly with at most seven decimals. The
/// units carry the sign.
fn unit_price(line: &FormLine<'_>) -> Option<(Number, Number)> {
    if line.kept.is_some() {
        let units = line.quantity?;
        let price = price_of_all(line.amount, units)?;
        let units = Decimal::from(units);
        return Some((json::decimal_number(units), json::decimal_number(price)));
    }
    let units = line.quantity.filter(|units| *units > 0)?;
    let amount: Decimal = line.amount.amount_text().parse().ok()?;
    let sign = if amount.is_sign_negative() { -1 } else { 1 };
    let units = Decimal::from(units.checked_mul(sign)?);
    let price = amount.checked_div(units)?.normalize();
    let exact = price.scale() <= 7 && price.checked_mul(units)? == amount;
    exact.then(|| (json::decimal_number(units), json::decimal_number(price)))
}

/// The currency of an account, where it is not the company's: it cannot be changed later.
const fn currency_of(need: &Need) -> Option<Currency> {
    match need {
        Need::ForeignAccount { currency, .. } => Some(*currency),
        _ => None,
    }
}

/// The price of a unit, of at most seven decimals, at which all of them come to the amount once
/// that is rounded to its decimals: units that count are never left out.
fn price_of_all(amount: Money, units: i64) -> Option<Decimal> {
    let (all, units): (Decimal, _) = (amount.amount_text().parse().ok()?, Decimal::from(units));
    let price = all.checked_div(units)?.round_dp(7);
    let comes_to = price.checked_mul(units)?.round_dp(all.scale());
    (comes_to == all).then(|| price.normalize())
}

/// An item that the vendor keeps in stock: none of it is there until it comes in.
fn stock_item(
    item: &Item,
    kept: &KeptItem,
    bindings: &Bindings,
    taken: &mut Taken<'_>,
) -> Result<ListEntity, String> {
    let account = |account: &Account| {
        let need = Need::Account(account.clone());
        let remote = bindings.need(&need);
        let remote = remote.ok_or_else(|| format!("`{}` is not bound", need.binding()))?;
        Ok::<_, String>(Some(Reference::to(remote.as_str())))
    };
    let product = item.product.as_ref();
    let sku = product.and_then(|product| product.sku.as_deref());
    Ok(ListEntity {
        name: Some(taken.choose(List::Items, &names::item(item))),
        r#type: Some("Inventory".to_owned()),
        sku: sku.map(|sku| names::text(sku, 100)).filter(|sku| !sku.is_empty()),
        description: product.map(|product| names::text(&product.title, names::TEXT)),
        income_account_ref: account(&kept.income)?,
        asset_account_ref: account(&kept.stock)?,
        expense_account_ref: account(&kept.cost)?,
        track_qty_on_hand: Some(true),
        qty_on_hand: Some(Number::from(0)),
        inv_start_date: Some(kept.since.to_string()),
        ..ListEntity::default()
    })
}

/// An account, item, customer, vendor, class or location.
fn list_entity(
    need: &Need,
    bindings: &Bindings,
    taken: &mut Taken<'_>,
) -> Result<(Entity, ListEntity), String> {
    match need {
        Need::Account(account) | Need::ForeignAccount { account, .. } => {
            let (account_type, detail) = names::account_type(account.kind);
            let fields = ListEntity {
                currency_ref: currency_of(need).map(|it| Reference::to(it.code())),
                name: Some(names::account(&account.name)),
                account_type: Some(account_type.to_owned()),
                account_sub_type: Some(detail.to_owned()),
                ..ListEntity::default()
            };
            Ok((Entity::Account, fields))
        }
        Need::Item(item) if item.kept.is_some() => {
            let kept = item.kept.as_deref().ok_or("it is not in stock")?;
            stock_item(item, kept, bindings, taken).map(|fields| (Entity::Item, fields))
        }
        Need::Item(item) => {
            let account = Need::Account(item.account.clone());
            let income = bindings.need(&account);
            let income = income.ok_or_else(|| format!("`{}` is not bound", account.binding()))?;
            let mut item_names = names::item(item);
            if names::has_other_item(item, bindings) {
                item_names.remove(0);
            }
            let product = item.product.as_ref();
            let kind = if product.is_some() { "NonInventory" } else { "Service" };
            let sku = product.and_then(|product| product.sku.as_deref());
            let fields = ListEntity {
                name: Some(taken.choose(List::Items, &item_names)),
                r#type: Some(kind.to_owned()),
                sku: sku.map(|sku| names::text(sku, 100)).filter(|sku| !sku.is_empty()),
                description: product.map(|product| names::text(&product.title, names::TEXT)),
                income_account_ref: Some(Reference::to(income.as_str())),
                ..ListEntity::default()
            };
            Ok((Entity::Item, fields))
        }
        Need::Party(party) => {
            let entity = match party {
                Party::Customer { .. } => Entity::Customer,
                Party::Vendor { .. } => Entity::Vendor,
            };
            let fields = ListEntity {
                display_name: Some(taken.choose(List::People, &names::party(party))),
                notes: names::marker(party),
                ..ListEntity::default()
            };
            Ok((entity, fields))
        }
        Need::Value { dimension, value } => {
            let word = &dimension.word;
            let list = dimensions::list_of(word);
            let list = list.ok_or_else(|| format!("no list holds what stands in `{word}`"))?;
            let name = Some(names::account(value.name()));
            let fields = ListEntity { name, ..ListEntity::default() };
            Ok((list, fields))
        }
        Need::Dimension(dimension) => {
            Err(format!("QuickBooks has no dimension `{}` to make", dimension.word))
        }
        Need::TaxRate(tax) => Err(format!("QuickBooks taxes by its own rates, not by `{tax}`")),
        Need::Listed(listed) => Err(format!("documents in QuickBooks Online name no {listed}")),
    }
}
