//! Invoices, bills and credit notes.

use super::entity::{Allocation, Entity, Leg};
use super::fields::{self, Object};
use super::kind::Kind;
use super::lines::{AmountTypes, Reading};
use super::organisation::{Organisation, identifier};
use super::refusal::{Checked, Refusal};
use super::stock::Flow;
use super::write::{Write, completed, insert_frame, insert_lines, keep};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Value, json};

/// What the vendor says of what payments or credits stand against.
const SETTLED: &str =
    "This document cannot be edited as it has a payment or credit note allocated to it.";

/// The longest number and the longest reference.
const NUMBER_LETTERS: usize = 255;

/// Properties that are kept as they came.
const KEPT: &[&str] =
    &["Url", "SentToContact", "BrandingThemeID", "ExpectedPaymentDate", "PlannedPaymentDate"];

/// What the type of a document says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Form {
    name: &'static str,
    /// Whether a customer is on the other side.
    sells: bool,
    /// The account on which it stands until it is settled.
    control: &'static str,
    /// One where it stands there as a debit, minus one where as a credit.
    sign: i64,
}

impl Form {
    /// What it does with the units of tracked items.
    fn flow(self) -> Flow {
        match (self.sells, self.sign > 0) {
            (true, true) => Flow::Sold,
            (true, false) => Flow::SoldBack,
            (false, false) => Flow::Bought,
            (false, true) => Flow::BoughtBack,
        }
    }
}

const FORMS: [(Kind, Form); 4] = [
    (Kind::Invoice, Form { name: "ACCREC", sells: true, control: "DEBTORS", sign: 1 }),
    (Kind::Invoice, Form { name: "ACCPAY", sells: false, control: "CREDITORS", sign: -1 }),
    (Kind::CreditNote, Form { name: "ACCRECCREDIT", sells: true, control: "DEBTORS", sign: -1 }),
    (Kind::CreditNote, Form { name: "ACCPAYCREDIT", sells: false, control: "CREDITORS", sign: 1 }),
];

impl Entity {
    /// The account on which a document stands, and one where as a debit, minus one where as a
    /// credit.
    pub(super) fn control(&self) -> Checked<(&'static str, i64)> {
        let form = form(self.kind, self.word("Type"))?;
        Ok((form.control, form.sign))
    }

    /// Whether a document is in the ledger.
    pub(super) fn is_approved(&self) -> bool {
        matches!(self.word("Status"), "AUTHORISED" | "PAID")
    }
}

fn form(kind: Kind, name: &str) -> Checked<Form> {
    let mut known = FORMS.iter().filter(|(of, _)| *of == kind);
    let found = known.find(|(_, form)| form.name == name);
    found.map(|(_, form)| *form).ok_or_else(|| Refusal::malformed("Type", "is not one of its kind"))
}

impl Organisation {
    pub(super) fn write_document(&mut self, write: &Write<'_>, given: &Object) -> Checked<u64> {
        let stated = fields::text(given, "Type")?;
        let previous = self.document_before(write, given, stated)?;
        let kind = stated.or_else(|| previous.as_ref().and_then(|it| it.text("Type")));
        let form =
            form(write.kind, kind.ok_or_else(|| Refusal::invalid("Type must be specified"))?)?;
        let before = previous.as_ref().map_or("", |it| it.word("Status")).to_owned();
        let status = fields::text(given, "Status")?.unwrap_or(if before.is_empty() {
            "DRAFT"
        } else {
            &before
        });
        check_step(&before, status)?;
        if let Some(entity) = previous.as_ref().filter(|_| matches!(status, "VOIDED" | "DELETED")) {
            return self.end_document(entity.clone(), status, write.now);
        }
        if previous.as_ref().is_some_and(|it| it.due() != it.total) {
            return Err(Refusal::invalid(SETTLED));
        }
        self.draft_document(write, given, previous, form, status)
    }

    /// The document that is to be changed. Numbers of sales are unique; a number of another type
    /// says nothing.
    fn document_before(
        &self,
        write: &Write<'_>,
        given: &Object,
        stated: Option<&str>,
    ) -> Checked<Option<Entity>> {
        let found = self.target(write, given)?;
        let is_meant = |entity: &Entity| {
            let by_id =
                write.id.is_some() || given.contains_key(write.kind.id_field().unwrap_or(""));
            by_id || stated.is_none_or(|stated| stated == entity.word("Type"))
        };
        Ok(found.filter(is_meant))
    }

