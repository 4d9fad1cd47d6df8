//! What an answer means: records, and where the pull stands now.

mod bulk;
mod costs;
mod drawers;
mod gift_cards;
mod goods;
mod orders;
mod orders_of_days;
mod payments;
mod sales_of_days;
mod sweep;

use super::Flow;
use super::ask::{COMPANY_CREDIT_SWEPT, ON_HAND_SWEPT, STORE_CREDIT_SWEPT};
use super::budget::{Question, fitting};
use super::cursor::{Rest, Saved};
use super::envelope::{Opened, data, open, over_http};
use super::read::stated::REFUSED;
use jiff::Timestamp;
use saldo_core::channel::{ChannelContext, Cursor, Page};
use saldo_core::commerce::Record;
use saldo_core::exchange::{Answer, Fault, Introduction, Permit};
use saldo_core::money::Currency;
use saldo_core::text::Stream;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What an answer means in a stream.
pub(super) fn hear(
    flow: Flow,
    stream: &Stream,
    cursor: Option<&Cursor>,
    answer: &Answer,
    context: &ChannelContext,
) -> Result<Page, Fault> {
    let hearing = Hearing { stream, answer, context };
    match flow {
        Flow::Payouts => payments::hear_payouts(Saved::load(cursor)?, hearing),
        Flow::Disputes => payments::hear_disputes(Saved::load(cursor)?, hearing),
        Flow::BalanceTransactions => payments::hear_rows(Saved::load(cursor)?, hearing),
        Flow::Orders => orders::hear(Saved::load(cursor)?, hearing),
        Flow::Goods => goods::hear(Saved::load(cursor)?, hearing),
        Flow::Costs => costs::hear(Saved::load(cursor)?, hearing),
        Flow::OrdersOfDays => orders_of_days::hear(Saved::load(cursor)?, hearing),
        Flow::SalesOfDays => sales_of_days::hear(Saved::load(cursor)?, hearing),
        Flow::OnHand => sweep::hear(&ON_HAND_SWEPT, Saved::load(cursor)?, hearing),
        Flow::StoreCredit => sweep::hear(&STORE_CREDIT_SWEPT, Saved::load(cursor)?, hearing),
        Flow::CompanyCredit => sweep::hear(&COMPANY_CREDIT_SWEPT, Saved::load(cursor)?, hearing),
        Flow::Drawers => drawers::hear(Saved::load(cursor)?, hearing),
        Flow::GiftCards => gift_cards::hear(Saved::load(cursor)?, hearing),
    }
}

/// What the shop calls itself, and the currency of its prices.
pub(super) fn introduction(answer: &Answer) -> Result<Introduction, Fault> {
    #[derive(Deserialize)]
    struct Data {
        shop: Shop,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Shop {
        name: String,
        currency_code: String,
    }
    let answer = over_http(answer)?;
    let Opened::Data(said, _) = open(Question::Shop, answer)? else {
        return Err(Fault::unexpected("Shopify"));
    };
    let Data { shop } = data(Question::Shop, said)?;
    let currency = Currency::parse(&shop.currency_code)
        .map_err(|error| Fault::new(Permit::Never, format!("the shop's currency: {error}")))?;
    Ok(Introduction { name: shop.name, currency: Some(currency) })
}

/// An answer, and where it is heard.
#[derive(Clone, Copy)]
struct Hearing<'a> {
    stream: &'a Stream,
    answer: &'a Answer,
    context: &'a ChannelContext,
}

impl Hearing<'_> {
    /// When a window that this answer is the first of began: now, or when the vendor answered, by
    /// its own clock, where ours is ahead. What happens after that is not in the answer.
    fn began(&self) -> Timestamp {
        let now = self.context.now;
        match self.answer {
            Answer::Http(answer) => answer.made_at().map_or(now, |made_at| made_at.min(now)),
            _ => now,
        }
    }

    /// A stream of which nothing could be heard: all of it is asked for in the next pull.
    const fn unheard(&self) -> Rest {
        Rest { heard_until: None, finished_at: Some(self.context.now) }
    }

    /// A record of verbatim bytes.
    fn record(&self, id: &str, bytes: &str) -> Record {
        Record {
            connection: self.context.connection.clone(),
            stream: self.stream.clone(),
            id: id.to_owned(),
            fetched_at: self.context.now,
            bytes: bytes.as_bytes().to_vec(),
        }
    }
}

/// A page before the end of its stream.
fn page<State>(records: Vec<Record>, saved: &Saved<State>) -> Result<Page, Fault>
where
    State: Default + Serialize + DeserializeOwned,
{
    Ok(Page { records, cursor: saved.store()?, reached: None })
}

/// The data of an answer to a question that cannot be made smaller, its cost remembered.
fn affordable<'a, State, T: Deserialize<'a>>(
    saved: &mut Saved<State>,
    question: Question,
    hearing: Hearing<'a>,
) -> Result<T, Fault> {
    match open(question, over_http(hearing.answer)?)? {
        Opened::TooDear => Err(too_dear(question)),
        Opened::Data(raw, cost) => {
            saved.budget.learn(question, cost, hearing.context.now);
            data(question, raw)
        }
    }
}

/// A question that cannot be made smaller costs too much.
fn too_dear(question: Question) -> Fault {
    let message = format!("asking for {} exceeds the cost limit", question.title());
    Fault::new(Permit::Never, message)
}

/// What an answer to a question for several things at once holds.
enum Listed<'a> {
    /// The data.
    Data(&'a RawValue),
    /// Nothing: so many at once are too dear.
    TooDear,
    /// Nothing: the app may not read them.
    Denied,
}

/// Opens an answer to a question for several things at once, and fits their number to its cost.
fn listed<'a, State>(
    saved: &mut Saved<State>,
    size: fn(&mut State) -> &mut u32,
    (question, largest): (Question, u32),
    hearing: Hearing<'a>,
) -> Result<Listed<'a>, Fault> {
    let page = size(&mut saved.state);
    let asked = *page;
    let (raw, cost) = match open(question, over_http(hearing.answer)?) {
        Ok(Opened::TooDear) => {
            *page = halved(asked, question.title())?;
            return Ok(Listed::TooDear);
        }
        Ok(Opened::Data(raw, cost)) => (raw, cost),
        Err(fault) if fault.permits == Permit::LogIn => return Ok(Listed::Denied),
        Err(fault) => return Err(fault),
    };
    let fits = fitting(asked, cost, largest);
    *page = fits;
    saved.budget.learn(question, cost, hearing.context.now);
    saved.budget.rescale(question, asked, fits);
    Ok(Listed::Data(raw))
}

/// The end of a stream that may not be read: the answer that says so is its record, and everything
/// else goes on.
fn refused_by<State>(saved: &Saved<State>, hearing: Hearing<'_>) -> Result<Page, Fault>
where
    State: Default + Serialize + DeserializeOwned,
{
    let said = String::from_utf8_lossy(&over_http(hearing.answer)?.body);
    let records = vec![hearing.record(REFUSED, &said)];
    Ok(Page { records, cursor: saved.store()?, reached: None })
}

/// Half of a page size.
///
/// # Errors
/// Where a page of one is still too dear: nothing can be asked.
fn halved(size: u32, what: &str) -> Result<u32, Fault> {
    if size <= 1 {
        let message = format!("asking for {what} one at a time still exceeds the cost limit");
        return Err(Fault::new(Permit::Never, message));
    }
    Ok(size / 2)
}
