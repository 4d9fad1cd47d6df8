//! Payments, and credits that settle what is owed.

use super::element::Element;
use super::fields;
use super::file::CompanyFile;
use super::kind::Kind;
use super::record::{Application, Leg, Record};
use super::status::{Checked, Status};
use super::transactions::{Draft, ITSELF};
use std::collections::BTreeMap;

/// The types of accounts that refunds are paid from: bank accounts and assets.
const REFUNDS_FROM: &[&str] = &["Bank", "OtherCurrentAsset", "FixedAsset", "OtherAsset"];

/// What is used up while a transaction is read, beside what the file knows.
type Used = BTreeMap<u64, i64>;

impl CompanyFile {
    /// Money received on account.
    pub(super) fn receive_payment(&self, draft: &mut Draft, add: &Element) -> Checked<()> {
        let customer = self.required(add, "CustomerRef")?.number;
        let receivable = self.account(add, "ARAccountRef")?.unwrap_or(self.special.receivable);
        self.check_type(receivable, "ARAccountRef", &["AccountsReceivable"])?;
        let deposit = self.account(add, "DepositToAccountRef")?;
        let deposit = deposit.unwrap_or(self.special.undeposited);
        let total = fields::amount(add, "TotalAmount")?.unwrap_or(0);
        if total < 0 {
            let why = "The amount of a payment must not be negative.";
            return Err(Status::refused("TotalAmount", &fields::money(total), why));
        }
        let mut used = Used::new();
        let mut left = total;
        if fields::flag(add, "IsAutoApply") == Some(true) {
            left = self.apply_by_itself(draft, customer, total);
        }
        for applied in add.all("AppliedToTxnAdd") {
            let debt = self.debt(applied, &[Kind::Invoice], "CustomerRef", customer)?;
            left -= self.apply(draft, applied, debt, &mut used)?;
        }
        if left < 0 {
            let why = "The payments that are applied are more than the amount received.";
            return Err(Status::refused("TotalAmount", &fields::money(total), why));
        }
        draft.post(deposit, total);
        draft.post_leg(Leg::new(receivable, -total).of(Some(customer)));
        self.post_discounts(draft, add, receivable, customer, -1)?;
        draft.settles = Some(total);
        draft.body.set("TotalAmount", fields::money(total));
        draft.body.put(self.reference("ARAccountRef", receivable));
        draft.body.put(self.reference("DepositToAccountRef", deposit));
        Ok(())
    }

    /// Settles the oldest invoices of a customer first; what is left.
    fn apply_by_itself(&self, draft: &mut Draft, customer: u64, total: i64) -> i64 {
        let mut left = total;
        let invoices = self.shelf(Kind::Invoice);
        let mut open: Vec<&Record> = invoices
            .filter(|it| self.open(it) > 0 && self.is_of(it, "CustomerRef", customer))
            .collect();
        open.sort_by_key(|invoice| (invoice.date(), invoice.number));
        for invoice in open {
            let minor = left.min(self.open(invoice));
            if minor > 0 {
                let debt = invoice.number;
                draft.applications.push(Application { credit: ITSELF, debt, minor, discount: 0 });
                left -= minor;
            }
        }
        left
    }

    /// Whether a transaction concerns this customer or vendor.
    fn is_of(&self, record: &Record, name: &str, number: u64) -> bool {
        let id = record.body.child(name).and_then(|reference| reference.text_of("ListID"));
        id.and_then(Record::number_in) == Some(number)
    }

    /// What is to be settled: open, of these kinds, and of this customer or vendor.
    fn debt(&self, applied: &Element, kinds: &[Kind], name: &str, party: u64) -> Checked<&Record> {
        let id = applied.text_of("TxnID").unwrap_or("");
        let debt = self.by_id(kinds, id).ok_or_else(|| Status::not_found(id))?;
        if !self.is_of(debt, name, party) {
            let why = "The transaction belongs to somebody else.";
            return Err(Status::refused("TxnID", id, why));
        }
        Ok(debt)
    }

