//! The settings, and the names of the streams.

use crate::shopify::{DESCRIPTION, Flow, Shopify};
use saldo_core::channel::Channel;
use saldo_core::exchange::Addresses;
use saldo_core::text::Stream;
use std::collections::BTreeMap;

fn addresses(shop: &str) -> Option<Addresses> {
    let settings = BTreeMap::from([("shop".to_owned(), shop.to_owned())]);
    Shopify.addresses(&settings).ok()
}

#[test]
fn a_shop_is_named_either_way() {
    for shop in ["demo", "demo.myshopify.com"] {
        let addresses = addresses(shop).unwrap();
        assert_eq!(
            addresses.get("api").unwrap(),
            "https://demo.myshopify.com/admin/api/2026-10/graphql.json"
        );
        assert_eq!(
            addresses.get("token").unwrap(),
            "https://demo.myshopify.com/admin/oauth/access_token"
        );
    }
}

#[test]
fn what_is_not_a_shop_is_refused() {
    for shop in
        ["", ".myshopify.com", "-demo", "demo.example", "a/b", "demo?", "evil.com#.myshopify.com"]
    {
        assert_eq!(addresses(shop), None, "{shop}");
    }
    assert!(Shopify.addresses(&BTreeMap::new()).is_err());
}

#[test]
fn every_stream_is_known() {
    let pulled = DESCRIPTION.streams.iter().chain(DESCRIPTION.goods_streams);
    let stated = DESCRIPTION.stated_streams.iter().map(|(_, name)| name);
    for name in pulled.chain(DESCRIPTION.cost_streams).chain(stated) {
        assert!(Flow::of(&Stream::from(*name)).is_some(), "{name}");
    }
    assert!(Flow::named(&Stream::from("stock")).is_err());
}
