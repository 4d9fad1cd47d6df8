//! References within a body: whatever it refers to must be there and active, and gets its name.

use super::company::{View, reference_to};
use super::fault::Fault;
use super::fields::{self, Object, Reference};
use super::kind::Kind;
use super::lists::PAYMENT_METHODS;
use serde_json::{Value, json};

/// The item that stands for shipping on a sales form.
pub(super) const SHIPPING_ITEM: &str = "SHIPPING_ITEM_ID";

/// The currency of the company, and the only one it uses.
pub(super) const HOME_CURRENCY: &str = "USD";

/// What the properties of these names refer to.
fn target(name: &str) -> Option<Kind> {
    Some(match name {
        "CustomerRef" => Kind::Customer,
        "VendorRef" | "PrefVendorRef" => Kind::Vendor,
        "ItemRef" => Kind::Item,
        "ClassRef" => Kind::Class,
        "DepartmentRef" => Kind::Department,
        "AccountRef"
        | "DepositToAccountRef"
        | "FromAccountRef"
        | "ToAccountRef"
        | "APAccountRef"
        | "BankAccountRef"
        | "CCAccountRef"
        | "ARAccountRef"
        | "IncomeAccountRef"
        | "ExpenseAccountRef"
        | "AssetAccountRef"
        | "AdjustAccountRef"
        | "DiscountAccountRef" => Kind::Account,
        _ => return None,
    })
}

/// Checks every reference of a body and completes it with the name of what it means.
pub(super) fn complete(view: &View<'_>, body: &mut Object) -> Result<(), Fault> {
    let party_type = fields::text(body, "Type").ok().flatten().map(str::to_owned);
    // What the company does not track is passed over without a word.
    body.retain(|name, value| !value.is_null() && view.tracks(name));
    for (name, value) in body.iter_mut() {
        complete_property(view, name, value, party_type.as_deref())?;
    }
    Ok(())
}

fn complete_property(
    view: &View<'_>,
    name: &str,
    value: &mut Value,
    party_type: Option<&str>,
) -> Result<(), Fault> {
    match value {
        Value::Array(items) => {
            for item in items {
                complete_property(view, name, item, party_type)?;
            }
            Ok(())
        }
        Value::Object(object) => {
            match completed(view, name, object, party_type)? {
                Some(reference) => *value = reference,
                None if !name.ends_with("Ref") => complete(view, object)?,
                None => {}
            }
            Ok(())
        }
        _ if name.ends_with("Ref") => Err(Fault::invalid_text(name, "is not a reference")),
        _ => Ok(()),
    }
}

/// The completed reference, where the property is one that is checked.
fn completed(
    view: &View<'_>,
    name: &str,
    object: &Object,
    party_type: Option<&str>,
) -> Result<Option<Value>, Fault> {
    let is_party = name == "EntityRef" || (name == "Entity" && object.contains_key("value"));
    let is_checked = matches!(name, "CurrencyRef" | "PaymentMethodRef");
    let kind = target(name);
    if !is_party && !is_checked && kind.is_none() {
        return Ok(None);
    }
    let wrapped = Object::from_iter([(name.to_owned(), Value::Object(object.clone()))]);
    let Some(mut reference) = fields::reference(&wrapped, name)? else { return Ok(None) };
    match (name, kind) {
        ("CurrencyRef", _) => currency(view, &reference).map(Some),
        ("PaymentMethodRef", _) => payment_method(&reference).map(Some),
        ("ItemRef", _) if reference.value == SHIPPING_ITEM => shipping_item(view).map(Some),
        (_, Some(kind)) => Ok(Some(reference_to(view.resolve(kind, name, &reference)?))),
        (_, None) => {
            reference.kind = reference.kind.or_else(|| party_type.map(str::to_owned));
            let party = view.party(name, &reference)?;
            let kind = party.kind.name();
            let mut shown = json!({ "value": party.id.to_string(), "name": party.name() });
            if party_type.is_none() {
                shown["type"] = json!(kind.to_ascii_uppercase());
            }
            Ok(Some(shown))
        }
    }
}

fn currency(view: &View<'_>, reference: &Reference) -> Result<Value, Fault> {
    let code = reference.value.as_str();
    if code == HOME_CURRENCY {
        return Ok(home_currency());
    }
    let why = match &view.company.settings.currencies {
        Some(known) if known.contains_key(code) => {
            return Ok(json!({ "value": code, "name": code }));
        }
        Some(_) => "it is not in the list of currencies",
        None => "multicurrency is not enabled for this company",
    };
    Err(Fault::business(&format!("{code} is not the home currency, and {why}")))
}

/// The home currency as it stands in an answer.
pub(super) fn home_currency() -> Value {
    json!({ "value": HOME_CURRENCY, "name": "United States Dollar" })
}

fn payment_method(reference: &Reference) -> Result<Value, Fault> {
    let known = PAYMENT_METHODS.iter().find(|(id, _)| *id == reference.value);
    let missing =
        || Fault::bad_reference("PaymentMethodRef", Kind::PaymentMethod, &reference.value);
    known.map(|(id, name)| json!({ "value": id, "name": name })).ok_or_else(missing)
}

fn shipping_item(view: &View<'_>) -> Result<Value, Fault> {
    if view.company.settings.allow_shipping {
        return Ok(json!({ "value": SHIPPING_ITEM }));
    }
    Err(Fault::bad_reference("ItemRef", Kind::Item, SHIPPING_ITEM))
}
