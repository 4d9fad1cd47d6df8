//! The export of orders.

use super::{Taken, import};
use saldo_core::commerce::{Fact, MovementKind, Order, SaleKind, Telling};
use saldo_core::money::Money;

const EXPORT: &str = include_str!("../../fixtures/orders_export.csv");

fn orders(taken: &Taken) -> Vec<Order> {
    let order = |fact| match fact {
        Fact::Order(order) => *order,
        other => panic!("{other:?} is no order"),
    };
    taken.facts().into_iter().map(order).collect()
}

#[test]
fn an_export_of_orders() {
    let taken = import(EXPORT.as_bytes());
    assert_eq!(taken.said.as_deref(), Ok("an export of orders: 6 orders"));
    assert_eq!(taken.left_out, [""; 0]);
    insta::assert_json_snapshot!(orders(&taken));
}

#[test]
fn records_are_the_header_and_the_rows_of_an_order() {
    let taken = import(EXPORT.as_bytes());
    let text = std::str::from_utf8(&taken.records[0].bytes).unwrap();
    assert!(EXPORT.starts_with(text), "verbatim, with the line break in a note");
    assert_eq!(text.lines().count(), 4);
    let ids: Vec<&str> = taken.records.iter().map(|record| record.id.as_str()).collect();
    assert_eq!(ids[0], "gid://shopify/Order/5001");
    assert_eq!(ids[4], "#1005", "without an id the name counts");
}

#[test]
fn lines_come_to_the_total() {
    for order in orders(&import(EXPORT.as_bytes())) {
        let lines = order.agreements.iter().flat_map(|agreement| &agreement.lines);
        let totals = lines.map(|line| line.total().unwrap());
        let total = Money::sum(order.currency, totals).unwrap();
        let row = EXPORT.lines().find(|line| line.starts_with(&order.name)).unwrap();
        assert!(row.contains(&format!(",{},", total.amount_text())), "{}: {total}", order.name);
    }
}

#[test]
fn what_an_export_leaves_untold_is_said() {
    let orders = orders(&import(EXPORT.as_bytes()));
    let untold = |index: usize| {
        let order: &Order = &orders[index];
        let Telling::File(untold) = &order.telling else { panic!("{:?}", order.telling) };
        untold.iter().map(|it| (it.holds, it.what.clone())).collect::<Vec<_>>()
    };
    assert_eq!(untold(0), []);
    assert_eq!(untold(2).len(), 1);
    assert!(!untold(2)[0].0 && untold(2)[0].1.contains("4.00 USD were refunded"));
    assert_eq!(untold(3).len(), 1);
    assert!(untold(3)[0].0 && untold(3)[0].1.contains("gift_card + shopify_payments"));
    let kinds: Vec<_> = orders[4].movements.iter().map(|it| it.kind.clone()).collect();
    assert_eq!(kinds, [MovementKind::Authorisation, MovementKind::Void]);
}

/// An export of one order, with some text replaced.
fn changed(from: &str, to: &str) -> Taken {
    let one: Vec<&str> = EXPORT.lines().filter(|line| !line.starts_with("#100")).collect();
    let third = EXPORT.lines().find(|line| line.starts_with("#1003")).unwrap();
    let text = format!("{}\n{third}\n", one[0]);
    assert!(text.contains(from), "{from}");
    import(text.replace(from, to).as_bytes())
}

#[test]
fn columns_are_found_by_name() {
    let taken = changed("Lineitem quantity", "Quantity of the line");
    assert_eq!(taken.refusal(), "line 1: the column `Lineitem quantity` is missing");
    let taken = changed("Lineitem discount", "Total");
    assert_eq!(taken.refusal(), "line 1: the column `Total` stands there twice");
    let taken = changed("Created at", "created");
    assert_eq!(taken.refusal(), "line 1: the column `Created at` is missing");
}

#[test]
fn broken_rows_are_named_by_line() {
    let taken = changed(",pos,", ",pos,,");
    assert_eq!(taken.refusal(), "line 2: it has 35 fields, but the table has 34 columns");
    let taken = changed("#1003,", ",");
    assert_eq!(taken.refusal(), "line 2: `Name` is empty");
    let taken = changed(",Card,", ",\"Card,");
    assert_eq!(taken.refusal(), "line 2: a quotation mark is never closed");
    let twice = format!("{EXPORT}{}", EXPORT.lines().last().unwrap()).replace("#1006", "#1002");
    let taken = import(twice.as_bytes());
    assert_eq!(taken.said.as_deref(), Ok("an export of orders: 6 orders"), "another id");
    let apart = format!("{EXPORT}{}", EXPORT.lines().nth(5).unwrap());
    let message = "line 11: the rows of order #1003 stand in two places of the file";
    let taken = import(apart.as_bytes());
    assert!(taken.refusal().ends_with(&message[8..]), "{}", taken.refusal());
}

