//! What a body does to the general ledger, worked out from the body alone, is what the document's
//! entry says: whatever the signs, accounts and kinds of lines.

use super::*;
use proptest::prelude::*;
use serde_json::json;

/// Sums by account name; the tax account and the receivable by the names that tests give them.
type Effect = BTreeMap<String, i64>;

fn entry(document: &Document) -> Effect {
    let mut effect = Effect::new();
    for posting in document.entry().postings() {
        *effect.entry(posting.account.name.to_string()).or_default() += posting.amount.minor();
    }
    effect.retain(|_, minor| *minor != 0);
    effect
}

/// Reads a body as the vendor would.
struct Books {
    names: BTreeMap<String, String>,
    effect: Effect,
}

impl Books {
    fn account(&self, reference: &Value) -> String {
        let binding = &self.names[reference["value"].as_str().unwrap()];
        let mut parts = binding.split('/');
        assert!(matches!(parts.next(), Some("account" | "item")), "{binding}");
        parts.next().unwrap().to_owned()
    }

    fn add(&mut self, name: String, amount: &Value, sign: i64) {
        let minor = Money::parse(&amount.to_string(), usd()).unwrap().minor();
        *self.effect.entry(name).or_default() += sign * minor;
    }

    /// Lines and tax on one side, their sum on the other.
    fn form(&mut self, form: &Value, sign: i64, total_on: &str) {
        for line in form["Line"].as_array().unwrap() {
            let name = self.account(&line["SalesItemLineDetail"]["ItemRef"]);
            self.add(name, &line["Amount"], -sign);
        }
        self.add("Sales tax payable".to_owned(), &form["TxnTaxDetail"]["TotalTax"], -sign);
        let total: i64 = -self.effect.values().sum::<i64>();
        assert!(total * sign >= 0, "a total is never negative: {form}");
        let name = match form.get("DepositToAccountRef") {
            Some(reference) => self.account(reference),
            None => total_on.to_owned(),
        };
        *self.effect.entry(name).or_default() += total;
    }

    fn read(&mut self, entity: &str, body: &Value) {
        match entity {
            "SalesReceipt" => self.form(body, 1, "Undeposited Funds"),
            "Invoice" => self.form(body, 1, "Accounts receivable"),
            "RefundReceipt" => self.form(body, -1, "refused without an account"),
            "CreditMemo" => self.form(body, -1, "Accounts receivable"),
            "Payment" => {
                let name = self.account(&body["DepositToAccountRef"]);
                self.add(name, &body["TotalAmt"], 1);
                self.add("Accounts receivable".to_owned(), &body["TotalAmt"], -1);
            }
            "Transfer" => {
                let (from, to) = (&body["FromAccountRef"], &body["ToAccountRef"]);
                let (from, to) = (self.account(from), self.account(to));
                self.add(from, &body["Amount"], -1);
                self.add(to, &body["Amount"], 1);
            }
            "Bill" | "VendorCredit" => {
                let sign = if entity == "Bill" { 1 } else { -1 };
                for line in body["Line"].as_array().unwrap() {
                    let detail = &line["AccountBasedExpenseLineDetail"];
                    let name = self.account(&detail["AccountRef"]);
                    self.add(name, &line["Amount"], sign);
                }
                let total: i64 = self.effect.values().sum();
                assert!(total * sign >= 0, "a total is never negative: {body}");
                *self.effect.entry(self.account(&body["APAccountRef"])).or_default() -= total;
            }
            "BillPayment" => {
                let bank = self.account(&body["CheckPayment"]["BankAccountRef"]);
                self.add(bank, &body["TotalAmt"], -1);
                let payable = self.account(&body["APAccountRef"]);
                self.add(payable, &body["TotalAmt"], 1);
            }
            "Purchase" => {
                for line in body["Line"].as_array().unwrap() {
                    let detail = &line["AccountBasedExpenseLineDetail"];
                    let name = self.account(&detail["AccountRef"]);
                    self.add(name, &line["Amount"], 1);
                }
                let total: i64 = self.effect.values().sum();
                assert!(total >= 0, "{body}");
                *self.effect.entry(self.account(&body["AccountRef"])).or_default() -= total;
            }
            _ => {
                for line in body["Line"].as_array().unwrap() {
                    let detail = &line["JournalEntryLineDetail"];
                    let sign = if detail["PostingType"] == "Credit" { -1 } else { 1 };
                    assert!(!line["Amount"].to_string().starts_with('-'), "{line}");
                    let name = self.account(&detail["AccountRef"]);
                    self.add(name, &line["Amount"], sign);
                }
            }
        }
    }
}

/// What the body of a document does; none where the book cannot hold it.
fn effect(document: &Document) -> Option<Effect> {
    let (tasks, context) = creates(std::slice::from_ref(document));
    BOOK.ask(&tasks, "t", &context).ok()?;
    let names = context.bindings.0.iter().map(|(name, id)| (id.to_string(), name.clone()));
    let mut books = Books { names: names.collect(), effect: Effect::new() };
    for (entity, body) in items(&tasks, &context).remove(0).as_object().unwrap() {
        if !matches!(entity.as_str(), "bId" | "operation") {
            books.read(entity, body);
        }
    }
    books.effect.retain(|_, minor| *minor != 0);
    Some(books.effect)
}

