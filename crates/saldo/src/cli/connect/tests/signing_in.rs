//! A person signs in over sockets, as in a browser, to the simulated vendors.

use super::super::*;
use super::office;
use crate::merchant::{EmptyBooks, Merchant, QUICKBOOKS_TOKEN, SHOPIFY_API, SHOPIFY_TOKEN};
use crate::merchant::{XERO_AUTHORISE, XERO_TOKEN};
use crate::transport::carrier::{Carrier, SharedVendor};
use crate::transport::http::HttpCarrier;
use crate::transport::server::serve;
use saldo_core::exchange::HttpRequest;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use std::path::PathBuf;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use url::Url;

/// An office, and vendors on sockets of their own.
struct Scene {
    office: Office,
    merchant: Merchant,
    organisation: EmptyBooks,
    shop: String,
    company: String,
    xero: String,
    folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let office = office().await;
        let settings = WorldSettings { orders: 1, days: 1, ..WorldSettings::default() };
        let merchant = Merchant::new(&settings, &FaultSettings::none(), "http://shop").unwrap();
        let organisation = EmptyBooks::new(1, &FaultSettings::none(), office.clock.now());
        let shop = home(&office, &merchant.shopify).await;
        let company = home(&office, &merchant.quickbooks).await;
        let xero = home(&office, &organisation.vendor).await;
        let folder = tempfile::tempdir().unwrap();
        Self { office, merchant, organisation, shop, company, xero, folder }
    }

    fn file(&self, text: &str) -> PathBuf {
        let file = self.folder.path().join("secret");
        std::fs::write(&file, text).unwrap();
        file
    }

    fn quickbooks(&self, redirect_url: &str) -> ConnectQuickbooksOnline {
        let keys = self.merchant.keys(self.office.clock.now());
        ConnectQuickbooksOnline {
            client_id: keys.quickbooks_client_id,
            client_secret_file: self.file(&keys.quickbooks_client_secret),
            realm: None,
            sales_tax: None,
            tax: Vec::new(),
            refresh_token_file: None,
            webhook_key_file: None,
            unchecked: false,
            redirect_url: redirect_url.to_owned(),
            api_url: Some(self.company.clone()),
            token_url: Some(format!("{}{QUICKBOOKS_TOKEN}", self.company)),
            authorise_url: Some(format!("{}/connect/oauth2", self.company)),
        }
    }

    fn shopify(&self, secret: &str) -> ConnectShopify {
        let keys = self.merchant.keys(self.office.clock.now());
        ConnectShopify {
            shop: "demo".to_owned(),
            client_id: Some(keys.shopify_client_id),
            client_secret_file: Some(self.file(secret)),
            access_token_file: None,
            apart_from_files: false,
            unchecked: false,
            api_url: Some(format!("{}{SHOPIFY_API}", self.shop)),
            token_url: Some(format!("{}{SHOPIFY_TOKEN}", self.shop)),
        }
    }

    async fn stored(&self) -> Vec<Connection> {
        self.office.store.connections(&self.office.company.id).await.unwrap()
    }
}

/// Where a vendor answers.
async fn home(office: &Office, vendor: &SharedVendor) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let home = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(serve(SharedVendor::clone(vendor), office.clock.clone(), listener));
    home
}

fn quiet() -> Output {
    Output::new(&Global { data: None, company: None, json: false, quiet: true })
}

/// A person, what is shown to them, and where they type.
fn person() -> (Person, UnboundedReceiver<String>, UnboundedSender<String>) {
    let (shown, screen) = unbounded_channel();
    let (typing, lines) = unbounded_channel();
    let show = move |text: &str| shown.send(text.to_owned()).unwrap();
    (Person::played(show, lines), screen, typing)
}

