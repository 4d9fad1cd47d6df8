//! What happened and no channel tells: what is stated of it is checked against what is known, is
//! entered by the policy's accounts, and is taken back.

use super::super::{
    DecisionError, KeptDecision, Opening, Verdict, bank_proofs, decide_this, duties_left, rebuild,
    rows_with_a_rule, stated_card, take_back, take_statement, tax_name, unknown_row,
};
use super::stage::{Stage, by_account, world};
use super::stated::{A_WHILE, NEXT_DAY};
use jiff::SignedDuration;
use jiff::civil::Date;
use saldo_books::feed::{TableWords, read_statement};
use saldo_core::commerce::{Decided, Event, Said, TakenBack};
use saldo_core::money::{Currency, Money};
use saldo_core::policy::Role;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::{LineKind, World, WorldSettings};

/// The last day of a month, after the history of the simulated merchant.
pub(super) const ON: &str = "2026-09-30";

pub(super) fn settings() -> WorldSettings {
    world(31, 150, 40)
}

async fn stage() -> Stage {
    let stage = Stage::after(&settings(), &FaultSettings::none()).await;
    stage.sync().await;
    stage
}

pub(super) fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::parse("USD").unwrap())
}

async fn try_on(
    stage: &Stage,
    (on, opening): (&str, Opening),
    event: Event,
) -> Result<KeptDecision, DecisionError> {
    let engine = stage.engine().await;
    let (by, at, on) = ("Ann".to_owned(), stage.clock.now(), on.parse().unwrap());
    let said = Said { by, at, on, decided: Decided::Event(event), taken_back: None };
    let kept = decide_this(&engine, said, opening).await;
    engine.store.close().await;
    kept
}

pub(super) async fn state(stage: &Stage, event: Event) -> KeptDecision {
    try_on(stage, (ON, Opening::Nothing), event).await.unwrap()
}

/// What is said of an event that cannot have happened.
async fn refused(stage: &Stage, event: Event) -> String {
    try_on(stage, (ON, Opening::Nothing), event).await.unwrap_err().to_string()
}

pub(super) async fn undo_all(stage: &Stage, last: u32) {
    let engine = stage.engine().await;
    for number in 1..=last {
        let back = TakenBack { by: "Bob".to_owned(), at: stage.clock.now() };
        take_back(&engine, number, back).await.unwrap();
    }
    engine.store.close().await;
}

pub(super) fn remitted(jurisdiction: &str, tax: &str, paid: i64, discount: i64) -> Event {
    Event::TaxRemitted {
        jurisdiction: jurisdiction.to_owned(),
        tax: tax.to_owned(),
        from: "2026-08-01".parse().unwrap(),
        until: ON.parse().unwrap(),
        paid: usd(paid),
        discount: usd(discount),
    }
}

/// What stands on an account of the company's, by our name of it.
fn of(stage: &Stage, account: &str) -> i64 {
    let sums = by_account(stage);
    let known = sums.get(account).or_else(|| sums.get(&account.replace(':', " -")));
    known.copied().unwrap_or_default()
}

#[tokio::test]
async fn what_no_channel_tells_is_entered_proved_and_taken_back() {
    let stage = stage().await;
    let before = by_account(&stage);
    let (cards, tips) = (-of(&stage, "Gift card liability"), -of(&stage, "Tips payable"));
    let cash = of(&stage, "Clearing: Cash");
    assert!(cards > 1 && tips > 1 && cash > 1, "{before:#?}");
    let events = [
        Event::PromotionalCard { card: None, amount: usd(2_500) },
        Event::Breakage { amount: usd(cards) },
        Event::TipsPaid { amount: usd(tips) },
        Event::ExpectedReturns { returns: usd(50_000), cost: usd(20_000) },
        Event::BankDrop { gateway: "cash".into(), amount: usd(cash) },
        Event::Banked { amount: usd(cash) },
    ];
    let count = u32::try_from(events.len()).unwrap();
    for (event, number) in events.into_iter().zip(1..) {
        let kept = state(&stage, event).await;
        assert_eq!((kept.number, kept.notes.len()), (number, 0), "{kept:?}");
    }
    stage.sync().await;
    stage.assert_proven("with what no channel tells").await;
    let now = |account: &str| of(&stage, account);
    assert_eq!(now("Gift card liability"), -2_500, "what was given away since");
    assert_eq!(now("Gift card breakage"), -cards);
    assert_eq!((now("Tips payable"), now("Clearing: Cash"), now("Cash in transit")), (0, 0, 0));
    assert_eq!(now("Refund liability"), 0, "taken back on the first of the next month");
    let of_returns = ("Refund liability".to_owned(), ON.parse::<Date>().unwrap());
    assert_eq!(stage.sums()[&of_returns], -50_000);
    let engine = stage.engine().await;
    assert!(rebuild(&engine).await.unwrap().identical);
    engine.store.close().await;
    undo_all(&stage, count).await;
    stage.sync().await;
    let kept = |sums: std::collections::BTreeMap<String, i64>| {
        sums.into_iter().filter(|(_, minor)| *minor != 0).collect::<Vec<_>>()
    };
    assert_eq!(kept(by_account(&stage)), kept(before));
    stage.assert_proven("after all of it was taken back").await;
}

