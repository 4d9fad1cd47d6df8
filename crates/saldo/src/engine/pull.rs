//! Pull: what channels say becomes records, page by page.

use super::disconnect::is_disconnected;
use super::error::set_aside;
use super::import::{as_it_is, is_files_only};
use super::page::read_page;
use super::retry::Patience;
use super::{Engine, EngineError, Step};
use crate::transport::Transport;
use jiff::Timestamp;
use saldo_channels::channel;
use saldo_core::channel::{Channel, ChannelContext, Cursor, Next, Page};
use saldo_core::commerce::Topic;
use saldo_core::exchange::{Ask, Fault};
use saldo_core::text::Stream;
use saldo_store::{Connection, CursorRow, Lease, PageCommit, Role};
use std::collections::BTreeMap;

/// What a pull brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PullCount {
    /// Things never heard of before.
    pub(crate) new: usize,
    /// Later versions of known things.
    pub(crate) changed: usize,
}

/// What a pull of all channels brought, and which of them failed.
#[derive(Debug, Default)]
pub(super) struct Pulled {
    /// What they brought, those that failed later included.
    pub(super) count: PullCount,
    /// Why channels failed.
    pub(super) failed: Vec<EngineError>,
    /// The channels that may be had with more patience: the others shall not wait for them.
    pub(super) later: Vec<Connection>,
}

/// The stream in whose row it stands up to when a channel was heard by its last whole pull.
const HEARD: &str = "all";

/// The stream in whose row it stands when a channel was last asked what it says of itself.
const ASKED: &str = "stated";

/// Up to when a channel was heard, by a pull of all its streams; none where there was no such pull
/// yet. A stream that a later version adds does not take it back: what was known stays known.
pub(super) fn heard_until(cursors: &BTreeMap<Stream, CursorRow>) -> Option<Timestamp> {
    cursors.get(&Stream::new(HEARD)).and_then(|row| row.reached)
}

/// Pulls every stream of every channel to its end. A channel that fails does not stop the others;
/// where there are several, one that cannot be reached is left for [`pull_later`] after some
/// seconds.
pub(super) async fn pull_all(engine: &Engine) -> Result<Pulled, EngineError> {
    let mut all = Pulled::default();
    let mut channels = engine.connections(Role::Channel).await?;
    channels.retain(|connection| !is_files_only(connection) && !is_disconnected(connection));
    let several = channels.len() > 1;
    let patience = if several { Patience::brief } else { Patience::default };
    for connection in channels {
        match pull_leased(engine, &connection, patience, &mut all.count).await {
            Err(error)
                if several && error.is_of_one_connection() && error.is_worth_another_try() =>
            {
                tracing::info!(%error, "this channel is pulled after the others");
                all.later.push(connection);
            }
            pulled => set_aside(pulled, &mut all.failed)?,
        }
    }
    Ok(all)
}

/// Comes back, with all patience, to the channels that a pull left for later. Returns whether any
/// of them was heard.
pub(super) async fn pull_later(engine: &Engine, all: &mut Pulled) -> Result<bool, EngineError> {
    let (mut is_heard, before) = (false, all.count);
    for connection in std::mem::take(&mut all.later) {
        let pulled = pull_leased(engine, &connection, Patience::default, &mut all.count).await;
        is_heard |= pulled.is_ok();
        set_aside(pulled, &mut all.failed)?;
    }
    Ok(is_heard || all.count != before)
}

async fn pull_leased(
    engine: &Engine,
    connection: &Connection,
    patience: fn() -> Patience,
    count: &mut PullCount,
) -> Result<(), EngineError> {
    let lease = engine.lease(connection).await?;
    let pulled = pull(engine, (connection, &lease), patience, count).await;
    let noted = engine.note_outcome(&connection.id, &pulled, *pulled.as_ref().unwrap_or(&false));
    noted.await?;
    let released = engine.store.release_lease(&lease).await;
    pulled?;
    Ok(released?)
}

/// Pulls a channel; whether it was asked for anything.
async fn pull(
    engine: &Engine,
    (connection, lease): (&Connection, &Lease),
    patience: fn() -> Patience,
    count: &mut PullCount,
) -> Result<bool, EngineError> {
    let channel = channel(&connection.adapter)
        .ok_or_else(|| EngineError::UnknownAdapter(connection.id.clone()))?;
    let description = channel.description();
    let addresses = Engine::addresses(connection, channel.addresses(&connection.settings))?;
    let authorisation = Some(&description.authorisation);
    let transport = engine.transport(connection, &addresses, authorisation, description.limits)?;
    // What files noted in it counts from the lease on.
    let connection = &as_it_is(engine, lease, connection).await?;
    let context = ChannelContext {
        connection: connection.id.clone(),
        now: engine.clock.now(),
        since: start_of_books(engine),
        zone: engine.policy.zone().clone(),
        addresses,
        settings: connection.settings.clone(),
    };
    let puller = Puller { engine, connection, lease, channel, transport, context, patience };
    let limiter = &puller.transport.limiter;
    engine.recall_requests(&connection.id, limiter).await?;
    let pulled = puller.all(count).await;
    engine.keep_window(&connection.id, limiter).await?;
    if puller.transport.was_answered() {
        engine.note_clock(&connection.id, puller.transport.skew.ahead()).await?;
    }
    pulled.map(|()| puller.transport.was_answered())
}

/// The first instant of the start date, in the books' zone.
fn start_of_books(engine: &Engine) -> Timestamp {
    let start = engine.policy.start_date;
    start.yesterday().map_or(Timestamp::MIN, |day| engine.policy.end_of_day(day))
}

