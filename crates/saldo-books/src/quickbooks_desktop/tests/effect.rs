//! What a body does to the general ledger by the vendor's rules, worked out from the body alone, is
//! what the document's entry says: whatever the signs, accounts and kinds of lines.

use super::*;
use proptest::prelude::*;

/// Sums by account name, in minor units, debit positive.
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

fn minor(text: Option<&str>) -> i64 {
    let text = text.unwrap();
    assert!(text.len() > 3 && text.as_bytes()[text.len() - 3] == b'.', "`{text}` has no cents");
    Money::parse(text, usd()).unwrap().minor()
}

impl Books {
    fn account(&self, row: &Element, reference: &str) -> String {
        let binding = &self.names[row.text([reference, "ListID"]).unwrap()];
        let mut parts = binding.split('/');
        // Of an item in stock the first account is that of its sales.
        assert!(matches!(parts.next(), Some("account" | "item" | "stock")), "{binding}");
        parts.next().unwrap().to_owned()
    }

    /// The account in which units stand that are bought.
    fn stands_in(&self, row: &Element) -> String {
        let binding = &self.names[row.text(["ItemRef", "ListID"]).unwrap()];
        let parts: Vec<&str> = binding.split('/').collect();
        let ["stock", _, stands_in, ..] = parts[..] else { panic!("{binding}") };
        stands_in.to_owned()
    }

    /// What is bought, by accounts and by items, and where the total stands.
    fn bought(&mut self, body: &Element, sign: i64, total_on: String) {
        let mut total = 0;
        for line in body.children.iter().filter(|line| line.name.ends_with("LineAdd")) {
            let amount = minor(line.text(["Amount"]));
            let account = match line.name.as_str() {
                "ItemLineAdd" => self.stands_in(line),
                _ => self.account(line, "AccountRef"),
            };
            self.add(account, sign * amount);
            total += amount;
        }
        assert!(total >= 0, "a total is never negative: {body:?}");
        self.add(total_on, -sign * total);
    }

    fn add(&mut self, name: String, minor: i64) {
        *self.effect.entry(name).or_default() += minor;
    }

    /// Lines on one side, their sum on the other. QuickBooks takes no negative total.
    fn with_total(
        &mut self,
        body: &Element,
        lines: &str,
        target: &str,
        sign: i64,
        total_on: String,
    ) {
        let mut total = 0;
        for line in body.all(lines) {
            let amount = minor(line.text(["Amount"]));
            self.add(self.account(line, target), sign * amount);
            total += amount;
        }
        assert!(total >= 0, "a total is never negative: {body:?}");
        self.add(total_on, -sign * total);
    }

    fn read(&mut self, body: &Element) {
        match body.name.as_str() {
            "SalesReceiptAdd" => {
                let deposit = match body.child("DepositToAccountRef") {
                    Some(_) => self.account(body, "DepositToAccountRef"),
                    None => "Undeposited Funds".to_owned(),
                };
                self.with_total(body, "SalesReceiptLineAdd", "ItemRef", -1, deposit);
            }
            "InvoiceAdd" => {
                let owed = self.account(body, "ARAccountRef");
                self.with_total(body, "InvoiceLineAdd", "ItemRef", -1, owed);
            }
            "CreditMemoAdd" => {
                let owed = self.account(body, "ARAccountRef");
                self.with_total(body, "CreditMemoLineAdd", "ItemRef", 1, owed);
            }
            "ReceivePaymentAdd" => {
                let total = minor(body.text(["TotalAmount"]));
                self.add(self.account(body, "DepositToAccountRef"), total);
                self.add(self.account(body, "ARAccountRef"), -total);
            }
            "ARRefundCreditCardAdd" => {
                let applied = body.all("RefundAppliedToTxnAdd");
                let total: i64 = applied.map(|it| minor(it.text(["RefundAmount"]))).sum();
                self.add(self.account(body, "RefundFromAccountRef"), -total);
                self.add(self.account(body, "ARAccountRef"), total);
            }
            "CheckAdd" => {
                let bank = self.account(body, "AccountRef");
                self.bought(body, 1, bank);
            }
            "CreditCardChargeAdd" | "CreditCardCreditAdd" => {
                let sign = if body.name == "CreditCardChargeAdd" { 1 } else { -1 };
                let card = self.account(body, "AccountRef");
                self.with_total(body, "ExpenseLineAdd", "AccountRef", sign, card);
            }
            "TransferAdd" => {
                let amount = minor(body.text(["Amount"]));
                self.add(self.account(body, "TransferFromAccountRef"), -amount);
                self.add(self.account(body, "TransferToAccountRef"), amount);
            }
            "BillAdd" | "VendorCreditAdd" | "ItemReceiptAdd" => {
                let sign = if body.name == "VendorCreditAdd" { -1 } else { 1 };
                let owed = match body.child("APAccountRef") {
                    Some(_) => self.account(body, "APAccountRef"),
                    None => "Accounts Payable".to_owned(),
                };
                self.bought(body, sign, owed);
            }
            // They say no amount, or one that nobody owes.
            "PurchaseOrderAdd" | "InventoryAdjustmentAdd" => {}
            "BillPaymentCheckAdd" | "BillPaymentCreditCardAdd" => {
                let paid: i64 =
                    body.all("AppliedToTxnAdd").map(|it| minor(it.text(["PaymentAmount"]))).sum();
                let paid_from = match body.child("BankAccountRef") {
                    Some(_) => "BankAccountRef",
                    None => "CreditCardAccountRef",
                };
                self.add(self.account(body, paid_from), -paid);
                self.add(self.account(body, "APAccountRef"), paid);
            }
            other => {
                assert_eq!(other, "JournalEntryAdd");
                self.journal(body);
            }
        }
    }

