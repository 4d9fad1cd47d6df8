//! Pull: what channels say becomes records, page by page.

use super::account::read_page;
use super::import::is_files_only;
use super::retry::Patience;
use super::{Engine, EngineError, Step};
use crate::transport::Transport;
use jiff::Timestamp;
use saldo_channels::channel;
use saldo_core::channel::{Channel, ChannelContext, Cursor, Next, Page};
use saldo_core::exchange::{Ask, Fault};
use saldo_core::text::Stream;
use saldo_store::{Connection, Lease, PageCommit, Role};

/// What a pull brought.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PullCount {
    /// Things never heard of before.
    pub(crate) new: usize,
    /// Later versions of known things.
    pub(crate) changed: usize,
}

/// Pulls every stream of every channel to its end.
pub(super) async fn pull_all(engine: &Engine) -> Result<PullCount, EngineError> {
    let mut count = PullCount::default();
    for connection in engine.connections(Role::Channel).await? {
        if is_files_only(&connection) {
            continue;
        }
        let lease = engine.lease(&connection).await?;
        let pulled = pull(engine, &connection, &lease, &mut count).await;
        let released = engine.store.release_lease(&lease).await;
        pulled?;
        released?;
    }
    Ok(count)
}

async fn pull(
    engine: &Engine,
    connection: &Connection,
    lease: &Lease,
    count: &mut PullCount,
) -> Result<(), EngineError> {
    let channel = channel(&connection.adapter)
        .ok_or_else(|| EngineError::UnknownAdapter(connection.id.clone()))?;
    let description = channel.description();
    let addresses = Engine::addresses(connection, channel.addresses(&connection.settings))?;
    let authorisation = Some(&description.authorisation);
    let transport = engine.transport(connection, &addresses, authorisation, description.limits)?;
    let context = ChannelContext {
        connection: connection.id.clone(),
        now: engine.clock.now(),
        since: start_of_books(engine),
        addresses,
        settings: connection.settings.clone(),
    };
    let puller = Puller { engine, connection, lease, channel, transport, context };
    for stream in description.streams {
        puller.stream(&Stream::new(stream), count).await?;
    }
    Ok(())
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
}

impl Puller<'_> {
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
        let mut patience = Patience::default();
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
        let (records, accounts) = read_page(self.channel, &self.engine.policy, page.records);
        let stream = stream.clone();
        let (cursor, reached) = (page.cursor, page.reached);
        let commit = PageCommit { stream, cursor, reached, records };
        self.engine.keep(self.lease).await?;
        let store = &self.engine.store;
        let stored = store.commit_accounted_page(self.lease, &commit, &accounts).await?;
        count.new += stored.new;
        count.changed += stored.changed;
        let connection = self.connection.id.clone();
        let stream = commit.stream.to_string();
        self.engine.progress.step(Step::Pulled { connection, stream, records: heard });
        Ok(())
    }
}
