//! Requests over sockets: TLS to the world, plain HTTP to this machine only.

use super::carrier::{Credential, Download, is_there, lost, unwritable};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, Url};
use saldo_core::exchange::{Fault, HttpAnswer, HttpRequest, Method, Permit};
use std::error::Error;
use std::path::Path;
use std::sync::Once;
use std::time::Duration;
use tokio::io::{AsyncWriteExt, BufWriter};
use tracing::Instrument;
use url::Host;

/// How long opening a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// How long a request may take, from its start to the last byte of the answer.
const EXCHANGE_LIMIT: Duration = Duration::from_secs(120);
/// How long a download may take as a whole.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(6 * 3_600);
/// How long nothing may come.
const SILENCE_LIMIT: Duration = Duration::from_secs(120);
/// How large an answer may be that is held in memory, after decompression.
const ANSWER_LIMIT_BYTES: usize = 64 << 20;
/// How large a download may be, after decompression.
const DOWNLOAD_LIMIT_BYTES: u64 = 64 << 30;

/// Carries requests over sockets. Follows no redirects, repeats nothing, keeps connections open
/// between requests. Clones share their connections.
#[derive(Clone, Debug)]
pub(crate) struct HttpCarrier {
    /// To vendors: TLS only, through the proxy that the environment names, if any.
    world: Client,
    /// To this machine: never through a proxy, which would carry plain text away.
    loopback: Client,
    /// How large an answer may be, in bytes.
    answer_limit: usize,
    /// How large a download may be, in bytes.
    download_limit: u64,
}

impl HttpCarrier {
    /// Makes ready to connect, with the machine's own trusted certificates.
    ///
    /// # Errors
    /// A fault that permits nothing, where TLS cannot be set up.
    pub(crate) fn new() -> Result<Self, Fault> {
        install_tls_provider();
        let builder = || {
            Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .connect_timeout(CONNECT_LIMIT)
                .read_timeout(SILENCE_LIMIT)
                .timeout(EXCHANGE_LIMIT)
                .user_agent(concat!("saldo/", env!("CARGO_PKG_VERSION")))
        };
        let broken = |error: reqwest::Error| {
            Fault::new(Permit::Never, format!("TLS cannot be set up: {}", innermost(&error)))
        };
        Ok(Self {
            world: builder().https_only(true).build().map_err(broken)?,
            loopback: builder().no_proxy().build().map_err(broken)?,
            answer_limit: ANSWER_LIMIT_BYTES,
            download_limit: DOWNLOAD_LIMIT_BYTES,
        })
    }

    /// Sends a request once; see [`Carrier::send`](super::carrier::Carrier::send).
    pub(crate) async fn send(
        &self,
        request: &HttpRequest,
        credential: Option<&Credential>,
    ) -> Result<HttpAnswer, Fault> {
        let url = address(&request.url)?;
        let span = request_span(request.method, &url);
        let exchange = async {
            let headers = header_lines(request, credential)?;
            let builder = match request.method {
                Method::Get => self.client(&url).get(url),
                Method::Post => self.client(&url).post(url),
                Method::Put => self.client(&url).put(url),
            };
            let sent = builder.headers(headers).body(request.body.clone()).send().await;
            let response = sent.map_err(|error| not_answered(request.method, &error))?;
            tracing::debug!(status = response.status().as_u16(), "answered");
            read_answer(request.method, response, self.answer_limit).await
        };
        exchange.instrument(span).await
    }

    /// Fetches a large answer into a file; see
    /// [`Carrier::download`](super::carrier::Carrier::download). No access token is shown.
    pub(crate) async fn download(&self, url: &str, file: &Path) -> Result<Download, Fault> {
        let url = address(url)?;
        let span = request_span(Method::Get, &url);
        let fetch = async {
            let sent = self.client(&url).get(url).timeout(DOWNLOAD_LIMIT).send().await;
            let response = sent.map_err(|error| not_answered(Method::Get, &error))?;
            let retry_after = response.headers().get("retry-after");
            let retry_after = retry_after.and_then(|value| value.to_str().ok());
            if !is_there(response.status().as_u16(), retry_after)? {
                let refusal = read_answer(Method::Get, response, self.answer_limit).await?;
                return Ok(Download::Refused(refusal));
            }
            spool(response, file, self.download_limit).await?;
            Ok(Download::Whole)
        };
        fetch.instrument(span).await
    }

    fn client(&self, url: &Url) -> &Client {
        if url.scheme() == "http" { &self.loopback } else { &self.world }
    }
}

