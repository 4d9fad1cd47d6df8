//! What channels say of themselves, beside what their facts amount to.
//!
//! A statement holds as of an instant. Facts are compared as they were then: what happened later is
//! taken out, and where the channel was not heard until then, a difference is awaited.

use super::super::account::{Heard, Readers, Told};
use super::super::import::is_files_only;
use super::super::{Engine, EngineError, alike};
use super::BookProof;
use super::identities::{DifferingFact, IdentityLine};
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_channels::channel;
use saldo_core::accounting::Group;
use saldo_core::commerce::{Fact, GiftCard, Record, RecordRef, Saying, Topic};
use saldo_core::money::{Money, MoneyError};
use saldo_core::policy::{Policy, Role as Account};
use saldo_core::proof::{self, Figure, Ground, Identity};
use saldo_core::text::{ConnectionId, FactId, GroupId, Stream};
use saldo_store::{Connection, Role};
use std::collections::{BTreeMap, BTreeSet};

/// How many records are read at a time.
const RECORDS_AT_ONCE: usize = 2_000;
/// How many groups are looked at in one step.
const GROUPS_AT_ONCE: usize = 500;
/// How many gift cards are looked at for what is behind a difference.
const CARDS_LOOKED_AT: usize = 1_000;
/// How many facts are named behind a difference.
const FACTS_SHOWN: usize = 100;
/// What a line about the gift cards that shops keep is about.
const IN_SHOPS: &str = "gift cards, as the shops say";

/// What a comparison with what channels say gave.
#[derive(Debug, Default)]
pub(super) struct Compared {
    /// Each comparison.
    pub(super) lines: Vec<IdentityLine>,
    /// The facts behind differences.
    pub(super) behind: Vec<DifferingFact>,
    /// What cannot be compared, and why.
    pub(super) unknown: Vec<String>,
}

impl Compared {
    /// Both comparisons.
    pub(super) fn with(mut self, other: Self) -> Self {
        self.lines.extend(other.lines);
        self.behind.extend(other.behind);
        self.unknown.extend(other.unknown);
        self
    }
}

/// What a channel says about a topic.
pub(super) struct Statement {
    pub(super) connection: ConnectionId,
    /// As of when; none where it says nothing, for this reason.
    pub(super) said: Result<Timestamp, String>,
    /// What it says.
    pub(super) sayings: Vec<(FactId, RecordRef, Saying)>,
}

impl Statement {
    /// What a channel last said.
    async fn read(
        engine: &Engine,
        readers: &Readers,
        connection: &Connection,
        topic: Topic,
    ) -> Result<Self, EngineError> {
        let id = &connection.id;
        let streams = channel(&connection.adapter).map_or(&[][..], |channel| {
            let description = channel.description();
            description.stated_streams
        });
        let stream =
            streams.iter().find(|(of, _)| *of == topic).map(|(_, name)| Stream::new(*name));
        let nothing =
            |why: String| Self { connection: id.clone(), said: Err(why), sayings: Vec::new() };
        let Some(stream) = stream.filter(|_| !is_files_only(connection)) else {
            return Ok(nothing(format!("nobody asks {id}")));
        };
        let cursors = engine.store.cursors(engine.company_id(), id).await?;
        let reached = cursors.get(&stream).and_then(|row| row.reached);
        let (mut sayings, mut refused) = (Vec::new(), None);
        let records = records_of(engine, id, &stream).await?;
        let heard_at: BTreeMap<RecordRef, Timestamp> =
            records.iter().map(|it| (it.reference(), it.fetched_at)).collect();
        let told = readers.read(engine, &records).await?;
        for fact in told.facts {
            let Fact::Stated(it) = fact else { continue };
            match it.saying {
                Saying::Refused(why) => refused = heard_at.get(&it.source).map(|at| (*at, why)),
                saying => sayings.push((it.id, it.source, saying)),
            }
        }
        if !told.unreadable.is_empty() {
            let count = told.unreadable.len();
            return Ok(nothing(format!("{count} of {id} cannot be read: `saldo issues`")));
        }
        let refused = refused.filter(|(at, _)| reached.is_none_or(|reached| reached <= *at));
        Ok(match (reached, refused) {
            (_, Some((_, why))) => nothing(format!("{id}: {why}")),
            (None, None) => nothing(format!("{id} was not asked yet: `saldo sync`")),
            (Some(at), None) => Self { connection: id.clone(), said: Ok(at), sayings },
        })
    }
}

