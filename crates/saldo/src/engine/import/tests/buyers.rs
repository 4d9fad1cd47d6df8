//! Rules by the buyer: what was said of one first holds for what was sold to them.

use super::*;
use crate::engine::explain;

const RULES: &str = r#"
[[rules]]
name = "Trade"
when = { role = "product-sales", buyer-tag = "trade" }
account = "Sales to trade"

[[rules]]
name = "Companies"
when = { role = "shipping-income", buyer-kind = "company" }
account = "Freight to companies"
"#;

/// What the interface says of the first order, with these words beside it.
fn told(words: Value) -> [(&'static str, &'static str, String); 2] {
    let [(stream, id, order), row] = said_by_the_shop();
    let mut order: Value = serde_json::from_str(&order).unwrap();
    order.as_object_mut().unwrap().extend(words.as_object().unwrap().clone());
    [(stream, id, order.to_string()), row]
}

fn bought_by(tags: &[&str], kind: &str) -> Value {
    json!({
        "customer": { "id": "gid://shopify/Customer/9", "displayName": "Ada", "tags": tags },
        "purchasingEntity": { "__typename": kind },
    })
}

async fn desk() -> Desk {
    // Tables stand last in a text.
    Desk::with_policy_after(RULES).await
}

#[tokio::test]
async fn a_word_that_is_put_on_a_buyer_later_moves_nothing() {
    let desk = desk().await;
    desk.hear(&told(bought_by(&["trade"], "PurchasingCompany"))).await;
    let first = desk.books().await;
    assert!(first.contains_key("Sales to trade") && first.contains_key("Freight to companies"));
    for later in [bought_by(&["retail"], "Customer"), json!({ "customer": null }), json!({})] {
        desk.hear(&told(later.clone())).await;
        let report = sync(&desk.engine).await.unwrap();
        assert_eq!(report.approved, 0, "{later}");
        assert_eq!(desk.books().await, first, "{later}");
    }
    assert!(rebuild(&desk.engine).await.unwrap().identical);
    let explained = serde_json::to_string(&explain(&desk.engine, "#1001").await.unwrap());
    assert!(explained.unwrap().contains(r#""buyer":{"tags":["trade"],"kind":"company""#));
}

#[tokio::test]
async fn a_word_counts_once_anything_is_told_of_the_buyer() {
    let desk = desk().await;
    desk.hear(&told(json!({}))).await;
    assert!(desk.books().await.contains_key("Product sales"));
    desk.hear(&told(bought_by(&["trade"], "Customer"))).await;
    let books = desk.books().await;
    assert!(books.contains_key("Sales to trade") && books.contains_key("Shipping income"));
    assert!(!books.contains_key("Product sales"), "{books:?}");
    desk.hear(&told(bought_by(&[], "Customer"))).await;
    assert_eq!(desk.books().await, books);
    assert!(rebuild(&desk.engine).await.unwrap().identical);
}
