//! Names, parents, limits and features of lists.

use super::super::{Kind, Limits};
use super::{Client, add, code_of, name, receipt};

fn named(name: &str) -> String {
    format!("<Name>{name}</Name>")
}

#[test]
fn names_are_unique_over_customers_vendors_employees_and_others() {
    let mut client = Client::new();
    for taken in ["Cool Cars", "STRIPE", "Emily Platt", "shopify"] {
        for kind in [Kind::Customer, Kind::Vendor, Kind::OtherName] {
            assert_eq!(client.code(kind, &named(taken)), 3_100, "{taken}");
        }
    }
    // Items and accounts have names of their own.
    let income = format!(
        "<Name>Stripe</Name><SalesOrPurchase>{}</SalesOrPurchase>",
        name("AccountRef", "Merchandise Sales")
    );
    assert_eq!(client.code(Kind::ItemService, &income), 0);
    assert_eq!(client.code(Kind::ItemOtherCharge, &income), 3_100, "items share their names");
    assert_eq!(client.code(Kind::Customer, &named("New")), 0);
}

#[test]
fn an_inactive_name_is_taken_and_cannot_be_used() {
    let mut client = Client::new();
    assert_eq!(client.code(Kind::Vendor, &named("Walk-in Customer")), 3_100);
    let sale = receipt("1", "10.00").replace("Cool Cars", "Walk-in Customer");
    assert_eq!(client.code(Kind::SalesReceipt, &sale), 3_210);
}

#[test]
fn elements_lie_within_each_other() {
    let mut client = Client::new();
    let below = |own: &str, parent: &str| format!("{}{}", named(own), name("ParentRef", parent));
    let job = client.must(Kind::Customer, &below("Job", "Cool Cars"));
    assert_eq!(job.text_of("FullName"), Some("Cool Cars:Job"));
    assert_eq!(job.text_of("Sublevel"), Some("1"));
    assert_eq!(client.code(Kind::Customer, &below("Job", "Jane Doe")), 0, "another parent");
    assert_eq!(client.code(Kind::Customer, &below("job", "cool cars")), 3_100);
    assert_eq!(client.code(Kind::Customer, &below("Job", "Nobody")), 3_130);
    assert_eq!(client.code(Kind::Customer, &named("a:b")), 3_210, "a colon parts names");
    let mut parent = "Cool Cars:Job".to_owned();
    for own in ["3", "4", "5"] {
        client.must(Kind::Customer, &below(own, &parent));
        parent = format!("{parent}:{own}");
    }
    assert_eq!(client.code(Kind::Customer, &below("6", &parent)), 3_210);
}

#[test]
fn full_lists_take_no_more() {
    let mut client = Client::new();
    let file = client.sim.company_mut();
    let names = file.count(&Kind::NAMES);
    let items = file.count(&Kind::ITEMS);
    file.settings.limits = Limits { names: names + 1, items, others: 100 };
    assert_eq!(client.code(Kind::Customer, &named("One")), 0);
    assert_eq!(client.code(Kind::Vendor, &named("Two")), 3_180);
    let item = format!(
        "<Name>X</Name><SalesOrPurchase>{}</SalesOrPurchase>",
        name("AccountRef", "Merchandise Sales")
    );
    assert_eq!(client.code(Kind::ItemService, &item), 3_180);
    client.sim.company_mut().settings.limits = Limits::ENTERPRISE;
    assert_eq!(client.code(Kind::ItemService, &item), 0);
}

#[test]
fn features_that_are_off_are_refused() {
    let mut client = Client::new();
    let class = add(Kind::Class, "<Name>Online</Name>");
    assert_eq!(code_of(&client.ask(&class)), 0);
    let sale = receipt("1", "10.00")
        .replace("<TxnDate>", &format!("{}<TxnDate>", name("ClassRef", "Online")));
    assert_eq!(client.code(Kind::SalesReceipt, &sale), 0);
    let settings = &mut client.sim.company_mut().settings;
    settings.uses_classes = false;
    settings.charges_sales_tax = false;
    assert_eq!(client.code(Kind::SalesReceipt, &sale), 3_250);
    assert_eq!(client.code(Kind::Class, "<Name>Shop</Name>"), 3_250);
    assert_eq!(client.code(Kind::SalesReceipt, &receipt("1", "10.00")), 3_250, "a tax code");
    assert_eq!(client.code(Kind::ItemSalesTax, "<Name>T</Name><TaxRate>1</TaxRate>"), 3_250);
}

