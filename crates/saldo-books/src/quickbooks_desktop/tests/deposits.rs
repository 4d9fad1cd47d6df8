//! Payouts as deposits.

use super::heard::ID;
use super::schema::all_valid;
use super::*;

/// A payout of a gateway.
fn paid_out() -> Document {
    let lines = vec![settled(bank(), "950.00"), settled(clearing(), "-950.00")];
    document(DocumentKind::Transfer, Some(vendor()), lines)
}

/// What creates it, in a connection that wants deposits.
fn as_deposit(document: &Document) -> (Vec<Task>, BookContext) {
    let (tasks, mut context) = creates(std::slice::from_ref(document));
    let word = super::super::deposits::AS_DEPOSITS.to_owned();
    context.settings.insert(super::super::PAYOUTS.to_owned(), word);
    context.bindings.0.insert(Need::Party(vendor()).binding(), RemoteId::from("7-1"));
    (tasks, context)
}

fn made(document: &Document) -> Element {
    let (tasks, context) = as_deposit(document);
    requests(&tasks, &context).remove(0).children.remove(0)
}

#[test]
fn a_payout_is_a_deposit_of_one_line_that_says_who_paid() {
    let deposit = made(&paid_out());
    assert_eq!(deposit.name, "DepositAdd");
    assert!(deposit.text(["Memo"]).unwrap().ends_with(&format!("saldo:{}", key(&paid_out()))));
    let (_, context) = as_deposit(&paid_out());
    let bound = |account: Account| context.bindings.need(&Need::Account(account)).unwrap().clone();
    let to = deposit.text(["DepositToAccountRef", "ListID"]);
    assert_eq!(to, Some(bound(bank()).as_str()));
    let lines: Vec<&Element> = deposit.all("DepositLineAdd").collect();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].text(["AccountRef", "ListID"]), Some(bound(clearing()).as_str()));
    assert_eq!(lines[0].text(["EntityRef", "ListID"]), Some("7-1"));
    assert_eq!(lines[0].text(["Amount"]), Some("950.00"));
    assert_eq!(body(&paid_out()).name, "TransferAdd", "where nobody asks for deposits");
}

#[test]
fn only_what_comes_to_a_bank_from_where_it_waited_is_a_deposit() {
    let moved = |to: Account, from: Account| {
        let lines = vec![settled(to, "10.00"), settled(from, "-10.00")];
        made(&document(DocumentKind::Transfer, None, lines)).name
    };
    let drawer = || account("Drawer", AccountKind::Cash);
    let reserve = || account("Reserve", AccountKind::OtherCurrentAsset);
    assert_eq!(moved(bank(), drawer()), "DepositAdd");
    assert_eq!(moved(account("Savings", AccountKind::Bank), bank()), "TransferAdd");
    assert_eq!(moved(clearing(), bank()), "TransferAdd", "a payout that came back");
    assert_eq!(moved(reserve(), clearing()), "TransferAdd");
    assert_eq!(moved(bank(), reserve()), "TransferAdd");
}

#[test]
fn a_deposit_is_valid_with_and_without_a_name() {
    let (tasks, context) = as_deposit(&paid_out());
    let mut nameless = context.clone();
    nameless.bindings.0.remove(&Need::Party(vendor()).binding());
    let messages = [message(&tasks, &context), message(&tasks, &nameless)];
    assert!(messages[0].contains("EntityRef") && !messages[1].contains("EntityRef"));
    all_valid(&messages);
    let look: Vec<Task> = ["deposit", "id 1A-1795000001"]
        .map(|page| Task::LookUp { subject: subject(&paid_out()), page: Some(page.to_owned()) })
        .into();
    let looks: Vec<String> =
        look.iter().map(|task| message(std::slice::from_ref(task), &context)).collect();
    assert!(looks.iter().all(|look| look.contains("DepositQueryRq")), "{looks:?}");
    all_valid(&looks);
}

/// A row as QuickBooks shows what was sent.
fn row(amount: &str) -> String {
    let (tasks, context) = as_deposit(&paid_out());
    let sent = message(&tasks, &context);
    let from = sent.find("<DepositAdd>").unwrap() + "<DepositAdd>".len();
    let fields = &sent[from..sent.find("</DepositAdd>").unwrap()];
    let fields = fields.replace("DepositLineAdd>", "DepositLineRet>").replace("950.00", amount);
    format!(
        "<DepositRet><TxnID>{ID}</TxnID><EditSequence>5</EditSequence>{fields}\
         <DepositTotal>{amount}</DepositTotal></DepositRet>"
    )
}

/// What a look-up finds, page by page, among these rows of transfers and of deposits.
fn found(transfers: &str, deposits: &str, context: &BookContext) -> Outcome {
    let mut page = None;
    loop {
        let tasks = [Task::LookUp { subject: subject(&paid_out()), page }];
        let asked = requests(&tasks, context).remove(0);
        let name = asked.name.strip_suffix("Rq").unwrap();
        let rows = if name == "TransferQuery" { transfers } else { deposits };
        let text = answer(&response(name, asked.attribute("requestID"), rows));
        match hear(&tasks, context, &text).unwrap().remove(0) {
            Outcome::Further { page: next } => page = Some(next),
            outcome => return outcome,
        }
    }
}

#[test]
fn it_is_found_in_either_form_whatever_the_connection_says_by_then() {
    let (_, wanted) = as_deposit(&paid_out());
    let (_, other) = creates(&[paid_out()]);
    let transfer = super::heard::row_of(&body(&paid_out()));
    for context in [&wanted, &other] {
        let deposit = found("", &row("950.00"), context);
        let Outcome::Found(it) = deposit else { panic!("{deposit:?}") };
        assert_eq!(it.total, Some(paid_out().total().unwrap()));
        assert!(matches!(found(&transfer, "", context), Outcome::Found(_)));
        assert_eq!(found("", "", context), Outcome::Absent);
        let Outcome::FoundDifferent { difference, .. } = found("", &row("949.00"), context) else {
            panic!()
        };
        assert!(difference.starts_with("total: sent 950.00 USD, held 949.00 USD"), "{difference}");
        let twice = found("", &row("950.00").repeat(2), context);
        assert!(matches!(twice, Outcome::FoundDifferent { .. }), "{twice:?}");
    }
}