/// Goes to the address that is shown, says yes there, and gives the address of the page that the
/// vendor then sends the browser to.
async fn consent(screen: &mut UnboundedReceiver<String>) -> String {
    let shown = screen.recv().await.unwrap();
    let url = shown.lines().find(|line| line.starts_with("http")).unwrap().to_owned();
    let mut request = HttpRequest::get(url);
    request.authorised = false;
    let carrier = Carrier::Http(HttpCarrier::new().unwrap());
    let answer = carrier.send(&request, None).await.unwrap();
    assert_eq!(answer.status, 302, "{}", String::from_utf8_lossy(&answer.body));
    answer.header("location").unwrap().to_owned()
}

async fn visit(url: &str) -> u16 {
    let mut request = HttpRequest::get(url.to_owned());
    request.authorised = false;
    let carrier = Carrier::Http(HttpCarrier::new().unwrap());
    carrier.send(&request, None).await.unwrap().status
}

/// The same address with the state of another sign-in.
fn of_another(url: &str) -> String {
    let mut url = Url::parse(url).unwrap();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let forged = |(name, value): (String, String)| match name.as_str() {
        "state" => (name, "0".repeat(64)),
        _ => (name, value),
    };
    url.query_pairs_mut().clear().extend_pairs(pairs.into_iter().map(forged));
    url.into()
}

#[tokio::test]
async fn a_company_is_connected_by_a_browser_on_this_machine() {
    let scene = Scene::new().await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let words = scene.quickbooks(&format!("http://{free}/callback"));
    let (mut person, mut screen, _typing) = person();
    let browser = async {
        let back = consent(&mut screen).await;
        let forged = visit(&of_another(&back)).await;
        assert_eq!(forged, 400, "what belongs to another sign-in ends nothing");
        assert_eq!(scene.stored().await, [], "nothing is stored before the end");
        visit(&back).await
    };
    let output = quiet();
    let connecting = quickbooks_online(&scene.office, &words, &mut person, &output);
    let (made, status) = tokio::join!(connecting, browser);
    let (connection, introduction) = made.unwrap();
    assert_eq!(status, 200);
    let realm = scene.merchant.keys(scene.office.clock.now()).realm;
    assert_eq!(connection.settings, BTreeMap::from([(REALM.to_owned(), realm)]));
    let introduction = introduction.unwrap();
    assert!(!introduction.name.is_empty());
    assert_eq!(introduction.currency, Some(scene.office.company.currency));
    let mut stored = scene.stored().await;
    let again = stored.pop().unwrap();
    assert!(again == connection && stored.is_empty(), "{again:?}");
    // What was stored opens the company again, without anybody.
    let again = Newcomer::without_secrets(again);
    assert_eq!(again.introduce(&scene.office).await.unwrap(), Some(introduction));
}

#[tokio::test]
async fn a_company_is_connected_by_the_address_that_is_pasted() {
    for redirect in ["https://books.example/callback", "http://localhost:0/callback"] {
        let scene = Scene::new().await;
        let words = scene.quickbooks(redirect);
        let (mut person, mut screen, typing) = person();
        let browser = async { typing.send(consent(&mut screen).await).unwrap() };
        let output = quiet();
        let connecting = quickbooks_online(&scene.office, &words, &mut person, &output);
        let (made, ()) = tokio::join!(connecting, browser);
        assert_eq!(scene.stored().await, [made.unwrap().0], "{redirect}");
    }
}

#[tokio::test]
async fn what_is_pasted_of_another_sign_in_is_refused_and_leaves_nothing() {
    let scene = Scene::new().await;
    let words = scene.quickbooks("https://books.example/callback");
    let (mut person, mut screen, typing) = person();
    let browser = async { typing.send(of_another(&consent(&mut screen).await)).unwrap() };
    let output = quiet();
    let connecting = quickbooks_online(&scene.office, &words, &mut person, &output);
    let (made, ()) = tokio::join!(connecting, browser);
    assert!(made.unwrap_err().to_string().contains("does not belong to this sign-in"));
    assert_eq!(scene.stored().await, []);
}

