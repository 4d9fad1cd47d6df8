//! What is sold, to whom, where, and how it is taxed.

use super::chance::Chance;
use super::order::Minor;

/// Something that the shop sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// The name.
    pub title: String,
    /// The stock-keeping unit. Some products have none, and two share one.
    pub sku: Option<String>,
    /// The list price without tax.
    pub price: Minor,
    /// What a unit costs the merchant today.
    pub cost: Minor,
    /// Whether it is a gift card: a promise, never taxed, never discounted.
    pub gift_card: bool,
    /// What kind of thing it is, in the merchant's words.
    pub product_type: &'static str,
    /// Who makes it.
    pub vendor: &'static str,
}

/// Somebody who buys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Customer {
    /// The given name; empty for a company.
    pub first_name: &'static str,
    /// The family name, or the name of a company.
    pub last_name: &'static str,
    /// Whether it is a company, which may buy on terms.
    pub company: bool,
    /// The words that the shop put on them.
    pub tags: &'static [&'static str],
}

/// A tax that one jurisdiction levies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levy {
    /// The name that stands on the receipt.
    pub title: &'static str,
    /// The rate in millionths of the net price.
    pub parts_per_million: u32,
}

/// A place that goods are sent to: its levies, at most two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TaxArea {
    /// The levies.
    pub levies: &'static [Levy],
    /// Its state and a postal code of it.
    pub place: (&'static str, &'static str),
}

/// A place where nothing is levied.
pub(super) const UNTAXED_AREA: TaxArea = TaxArea { levies: &[], place: ("OR", "97205") };

/// The places that the shop sells to.
pub const TAX_AREAS: [TaxArea; 5] = [
    TaxArea {
        levies: &[Levy { title: "CA State Tax", parts_per_million: 82_500 }],
        place: ("CA", "94110-2315"),
    },
    TaxArea {
        levies: &[
            Levy { title: "New York State Tax", parts_per_million: 40_000 },
            Levy { title: "New York City Tax", parts_per_million: 45_000 },
        ],
        place: ("NY", "10012"),
    },
    TaxArea {
        levies: &[
            Levy { title: "Texas State Tax", parts_per_million: 62_500 },
            Levy { title: "Austin City Tax", parts_per_million: 20_000 },
        ],
        place: ("TX", "78701"),
    },
    TaxArea {
        levies: &[Levy { title: "New Jersey State Tax", parts_per_million: 66_250 }],
        place: ("NJ", "07302"),
    },
    UNTAXED_AREA,
];

/// The area of the shop's own counter.
pub const COUNTER_AREA: usize = 1;

const ADJECTIVES: [&str; 8] =
    ["Linen", "Merino", "Oak", "Brass", "Indigo", "Recycled", "Everyday", "Quiet"];
const NOUNS: [&str; 6] = ["Shirt", "Mug", "Lamp", "Notebook", "Blanket", "Tote"];
/// The kind of each noun.
const TYPES: [&str; 6] =
    ["Apparel", "Tableware", "Lighting", "Stationery", "Home textiles", "Apparel"];
/// The makers, each of every third product.
const VENDORS: [&str; 3] = ["Demo Goods", "Northern Mill", "Studio Vega"];
const FIRST_NAMES: [&str; 10] =
    ["Ada", "Bruno", "Chiara", "Dmitri", "Esra", "Finn", "Grace", "Hana", "Idris", "Jöran"];
const LAST_NAMES: [&str; 10] = [
    "Okafor",
    "Lindqvist",
    "O'Brien",
    "Nowak",
    "Castillo",
    "Yılmaz",
    "Suzuki",
    "Meyer",
    "Dubois",
    "Haddad",
];
const COMPANIES: [&str; 5] =
    ["Harbor Hotels LLC", "Smith & Daughters", "Nine Elms Café", "Kite Studio, Inc.", "Plumb"];

/// The number of products that are goods; gift cards stand after them.
pub(crate) const GOODS: usize = ADJECTIVES.len() * NOUNS.len();

/// Makes the products: goods first, then three gift cards.
pub(super) fn products(chance: &mut Chance) -> Vec<Product> {
    let mut all = Vec::new();
    for (noun, product_type) in NOUNS.into_iter().zip(TYPES) {
        for adjective in ADJECTIVES {
            let number = all.len();
            let price = chance.between(4, 149) * 100 + if chance.per_mille(500) { 99 } else { 50 };
            let sku = match number {
                // The trap of the trade: one SKU on two products, and products without any.
                9 => Some("SKU-008".to_owned()),
                13 | 29 => None,
                _ => Some(format!("SKU-{number:03}")),
            };
            let title = format!("{adjective} {noun}");
            let cost = price * chance.between(25, 60) / 100;
            let vendor = VENDORS.get(number % VENDORS.len()).copied().unwrap_or(VENDORS[0]);
            let gift_card = false;
            all.push(Product { title, sku, price, cost, gift_card, product_type, vendor });
        }
    }
    for value in [2_500, 5_000, 10_000] {
        let title = format!("Gift Card {}", value / 100);
        all.push(Product {
            title,
            sku: None,
            price: value,
            cost: 0,
            gift_card: true,
            product_type: "Gift Cards",
            vendor: VENDORS[0],
        });
    }
    all
}

/// Makes the customers: companies first, then people.
pub(super) fn customers(orders: u32, chance: &mut Chance) -> Vec<Customer> {
    let companies = COMPANIES.map(|name| Customer {
        first_name: "",
        last_name: name,
        company: true,
        tags: &["trade"],
    });
    let people = (0..orders / 3 + 10).map(|_| Customer {
        first_name: FIRST_NAMES.get(chance.place(FIRST_NAMES.len())).copied().unwrap_or("Ada"),
        last_name: LAST_NAMES.get(chance.place(LAST_NAMES.len())).copied().unwrap_or("Meyer"),
        company: false,
        tags: &[],
    });
    companies.into_iter().chain(people).collect()
}

/// How many of the customers are companies.
pub(super) const COMPANY_COUNT: usize = COMPANIES.len();
