//! OAuth 2.0: who may ask.

use super::super::address::{self, Address};
use super::super::chance;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::{HttpAnswer, HttpRequest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How long an access token is good for.
const ACCESS_LIFE: SignedDuration = SignedDuration::from_mins(30);

/// How long a refresh token is good for when it is not used.
const REFRESH_LIFE: SignedDuration = SignedDuration::from_hours(60 * 24);

/// How long a used refresh token may be shown again, in case its answer was lost.
const GRACE: SignedDuration = SignedDuration::from_mins(30);

/// How long a code from the owner's browser is good for.
const CODE_LIFE: SignedDuration = SignedDuration::from_mins(5);

/// The scopes that an app of today can ask for; those of `accounting` also with `.read` at the end.
const SCOPES: &[&str] = &[
    "openid",
    "profile",
    "email",
    "offline_access",
    "accounting.invoices",
    "accounting.payments",
    "accounting.banktransactions",
    "accounting.manualjournals",
    "accounting.contacts",
    "accounting.settings",
    "accounting.attachments",
    "accounting.reports.trialbalance.read",
    "accounting.reports.banksummary.read",
    "accounting.reports.balancesheet.read",
    "accounting.reports.profitandloss.read",
];

/// The tokens of a connection, as the vendor gave them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// What requests carry.
    pub access_token: String,
    /// What gets the next access token, once.
    pub refresh_token: String,
}

/// Why a request may not be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Barred {
    /// No token, or one that is spent.
    Token,
    /// A token without the right for this.
    Scope,
}

/// An owner's consent, kept alive by its newest refresh token.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Grant {
    refresh_token: String,
    issued: Timestamp,
    /// The refresh token before, and when it was used.
    spent: Option<(String, Timestamp)>,
    scopes: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Code {
    redirect: String,
    scopes: String,
    challenge: Option<String>,
    until: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Access {
    until: Timestamp,
    scopes: String,
}

/// The vendor's account of who may ask.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Identity {
    seed: u64,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    /// How many secrets were given out.
    given: u64,
    grants: Vec<Grant>,
    codes: BTreeMap<String, Code>,
    tokens: BTreeMap<String, Access>,
}

impl Identity {
    pub(super) fn new(seed: u64) -> Self {
        let part = |text| chance::number(seed, text);
        Self {
            seed,
            client_id: format!("{:016X}{:016X}", part("client"), part("client 2")),
            client_secret: format!("{:016x}", part("secret")),
            given: 0,
            grants: Vec::new(),
            codes: BTreeMap::new(),
            tokens: BTreeMap::new(),
        }
    }

    /// Whether a request carries an access token that is good now and opens one of these scopes.
    pub(super) fn check(
        &self,
        request: &HttpRequest,
        scopes: &[&str],
        now: Timestamp,
    ) -> Result<(), Barred> {
        let header = request.headers.iter().find(|(name, _)| name == "authorization");
        let token = header.and_then(|(_, value)| value.strip_prefix("Bearer "));
        let known = token.and_then(|token| self.tokens.get(token));
        let access = known.filter(|access| now < access.until).ok_or(Barred::Token)?;
        let has = |scope: &&str| access.scopes.split(' ').any(|granted| granted == *scope);
        if scopes.is_empty() || scopes.iter().any(has) { Ok(()) } else { Err(Barred::Scope) }
    }

    /// Consent without a browser, to these scopes.
    pub(super) fn connect(&mut self, scopes: &str, now: Timestamp) -> Tokens {
        let refresh_token = self.secret(now);
        let issued = now;
        let scopes = scopes.to_owned();
        let access_token = self.access_token(&scopes, now);
        let token = refresh_token.clone();
        self.grants.push(Grant { refresh_token: token, issued, spent: None, scopes });
        Tokens { access_token, refresh_token }
    }

    /// Consent to everything that an app of today can ask for.
    pub(super) fn connect_to_all(&mut self, now: Timestamp) -> Tokens {
        self.connect(&SCOPES.join(" "), now)
    }

    /// The page that asks the owner, who says yes at once: back to where the app wants.
    pub(super) fn authorise(&mut self, address: &Address, now: Timestamp) -> HttpAnswer {
        let parameter = |name| address.parameter(name).unwrap_or("");
        let redirect = parameter("redirect_uri");
        let challenge = address.parameter("code_challenge").map(str::to_owned);
        let method = parameter("code_challenge_method");
        let is_right = parameter("client_id") == self.client_id
            && parameter("response_type") == "code"
            && !redirect.is_empty()
            && (challenge.is_none() || method == "S256");
        if !is_right {
            return oauth_error(400, "invalid_request");
        }
        let scopes = parameter("scope").to_owned();
        if scopes.is_empty() || !scopes.split(' ').all(is_granted) {
            return oauth_error(400, "invalid_scope");
        }
        let code = self.secret(now);
        let until = after(now, CODE_LIFE);
        let kept = Code { redirect: redirect.to_owned(), scopes, challenge, until };
        self.codes.insert(code.clone(), kept);
        let joint = if redirect.contains('?') { '&' } else { '?' };
        let state = address::encode(parameter("state"));
        let location = format!("{redirect}{joint}code={code}&state={state}");
        let headers = vec![("location".to_owned(), location)];
        HttpAnswer { status: 302, headers, body: Vec::new() }
    }