/// Sets the process's TLS provider to ring, once. Whoever set another before keeps it.
fn install_tls_provider() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        if rustls::crypto::ring::default_provider().install_default().is_err() {
            tracing::debug!("this process has a TLS provider already");
        }
    });
}

/// Reads an address that may be asked: TLS, or plain HTTP to this machine.
///
/// # Errors
/// A fault that permits nothing, where it may not be asked.
pub(crate) fn address(text: &str) -> Result<Url, Fault> {
    let refuse = |reason: String| Err(Fault::new(Permit::Never, reason));
    let Ok(url) = Url::parse(text) else {
        return refuse("the address of a request cannot be read".to_owned());
    };
    let at_home = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(url),
        "http" if at_home => Ok(url),
        "http" => refuse(format!(
            "{} would be asked without encryption, which only this machine may be: use https",
            url.host_str().unwrap_or("an address without a host")
        )),
        other => refuse(format!("addresses beginning with `{other}:` cannot be asked")),
    }
}

/// A span that names the request without its query, in which secrets can stand.
fn request_span(method: Method, url: &Url) -> tracing::Span {
    let host = url.host_str().unwrap_or_default();
    tracing::debug_span!("http", ?method, host, path = url.path())
}

fn header_lines(
    request: &HttpRequest,
    credential: Option<&Credential>,
) -> Result<HeaderMap, Fault> {
    let mut headers = HeaderMap::new();
    for (name, value) in &request.headers {
        headers.append(header_name(name)?, header_value(name, value)?);
    }
    if let Some(Credential { header, value }) = credential {
        let mut value = header_value(header, value.expose())?;
        value.set_sensitive(true);
        headers.insert(header_name(header)?, value);
    }
    Ok(headers)
}

fn header_name(name: &str) -> Result<HeaderName, Fault> {
    let broken = |_| Fault::new(Permit::Never, format!("`{name}` cannot be a header's name"));
    HeaderName::from_bytes(name.as_bytes()).map_err(broken)
}

fn header_value(name: &str, value: &str) -> Result<HeaderValue, Fault> {
    let broken =
        |_| Fault::new(Permit::Never, format!("the value of the header `{name}` cannot be sent"));
    HeaderValue::from_str(value).map_err(broken)
}

