//! What a book's owner decided there: read before anything is pushed, kept, and obeyed.
//!
//! What stands for something in a dimension that the owner switched off is not sent either, since
//! the book would enter it without a word of that; it is taken up again once that is switched on.
//!
//! What is dated in a closed period is not sent: it is refused beforehand. The next plan dates it
//! on the first open day; where the owner wants it to wait, it is taken up again by itself once the
//! period is open.

use super::push::Pusher;
use super::{Engine, EngineError};
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_core::accounting::taken_back_slot;
use saldo_core::book::{
    BookSettings, Listed, Need, Outcome, Refusal, RefusalKind, SalesTax, Subject, Task,
};
use saldo_core::exchange::Fault;
use saldo_core::money::{Currency, Money};
use saldo_core::plan::{Change, Closing};
use saldo_core::text::{CompanyId, ConnectionId};
use saldo_store::{AttemptOutcome, AttemptResult, Connection, Purpose, Store};
use std::collections::BTreeSet;

/// The kind of observation that holds a book's settings.
const KIND: &str = "settings";

/// What a book's owner decided, as it was read last; none where it never was.
pub(crate) async fn known_settings(
    store: &Store,
    company: &CompanyId,
    book: &ConnectionId,
) -> Result<Option<BookSettings>, EngineError> {
    Ok(heard_settings(store, company, book).await?.map(|(_, settings)| settings))
}

/// The same, and when it was read.
pub(crate) async fn heard_settings(
    store: &Store,
    company: &CompanyId,
    book: &ConnectionId,
) -> Result<Option<(Timestamp, BookSettings)>, EngineError> {
    let seen = store.observation(company, book, KIND).await?;
    // What an earlier version kept and this one cannot read is read anew.
    Ok(seen.and_then(|seen| Some((seen.at, serde_json::from_str(&seen.body).ok()?))))
}

/// Asks a book once what its owner decided, and keeps that; none where it has no settings.
pub(crate) async fn read_settings(
    engine: &Engine,
    connection: &Connection,
) -> Result<Option<BookSettings>, EngineError> {
    let lease = engine.lease(connection).await?;
    let read = async {
        let pusher = Pusher::new(engine, connection, &lease).await?;
        if !pusher.book.description().has_settings {
            return Ok(None);
        }
        let task = [Task::ReadSettings];
        let heard = pusher.try_once(&task).await;
        pusher.keep_requests().await?;
        let settings = settings_in(&pusher, heard)?;
        // It is noted whether it is news or not, so that it can be said when it was heard.
        pusher.observe(KIND, &settings).await?;
        Ok(Some(settings))
    };
    let read = read.await;
    engine.store.release_lease(&lease).await?;
    read
}

fn settings_in(
    pusher: &Pusher<'_>,
    heard: Result<Vec<Outcome>, EngineError>,
) -> Result<BookSettings, EngineError> {
    match heard?.pop() {
        Some(Outcome::Settings(settings)) => Ok(settings),
        _ => Err(pusher.world(Fault::unexpected("the settings"))),
    }
}