#[tokio::test]
async fn more_than_is_there_is_refused_with_the_figures() {
    let stage = stage().await;
    let cards = -of(&stage, "Gift card liability");
    let more = || Event::Breakage { amount: usd(cards + 1) };
    let why = refused(&stage, more()).await;
    let (amount, there) = (usd(cards + 1), usd(cards));
    let expected = format!("{amount} is more than the {there} on `Gift card liability`");
    assert!(why.starts_with(&expected), "{why}");
    // What is decided counts before it is entered: nobody takes the same twice.
    state(&stage, Event::Breakage { amount: usd(cards) }).await;
    let why = refused(&stage, Event::Breakage { amount: usd(1) }).await;
    assert!(why.starts_with("0.01 USD is more than the 0.00 USD on"), "{why}");
    let kept = try_on(&stage, (ON, Opening::Something), more()).await.unwrap();
    assert_eq!(kept.number, 2, "the rest stood in the opening balances");
    let why = refused(&stage, Event::Banked { amount: usd(1) }).await;
    assert!(why.starts_with("0.01 USD is more than the 0.00 USD on `Cash in transit`"), "{why}");
    let less = refused(&stage, Event::TipsPaid { amount: usd(-1) }).await;
    assert_eq!(less, "-0.01 USD is not more than nothing");
    let unknown = Event::BankDrop { gateway: "till".into(), amount: usd(5) };
    let why = refused(&stage, unknown).await;
    assert!(why.ends_with("saldo map set gateways.till.account \"Clearing: till\""), "{why}");
    let expected = || Event::ExpectedReturns { returns: usd(50_000), cost: usd(60_000) };
    assert!(state(&stage, expected()).await.notes[0].contains("more than the 500.00 USD"));
    let why = refused(&stage, expected()).await;
    assert!(why.starts_with("decision 3 says so already"), "{why}");
    let early = try_on(&stage, ("2026-09-29", Opening::Nothing), expected()).await.unwrap_err();
    assert_eq!(early.to_string(), "2026-09-29 is not the last day of its month");
}

#[tokio::test]
async fn tax_is_remitted_to_whom_it_is_owed() {
    let stage = stage().await;
    let proof = stage.prove().await;
    let taxes = proof.identities.iter().find(|it| it.number == 4).unwrap();
    let line = taxes.lines.iter().find(|it| it.found.is_negative()).unwrap();
    let (whom, owed) = (line.about.clone(), -line.found.minor());
    let engine = stage.engine().await;
    let tax = tax_name(&engine, &whom).await.unwrap();
    let nobody = tax_name(&engine, "Atlantis").await.unwrap_err().to_string();
    engine.store.close().await;
    assert!(nobody.starts_with("no tax is owed to `Atlantis`: it is owed to "), "{nobody}");
    assert!(nobody.contains(&whom), "{nobody}");
    let why = refused(&stage, remitted(&whom, &tax, owed, 1)).await;
    assert!(why.contains("are more than the") && why.contains(&usd(owed).to_string()), "{why}");
    let why = refused(&stage, remitted(&whom, &tax, 3, 740)).await;
    assert_eq!(why, "a discount of 7.40 USD is no less than the 0.03 USD that was paid");
    let part = state(&stage, remitted(&whom, &tax, 100, 3)).await;
    let note = format!("came to {}, and 1.03 USD is no longer owed", usd(owed));
    assert!(part.notes[0].ends_with(&note), "{:?}", part.notes);
    undo_all(&stage, 1).await;
    let whole = state(&stage, remitted(&whom, &tax, owed - 3, 3)).await;
    assert!(whole.notes.is_empty(), "{:?}", whole.notes);
    stage.sync().await;
    stage.assert_proven("after tax was remitted").await;
    let proof = stage.prove().await;
    let taxes = proof.identities.iter().find(|it| it.number == 4).unwrap();
    let line = taxes.lines.iter().find(|it| it.about == whom).unwrap();
    assert_eq!((line.expected, line.found.minor()), (line.awaited, 0), "{line:?}");
}