struct Puller<'a> {
    engine: &'a Engine,
    connection: &'a Connection,
    lease: &'a Lease,
    channel: &'static dyn Channel,
    transport: Transport,
    context: ChannelContext,
    /// How much patience a request begins with.
    patience: fn() -> Patience,
}

impl Puller<'_> {
    /// The streams that are pulled: what was handed over only where something follows it.
    fn streams(&self) -> impl Iterator<Item = &'static str> {
        let description = self.channel.description();
        let goods = match self.engine.policy.follows_goods() {
            true => description.goods_streams,
            false => &[],
        };
        let costs = match self.engine.policy.follows_costs() {
            true => description.cost_streams,
            false => &[],
        };
        description.streams.iter().chain(goods).chain(costs).copied()
    }

    /// Every stream to its end, and what the channel says of itself.
    async fn all(&self, count: &mut PullCount) -> Result<(), EngineError> {
        for stream in self.streams() {
            self.stream(&Stream::new(stream), count).await?;
        }
        self.whole().await?;
        self.stated(count).await
    }

    async fn stream(&self, stream: &Stream, count: &mut PullCount) -> Result<(), EngineError> {
        let store = &self.engine.store;
        let cursors = store.cursors(self.engine.company_id(), &self.connection.id).await?;
        let mut cursor = cursors.get(stream).map(|row| row.cursor.clone());
        loop {
            let context = self.context_now();
            match self.channel.ask(stream, cursor.as_ref(), &context).map_err(self.world())? {
                Next::Done => return Ok(()),
                Next::WaitUntil(instant) => self.engine.clock.sleep_until(instant).await,
                Next::Ask(ask) => {
                    let page =
                        self.page(stream, cursor.as_ref(), &ask).await.map_err(self.world())?;
                    cursor = Some(page.cursor.clone());
                    self.commit(stream, page, count).await?;
                }
            }
        }
    }

    /// Writes down up to when the channel was heard, now that all its streams came to their ends.
    async fn whole(&self) -> Result<(), EngineError> {
        let store = &self.engine.store;
        let cursors = store.cursors(self.engine.company_id(), &self.connection.id).await?;
        let reached = |stream: &str| cursors.get(&Stream::new(stream)).and_then(|row| row.reached);
        let Some(heard) = self.streams().map(reached).min().flatten() else {
            return Ok(());
        };
        self.mark(HEARD, heard).await
    }

    /// Hears what the channel says of itself, on each books day once: what is said of balances
    /// holds as of an instant, and nothing waits for it. What is on hand is asked only where it
    /// is compared. Drawers, which are entered, are counted once a day themselves.
    async fn stated(&self, count: &mut PullCount) -> Result<(), EngineError> {
        let streams = self.channel.description().stated_streams;
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let cursors = store.cursors(company, &self.connection.id).await?;
        let asked = cursors.get(&Stream::new(ASKED)).and_then(|row| row.reached);
        let (now, policy) = (self.engine.clock.now(), &self.engine.policy);
        let is_asked = asked.is_some_and(|asked| policy.day(asked) == policy.day(now));
        if streams.is_empty() || is_asked {
            return Ok(());
        }
        for (topic, stream) in streams {
            if *topic != Topic::OnHand || policy.follows_costs() {
                self.stream(&Stream::new(*stream), count).await?;
            }
        }
        self.mark(ASKED, now).await
    }

    /// Writes an instant down beside the streams.
    async fn mark(&self, name: &str, reached: Timestamp) -> Result<(), EngineError> {
        let (stream, cursor) = (Stream::new(name), Cursor(String::new()));
        let mark = PageCommit { stream, cursor, reached: Some(reached), records: Vec::new() };
        self.engine.keep(self.lease).await?;
        self.engine.store.commit_page(self.lease, &mark).await?;
        Ok(())
    }

    fn context_now(&self) -> ChannelContext {
        ChannelContext { now: self.engine.clock.now(), ..self.context.clone() }
    }

    fn world(&self) -> impl Fn(Fault) -> EngineError {
        |fault| EngineError::World { connection: self.connection.id.clone(), fault }
    }

    /// Asks until there is a page. Reading again is always harmless.
    async fn page(
        &self,
        stream: &Stream,
        cursor: Option<&Cursor>,
        ask: &Ask,
    ) -> Result<Page, Fault> {
        let mut patience = (self.patience)();
        loop {
            let heard = match self.transport.exchange(ask).await {
                Ok(answer) => self.channel.hear(stream, cursor, &answer, &self.context_now()),
                Err(fault) => Err(fault),
            };
            match heard {
                Ok(page) => return Ok(page),
                Err(fault) => patience.wait(fault, self.engine, &self.transport).await?,
            }
        }
    }

    async fn commit(
        &self,
        stream: &Stream,
        page: Page,
        count: &mut PullCount,
    ) -> Result<(), EngineError> {
        let heard = page.records.len();
        let (store, policy) = (&self.engine.store, &self.engine.policy);
        let news = store.news_among(self.engine.company_id(), page.records).await?;
        let (records, accounts) = read_page(self.channel, self.connection, policy, news);
        let stream = stream.clone();
        let (cursor, reached) = (page.cursor, page.reached);
        let commit = PageCommit { stream, cursor, reached, records };
        self.engine.keep(self.lease).await?;
        let stored = store.commit_accounted_page(self.lease, &commit, &accounts).await?;
        count.new += stored.new;
        count.changed += stored.changed;
        let connection = self.connection.id.clone();
        let stream = commit.stream.to_string();
        self.engine.progress.step(Step::Pulled { connection, stream, records: heard });
        Ok(())
    }
}
