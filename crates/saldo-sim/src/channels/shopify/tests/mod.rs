//! The simulated shop, asked as an app would ask it.

mod bulk;
mod limits;
mod schema;
mod shop;
mod time;

use super::*;
use crate::world::{Story, WorldSettings};
use jiff::ToSpan;

/// An app with a token, and the shop that it talks to.
struct App {
    sim: ShopifySim,
    token: String,
    now: Timestamp,
}

fn world(orders: u32) -> Arc<World> {
    let settings = WorldSettings { orders, ..WorldSettings::default() };
    Arc::new(World::generate(&settings).unwrap())
}

impl App {
    /// An app at the end of a history of this many orders.
    fn of(orders: u32) -> Self {
        let world = world(orders);
        let now = world.ends + 1.hour();
        Self::at(world, ShopifySettings::default(), now)
    }

    fn at(world: Arc<World>, settings: ShopifySettings, now: Timestamp) -> Self {
        let mut app = Self { sim: ShopifySim::new(world, settings), token: String::new(), now };
        app.log_in();
        app
    }

    fn log_in(&mut self) {
        let answer = self.ask_token("demo-client", "demo-secret");
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        self.token = body["access_token"].as_str().unwrap().to_owned();
    }

    fn ask_token(&mut self, id: &str, secret: &str) -> HttpAnswer {
        let body = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let url = "https://demo.myshopify.com/admin/oauth/access_token".to_owned();
        self.send(&HttpRequest::post_json(url, body.into_bytes()))
    }

    fn send(&mut self, request: &HttpRequest) -> HttpAnswer {
        match self.sim.answer(request, self.now) {
            Reply::Answer(answer) => answer,
            Reply::Lost => panic!("the shop itself never loses an answer"),
        }
    }

    fn raw(&mut self, version: &str, query: &str, variables: &Value) -> HttpAnswer {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let url = format!("http://127.0.0.1:4000/admin/api/{version}/graphql.json");
        let token = self.token.clone();
        let request = HttpRequest::post_json(url, body.into_bytes());
        self.send(&request.header("X-Shopify-Access-Token", &token))
    }

    /// The whole body of an answer, after waiting until the bucket is full.
    fn body(&mut self, query: &str, variables: &Value) -> Value {
        self.now += 20.seconds();
        let answer = self.raw("2026-10", query, variables);
        assert_eq!(answer.status, 200);
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// The data of an answer without errors.
    fn data(&mut self, query: &str, variables: &Value) -> Value {
        let mut body = self.body(query, variables);
        assert!(body.get("errors").is_none(), "{query}: {}", body["errors"]);
        body["data"].take()
    }

    /// All nodes of a list, page by page, given a query with `$after` and where the list lies.
    fn pages(&mut self, query: &str, list: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut after = Value::Null;
        loop {
            let data = self.data(query, &json!({ "after": after }));
            let list = data.pointer(list).unwrap();
            all.extend(list["nodes"].as_array().unwrap().iter().cloned());
            if list["pageInfo"]["hasNextPage"] == json!(false) {
                return all;
            }
            after = list["pageInfo"]["endCursor"].clone();
        }
    }

    fn world(&self) -> Arc<World> {
        Arc::clone(&self.sim.world)
    }

    /// The id of the first order that tells a story.
    fn order_of(&self, story: Story) -> String {
        let world = self.world();
        let place = world.stories.iter().position(|told| *told == story).unwrap();
        format!("gid://shopify/Order/{}", world.orders[place].id)
    }
}

/// The amount of a decimal text in hundredths.
fn cents(value: &Value) -> i64 {
    let usd = saldo_core::money::Currency::parse("USD").unwrap();
    saldo_core::money::Money::parse(value.as_str().unwrap(), usd).unwrap().minor()
}