#[tokio::test]
async fn what_is_left_of_duties_is_what_the_order_says() {
    let stage = stage().await;
    let told = World::generate(&settings()).unwrap();
    let has_duties =
        |sales: &[saldo_sim::world::Sale]| sales.iter().any(|sale| sale.kind == LineKind::Duty);
    let order = told
        .orders
        .iter()
        .find(|order| order.agreements.iter().any(|agreement| has_duties(&agreement.sales)));
    let name = format!("#{}", order.unwrap().number);
    let on: Date = ON.parse().unwrap();
    let left = |name: Option<String>| {
        let stage = &stage;
        async move {
            let engine = stage.engine().await;
            let left = duties_left(&engine, name.as_deref(), on).await;
            engine.store.close().await;
            left.map_err(|error| error.to_string())
        }
    };
    let residue = left(Some(name.clone())).await.unwrap();
    assert!(!residue.is_zero(), "buyers pay another amount than it costs");
    let all = left(None).await.unwrap();
    assert_eq!(all.minor(), -of(&stage, "Duties & import tax payable"));
    assert_eq!(left(Some("#7".to_owned())).await.unwrap_err(), "no order is called `#7`");
    let close = |amount| Event::DutiesResidue { order: Some(name.clone()), amount };
    let why = refused(&stage, close(usd(1))).await;
    assert!(why.starts_with(&format!("{residue} is left of the duties of {name}")), "{why}");
    state(&stage, close(residue)).await;
    let why = refused(&stage, close(residue)).await;
    assert!(why.starts_with("nothing is left of the duties of"), "{why}");
    stage.sync().await;
    assert_eq!(of(&stage, "Duties over/under-recovered"), -residue.minor());
    assert_eq!(left(None).await.unwrap(), all.minus(residue).unwrap());
    stage.assert_proven("after what was left of duties").await;
}

#[tokio::test]
async fn a_loan_says_which_line_its_repayments_need() {
    let stage = stage().await;
    let loan = |amount, owed| Event::LoanFunded {
        gateway: "shopify_payments".into(),
        amount: usd(amount),
        owed: usd(owed),
    };
    let why = refused(&stage, loan(1_000_000, 900_000)).await;
    assert_eq!(why, "9000.00 USD to be paid back is less than the 10000.00 USD lent");
    let kept = state(&stage, loan(1_000_000, 1_130_000)).await;
    let line = "saldo map set gateways.shopify_payments.loans.2026-09-30.owed 11300.00";
    assert!(kept.notes[0].contains(line), "{:?}", kept.notes);
    undo_all(&stage, 1).await;
    let says = "gateways.shopify_payments.loans.2026-09-30";
    stage.decide(&format!("{says} = {{ owed = \"11300.00\", cost = \"1300.00\" }}")).await;
    assert!(state(&stage, loan(1_000_000, 1_130_000)).await.notes.is_empty());
    let why = refused(&stage, loan(1_000_000, 1_120_000)).await;
    assert!(why.contains("that 11300.00 is owed, of which 1300.00 is its price"), "{why}");
    stage.sync().await;
    assert_eq!(of(&stage, "Unamortised financing cost"), 130_000);
    stage.assert_proven("with a loan").await;
}

/// Takes a statement of the bank that tells of money that nobody knows.
async fn told_by_the_bank(stage: &Stage) {
    let engine = stage.engine().await;
    let words = TableWords::default();
    let text = "Date,Description,Amount\n2026-09-10,Labels Inc.,-60.00\n2026-09-11,Cashback,0.90\n";
    let read = read_statement(text.as_bytes(), usd(0).currency(), &words).unwrap();
    take_statement(&engine, "Bank", ("balance", read)).await.unwrap();
    engine.store.close().await;
}

