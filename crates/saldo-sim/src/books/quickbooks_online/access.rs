//! OAuth 2.0: who may ask.

use super::address::{self, Address};
use super::chance;
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::{HttpAnswer, HttpRequest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How long an access token is good for.
const ACCESS_LIFE: SignedDuration = SignedDuration::from_secs(3_600);

/// How long a refresh token is good for when it is not used.
const REFRESH_LIFE: SignedDuration = SignedDuration::from_hours(100 * 24);

/// How long a connection can be refreshed at all.
const HARD_LIFE: SignedDuration = SignedDuration::from_hours(5 * 365 * 24);

/// After what time a refresh gives a refresh token of another value.
const DAILY: SignedDuration = SignedDuration::from_hours(24);

/// How long a code from the owner's browser is good for.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(10);

/// When the value of a refresh token changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rotation {
    /// With the first refresh after a day.
    Daily,
    /// With every refresh.
    EachRefresh,
}

/// The tokens of a connection, as the vendor gave them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// What requests carry.
    pub access_token: String,
    /// What gets the next access token.
    pub refresh_token: String,
}

/// An owner's consent, kept alive by its newest refresh token.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Grant {
    refresh_token: String,
    /// When the refresh token got this value.
    rotated: Timestamp,
    used: Timestamp,
    granted: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Code {
    redirect: String,
    until: Timestamp,
}

/// The vendor's account of who may ask.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Access {
    seed: u64,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) rotation: Rotation,
    /// How many secrets were given out.
    given: u64,
    grants: Vec<Grant>,
    codes: BTreeMap<String, Code>,
    /// Access tokens and when they end.
    tokens: BTreeMap<String, Timestamp>,
}

