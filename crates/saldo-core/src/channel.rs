//! The port to places that sell: three functions without I/O.

use crate::commerce::{Fact, Gateway, Record, RecordRef, Topic};
use crate::exchange::{Addresses, Answer, Ask, Authorisation, Fault, Introduction, RateLimit};
use crate::issue::Issue;
use crate::text::{ConnectionId, Stream};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::BufRead;

/// Where a pull stands, in the channel's own words: text that only the channel reads, stored with
/// each page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(pub String);

/// What is known of a channel without asking it.
#[derive(Clone, Debug)]
pub struct ChannelDescription {
    /// The name as it stands in commands and connections.
    pub name: &'static str,
    /// The name as people write it.
    pub title: &'static str,
    /// The streams to pull, in this order.
    pub streams: &'static [&'static str],
    /// The streams that tell what was handed over: pulled after the others, where what is entered
    /// follows it.
    pub goods_streams: &'static [&'static str],
    /// The streams that tell what goods cost: pulled after these, where Saldo enters it.
    pub cost_streams: &'static [&'static str],
    /// The streams in which the channel says of itself what it keeps: balances and counts, which
    /// proofs compare with. Pulled last, on each books day once. What such a stream has reached is
    /// the instant as of which all of it is said.
    pub stated_streams: &'static [(Topic, &'static str)],
    /// How requests are authorised.
    pub authorisation: Authorisation,
    /// The documented limits that count requests.
    pub limits: &'static [RateLimit],
}

/// What a channel is told each time it is asked something.
#[derive(Clone, Debug)]
pub struct ChannelContext {
    /// Which connection.
    pub connection: ConnectionId,
    /// The time, by the engine's clock.
    pub now: Timestamp,
    /// Nothing that happened before this instant is wanted.
    pub since: Timestamp,
    /// The zone of the books' days.
    pub zone: TimeZone,
    /// The vendor's addresses.
    pub addresses: Addresses,
    /// The connection's settings (`shop`).
    pub settings: BTreeMap<String, String>,
}

/// What a channel wants next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// An answer to this.
    Ask(Ask),
    /// To be asked again at this instant.
    WaitUntil(Timestamp),
    /// Nothing more for now. The cursor is where the next pull begins.
    Done,
}

/// What an answer meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// What was said.
    pub records: Vec<Record>,
    /// Where the pull stands now.
    pub cursor: Cursor,
    /// Everything in this stream that happened up to this instant has now been heard.
    pub reached: Option<Timestamp>,
}

/// What a channel is told about a file that it is given.
#[derive(Clone, Debug)]
pub struct ImportContext {
    /// The connection whose file it is.
    pub connection: ConnectionId,
    /// The time, by the engine's clock.
    pub now: Timestamp,
    /// The file's name, without its folder.
    pub name: String,
    /// The zone of times that the file gives without one.
    pub timezone: String,
}

/// A piece of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Imported {
    /// Something that was said; its record is read like any other.
    Record {
        /// The line where it begins, or its number in a list.
        place: String,
        /// The piece.
        record: Record,
    },
    /// A part of something that another record tells, such as a refund of an order.
    Part(Part),
    /// Something that was left out, and why.
    LeftOut {
        /// The line or id.
        place: String,
        /// Why.
        reason: String,
    },
}

/// A part of a thing, told without the rest of it: it says nothing until it is joined with what is
/// known of the thing ([`Channel::join`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The record of the thing.
    pub of: RecordRef,
    /// What it is of the thing, in the channel's word.
    pub kind: String,
    /// The line or id.
    pub place: String,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// What it says, word for word.
    pub text: String,
}

/// A place that sells.
pub trait Channel: Send + Sync {
    /// What is known without asking.
    fn description(&self) -> &'static ChannelDescription;

    /// The addresses of the vendor for a connection with these settings.
    ///
    /// # Errors
    /// Where a setting is missing or has no sense, in words for the owner.
    fn addresses(&self, settings: &BTreeMap<String, String>) -> Result<Addresses, String>;

    /// What to ask so that the vendor says whom the connection leads to; none where it cannot.
    ///
    /// # Errors
    /// Where the settings cannot be read.
    fn introduction(&self, _context: &ChannelContext) -> Result<Option<Ask>, Fault> {
        Ok(None)
    }

    /// Whom the connection leads to, by the answer to [`introduction`](Self::introduction).
    ///
    /// # Errors
    /// What the vendor refuses, in its own words, or what cannot be read.
    fn hear_introduction(&self, _answer: &Answer) -> Result<Introduction, Fault> {
        Err(Fault::unexpected("a channel that was not asked for its name"))
    }

    /// What to ask next in a stream. Without a cursor the stream has never been pulled.
    ///
    /// # Errors
    /// Where the cursor or the settings cannot be read.
    fn ask(
        &self,
        stream: &Stream,
        cursor: Option<&Cursor>,
        context: &ChannelContext,
    ) -> Result<Next, Fault>;

    /// What the answer means.
    ///
    /// # Errors
    /// What the vendor's error permits.
    fn hear(
        &self,
        stream: &Stream,
        cursor: Option<&Cursor>,
        answer: &Answer,
        context: &ChannelContext,
    ) -> Result<Page, Fault>;

    /// What a record says happened. The order of records never matters.
    ///
    /// # Errors
    /// An [`Issue`] where the record cannot be read: it is held, the rest goes on.
    fn read(&self, record: &Record) -> Result<Vec<Fact>, Box<Issue>>;

    /// Takes a file that the vendor's own pages export, or a payload that its interface gives:
    /// tells piece by piece what stands in it, and at the end what the file is, in the owner's
    /// words. The file is read as a stream, never whole.
    ///
    /// # Errors
    /// Why the file is refused, in the owner's words, with the line where there is one. What was
    /// told before that may be kept: it is right by itself.
    fn import(
        &self,
        _file: &mut dyn BufRead,
        _context: &ImportContext,
        _take: &mut dyn FnMut(Imported),
    ) -> Result<String, String> {
        Err(format!("{} takes no files", self.description().title))
    }

    /// The record of a thing, with a part of it that was told by itself: both stand in it word for
    /// word.
    ///
    /// # Errors
    /// Why the part does not belong there, in the owner's words.
    fn join(&self, _known: &Record, part: &Part) -> Result<Record, String> {
        Err(format!("{} knows no part `{}`", self.description().title, part.kind))
    }

    /// The record of a thing as it is told now, with the parts that were joined with what was
    /// known of it before and that it does not tell ([`Channel::join`]); none where it tells all.
    fn with_parts(&self, _known: &Record, _told: &Record) -> Option<Record> {
        None
    }

    /// The gateways that this channel is known to use, so that a policy can name their accounts.
    fn gateways(&self) -> Vec<Gateway>;
}