#[tokio::test]
async fn another_company_than_the_one_that_was_named_is_not_connected() {
    let scene = Scene::new().await;
    let mut words = scene.quickbooks("https://books.example/callback");
    words.realm = Some("1".to_owned());
    let (mut person, mut screen, typing) = person();
    let browser = async { typing.send(consent(&mut screen).await).unwrap() };
    let output = quiet();
    let connecting = quickbooks_online(&scene.office, &words, &mut person, &output);
    let (made, ()) = tokio::join!(connecting, browser);
    assert!(made.unwrap_err().to_string().contains("--realm names 1"));
    assert_eq!(scene.stored().await, []);
}

#[tokio::test]
async fn a_refresh_token_needs_nobody() {
    let scene = Scene::new().await;
    let keys = scene.merchant.keys(scene.office.clock.now());
    let token = scene.folder.path().join("token");
    std::fs::write(&token, &keys.refresh_token).unwrap();
    let words = ConnectQuickbooksOnline {
        realm: Some(keys.realm),
        refresh_token_file: Some(token),
        ..scene.quickbooks("http://localhost:8765/callback")
    };
    let (mut nobody, ..) = person();
    let made = quickbooks_online(&scene.office, &words, &mut nobody, &quiet()).await.unwrap();
    assert_eq!(scene.stored().await, [made.0]);
}

#[tokio::test]
async fn an_organisation_is_connected_by_the_address_that_is_pasted() {
    let scene = Scene::new().await;
    let (_, [client, secret, _]) = scene.organisation.connection(&scene.xero);
    let words = super::super::super::args::ConnectXero {
        client_id: Some(client.1),
        client_secret_file: Some(scene.file(&secret.1)),
        tenant: None,
        refresh_token_file: None,
        webhook_key_file: None,
        tax: Vec::new(),
        untaxed: None,
        drafts: None,
        notes: None,
        unchecked: false,
        redirect_url: "https://books.example/callback".to_owned(),
        api_url: Some(scene.xero.clone()),
        token_url: Some(format!("{}{XERO_TOKEN}", scene.xero)),
        authorise_url: Some(format!("{}{XERO_AUTHORISE}", scene.xero)),
    };
    let (mut person, mut screen, typing) = person();
    let browser = async { typing.send(consent(&mut screen).await).unwrap() };
    let output = quiet();
    let connecting = xero::xero(&scene.office, &words, &mut person, &output);
    let (made, ()) = tokio::join!(connecting, browser);
    let (connection, introduction) = made.unwrap();
    assert!(connection.settings.contains_key("tenant"), "{connection:?}");
    assert_eq!(introduction.unwrap().currency, Some(scene.office.company.currency));
    assert_eq!(scene.stored().await, [connection]);
}

#[tokio::test]
async fn a_shop_is_asked_for_its_name_and_a_wrong_secret_is_refused() {
    let scene = Scene::new().await;
    let refused = shopify(&scene.office, &scene.shopify("wrong"), &quiet()).await.unwrap_err();
    let said = format!("{refused:#}");
    assert!(said.contains("the vendor refuses the client id or secret"), "{said}");
    assert_eq!(scene.stored().await, []);
    let mut plain = scene.shopify("any");
    plain.api_url = Some("http://example.com/x".to_owned());
    plain.unchecked = true;
    let refused = shopify(&scene.office, &plain, &quiet()).await.unwrap_err();
    assert!(format!("{refused:#}").contains("without encryption"), "{refused:#}");
    assert_eq!(scene.stored().await, []);
    let secret = scene.merchant.keys(scene.office.clock.now()).shopify_client_secret;
    let made = shopify(&scene.office, &scene.shopify(&secret), &quiet()).await.unwrap();
    assert!(!made.1.unwrap().name.is_empty());
    assert_eq!(scene.stored().await, [made.0]);
}

#[tokio::test]
async fn what_is_not_asked_is_stored_as_it_was_said() {
    let scene = Scene::new().await;
    let words = ConnectShopify { unchecked: true, ..scene.shopify("wrong") };
    let (connection, introduction) = shopify(&scene.office, &words, &quiet()).await.unwrap();
    assert_eq!(introduction, None);
    assert_eq!(scene.stored().await, [connection]);
}