/// All records of a stream in their latest version.
async fn records_of(
    engine: &Engine,
    connection: &ConnectionId,
    stream: &Stream,
) -> Result<Vec<Record>, EngineError> {
    let first =
        RecordRef { connection: connection.clone(), stream: stream.clone(), id: String::new() };
    let (mut all, mut after) = (Vec::new(), first);
    loop {
        let company = engine.company_id();
        let page = engine.store.latest_records(company, Some(&after), RECORDS_AT_ONCE).await?;
        let Some(last) = page.last().map(Record::reference) else { return Ok(all) };
        let before = all.len();
        all.extend(
            page.into_iter().filter(|it| it.connection == *connection && it.stream == *stream),
        );
        if all.len() < before + RECORDS_AT_ONCE {
            return Ok(all);
        }
        after = last;
    }
}

/// The last characters of a card's name.
fn last_characters(name: &str) -> &str {
    name.rsplit(|letter: char| !letter.is_alphanumeric()).next().unwrap_or(name)
}

fn ends_in(name: &str, characters: &str) -> bool {
    last_characters(name).eq_ignore_ascii_case(characters)
}

/// The gift cards that channels keep and whose last characters are these.
pub(in crate::engine) async fn gift_cards_named(
    engine: &Engine,
    characters: &str,
) -> Result<Vec<GiftCard>, EngineError> {
    let readers = Readers::of(engine).await?;
    let statements = statements(engine, &readers, Topic::GiftCards).await?;
    let sayings = statements.into_iter().flat_map(|it| it.sayings);
    let cards = sayings.filter_map(|(_, _, saying)| match saying {
        Saying::GiftCard(card) if ends_in(&card.name, characters) => Some(card),
        _ => None,
    });
    Ok(cards.collect())
}

/// What all channels say about a topic.
pub(super) async fn statements(
    engine: &Engine,
    readers: &Readers,
    topic: Topic,
) -> Result<Vec<Statement>, EngineError> {
    let mut statements = Vec::new();
    for connection in engine.connections(Role::Channel).await? {
        statements.push(Statement::read(engine, readers, &connection, topic).await?);
    }
    Ok(statements)
}

/// Which channels do not say anything about a topic, and why.
pub(super) async fn refused(engine: &Engine, topic: Topic) -> Result<Vec<String>, EngineError> {
    let readers = Readers::of(engine).await?;
    let statements = statements(engine, &readers, topic).await?;
    Ok(statements.into_iter().filter_map(|it| it.said.err()).collect())
}