    fn draft_document(
        &mut self,
        write: &Write<'_>,
        given: &Object,
        previous: Option<Entity>,
        form: Form,
        status: &str,
    ) -> Checked<u64> {
        let approved = status == "AUTHORISED";
        let frame = self.frame(given, previous.as_ref(), None, write.now)?;
        let contact = self.contact_of(given, previous.as_ref())?;
        let number = self.number_of(write.kind, given, previous.as_ref(), form)?;
        let source = completed(given, previous.as_ref(), &["LineItems", "LineAmountTypes"]);
        let types = AmountTypes::of(&source, AmountTypes::Exclusive)?;
        let owner = format!("{} {}", form.name, self.next_place);
        let reading = Reading {
            organisation: self,
            unit_decimals: write.unit_decimals,
            sells: form.sells,
            discounts: form.name == "ACCREC",
            strict: approved,
            owner: &owner,
        };
        let lines = reading.lines(&source, types)?;
        let due = fields::date(given, "DueDate")?.or_else(|| {
            previous.as_ref().and_then(|it| it.text("DueDate")).and_then(fields::parse_date)
        });
        if approved {
            self.check_approval(write.kind, previous.as_ref(), frame.date, due)?;
        }
        let (mut legs, mut moves) = (Vec::new(), Vec::new());
        if approved {
            legs = self.legs_of(&lines, self.system(form.control)?, form.sign, frame.rate)?;
            let costs;
            (moves, costs) =
                self.stock_moves((&lines, frame.rate), form.flow(), previous.as_ref())?;
            legs.extend(costs);
        }
        let contact = contact.resolve(self, write.now)?;
        let number = number.or_else(|| self.next_number(write.kind, form));
        let mut entity = previous.unwrap_or_else(|| self.fresh(write.kind, write.now));
        let body = &mut entity.body;
        keep(body, given, KEPT);
        if form.sells {
            keep(body, given, &["Reference"]);
        }
        insert_frame(body, &frame);
        insert_lines(body, &lines);
        body.insert("Type".to_owned(), json!(form.name));
        body.insert("Status".to_owned(), json!(status));
        body.insert("LineAmountTypes".to_owned(), json!(types.name()));
        body.insert("Contact".to_owned(), json!({ "ContactID": contact }));
        if let Some(due) = due {
            body.insert("DueDate".to_owned(), json!(due.to_string()));
        }
        if let (Some(number), Some(name)) = (number, write.kind.key_field()) {
            body.insert(name.to_owned(), json!(number));
        }
        entity.settlement.base = legs.first().map_or(0, |leg| leg.minor.abs());
        entity.legs = legs;
        entity.moves = moves;
        entity.total = lines.total;
        close_where_settled(&mut entity, frame.date);
        Ok(self.store(entity, write.now))
    }

    fn check_approval(
        &self,
        kind: Kind,
        previous: Option<&Entity>,
        date: Date,
        due: Option<Date>,
    ) -> Checked<()> {
        if kind == Kind::Invoice && due.is_none() {
            return Err(Refusal::invalid("The document due date must be specified"));
        }
        self.check_open(date)?;
        match previous.filter(|entity| entity.is_approved()).and_then(Entity::date) {
            Some(before) => self.check_open(before),
            None => Ok(()),
        }
    }

    /// The number of a document: as it came, where nobody else has it, or as it was.
    fn number_of(
        &self,
        kind: Kind,
        given: &Object,
        previous: Option<&Entity>,
        form: Form,
    ) -> Checked<Option<String>> {
        let name = kind.key_field().unwrap_or("");
        let Some(number) = fields::text(given, name)? else {
            return Ok(previous.and_then(|entity| entity.text(name)).map(str::to_owned));
        };
        for (name, text) in [(name, Some(number)), ("Reference", fields::text(given, "Reference")?)]
        {
            if text.is_some_and(|text| text.chars().count() > NUMBER_LETTERS) {
                let why = format!("{name} must be at most {NUMBER_LETTERS} characters long");
                return Err(Refusal::invalid(why));
            }
        }
        let mine = previous.map(|entity| entity.place);
        let other = self.by_key(kind, number).map(|entity| entity.place);
        if form.sells && other.is_some() && other != mine {
            let what = if kind == Kind::Invoice { "Invoice" } else { "Credit note" };
            return Err(Refusal::invalid(format!("{what} # must be unique.")));
        }
        Ok(Some(number.to_owned()))
    }

    /// The next number that the organisation itself gives to a sale.
    fn next_number(&mut self, kind: Kind, form: Form) -> Option<String> {
        if !form.sells {
            return None;
        }
        let prefix = if kind == Kind::Invoice { "INV" } else { "CN" };
        loop {
            let next = self.next_number.entry(kind).or_insert(1);
            let number = format!("{prefix}-{next:04}");
            *next += 1;
            if self.by_key(kind, &number).is_none() {
                return Some(number);
            }
        }
    }

    /// Voids or deletes a document.
    fn end_document(&mut self, mut entity: Entity, status: &str, now: Timestamp) -> Checked<u64> {
        if !entity.settlement.payments.is_empty() || entity.due() != entity.total {
            return Err(Refusal::invalid(SETTLED));
        }
        if entity.is_approved() {
            self.check_open(entity.date().unwrap_or(Date::MIN))?;
        }
        self.check_undone(&entity)?;
        entity.set("Status", status);
        entity.legs.clear();
        entity.moves.clear();
        entity.total = 0;
        entity.settlement.base = 0;
        Ok(self.store(entity, now))
    }