#[tokio::test]
async fn a_row_of_the_bank_is_entered_once_somebody_says_what_it_is() {
    let stage = stage().await;
    stage.decide("bank-rows.\"Labels*\" = \"shipping-cost\"").await;
    told_by_the_bank(&stage).await;
    let engine = stage.engine().await;
    let [ruled] = &rows_with_a_rule(&engine, "Bank").await.unwrap()[..] else { panic!("one rule") };
    let proofs = bank_proofs(&engine, &engine.policy).await.unwrap();
    let cashback = proofs[0].unknown.iter().find(|it| it.role.is_none()).unwrap().row.id.clone();
    let cashback = unknown_row(&engine, "Bank", &cashback).await.unwrap();
    let nowhere = unknown_row(&engine, "Bank", "nowhere").await.unwrap_err().to_string();
    assert_eq!(nowhere, "`Bank` has no row `nowhere`: see `saldo bank`");
    engine.store.close().await;
    let event = |row: &super::super::UnknownRow, role| Event::BankRow {
        account: row.place.clone().unwrap(),
        row: row.row.id.clone(),
        amount: row.row.amount,
        text: row.row.text.clone(),
        role,
    };
    let at = |day| (day, Opening::Nothing);
    let labels = || event(ruled, ruled.role.unwrap());
    try_on(&stage, at("2026-09-10"), labels()).await.unwrap();
    let again = try_on(&stage, at("2026-09-10"), labels()).await.unwrap_err();
    assert!(again.to_string().starts_with("decision 1 says so already"), "{again}");
    let engine = stage.engine().await;
    assert!(rows_with_a_rule(&engine, "Bank").await.unwrap().is_empty(), "it is decided");
    engine.store.close().await;
    let tax = refused(&stage, event(&cashback, Role::SalesTax)).await;
    assert!(tax.contains("saldo decide tax-remitted"), "{tax}");
    try_on(&stage, at("2026-09-11"), event(&cashback, Role::OtherIncome)).await.unwrap();
    let (spent, earned) = (of(&stage, "Outbound shipping cost"), of(&stage, "Other income"));
    stage.sync().await;
    assert_eq!(of(&stage, "Outbound shipping cost"), spent + 6_000);
    assert_eq!(of(&stage, "Other income"), earned - 90);
    let engine = stage.engine().await;
    let proofs = bank_proofs(&engine, &engine.policy).await.unwrap();
    assert!(proofs[0].unknown.is_empty(), "documents know them now: {:?}", proofs[0].unknown);
    let known = unknown_row(&engine, "Bank", &cashback.row.id).await.unwrap_err().to_string();
    assert!(known.ends_with("says it already"), "{known}");
    engine.store.close().await;
    stage.assert_proven("with rows of the bank").await;
}

#[tokio::test]
async fn a_gift_card_that_was_given_away_is_what_the_shop_says_of_it() {
    let plain = settings();
    let ends = World::generate(&plain).unwrap().ends;
    let given_away = Some((ends + SignedDuration::from_hours(9), 2_500));
    let stage = Stage::after(&WorldSettings { given_away, ..plain }, &FaultSettings::none()).await;
    stage.sync().await;
    for later in [NEXT_DAY, A_WHILE] {
        stage.clock.advance(later);
        stage.sync().await;
    }
    let proof = stage.prove().await;
    let stored = proof.identities.iter().find(|it| it.number == 3).unwrap();
    assert_eq!(stored.verdict, Verdict::Differs, "{stored:#?}");
    let [card] = &stored.behind[..] else { panic!("{stored:#?}") };
    let (name, command) = card.about.split_once(", issued without an order; ").unwrap();
    let name = name.strip_prefix("gift card \u{2026}").unwrap();
    assert_eq!(command, format!("where it was given away: saldo decide promotional-card {name}"));
    let engine = stage.engine().await;
    let stated = stated_card(&engine, name).await.unwrap().unwrap();
    assert_eq!(stated.amount, usd(2_500));
    assert!(stated_card(&engine, "zzzz").await.unwrap().is_none());
    engine.store.close().await;
    let given = || Event::PromotionalCard { card: Some(name.to_owned()), amount: stated.amount };
    let on = stated.issued_on.to_string();
    try_on(&stage, (&on, Opening::Nothing), given()).await.unwrap();
    let again = try_on(&stage, (&on, Opening::Nothing), given()).await.unwrap_err();
    assert!(again.to_string().starts_with("decision 1 says so already"), "{again}");
    stage.sync().await;
    let proof = stage.prove().await;
    let stored = proof.identities.iter().find(|it| it.number == 3).unwrap();
    assert_eq!(stored.verdict, Verdict::Proved, "{stored:#?}");
    assert_eq!(of(&stage, "Promotional gift cards"), 2_500);
}

#[tokio::test]
async fn a_gift_card_that_was_sold_was_not_given_away() {
    let stage = stage().await;
    let engine = stage.engine().await;
    assert!(!World::generate(&settings()).unwrap().gift_cards.is_empty(), "some were sold");
    let sold = stated_card(&engine, "0001").await.err().unwrap().to_string();
    assert!(sold.starts_with("the gift card 0001 was bought: "), "{sold}");
    engine.store.close().await;
}