impl Pusher<'_> {
    /// Keeps what the owner decided, for this run and as an observation where it is news.
    pub(super) async fn keep_settings(
        &mut self,
        settings: BookSettings,
    ) -> Result<(), EngineError> {
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let known = known_settings(store, company, &self.connection.id).await?;
        if known.as_ref() != Some(&settings) {
            self.observe(KIND, &settings).await?;
        }
        self.tax_codes.clone_from(&settings.tax_codes);
        self.settings = Some(settings);
        self.made.clear();
        Ok(())
    }

    /// What the owner decided, read once a run.
    pub(super) async fn settings(&mut self) -> Result<BookSettings, EngineError> {
        if !self.book.description().has_settings {
            return Ok(BookSettings::default());
        }
        if let Some(settings) = &self.settings {
            return Ok(settings.clone());
        }
        let settings = settings_in(self, self.read(&[Task::ReadSettings]).await)?;
        self.keep_settings(settings.clone()).await?;
        Ok(settings)
    }

    /// What is closed, by the book's settings and by the owner's word here.
    async fn closed(&mut self) -> Result<Closing, EngineError> {
        let there = self.settings().await?.closed_until;
        let here = self.engine.store.closed_until(self.engine.company_id()).await?;
        Ok(Closing { until: here.max(there) })
    }

    /// Lets go again what was refused since its period was closed, and is open now, since a
    /// dimension was switched off, and is on now, or since it found no place, and may have one now.
    /// It is looked up first, like all that is tried again.
    pub(super) async fn reopen(&mut self) -> Result<(), EngineError> {
        let company = self.engine.company_id();
        let failed = self.engine.store.failed(company).await?;
        let shut: Vec<(RefusalKind, Change)> = failed
            .into_iter()
            .filter(|it| it.change.book == self.connection.id)
            .map(|it| (it.refusal.kind, it.change))
            .filter(|(kind, _)| {
                matches!(
                    kind,
                    RefusalKind::PeriodClosed
                        | RefusalKind::DimensionOff
                        | RefusalKind::ListFull
                        | RefusalKind::NotSetUp
                        | RefusalKind::CurrenciesOff
                        | RefusalKind::SalesTaxOff
                )
            })
            .collect();
        if shut.is_empty() {
            return Ok(());
        }
        let (closed, settings) = (self.closed().await?, self.settings().await?);
        let open = |(kind, change): &&(RefusalKind, Change)| match kind {
            RefusalKind::DimensionOff => settings.switched_off(&change.subject).is_none(),
            RefusalKind::ListFull => self.may_have_place(change, &settings),
            RefusalKind::NotSetUp => true,
            RefusalKind::SalesTaxOff => settings.unentered_tax(&change.subject).is_none(),
            RefusalKind::CurrenciesOff => settings.other_currency(&change.subject).is_none(),
            _ => change.day().is_some_and(|date| !closed.covers(date)),
        };
        let kept: BTreeSet<&str> =
            shut.iter().filter(|it| !open(it)).filter_map(|(_, it)| slot_of(it)).collect();
        let open = shut.iter().filter(open).filter(|(_, it)| !takes_back_any(it, &kept));
        let open: Vec<String> = open.map(|(_, it)| it.id.clone()).collect();
        let now = self.engine.clock.now();
        Ok(self.engine.store.retry(company, &self.connection.id, &open, now).await?)
    }

    /// Refuses what is dated in a closed period, or stands for something in a dimension that is
    /// switched off; the rest.
    pub(super) async fn refuse_closed(
        &mut self,
        changes: Vec<Change>,
    ) -> Result<Vec<Change>, EngineError> {
        let stands_for = |change: &Change| match &change.subject {
            Subject::Need(need) => {
                matches!(
                    need,
                    Need::ForeignAccount { .. }
                        | Need::Listed(Listed::Currency(_))
                        | Need::Dimension(_)
                        | Need::Value { .. }
                )
            }
            Subject::Document { .. } | Subject::Amended { .. } => true,
            Subject::Confirmed { .. } | Subject::Attached { .. } => false,
        };
        if !changes.iter().any(stands_for) {
            return Ok(changes);
        }
        if changes.iter().any(|change| change.day().is_none()) {
            // The chart is needed in any case, and tells the settings too.
            self.chart().await?;
        }
        let (closing, settings) = (self.closed().await?, self.settings().await?);
        let (mut results, mut open, mut closed) = (Vec::new(), Vec::new(), 0);
        let is_shut = |change: &Change| change.day().is_some_and(|date| closing.covers(date));
        let kept: Vec<String> = changes
            .iter()
            .filter(|it| is_shut(it))
            .filter_map(|it| slot_of(it).map(str::to_owned))
            .collect();
        let kept: BTreeSet<&str> = kept.iter().map(String::as_str).collect();
        for change in changes {
            let is_kept = is_shut(&change) || takes_back_any(&change, &kept);
            let shut = change.day().filter(|_| is_kept).zip(closing.until);
            let off = settings.switched_off(&change.subject);
            closed += usize::from(shut.is_some());
            let other = settings.other_currency(&change.subject);
            let tax = settings.unentered_tax(&change.subject);
            let refusal = match (shut, off, other, tax) {
                (Some((date, until)), ..) => closed_period(date, until),
                (None, Some(dimension), ..) => switched_off(dimension),
                (None, None, Some(currency), _) => currencies_off(currency),
                (None, None, None, Some(tax)) => sales_tax_off(settings.sales_tax, tax),
                (None, None, None, None) => {
                    open.push(change);
                    continue;
                }
            };
            let detail = refusal.message.clone();
            let outcome = AttemptOutcome::Refused(refusal);
            results.push((change.id, AttemptResult { outcome, detail }));
        }
        if !results.is_empty() {
            // Nothing is sent: as with a look-up, nothing can be in doubt.
            let members = results.iter().map(|(id, _)| id.clone()).collect();
            let batch = self.begin(Purpose::LookUp, members, None).await?;
            self.note_closed(closed);
            self.finish(&batch.id, results).await?;
        }
        Ok(open)
    }
}

