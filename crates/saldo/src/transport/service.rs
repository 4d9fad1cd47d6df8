//! A service that others call: HTTP over TLS, or in plain text to this machine alone.
//!
//! By hyper, as `server`: there are no routes, and one handler answers all requests. It hears the
//! body of one piece by piece, or whole up to a size that it names.

use super::server::{HungUp, head, say};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use saldo_core::exchange::{HttpAnswer, HttpRequest, Method};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// How many connections are open at once; others wait.
const CONNECTIONS_MAX: usize = 32;
/// How long a caller may take to prove who it speaks to.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(20);
/// How long a caller may take for the lines before a request's body, idle time included.
const HEAD_LIMIT: Duration = Duration::from_secs(120);
/// How long a caller may take for the body of a request that is heard whole.
const BODY_LIMIT: Duration = Duration::from_secs(120);
/// How long a caller may take for the next piece of a body.
const PIECE_LIMIT: Duration = Duration::from_secs(60);
/// How long to wait before the next try where no connection can be taken, for want of handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How long requests that are being answered may take when the service stops.
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// An answer that is being worked out.
pub(crate) type Answering = Pin<Box<dyn Future<Output = HttpAnswer> + Send>>;

/// Answers a request.
pub(crate) type Handler = Arc<dyn Fn(Coming) -> Answering + Send + Sync>;

/// Why the body of a request is not heard to its end.
#[derive(Debug, Error)]
pub(crate) enum Cut {
    /// The connection ended.
    #[error("it broke off: {0}")]
    Off(#[from] hyper::Error),
    /// It takes too long.
    #[error("nothing comes of it any more")]
    Slow(#[from] tokio::time::error::Elapsed),
    /// All of it takes too long.
    #[error("it takes longer than a call may")]
    Late,
}

/// A request whose body is still on its way.
pub(crate) struct Coming {
    /// All but the body.
    pub(crate) head: HttpRequest,
    body: UnsyncBoxBody<Bytes, Cut>,
}

impl Coming {
    /// The next piece of the body; none at its end.
    ///
    /// # Errors
    /// Where it breaks off, or nothing comes for too long.
    pub(crate) async fn piece(&mut self) -> Result<Option<Bytes>, Cut> {
        loop {
            let frame = tokio::time::timeout(PIECE_LIMIT, self.body.frame()).await?;
            let Some(frame) = frame.transpose()? else { return Ok(None) };
            // Trailers say nothing here.
            if let Ok(piece) = frame.into_data() {
                return Ok(Some(piece));
            }
        }
    }

    /// The request with its body, up to so many bytes.
    ///
    /// # Errors
    /// Where it is larger, breaks off or takes too long: what it is answered.
    pub(crate) async fn whole(mut self, limit: usize) -> Result<HttpRequest, HttpAnswer> {
        let mut body = Vec::new();
        let heard = tokio::time::timeout(BODY_LIMIT, async {
            while let Some(piece) = self.piece().await.map_err(|_| 400_u16)? {
                if body.len() + piece.len() > limit {
                    return Err(413);
                }
                body.extend_from_slice(&piece);
            }
            Ok(())
        });
        match heard.await.unwrap_or(Err(408)) {
            Ok(()) => Ok(HttpRequest { body, ..self.head }),
            Err(status) => Err(HttpAnswer { status, headers: Vec::new(), body: Vec::new() }),
        }
    }
}

impl From<HttpRequest> for Coming {
    /// A request that is there.
    fn from(request: HttpRequest) -> Self {
        let body = Full::from(request.body).map_err(|never| match never {}).boxed_unsync();
        Self { head: HttpRequest { body: Vec::new(), ..request }, body }
    }
}

/// Why a service cannot be set up.
#[derive(Debug, Error)]
pub(crate) enum ServiceError {
    /// Whoever listens could read what passes.
    #[error(
        "plain HTTP is spoken to this machine alone: give a certificate and its key for {0}, or \
         listen on 127.0.0.1"
    )]
    PlainToWorld(SocketAddr),
    /// The address cannot be had.
    #[error("{0} cannot be listened on: {1}")]
    Address(SocketAddr, #[source] io::Error),
    /// A file of the certificate or its key.
    #[error("{0} cannot be used: {1}")]
    File(String, String),
}

/// A service at its address.
pub(crate) struct Service {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
}

impl Service {
    /// Listens at an address: by TLS with a certificate, or in plain text on loopback.
    pub(crate) async fn listen(
        address: SocketAddr,
        certificate: Option<(&Path, &Path)>,
    ) -> Result<Self, ServiceError> {
        if certificate.is_none() && !address.ip().is_loopback() {
            return Err(ServiceError::PlainToWorld(address));
        }
        let tls = certificate.map(|(chain, key)| acceptor(chain, key)).transpose()?;
        let listener = TcpListener::bind(address).await;
        let listener = listener.map_err(|error| ServiceError::Address(address, error))?;
        Ok(Self { listener, tls })
    }