#[test]
fn the_usual_documents_do_what_their_entries_say() {
    let sold = [sale(), claim(), received(), refund(), payout(), expense(), write_off()];
    let bought = [supplier_bill(), supplier_bill().reversal(day()), paid_bill()];
    let documents = sold.into_iter().chain(bought);
    for document in documents {
        assert_eq!(effect(&document), Some(entry(&document)), "{document:?}");
    }
}

/// The total that is heard when the vendor keeps exactly what was sent.
fn echoed(document: &Document) -> Option<Money> {
    let (tasks, context) = creates(std::slice::from_ref(document));
    let item = items(&tasks, &context).remove(0);
    let (entity, body) = item
        .as_object()?
        .iter()
        .find(|(name, _)| !["bId", "operation"].contains(&name.as_str()))?;
    let amounts = body.get("Line").and_then(Value::as_array).into_iter().flatten();
    let tax = body.pointer("/TxnTaxDetail/TotalTax");
    let minor = |amount: &Value| Money::parse(&amount.to_string(), usd()).unwrap().minor();
    let total = amounts.map(|line| &line["Amount"]).chain(tax).map(minor).sum();
    let mut held = body.clone();
    held["Id"] = json!("1");
    held["TotalAmt"] = match body.get("TotalAmt") {
        Some(total) => total.clone(),
        None => Money::from_minor(total, usd()).amount_text().parse().map(Value::Number).unwrap(),
    };
    let answer = json!({"BatchItemResponse": [{"bId": "1", entity: held}]});
    match hear(&tasks, &context, 200, &answer.to_string()).unwrap().remove(0) {
        Outcome::Done(acknowledgement) => acknowledgement.total,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_long_document_is_gathered_and_does_the_same() {
    let mut day = vec![settled(clearing(), "1203.00"), tax("-3.00")];
    day.extend((0..600).map(|_| goods(sales(), "-2.00", 3)));
    let mut costs = vec![settled(clearing(), "-594.00")];
    costs.extend((0..600).map(|_| other(fees(), "1.00", "Fee")));
    costs.extend((0..6).map(|_| other(fees(), "-1.00", "Fee")));
    let cases = [
        (DocumentKind::SalesReceipt, day, "SalesReceipt", 1, "1800 x Mug and 599 more lines"),
        (DocumentKind::Expense, costs, "Purchase", 2, "Fee and 599 more lines"),
    ];
    for (kind, lines, entity, count, text) in cases {
        let document = document(kind, Some(customer()), lines);
        let body = body(&document);
        assert_eq!(body[entity]["Line"].as_array().unwrap().len(), count);
        assert_eq!(body[entity]["Line"][0]["Description"], text);
        assert_eq!(effect(&document), Some(entry(&document)));
        assert_eq!(echoed(&document), Some(document.total().unwrap()));
    }
}

const KINDS: [DocumentKind; 11] = [
    DocumentKind::SalesReceipt,
    DocumentKind::Invoice,
    DocumentKind::Payment,
    DocumentKind::RefundReceipt,
    DocumentKind::CreditMemo,
    DocumentKind::Transfer,
    DocumentKind::Expense,
    DocumentKind::JournalEntry,
    DocumentKind::Bill,
    DocumentKind::VendorCredit,
    DocumentKind::BillPayment,
];

/// Lines of one kind each, by a number.
fn any_line(which: u8, minor: i64) -> Line {
    let amount = Money::from_minor(minor, usd()).amount_text();
    match which {
        0 => goods(sales(), &amount, 3),
        1 => goods(returns(), &amount, 1),
        2 => other(discounts(), &amount, "Discount"),
        3 => other(gift_cards(), &amount, "Gift card"),
        4 => other(fees(), &amount, "Fee"),
        5 => tax(&amount),
        6 => settled(clearing(), &amount),
        7 => settled(paypal(), &amount),
        8 => settled(gift_cards(), &amount),
        9 => owed(&amount),
        10 => payable(&amount),
        _ => own_tax(&amount),
    }
}

proptest! {
    #[test]
    fn whatever_is_held_does_what_its_entry_says(
        kind in 0_usize..11,
        lines in proptest::collection::vec((0_u8..12, -20_000_i64..20_000), 1..7),
        last in 5_u8..11,
    ) {
        let rest: i64 = -lines.iter().map(|(_, minor)| minor).sum::<i64>();
        let mut lines: Vec<Line> =
            lines.into_iter().map(|(which, minor)| any_line(which, minor)).collect();
        lines.push(any_line(last, rest));
        let party = if kind < 8 { customer() } else { supplier() };
        let document = document(KINDS[kind], Some(party), lines);
        if let Some(effect) = effect(&document) {
            prop_assert_eq!(effect, entry(&document));
            prop_assert_eq!(echoed(&document), Some(document.total().unwrap()));
        }
    }
}