    /// Settles an invoice with a part of a credit note: both stand on the same account.
    pub(super) fn allocate(&mut self, id: &str, given: &Object, now: Timestamp) -> Checked<Value> {
        let note = self.by_id(Kind::CreditNote, id).ok_or(Refusal::NotFound)?.clone();
        let target = fields::object(given, "Invoice")?;
        let target = target.map(|it| fields::text(it, "InvoiceID")).transpose()?.flatten();
        let invoice = target.and_then(|id| self.by_id(Kind::Invoice, id)).cloned();
        let missing = || Refusal::invalid("The invoice to allocate to could not be found");
        let mut invoice = invoice.ok_or_else(missing)?;
        let amount = fields::amount(given, "Amount")?;
        let amount = amount.ok_or_else(|| Refusal::invalid("Amount must be specified"))?;
        let date = fields::date(given, "Date")?.unwrap_or_else(|| self.today(now));
        let same = |name: &str| note.word(name) == invoice.word(name);
        let fits = same("CurrencyCode")
            && note.body.get("Contact") == invoice.body.get("Contact")
            && note.control()?.0 == invoice.control()?.0;
        if !fits || note.word("Status") != "AUTHORISED" || invoice.word("Status") != "AUTHORISED" {
            return Err(Refusal::invalid("The credit note cannot be allocated to this invoice"));
        }
        if amount <= 0 || amount > note.due() || amount > invoice.due() {
            let why = "The amount exceeds what is left of the credit note or of the invoice";
            return Err(Refusal::invalid(why));
        }
        self.check_open(date)?;
        let mut note = note;
        let place = invoice.place;
        let id =
            identifier(self.seed, &format!("allocation {} {}", note.id, note.allocations.len()));
        let taken = (relief(&invoice, amount)?, relief(&note, amount)?);
        if taken.0 != taken.1 {
            note.legs.extend(self.exchange_gain(&invoice, taken)?);
        }
        invoice.settlement.relieved += taken.0;
        note.settlement.relieved += taken.1;
        invoice.settlement.allocated += amount;
        note.settlement.allocated += amount;
        note.allocations.push(Allocation { id: id.clone(), invoice: place, minor: amount, date });
        close_where_settled(&mut invoice, date);
        close_where_settled(&mut note, date);
        let answer = json!({
            "AllocationID": id, "Amount": fields::money(amount), "Date": fields::shown_date(date),
            "Invoice": { "InvoiceID": invoice.id, "InvoiceNumber": invoice.word("InvoiceNumber") },
            "CreditNote": { "CreditNoteID": note.id },
        });
        self.store(invoice, now);
        self.store(note, now);
        Ok(answer)
    }

    /// What a credit note and an invoice that were converted at different rates leave over.
    fn exchange_gain(&self, invoice: &Entity, taken: (i64, i64)) -> Checked<[Leg; 2]> {
        let (control, sign) = invoice.control()?;
        let minor = sign * (taken.0 - taken.1);
        let gain = self.system("REALISEDCURRENCYGAIN")?;
        Ok([Leg { account: self.system(control)?, minor: -minor }, Leg { account: gain, minor }])
    }
}

/// How much of the base currency an amount takes off a document's control account. The last one
/// takes all that is left.
pub(super) fn relief(document: &Entity, amount: i64) -> Checked<i64> {
    if amount == document.due() {
        return Ok(document.settlement.base - document.settlement.relieved);
    }
    let rate = fields::decimal(&document.body, "CurrencyRate")?;
    super::write::converted(amount, rate.unwrap_or(rust_decimal::Decimal::ONE))
}

/// A document of which nothing is left is paid; one of which something is left is not.
pub(super) fn close_where_settled(document: &mut Entity, date: Date) {
    let settled = document.settlement.paid + document.settlement.allocated > 0;
    match (document.word("Status"), document.due()) {
        ("AUTHORISED", 0) if settled || document.kind == Kind::Invoice => {
            document.set("Status", "PAID");
            document.settlement.fully_paid = Some(date);
        }
        ("PAID", due) if due > 0 => {
            document.set("Status", "AUTHORISED");
            document.settlement.fully_paid = None;
        }
        _ => {}
    }
}

/// Whether a document may go from one status to another. None stands before it is there.
fn check_step(before: &str, status: &str) -> Checked<()> {
    let permitted = match before {
        "" | "DRAFT" | "SUBMITTED" => matches!(status, "DRAFT" | "SUBMITTED" | "AUTHORISED"),
        "AUTHORISED" => status == "AUTHORISED",
        _ => false,
    };
    let ends =
        matches!((before, status), ("DRAFT" | "SUBMITTED", "DELETED") | ("AUTHORISED", "VOIDED"));
    if permitted || ends {
        return Ok(());
    }
    Err(Refusal::invalid("Invoice not of valid status for modification"))
}