#[test]
fn items_need_their_accounts() {
    let mut client = Client::new();
    let service = |account: &str| {
        format!(
            "<Name>X</Name><SalesOrPurchase><Price>1</Price>\
        {account}</SalesOrPurchase>"
        )
    };
    assert_eq!(client.code(Kind::ItemService, &service("")), 3_270);
    let wrong = service(&name("AccountRef", "Nowhere"));
    assert_eq!(client.code(Kind::ItemService, &wrong), 3_140);
    assert_eq!(client.code(Kind::ItemInventory, "<Name>Y</Name>"), 3_270);
    let swapped = format!(
        "<Name>Y</Name>{}{}{}",
        name("IncomeAccountRef", "Checking"),
        name("COGSAccountRef", "Cost of Goods Sold"),
        name("AssetAccountRef", "Inventory Asset")
    );
    assert_eq!(client.code(Kind::ItemInventory, &swapped), 3_210);
}

#[test]
fn text_is_kept_in_the_characters_of_windows() {
    let mut client = Client::new();
    let kept = client.must(Kind::Customer, "<Name>Zoë 漢 &#x1F600;</Name>");
    assert_eq!(kept.text_of("Name"), Some("Zoë ? ?"));
    // What differs before may be the same once it is kept.
    assert_eq!(client.code(Kind::Customer, "<Name>Zoë 字 &#x1F601;</Name>"), 3_100);
}

#[test]
fn a_change_needs_the_latest_edit_sequence() {
    let mut client = Client::new();
    let shown = client.must(Kind::Customer, "<Name>Old</Name><Phone>1</Phone><Email>a@b</Email>");
    let id = shown.text_of("ListID").unwrap().to_owned();
    let change = |sequence: &str, content: &str| {
        format!(
            "<CustomerModRq><CustomerMod><ListID>{id}</ListID><EditSequence>{sequence}\
             </EditSequence>{content}</CustomerMod></CustomerModRq>"
        )
    };
    let first = shown.text_of("EditSequence").unwrap();
    let content = "<Name>New</Name><IsActive>false</IsActive><Phone/>";
    let changed = client.ask(&change(first, content));
    assert_eq!(code_of(&changed), 0);
    let changed = &changed.children[0];
    let texts = ["Name", "IsActive", "Phone", "Email"].map(|name| changed.text_of(name));
    assert_eq!(texts, [Some("New"), Some("false"), None, Some("a@b")]);
    assert_eq!(code_of(&client.ask(&change(first, content))), 3_200);
    let second = changed.text_of("EditSequence").unwrap();
    assert_eq!(code_of(&client.ask(&change(second, "<Name>Stripe</Name>"))), 3_100);
    assert_eq!(code_of(&client.ask(&change(second, "<Name>a:b</Name>"))), 3_210);
    let nobody = change(second, "").replace(&id, "8FFFFFFF-1");
    assert_eq!(code_of(&client.ask(&nobody)), 3_120);
    assert_eq!(client.code(Kind::Vendor, &named("Old")), 0, "the old name is free");
}

#[test]
fn a_new_name_shows_wherever_the_element_is_named() {
    let mut client = Client::new();
    let shop = client.must(Kind::Class, &named("Shop"));
    client.must(Kind::Class, &format!("{}{}", named("East"), name("ParentRef", "Shop")));
    let class = name("ClassRef", "Shop:East");
    let sale = receipt("1", "10.00").replace("<TxnDate>", &format!("{class}<TxnDate>"));
    client.must(Kind::SalesReceipt, &sale);
    let change = format!(
        "<ClassModRq><ClassMod><ListID>{}</ListID><EditSequence>{}</EditSequence>\
         <Name>Store</Name></ClassMod></ClassModRq>",
        shop.text_of("ListID").unwrap(),
        shop.text_of("EditSequence").unwrap()
    );
    assert_eq!(code_of(&client.ask(&change)), 0);
    let shown = client.ask("<SalesReceiptQueryRq/>");
    let class = shown.children[0].child("ClassRef").unwrap();
    assert_eq!(class.text_of("FullName"), Some("Store:East"));
}
