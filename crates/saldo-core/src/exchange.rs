//! The words that both ports share: what is asked of the world, what it answers, and what goes
//! wrong.
//!
//! An adapter makes an [`Ask`] and understands the [`Answer`]. It never waits, repeats, authorises
//! or stores: the transport does, guided by what the [`Fault`] permits.

use crate::money::Currency;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use thiserror::Error;

/// The methods that vendors want.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// Read.
    Get,
    /// Do.
    Post,
    /// Do; where a vendor tells the two apart, make something new and change nothing.
    Put,
}

/// A request over HTTP, complete but for the access token, which the transport adds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpRequest {
    /// The method.
    pub method: Method,
    /// The whole address, query included.
    pub url: String,
    /// Header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
    /// Whether the transport adds the connection's access token.
    pub authorised: bool,
}

impl HttpRequest {
    /// An authorised read.
    #[must_use]
    pub fn get(url: String) -> Self {
        Self { method: Method::Get, url, headers: Vec::new(), body: Vec::new(), authorised: true }
    }

    /// An authorised request with a JSON body.
    #[must_use]
    pub fn post_json(url: String, body: Vec<u8>) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { method: Method::Post, url, headers, body, authorised: true }
    }

    /// Adds a header line.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }
}

/// What a server answered, whatever the status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpAnswer {
    /// The status code.
    pub status: u16,
    /// Header lines, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, whole.
    pub body: Vec<u8>,
}

impl HttpAnswer {
    /// When the server made the answer, by its own clock: its `date` header, to the second.
    #[must_use]
    pub fn made_at(&self) -> Option<Timestamp> {
        rfc2822::DateTimeParser::new().parse_timestamp(self.header("date")?).ok()
    }

    /// The value of a header line; the name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A part of a large download of JSON lines. The transport fetches the whole once, keeps it on
/// disk, and hands over whole groups of lines: a root line and all lines that name it as their
/// parent. Where the vendor refuses the download for good, as when it expired, the answer is the
/// refusal: an [`Answer::Http`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SliceAsk {
    /// Where the download lies. Fetched without the access token.
    pub url: String,
    /// How many bytes the whole download has, where the vendor says so: one with fewer was cut, and
    /// is fetched again.
    pub bytes: Option<u64>,
    /// Where to go on: zero, or what the last slice said.
    pub offset: u64,
    /// About how many bytes to hand over at most; a group is never cut.
    pub limit: u64,
    /// How many groups to hand over at most.
    pub groups: usize,
}

/// A root line of a download and the lines below it, wherever in the download these stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineGroup {
    /// The root's id.
    pub id: String,
    /// The lines, the root first, with a line feed between them.
    pub text: String,
    /// How many lines there are.
    pub lines: u64,
}

/// A slice of a download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceAnswer {
    /// Whole groups of lines.
    pub groups: Vec<LineGroup>,
    /// Where the next slice begins.
    pub next_offset: u64,
    /// Whether this was the last.
    pub finished: bool,
}

/// How text files of keyed blocks are written: blocks are parted by one empty line, begin with a
/// date of ten characters, and hold their key between two fixed strings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockSyntax {
    /// What stands before the key.
    pub key_opens: String,
    /// What stands after the key.
    pub key_closes: String,
}

/// A keyed piece of a text file, without the empty line after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The key, also found in the text.
    pub key: String,
    /// The text, beginning with the date.
    pub text: String,
}

/// Blocks to be merged into one file, which stays sorted by date and key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileMerge {
    /// The path below the book's folder, with `/` between names.
    pub path: String,
    /// The text that the file begins with.
    pub preamble: String,
    /// How blocks are told apart.
    pub syntax: BlockSyntax,
    /// The blocks that must be in it afterwards. A block whose key is there already stays as it is.
    pub blocks: Vec<Block>,
    /// The keys of blocks that stand there as pending and shall no longer be: the flag `!` after
    /// their date becomes `*`, and nothing else of them changes.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub confirms: BTreeSet<String>,
    /// Blocks that stand there and shall read otherwise, by key: as they stood before. Where
    /// anything else stands under the key, somebody changed it, and it stays; where nothing does,
    /// nothing is written.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub amends: BTreeMap<String, String>,
}

/// Work on the files of a plain-text book.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileAsk {
    /// Merge blocks into files, each file written whole and renamed into place.
    Merge(Vec<FileMerge>),
    /// Read files, all that exist under the book's folder whose names end in one of these ways.
    Read {
        /// The endings: `.beancount`.
        suffixes: Vec<String>,
    },
    /// Read these files, those that exist.
    ReadNamed {
        /// Their paths below the book's folder, with `/`.
        paths: Vec<String>,
    },
    /// Read the files of the book's folder itself whose names end in one of these ways, and without
    /// the ending lie between two others in the order of their bytes, both included.
    ReadBetween {
        /// The endings: `.beancount`.
        suffixes: Vec<String>,
        /// The first name: `2026-08`.
        first: String,
        /// The last name; none where there is no last one.
        last: Option<String>,
    },
}