impl Access {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            client_id: format!("AB{:016x}", chance::number(seed, "client")),
            client_secret: format!("{:016x}", chance::number(seed, "secret")),
            rotation: Rotation::Daily,
            given: 0,
            grants: Vec::new(),
            codes: BTreeMap::new(),
            tokens: BTreeMap::new(),
        }
    }

    /// Whether a request carries an access token that is good now.
    pub(super) fn permits(&self, request: &HttpRequest, now: Timestamp) -> bool {
        let header = request.headers.iter().find(|(name, _)| name == "authorization");
        let token = header.and_then(|(_, value)| value.strip_prefix("Bearer "));
        token.and_then(|token| self.tokens.get(token)).is_some_and(|until| now < *until)
    }

    /// Consent without a browser.
    pub(super) fn connect(&mut self, now: Timestamp) -> Tokens {
        let refresh_token = self.secret("AB11", now);
        let grant =
            Grant { refresh_token: refresh_token.clone(), rotated: now, used: now, granted: now };
        self.grants.push(grant);
        Tokens { access_token: self.access_token(now), refresh_token }
    }

    /// The page that asks the owner, who says yes at once: back to where the app wants.
    pub(super) fn authorise(
        &mut self,
        address: &Address,
        realm: &str,
        now: Timestamp,
    ) -> HttpAnswer {
        let parameter = |name| address.parameter(name).unwrap_or("");
        let redirect = parameter("redirect_uri");
        let is_right = parameter("client_id") == self.client_id
            && parameter("response_type") == "code"
            && parameter("scope").split(' ').any(|it| it == "com.intuit.quickbooks.accounting")
            && !redirect.is_empty();
        if !is_right {
            return oauth_error(400, "invalid_request", "The authorisation request is not valid");
        }
        let code = self.secret("XAB", now);
        let until = after(now, CODE_LIFE);
        self.codes.insert(code.clone(), Code { redirect: redirect.to_owned(), until });
        let joint = if redirect.contains('?') { '&' } else { '?' };
        let state = address::encode(parameter("state"));
        let location = format!("{redirect}{joint}code={code}&state={state}&realmId={realm}");
        HttpAnswer {
            status: 302,
            headers: vec![("location".to_owned(), location)],
            body: Vec::new(),
        }
    }

    /// The token endpoint.
    pub(super) fn token(&mut self, request: &HttpRequest, now: Timestamp) -> HttpAnswer {
        let expected = address::basic(&self.client_id, &self.client_secret);
        let header = request.headers.iter().find(|(name, _)| name == "authorization");
        if header.is_none_or(|(_, value)| *value != expected) {
            return oauth_error(401, "invalid_client", "Client authentication failed");
        }
        let form = address::form(&String::from_utf8_lossy(&request.body));
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        match field("grant_type") {
            "refresh_token" => self.refresh(field("refresh_token"), now),
            "authorization_code" => self.redeem(field("code"), field("redirect_uri"), now),
            _ => oauth_error(400, "unsupported_grant_type", "The grant type is not supported"),
        }
    }

    fn redeem(&mut self, code: &str, redirect: &str, now: Timestamp) -> HttpAnswer {
        let known = self.codes.remove(code);
        match known.filter(|known| now < known.until && known.redirect == redirect) {
            None => oauth_error(400, "invalid_grant", "Invalid authorization code"),
            Some(_) => {
                let tokens = self.connect(now);
                self.answer(&tokens, now, now)
            }
        }
    }

    fn refresh(&mut self, token: &str, now: Timestamp) -> HttpAnswer {
        let is_good = |grant: &Grant| {
            now < after(grant.used, REFRESH_LIFE) && now < after(grant.granted, HARD_LIFE)
        };
        let place = self.grants.iter().position(|grant| grant.refresh_token == token);
        let Some(place) = place.filter(|place| self.grants.get(*place).is_some_and(is_good)) else {
            return oauth_error(400, "invalid_grant", "Incorrect or invalid refresh token");
        };
        let fresh = self.secret("AB11", now);
        let Some(grant) = self.grants.get_mut(place) else {
            return oauth_error(400, "invalid_grant", "Incorrect or invalid refresh token");
        };
        grant.used = now;
        if self.rotation == Rotation::EachRefresh || now >= after(grant.rotated, DAILY) {
            grant.refresh_token = fresh;
            grant.rotated = now;
        }
        let (refresh_token, granted) = (grant.refresh_token.clone(), grant.granted);
        let tokens = Tokens { access_token: self.access_token(now), refresh_token };
        self.answer(&tokens, granted, now)
    }

    fn access_token(&mut self, now: Timestamp) -> String {
        self.tokens.retain(|_, until| now < *until);
        let token = self.secret("eyJ", now);
        self.tokens.insert(token.clone(), after(now, ACCESS_LIFE));
        token
    }

    fn secret(&mut self, prefix: &str, now: Timestamp) -> String {
        self.given += 1;
        let text = format!("{prefix} {} {now}", self.given);
        let first = chance::number(self.seed, &text);
        format!("{prefix}{first:016x}{:016x}", chance::number(first, &text))
    }

    fn answer(&self, tokens: &Tokens, granted: Timestamp, now: Timestamp) -> HttpAnswer {
        let left = after(granted, HARD_LIFE).duration_since(now).as_secs();
        let body = json!({
            "token_type": "bearer",
            "access_token": tokens.access_token,
            "expires_in": ACCESS_LIFE.as_secs(),
            "refresh_token": tokens.refresh_token,
            "x_refresh_token_expires_in": REFRESH_LIFE.as_secs().min(left),
            "x_refresh_token_hard_expires_in": left,
        });
        json_answer(200, &body)
    }

    /// Ends every access token, as time would.
    pub(super) fn expire(&mut self) {
        self.tokens.clear();
    }

    /// Takes the consent back, as its owner can.
    pub(super) fn disconnect(&mut self) {
        self.tokens.clear();
        self.grants.clear();
    }
}

fn after(start: Timestamp, life: SignedDuration) -> Timestamp {
    start.checked_add(life).unwrap_or(Timestamp::MAX)
}

fn oauth_error(status: u16, error: &str, description: &str) -> HttpAnswer {
    json_answer(status, &json!({ "error": error, "error_description": description }))
}

/// An answer with a JSON body.
pub(super) fn json_answer(status: u16, body: &Value) -> HttpAnswer {
    let headers = vec![("content-type".to_owned(), "application/json;charset=UTF-8".to_owned())];
    HttpAnswer { status, headers, body: body.to_string().into_bytes() }
}
