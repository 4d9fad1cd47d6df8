//! How entities stand in answers.

use super::entity::Entity;
use super::fields::{self, Object};
use super::kind::Kind;
use super::organisation::Organisation;
use super::stock::is_tracked;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// Properties that are days, and whether they are written a second time as a text.
const DAYS: &[(&str, bool)] = &[
    ("Date", true),
    ("DueDate", true),
    ("DeliveryDate", true),
    ("ExpectedArrivalDate", false),
    ("ExpectedPaymentDate", false),
    ("PlannedPaymentDate", false),
];

impl Organisation {
    /// An entity as it stands in an answer, with its lines or without.
    pub(super) fn show(&self, entity: &Entity, detailed: bool) -> Object {
        let mut shown = entity.body.clone();
        if let Some(name) = entity.kind.id_field() {
            shown.insert(name.to_owned(), json!(entity.id));
        }
        show_days(&mut shown, entity.kind);
        if let Some(name) = entity.kind.detail_field().filter(|_| !detailed) {
            shown.insert(name.to_owned(), json!([]));
        }
        match entity.kind {
            Kind::Invoice | Kind::CreditNote => self.show_document(entity, &mut shown),
            Kind::Payment => self.show_payment(entity, &mut shown),
            Kind::BankTransaction => {
                self.show_accounts(entity, &mut shown, &["BankAccount"]);
                if entity.body.contains_key("Contact") {
                    shown.insert("Contact".to_owned(), self.shown_contact(entity));
                }
                shown.entry("IsReconciled").or_insert(json!(false));
                shown.insert("HasAttachments".to_owned(), json!(!entity.files.is_empty()));
            }
            Kind::BankTransfer => {
                self.show_accounts(entity, &mut shown, &["FromBankAccount", "ToBankAccount"]);
                shown.insert("HasAttachments".to_owned(), json!(!entity.files.is_empty()));
            }
            Kind::ManualJournal => {
                shown.entry("ShowOnCashBasisReports").or_insert(json!(true));
                shown.insert("HasAttachments".to_owned(), json!(!entity.files.is_empty()));
            }
            Kind::PurchaseOrder => {
                shown.insert("Contact".to_owned(), self.shown_contact(entity));
                for (name, value) in [
                    ("Type", json!("PURCHASEORDER")),
                    ("SentToContact", json!(false)),
                    ("IsDiscounted", json!(is_discounted(entity))),
                    ("HasErrors", json!(false)),
                    ("HasAttachments", json!(!entity.files.is_empty())),
                ] {
                    shown.insert(name.to_owned(), value);
                }
            }
            Kind::Contact => show_contact(&mut shown),
            Kind::Account | Kind::TaxRate | Kind::Currency | Kind::TrackingCategory => {}
            Kind::Item if is_tracked(entity) => {
                let on_hand = self.on_hand(entity.place);
                shown.insert("QuantityOnHand".to_owned(), fields::number(on_hand.units, 4));
                shown.insert("TotalCostPool".to_owned(), fields::money(on_hand.minor));
            }
            Kind::Item => {}
        }
        match entity.kind {
            Kind::TaxRate | Kind::Currency | Kind::TrackingCategory => {}
            Kind::BankTransfer => {
                shown.insert("CreatedDateUTC".to_owned(), fields::shown_instant(entity.updated));
            }
            _ => {
                shown.insert("UpdatedDateUTC".to_owned(), fields::shown_instant(entity.updated));
            }
        }
        if matches!(entity.kind, Kind::Invoice | Kind::CreditNote | Kind::Payment) {
            let text = entity.updated.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S+00:00");
            shown.insert("UpdatedDateUTCString".to_owned(), json!(text.to_string()));
        }
        shown
    }