/// What a change is for.
fn slot_of(change: &Change) -> Option<&str> {
    match &change.subject {
        Subject::Document { document, .. } => Some(&document.header().slot),
        Subject::Need(_)
        | Subject::Confirmed { .. }
        | Subject::Amended { .. }
        | Subject::Attached { .. } => None,
    }
}

/// Whether a change takes back, on a later day, what one of these slots holds: it waits with it.
fn takes_back_any(change: &Change, slots: &BTreeSet<&str>) -> bool {
    slot_of(change).and_then(taken_back_slot).is_some_and(|slot| slots.contains(slot))
}

/// Why nothing is sent that stands for something in a dimension that is switched off.
fn switched_off(dimension: &str) -> Refusal {
    Refusal {
        kind: RefusalKind::DimensionOff,
        code: "dimension-off".to_owned(),
        message: format!("the book does not track `{dimension}`, which it stands for something in"),
        hint: format!(
            "switch `{dimension}` on in the book, for each line where it asks: the next sync \
             enters it then; or take it out of the policy"
        ),
    }
}

/// Why nothing is sent that is of another currency, where the book keeps one alone.
fn currencies_off(currency: Currency) -> Refusal {
    Refusal {
        kind: RefusalKind::CurrenciesOff,
        code: "currencies-off".to_owned(),
        message: format!("the book keeps one currency alone, and this is of {currency}"),
        hint: "switch other currencies on in the book, which cannot be taken back there: the next \
               sync enters it then"
            .to_owned(),
    }
}

/// Why nothing is sent whose sales tax the book would not enter as it stands.
fn sales_tax_off(kept: SalesTax, tax: Money) -> Refusal {
    let why = match kept {
        SalesTax::Manual => "works out sales tax by codes that its owner set up",
        SalesTax::Otherwise => "works out sales tax by itself, and its connection says by codes",
        SalesTax::Off | SalesTax::Automated | SalesTax::Coded => "collects no sales tax",
    };
    let hint = match kept {
        SalesTax::Manual => {
            "connect it again with `--sales-tax codes`, or `--sales-tax lines` where each line has \
             a code of its own: the next sync enters it then; or switch automated sales tax on in \
             the book"
        }
        SalesTax::Otherwise => {
            "connect it again with `--sales-tax automated`: the next sync enters it then"
        }
        SalesTax::Off | SalesTax::Automated | SalesTax::Coded => {
            "switch automated sales tax on in the book: the next sync enters it then"
        }
    };
    Refusal {
        kind: RefusalKind::SalesTaxOff,
        code: "sales-tax-off".to_owned(),
        message: format!("the book {why}, and this has {} of it", tax.abs()),
        hint: format!(
            "{hint}; or give taxes an account of your own in the table tax.accounts of the policy, \
             which the book's tax report does not show"
        ),
    }
}

/// Why nothing is sent that is dated in a closed period, or takes back what is.
fn closed_period(date: Date, closed_until: Date) -> Refusal {
    let opens = closed_until.min(date);
    Refusal {
        kind: RefusalKind::PeriodClosed,
        code: "closed-period".to_owned(),
        message: match date > closed_until {
            false => format!("it is dated {date}, and the book is closed until {closed_until}"),
            true => {
                format!(
                    "what it takes back on {date} is dated in what is closed until {closed_until}"
                )
            }
        },
        hint: format!("set the closing date to a day before {opens}: the next sync enters it then"),
    }
}
