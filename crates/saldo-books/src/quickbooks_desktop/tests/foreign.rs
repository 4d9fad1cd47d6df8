//! Documents on accounts of other currencies.

use super::heard::ID;
use super::schema::all_valid;
use super::*;
use saldo_core::book::Listed;

fn kept(amount: &str, foreign: &str) -> Line {
    let account = account("Clearing: Shopify Payments EUR", AccountKind::Clearing);
    Line { foreign: Some(foreign.parse().unwrap()), ..settled(account, amount) }
}

fn over(amount: &str) -> Line {
    settled(account("Currency conversion", AccountKind::Clearing), amount)
}

fn moved(lines: Vec<Line>) -> Document {
    document(DocumentKind::Transfer, None, lines)
}

#[test]
fn what_moves_in_another_currency_is_a_journal_entry_in_it_at_the_rate_that_gives_its_worth() {
    let sale = moved(vec![kept("110.00", "100.00 EUR"), over("-110.00")]);
    let body = body(&sale);
    assert_eq!(body.name, "JournalEntryAdd");
    assert_eq!(body.text(["IsAmountsEnteredInHomeCurrency"]), Some("false"));
    assert!(body.text(["CurrencyRef", "ListID"]).is_some());
    assert_eq!(body.text(["ExchangeRate"]), Some("1.1"));
    let amounts = |side: &str| -> Vec<String> {
        let lines = body.all(side).filter_map(|line| line.text(["Amount"]));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(amounts("JournalDebitLine"), ["100.00"]);
    assert_eq!(amounts("JournalCreditLine"), ["100.00"]);
    let marked = body.all("JournalDebitLine").chain(body.all("JournalCreditLine"));
    let memos: Vec<&str> = marked.filter_map(|line| line.text(["Memo"])).collect();
    let marker = format!("saldo:{}", key(&sale));
    assert_eq!(memos.iter().filter(|memo| memo.ends_with(&marker)).count(), 1, "{memos:?}");
}

#[test]
fn amounts_without_decimals_are_written_with_two_and_read_again() {
    let sale = moved(vec![kept("1234.56", "187654 JPY"), over("-1234.56")]);
    let body = body(&sale);
    let debit = body.child("JournalDebitLine").unwrap();
    assert_eq!(debit.text(["Amount"]), Some("187654.00"));
    let dinars = moved(vec![kept("3.25", "1.000 KWD"), over("-3.25")]);
    let tasks = [Task::Create(subject(&dinars))];
    let refused = BOOK.ask(&tasks, "t", &context(&[])).unwrap_err();
    assert!(refused.message.contains("two decimals of KWD"), "{}", refused.message);
}

#[test]
fn messages_in_other_currencies_are_valid() {
    let documents = [
        moved(vec![kept("110.00", "100.00 EUR"), over("-110.00")]),
        moved(vec![kept("1234.56", "187654 JPY"), over("-1234.56")]),
    ];
    let (tasks, context) = creates(&documents);
    let mut messages = vec![message(&tasks, &context)];
    for document in &documents {
        for need in BOOK.needs(&subject(document)) {
            if matches!(need, Need::ForeignAccount { .. }) {
                messages.push(message(&[Task::Create(Subject::Need(need))], &context));
            }
        }
    }
    assert_eq!(messages.len(), 3);
    all_valid(&messages);
}

#[test]
fn a_currency_is_its_owners_to_make_active_and_its_accounts_wait_for_that() {
    let eur = Currency::parse("EUR").unwrap();
    let currency = Need::Listed(Listed::Currency(eur));
    let hint = BOOK.wants_leave(&currency, &BTreeMap::new()).unwrap();
    assert!(hint.contains("Currency List"), "{hint}");
    let sale = moved(vec![kept("110.00", "100.00 EUR"), over("-110.00")]);
    let needs = BOOK.needs(&subject(&sale));
    assert!(needs.contains(&currency));
    let is_foreign = |need: &&Need| matches!(need, Need::ForeignAccount { .. });
    let account = needs.iter().find(is_foreign).unwrap().clone();
    assert_eq!(BOOK.needs(&Subject::Need(account)), [currency]);
}

#[test]
fn what_is_kept_in_another_currency_must_be_a_bank_account_and_stand_beside_one_of_the_books() {
    let held =
        Line { foreign: Some("100.00 EUR".parse().unwrap()), ..settled(gift_cards(), "110.00") };
    let refused = |lines: Vec<Line>| {
        let tasks = [Task::Create(subject(&moved(lines)))];
        BOOK.ask(&tasks, "t", &context(&[])).unwrap_err().message
    };
    let liability = refused(vec![held, over("-110.00")]);
    assert!(liability.contains("bank accounts alone"), "{liability}");
    let several =
        refused(vec![kept("110.00", "100.00 EUR"), over("-100.00"), settled(bank(), "-10.00")]);
    assert!(several.contains("currencies.conversion"), "{several}");
}

/// A row as QuickBooks shows what was sent, at this rate.
fn row(document: &Document, rate: &str) -> String {
    let (tasks, context) = creates(std::slice::from_ref(document));
    let message = message(&tasks, &context);
    let from = message.find("<JournalEntryAdd>").unwrap() + "<JournalEntryAdd>".len();
    let until = message.find("</JournalEntryAdd>").unwrap();
    let fields = &message[from..until];
    let sent = body(document).text(["ExchangeRate"]).unwrap().to_owned();
    let fields =
        fields.replace(&format!("<ExchangeRate>{sent}<"), &format!("<ExchangeRate>{rate}<"));
    format!(
        "<JournalEntryRet><TxnID>{ID}</TxnID><EditSequence>5</EditSequence>{fields}\
         </JournalEntryRet>"
    )
}

#[test]
fn what_is_held_is_compared_in_both_currencies() {
    let sale = moved(vec![kept("110.00", "100.00 EUR"), over("-110.00")]);
    let subject = subject(&sale);
    let context = context(std::slice::from_ref(&subject));
    let tasks = [Task::look_up(subject)];
    let found = |row: &str| {
        let text = answer(&response("JournalEntryQuery", "JournalEntry", row));
        hear(&tasks, &context, &text).unwrap().remove(0)
    };
    let Outcome::Found(same) = found(&row(&sale, "1.1")) else { panic!() };
    assert_eq!(same.total, Some(sale.total().unwrap()));
    let differs = |row: &str| match found(row) {
        Outcome::FoundDifferent { difference, .. } => difference,
        other => panic!("{other:?}"),
    };
    assert_eq!(differs(&row(&sale, "1.2")), "total: sent 110.00 USD, held 120.00 USD");
    let less = row(&sale, "1.1").replace(">100.00<", ">99.00<");
    let difference = differs(&less);
    assert!(difference.contains("sent 100.00 EUR, held 99.00 EUR"), "{difference}");
}
