//! Signing in with a browser: OAuth 2 with state, by a loopback address that is listened on, or by
//! an address that the person pastes.

use super::Output;
use super::connect::Office;
use crate::transport::carrier::Carrier;
use crate::transport::clock::Clock;
use crate::transport::http::HttpCarrier;
use crate::transport::token::TokenKeeper;
use anyhow::{Context, bail};
use saldo_books::book;
use saldo_store::{Connection, Key};
use std::io::BufRead;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use url::{Host, Url};

/// What keeps the tokens of a connection.
pub(crate) fn keeper(office: &Office, connection: &Connection) -> anyhow::Result<TokenKeeper> {
    let book = book(&connection.adapter).context("this version has no such book")?;
    let authorisation = book.description().authorisation.clone().context("nobody signs in here")?;
    let mut addresses = book.addresses(&connection.settings).map_err(anyhow::Error::msg)?;
    addresses.0.extend(connection.addresses.0.clone());
    let secrets = office.secrets(&connection.id);
    Ok(TokenKeeper::new(authorisation, addresses, secrets, Clock::real()))
}

/// Signs in and keeps the tokens; gives the number of the company that was chosen, where the vendor
/// says it.
pub(crate) async fn sign_in(
    office: &Office,
    connection: &Connection,
    redirect_url: &str,
    output: &Output,
) -> anyhow::Result<Option<String>> {
    let keeper = keeper(office, connection)?;
    let (state, verifier) = (unguessable()?, unguessable()?);
    let url = keeper.authorise_url(&state, &verifier, redirect_url).await?;
    let back = answer(redirect_url, &url, output).await?;
    let answer = read_answer(&back, &state)?;
    let carrier = Carrier::Http(HttpCarrier::new()?);
    keeper.exchange_code(&answer.code, &verifier, redirect_url, &carrier).await?;
    Ok(answer.realm)
}

/// A text that nobody can guess.
fn unguessable() -> anyhow::Result<String> {
    let bytes = Key::generate()?;
    Ok(bytes.expose().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The address that the browser was sent back to.
async fn answer(redirect_url: &str, url: &str, output: &Output) -> anyhow::Result<Url> {
    let redirect = Url::parse(redirect_url).context("--redirect-url is not an address")?;
    let loopback = match redirect.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if loopback && redirect.scheme() == "http" {
        let port = redirect.port_or_known_default().unwrap_or(80);
        let listener = TcpListener::bind(("127.0.0.1", port))
            .await
            .with_context(|| format!("port {port} of this machine cannot be listened on"))?;
        output.note(&format!("open this address in a browser and sign in:\n\n{url}\n"));
        return listen(&listener, &redirect).await;
    }
    output.note(&format!(
        "open this address in a browser and sign in:\n\n{url}\n\n\
         then paste the address of the page that opens:"
    ));
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("nothing could be read")?;
    Url::parse(line.trim()).context("what was pasted is not an address")
}

/// Waits for the browser at a loopback address.
async fn listen(listener: &TcpListener, redirect: &Url) -> anyhow::Result<Url> {
    loop {
        let (mut stream, _) = listener.accept().await.context("the browser cannot be heard")?;
        let mut request = String::new();
        BufReader::new(&mut stream).read_line(&mut request).await?;
        let target = request.split(' ').nth(1).unwrap_or_default();
        let url = redirect.join(target).ok().filter(|url| url.path() == redirect.path());
        let (status, text) = match &url {
            Some(_) => ("200 OK", "Saldo is connected. This page can be closed."),
            None => ("404 Not Found", "Nothing is here."),
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{text}",
            text.len()
        );
        stream.write_all(answer.as_bytes()).await?;
        stream.shutdown().await?;
        if let Some(url) = url {
            return Ok(url);
        }
    }
}

struct SignedIn {
    code: String,
    realm: Option<String>,
}

/// Reads the address that the browser was sent back to; another state is another's sign-in.
fn read_answer(url: &Url, state: &str) -> anyhow::Result<SignedIn> {
    let value = |name: &str| {
        url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    if value("state").as_deref() != Some(state) {
        bail!("the answer does not belong to this sign-in: begin again");
    }
    if let Some(error) = value("error") {
        bail!("the sign-in was refused: {error}");
    }
    let code = value("code").context("the answer has no code")?;
    Ok(SignedIn { code, realm: value("realmId") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_to_this_sign_in_counts() {
        let read = |query: &str| {
            let url = Url::parse(&format!("http://localhost/callback?{query}")).unwrap();
            read_answer(&url, "s1").map(|answer| (answer.code, answer.realm)).ok()
        };
        let good = |realm: Option<&str>| Some(("c".to_owned(), realm.map(str::to_owned)));
        assert_eq!(read("code=c&realmId=9&state=s1"), good(Some("9")));
        assert_eq!(read("code=c&state=s1"), good(None));
        assert_eq!(read("code=c&realmId=9&state=s2"), None);
        assert_eq!(read("code=c&realmId=9"), None);
        assert_eq!(read("error=access_denied&state=s1"), None);
    }

    #[tokio::test]
    async fn the_browser_is_heard_on_loopback() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let redirect = Url::parse(&format!("http://{address}/callback")).unwrap();
        let browser = async {
            for target in ["/favicon.ico", "/callback?code=c&state=s"] {
                let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
                let request = format!("GET {target} HTTP/1.1\r\n\r\n");
                stream.write_all(request.as_bytes()).await.unwrap();
                let mut answer = String::new();
                BufReader::new(stream).read_line(&mut answer).await.unwrap();
            }
        };
        let (heard, ()) = tokio::join!(listen(&listener, &redirect), browser);
        assert_eq!(heard.unwrap().query(), Some("code=c&state=s"));
    }
}