    /// Where it listens: the port that was chosen, where none was named.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers whoever calls, until it is stopped; what is being answered then is answered first.
    pub(crate) async fn run(self, handler: Handler, stopped: impl Future<Output = ()>) {
        let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        let closing = GracefulShutdown::new();
        tokio::pin!(stopped);
        loop {
            let next = async {
                let permit = Arc::clone(&room).acquire_owned().await;
                (permit, self.listener.accept().await)
            };
            let (permit, accepted) = tokio::select! {
                next = next => next,
                () = &mut stopped => break,
            };
            match accepted {
                Ok((stream, from)) => {
                    let (tls, handler) = (self.tls.clone(), Arc::clone(&handler));
                    let watcher = closing.watcher();
                    tokio::spawn(async move {
                        if let Err(error) = connection(stream, tls, handler, watcher).await {
                            tracing::debug!(%from, %error, "a connection ended");
                        }
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be taken");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
        drop(self.listener);
        if tokio::time::timeout(STOP_LIMIT, closing.shutdown()).await.is_err() {
            tracing::warn!("a request was not answered before the service stopped");
        }
    }
}

/// Answers the requests of one connection.
async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    handler: Handler,
    watcher: hyper_util::server::graceful::Watcher,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let scheme = if tls.is_some() { "https" } else { "http" };
    let service = service_fn(|request| answer(request, scheme, &handler));
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_LIMIT);
    match tls {
        None => {
            watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await?;
        }
        Some(tls) => {
            let stream = tokio::time::timeout(HANDSHAKE_LIMIT, tls.accept(stream)).await??;
            watcher.watch(http.serve_connection(TokioIo::new(stream), service)).await?;
        }
    }
    Ok(())
}

async fn answer(
    request: Request<Incoming>,
    scheme: &str,
    handler: &Handler,
) -> Result<Response<http_body_util::Full<Bytes>>, HungUp> {
    let method = match request.method().as_str() {
        "GET" | "HEAD" => Method::Get,
        "POST" => Method::Post,
        _ => return say(HttpAnswer { status: 405, headers: Vec::new(), body: Vec::new() }),
    };
    let (parts, body) = request.into_parts();
    let body = body.map_err(Cut::Off).boxed_unsync();
    say(handler(Coming { head: head(&parts, method, scheme), body }).await)
}

/// Whether TLS can be spoken with this certificate and its key.
///
/// # Errors
/// Where one of the files cannot be used.
pub(crate) fn check(chain: &Path, key: &Path) -> Result<(), ServiceError> {
    acceptor(chain, key).map(|_| ())
}

/// What speaks TLS with this certificate: the chain and the key as PEM files.
fn acceptor(chain: &Path, key: &Path) -> Result<TlsAcceptor, ServiceError> {
    let unusable = |path: &Path, reason: &dyn std::fmt::Display| {
        ServiceError::File(path.display().to_string(), reason.to_string())
    };
    let certificates = CertificateDer::pem_file_iter(chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unusable(chain, &error))?;
    if certificates.is_empty() {
        return Err(unusable(chain, &"there is no certificate in it"));
    }
    let private = PrivateKeyDer::from_pem_file(key).map_err(|error| unusable(key, &error))?;
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|it| it.with_no_client_auth().with_single_cert(certificates, private))
        .map_err(|error| unusable(key, &error))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_rustls::TlsConnector;
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};

    /// A certificate for `localhost` that vouches for itself, made for these tests.
    const CHAIN: &str = "\
-----BEGIN CERTIFICATE-----
MIIBlzCCAT6gAwIBAgIUGNAkgJRIw6V3gegbOTE1IXK8tJswCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzA1NTA1NloYDzIxMjYxMDMw
MDU1MDU2WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARzIK/W1yhpJ3nkM8Nkx6jid4bsPRnd2rHSokH2V25n4xORpjV/AFHl
Qt9KvUaui7YsOJs0yN5GFvbxKp6jQySvo2wwajAdBgNVHQ4EFgQUBOmnYfcn/Hc3
gosbccN0n02AhfowHwYDVR0jBBgwFoAUBOmnYfcn/Hc3gosbccN0n02AhfowGgYD
VR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMAwGA1UdEwEB/wQCMAAwCgYIKoZIzj0E
AwIDRwAwRAIgaDvvf2cKhEDqRqnec3Y5C+cnJl1VR9PKtB2rlEH85qUCIAtYPoPW
8BzgwgZJB/EWfGkABgVDMDXqTs2yDDPvC4KC
-----END CERTIFICATE-----
";
    /// Its key, which opens nothing else.
    const KEY: &str = "\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgZQWZxbsS0ke6H8h2
+Z+a/5hl4iIN1erbX9ufODm8NKuhRANCAARzIK/W1yhpJ3nkM8Nkx6jid4bsPRnd
2rHSokH2V25n4xORpjV/AFHlQt9KvUaui7YsOJs0yN5GFvbxKp6jQySv
-----END PRIVATE KEY-----
";

    /// Answers with the address that was called.
    fn echo() -> Handler {
        Arc::new(|request: Coming| -> Answering {
            let body = request.head.url.into_bytes();
            Box::pin(async { HttpAnswer { status: 200, headers: Vec::new(), body } })
        })
    }

    fn files(folder: &Path) -> (PathBuf, PathBuf) {
        let (chain, key) = (folder.join("chain.pem"), folder.join("key.pem"));
        std::fs::write(&chain, CHAIN).unwrap();
        std::fs::write(&key, KEY).unwrap();
        (chain, key)
    }

    fn any_port() -> SocketAddr {
        "127.0.0.1:0".parse().unwrap()
    }

    async fn ask(mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin) -> io::Result<String> {
        let request = "GET /a?b=1 HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }

    #[tokio::test]
    async fn with_a_certificate_tls_is_spoken_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = files(folder.path());
        let service = Service::listen(any_port(), Some((&chain, &key))).await.unwrap();
        let address = service.address().unwrap();
        let served = tokio::spawn(service.run(echo(), std::future::pending()));
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(CHAIN.as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(address).await.unwrap();
        let name = "localhost".try_into().unwrap();
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        let answer = ask(stream).await.unwrap();
        assert!(answer.ends_with("https://localhost/a?b=1"), "{answer}");
        let plain = ask(TcpStream::connect(address).await.unwrap()).await.unwrap_or_default();
        assert!(!plain.contains("HTTP/1.1"), "{plain}");
        served.abort();
    }

    #[tokio::test]
    async fn without_one_only_this_machine_is_spoken_to() {
        for world in ["0.0.0.0:0", "[::]:0", "192.0.2.7:80"] {
            let refused = Service::listen(world.parse().unwrap(), None).await.err().unwrap();
            assert!(matches!(refused, ServiceError::PlainToWorld(_)), "{refused}");
        }
        let service = Service::listen(any_port(), None).await.unwrap();
        let address = service.address().unwrap();
        let served = tokio::spawn(service.run(echo(), std::future::pending()));
        let answer = ask(TcpStream::connect(address).await.unwrap()).await.unwrap();
        assert!(answer.ends_with("http://localhost/a?b=1"), "{answer}");
        let taken = Service::listen(address, None).await.err().unwrap();
        assert!(matches!(taken, ServiceError::Address(..)), "{taken}");
        served.abort();
    }

    #[tokio::test]
    async fn files_that_are_no_certificate_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let (chain, key) = files(folder.path());
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "").unwrap();
        let missing = folder.path().join("missing.pem");
        for (chain, key, named) in [
            (&empty, &key, "empty.pem"),
            (&missing, &key, "missing.pem"),
            (&chain, &empty, "empty.pem"),
            (&chain, &chain, "chain.pem"),
        ] {
            let refused = Service::listen(any_port(), Some((chain, key))).await.err().unwrap();
            assert_eq!(check(chain, key).unwrap_err().to_string(), refused.to_string());
            assert!(refused.to_string().contains(named), "{refused}");
        }
    }
}
