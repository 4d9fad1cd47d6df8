//! Payouts, clearing accounts and stock as of the end of a day: by what is known today, and what
//! each book says that it held then.

use super::super::error::set_aside;
use super::super::push::Pusher;
use super::super::undo::left_out;
use super::super::{Engine, EngineError};
use super::abroad;
use super::holdings::Holdings;
use super::identities::{IdentityLine, of_books, of_payouts, of_stock};
use super::told::Told;
use super::{Balances, BookProof, ProofReport, accounted_policy, awaited_on, owed_on, payouts};

use jiff::civil::Date;
use saldo_core::commerce::Fact;
use saldo_core::proof::{Check, Holding};
use saldo_store::{Connection, Lease, Role};
use std::collections::BTreeSet;

/// What was compared as of the end of a day.
#[derive(Debug, Default)]
pub(in crate::engine) struct AsOf {
    /// Payouts that had left by then, against their rows and against each book.
    pub(in crate::engine) payouts: Vec<IdentityLine>,
    /// What gateways owed then, against the clearing accounts.
    pub(in crate::engine) clearing: Vec<IdentityLine>,
    /// The stock of the last month of UTC up to that day, against what stood for it.
    pub(in crate::engine) stock: Vec<IdentityLine>,
    /// The books that do not tell, and why.
    pub(in crate::engine) unknown: Vec<String>,
}

/// What a book held at the end of a day.
#[derive(Debug, Default)]
struct BookThen {
    book: String,
    payouts: Vec<Check>,
    clearing: Vec<Check>,
    accounts: Vec<Holding>,
}

/// Compares payouts, books and stock as of the end of a day. The books are those that a proof of
/// now could read: what it found of their documents holds here too.
///
/// # Errors
/// Where the database fails; a book that fails is said not to tell.
pub(in crate::engine) async fn as_of(
    engine: &Engine,
    proof: &ProofReport,
    last: Date,
) -> Result<AsOf, EngineError> {
    let (policy, _) = accounted_policy(engine).await?;
    let told = Told::read(engine, policy).await?;
    let unproved = proof.unproved.iter();
    let mut unknown: Vec<String> =
        unproved.map(|it| format!("{}: {}", it.book, it.reason)).collect();
    let mut books = Vec::new();
    unknown.extend(proof.read_before.iter().map(|it| {
        format!(
            "{}: it was last read at {:.0}, by its vendor's own call",
            it.proof.book, it.read_at
        )
    }));
    for connection in engine.connections(Role::Book).await? {
        let Some(now) = proof.books.iter().find(|it| it.book == connection.id.as_str()) else {
            continue;
        };
        let mut failed = Vec::new();
        let then = book_then(engine, &connection, (&told, now), last).await.map(Some);
        books.extend(set_aside(then, &mut failed)?);
        unknown.extend(failed.iter().map(|error| format!("{}: {error}", connection.id)));
    }
    let then: BTreeSet<String> = told.entered.iter().filter_map(|it| left_by(it, last)).collect();
    let of_rows: Vec<Check> =
        told.payouts.iter().filter(|it| then.contains(&it.about)).cloned().collect();
    let held: Vec<_> = books.iter().map(|it| (&*it.book, &*it.accounts)).collect();
    let month = last.strftime("%Y-%m").to_string();
    Ok(AsOf {
        payouts: of_payouts(&of_rows, books.iter().map(|it| (&*it.book, &*it.payouts)))?,
        clearing: of_books(books.iter().map(|it| (&*it.book, &*it.clearing)))?,
        stock: of_stock(engine, &told.policy, &held, Some(&month)).await?,
        unknown,
    })
}

/// The id of a payout that had left by a day.
fn left_by(fact: &Fact, last: Date) -> Option<String> {
    match fact {
        Fact::Payout(payout) if payout.issued_on <= last => Some(payout.id.to_string()),
        _ => None,
    }
}

async fn book_then(
    engine: &Engine,
    connection: &Connection,
    about: (&Told, &BookProof),
    last: Date,
) -> Result<BookThen, EngineError> {
    let lease = engine.lease(connection).await?;
    let then = leased_then(engine, (connection, &lease), about, last).await;
    let released = engine.store.release_lease(&lease).await;
    let then = then?;
    released?;
    Ok(then)
}

async fn leased_then(
    engine: &Engine,
    (connection, lease): (&Connection, &Lease),
    (told, now): (&Told, &BookProof),
    last: Date,
) -> Result<BookThen, EngineError> {
    let pusher = Pusher::new(engine, connection, lease).await?;
    let left_out = left_out(engine, connection).await?;
    let owed = owed_on(told, &left_out, last)?;
    let days = (now.from.min(last), last);
    let holdings = held_then(&pusher, told, days, &owed).await;
    pusher.keep_requests().await?;
    let holdings = holdings?;
    let documents = (&now.documents, &*left_out);
    let payouts = payouts::prove(engine, connection, told, documents, last).await?;
    Ok(BookThen {
        book: now.book.clone(),
        payouts,
        clearing: holdings.clearing(&owed, &awaited_on(told, last)?)?,
        accounts: holdings.all()?,
    })
}

async fn held_then(
    pusher: &Pusher<'_>,
    told: &Told,
    days: (Date, Date),
    owed: &Balances,
) -> Result<Holdings, EngineError> {
    let mut holdings = Holdings::read(pusher, &told.policy, days, owed).await?;
    abroad::read(pusher, &mut holdings, days).await?;
    Ok(holdings)
}
