//! Lists: which entities, in which order, which page.

use super::super::address::Address;
use super::entity::Entity;
use super::fields::{self, Object};
use super::filter::{self, Condition};
use super::kind::Kind;
use super::organisation::Organisation;
use super::refusal::{Checked, Refusal};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

/// How many entities a page has: where nothing is said, and at most.
const PAGE_SIZE: usize = 100;
const PAGE_SIZE_MOST: usize = 1_000;

/// A list as it stands in an answer.
pub(super) struct Listing {
    pub(super) elements: Vec<Value>,
    /// Which page of how many, where a page was asked for.
    pub(super) pagination: Option<Value>,
}

/// What a list is asked for.
struct Wanted {
    condition: Option<Condition>,
    /// The first and the last day, where orders are asked for by days.
    days: (Option<Date>, Option<Date>),
    since: Option<Timestamp>,
    /// Property and the texts that it may have.
    among: Vec<(Vec<String>, Vec<String>)>,
    archived: bool,
    deleted: bool,
    search: Option<String>,
}

impl Organisation {
    /// The entities of a kind that a request asks for.
    pub(super) fn list(
        &self,
        kind: Kind,
        address: &Address,
        since: Option<&str>,
    ) -> Checked<Listing> {
        let page = number(address, "page")?.filter(|_| kind.is_paged());
        let wanted = Wanted::of(kind, address, since)?;
        let found = self.shelf(kind).filter(|entity| wanted.may_have(entity));
        let mut found: Vec<(&Entity, Object)> =
            found.map(|entity| (entity, self.show(entity, true))).collect();
        found.retain(|(_, shown)| wanted.has(shown));
        if let Some(order) = address.parameter("order") {
            sort(&mut found, order, kind)?;
        }
        let count = found.len();
        let brief = address.parameter("summaryOnly") == Some("true");
        let detailed = page.is_some() && !brief;
        let show = |entity: &Entity| Value::Object(self.show(entity, detailed));
        let Some(page) = page else {
            let elements = found.into_iter().map(|(entity, _)| show(entity)).collect();
            return Ok(Listing { elements, pagination: None });
        };
        let size = number(address, "pageSize")?.unwrap_or(PAGE_SIZE);
        if page == 0 || size == 0 || size > PAGE_SIZE_MOST {
            return Err(Refusal::Query("page and pageSize must be within their bounds".to_owned()));
        }
        let before = (page - 1).saturating_mul(size);
        let elements = found.into_iter().skip(before).take(size);
        Ok(Listing {
            elements: elements.map(|(entity, _)| show(entity)).collect(),
            pagination: Some(json!({
                "page": page,
                "pageSize": size,
                "pageCount": count.div_ceil(size),
                "itemCount": count,
            })),
        })
    }
}

impl Wanted {
    fn of(kind: Kind, address: &Address, since: Option<&str>) -> Checked<Self> {
        // Orders are asked for by days and a status, and know no other condition.
        let of_orders = kind == Kind::PurchaseOrder;
        let condition = address.parameter("where").filter(|_| !of_orders);
        let condition = condition.filter(|text| !text.trim().is_empty());
        let day = |name: &str| match address.parameter(name).filter(|_| of_orders) {
            None => Ok(None),
            Some(text) => fields::parse_date(text)
                .map(Some)
                .ok_or_else(|| Refusal::Query(format!("{name} is not a date"))),
        };
        let mut among = Vec::new();
        let lists = [
            ("IDs", kind.id_field().unwrap_or("")),
            ("InvoiceNumbers", "InvoiceNumber"),
            ("ContactIDs", "Contact.ContactID"),
            ("Statuses", "Status"),
            ("Status", if of_orders { "Status" } else { "" }),
        ];
        for (parameter, property) in lists {
            if let Some(texts) = address.parameter(parameter).filter(|_| !property.is_empty()) {
                let texts = texts.split(',').map(|text| text.trim().to_owned()).collect();
                among.push((filter::path(property, kind)?, texts));
            }
        }
        let says = |name: &str| address.parameter(name) == Some("true");
        Ok(Self {
            condition: condition.map(|text| Condition::parse(text, kind)).transpose()?,
            days: (day("DateFrom")?, day("DateTo")?),
            since: since.map(instant).transpose()?,
            among,
            archived: says("includeArchived"),
            deleted: says("includeDeleted"),
            search: address.parameter("searchTerm").map(str::to_lowercase),
        })
    }

    /// What can be said without the entity as it is shown.
    fn may_have(&self, entity: &Entity) -> bool {
        let archived = entity.kind == Kind::Contact && entity.word("ContactStatus") != "ACTIVE";
        let deleted = entity.kind == Kind::BankTransfer && entity.word("Status") == "DELETED";
        let gone = entity.kind == Kind::Account && entity.word("Status") == "DELETED";
        let (from, until) = self.days;
        let is_of_days = entity.date().is_none_or(|date| {
            from.is_none_or(|from| from <= date) && until.is_none_or(|until| date <= until)
        });
        self.since.is_none_or(|since| entity.updated >= since)
            && is_of_days
            && (self.archived || !archived)
            && (self.deleted || !deleted)
            && !gone
    }

    fn has(&self, shown: &Object) -> bool {
        let among = self.among.iter().all(|(path, texts)| match filter::value_at(shown, path) {
            filter::Operand::Text(text) => texts.iter().any(|it| it.eq_ignore_ascii_case(&text)),
            _ => false,
        });
        let found = self.search.as_ref().is_none_or(|search| {
            let names = ["Name", "EmailAddress", "InvoiceNumber", "Reference"];
            let texts = names.iter().filter_map(|name| shown.get(*name)?.as_str());
            texts.map(str::to_lowercase).any(|text| text.contains(search.as_str()))
        });
        among && found && self.condition.as_ref().is_none_or(|condition| condition.holds(shown))
    }
}

fn sort(found: &mut [(&Entity, Object)], order: &str, kind: Kind) -> Checked<()> {
    for part in order.split(',').rev() {
        let mut words = part.split_whitespace();
        let path = filter::path(words.next().unwrap_or(""), kind)?;
        let descends = match words.next() {
            None => false,
            Some(word) if word.eq_ignore_ascii_case("asc") => false,
            Some(word) if word.eq_ignore_ascii_case("desc") => true,
            Some(word) => return Err(Refusal::Query(format!("'{word}' is no direction"))),
        };
        found.sort_by(|(_, left), (_, right)| {
            let order =
                filter::order(&filter::value_at(left, &path), &filter::value_at(right, &path));
            if descends { order.reverse() } else { order }
        });
    }
    Ok(())
}

fn number(address: &Address, name: &str) -> Checked<Option<usize>> {
    let broken = |_| Refusal::Query(format!("{name} is not a number"));
    address.parameter(name).map(|text| text.parse().map_err(broken)).transpose()
}

/// The instant of `If-Modified-Since`: in UTC without saying so, or as the header is in HTTP.
fn instant(text: &str) -> Checked<Timestamp> {
    let plain = text.parse::<DateTime>().ok();
    let plain = plain.and_then(|at| at.to_zoned(TimeZone::UTC).ok()).map(|at| at.timestamp());
    let of_http = || rfc2822::DateTimeParser::new().parse_timestamp(text).ok();
    let broken = || Refusal::Query("If-Modified-Since is not a date".to_owned());
    text.parse().ok().or(plain).or_else(of_http).ok_or_else(broken)
}
