//! Goods in stock, at what they cost on average.

use super::super::Kind;
use super::super::element::Element;
use super::{Client, line, name, sale};

fn stocked() -> Client {
    let mut client = Client::new();
    client.must(
        Kind::ItemInventory,
        &format!(
            "<Name>Lamp</Name>{}<PurchaseCost>5.00</PurchaseCost>{}{}\
         <QuantityOnHand>10</QuantityOnHand><TotalValue>40.00</TotalValue>\
         <InventoryDate>2026-11-01</InventoryDate>",
            name("IncomeAccountRef", "Merchandise Sales"),
            name("COGSAccountRef", "Cost of Goods Sold"),
            name("AssetAccountRef", "Inventory Asset")
        ),
    );
    client
}

fn item(client: &mut Client) -> Element {
    client
        .ask("<ItemInventoryQueryRq><FullName>Lamp</FullName></ItemInventoryQueryRq>")
        .children
        .remove(0)
}

#[test]
fn goods_leave_at_their_average_cost() {
    let mut client = stocked();
    assert_eq!(client.balance("Opening Balance Equity"), -4_000);
    let goods = format!(
        "<ItemLineAdd>{}<Quantity>10</Quantity><Cost>6.00</Cost></ItemLineAdd>",
        name("ItemRef", "Lamp")
    );
    client.must(Kind::Bill, &format!("{}{goods}", name("VendorRef", "Stripe")));
    let sold = line(Kind::SalesReceipt, "Lamp", "60.00", "Non")
        .replace("<Amount>", "<Quantity>4</Quantity><Amount>");
    client.must(Kind::SalesReceipt, &sale("1", &sold));
    // Twenty for a hundred dollars: five each.
    assert_eq!(
        (client.balance("Inventory Asset"), client.balance("Cost of Goods Sold")),
        (8_000, 2_000)
    );
    let shown = item(&mut client);
    assert_eq!(
        (shown.text_of("QuantityOnHand"), shown.text_of("AverageCost")),
        (Some("16"), Some("5"))
    );
    let back = line(Kind::CreditMemo, "Lamp", "15.00", "Non");
    client.must(Kind::CreditMemo, &sale("2", &back));
    assert_eq!(client.balance("Cost of Goods Sold"), 1_500);
}

#[test]
fn stock_is_corrected_to_a_count_or_by_a_difference() {
    let mut client = stocked();
    let adjust = |what: &str| {
        format!(
            "{}<InventoryAdjustmentLineAdd>{}{what}\
        </InventoryAdjustmentLineAdd>",
            name("AccountRef", "Cost of Goods Sold"),
            name("ItemRef", "Lamp")
        )
    };
    client.must(
        Kind::InventoryAdjustment,
        &adjust(
            "<QuantityAdjustment><NewQuantity>7</NewQuantity>\
        </QuantityAdjustment>",
        ),
    );
    assert_eq!(client.balance("Cost of Goods Sold"), 1_200);
    client.must(
        Kind::InventoryAdjustment,
        &adjust(
            "<ValueAdjustment><QuantityDifference>1\
        </QuantityDifference><ValueDifference>2.00</ValueDifference></ValueAdjustment>",
        ),
    );
    assert_eq!(item(&mut client).text_of("QuantityOnHand"), Some("8"));
    assert_eq!(client.balance("Inventory Asset"), 3_000);
    let other = adjust("<QuantityAdjustment><NewQuantity>7</NewQuantity></QuantityAdjustment>")
        .replace("Lamp", "Hours");
    assert_eq!(client.code(Kind::InventoryAdjustment, &other), 3_210);
}

#[test]
fn an_order_of_goods_changes_nothing_and_their_receipt_does() {
    let mut client = stocked();
    let vendor = name("VendorRef", "Stripe");
    let before = client.sim.company().ledger();
    client.must(
        Kind::PurchaseOrder,
        &format!(
            "{vendor}<PurchaseOrderLineAdd>{}<Quantity>2\
        </Quantity></PurchaseOrderLineAdd>",
            name("ItemRef", "Lamp")
        ),
    );
    assert_eq!(client.sim.company().ledger(), before);
    client.must(
        Kind::ItemReceipt,
        &format!(
            "{vendor}<ItemLineAdd>{}<Quantity>2</Quantity>\
        </ItemLineAdd>",
            name("ItemRef", "Lamp")
        ),
    );
    assert_eq!(
        (client.balance("Inventory Asset"), client.balance("Accounts Payable")),
        (5_000, -1_000)
    );
}