/// What is left on gift cards by the shops that keep them, beside what is owed on them: what the
/// book held before the first day, what others entered there, and what the facts say.
pub(super) async fn gift_cards(
    engine: &Engine,
    policy: &Policy,
    books: &[BookProof],
    sums: &[Figure],
) -> Result<Compared, EngineError> {
    let readers = Readers::of(engine).await?;
    let statements = statements(engine, &readers, Topic::GiftCards).await?;
    let names = accounts(policy, Account::GiftCards);
    let mut compared = Compared::default();
    if !names.is_disjoint(&accounts(policy, Account::StoreCredit)) {
        let why = "gift cards and store credit have one account: what shops say of gift cards \
                   cannot be compared";
        compared.unknown.push(why.to_owned());
        return Ok(compared);
    }
    let mut said_at = BTreeMap::new();
    for statement in &statements {
        match &statement.said {
            Ok(at) => _ = said_at.insert(statement.connection.clone(), *at),
            Err(why) => compared.unknown.push(format!("what is left on gift cards: {why}")),
        }
    }
    let cards = Cards::of(&statements, policy);
    if let Some(card) = cards.0.iter().find(|it| it.card.balance.currency() != policy.currency) {
        let why = format!("{} is of another currency than the books", card.id);
        compared.unknown.push(format!("what is left on gift cards: {why}"));
    }
    if said_at.is_empty() || !compared.unknown.is_empty() {
        return Ok(compared);
    }
    let heard = Heard::of(engine).await?;
    let is_heard = said_at.iter().all(|(id, at)| heard.until(id) >= *at) && !cards.is_moving();
    let told = Moves { engine, readers: &readers, policy, names: &names };
    let told = told.until(&said_at, sums).await?;
    let stated = (cards.owed(policy)?.negated(), cards.0.len());
    compared.lines = owed_lines((IN_SHOPS, is_heard), stated, told, (policy, books, &names))?;
    if compared.lines.iter().any(|line| !line.difference.is_zero()) {
        compared.behind = cards.behind(engine, &readers, policy).await?;
    }
    Ok(compared)
}

/// What is owed by what shops say of so many things, beside what is owed by what facts tell and
/// each book holds besides. Where not all is heard, a difference is awaited.
pub(super) fn owed_lines(
    (about, is_heard): (&str, bool),
    (stated, count): (Money, usize),
    told: Money,
    (policy, books, names): (&Policy, &[BookProof], &BTreeSet<String>),
) -> Result<Vec<IdentityLine>, MoneyError> {
    let facts = u64::try_from(count).unwrap_or(u64::MAX);
    let line = |(book, held): (Option<String>, Money)| {
        let found = held.plus(told)?;
        let off = found.minus(stated)?;
        let awaited = if is_heard { Money::zero(policy.currency) } else { off.negated() };
        IdentityLine::new(book.as_deref(), about, [stated, found, awaited], facts)
    };
    let lines = held_besides(policy, books, names)?.into_iter().map(line);
    let mut lines = lines.collect::<Result<Vec<IdentityLine>, MoneyError>>()?;
    lines.retain(|it| it.facts > 0 || !it.found.is_zero());
    Ok(lines)
}

/// The names that the account of a role ever had.
pub(super) fn accounts(policy: &Policy, role: Account) -> BTreeSet<String> {
    policy.through_time().map(|it| it.chart.account(role).name.to_string()).collect()
}

/// What each book holds on accounts that is not of our facts: what was there before the first day,
/// and what others entered. Without a book it is nothing.
fn held_besides(
    policy: &Policy,
    books: &[BookProof],
    names: &BTreeSet<String>,
) -> Result<Vec<(Option<String>, Money)>, MoneyError> {
    let nothing = Money::zero(policy.currency);
    if books.is_empty() {
        return Ok(vec![(None, nothing)]);
    }
    let besides = |book: &BookProof| {
        let own = book.accounts.iter().filter(|it| names.contains(&it.account));
        let own = own.filter(|it| it.opening.currency() == policy.currency);
        let held =
            own.map(|it| it.opening.plus(it.others)).try_fold(nothing, |sum, it| sum.plus(it?));
        Ok((Some(book.book.clone()), held?))
    };
    books.iter().map(besides).collect()
}

/// What facts say that moved accounts.
pub(super) struct Moves<'a> {
    pub(super) engine: &'a Engine,
    pub(super) readers: &'a Readers,
    pub(super) policy: &'a Policy,
    pub(super) names: &'a BTreeSet<String>,
}