/// Reads the whole answer. An answer cut short is a lost one.
async fn read_answer(
    method: Method,
    mut response: Response,
    limit: usize,
) -> Result<HttpAnswer, Fault> {
    let status = response.status().as_u16();
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let headers = response.headers().iter().map(line).collect();
    let mut body = Vec::new();
    while let Some(chunk) =
        response.chunk().await.map_err(|error| lost(method, &innermost(&error)))?
    {
        if body.len() + chunk.len() > limit {
            return Err(too_large(method, limit));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(HttpAnswer { status, headers, body })
}

/// An answer that is too large will be so again; but what was asked for may have been done.
fn too_large(method: Method, limit: usize) -> Fault {
    let permits = match method {
        Method::Get => Permit::Never,
        Method::Post | Method::Put => Permit::InDoubt,
    };
    Fault::new(permits, format!("the answer has more than {limit} bytes"))
}

/// How much of a download is written at once: each write is a task for another thread.
const WRITE_BYTES: usize = 1 << 20;

/// Writes the answer's body into a file, piece by piece.
async fn spool(mut response: Response, path: &Path, limit: u64) -> Result<(), Fault> {
    let failed = |error: std::io::Error| unwritable(path, &error);
    let file = tokio::fs::File::create(path).await.map_err(failed)?;
    let mut file = BufWriter::with_capacity(WRITE_BYTES, file);
    let mut written: u64 = 0;
    while let Some(chunk) =
        response.chunk().await.map_err(|error| lost(Method::Get, &innermost(&error)))?
    {
        written = written.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if written > limit {
            let reason = format!("the download has more than {limit} bytes");
            return Err(Fault::new(Permit::Never, reason));
        }
        file.write_all(&chunk).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    file.into_inner().sync_all().await.map_err(failed)
}

/// The fault of a request that got no answer. A connection that was never opened carried nothing.
fn not_answered(method: Method, error: &reqwest::Error) -> Fault {
    let cause = innermost(error);
    if error.is_builder() {
        Fault::new(Permit::Never, format!("the request cannot be sent: {cause}"))
    } else if error.is_connect() {
        Fault::new(Permit::Retry, format!("the connection could not be opened: {cause}"))
    } else {
        lost(method, &cause)
    }
}

/// The innermost cause: the outer ones name the address, whose query can hold secrets.
fn innermost(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    if cause.is::<reqwest::Error>() {
        let what = if error.is_timeout() { "it took too long" } else { "the request failed" };
        return what.to_owned();
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use saldo_core::text::Secret;
    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    /// Sends to a listener that says these bytes to the first connection, once it has heard the
    /// request, and closes it.
    async fn against(
        said: &'static [u8],
        method: Method,
        carrier: &HttpCarrier,
    ) -> Result<HttpAnswer, Fault> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = [0; 4_096];
            assert!(stream.read(&mut heard).await.unwrap() > 0);
            stream.write_all(said).await.unwrap();
        });
        let answer = carrier.send(&HttpRequest { method, ..HttpRequest::get(url) }, None).await;
        server.await.unwrap();
        answer
    }

    #[tokio::test]
    async fn lost_answers_are_in_doubt_where_something_was_to_be_done() {
        let carrier = HttpCarrier { answer_limit: 10, ..HttpCarrier::new().unwrap() };
        for (said, reading, doing) in [
            (&b""[..], Permit::Retry, Permit::InDoubt),
            (b"HTTP/1.1 200 OK\r\nconte", Permit::Retry, Permit::InDoubt),
            (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc", Permit::Retry, Permit::InDoubt),
            (
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
                Permit::Retry,
                Permit::InDoubt,
            ),
            (
                b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n12345678901",
                Permit::Never,
                Permit::InDoubt,
            ),
        ] {
            let permits = |answer: Result<HttpAnswer, Fault>| answer.unwrap_err().permits;
            assert_eq!(permits(against(said, Method::Get, &carrier).await), reading);
            assert_eq!(permits(against(said, Method::Post, &carrier).await), doing);
            assert_eq!(permits(against(said, Method::Put, &carrier).await), doing);
        }
        let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n1234567890";
        assert_eq!(against(whole, Method::Post, &carrier).await.unwrap().body.len(), 10);
    }

    #[tokio::test]
    async fn redirects_are_answers() {
        let said = b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n";
        let carrier = HttpCarrier::new().unwrap();
        let answer = against(said, Method::Get, &carrier).await.unwrap();
        assert_eq!((answer.status, answer.header("location")), (302, Some("/")));
    }

    #[tokio::test]
    async fn silence_is_a_lost_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let builder = Client::builder().timeout(Duration::from_millis(50));
        let carrier = HttpCarrier::new().unwrap();
        let carrier = HttpCarrier { loopback: builder.build().unwrap(), ..carrier };
        let request = HttpRequest::post_json(url, Vec::new());
        let fault = carrier.send(&request, None).await.unwrap_err();
        assert_eq!(fault.permits, Permit::InDoubt);
    }

    #[tokio::test]
    async fn a_connection_that_cannot_be_opened_carried_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/?secret=1", listener.local_addr().unwrap());
        drop(listener);
        let carrier = HttpCarrier::new().unwrap();
        let fault = carrier.send(&HttpRequest::post_json(url, Vec::new()), None).await.unwrap_err();
        assert_eq!(fault.permits, Permit::Retry);
        assert!(!fault.message.contains("secret"), "{}", fault.message);
    }

    #[test]
    fn plain_text_stays_on_this_machine() {
        for (url, allowed) in [
            ("https://vendor.example/x", true),
            ("http://127.0.0.1:8080/x", true),
            ("http://127.8.9.10/", true),
            ("http://[::1]:1/", true),
            ("http://localhost:1/", true),
            ("http://LOCALHOST/", true),
            ("http://vendor.example/", false),
            ("http://10.0.0.1/", false),
            ("http://localhost.vendor.example/", false),
            ("http://127.0.0.1@vendor.example/", false),
            ("http://[::ffff:10.0.0.1]/", false),
            ("http://0.0.0.0/", false),
            ("ftp://127.0.0.1/", false),
            ("file:///etc/passwd", false),
            ("/x", false),
        ] {
            let permits = address(url).map(|_| ()).map_err(|fault| fault.permits);
            assert_eq!(permits, if allowed { Ok(()) } else { Err(Permit::Never) }, "{url}");
        }
    }

    #[test]
    fn a_credential_is_one_line_that_does_not_print() {
        let request = HttpRequest::get("https://vendor.example".to_owned());
        let shown = |value: &str| {
            let credential = Credential { header: "authorization", value: Secret::new(value) };
            header_lines(&request, Some(&credential))
        };
        let headers = shown("Bearer hunter2").unwrap();
        assert_eq!(headers["authorization"], "Bearer hunter2");
        assert!(!format!("{headers:?}").contains("hunter2"));
        let fault = shown("hunter2\r\nx: y").unwrap_err();
        assert!(!fault.message.contains("hunter2"));
    }
}
