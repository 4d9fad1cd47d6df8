//! Connecting.

use super::*;
use saldo_core::text::CompanyId;

mod signing_in;

async fn office() -> Office {
    let store = Store::in_memory().await.unwrap();
    let company = Company {
        id: CompanyId::new("demo"),
        name: "Demo".to_owned(),
        currency: Currency::parse("USD").unwrap(),
        timezone: "UTC".to_owned(),
        start_date: "2026-11-01".parse().unwrap(),
    };
    store.create_company(&company).await.unwrap();
    let clock = Clock::simulated("2026-11-20T08:00:00Z".parse().unwrap());
    Office { store, company, key: Arc::new(Key::generate().unwrap()), clock }
}

/// A connection's name, and the shop where it is named.
type Named = (&'static str, Option<&'static str>);

/// A company whose shops are these.
async fn with(shops: &[Named]) -> Office {
    let office = office().await;
    for (id, shop) in shops {
        let mut connection = connection(id, Role::Channel, SHOPS);
        let named = shop.map(|shop| ("shop".to_owned(), shop.to_owned()));
        connection.settings.extend(named);
        office.add(&connection).await.unwrap();
    }
    office
}

#[tokio::test]
async fn a_shop_is_the_one_whose_files_were_imported() {
    let unnamed = ("shopify:files", None);
    let cases: [(&[Named], bool, &str); 7] = [
        (&[], false, "shopify:mug-co"),
        (&[unnamed], false, "shopify:files"),
        (&[unnamed], true, "shopify:mug-co"),
        (&[("shopify:files", Some("mug-co"))], true, "shopify:files"),
        (&[("shopify:files", Some("other"))], false, "shopify:mug-co"),
        (&[unnamed, ("shopify:other", Some("other"))], false, "shopify:mug-co"),
        (&[unnamed, ("shopify:a", Some("mug-co.myshopify.com"))], false, "shopify:a"),
    ];
    for (shops, apart, expected) in cases {
        let office = with(shops).await;
        for shop in ["mug-co", "mug-co.myshopify.com"] {
            let found = shop_connection(&office, shop, apart).await.unwrap();
            assert_eq!(found.id, ConnectionId::new(expected), "{shops:?}");
        }
    }
}

#[tokio::test]
async fn connecting_a_shop_keeps_the_name_that_its_files_gave_it() {
    let office = with(&[("shopify:files", None)]).await;
    let mut files = office.store.connections(&office.company.id).await.unwrap().remove(0);
    let (name, value) = FILES_SETTING;
    files.settings.insert(name.to_owned(), value.to_owned());
    office.add(&files).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "t").unwrap();
    let words = ConnectShopify {
        shop: "mug-co".to_owned(),
        client_id: None,
        client_secret_file: None,
        access_token_file: Some(token),
        apart_from_files: false,
        unchecked: true,
        api_url: None,
        token_url: None,
    };
    let global = Global { data: None, company: None, json: false, quiet: true };
    shopify(&office, &words, &Output::new(&global)).await.unwrap();
    let all = office.store.connections(&office.company.id).await.unwrap();
    let [shop] = &all[..] else { panic!("{all:?}") };
    assert_eq!(shop.id, files.id);
    assert_eq!(shop.settings, BTreeMap::from([("shop".to_owned(), "mug-co".to_owned())]));
    assert!(!is_files_only(shop), "it is pulled");
}

#[tokio::test]
async fn a_decision_of_a_simulated_company_is_dated_by_its_own_clock() {
    let office = with(&[("shopify:mug-co", Some("mug-co"))]).await;
    let policy = office.store.policy(&office.company.id).await.unwrap().unwrap();
    assert_eq!((policy.revision, policy.at), (1, office.clock.now()));
    assert!(policy.text.contains("Clearing: Shopify Payments"), "{}", policy.text);
}