#[test]
fn a_bill_takes_the_lines_of_the_order_that_it_fulfils() {
    let mut client = stocked();
    let vendor = name("VendorRef", "Stripe");
    let order = client.must(
        Kind::PurchaseOrder,
        &format!(
            "{vendor}<PurchaseOrderLineAdd>{}<Quantity>3</Quantity><Rate>6.00</Rate>\
             </PurchaseOrderLineAdd>",
            name("ItemRef", "Lamp")
        ),
    );
    let id = order.text_of("TxnID").unwrap();
    let bill = format!("{vendor}<LinkToTxnID>{id}</LinkToTxnID>");
    assert_eq!(client.code(Kind::Bill, &bill.replace("Stripe", "Department of Taxation")), 3_210);
    assert_eq!(client.code(Kind::Bill, &bill.replace(id, "1-1")), 3_120);
    let billed = client.must(Kind::Bill, &bill);
    assert_eq!(billed.text_of("AmountDue"), Some("18.00"));
    assert_eq!(item(&mut client).text_of("QuantityOnHand"), Some("13"));
    assert_eq!(client.code(Kind::ItemReceipt, &bill), 570, "it was received");
    let fulfilled = |client: &mut Client| {
        let shown = client.ask("<PurchaseOrderQueryRq/>");
        shown.children[0].text_of("IsFullyReceived").unwrap().to_owned()
    };
    assert_eq!(fulfilled(&mut client), "true");
    let id = billed.text_of("TxnID").unwrap();
    client.ask(&format!("<TxnDelRq><TxnDelType>Bill</TxnDelType><TxnID>{id}</TxnID></TxnDelRq>"));
    assert_eq!(fulfilled(&mut client), "false");
}

/// A line of lamps of a bill or a receipt: so many, at so much each.
fn lamps(quantity: i64, cost: &str) -> String {
    let item = name("ItemRef", "Lamp");
    format!("<ItemLineAdd>{item}<Quantity>{quantity}</Quantity><Cost>{cost}</Cost></ItemLineAdd>")
}

/// A bill of a day.
fn bill_of(day: &str, lines: &str) -> String {
    format!("{}<TxnDate>{day}</TxnDate>{lines}", name("VendorRef", "Stripe"))
}

/// A sale of a day: so many lamps at ten each.
fn sold_on(day: &str, number: &str, quantity: i64) -> String {
    let lines = format!(
        "<SalesReceiptLineAdd>{}<Quantity>{quantity}</Quantity><Rate>10.00</Rate>{}\
         </SalesReceiptLineAdd>",
        name("ItemRef", "Lamp"),
        name("SalesTaxCodeRef", "Non")
    );
    sale(number, &lines).replace("2026-11-20", day)
}

/// Ten lamps of four dollars each are there.
fn ten_lamps() -> Client {
    let client = stocked();
    assert_eq!(client.balance("Inventory Asset"), 4_000);
    client
}

#[test]
fn what_is_sold_beyond_what_is_there_costs_what_comes_next() {
    let mut client = ten_lamps();
    client.must(Kind::SalesReceipt, &sold_on("2026-11-10", "1", 15));
    assert_eq!(client.balance("Cost of Goods Sold"), 6_000, "at the last average");
    assert_eq!(client.balance("Inventory Asset"), -2_000);
    assert_eq!(item(&mut client).text_of("QuantityOnHand"), Some("-5"));
    // Five of the twenty were sold before, for one dollar less than they cost.
    let bill = client.must(Kind::Bill, &bill_of("2026-11-15", &lamps(20, "5.00")));
    assert_eq!(bill.text_of("AmountDue"), Some("100.00"));
    assert_eq!(client.balance("Cost of Goods Sold"), 6_500);
    assert_eq!(client.balance("Inventory Asset"), 7_500, "fifteen at five");
    let entered = client.sim.company().ledger();
    let corrected = entered.iter().find(|it| it.kind == Kind::Bill && it.minor == 500);
    assert_eq!(corrected.unwrap().account, "Cost of Goods Sold");
}

