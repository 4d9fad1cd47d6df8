//! Deposits, transfers and manual entries.

use super::element::Element;
use super::expenses::check_owed;
use super::fields;
use super::file::CompanyFile;
use super::kind::Kind;
use super::record::Leg;
use super::show::{account_type, is_balance_sheet};
use super::status::{Checked, Status};
use super::transactions::Draft;

impl CompanyFile {
    /// Money taken to the bank.
    pub(super) fn deposit(&self, draft: &mut Draft, add: &Element) -> Checked<()> {
        let bank = self.required(add, "DepositToAccountRef")?.number;
        self.check_type(bank, "DepositToAccountRef", &["Bank", "OtherCurrentAsset"])?;
        let mut total = 0;
        let mut taken = Vec::new();
        for line in add.all("DepositLineAdd") {
            if line.child("PaymentTxnID").is_some() {
                let number = self.payment_of(line, &draft.deposits)?;
                let minor = self.waits_for_deposit(number).unwrap_or(0);
                draft.deposits.push(number);
                draft.post(self.special.undeposited, -minor);
                taken.push(Some((number, minor, line)));
                total += minor;
            } else {
                let account = self.required(line, "AccountRef")?.number;
                let name = self.referred(line, "EntityRef")?.map(|record| record.number);
                let class = self.referred(line, "ClassRef")?.map(|record| record.number);
                let minor = fields::amount(line, "Amount")?.unwrap_or(0);
                draft.post_leg(Leg::new(account, -minor).of(name).in_class(class));
                taken.push(None);
                total += minor;
            }
        }
        if total < 0 {
            let why = "The total of a deposit must not be negative.";
            return Err(Status::refused("DepositTotal", &fields::money(total), why));
        }
        check_owed(self, draft)?;
        draft.legs.insert(0, Leg::new(bank, total));
        draft.legs.retain(|leg| leg.minor != 0);
        draft.body.set("DepositTotal", fields::money(total));
        let shown = draft.body.children.iter_mut().filter(|it| it.name == "DepositLineRet");
        for (shown, taken) in shown.zip(taken) {
            let Some((number, minor, line)) = taken else { continue };
            let Some(record) = self.record(number) else { continue };
            shown.set("TxnType", record.kind.name());
            shown.set("TxnID", record.id());
            show_payment(shown, line, &record.body);
            shown.set("Amount", fields::money(minor));
            shown.put(self.reference("AccountRef", self.special.undeposited));
        }
        Ok(())
    }

    /// The transaction that a line takes to the bank.
    fn payment_of(&self, line: &Element, taken: &[u64]) -> Checked<u64> {
        let id = line.text_of("PaymentTxnID").unwrap_or("");
        let kinds: Vec<Kind> = Kind::ALL.into_iter().filter(|kind| kind.is_transaction()).collect();
        let record = self.by_id(&kinds, id).ok_or_else(|| Status::not_found(id))?;
        if self.waits_for_deposit(record.number).is_none() || taken.contains(&record.number) {
            let why = "The payment does not lie among the undeposited funds.";
            return Err(Status::refused("PaymentTxnID", id, why));
        }
        Ok(record.number)
    }

    /// Money moved between two accounts.
    pub(super) fn transfer(&self, draft: &mut Draft, add: &Element) -> Checked<()> {
        let from = self.required(add, "TransferFromAccountRef")?;
        let to = self.required(add, "TransferToAccountRef")?;
        let class = self.referred(add, "ClassRef")?.map(|record| record.number);
        let minor = fields::amount(add, "Amount")?.unwrap_or(0);
        if minor <= 0 {
            let why = "The amount of a transfer must be greater than nought.";
            return Err(Status::refused("Amount", &fields::money(minor), why));
        }
        for account in [from, to] {
            let is_owed = matches!(account_type(account), "AccountsReceivable" | "AccountsPayable");
            if is_owed || !is_balance_sheet(account) {
                let why = "Money is transferred between accounts of the balance sheet.";
                return Err(Status::refused("TransferToAccountRef", account.full_name(), why));
            }
        }
        if from.number == to.number {
            let why = "The accounts of a transfer must differ.";
            return Err(Status::refused("TransferToAccountRef", to.full_name(), why));
        }
        draft.post_leg(Leg::new(from.number, -minor).in_class(class));
        draft.post_leg(Leg::new(to.number, minor).in_class(class));
        Ok(())
    }

    /// A manual entry.
    pub(super) fn journal_entry(&self, draft: &mut Draft, add: &Element) -> Checked<()> {
        let lines = add.children.iter().filter(|it| it.name.starts_with("Journal"));
        let entered = self.entered_in(add)?;
        let (mut sum, mut worth) = (0, 0);
        let mut owed = Vec::new();
        for (place, line) in lines.enumerate() {
            let account = self.referred(line, "AccountRef")?;
            let account = account.ok_or_else(|| Status::no_account(&line.name))?;
            let name = self.referred(line, "EntityRef")?.map(|record| record.number);
            let class = self.referred(line, "ClassRef")?.map(|record| record.number);
            let minor = fields::amount(line, "Amount")?.unwrap_or(0);
            if minor < 0 {
                let why = "The amount of a line must not be negative.";
                return Err(Status::refused("Amount", &fields::money(minor), why));
            }
            if matches!(account_type(account), "AccountsReceivable" | "AccountsPayable") {
                owed.push(place);
            }
            let minor = if line.name == "JournalDebitLine" { minor } else { -minor };
            sum += minor;
            let leg = self.leg_in(entered, account.number, minor)?;
            worth += leg.minor;
            draft.post_leg(leg.of(name).in_class(class));
        }
        let why = match owed[..] {
            _ if sum != 0 => {
                "The transaction is not in balance. The total of the debits must be the total of \
                 the credits."
            }
            // What becomes of the difference is not known.
            _ if worth != 0 => "The amounts are not in balance in the company's currency.",
            [] | [0] => {
                check_owed(self, draft)?;
                if draft.body.text_of("IsAdjustment").is_none() {
                    draft.body.set("IsAdjustment", "false");
                }
                return Ok(());
            }
            [_] => "An account of what is owed must stand in the first line of the transaction.",
            _ => "A transaction can have only one line with an account of what is owed.",
        };
        Err(Status::not_saved("JournalEntry", why))
    }
}

/// A line of a deposit tells of its payment what it does not say itself.
fn show_payment(shown: &mut Element, line: &Element, payment: &Element) {
    let told = [
        ("Memo", "Memo"),
        ("CheckNumber", ""),
        ("EntityRef", "CustomerRef"),
        ("PaymentMethodRef", "PaymentMethodRef"),
    ];
    for (name, source) in told {
        let own = line.child(&format!("Override{name}")).or_else(|| payment.child(source));
        if let Some(own) = own.cloned() {
            shown.put(Element { name: name.to_owned(), ..own });
        }
    }
}
