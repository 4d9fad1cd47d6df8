//! Who carries a single request to the vendor: sockets, or a simulated vendor in this process.
//! Authorisation, limits and spooling stand above and are the same for both.

use super::clock::Clock;
use super::http::HttpCarrier;
use super::mailbox::{Mailbox, not_calling};
use saldo_core::exchange::{
    Fault, HttpAnswer, HttpRequest, MessageAnswer, MessageAsk, Method, Permit,
};
use saldo_core::text::Secret;
use saldo_sim::{Reply, Vendor};
use std::path::Path;
use std::sync::{Arc, Mutex};

/// The header that shows who asks. It stands beside the request, since requests can be printed.
#[derive(Clone, Debug)]
pub(crate) struct Credential {
    /// The header's name, in lower case.
    pub(crate) header: &'static str,
    /// The header's whole value.
    pub(crate) value: Secret,
}

/// A simulated vendor, shared between those who ask it.
pub(crate) type SharedVendor = Arc<Mutex<Box<dyn Vendor>>>;

/// The way to the vendor.
#[derive(Clone)]
pub(crate) enum Carrier {
    /// Over sockets.
    Http(HttpCarrier),
    /// In this process.
    Sim(SimCarrier),
    /// To a vendor that is calling just now.
    Called(Mailbox),
}

impl Carrier {
    /// Sends a request once and brings back the answer, whatever its status.
    ///
    /// # Errors
    /// Where no whole answer came; the fault says whether the request may have taken effect.
    pub(crate) async fn send(
        &self,
        request: &HttpRequest,
        credential: Option<&Credential>,
    ) -> Result<HttpAnswer, Fault> {
        match self {
            Self::Http(carrier) => carrier.send(request, credential).await,
            Self::Sim(carrier) => carrier.send(request, credential),
            Self::Called(_) => Err(takes_messages_alone()),
        }
    }

    /// Lays a message ready for a vendor that makes the calls, and brings back what it answered.
    ///
    /// # Errors
    /// Where the vendor does not call, or no whole answer came; the fault says whether the message
    /// may have taken effect.
    pub(crate) async fn message(&self, message: &MessageAsk) -> Result<MessageAnswer, Fault> {
        match self {
            Self::Http(_) => Err(not_calling()),
            Self::Sim(carrier) => carrier.message(message),
            Self::Called(mailbox) => mailbox.exchange(message).await,
        }
    }

    /// Fetches a large answer into a file, which is replaced and is whole and on disk afterwards.
    ///
    /// # Errors
    /// Where no whole answer came, the trouble passes, or the file cannot be written.
    pub(crate) async fn download(&self, url: &str, file: &Path) -> Result<Download, Fault> {
        match self {
            Self::Http(carrier) => carrier.download(url, file).await,
            Self::Sim(carrier) => carrier.download(url, file).await,
            Self::Called(_) => Err(takes_messages_alone()),
        }
    }
}

/// The fault of a request to a vendor that makes the calls itself.
fn takes_messages_alone() -> Fault {
    Fault::new(Permit::Never, "this vendor makes the calls, and takes messages alone")
}

/// What came of a download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Download {
    /// It is in its file.
    Whole,
    /// The server has no such thing, or no longer: asking again is of no use.
    Refused(HttpAnswer),
}

/// Carries requests to a simulated vendor in this process.
#[derive(Clone)]
pub(crate) struct SimCarrier {
    /// The vendor.
    pub(crate) vendor: SharedVendor,
    /// The clock by which it answers.
    pub(crate) clock: Clock,
}

impl SimCarrier {
    fn send(
        &self,
        request: &HttpRequest,
        credential: Option<&Credential>,
    ) -> Result<HttpAnswer, Fault> {
        let mut shown = request.clone();
        if let Some(credential) = credential {
            shown = shown.header(credential.header, credential.value.expose());
        }
        let broken = |_| Fault::new(Permit::Never, "the simulated vendor has failed before");
        let mut vendor = self.vendor.lock().map_err(broken)?;
        let reply = vendor.answer(&shown, self.clock.elsewhere());
        if let Some(jump) = vendor.clock_jump() {
            self.clock.jump(jump);
        }
        match reply {
            Reply::Answer(answer) => Ok(answer),
            Reply::Lost => Err(lost(request.method, "the simulated vendor hung up")),
        }
    }

    /// A simulated vendor's program hears the message as the body of a request, and says its own
    /// failures in a header.
    fn message(&self, message: &MessageAsk) -> Result<MessageAnswer, Fault> {
        let request = HttpRequest {
            method: Method::Post,
            url: "message:".to_owned(),
            headers: Vec::new(),
            body: message.body.clone(),
            authorised: false,
        };
        let answer = self.send(&request, None)?;
        Ok(match answer.header("failure") {
            None => MessageAnswer::Whole(answer.body),
            Some(code) => {
                let message = String::from_utf8_lossy(&answer.body).into_owned();
                MessageAnswer::Failed { code: code.to_owned(), message }
            }
        })
    }

    async fn download(&self, url: &str, file: &Path) -> Result<Download, Fault> {
        let request = HttpRequest { authorised: false, ..HttpRequest::get(url.to_owned()) };
        let answer = self.send(&request, None)?;
        if !is_there(answer.status, answer.header("retry-after"))? {
            return Ok(Download::Refused(answer));
        }
        tokio::fs::write(file, answer.body).await.map_err(|error| unwritable(file, &error))?;
        Ok(Download::Whole)
    }
}

/// The fault of a request whose answer was lost on the way: reading again is harmless, but what was
/// to be done may have been done.
pub(super) fn lost(method: Method, cause: &str) -> Fault {
    match method {
        Method::Get => Fault::new(Permit::Retry, format!("the answer was lost: {cause}")),
        Method::Post | Method::Put => Fault::new(
            Permit::InDoubt,
            format!("the answer was lost, the request may have taken effect: {cause}"),
        ),
    }
}

/// The fault of a file that cannot be written: perhaps there is room again later.
pub(super) fn unwritable(file: &Path, error: &std::io::Error) -> Fault {
    Fault::new(Permit::Retry, format!("{} cannot be written: {error}", file.display()))
}

/// Whether a download with this status is the thing that was asked for, or a refusal for good.
///
/// # Errors
/// Where the trouble passes: ask again.
pub(super) fn is_there(status: u16, retry_after: Option<&str>) -> Result<bool, Fault> {
    if is_passing(status) {
        let message = format!("the download answered with status {status}");
        return Err(Fault::new(retry_permit(retry_after), message));
    }
    Ok(status == 200)
}

/// Whether a status speaks of a trouble that passes.
pub(super) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599)
}

/// When to ask again, by the seconds of a `retry-after` header where there is one.
pub(super) fn retry_permit(retry_after: Option<&str>) -> Permit {
    let seconds = retry_after.and_then(|text| text.trim().parse().ok());
    seconds.map_or(Permit::Retry, |seconds| {
        Permit::RetryAfter(std::time::Duration::from_secs(seconds))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_status_says_whether_to_download_again() {
        let there = |status, header| is_there(status, header).map_err(|fault| fault.permits);
        assert_eq!(there(200, None), Ok(true));
        assert_eq!(there(503, None), Err(Permit::Retry));
        assert_eq!(there(429, Some("7")), Err(Permit::RetryAfter(Duration::from_secs(7))));
        assert_eq!(there(403, Some("7")), Ok(false));
        assert_eq!(there(302, None), Ok(false));
    }
}