    /// The token endpoint.
    pub(super) fn token(&mut self, request: &HttpRequest, now: Timestamp) -> HttpAnswer {
        let form = address::form(&String::from_utf8_lossy(&request.body));
        let field = |name: &str| form.get(name).map_or("", String::as_str);
        let basic = address::basic(&self.client_id, &self.client_secret);
        let header = request.headers.iter().find(|(name, _)| name == "authorization");
        let secret = header.is_some_and(|(_, value)| *value == basic);
        if !secret && (header.is_some() || field("client_id") != self.client_id) {
            return oauth_error(400, "invalid_client");
        }
        match field("grant_type") {
            "refresh_token" => self.refresh(field("refresh_token"), now),
            "authorization_code" => {
                let verifier = form.get("code_verifier").map(String::as_str);
                self.redeem(field("code"), field("redirect_uri"), (verifier, secret), now)
            }
            _ => oauth_error(400, "unsupported_grant_type"),
        }
    }

    /// Gives tokens for a code, to whoever has the secret that the code was asked for with, or the
    /// client's own.
    fn redeem(
        &mut self,
        code: &str,
        redirect: &str,
        (verifier, secret): (Option<&str>, bool),
        now: Timestamp,
    ) -> HttpAnswer {
        let known = self.codes.remove(code);
        let known = known.filter(|known| now < known.until && known.redirect == redirect);
        let proves = |known: &Code| match &known.challenge {
            Some(challenge) => {
                verifier.is_some_and(|verifier| challenge_of(verifier) == *challenge)
            }
            None => secret,
        };
        let Some(code) = known.filter(proves) else { return oauth_error(400, "invalid_grant") };
        let tokens = self.connect(&code.scopes, now);
        if !code.scopes.split(' ').any(|scope| scope == "offline_access") {
            self.grants.pop();
            return answer(&Tokens { refresh_token: String::new(), ..tokens }, &code.scopes);
        }
        answer(&tokens, &code.scopes)
    }

    /// Gives the next tokens. A refresh token is good once; for a time the answer can be had again.
    fn refresh(&mut self, token: &str, now: Timestamp) -> HttpAnswer {
        let fresh = self.secret(now);
        let is_meant = |grant: &Grant| {
            let current = grant.refresh_token == token && now < after(grant.issued, REFRESH_LIFE);
            let spent = grant.spent.as_ref();
            current || spent.is_some_and(|(spent, at)| spent == token && now < after(*at, GRACE))
        };
        let Some(grant) = self.grants.iter_mut().find(|grant| is_meant(grant)) else {
            return oauth_error(400, "invalid_grant");
        };
        if grant.refresh_token == token {
            grant.spent = Some((token.to_owned(), now));
            grant.refresh_token = fresh;
            grant.issued = now;
        }
        let (refresh_token, scopes) = (grant.refresh_token.clone(), grant.scopes.clone());
        let access_token = self.access_token(&scopes, now);
        answer(&Tokens { access_token, refresh_token }, &scopes)
    }

    fn access_token(&mut self, scopes: &str, now: Timestamp) -> String {
        self.tokens.retain(|_, access| now < access.until);
        let token = format!("eyJ{}", self.secret(now));
        let access = Access { until: after(now, ACCESS_LIFE), scopes: scopes.to_owned() };
        self.tokens.insert(token.clone(), access);
        token
    }

    fn secret(&mut self, now: Timestamp) -> String {
        self.given += 1;
        let text = format!("{} {now}", self.given);
        let first = chance::number(self.seed, &text);
        format!("{first:016x}{:016x}", chance::number(first, &text))
    }

    /// Ends every access token, as time would.
    pub(super) fn expire(&mut self) {
        self.tokens.clear();
    }

    /// Takes every consent back, as its owner can.
    pub(super) fn disconnect(&mut self) {
        self.tokens.clear();
        self.grants.clear();
    }
}

/// Whether an app of today can ask for this scope. The broad ones of before are refused.
fn is_granted(scope: &str) -> bool {
    let whole = scope.strip_suffix(".read").filter(|it| it.starts_with("accounting."));
    SCOPES.contains(&scope) || whole.is_some_and(|whole| SCOPES.contains(&whole))
}

/// What a verifier is announced by: its SHA-256, in the alphabet of addresses.
pub(super) fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

fn after(start: Timestamp, life: SignedDuration) -> Timestamp {
    start.checked_add(life).unwrap_or(Timestamp::MAX)
}

fn answer(tokens: &Tokens, scopes: &str) -> HttpAnswer {
    let mut body = json!({
        "access_token": tokens.access_token,
        "expires_in": ACCESS_LIFE.as_secs(),
        "token_type": "Bearer",
        "scope": scopes,
    });
    if !tokens.refresh_token.is_empty() {
        body["refresh_token"] = json!(tokens.refresh_token);
    }
    json_answer(200, &body)
}

fn oauth_error(status: u16, error: &str) -> HttpAnswer {
    json_answer(status, &json!({ "error": error }))
}

/// An answer with a JSON body.
pub(super) fn json_answer(status: u16, body: &Value) -> HttpAnswer {
    let headers = vec![("content-type".to_owned(), "application/json; charset=utf-8".to_owned())];
    HttpAnswer { status, headers, body: body.to_string().into_bytes() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7636, appendix B.
    #[test]
    fn a_verifier_is_announced_by_its_hash() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(challenge_of(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn broad_scopes_are_no_longer_given() {
        assert!(is_granted("accounting.invoices") && is_granted("accounting.invoices.read"));
        assert!(!is_granted("accounting.transactions") && !is_granted("accounting.reports.read"));
        assert!(!is_granted("openid.read") && !is_granted(""));
    }
}
