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
    assert_eq!(client.code(Kind::ItemReceipt, &bill), 3_210, "it was received");
    let fulfilled = |client: &mut Client| {
        let shown = client.ask("<PurchaseOrderQueryRq/>");
        shown.children[0].text_of("IsFullyReceived").unwrap().to_owned()
    };
    assert_eq!(fulfilled(&mut client), "true");
    let id = billed.text_of("TxnID").unwrap();
    client.ask(&format!("<TxnDelRq><TxnDelType>Bill</TxnDelType><TxnID>{id}</TxnID></TxnDelRq>"));
    assert_eq!(fulfilled(&mut client), "false");
}
