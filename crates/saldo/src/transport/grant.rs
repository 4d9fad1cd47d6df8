//! The words of OAuth 2.0 (RFC 6749): requests for tokens, and what the answers mean.
//!
//! Written out, not by the crate oauth2: it takes an answer without `token_type` for broken, which
//! client-credentials vendors leave out, hides the lifetime of refresh tokens unless its response
//! types are all replaced, and brings a second calendar, two random-number crates and its own HTTP
//! types, to build forms of three fields.

use super::carrier::{Credential, is_passing, retry_permit};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use saldo_core::exchange::{Fault, HttpAnswer, HttpRequest, Permit};
use saldo_core::text::Secret;
use serde::Deserialize;
use std::time::Duration;
use url::form_urlencoded;

/// How long an access token is taken to live where the vendor does not say.
const LIFETIME_UNSAID: Duration = Duration::from_secs(3_600);
/// How much of a vendor's error code is shown, in characters.
const ERROR_CODE_LIMIT: usize = 64;

/// What a vendor gave.
#[derive(Debug)]
pub(super) struct Granted {
    /// The access token.
    pub(super) access: Secret,
    /// How long it lives from now.
    pub(super) lifetime: Duration,
    /// The refresh token to use from now on, where the grant has such.
    pub(super) refresh: Option<Secret>,
    /// How long that lives from now, where the vendor says.
    pub(super) refresh_lifetime: Option<Duration>,
}

/// Why a vendor gave nothing.
#[derive(Debug)]
pub(super) enum Refused {
    /// The code or refresh token is spent, revoked or unknown.
    InvalidGrant,
    /// Anything else of this vendor's answers: its status and error code.
    Otherwise(String),
}

/// A request for tokens: a form.
pub(super) fn token_request(address: &str, fields: &[(&str, &str)]) -> HttpRequest {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = HttpRequest::post_json(address.to_owned(), body.into_bytes());
    let headers = vec![("content-type".to_owned(), "application/x-www-form-urlencoded".to_owned())];
    HttpRequest { headers, authorised: false, ..request }.header("accept", "application/json")
}

/// The client's own credential by HTTP Basic. Id and secret go in as they are, as the vendors'
/// documents show it; the form encoding of RFC 6749, 2.3.1, changes none of their characters.
pub(super) fn basic(client_id: &Secret, client_secret: &Secret) -> Credential {
    let pair = format!("{}:{}", client_id.expose(), client_secret.expose());
    let value = Secret::new(format!("Basic {}", STANDARD.encode(pair)));
    Credential { header: "authorization", value }
}

/// The address to which the owner's browser goes to sign in.
///
/// # Errors
/// Where the vendor's address cannot be read.
pub(super) fn sign_in_address(address: &str, query: &[(&str, &str)]) -> Result<String, Fault> {
    let unreadable =
        |_| Fault::new(Permit::Never, format!("`{address}` is not an address to sign in at"));
    let mut url = url::Url::parse(address).map_err(unreadable)?;
    url.query_pairs_mut().extend_pairs(query);
    Ok(url.into())
}

/// What proves later that whoever turns a code into tokens is the one that began to sign in: the
/// hash of a text that nobody else knows (RFC 7636, 4.2, method S256).
pub(super) fn challenge(verifier: &str) -> String {
    let hash = ring::digest::digest(&ring::digest::SHA256, verifier.as_bytes());
    URL_SAFE_NO_PAD.encode(hash)
}

/// Reads the answer to a request for tokens.
///
/// # Errors
/// Where the vendor is in trouble, or says something that is no answer to such a request.
pub(super) fn read_answer(answer: &HttpAnswer) -> Result<Result<Granted, Refused>, Fault> {
    match answer.status {
        200 => read_granted(&answer.body).map(Ok),
        status if is_passing(status) => Err(Fault::new(
            retry_permit(answer.header("retry-after")),
            format!("the vendor gave no token and answered with status {status}"),
        )),
        status => Ok(Err(read_refused(status, &answer.body))),
    }
}

#[derive(Deserialize)]
struct GrantedBody {
    access_token: String,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
    x_refresh_token_expires_in: Option<u64>,
}