impl Moves<'_> {
    /// What facts amount to at the instants at which their channels spoke: the sums of all days,
    /// with the groups of the last ones read again as they were.
    pub(super) async fn until(
        &self,
        said_at: &BTreeMap<ConnectionId, Timestamp>,
        sums: &[Figure],
    ) -> Result<Money, EngineError> {
        let (engine, policy) = (self.engine, self.policy);
        let mut told = self.expected(sums)?;
        let Some(first) = said_at.values().min() else { return Ok(told) };
        let company = engine.company_id();
        let groups = engine.store.stored_value_groups(company, policy.day(*first)).await?;
        for groups in groups.chunks(GROUPS_AT_ONCE) {
            let names: Vec<GroupId> = groups.iter().map(|it| it.group.clone()).collect();
            let records = engine.store.group_records(company, &names).await?;
            let mut facts = alike::told_in(engine, self.readers, policy, &records).await?;
            for it in groups {
                let Some(group) = Group::parse(&it.group) else { continue };
                let Told { facts, unreadable } = facts.remove(&it.group).unwrap_or_default();
                let source = facts.first().map(|fact| &fact.source().connection);
                let at = source.and_then(|id| said_at.get(id)).unwrap_or(first);
                let facts = proof::told_until(&facts, *at, policy);
                let (group, facts, states) = (&group, &facts, &it.states);
                let (entries, unreadable) = (&[][..], &unreadable);
                let ground = Ground { group, facts, entries, states, unreadable, policy };
                told = told.minus(self.expected(&it.figures)?)?;
                told = told.plus(self.expected(&proof::figures(ground)?)?)?;
            }
        }
        Ok(told)
    }

    fn expected(&self, figures: &[Figure]) -> Result<Money, MoneyError> {
        let currency = self.policy.currency;
        let own = figures.iter().filter(|it| {
            it.identity == Identity::StoredValue
                && self.names.contains(&it.about)
                && it.expected.currency() == currency
        });
        Money::sum(currency, own.map(|it| it.expected))
    }
}

/// The gift cards of all shops.
struct Cards(Vec<StatedCard>);

struct StatedCard {
    id: FactId,
    source: RecordRef,
    /// As of when its balance is.
    at: Timestamp,
    card: GiftCard,
}

impl Cards {
    fn of(statements: &[Statement], policy: &Policy) -> Self {
        let mut cards = Vec::new();
        for statement in statements {
            let Ok(at) = statement.said else { continue };
            for (id, source, saying) in &statement.sayings {
                let Saying::GiftCard(card) = saying else { continue };
                let (id, source, card) = (id.clone(), source.clone(), card.clone());
                // What never was in the books, and is not on the card either, is no matter.
                let is_past = policy.day(card.changed_at) < policy.start_date;
                if !is_past || !card.balance.is_zero() {
                    cards.push(StatedCard { id, source, at, card });
                }
            }
        }
        Self(cards)
    }

    /// Whether a balance was read that had changed since the instant that all are to be of.
    fn is_moving(&self) -> bool {
        self.0.iter().any(|it| it.card.changed_at > it.at)
    }

    /// What is owed on them: of cards that were taxed when they were sold, without the tax; and
    /// nothing of those that nobody bought, where nothing is owed on cards that are given away.
    fn owed(&self, policy: &Policy) -> Result<Money, MoneyError> {
        let mut owed = Money::zero(policy.currency);
        for it in &self.0 {
            let left = it.card.usable(policy.day(it.at));
            let issued = policy.in_force(policy.day(it.card.issued_at));
            if it.card.order.is_none() && issued.owes_nothing_on_gifts() {
                continue;
            }
            owed = owed.plus(match issued.tax_of_vouchers().and_then(|tax| tax.rate) {
                Some(rate) => left.minus(left.tax_within(rate)?)?,
                None => left,
            })?;
        }
        Ok(owed)
    }

    /// The cards of which something is not told by an order: those that somebody issued, or made
    /// useless, and those whose balance changed by what no order took.
    async fn behind(
        &self,
        engine: &Engine,
        readers: &Readers,
        policy: &Policy,
    ) -> Result<Vec<DifferingFact>, EngineError> {
        let mut behind = Vec::new();
        for StatedCard { id, at, card, .. } in &self.0 {
            let mut name = |why: &str, difference: Money| {
                let (fact, about) = (id.to_string(), format!("{}, {why}", card.name));
                behind.push(DifferingFact { book: None, fact, about, difference });
            };
            let left = card.balance.minus(card.usable(policy.day(*at)))?;
            if !left.is_zero() {
                name("which cannot be used any more", left.negated());
            }
            match policy.day(card.issued_at) < policy.start_date {
                true => name("issued before the first day", card.balance),
                false if card.order.is_none() => {
                    let hint = "where it was given away: saldo decide promotional-card";
                    let card_name = last_characters(&card.name);
                    let why = format!("issued without an order; {hint} {card_name}");
                    name(&why, card.initial);
                }
                false => {}
            }
        }
        behind.extend(self.changed_by_hand(engine, readers, policy).await?);
        behind.truncate(FACTS_SHOWN);
        Ok(behind)
    }