#[test]
fn what_is_entered_with_an_earlier_day_changes_the_cost_of_what_was_sold_later() {
    let mut client = ten_lamps();
    client.must(Kind::SalesReceipt, &sold_on("2026-11-10", "1", 5));
    assert_eq!(client.balance("Cost of Goods Sold"), 2_000);
    let bill = client.must(Kind::Bill, &bill_of("2026-11-05", &lamps(10, "6.00")));
    assert_eq!(client.balance("Cost of Goods Sold"), 2_500, "twenty for a hundred dollars");
    let later = client.must(Kind::Bill, &bill_of("2026-11-15", &lamps(10, "9.00")));
    assert_eq!(client.balance("Cost of Goods Sold"), 2_500);
    for (taken, expected) in [(&later, 2_500), (&bill, 2_000)] {
        let id = taken.text_of("TxnID").unwrap();
        client
            .ask(&format!("<TxnDelRq><TxnDelType>Bill</TxnDelType><TxnID>{id}</TxnID></TxnDelRq>"));
        assert_eq!(client.balance("Cost of Goods Sold"), expected);
    }
    assert_eq!(client.balance("Inventory Asset"), 2_000);
}

#[test]
fn units_come_back_at_their_average_and_none_leaves_no_worth_behind() {
    let mut client = ten_lamps();
    client.must(Kind::Bill, &bill_of("2026-11-05", &lamps(5, "3.00")));
    // Fifteen for 55.00: each of them 3.67.
    client.must(Kind::SalesReceipt, &sold_on("2026-11-10", "1", 7));
    assert_eq!(client.balance("Cost of Goods Sold"), 2_567);
    // What comes back stands with a negative quantity on a receipt over nothing.
    let back = format!(
        "{}<SalesReceiptLineAdd>{}<Amount>10.00</Amount>\
         </SalesReceiptLineAdd>",
        sold_on("2026-11-11", "2", -1),
        name("ItemRef", "Delivery"),
    );
    let shown = client.must(Kind::SalesReceipt, &back);
    assert_eq!(shown.text_of("TotalAmount"), Some("0.00"));
    assert_eq!(client.balance("Cost of Goods Sold"), 2_200);
    client.must(Kind::SalesReceipt, &sold_on("2026-11-12", "3", 9));
    assert_eq!(
        (client.balance("Inventory Asset"), client.balance("Cost of Goods Sold")),
        (0, 5_500)
    );
}

/// The line ids of an order, and its own.
fn ordered(client: &mut Client, quantities: [i64; 2]) -> (String, Vec<String>) {
    let line = |quantity: i64| {
        let item = name("ItemRef", "Lamp");
        format!(
            "<PurchaseOrderLineAdd>{item}<Quantity>{quantity}</Quantity><Rate>6.00</Rate>\
             </PurchaseOrderLineAdd>"
        )
    };
    let vendor = name("VendorRef", "Stripe");
    let lines = quantities.map(line).concat();
    let order = client.must(Kind::PurchaseOrder, &format!("{vendor}{lines}"));
    let ids = order.all("PurchaseOrderLineRet").map(|it| it.text_of("TxnLineID").unwrap());
    let ids: Vec<String> = ids.map(str::to_owned).collect();
    (order.text_of("TxnID").unwrap().to_owned(), ids)
}

#[test]
fn a_receipt_takes_parts_of_an_order_line_by_line() {
    let mut client = ten_lamps();
    let (order, lines) = ordered(&mut client, [4, 3]);
    let on_order = |client: &mut Client| item(client).text_of("QuantityOnOrder").map(str::to_owned);
    assert_eq!(on_order(&mut client).as_deref(), Some("7"));
    let part = |line: &str, more: &str| {
        let link =
            format!("<LinkToTxn><TxnID>{order}</TxnID><TxnLineID>{line}</TxnLineID></LinkToTxn>");
        let vendor = name("VendorRef", "Stripe");
        format!("{vendor}<ItemLineAdd>{more}{link}</ItemLineAdd>")
    };
    let came = client.must(Kind::ItemReceipt, &part(&lines[0], "<Quantity>3</Quantity>"));
    assert_eq!(came.text_of("TotalAmount"), Some("18.00"), "at the price of the order");
    let received = |client: &mut Client| {
        let with_lines = "<IncludeLineItems>true</IncludeLineItems>";
        let shown =
            client.ask(&format!("<PurchaseOrderQueryRq>{with_lines}</PurchaseOrderQueryRq>"));
        let shown = &shown.children[0];
        let lines = shown.all("PurchaseOrderLineRet");
        let lines = lines.map(|it| it.text_of("ReceivedQuantity").unwrap().to_owned());
        (lines.collect::<Vec<_>>(), shown.text_of("IsFullyReceived").unwrap() == "true")
    };
    assert_eq!(received(&mut client), (vec!["3".to_owned(), "0".to_owned()], false));
    assert_eq!(on_order(&mut client).as_deref(), Some("4"));
    // An item, or a line that is none of the order's, or the whole beside it: none is taken.
    let item_too = part(&lines[0], &name("ItemRef", "Lamp"));
    assert_eq!(client.code(Kind::ItemReceipt, &item_too), 3_210);
    assert_eq!(client.code(Kind::ItemReceipt, &part("1-1", "")), 3_120);
    let whole = part(&lines[0], "").replacen(
        "<ItemLineAdd>",
        &format!("<LinkToTxnID>{order}</LinkToTxnID><ItemLineAdd>"),
        1,
    );
    assert_eq!(client.code(Kind::ItemReceipt, &whole), 3_210);
    // More than is still to come of the line, which is one.
    let more = part(&lines[0], "<Quantity>2</Quantity>");
    assert_eq!(client.code(Kind::ItemReceipt, &more), 3_210);
    // The rest comes by the whole order: what is open of each line.
    let rest = format!("{}<LinkToTxnID>{order}</LinkToTxnID>", name("VendorRef", "Stripe"));
    let came = client.must(Kind::Bill, &rest);
    assert_eq!(came.text_of("AmountDue"), Some("24.00"));
    assert_eq!(received(&mut client), (vec!["4".to_owned(), "3".to_owned()], true));
    assert_eq!(on_order(&mut client).as_deref(), Some("0"));
    // An order of which all came in is closed.
    assert_eq!(client.code(Kind::ItemReceipt, &part(&lines[0], "")), 570);
}