    /// Settles a debt with this transaction and with other credits; how much with this one.
    fn apply(
        &self,
        draft: &mut Draft,
        applied: &Element,
        debt: &Record,
        used: &mut Used,
    ) -> Checked<i64> {
        let payment = fields::amount(applied, "PaymentAmount")?.unwrap_or(0);
        let discount = fields::amount(applied, "DiscountAmount")?.unwrap_or(0);
        if payment < 0 || discount < 0 {
            let text = fields::money(payment.min(discount));
            return Err(Status::refused("PaymentAmount", &text, "It must not be negative."));
        }
        let mut whole = payment + discount;
        let number = debt.number;
        draft.applications.push(Application {
            credit: ITSELF,
            debt: number,
            minor: payment,
            discount,
        });
        for set in applied.all("SetCredit") {
            whole += self.set_credit(draft, set, number, used)?;
        }
        let spent = used.entry(number).or_default();
        *spent += whole;
        if *spent > self.open(debt) {
            let why = "The amount is more than what is still open.";
            return Err(Status::refused("PaymentAmount", &fields::money(whole), why));
        }
        Ok(payment)
    }

    /// Settles a debt with a credit that stands in the file; how much.
    fn set_credit(
        &self,
        draft: &mut Draft,
        set: &Element,
        debt: u64,
        used: &mut Used,
    ) -> Checked<i64> {
        let kinds = match draft.kind {
            Kind::BillPaymentCheck | Kind::BillPaymentCreditCard => &[Kind::VendorCredit][..],
            _ => &[Kind::CreditMemo, Kind::ReceivePayment][..],
        };
        let id = set.text_of("CreditTxnID").unwrap_or("");
        let credit = self.by_id(kinds, id).ok_or_else(|| Status::not_found(id))?;
        let minor = fields::amount(set, "AppliedAmount")?.unwrap_or(0);
        let spent = used.entry(credit.number).or_default();
        *spent += minor;
        if minor < 0 || *spent > self.open(credit) {
            let why = "The amount is more than what is left of the credit.";
            return Err(Status::refused("AppliedAmount", &fields::money(minor), why));
        }
        draft.applications.push(Application { credit: credit.number, debt, minor, discount: 0 });
        Ok(minor)
    }

    /// Credits that an invoice is settled with when it is entered.
    pub(super) fn apply_credits(&self, draft: &mut Draft, add: &Element) -> Checked<()> {
        let mut used = Used::new();
        let mut whole = 0;
        for set in add.all("SetCredit") {
            whole += self.set_credit(draft, set, ITSELF, &mut used)?;
        }
        if whole > draft.settles.unwrap_or(0) {
            let why = "The credits are more than the invoice.";
            return Err(Status::refused("AppliedAmount", &fields::money(whole), why));
        }
        Ok(())
    }

    /// Discounts for early payment, against the account of what is owed.
    fn post_discounts(
        &self,
        draft: &mut Draft,
        add: &Element,
        owed: u64,
        party: u64,
        sign: i64,
    ) -> Checked<()> {
        for applied in add.all("AppliedToTxnAdd") {
            let discount = fields::amount(applied, "DiscountAmount")?.unwrap_or(0);
            if discount == 0 {
                continue;
            }
            let account = self.required(applied, "DiscountAccountRef")?.number;
            let class = self.referred(applied, "DiscountClassRef")?.map(|record| record.number);
            draft.post_leg(Leg::new(account, -sign * discount).in_class(class));
            draft.post_leg(Leg::new(owed, sign * discount).of(Some(party)));
        }
        Ok(())
    }

    /// Credits that are paid out: of credit memos alone, on their own receivable account, from a
    /// bank account or another asset.
    pub(super) fn refund(&self, draft: &mut Draft, add: &Element) -> Checked<()> {
        let customer = self.required(add, "CustomerRef")?.number;
        let receivable = self.account(add, "ARAccountRef")?.unwrap_or(self.special.receivable);
        let from = self.account(add, "RefundFromAccountRef")?;
        let from = from.unwrap_or(self.special.undeposited);
        self.check_type(from, "RefundFromAccountRef", REFUNDS_FROM)?;
        let mut used = Used::new();
        let mut total = 0;
        for applied in add.all("RefundAppliedToTxnAdd") {
            let credit = self.debt(applied, &[Kind::CreditMemo], "CustomerRef", customer)?;
            self.check_receivable(credit, receivable)?;
            let minor = fields::amount(applied, "RefundAmount")?.unwrap_or(0);
            let spent = used.entry(credit.number).or_default();
            *spent += minor;
            if minor <= 0 || *spent > self.open(credit) {
                let why = "The amount is more than what is left of the credit.";
                return Err(Status::refused("RefundAmount", &fields::money(minor), why));
            }
            let credit = credit.number;
            draft.applications.push(Application { credit, debt: ITSELF, minor, discount: 0 });
            total += minor;
        }
        draft.post(from, -total);
        draft.post_leg(Leg::new(receivable, total).of(Some(customer)));
        draft.settles = Some(total);
        draft.body.set("TotalAmount", fields::money(total));
        draft.body.put(self.reference("ARAccountRef", receivable));
        draft.body.put(self.reference("RefundFromAccountRef", from));
        Ok(())
    }

