//! Which properties each kind of body may hold, and how long their texts may be.
//!
//! Names are those of the vendor's schema. A property that is read only is taken and passed over.

use super::fault::Fault;
use super::fields::Object;
use super::kind::Kind;
use serde_json::Value;

const ENTITY: &str = "Id SyncToken MetaData CustomField AttachableRef domain status sparse";

const TRANSACTION: &str = "DocNumber TxnDate DepartmentRef CurrencyRef ExchangeRate PrivateNote \
    TxnStatus LinkedTxn Line TxnTaxDetail TxnSource RecurDataRef ProjectRef GlobalTaxCalculation \
    TotalAmt HomeTotalAmt";

const SALES_FORM: &str = "AutoDocNumber CustomerRef CustomerMemo BillAddr ShipAddr \
    FreeFormAddress ShipFromAddr ClassRef SalesTermRef DueDate ShipMethodRef ShipDate TrackingNum \
    ApplyTaxAfterDiscount ShippingTaxIncludedInTotalTax PrintStatus EmailStatus BillEmail \
    BillEmailCc BillEmailBcc ARAccountRef Balance HomeBalance PaymentMethodRef PaymentRefNum \
    PaymentType CheckPayment CreditCardPayment DepositToAccountRef DeliveryInfo DiscountRate \
    DiscountAmt TaxExemptionRef RemainingCredit Deposit AllowOnlineCreditCardPayment \
    AllowOnlineACHPayment AllowIPNPayment AllowOnlinePayment";

const PARTY: &str = "Title GivenName MiddleName FamilyName Suffix FullyQualifiedName CompanyName \
    DisplayName PrintOnCheckName Active V4IDPseudonym PrimaryPhone AlternatePhone Mobile Fax \
    PrimaryEmailAddr WebAddr DefaultTaxCodeRef BillAddr ShipAddr Notes Balance OpenBalanceDate \
    CurrencyRef AcctNum";

const LINE: &str = "Id LineNum Description Amount LinkedTxn DetailType PaymentLineDetail \
    DiscountLineDetail TaxLineDetail SalesItemLineDetail DescriptionLineDetail \
    ItemBasedExpenseLineDetail AccountBasedExpenseLineDetail DepositLineDetail \
    JournalEntryLineDetail SubTotalLineDetail ItemAdjustmentLineDetail CustomField LineEx \
    ProjectRef";