    fn show_document(&self, entity: &Entity, shown: &mut Object) {
        let settlement = &entity.settlement;
        shown.insert("Contact".to_owned(), self.shown_contact(entity));
        for (name, value) in [
            ("Payments", self.shown_payments(entity)),
            ("Prepayments", json!([])),
            ("Overpayments", json!([])),
            ("HasErrors", json!(false)),
            ("HasAttachments", json!(!entity.files.is_empty())),
        ] {
            shown.insert(name.to_owned(), value);
        }
        if entity.kind == Kind::CreditNote {
            shown.remove("Prepayments");
            shown.remove("Overpayments");
            shown.insert("ID".to_owned(), json!(entity.id));
            shown.insert("RemainingCredit".to_owned(), fields::money(entity.due()));
            shown.insert("AppliedAmount".to_owned(), fields::money(entity.total - entity.due()));
            shown.insert("Allocations".to_owned(), self.shown_allocations(entity));
        } else {
            shown.insert("AmountDue".to_owned(), fields::money(entity.due()));
            shown.insert("AmountPaid".to_owned(), fields::money(settlement.paid));
            shown.insert("AmountCredited".to_owned(), fields::money(settlement.allocated));
            shown.insert("CreditNotes".to_owned(), self.shown_credits(entity));
            shown.insert("IsDiscounted".to_owned(), json!(is_discounted(entity)));
            shown.entry("SentToContact").or_insert(json!(false));
        }
        shown.entry("Reference").or_insert(json!(""));
        if let Some(name) = entity.kind.key_field() {
            shown.entry(name).or_insert(json!(""));
        }
        if let Some(day) = settlement.fully_paid {
            shown.insert("FullyPaidOnDate".to_owned(), fields::shown_date(day));
        }
    }

    fn shown_payments(&self, document: &Entity) -> Value {
        let payments = document.settlement.payments.iter();
        let payments = payments.filter_map(|place| self.entity(Kind::Payment, *place));
        let shown = payments.map(|payment| {
            json!({
                "PaymentID": payment.id,
                "Date": payment.date().map(fields::shown_date),
                "Amount": payment.body.get("Amount"),
                "Reference": payment.word("Reference"),
                "CurrencyRate": payment.body.get("CurrencyRate"),
                "HasAccount": false,
                "HasValidationErrors": false,
            })
        });
        Value::Array(shown.collect())
    }

    fn shown_allocations(&self, note: &Entity) -> Value {
        let shown = note.allocations.iter().map(|allocation| {
            let invoice = self.entity(Kind::Invoice, allocation.invoice);
            json!({
                "AllocationID": allocation.id,
                "Amount": fields::money(allocation.minor),
                "Date": fields::shown_date(allocation.date),
                "Invoice": {
                    "InvoiceID": invoice.map(|it| it.id.as_str()),
                    "InvoiceNumber": invoice.map(|it| it.word("InvoiceNumber")),
                },
            })
        });
        Value::Array(shown.collect())
    }

    /// The credit notes that settle a part of an invoice.
    fn shown_credits(&self, invoice: &Entity) -> Value {
        if invoice.settlement.allocated == 0 {
            return json!([]);
        }
        let mut shown = Vec::new();
        for note in self.shelf(Kind::CreditNote) {
            for one in note.allocations.iter().filter(|it| it.invoice == invoice.place) {
                shown.push(json!({
                    "CreditNoteID": note.id,
                    "CreditNoteNumber": note.word("CreditNoteNumber"),
                    "AppliedAmount": fields::money(one.minor),
                    "Date": note.date().map(fields::shown_date),
                    "Total": note.body.get("Total"),
                    "HasErrors": false,
                }));
            }
        }
        Value::Array(shown)
    }

    fn show_payment(&self, payment: &Entity, shown: &mut Object) {
        let account = payment.body.get("Account").and_then(Value::as_u64);
        if let Some(account) = account.and_then(|place| self.entity(Kind::Account, place)) {
            shown.insert("Account".to_owned(), brief_account(account));
        }
        shown.insert("HasAccount".to_owned(), json!(true));
        shown.insert("HasValidationErrors".to_owned(), json!(false));
        let settles = payment.settles.and_then(|(kind, place)| self.entity(kind, place));
        let Some(document) = settles else { return };
        let (id, key) = (document.kind.id_field(), document.kind.key_field());
        let (Some(id), Some(key)) = (id, key) else { return };
        let mut brief = json!({
            "Type": document.word("Type"),
            "Contact": self.shown_contact(document),
            "CurrencyCode": document.word("CurrencyCode"),
            "HasErrors": false,
            "LineItems": [],
        });
        brief[id] = json!(document.id);
        brief[key] = json!(document.word(key));
        if document.kind == Kind::Invoice {
            brief["IsDiscounted"] = json!(is_discounted(document));
        }
        shown.insert(document.kind.name().to_owned(), brief);
    }

