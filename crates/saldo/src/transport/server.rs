//! Simulated vendors behind real sockets on this machine, so that a demonstration goes the whole
//! way.
//!
//! By hyper, on which axum stands: a vendor that hangs up must close the connection without a word,
//! and axum's handlers cannot but answer.

use super::carrier::SharedVendor;
use super::clock::Clock;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::http::request::Parts;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use saldo_core::exchange::{HttpAnswer, HttpRequest, Method};
use saldo_sim::Reply;
use std::io;
use std::time::Duration;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How large a request may be, in bytes.
const REQUEST_LIMIT_BYTES: usize = 64 << 20;
/// How long to wait before the next try where no connection can be taken, for want of handles.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why a request gets no answer.
#[derive(Debug, Error)]
pub(super) enum HungUp {
    /// By a fault.
    #[error("the simulated vendor hangs up")]
    Lost,
    /// The vendor cannot answer any more.
    #[error("the simulated vendor has failed before")]
    Broken,
    /// The request broke off, or is too long.
    #[error("the request was not heard to its end: {0}")]
    Unheard(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is none of HTTP.
    #[error("the answer cannot be sent: {0}")]
    Unsayable(#[from] hyper::http::Error),
}

/// Lets a simulated vendor answer whoever connects, until the future is dropped; open connections
/// end with it. The vendor's time is the one that passes, whatever the clock was set to.
///
/// # Errors
/// Where the listener is broken.
pub(crate) async fn serve(
    vendor: SharedVendor,
    clock: Clock,
    listener: TcpListener,
) -> io::Result<()> {
    listener.local_addr()?;
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(connection(stream, SharedVendor::clone(&vendor), clock.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection to a simulated vendor could not be taken");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Answers the requests of one connection.
async fn connection(stream: TcpStream, vendor: SharedVendor, clock: Clock) {
    let service = service_fn(|request| answer(request, &vendor, &clock));
    // A vendor says its own time.
    let mut builder = http1::Builder::new();
    builder.auto_date_header(false);
    let served = builder.serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection to a simulated vendor ended");
    }
}

async fn answer(
    request: Request<Incoming>,
    vendor: &SharedVendor,
    clock: &Clock,
) -> Result<Response<Full<Bytes>>, HungUp> {
    let method = match request.method().as_str() {
        "GET" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        _ => return status(StatusCode::METHOD_NOT_ALLOWED),
    };
    let heard = hear(request, method, "http", REQUEST_LIMIT_BYTES).await?;
    let reply = {
        let mut vendor = vendor.lock().map_err(|_| HungUp::Broken)?;
        let reply = vendor.answer(&heard, clock.elsewhere());
        if let Some(jump) = vendor.clock_jump() {
            clock.jump(jump);
        }
        reply
    };
    match reply {
        Reply::Answer(answer) => say(answer),
        Reply::Lost => Err(HungUp::Lost),
    }
}

/// Reads a request whole, up to so many bytes; it came by `http` or `https`.
async fn hear(
    request: Request<Incoming>,
    method: Method,
    scheme: &str,
    limit: usize,
) -> Result<HttpRequest, HungUp> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, limit).collect().await.map_err(HungUp::Unheard)?;
    Ok(HttpRequest { body: body.to_bytes().to_vec(), ..head(&parts, method, scheme) })
}

/// All of a request but its body.
pub(super) fn head(parts: &Parts, method: Method, scheme: &str) -> HttpRequest {
    let line = |(name, value): (&hyper::header::HeaderName, &hyper::header::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let headers: Vec<_> = parts.headers.iter().map(line).collect();
    let host = headers.iter().find(|(name, _)| name == "host").map(|(_, host)| host.as_str());
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let url = format!("{scheme}://{}{path}", host.unwrap_or("localhost"));
    let authorised = parts.headers.contains_key("authorization");
    HttpRequest { method, url, headers, body: Vec::new(), authorised }
}

/// Writes an answer.
pub(super) fn say(answer: HttpAnswer) -> Result<Response<Full<Bytes>>, HungUp> {
    let mut response = Response::builder().status(answer.status);
    // The length is written by the connection itself.
    for (name, value) in answer.headers.iter().filter(|(name, _)| name != "content-length") {
        response = response.header(name, value);
    }
    Ok(response.body(Full::from(answer.body))?)
}

fn status(status: StatusCode) -> Result<Response<Full<Bytes>>, HungUp> {
    Ok(Response::builder().status(status).body(Full::default())?)
}

#[cfg(test)]
mod tests {
    use super::super::carrier::Carrier;
    use super::super::http::HttpCarrier;
    use super::super::testing::{header, reply, vendor};
    use super::*;
    use jiff::Timestamp;
    use saldo_core::exchange::{Fault, Permit};
    use std::sync::{Arc, Mutex};

    /// A served vendor: its address, and the task to abort at the end.
    struct Served {
        address: String,
        server: tokio::task::JoinHandle<io::Result<()>>,
    }

    impl Drop for Served {
        fn drop(&mut self) {
            self.server.abort();
        }
    }

    async fn served(
        answers: impl FnMut(&HttpRequest, Timestamp) -> Reply + Send + 'static,
    ) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let clock = Clock::simulated(Timestamp::UNIX_EPOCH);
        Served { address, server: tokio::spawn(serve(vendor(answers), clock, listener)) }
    }

    async fn send(request: &HttpRequest) -> Result<HttpAnswer, Fault> {
        Carrier::Http(HttpCarrier::new().unwrap()).send(request, None).await
    }

    #[tokio::test]
    async fn a_request_arrives_as_it_was_sent_and_so_does_the_answer() {
        let heard: Arc<Mutex<Vec<(HttpRequest, Timestamp)>>> = Arc::default();
        let notes = Arc::clone(&heard);
        let served = served(move |request, now| {
            notes.lock().unwrap().push((request.clone(), now));
            let headers = vec![("x-limit".to_owned(), "1/40".to_owned())];
            Reply::Answer(HttpAnswer { status: 418, headers, body: vec![0, 255] })
        })
        .await;
        let url = format!("{}/a/b.json?x=1&y=%20", served.address);
        let large = vec![b'x'; 5 << 20];
        let request = HttpRequest::post_json(url.clone(), large).header("X-Mark", "7");
        let answer = send(&request).await.unwrap();
        assert_eq!((answer.status, answer.header("x-limit")), (418, Some("1/40")));
        assert_eq!(answer.body, [0, 255]);
        let heard = heard.lock().unwrap();
        let (arrived, now) = &heard[0];
        assert_eq!((arrived.method, &arrived.url), (Method::Post, &url));
        assert_eq!(arrived.body, request.body);
        assert_eq!(header(arrived, "x-mark"), "7");
        assert_eq!(*now, Timestamp::UNIX_EPOCH);
    }

    #[tokio::test]
    async fn a_vendor_that_hangs_up_leaves_what_was_to_be_done_in_doubt() {
        let served = served(|request, _| match request.url.ends_with("/lost") {
            true => Reply::Lost,
            false => reply(200, "here"),
        })
        .await;
        let url = format!("{}/lost", served.address);
        let doing = send(&HttpRequest::post_json(url.clone(), b"{}".to_vec())).await.unwrap_err();
        assert_eq!(doing.permits, Permit::InDoubt);
        let reading = send(&HttpRequest::get(url)).await.unwrap_err();
        assert_eq!(reading.permits, Permit::Retry);
        let next = send(&HttpRequest::get(format!("{}/", served.address))).await.unwrap();
        assert_eq!(next.body, b"here");
    }

    #[tokio::test]
    async fn connections_end_with_the_server() {
        let served = served(|_, _| reply(200, "here")).await;
        let carrier = Carrier::Http(HttpCarrier::new().unwrap());
        let request = HttpRequest::get(served.address.clone());
        carrier.send(&request, None).await.unwrap();
        drop(served);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(carrier.send(&request, None).await.is_err());
    }
}