/// Which properties a body of this kind has beside those of its family.
fn own(kind: Kind) -> &'static str {
    match kind {
        Kind::Account => {
            "Name SubAccount ParentRef Description FullyQualifiedName Active Classification \
             AccountType AccountSubType AcctNum OpeningBalance OpeningBalanceDate CurrentBalance \
             CurrentBalanceWithSubAccounts CurrencyRef TaxCodeRef AccountAlias TxnLocationType"
        }
        Kind::Item => {
            "Name Sku Description Active SubItem ParentRef Level FullyQualifiedName Taxable \
             SalesTaxIncluded UnitPrice Type IncomeAccountRef PurchaseDesc PurchaseTaxIncluded \
             PurchaseCost ExpenseAccountRef AssetAccountRef TrackQtyOnHand QtyOnHand InvStartDate \
             ReorderPoint SalesTaxCodeRef PurchaseTaxCodeRef PrefVendorRef ManPartNum \
             TaxClassificationRef ClassRef ItemCategoryType"
        }
        Kind::Customer => {
            "Taxable Job BillWithParent ParentRef Level SalesTermRef PaymentMethodRef \
             BalanceWithJobs PreferredDeliveryMethod ResaleNum CustomerTypeRef \
             TaxExemptionReasonId IsProject ClientEntityId"
        }
        Kind::Vendor => "TaxIdentifier TermRef Vendor1099 BillRate APAccountRef",
        Kind::Payment => {
            "CustomerRef ARAccountRef DepositToAccountRef PaymentMethodRef PaymentRefNum \
             PaymentType CheckPayment CreditCardPayment UnappliedAmt ProcessPayment"
        }
        Kind::Transfer => "FromAccountRef ToAccountRef Amount ClassRef",
        Kind::Purchase => {
            "AccountRef PaymentMethodRef PaymentRefNum PaymentType CheckPayment \
             CreditCardPayment EntityRef Credit RemitToAddr Memo PrintStatus PurchaseEx"
        }
        Kind::JournalEntry => "Adjustment HomeCurrencyAdjustment EnteredInHomeCurrency",
        Kind::Class => "Name SubClass ParentRef FullyQualifiedName Active",
        Kind::Department => "Name SubDepartment ParentRef FullyQualifiedName Active Address",
        Kind::Deposit => "DepositToAccountRef CashBack",
        Kind::Bill => {
            "VendorRef APAccountRef Memo SalesTermRef DueDate RemitToAddr ShipAddr VendorAddr \
             Balance HomeBalance"
        }
        Kind::VendorCredit => "VendorRef APAccountRef Memo VendorAddr Balance",
        Kind::PurchaseOrder => {
            "VendorRef APAccountRef Memo SalesTermRef DueDate ExpectedDate VendorAddr ShipTo \
             ShipAddr ShipMethodRef FOB POEmail PrintStatus EmailStatus ManuallyClosed POStatus \
             ClassRef TaxCodeRef"
        }
        Kind::InventoryAdjustment => "ShippingAdjustment AdjustAccountRef CustomerRef",
        Kind::BillPayment => {
            "VendorRef VendorAddr APAccountRef PayType CheckPayment CreditCardPayment"
        }
        _ => "",
    }
}

/// Which properties a line's detail, or the tax detail, may hold.
fn detail(name: &str) -> Option<&'static str> {
    Some(match name {
        "SalesItemLineDetail" => {
            "ItemRef ClassRef UnitPrice RatePercent Qty ItemAccountRef TaxCodeRef \
             TaxClassificationRef ServiceDate TaxInclusiveAmt DiscountRate DiscountAmt MarkupInfo \
             PriceLevelRef"
        }
        "DiscountLineDetail" => {
            "DiscountRef PercentBased DiscountPercent DiscountAccountRef ServiceDate ClassRef \
             TaxCodeRef"
        }
        "ItemBasedExpenseLineDetail" => {
            "ItemRef ClassRef UnitPrice Qty TaxCodeRef CustomerRef BillableStatus \
             TaxInclusiveAmt MarkupInfo"
        }
        "ItemAdjustmentLineDetail" => "ItemRef SalesPrice QtyDiff NewQty ClassRef",
        "AccountBasedExpenseLineDetail" => {
            "CustomerRef ClassRef AccountRef BillableStatus MarkupInfo TaxAmount TaxCodeRef \
             TaxInclusiveAmt"
        }
        "DepositLineDetail" => {
            "Entity ClassRef AccountRef PaymentMethodRef CheckNum TxnType TaxCodeRef \
             TaxApplicableOn"
        }
        "JournalEntryLineDetail" => {
            "PostingType Entity AccountRef ClassRef DepartmentRef TaxCodeRef TaxRateRef \
             TaxApplicableOn TaxAmount BillableStatus JournalCodeRef"
        }
        "BillPaymentCheck" => "BankAccountRef PrintStatus CheckDetail PayeeAddr",
        "BillPaymentCreditCard" => "CCAccountRef CCDetail",
        "TxnTaxDetail" => {
            "DefaultTaxCodeRef TxnTaxCodeRef TotalTax TaxReviewStatus TaxLine \
             UseAutomatedSalesTax"
        }
        "ShipAddr" | "BillAddr" | "ShipFromAddr" => {
            "Id Line1 Line2 Line3 Line4 Line5 City Country CountryCode County \
             CountrySubDivisionCode PostalCode PostalCodeSuffix Lat Long Tag Note"
        }
        _ => return None,
    })
}