    /// Completes the accounts that properties refer to.
    fn show_accounts(&self, entity: &Entity, shown: &mut Object, names: &[&str]) {
        for name in names {
            let id = entity.body.get(*name).and_then(|it| it.get("AccountID"));
            let id = id.and_then(Value::as_str).unwrap_or("");
            if let Some(account) = self.by_id(Kind::Account, id) {
                shown.insert((*name).to_owned(), brief_account(account));
            }
        }
    }

    /// The organisation itself.
    pub(super) fn show_self(&self) -> Value {
        let version = match self.country.as_str() {
            "GB" => "UK",
            "US" => "US",
            _ => "GLOBAL",
        };
        let mut shown = json!({
            "OrganisationID": self.tenant,
            "Name": self.name,
            "LegalName": self.name,
            "PaysTax": true,
            "Version": version,
            "OrganisationType": "COMPANY",
            "OrganisationEntityType": "COMPANY",
            "BaseCurrency": self.base_currency,
            "CountryCode": self.country,
            "IsDemoCompany": false,
            "OrganisationStatus": "ACTIVE",
            "FinancialYearEndDay": 31,
            "FinancialYearEndMonth": self.settings.financial_year_end_month,
            "SalesTaxBasis": "ACCRUALS",
            "SalesTaxPeriod": "QUARTERLY",
            "DefaultSalesTax": "Tax Exclusive",
            "DefaultPurchasesTax": "Tax Exclusive",
            "CreatedDateUTC": fields::shown_instant(self.founded),
            "Timezone": windows_zone(&self.settings.timezone),
            "ShortCode": "!saldo",
            "Edition": "BUSINESS",
            "Class": "STANDARD",
            "Addresses": [], "Phones": [], "ExternalLinks": [], "PaymentTerms": {},
        });
        let settings = &self.settings;
        for (name, day) in [
            ("PeriodLockDate", settings.period_lock_date),
            ("EndOfYearLockDate", settings.end_of_year_lock_date),
        ] {
            if let Some(day) = day {
                shown[name] = fields::shown_date(day);
            }
        }
        shown
    }

    /// The history of an entity, newest first.
    pub(super) fn show_history(&self, entity: &Entity) -> Value {
        let notes = entity.history.iter().rev().map(|note| {
            let at = note.at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%M:%S");
            json!({
                "Changes": note.changes,
                "DateUTCString": at.to_string(),
                "DateUTC": fields::shown_instant(note.at),
                "User": "System Generated",
                "Details": note.details,
            })
        });
        Value::Array(notes.collect())
    }
}

/// Whether a line of a document carries a discount.
fn is_discounted(document: &Entity) -> bool {
    let lines = document.body.get("LineItems").and_then(Value::as_array);
    let has = |line: &Value| line.get("DiscountRate").or(line.get("DiscountAmount")).is_some();
    lines.is_some_and(|lines| lines.iter().any(has))
}

fn brief_account(account: &Entity) -> Value {
    let mut brief = json!({ "AccountID": account.id, "Name": account.word("Name") });
    if let Some(code) = account.text("Code") {
        brief["Code"] = json!(code);
    }
    brief
}

fn show_contact(shown: &mut Object) {
    for name in ["Addresses", "Phones", "ContactGroups", "ContactPersons"] {
        shown.entry(name).or_insert(json!([]));
    }
    for (name, value) in [
        ("BankAccountDetails", json!("")),
        ("EmailAddress", json!("")),
        ("IsSupplier", json!(false)),
        ("IsCustomer", json!(false)),
        ("HasAttachments", json!(false)),
        ("HasValidationErrors", json!(false)),
    ] {
        shown.entry(name).or_insert(value);
    }
}

fn show_days(shown: &mut Object, kind: Kind) {
    for (name, twice) in DAYS {
        let day = shown.get(*name).and_then(Value::as_str).and_then(fields::parse_date);
        let Some(day) = day else { continue };
        shown.insert((*name).to_owned(), fields::shown_date(day));
        if *twice && !matches!(kind, Kind::Payment | Kind::ManualJournal) {
            shown.insert(format!("{name}String"), json!(format!("{day}T00:00:00")));
        }
    }
}

/// The name that the vendor has for a time zone of the two simulated organisations.
fn windows_zone(zone: &str) -> &'static str {
    match zone {
        "Europe/London" => "GMTSTANDARDTIME",
        "America/New_York" => "EASTERNSTANDARDTIME",
        _ => "UTC",
    }
}
