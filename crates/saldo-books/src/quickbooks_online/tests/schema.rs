//! Every body against the vendor's own XML schemas, by the names and types of its fields. The JSON
//! has the names and types of the XML; attributes are members, and the text of a reference is its
//! `value`.

use super::*;
use saldo_core::book::{CodedRate, Item, TaxCode, TaxRate};
use std::collections::{BTreeMap, BTreeSet};

/// What a type of the schemas allows.
#[derive(Default)]
struct Type {
    base: Option<String>,
    members: BTreeMap<String, String>,
    values: BTreeSet<String>,
}

/// The types of the schemas by name.
#[derive(Default)]
struct Schema(BTreeMap<String, Type>);

/// The attribute of a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    tag.get(start..)?.split('"').next().map(str::to_owned)
}

impl Schema {
    fn load() -> Option<Self> {
        let mut schema = Self::default();
        for file in ["IntuitBaseTypes", "IntuitNamesTypes", "Finance", "IntuitRestServiceDef"] {
            let text = shared(&format!("specs/quickbooks-online/{file}.xsd"))?;
            schema.read(&text.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        Some(schema)
    }

    fn read(&mut self, text: &str) {
        let mut current = None;
        for tag in text.split('<').filter_map(|part| part.split('>').next()) {
            let kind = tag.split(' ').next().unwrap_or_default();
            let name = attribute(tag, "name");
            match kind.strip_prefix("xs:").unwrap_or(kind) {
                "complexType" | "simpleType" if name.is_some() => current = name,
                "/xs:complexType" | "/xs:simpleType" => {}
                "extension" => self.of(current.as_ref()).base = attribute(tag, "base"),
                "enumeration" => {
                    self.of(current.as_ref()).values.extend(attribute(tag, "value"));
                }
                "element" | "attribute" => {
                    let held = attribute(tag, "type").unwrap_or_default();
                    if let Some(name) = name {
                        self.of(current.as_ref()).members.insert(name, held);
                    }
                }
                _ => {}
            }
        }
    }

    fn of(&mut self, name: Option<&String>) -> &mut Type {
        self.0.entry(name.cloned().unwrap_or_default()).or_default()
    }

    /// The type of a member, here or in what the type extends.
    fn member(&self, holder: &str, member: &str) -> Option<&str> {
        let known = self.0.get(holder)?;
        let own = known.members.get(member).map(String::as_str);
        own.or_else(|| known.base.as_deref().and_then(|base| self.member(base, member)))
    }

    /// Checks a value against a type, and gathers what is wrong.
    fn check(&self, value: &Value, held: &str, path: &str, wrong: &mut Vec<String>) {
        let sound = match held {
            "xs:string" | "id" => value.is_string(),
            "xs:decimal" => value.is_number(),
            "xs:boolean" => value.is_boolean(),
            "xs:date" => value.as_str().is_some_and(|text| text.parse::<Date>().is_ok()),
            _ => match (value, self.0.get(held)) {
                (Value::Object(fields), Some(_)) => {
                    self.check_members(fields, held, path, wrong);
                    true
                }
                (Value::String(text), Some(known)) => known.values.contains(text),
                _ => false,
            },
        };
        if !sound {
            wrong.push(format!("{path} = {value} is no {held}"));
        }
    }

    fn check_members(
        &self,
        fields: &serde_json::Map<String, Value>,
        holder: &str,
        path: &str,
        wrong: &mut Vec<String>,
    ) {
        for (name, value) in fields {
            let path = format!("{path}/{name}");
            let held = match (holder, name.as_str()) {
                ("ReferenceType", "value") => Some("xs:string"),
                _ => self.member(holder, name),
            };
            match (held, value) {
                (None, _) => wrong.push(format!("{path} is not in {holder}")),
                (Some(held), Value::Array(members)) => {
                    members.iter().for_each(|member| self.check(member, held, &path, wrong));
                }
                (Some(held), value) => self.check(value, held, &path, wrong),
            }
            let detail = matches!(name.as_str(), "AccountSubType").then_some("AccountSubTypeEnum");
            if let Some(known) = detail {
                self.check(value, known, &path, wrong);
            }
        }
    }

    /// What is wrong with an item of a batch.
    fn faults(&self, item: &Value) -> Vec<String> {
        let mut wrong = Vec::new();
        for (name, value) in item.as_object().unwrap() {
            match name.as_str() {
                "bId" => assert!(value.as_str().is_some_and(|id| id.len() <= 10)),
                "operation" => self.check(value, "OperationEnum", name, &mut wrong),
                entity => self.check(value, entity, entity, &mut wrong),
            }
        }
        wrong
    }
}

/// Every kind of body that this book writes.
fn bodies() -> Vec<Value> {
    let lines = vec![goods(returns(), "50.00", 1), tax("4.13"), owed("-54.13")];
    let memo = document(DocumentKind::CreditMemo, Some(customer()), lines);
    let documents = [sale(), claim(), refund(), memo, received(), payout(), expense(), write_off()];
    let told = [sale(), expense(), write_off()];
    let both = [("class", "Retail"), ("location", "Aarhus")];
    let dimensioned = told.map(|document| dimensioned::with(&document, &both));
    let bills = [supplier_bill(), supplier_bill().reversal(day()), paid_bill()];
    let (came, order, count, sold) = (stock::came(), stock::order(), stock::count(), stock::sold());
    let stocked = [came.reversal(day()), came, order.clone(), count, sold.reversal(day()), sold];
    let sent = [sale(), claim(), refund()].map(|document| sent_to_new_york(&document));
    let documents = [&documents[..], &bills, &dimensioned, &stocked, &sent].concat();
    let mut bodies: Vec<Value> = documents.iter().map(body).collect();
    let kinds = [
        AccountKind::Bank,
        AccountKind::Clearing,
        AccountKind::Cash,
        AccountKind::Receivable,
        AccountKind::OtherCurrentAsset,
        AccountKind::OtherCurrentLiability,
        AccountKind::TaxLiability,
        AccountKind::Equity,
        AccountKind::Income,
        AccountKind::ContraIncome,
        AccountKind::OtherIncome,
        AccountKind::Payable,
        AccountKind::CostOfGoods,
        AccountKind::Inventory,
        AccountKind::Expense,
    ];
    let mut needs: Vec<Need> =
        kinds.iter().map(|kind| Need::Account(account("Name", *kind))).collect();
    needs.push(Need::Item(Item::plain(Some(mug()), sales())));
    needs.push(Need::Item(Item::plain(None, gift_cards())));
    needs.push(Need::Item(Item::kept(mug(), *stock::kept())));
    needs.push(Need::Party(customer()));
    needs.push(Need::Party(vendor()));
    let value = |name: &str| Need::Value { dimension: name.into(), value: "A".into() };
    needs.extend([value("class"), value("location")]);
    let subjects: Vec<Subject> = needs.into_iter().map(Subject::Need).collect();
    let context = context(&subjects);
    for subject in subjects {
        bodies.extend(items(&[Task::Create(subject)], &context));
    }
    bodies.extend(items(&[Task::Create(voided::voiding(&order))], &self::context(&[])));
    bodies.extend(["codes", "lines"].iter().flat_map(|how| coded(how)));
    bodies
}

/// Bodies that say tax by codes of the company's owner.
fn coded(how: &str) -> Vec<Value> {
    let rate = CodedRate {
        remote: RemoteId::from("4"),
        name: "Any".to_owned(),
        percent: None,
        agency: None,
    };
    let (remote, name) = (RemoteId::from("3"), "Any".to_owned());
    let code = TaxCode { remote, name, rates: vec![rate.clone()], bought: vec![rate] };
    let mut documents = vec![sale(), claim(), refund(), supplier_bill(), expense(), stock::order()];
    // Only there is tax on what is bought taken back.
    if how == "lines" {
        let bought = [DocumentKind::Expense, DocumentKind::Bill, DocumentKind::VendorCredit];
        documents.extend(bought.map(taxed_purchase));
    }
    let taxes = documents.iter().flat_map(Document::lines).filter_map(|line| match &line.kind {
        LineKind::Tax { title, rate } => Some(TaxRate { title: title.clone(), rate: *rate }),
        _ => None,
    });
    let mut said: Vec<String> = taxes.map(|tax| Need::TaxRate(tax).binding()).collect();
    said.extend(["tax/untaxed".to_owned(), "tax/no sale".to_owned()]);
    let of = |document: &Document| {
        let (tasks, mut context) = creates(std::slice::from_ref(document));
        context.settings.insert("sales-tax".to_owned(), how.to_owned());
        context.settings.extend(said.iter().map(|tax| (tax.clone(), "3".to_owned())));
        context.tax_codes = vec![code.clone()];
        items(&tasks, &context).remove(0)
    };
    let bodies: Vec<Value> = documents.iter().map(of).collect();
    let text = bodies.iter().map(Value::to_string).collect::<String>();
    assert!(text.contains("TaxLineDetail"), "{text}");
    bodies
}

/// Something bought, or credited, whose tax is taken back.
fn taxed_purchase(kind: DocumentKind) -> Document {
    let tax = LineKind::Tax { title: "Tax on fees".to_owned(), rate: None };
    let agency = account("Sales tax payable", AccountKind::TaxLiability);
    let charged = line(LineKind::Other { taxed: true }, fees(), "3.33", "Fee");
    let mut lines = vec![charged, other(fees(), "1.00", "Fee"), line(tax, agency, "0.66", "Tax")];
    lines.push(match kind {
        DocumentKind::Expense => settled(clearing(), "-4.99"),
        _ => payable("-4.99"),
    });
    match kind {
        DocumentKind::VendorCredit => document(DocumentKind::Bill, Some(supplier()), lines)
            .reversal("2026-11-21".parse().unwrap()),
        _ => document(kind, Some(supplier()), lines),
    }
}

#[test]
fn every_body_is_valid_by_the_vendors_schema() {
    let Some(schema) = Schema::load() else { return };
    let bodies = bodies();
    assert_eq!(bodies.len(), 34 + 6 + 1 + 1 + 1 + 3 + 2 * 6 + 3);
    for body in bodies {
        assert_eq!(schema.faults(&body), Vec::<String>::new(), "{body}");
    }
}

#[test]
fn the_schema_finds_what_is_wrong() {
    let Some(schema) = Schema::load() else { return };
    let body: Value = serde_json::from_str(
        r#"{"bId":"1","operation":"make","SalesReceipt":{"Docnumber":"1","TxnDate":"20.11.2026",
            "Line":[{"Amount":"5","DetailType":"ItemLine"}]}}"#,
    )
    .unwrap();
    assert_eq!(
        schema.faults(&body),
        [
            "SalesReceipt/Docnumber is not in SalesReceipt",
            "SalesReceipt/Line/Amount = \"5\" is no xs:decimal",
            "SalesReceipt/Line/DetailType = \"ItemLine\" is no LineDetailTypeEnum",
            "SalesReceipt/TxnDate = \"20.11.2026\" is no xs:date",
            "operation = \"make\" is no OperationEnum",
        ]
    );
}