/// Whether a list of names, parted by spaces, holds this one.
fn holds(names: &str, name: &str) -> bool {
    names.split_ascii_whitespace().any(|known| known == name)
}

/// Which texts may not be longer than so many characters.
const LIMITS: &[(&str, usize)] = &[
    ("DocNumber", 21),
    ("PaymentRefNum", 21),
    ("PrivateNote", 4_000),
    ("Description", 4_000),
    ("CustomerMemo", 1_000),
    ("DisplayName", 100),
    ("GivenName", 100),
    ("MiddleName", 100),
    ("FamilyName", 100),
    ("CompanyName", 100),
    ("Name", 100),
    ("Sku", 100),
    ("AcctNum", 20),
    ("Address", 100),
    ("Line1", 500),
    ("Line2", 500),
    ("Line3", 500),
    ("Line4", 500),
    ("Line5", 500),
    ("City", 255),
    ("Country", 255),
    ("CountrySubDivisionCode", 255),
    ("PostalCode", 30),
];

/// Checks that a body holds only what the schema knows, and nothing too long.
pub(super) fn check(kind: Kind, body: &Object) -> Result<(), Fault> {
    for (name, value) in body {
        if !is_known(kind, name) {
            return Err(Fault::unknown_property(name));
        }
        match (name.as_str(), value) {
            ("Line", Value::Array(lines)) => {
                lines.iter().filter_map(Value::as_object).try_for_each(check_line)?;
            }
            ("TxnTaxDetail" | "ShipAddr" | "BillAddr" | "ShipFromAddr", Value::Object(inner)) => {
                check_detail(name, inner)?;
            }
            ("CheckPayment", Value::Object(inner)) if kind == Kind::BillPayment => {
                check_detail("BillPaymentCheck", inner)?;
            }
            ("CreditCardPayment", Value::Object(inner)) if kind == Kind::BillPayment => {
                check_detail("BillPaymentCreditCard", inner)?;
            }
            _ => {}
        }
    }
    check_lengths("", &Value::Object(body.clone()))
}

fn is_known(kind: Kind, name: &str) -> bool {
    let family = match kind {
        kind if kind.is_sales_form() => SALES_FORM,
        kind if kind.is_party() => PARTY,
        _ => "",
    };
    holds(ENTITY, name)
        || holds(family, name)
        || (kind.is_transaction() && holds(TRANSACTION, name))
        || holds(own(kind), name)
}

fn check_line(line: &Object) -> Result<(), Fault> {
    for (name, value) in line {
        if !holds(LINE, name) {
            return Err(Fault::unknown_property(name));
        }
        if let Value::Object(inner) = value {
            check_detail(name, inner)?;
        }
    }
    Ok(())
}

fn check_detail(name: &str, inner: &Object) -> Result<(), Fault> {
    let Some(known) = detail(name) else { return Ok(()) };
    match inner.keys().find(|key| !holds(known, key)) {
        Some(unknown) => Err(Fault::unknown_property(unknown)),
        None => Ok(()),
    }
}

/// Checks every text, those within objects included. A `value` counts as the text of its owner.
fn check_lengths(owner: &str, value: &Value) -> Result<(), Fault> {
    match value {
        Value::String(text) => {
            let limit = LIMITS.iter().find(|(name, _)| *name == owner).map(|(_, limit)| *limit);
            let length = text.chars().count();
            match limit.filter(|limit| length > *limit) {
                Some(limit) => Err(Fault::too_long(owner, limit, length)),
                None => Ok(()),
            }
        }
        Value::Array(items) => items.iter().try_for_each(|item| check_lengths(owner, item)),
        Value::Object(object) => object.iter().try_for_each(|(name, inner)| {
            let is_reference = name == "name" || (name == "value" && owner.ends_with("Ref"));
            if is_reference {
                return Ok(());
            }
            check_lengths(if name == "value" { owner } else { name }, inner)
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}