    /// Debits and credits; one line over what is owed, the first, which says who owes it.
    fn journal(&mut self, body: &Element) {
        let lines = body.children.iter().filter(|child| child.name.starts_with("Journal"));
        for (index, line) in lines.enumerate() {
            let sign = if line.name == "JournalCreditLine" { -1 } else { 1 };
            let name = self.account(line, "AccountRef");
            let owed = name.starts_with("Accounts ");
            assert!(!owed || index == 0, "{name} is line {index}");
            assert_eq!(line.child("EntityRef").is_some(), owed);
            let amount = minor(line.text(["Amount"]));
            assert!(amount > 0);
            self.add(name, sign * amount);
        }
    }
}

/// What the body of a document does; none where the book cannot hold it.
fn effect(document: &Document) -> Option<Effect> {
    let (tasks, context) = creates(std::slice::from_ref(document));
    BOOK.ask(&tasks, "t", &context).ok()?;
    let names = context.bindings.0.iter().map(|(name, id)| (id.to_string(), name.clone()));
    let mut books = Books { names: names.collect(), effect: Effect::new() };
    books.read(&body(document));
    books.effect.retain(|_, minor| *minor != 0);
    Some(books.effect)
}

/// The total that is heard where the vendor keeps exactly what was sent.
fn echoed(document: &Document) -> Option<Money> {
    let (tasks, context) = creates(std::slice::from_ref(document));
    let row = heard::row_of(&body(document));
    let name = row.trim_start_matches('<').split("Ret").next().unwrap().to_owned();
    let answer = answer(&response(&format!("{name}Add"), "1", &row));
    match hear(&tasks, &context, &answer).unwrap().remove(0) {
        Outcome::Done(acknowledgement) => acknowledgement.total,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_usual_documents_do_what_their_entries_say() {
    for document in of_every_kind() {
        assert_eq!(effect(&document), Some(entry(&document)), "{document:?}");
        let has_total = document.header().kind != DocumentKind::InventoryAdjustment;
        let total = has_total.then(|| document.total().unwrap());
        assert_eq!(echoed(&document), total, "{document:?}");
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
        pays in any::<bool>(),
    ) {
        let rest: i64 = -lines.iter().map(|(_, minor)| minor).sum::<i64>();
        let mut lines: Vec<Line> =
            lines.into_iter().map(|(which, minor)| any_line(which, minor)).collect();
        lines.push(any_line(last, rest));
        let party = if kind < 8 { customer() } else { supplier() };
        let mut document = document(KINDS[kind], Some(party), lines);
        if pays {
            document = of(document, "shop/Order/1001/other");
        }
        if let Some(effect) = effect(&document) {
            prop_assert_eq!(effect, entry(&document));
            prop_assert_eq!(echoed(&document), Some(document.total().unwrap()));
        }
    }
}
