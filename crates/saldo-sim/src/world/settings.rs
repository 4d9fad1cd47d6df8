//! What decides a world.

use jiff::Timestamp;
use jiff::civil::{Date, date};

/// What decides a world: the same settings make the same history, to the cent and the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorldSettings {
    /// Where all chance comes from.
    pub seed: u64,
    /// How many orders there are. Every kind of story is told once from about 200 orders on.
    pub orders: u32,
    /// Over how many days. Every event of the gateway's ledger happens from about 30 days on.
    pub days: u32,
    /// The first day, in the shop's own time zone.
    pub begins: Date,
    /// The shop's time zone, by its name in the IANA database.
    pub timezone: String,
    /// The currency of the shop and its payouts, by its ISO 4217 code.
    pub currency: String,
    /// The shop's name, as it stands in its address.
    pub shop: String,
    /// What the owner takes from a gift card by hand, and when: no order tells of it. Negative
    /// where it is given.
    pub taken_by_hand: Option<(Timestamp, i64)>,
    /// What is on a gift card that the owner gives away, and when: no order tells of it.
    pub given_away: Option<(Timestamp, i64)>,
    /// Credit that the owner grants the first buyer who is no company by hand, and when: no order
    /// tells of it.
    pub granted_by_hand: Option<(Timestamp, i64)>,
    /// The same for the first company.
    pub granted_to_company: Option<(Timestamp, i64)>,
    /// Units that are gone from the warehouse, as somebody finds out who counts: nobody sold them.
    pub lost_unseen: Option<Lost>,
    /// Whether the counter's drawer is counted, so that the shop tells its sessions.
    pub counts_drawer: bool,
    /// Whether the card gateway's fees contain a tax of a tenth of what they are without it.
    pub taxed_fees: bool,
}

/// Units of a product that are gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// When the shop notes it.
    pub at: Timestamp,
    /// Which product, by its place in the catalogue: goods.
    pub product: usize,
    /// How many.
    pub units: i64,
}

impl Default for WorldSettings {
    fn default() -> Self {
        Self {
            seed: 1,
            orders: 2_000,
            days: 60,
            begins: date(2026, 8, 3),
            timezone: "America/New_York".to_owned(),
            currency: "USD".to_owned(),
            shop: "demo".to_owned(),
            taken_by_hand: None,
            given_away: None,
            granted_by_hand: None,
            granted_to_company: None,
            lost_unseen: None,
            counts_drawer: false,
            taxed_fees: false,
        }
    }
}
