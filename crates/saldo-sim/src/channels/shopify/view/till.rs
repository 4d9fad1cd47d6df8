//! Sessions of the counter's cash drawer.

use super::order::Location;
use super::{Scene, Shown, flag, null, object, optional_text, text};
use crate::channels::shopify::search::Facet;
use crate::world::{TillMove, TillSession};
use apollo_compiler::response::JsonMap;

/// The fields that sessions can be searched by.
pub(super) const TILL_FILTERS: [&str; 4] = ["closing_time", "id", "opening_time", "status"];

/// A session as of now: one that is open has neither a count nor what follows from one.
#[derive(Clone, Copy)]
pub(super) struct Session<'w> {
    scene: &'w Scene<'w>,
    session: &'w TillSession,
}

/// The sessions that were opened until now.
pub(super) fn all<'w>(scene: &'w Scene<'w>) -> impl Iterator<Item = Session<'w>> {
    let opened = scene.world.till_sessions.iter().take_while(|it| it.opened_at <= scene.now);
    opened.map(move |session| Session { scene, session })
}

impl<'w> Session<'w> {
    /// The number in its id.
    pub(super) const fn id(&self) -> u64 {
        self.session.id
    }

    fn is_closed(&self) -> bool {
        self.session.closed_at <= self.scene.now
    }

    /// What a list of sessions is sorted by.
    pub(super) fn sorted_by(&self, key: &str) -> i64 {
        match key {
            "OPENING_TIME_ASC" => self.session.opened_at.as_second(),
            "CLOSING_TIME_ASC" => self.session.closed_at.as_second(),
            _ => 0,
        }
    }

    /// What a search finds.
    pub(super) fn facet(&self, field: &str) -> Facet {
        match field {
            "id" => Facet::Id(self.id()),
            "opening_time" => Facet::Time(self.session.opened_at),
            "closing_time" if self.is_closed() => Facet::Time(self.session.closed_at),
            "status" => Facet::Text(if self.is_closed() { "closed" } else { "open" }.to_owned()),
            _ => Facet::Absent,
        }
    }

    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let Self { scene, session } = *self;
        match field {
            "id" => text(Scene::gid("CashTrackingSession", session.id)),
            "registerName" => text("Register 1"),
            "cashTrackingEnabled" => flag(true),
            "location" => scene.object(Location::counter(scene)),
            "openingTime" => text(session.opened_at),
            "openingNote" | "closingNote" => null(),
            "expectedOpeningBalance" => scene.money(session.left_before),
            "openingBalance" => scene.money(session.float),
            "netCashSales" => scene.money(session.sales - session.refunds),
            "totalCashSales" => scene.money(session.sales),
            "totalCashRefunds" => scene.money(session.refunds),
            "totalAdjustments" => scene.money(session.moved()),
            "expectedBalance" => scene.money(session.expected()),
            "adjustments" => {
                let happened = session.moves.iter().filter(|it| it.at <= scene.now);
                let all = happened.map(|moved| (0, moved.id, Moved { scene, moved })).collect();
                let names = ("CashTrackingAdjustmentConnection", "CashTrackingAdjustmentEdge");
                scene.connection(names, arguments, all, false)
            }
            "closingTime" => optional_text(self.is_closed().then_some(session.closed_at)),
            "expectedClosingBalance" | "closingBalance" | "totalDiscrepancy"
                if !self.is_closed() =>
            {
                null()
            }
            "expectedClosingBalance" => scene.money(session.expected()),
            "closingBalance" => scene.money(session.counted),
            "totalDiscrepancy" => scene.money(session.discrepancy()),
            _ => None,
        }
    }
}
object!(Session<'_>, |_| "CashTrackingSession");

/// Money that was put into the drawer or taken out of it.
#[derive(Clone, Copy)]
struct Moved<'w> {
    scene: &'w Scene<'w>,
    moved: &'w TillMove,
}

impl<'w> Moved<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "id" => text(Scene::gid("CashTrackingAdjustment", self.moved.id)),
            "time" => text(self.moved.at),
            "note" => text(self.moved.note),
            "cash" => self.scene.money(self.moved.amount),
            _ => None,
        }
    }
}
object!(Moved<'_>, |_| "CashTrackingAdjustment");
