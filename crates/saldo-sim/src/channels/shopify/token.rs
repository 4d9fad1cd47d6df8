//! Access tokens by the client credentials grant.

use crate::world::Chance;
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::{HttpAnswer, HttpRequest};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How long a token lives, in seconds.
pub(super) const LIFETIME_SECONDS: i64 = 86_399;
const SCOPES: &str = "read_all_orders,read_customers,read_locations,read_orders,read_products,\
                      read_shopify_payments_accounts,read_shopify_payments_disputes,\
                      read_shopify_payments_payouts";

/// The desk that gives out tokens and knows them again.
pub(super) struct TokenDesk {
    client_id: String,
    client_secret: String,
    chance: Chance,
    expiries: BTreeMap<String, Timestamp>,
}

impl TokenDesk {
    /// A desk for one client.
    pub(super) fn new(client_id: &str, client_secret: &str, seed: u64) -> Self {
        let chance = Chance::new(seed, 100);
        let expiries = BTreeMap::new();
        let (client_id, client_secret) = (client_id.to_owned(), client_secret.to_owned());
        Self { client_id, client_secret, chance, expiries }
    }

    /// Answers a request for a token.
    pub(super) fn grant(&mut self, request: &HttpRequest, now: Timestamp) -> HttpAnswer {
        let fields = fields(request);
        let field = |name: &str| fields.get(name).map_or("", String::as_str);
        if field("grant_type") != "client_credentials" {
            return refuse("unsupported_grant_type", "The grant type is not supported.");
        }
        if field("client_id") != self.client_id {
            return refuse("application_cannot_be_found", "The app was not found.");
        }
        if field("client_secret") != self.client_secret {
            return refuse("invalid_client", "The client secret is not valid.");
        }
        let digits: String = (0..32).map(|_| format!("{:x}", self.chance.below(16))).collect();
        let token = format!("shpat_{digits}");
        let expires = now.saturating_add(SignedDuration::from_secs(LIFETIME_SECONDS));
        self.expiries.insert(token.clone(), expires.unwrap_or(Timestamp::MAX));
        let body =
            json!({ "access_token": token, "scope": SCOPES, "expires_in": LIFETIME_SECONDS });
        super::answer(200, &body)
    }

    /// Whether a token is good now.
    pub(super) fn knows(&self, token: &str, now: Timestamp) -> bool {
        self.expiries.get(token).is_some_and(|expires| now < *expires)
    }
}

fn refuse(error: &str, description: &str) -> HttpAnswer {
    super::answer(400, &json!({ "error": error, "error_description": description }))
}

/// The fields of a body, which is JSON or a form.
fn fields(request: &HttpRequest) -> BTreeMap<String, String> {
    if let Ok(Value::Object(map)) = serde_json::from_slice::<Value>(&request.body) {
        let texts = map.into_iter().filter_map(|(name, value)| match value {
            Value::String(text) => Some((name, text)),
            _ => None,
        });
        return texts.collect();
    }
    let body = String::from_utf8_lossy(&request.body);
    let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (unescape(name), unescape(value))).collect()
}

/// Undoes the escapes of a form.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) => {
                let digits = [*high, *low];
                let text = std::str::from_utf8(&digits).unwrap_or("");
                match u8::from_str_radix(text, 16) {
                    Ok(byte) => {
                        bytes.push(byte);
                        rest = after;
                    }
                    Err(_) => bytes.push(b'%'),
                }
            }
            (other, _) => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_unescaped() {
        assert_eq!(unescape("a%2Bb+c%zz%4"), "a+b c%zz%4");
    }
}