#[test]
fn what_cannot_be_read_is_held() {
    let cases = [
        (",10.00,,0.00,2026", ",11.00,,0.00,2026", "do not come to its total of 11.00 USD"),
        ("2026-11-05 10:00:00 +0100,1", "2026-11-05 10:00:00,1", "`Created at`"),
        (",1,Card,10.00", ",1,Card,12.00", "do not explain the difference"),
        (",1,Card,10.00", ",1,Card,8.00", "do not explain the difference"),
        (",1,Card,10.00", ",1.5,Card,10.00", "`Lineitem quantity`: `1.5`"),
        (",1,Card,10.00", ",1,Card,10.001", "`Lineitem price`"),
        ("0.00,,,,", "0.00,GST,1.00,,", "its taxes sum to 1.00 USD"),
        ("0.00,,,,", "0.00,GST,-1.00,GST,1.00", "its `Tax 1 Value` is -1.00 USD"),
        (",USD,10.00,0.00,0.00,", ",USD,10.00,0.00,,", "`Taxes` is empty"),
        (",1,Card,10.00", ",1,Card,", "`Lineitem price` is empty"),
        (",USD,10.00,0.00,", ",USD,15.00,-5.00,", "its `Shipping` is -5.00 USD"),
        (
            "partially_refunded",
            "partially_paid",
            "of its total of 10.00 USD 0.00 USD are outstanding",
        ),
        (",USD,", ",XYZ,", "`Currency`"),
    ];
    for (from, to, expected) in cases {
        let taken = changed(from, to);
        let held = taken.held();
        assert_eq!(held.len(), 1, "{to}: {:?} {:?}", taken.said, taken.facts());
        assert!(held[0].contains(expected), "{to}: {}", held[0]);
    }
}

#[test]
fn payments_follow_the_word_for_them() {
    // The word, and how many payments it means, whether the order is held, whether it is looked at.
    let cases = [
        ("paid", 1, false, false),
        ("refunded", 1, false, false),
        ("authorized", 1, false, false),
        ("pending", 0, false, false),
        ("partially_paid", 1, false, false),
        ("mortgaged", 0, true, false),
    ];
    for (word, payments, holds, looked_at) in cases {
        let row = changed("partially_refunded", word);
        let text = String::from_utf8(row.records[0].bytes.clone()).unwrap();
        let open = if word == "partially_paid" { "3.00" } else { "0.00" };
        let sums = format!(",Shopify Payments,0.00,{open}");
        let taken = import(text.replace(",Shopify Payments,4.00,0.00", &sums).as_bytes());
        let order = orders(&taken).remove(0);
        assert_eq!(order.movements.len(), payments, "{word}");
        let Telling::File(untold) = &order.telling else { panic!("{word}") };
        assert_eq!(untold.iter().any(|it| it.holds), holds, "{word}");
        assert_eq!(untold.iter().any(|it| !it.holds), looked_at, "{word}");
    }
}

#[test]
fn what_is_outstanding_agrees_with_the_word() {
    let paid = changed("partially_refunded", "paid");
    let text = String::from_utf8(paid.records[0].bytes.clone()).unwrap();
    let with = |sums: &str| import(text.replace("Payments,4.00,0.00", sums).as_bytes());
    let held = with("Payments,0.00,2.00").held();
    assert!(
        held[0].contains("it is `paid`, but its `Outstanding Balance` is 2.00 USD"),
        "{held:?}"
    );
    // Where more came in than was asked for, it is paid all the same.
    assert_eq!(with("Payments,0.00,-2.00").held(), [""; 0]);
    let part =
        text.replace(",paid,", ",partially_paid,").replace("Payments,4.00,0.00", "Payments,,");
    let order = orders(&import(part.as_bytes())).remove(0);
    let Telling::File(untold) = &order.telling else { panic!("{:?}", order.telling) };
    assert!(untold[0].holds && untold[0].what.contains("how much is outstanding"), "{untold:?}");
    assert!(order.movements.is_empty());
}

#[test]
fn duties_are_a_line_where_they_are_in_the_total() {
    let export = |total: &str| {
        let head = "Name,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Duties,Total,\
                    Created at,Lineitem quantity,Lineitem name,Lineitem price,Payment Method";
        let at = "2026-11-02 10:00:00 -0500";
        let sums = format!("USD,45.00,5.00,3.71,21.00,{total},{at}");
        import(format!("{head}\n#7,paid,{at},{sums},3,Mug,15.00,Shopify Payments\n").as_bytes())
    };
    let taken = export("74.71");
    let [order] = &orders(&taken)[..] else { panic!("one order") };
    let lines: Vec<_> = order.agreements[0]
        .lines
        .iter()
        .map(|line| (line.kind.clone(), line.total().unwrap().amount_text()))
        .collect();
    let expected = [
        (SaleKind::Product, "48.71".to_owned()),
        (SaleKind::Shipping, "5.00".to_owned()),
        (SaleKind::Duty, "21.00".to_owned()),
    ];
    assert_eq!(lines, expected);
    assert_eq!(order.telling, Telling::File(Vec::new()));
    let held = export("53.71").held().join("\n");
    assert!(held.contains("duties of 21.00 USD"), "{held}");
}