fn read_granted(body: &[u8]) -> Result<Granted, Fault> {
    // The cause is left out: it may cite the answer, and the answer holds tokens.
    // An answer that ends too early was cut on its way: the next one may be whole.
    let unreadable = |error: serde_json::Error| {
        let permits = if error.is_eof() { Permit::Retry } else { Permit::Never };
        let what =
            "the vendor answered 200 to a request for a token, but no token can be read in it";
        Fault::new(permits, what)
    };
    let read: GrantedBody = serde_json::from_slice(body).map_err(unreadable)?;
    Ok(Granted {
        access: Secret::new(read.access_token),
        lifetime: read.expires_in.map_or(LIFETIME_UNSAID, Duration::from_secs),
        refresh: read.refresh_token.map(Secret::new),
        refresh_lifetime: read.x_refresh_token_expires_in.map(Duration::from_secs),
    })
}

#[derive(Deserialize)]
struct RefusedBody {
    error: String,
}

fn read_refused(status: u16, body: &[u8]) -> Refused {
    let code = serde_json::from_slice(body).map(|RefusedBody { error }| error).ok();
    match code.as_deref() {
        Some("invalid_grant") => Refused::InvalidGrant,
        Some(code) => {
            let plain = |character: &char| character.is_ascii_alphanumeric() || *character == '_';
            let code: String = code.chars().filter(plain).take(ERROR_CODE_LIMIT).collect();
            Refused::Otherwise(format!("status {status}, {code}"))
        }
        None => Refused::Otherwise(format!("status {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> HttpAnswer {
        HttpAnswer { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    #[test]
    fn a_form_is_encoded() {
        let request = token_request("https://x/token", &[("a", "1 &=ü"), ("b", "-_.~")]);
        assert_eq!(String::from_utf8_lossy(&request.body), "a=1+%26%3D%C3%BC&b=-_.%7E");
        assert!(!request.authorised);
        assert_eq!(request.headers[0].1, "application/x-www-form-urlencoded");
        assert_eq!(request.headers[1], ("accept".to_owned(), "application/json".to_owned()));
    }

    #[test]
    fn the_basic_credential_is_that_of_the_rfc() {
        // RFC 7617, section 2.
        let credential = basic(&Secret::new("Aladdin"), &Secret::new("open sesame"));
        assert_eq!(credential.value.expose(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    }

    #[test]
    fn the_challenge_is_that_of_the_rfc() {
        // RFC 7636, appendix B.
        let challenge = challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn an_answer_without_token_type_or_lifetime_is_read() {
        let granted = read_answer(&answer(200, r#"{"access_token":"t"}"#)).unwrap().unwrap();
        assert_eq!(granted.access.expose(), "t");
        assert_eq!(granted.lifetime, LIFETIME_UNSAID);
        assert!(granted.refresh.is_none());
    }

    #[test]
    fn refusals_and_troubles_are_told_apart() {
        let refusal = |status, body| read_answer(&answer(status, body)).unwrap().unwrap_err();
        assert!(matches!(refusal(400, r#"{"error":"invalid_grant"}"#), Refused::InvalidGrant));
        let Refused::Otherwise(text) = refusal(401, r#"{"error":"invalid_client<b>"}"#) else {
            panic!("a wrong client is no wrong grant");
        };
        assert_eq!(text, "status 401, invalid_clientb");
        assert!(matches!(refusal(404, "<html>"), Refused::Otherwise(text) if text == "status 404"));
        let permits = |status, body| read_answer(&answer(status, body)).unwrap_err().permits;
        assert_eq!(permits(503, ""), Permit::Retry);
        assert_eq!(
            permits(200, ""),
            Permit::Retry,
            "an answer that was cut may be whole next time"
        );
        assert_eq!(permits(200, "<html>"), Permit::Never);
    }

    #[test]
    fn a_broken_answer_does_not_show_its_text() {
        let fault = read_answer(&answer(200, r#"{"access_token":"#)).unwrap_err();
        assert!(!fault.message.contains("access_token"));
    }
}