/// What became of a block.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BlockFate {
    /// It is there now.
    Written,
    /// It was there before, the same.
    Present,
    /// Another text stands under its key; it was left alone.
    Differs {
        /// What stands there.
        found: String,
    },
}

/// What became of work on files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileAnswer {
    /// Per file and block of the merge, in the order asked.
    Merged(Vec<Vec<BlockFate>>),
    /// Paths and texts, by path.
    Texts(BTreeMap<String, String>),
}

/// A message for a vendor that takes no calls but makes them: it lies ready until the vendor's own
/// program next asks for work, and the program brings the answer back with a later call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageAsk {
    /// The message as the vendor reads it.
    pub body: Vec<u8>,
}

/// What a vendor that makes the calls brought back for a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageAnswer {
    /// The vendor's answer, whole.
    Whole(Vec<u8>),
    /// The vendor's program could not have the message answered.
    Failed {
        /// Its own code.
        code: String,
        /// Its own words.
        message: String,
    },
}

/// What is asked of the world.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ask {
    /// A request over HTTP.
    Http(HttpRequest),
    /// A part of a large download.
    Slice(SliceAsk),
    /// Work on the files of a plain-text book.
    File(FileAsk),
    /// A message for a vendor that makes the calls.
    Message(MessageAsk),
}

/// What the world answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// An answer over HTTP.
    Http(HttpAnswer),
    /// A part of a large download.
    Slice(SliceAnswer),
    /// What became of work on files.
    File(FileAnswer),
    /// What a vendor that makes the calls brought back.
    Message(MessageAnswer),
}

/// What may be done about a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Permit {
    /// Nothing took effect: ask again, after this long.
    RetryAfter(Duration),
    /// Nothing took effect: ask again, later and later.
    Retry,
    /// It may have taken effect: look before asking again.
    InDoubt,
    /// The access token is spent: get another, then ask again.
    Refresh,
    /// A person must sign in, or grant a right.
    LogIn,
    /// Nothing took effect: the vendor makes the calls, and can be asked while it does.
    WhenCalled,
    /// Asking again is of no use.
    Never,
}

/// The world failed.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct Fault {
    /// What may be done.
    pub permits: Permit,
    /// What failed, for which thing: lower case, without a full stop.
    pub message: String,
}

impl Fault {
    /// A fault that permits this.
    pub fn new(permits: Permit, message: impl Into<String>) -> Self {
        Self { permits, message: message.into() }
    }

    /// An answer of a kind that was not asked for: our own mistake, shown as a fault that stops.
    #[must_use]
    pub fn unexpected(what: &str) -> Self {
        Self::new(Permit::Never, format!("{what} answered with something that was not asked for"))
    }
}

/// Which grant a connection uses, where the tokens come from, and how a request shows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorisation {
    /// The header that carries the access token, in lower case.
    pub header: &'static str,
    /// What stands before the token in it: `Bearer `, or nothing.
    pub prefix: &'static str,
    /// How an access token is had.
    pub grant: Grant,
}

/// How an access token is had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// OAuth 2.0 client credentials; the client authenticates in the body (RFC 6749, 2.3.1).
    ClientCredentials {
        /// Which of the connection's addresses gives tokens.
        token_address: &'static str,
    },
    /// OAuth 2.0 authorization code with refresh tokens; a client that has a secret authenticates
    /// by HTTP Basic.
    AuthorizationCode {
        /// Which of the connection's addresses the owner's browser goes to.
        authorise_address: &'static str,
        /// Which of the connection's addresses gives tokens.
        token_address: &'static str,
        /// The scopes to ask for.
        scopes: &'static str,
        /// Whether a client without a secret may sign in, by proof that it is the one that began
        /// to (RFC 7636).
        without_secret: bool,
    },
}

/// The addresses of a vendor, by name (`api`, `token`); each can be replaced in a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Addresses(pub BTreeMap<String, String>);

impl Addresses {
    /// The address of this name, without a slash at its end.
    ///
    /// # Errors
    /// A [`Fault`] that names what is missing.
    pub fn get(&self, name: &str) -> Result<&str, Fault> {
        let missing =
            || Fault::new(Permit::Never, format!("the connection has no address called `{name}`"));
        self.0.get(name).map(|url| url.trim_end_matches('/')).ok_or_else(missing)
    }
}

/// Whom a connection leads to, as the vendor says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Introduction {
    /// What the owner called the shop or the company there.
    pub name: String,
    /// The currency of its sales or books, where the vendor says it beside the name.
    pub currency: Option<Currency>,
}

/// A limit that a vendor sets on requests: never more than `count` within `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// How many.
    pub count: u32,
    /// Within how long.
    pub per: Duration,
    /// Which requests count: those whose path contains this text; all where empty.
    pub path_contains: &'static str,
}

/// A header by which a vendor says, beside its answers, how many requests are left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestsLeft {
    /// Its name, in lower case.
    pub header: &'static str,
    /// Within how long they are counted.
    pub per: Duration,
}