#[test]
fn an_order_is_closed_with_its_latest_edit_sequence_alone() {
    let mut client = ten_lamps();
    let (order, _) = ordered(&mut client, [4, 3]);
    let close = |client: &mut Client, sequence: &str| {
        client.ask(&format!(
            "<PurchaseOrderModRq><PurchaseOrderMod><TxnID>{order}</TxnID>\
             <EditSequence>{sequence}</EditSequence><IsManuallyClosed>true</IsManuallyClosed>\
             </PurchaseOrderMod></PurchaseOrderModRq>"
        ))
    };
    let shown = client.ask("<PurchaseOrderQueryRq/>");
    let sequence = shown.children[0].text_of("EditSequence").unwrap().to_owned();
    assert_eq!(super::code_of(&close(&mut client, "1")), 3_200);
    let closed = close(&mut client, &sequence);
    assert_eq!(closed.children[0].text_of("IsManuallyClosed"), Some("true"));
    assert_eq!(item(&mut client).text_of("QuantityOnOrder"), Some("0"));
    let rest = format!("{}<LinkToTxnID>{order}</LinkToTxnID>", name("VendorRef", "Stripe"));
    assert_eq!(client.code(Kind::ItemReceipt, &rest), 570, "it is closed");
    assert_eq!(client.sim.company().how_many(Kind::ItemReceipt), 0);
}

#[test]
fn nothing_of_stock_is_taken_where_it_is_switched_off() {
    let mut client = ten_lamps();
    client.sim.company_mut().settings.uses_inventory = false;
    let receipt = bill_of("2026-11-15", &lamps(1, "5.00"));
    assert_eq!(client.code(Kind::ItemReceipt, &receipt), 3_250);
    assert_eq!(super::code_of(&client.ask("<InventoryAdjustmentQueryRq/>")), 3_250);
    let preferences = client.ask("<PreferencesQueryRq/>");
    let purchases = preferences.children[0].child("PurchasesAndVendorsPreferences").unwrap();
    assert_eq!(purchases.text_of("IsUsingInventory"), Some("false"));
}

#[test]
fn an_item_in_stock_needs_accounts_of_their_types() {
    let mut client = Client::new();
    let lamp = |income: &str, cost: &str, asset: &str| {
        let accounts =
            [("IncomeAccountRef", income), ("COGSAccountRef", cost), ("AssetAccountRef", asset)];
        let accounts = accounts.map(|(element, account)| name(element, account)).concat();
        format!("<Name>Lamp</Name>{accounts}")
    };
    for (income, cost, asset) in [
        ("Checking", "Cost of Goods Sold", "Inventory Asset"),
        ("Merchandise Sales", "Merchandise Sales", "Inventory Asset"),
        ("Merchandise Sales", "Cost of Goods Sold", "Checking"),
    ] {
        assert_eq!(client.code(Kind::ItemInventory, &lamp(income, cost, asset)), 3_210);
    }
    client.must(
        Kind::ItemInventory,
        &lamp("Merchandise Sales", "Cost of Goods Sold", "Inventory Asset"),
    );
}
