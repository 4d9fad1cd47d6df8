//! Signing in with a browser: OAuth 2 with state, by a loopback address that is listened on, or by
//! an address that the person pastes.

use super::person::Person;
use crate::transport::carrier::Carrier;
use crate::transport::http::HttpCarrier;
use crate::transport::token::TokenKeeper;
use anyhow::{Context, bail};
use saldo_store::Key;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use url::{Host, Url};

/// Signs in and keeps the tokens; gives the number of the company that was chosen, where the vendor
/// says it.
///
/// # Errors
/// Where the person or the vendor refuses, or nobody answers.
pub(crate) async fn sign_in(
    keeper: &TokenKeeper,
    redirect_url: &str,
    person: &mut Person,
) -> anyhow::Result<Option<String>> {
    let (state, verifier) = (unguessable()?, unguessable()?);
    let url = keeper.authorise_url(&state, &verifier, redirect_url).await?;
    let answer = answer(redirect_url, &url, &state, person).await?;
    let carrier = Carrier::Http(HttpCarrier::new()?);
    keeper.exchange_code(&answer.code, &verifier, redirect_url, &carrier).await?;
    Ok(answer.realm)
}

/// A text that nobody can guess.
fn unguessable() -> anyhow::Result<String> {
    let bytes = Key::generate()?;
    Ok(bytes.expose().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What came back with the browser. A loopback address is listened on; the address of the page that
/// opens can be pasted in any case, as where the browser runs on another machine than Saldo.
async fn answer(
    redirect_url: &str,
    url: &str,
    state: &str,
    person: &mut Person,
) -> anyhow::Result<SignedIn> {
    let redirect = Url::parse(redirect_url).context("--redirect-url is not an address")?;
    let Some(here) = loopback(&redirect) else {
        person.show(&format!(
            "open this address in a browser and sign in:\n\n{url}\n\n\
             then paste the address of the page that opens:"
        ));
        let line = person.line().await.context("nothing was pasted: begin again")?;
        return pasted(&line, state);
    };
    let port = redirect.port_or_known_default().unwrap_or(80);
    let listener = TcpListener::bind((here, port)).await.with_context(|| {
        format!("port {port} of this machine cannot be listened on: name another by --redirect-url")
    })?;
    person.show(&format!(
        "open this address in a browser and sign in:\n\n{url}\n\n\
         where the browser runs on another machine, paste the address of the page that does not \
         open:"
    ));
    let listening = listen(&listener, &redirect, state);
    tokio::pin!(listening);
    loop {
        let line = tokio::select! {
            heard = &mut listening => return heard,
            line = person.line() => line,
        };
        match line.map(|line| pasted(&line, state)) {
            // Nobody can type here: the browser alone can answer.
            None => return listening.await,
            Some(Ok(answer)) => return Ok(answer),
            Some(Err(error)) => person.show(&format!("{error:#}; paste it again:")),
        }
    }
}

/// Where a loopback address is listened on; none for any other address, and for https, which only
/// the owner's own server can answer.
fn loopback(redirect: &Url) -> Option<IpAddr> {
    let here = match redirect.host()? {
        Host::Domain(name) => (name == "localhost").then_some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        Host::Ipv4(address) => address.is_loopback().then_some(IpAddr::V4(address)),
        Host::Ipv6(address) => address.is_loopback().then_some(IpAddr::V6(address)),
    };
    here.filter(|_| redirect.scheme() == "http")
}

fn pasted(line: &str, state: &str) -> anyhow::Result<SignedIn> {
    let url = Url::parse(line.trim()).context("what was pasted is not an address")?;
    match read_answer(&url, state)? {
        Some(answer) => Ok(answer),
        None => bail!("what was pasted does not belong to this sign-in: begin again"),
    }
}

/// How long whoever connects may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the first line of a request may be.
const REQUEST_LINE_BYTES: u64 = 16 * 1024;

/// Waits for the browser at a loopback address. What does not belong to this sign-in is told so,
/// and ends nothing.
async fn listen(listener: &TcpListener, redirect: &Url, state: &str) -> anyhow::Result<SignedIn> {
    loop {
        let (mut stream, _) = listener.accept().await.context("the browser cannot be heard")?;
        let mut request = String::new();
        let mut head = BufReader::new((&mut stream).take(REQUEST_LINE_BYTES));
        // Browsers open connections that they may never use.
        let read = tokio::time::timeout(PATIENCE, head.read_line(&mut request)).await;
        if !matches!(read, Ok(Ok(_))) {
            continue;
        }
        let target = request.split(' ').nth(1).unwrap_or_default();
        let url = redirect.join(target).ok().filter(|url| url.path() == redirect.path());
        let Some(url) = url else {
            reply(&mut stream, "404 Not Found", "Nothing is here.").await;
            continue;
        };
        match read_answer(&url, state) {
            Ok(Some(answer)) => {
                let text = "You are signed in. Go back to Saldo; this page can be closed.";
                reply(&mut stream, "200 OK", text).await;
                return Ok(answer);
            }
            Ok(None) => {
                let text = "This does not belong to the sign-in that Saldo waits for.";
                reply(&mut stream, "400 Bad Request", text).await;
            }
            Err(error) => {
                reply(&mut stream, "200 OK", "Nobody is signed in. Go back to Saldo.").await;
                return Err(error);
            }
        }
    }
}

/// Answers the browser. Where it went away, nothing is lost but the page.
async fn reply(stream: &mut TcpStream, status: &str, text: &str) {
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{text}",
        text.len()
    );
    let sent = stream.write_all(answer.as_bytes()).await;
    if let Err(error) = sent.and(stream.shutdown().await) {
        tracing::debug!(%error, "the browser did not wait for its page");
    }
}

#[derive(Debug, PartialEq, Eq)]
struct SignedIn {
    code: String,
    realm: Option<String>,
}

/// Reads the address that the browser was sent back to; none where its state is another's.
fn read_answer(url: &Url, state: &str) -> anyhow::Result<Option<SignedIn>> {
    let value = |name: &str| {
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    if value("state").as_deref() != Some(state) {
        return Ok(None);
    }
    if let Some(error) = value("error") {
        bail!("the sign-in was refused: {error}");
    }
    let code = value("code").context("the answer has no code")?;
    Ok(Some(SignedIn { code, realm: value("realmId") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_to_this_sign_in_counts() {
        let read = |query: &str| {
            let url = Url::parse(&format!("http://localhost/callback?{query}")).unwrap();
            read_answer(&url, "s1")
        };
        let good = |realm: Option<&str>| SignedIn {
            code: "c".to_owned(),
            realm: realm.map(str::to_owned),
        };
        assert_eq!(read("code=c&realmId=9&state=s1").unwrap(), Some(good(Some("9"))));
        assert_eq!(read("code=c&state=s1").unwrap(), Some(good(None)));
        assert_eq!(read("code=c&realmId=9&state=s2").unwrap(), None);
        assert_eq!(read("code=c&realmId=9").unwrap(), None);
        assert!(read("error=access_denied&state=s1").is_err());
    }

    #[tokio::test]
    async fn the_browser_is_heard_on_loopback_and_another_state_is_told_so() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let redirect = Url::parse(&format!("http://{address}/callback")).unwrap();
        let browser = async {
            let mut statuses = Vec::new();
            for target in ["/favicon.ico", "/callback?code=x&state=t", "/callback?code=c&state=s"] {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let request = format!("GET {target} HTTP/1.1\r\n\r\n");
                stream.write_all(request.as_bytes()).await.unwrap();
                let mut answer = String::new();
                BufReader::new(stream).read_line(&mut answer).await.unwrap();
                statuses.push(answer.split(' ').nth(1).unwrap().to_owned());
            }
            statuses
        };
        let (heard, statuses) = tokio::join!(listen(&listener, &redirect, "s"), browser);
        assert_eq!(heard.unwrap(), SignedIn { code: "c".to_owned(), realm: None });
        assert_eq!(statuses, ["404", "400", "200"]);
    }

    #[test]
    fn addresses_of_this_machine_alone_are_listened_on() {
        for (address, here) in [
            ("http://localhost:8765/callback", true),
            ("http://127.0.0.1/callback", true),
            ("http://[::1]:8765/callback", true),
            ("https://localhost/callback", false),
            ("https://books.example/callback", false),
            ("http://books.example/callback", false),
        ] {
            assert_eq!(loopback(&Url::parse(address).unwrap()).is_some(), here, "{address}");
        }
    }
}
