//! Orders: what was agreed with a buyer, and what money moved for it.

use super::{Buyer, Conversion, Gateway, MovementFee, OrderedItem, RecordRef};
use crate::money::{Currency, Money};
use crate::text::FactId;
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An order of a shop. Amounts are in the shop's currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The natural key.
    pub id: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// What buyer and shop call it: `#1001`.
    pub name: String,
    /// When the sale happened, as the shop dates it.
    pub processed_at: Timestamp,
    /// When it was called off, if it was.
    pub cancelled_at: Option<Timestamp>,
    /// A rehearsal without real money.
    pub test: bool,
    /// The currency that the shop keeps its books in.
    pub currency: Currency,
    /// Whether list prices contain tax. The amounts of [`SaleLine`] never do.
    pub prices_include_tax: bool,
    /// The point of sale: `web`, `pos`, a marketplace.
    pub origin: String,
    /// The shop's location, where the sale has one.
    pub location: Option<String>,
    /// The currency that the buyer sees prices in, and pays in; none where the channel tells none.
    pub presented_in: Option<Currency>,
    /// The words that the shop put on it.
    pub tags: Vec<String>,
    /// The vendor's id of the buyer, where there is one.
    pub customer: Option<String>,
    /// The buyer's name as it would stand on an invoice.
    pub customer_name: Option<String>,
    /// The same, as rules look at it.
    pub buyer: Buyer,
    /// What was agreed, from the first sale to the last return; each is final once made.
    pub agreements: Vec<Agreement>,
    /// What money moved, or was asked to.
    pub movements: Vec<MoneyMovement>,
    /// Who told it, and how much of it.
    pub telling: Telling,
}

/// Who told an order, and how much of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Telling {
    /// The vendor's interface, all of it.
    Interface,
    /// A file, which may leave things untold.
    File(Vec<Untold>),
}

/// Something that a file does not tell of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Untold {
    /// What is not told: lower case, without a full stop.
    pub what: String,
    /// What to do about it.
    pub hint: String,
    /// Whether the order cannot be entered without it. Otherwise it is entered as far as it is
    /// told, and a person looks at the rest.
    pub holds: bool,
}

/// What an agreement is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AgreementKind {
    /// The sale itself.
    Sale,
    /// A later change of what is bought.
    Edit,
    /// Goods or money go back.
    Refund,
    /// Anything the channel has no word for yet: held.
    Unknown(String),
}

/// One moment at which buyer and shop agreed on lines. Final once made: a change of mind is a
/// further agreement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The vendor's id, unique in the channel.
    pub id: String,
    /// What it is.
    pub kind: AgreementKind,
    /// When it was made. For the sale itself [`Order::processed_at`] counts.
    pub happened_at: Timestamp,
    /// Its lines.
    pub lines: Vec<SaleLine>,
}

/// What a line is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SaleKind {
    /// Goods or services.
    Product,
    /// Carriage charged to the buyer.
    Shipping,
    /// A tip for the staff.
    Tip,
    /// A gift card: a promise, not a sale.
    GiftCard,
    /// Duties or import tax, collected for the customs.
    Duty,
    /// Money without an item: goodwill, or a refund that differs from its lines.
    Adjustment,
    /// Anything else: held, unless the owner said what the vendor's word means.
    Unknown(String),
}

/// A line of an agreement. Positive where the buyer owes more, negative where less.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SaleLine {
    /// The vendor's id, unique in the channel.
    pub id: String,
    /// What it is about.
    pub kind: SaleKind,
    /// Units, signed as the amounts; where the channel counts any.
    pub quantity: Option<i64>,
    /// What was sold, for products and gift cards.
    pub product: Option<Product>,
    /// Where that stands in the shop's assortment.
    pub assortment: Assortment,
    /// The same as one thing that is handed over, where the channel tells such things apart.
    pub item: Option<OrderedItem>,
    /// The price before discount, without tax.
    pub gross: Money,
    /// The discount, without tax: what `gross` exceeds the net price by, with the sign of `gross`.
    pub discount: Money,
    /// The taxes on it, each as the channel worked it out.
    pub taxes: Vec<TaxAmount>,
}

impl SaleLine {
    /// What the line adds to what the buyer owes: gross less discount, plus taxes of every
    /// collector.
    ///
    /// # Errors
    /// Where amounts are of different currencies or too large.
    pub fn total(&self) -> Result<Money, crate::money::MoneyError> {
        let net = self.gross.minus(self.discount)?;
        self.taxes.iter().try_fold(net, |sum, tax| sum.plus(tax.amount))
    }
}

/// What was sold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Product {
    /// The vendor's id of the variant, where it still exists.
    pub id: Option<String>,
    /// The stock-keeping unit, where the shop gave one. Not always unique.
    pub sku: Option<String>,
    /// The name at the time of the sale.
    pub title: String,
}

/// Where a product stands in the shop's assortment, as far as the channel tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assortment {
    /// The kind of product, in the shop's own words: `Mugs`.
    pub product_type: Option<String>,
    /// Who makes or supplies it.
    pub vendor: Option<String>,
}

/// A tax on a line, never recomputed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxAmount {
    /// The tax as the channel names it, which also names the jurisdiction: `CA State Tax`.
    pub title: String,
    /// Percent, where the channel says: `8.25`.
    pub rate: Option<Decimal>,
    /// The amount, signed as the line.
    pub amount: Money,
    /// Who owes it to the state.
    pub collector: Collector,
}

/// Who owes a tax to the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Collector {
    /// The merchant.
    Merchant,
    /// The marketplace (a facilitator, or a deemed supplier).
    Channel,
}

/// What a movement does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MovementKind {
    /// Money is set aside, not yet taken.
    Authorisation,
    /// Money comes in.
    Payment,
    /// Money goes back.
    Refund,
    /// Change is given on a cash payment.
    Change,
    /// An authorisation ends unused.
    Void,
    /// Anything else: held.
    Unknown(String),
}

/// Whether a movement took place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MovementState {
    /// It did.
    Succeeded,
    /// Not yet known.
    Pending,
    /// It did not.
    Failed,
    /// Anything else: held.
    Unknown(String),
}

/// By what a buyer pays.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tender {
    /// Through a gateway, which then owes the money to the merchant.
    Gateway(Gateway),
    /// By a gift card of the shop.
    GiftCard,
    /// By credit that the shop had granted.
    StoreCredit,
}

/// Money that moved, or was asked to, between buyer and shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoneyMovement {
    /// The vendor's id, unique in the channel.
    pub id: String,
    /// What it does.
    pub kind: MovementKind,
    /// Whether it did.
    pub state: MovementState,
    /// By what.
    pub tender: Tender,
    /// When.
    pub processed_at: Timestamp,
    /// How much, always positive, in the shop's currency by the rate of the sale.
    pub amount: Money,
    /// What moved beyond `amount`, or short of it where negative: cash is paid in the coins that
    /// there are.
    pub rounding: Option<Money>,
    /// What it was in other currencies, where any other had a part in it.
    pub conversion: Option<Conversion>,
    /// What the gateway's fee for it is made of, as far as the shop tells it.
    pub fees: Vec<MovementFee>,
    /// A rehearsal without real money.
    pub test: bool,
}
