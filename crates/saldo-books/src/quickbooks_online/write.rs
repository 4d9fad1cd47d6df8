//! Documents as the vendor's bodies.

use super::amending;
use super::bought;
use super::dimensions;
use super::foreign::ForeignJournal;
use super::lists;
use super::names::{self, Taken};
use super::operation::{Body, Operation};
use super::prices::{price_of_all, unit_price};
use super::shape::{Adjustment, Bill, Form, FormLine, PostingLine, Shape, Stocked, shape};
use super::tax::{self, FormTax, Said};
use super::voiding;
use super::wire::{
    self, AdjustmentDetail, CheckPayment, Entity, ExpenseDetail, ItemExpenseDetail, JournalDetail,
    JournalEntity, LinkedTransaction, Reference, SalesItemDetail, Transaction,
};
use crate::foreign::Sum;
use crate::json;
use jiff::civil::Date;
use rust_decimal::Decimal;
use saldo_core::book::{Bindings, BookContext, Need, Subject};
use saldo_core::document::{Document, DocumentKey, Party};
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::money::Money;

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
            let (entity, fields) = lists::list_entity(need, &context.bindings, taken)?;
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
    bought::check_journal(document, &shape).map_err(about)?;
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
        Shape::Purchase { account, lines, taxes, location, .. } => {
            writer.purchase(account, (lines, taxes), *location, bought)
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
        let common = self.for_what(&bill.lines, &bill.taxes, common)?;
        Ok(Transaction {
            due_date,
            department_ref: self.location(bill.location)?,
            vendor_ref: self.party()?,
            ap_account_ref: bill.payable.map(|it| self.account(it)).transpose()?.flatten(),
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

    /// A transaction with what it is for, and the tax of that.
    fn for_what(
        &self,
        lines: &[PostingLine<'_>],
        taxes: &[FormTax],
        common: Transaction,
    ) -> Result<Transaction, String> {
        let said = bought::said(lines, taxes, self.context)?;
        let codes = bought::codes_of(said.as_ref(), lines.len());
        let line = lines.iter().zip(codes).map(|(line, code)| self.expense_line(line, code));
        let line = line.collect::<Result<_, _>>()?;
        Ok(match said {
            None => Transaction { line, ..common },
            Some(Said { detail, calculation, .. }) => Transaction {
                line,
                global_tax_calculation: calculation,
                txn_tax_detail: Some(detail),
                ..common
            },
        })
    }

    fn expense_line(
        &self,
        line: &PostingLine<'_>,
        tax_code_ref: Option<Reference>,
    ) -> Result<wire::Line, String> {
        if let Some(stocked) = &line.stocked {
            return self.item_line(line, stocked, tax_code_ref);
        }
        let detail = ExpenseDetail {
            account_ref: self.account(line.account)?,
            class_ref: self.class(line.class)?,
            tax_code_ref,
        };
        Ok(wire::Line {
            account_based_expense_line_detail: Some(detail),
            ..wire_line("AccountBasedExpenseLineDetail", line.amount, &line.text)
        })
    }

    /// Units of an item at what all of them cost.
    fn item_line(
        &self,
        line: &PostingLine<'_>,
        stocked: &Stocked<'_>,
        tax_code_ref: Option<Reference>,
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
            tax_code_ref,
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
        (lines, taxes): (&[PostingLine<'_>], &[FormTax]),
        location: Option<&str>,
        common: Transaction,
    ) -> Result<Transaction, String> {
        let common = self.for_what(lines, taxes, common)?;
        let kind = self.party.map(|party| match party {
            Party::Customer { .. } => Entity::Customer.name().to_owned(),
            Party::Vendor { .. } => Entity::Vendor.name().to_owned(),
        });
        Ok(Transaction {
            account_ref: self.account(paid_from)?,
            department_ref: self.location(location)?,
            entity_ref: self.party()?.map(|reference| Reference { r#type: kind, ..reference }),
            payment_type: Some("Cash".to_owned()),
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