    /// A check that pays credits out: it is applied to them to the amount of its line on the
    /// receivable, which is theirs, and paid to the customer whose they are.
    pub(super) fn refund_by_check(
        &self,
        draft: &mut Draft,
        add: &Element,
        payee: Option<u64>,
    ) -> Checked<()> {
        let is_receivable = |account: u64| {
            let record = self.record(account);
            record.and_then(|it| it.text("AccountType")) == Some("AccountsReceivable")
        };
        let owed: Vec<Leg> =
            draft.legs.iter().filter(|leg| is_receivable(leg.account)).cloned().collect();
        let sum: i64 = owed.iter().map(|leg| leg.minor).sum();
        draft.settles = (!owed.is_empty()).then_some(sum);
        let (mut used, mut whole) = (Used::new(), 0);
        for applied in add.all("ApplyCheckToTxnAdd") {
            let kinds = [Kind::CreditMemo, Kind::ReceivePayment];
            let credit = self.debt(applied, &kinds, "CustomerRef", payee.unwrap_or(ITSELF))?;
            let minor = fields::amount(applied, "Amount")?.unwrap_or(0);
            let spent = used.entry(credit.number).or_default();
            *spent += minor;
            let on = credit.body.child("ARAccountRef").and_then(|it| it.text_of("ListID"));
            let on = on.and_then(Record::number_in);
            let same = owed.iter().all(|leg| Some(leg.account) == on);
            if minor <= 0 || *spent > self.open(credit) || !same {
                let why = "The amount is more than what is left of the credit on this account.";
                return Err(Status::refused("Amount", &fields::money(minor), why));
            }
            let credit = credit.number;
            draft.applications.push(Application { credit, debt: ITSELF, minor, discount: 0 });
            whole += minor;
        }
        if whole != 0 && whole != sum {
            let why = "What is applied must be the amount of the line on the receivable.";
            return Err(Status::refused("Amount", &fields::money(whole), why));
        }
        Ok(())
    }

    /// Refuses a receivable account that is not the one on which a credit stands.
    fn check_receivable(&self, credit: &Record, receivable: u64) -> Checked<()> {
        if credit.legs.iter().any(|leg| leg.account == receivable) {
            return Ok(());
        }
        let said = self.record(receivable).map_or("", Record::full_name);
        let why = "The account is not that of the credit memo.";
        Err(Status::refused("ARAccountRef", said, why))
    }

    /// Money paid for bills.
    pub(super) fn pay_bills(&self, draft: &mut Draft, add: &Element) -> Checked<()> {
        let vendor = self.required(add, "PayeeEntityRef")?.number;
        let payable = self.account(add, "APAccountRef")?.unwrap_or(self.special.payable);
        self.check_type(payable, "APAccountRef", &["AccountsPayable"])?;
        let (name, wanted) = match draft.kind {
            Kind::BillPaymentCreditCard => ("CreditCardAccountRef", "CreditCard"),
            _ => ("BankAccountRef", "Bank"),
        };
        let paid_from = self.required(add, name)?.number;
        self.check_type(paid_from, name, &[wanted])?;
        let mut used = Used::new();
        let mut total = 0;
        for applied in add.all("AppliedToTxnAdd") {
            let bill = self.debt(applied, &[Kind::Bill], "VendorRef", vendor)?;
            total += self.apply(draft, applied, bill, &mut used)?;
        }
        draft.post(paid_from, -total);
        draft.post_leg(Leg::new(payable, total).of(Some(vendor)));
        self.post_discounts(draft, add, payable, vendor, 1)?;
        draft.settles = Some(total);
        draft.body.set("Amount", fields::money(total));
        draft.body.put(self.reference("APAccountRef", payable));
        let may_be_printed = draft.kind == Kind::BillPaymentCheck;
        if may_be_printed && draft.body.text_of("IsToBePrinted").is_none() {
            draft.body.set("IsToBePrinted", "false");
        }
        Ok(())
    }
}