    /// The cards whose balance moved, from one statement to another, by what no order took. Two
    /// orders that took from a card in between are not told from one that nobody knows.
    async fn changed_by_hand(
        &self,
        engine: &Engine,
        readers: &Readers,
        policy: &Policy,
    ) -> Result<Vec<DifferingFact>, EngineError> {
        let (mut changes, mut since) = (Vec::new(), Date::MAX);
        let mut used: Vec<&StatedCard> =
            self.0.iter().filter(|it| it.card.changed_at > it.card.issued_at).collect();
        used.sort_by_key(|it| std::cmp::Reverse(it.card.changed_at));
        for it in used.into_iter().take(CARDS_LOOKED_AT) {
            let versions = versions_of(engine, readers, &it.source).await?;
            for (before, after) in versions.iter().zip(versions.iter().skip(1)) {
                let change = after.balance.minus(before.balance)?;
                if !change.is_zero() {
                    since = since.min(policy.day(before.changed_at));
                    changes.push((it, change));
                }
            }
        }
        let mut taken = taken_since(engine, readers, policy, since).await?;
        let mut behind = Vec::new();
        for (it, change) in changes {
            match taken.iter().position(|taken| *taken == change.negated()) {
                Some(place) => _ = taken.swap_remove(place),
                None => behind.push(DifferingFact {
                    book: None,
                    fact: it.id.to_string(),
                    about: format!("{}, changed by what no order took", it.card.name),
                    difference: change,
                }),
            }
        }
        Ok(behind)
    }
}

/// What orders took from gift cards, in groups that did so on a day or later.
async fn taken_since(
    engine: &Engine,
    readers: &Readers,
    policy: &Policy,
    since: Date,
) -> Result<Vec<Money>, EngineError> {
    let company = engine.company_id();
    let groups = engine.store.stored_value_groups(company, since).await?;
    let names: Vec<GroupId> = groups.into_iter().map(|it| it.group).collect();
    let mut taken = Vec::new();
    for names in names.chunks(GROUPS_AT_ONCE) {
        let records = engine.store.group_records(company, names).await?;
        let told = alike::told_in(engine, readers, policy, &records).await?;
        taken.extend(told.values().flat_map(|it| proof::taken_from_gift_cards(&it.facts)));
    }
    Ok(taken)
}

/// A gift card as it was said to be, from first to last.
async fn versions_of(
    engine: &Engine,
    readers: &Readers,
    source: &RecordRef,
) -> Result<Vec<GiftCard>, EngineError> {
    let versions = engine.store.record_versions(engine.company_id(), source).await?;
    let record = |fetched_at, bytes| Record {
        connection: source.connection.clone(),
        stream: source.stream.clone(),
        id: source.id.clone(),
        fetched_at,
        bytes,
    };
    let Some(reader) = readers.reader(&source.connection) else { return Ok(Vec::new()) };
    let read = |it: saldo_store::RecordVersion| {
        let facts = reader.read(&record(it.fetched_at, it.bytes)).unwrap_or_default();
        facts.into_iter().find_map(gift_card)
    };
    Ok(versions.into_iter().filter_map(read).collect())
}

fn gift_card(fact: Fact) -> Option<GiftCard> {
    match fact {
        Fact::Stated(stated) => match stated.saying {
            Saying::GiftCard(card) => Some(card),
            _ => None,
        },
        _ => None,
    }
}
