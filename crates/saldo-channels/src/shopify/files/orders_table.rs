//! The export of orders: a row for each line item, with the order's own columns on its first row.

use super::Form;
use super::lines::Lines;
use super::movement::{Payment, must_be_told, set_aside, to_look_at};
use super::share::{Tax, Wrong, spread, spread_taxes, times};
use super::table::{Columns, Row, Table};
use super::tags::tags;
use crate::shopify::read::{Source, gateways};
use crate::shopify::wire::Gid;
use jiff::Timestamp;
use rust_decimal::Decimal;
use saldo_core::accounting;
use saldo_core::channel::{ImportContext, Imported};
use saldo_core::commerce::{
    Agreement, AgreementKind, Assortment, Buyer, Collector, Fact, MoneyMovement, MovementKind,
    MovementState, Order, Product, SaleKind, SaleLine, Telling, Tender, Untold,
};
use saldo_core::issue::Issue;
use saldo_core::money::{Currency, Money};
use std::collections::BTreeSet;

/// The columns without which an order says nothing.
pub(super) const COLUMNS: [&str; 11] = [
    "Name",
    "Financial Status",
    "Created at",
    "Currency",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
];

/// How many taxes an export has columns for.
const TAXES: usize = 5;
/// What to do where the export does not say enough.
const BY_INTERFACE: &str = "connect the shop, or import the order with its transactions and \
                            refunds as Shopify's interface gives it; or enter it by hand";

/// The rows of one order, while they are gathered.
struct Gathered {
    name: String,
    id: String,
    place: String,
    rows: String,
}

/// Takes the orders one by one.
pub(super) fn import(
    table: &Table,
    lines: &mut Lines<'_>,
    context: &ImportContext,
    take: &mut dyn FnMut(Imported),
) -> Result<String, String> {
    let mut seen = BTreeSet::new();
    let mut open: Option<Gathered> = None;
    while let Some(text) = lines.next_row()? {
        if text.trim().is_empty() {
            continue;
        }
        let place = format!("line {}", lines.number());
        let row = Row::of(&table.columns, &text).map_err(|why| format!("{place}: {why}"))?;
        if row.is_empty() {
            continue;
        }
        let name = row.needed("Name").map_err(|why| format!("{place}: {why}"))?;
        let id = row.get("Id");
        match &mut open {
            Some(order) if order.name == name && (id.is_empty() || order.id == id) => {
                order.rows.push_str(&text);
            }
            _ => {
                let (name, id) = (name.to_owned(), id.to_owned());
                let next = Gathered { name, id, place, rows: text };
                if let Some(order) = open.replace(next) {
                    tell(order, table, context, &mut seen, take)?;
                }
            }
        }
    }
    if let Some(order) = open {
        tell(order, table, context, &mut seen, take)?;
    }
    Ok(format!("an export of orders: {} orders", seen.len()))
}

fn tell(
    order: Gathered,
    table: &Table,
    context: &ImportContext,
    seen: &mut BTreeSet<String>,
    take: &mut dyn FnMut(Imported),
) -> Result<(), String> {
    let Gathered { name, id, place, rows } = order;
    let id = match id.is_empty() {
        true => name.clone(),
        false if id.bytes().all(|byte| byte.is_ascii_digit()) => {
            Gid::numbered("Order", &id).whole()
        }
        false => {
            let reason = format!("`Id`: `{id}` is not a number");
            take(Imported::LeftOut { place, reason });
            return Ok(());
        }
    };
    if !seen.insert(id.clone()) {
        return Err(format!("{place}: the rows of order {name} stand in two places of the file"));
    }
    take(Form::OrdersTable.record(context, place, id, table.piece(&rows)));
    Ok(())
}

/// Reads an order.
pub(super) fn read(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let read = || -> Result<Fact, Wrong> {
        let (columns, rows) = Table::of_record(text)?;
        let rows: Result<Vec<Row<'_>>, String> =
            rows.iter().map(|row| Row::of(&columns, row)).collect();
        order(source, &columns, &rows?)
    };
    read().map_err(|wrong| match wrong {
        Wrong::Unreadable(why) => source.faulty(&why),
        Wrong::Differs(why) => source.does_not_add_up(why),
    })
}

fn order(source: &Source, columns: &Columns, rows: &[Row<'_>]) -> Result<Fact, Wrong> {
    let head = rows.first().ok_or("it has no row")?;
    let name = head.needed("Name")?;
    let number = head.filled("Id").filter(|_| columns.has("Id"));
    let id = match number {
        Some(number) => source.key(&format!("Order/{number}")),
        None => accounting::order_by_name(&source.reference.connection, name),
    };
    let number = number.unwrap_or(name);
    let key = id.as_str().split_once('/').map_or("", |(_, key)| key).to_owned();
    let sums = Sums::of(head)?;
    let created_at = head.time("Created at")?.ok_or("`Created at` is empty")?;
    let cancelled_at = head.time("Cancelled at")?;
    let inclusive = sums.inclusive()?;
    let agreement = Agreement {
        id: format!("OrdersTable/{number}"),
        kind: AgreementKind::Sale,
        happened_at: created_at,
        lines: lines(&key, head, rows, &sums, inclusive)?,
    };
    let (movements, untold) = money(&key, head, &sums, created_at, cancelled_at)?;
    let paid_by_test = head.get("Payment Method").eq_ignore_ascii_case("bogus");
    Ok(Fact::Order(Box::new(Order {
        id,
        source: source.reference.clone(),
        name: name.to_owned(),
        processed_at: created_at,
        cancelled_at,
        test: paid_by_test,
        currency: sums.currency,
        prices_include_tax: inclusive,
        origin: head.filled("Source").unwrap_or("unknown").to_owned(),
        location: None,
        presented_in: None,
        tags: tags(head.get("Tags")),
        customer: None,
        customer_name: head.filled("Billing Name").map(str::to_owned),
        buyer: buyer(head),
        agreements: vec![agreement],
        movements,
        telling: Telling::File(untold),
    })))
}

/// The countries that goods and bill go to, and the place there. Exports put an apostrophe before
/// postal codes, so that spreadsheets leave them as they are.
fn buyer(head: &Row<'_>) -> Buyer {
    let filled = |column| head.filled(column).map(str::to_owned);
    let ships_to = filled("Shipping Country");
    let country = ships_to.clone().or_else(|| filled("Billing Country"));
    let postal_code = filled("Shipping Zip").map(|code| code.trim_start_matches('\'').to_owned());
    Buyer {
        country,
        ships_to,
        region: filled("Shipping Province"),
        postal_code,
        ..Buyer::default()
    }
}

/// What the export says of the whole order.
struct Sums {
    currency: Currency,
    subtotal: Money,
    shipping: Money,
    taxes: Money,
    total: Money,
    duties: Money,
    discount: Money,
}

impl Sums {
    fn of(head: &Row<'_>) -> Result<Self, Wrong> {
        let currency = head.currency()?;
        // An order's first row has these sums, if only to say that there is nothing of it.
        for name in ["Subtotal", "Shipping", "Taxes", "Total"] {
            head.needed(name)?;
        }
        let sum = |name: &str| -> Result<Money, Wrong> {
            let amount = head.money(name, currency)?;
            match amount.is_negative() {
                true => Err(Wrong::Differs(format!("its `{name}` is {amount}"))),
                false => Ok(amount),
            }
        };
        Ok(Self {
            currency,
            subtotal: sum("Subtotal")?,
            shipping: sum("Shipping")?,
            taxes: sum("Taxes")?,
            total: sum("Total")?,
            duties: sum("Duties")?,
            discount: sum("Discount Amount")?,
        })
    }

    /// Whether prices contain tax: no column says so, but the sums do.
    fn inclusive(&self) -> Result<bool, Wrong> {
        let without = self.subtotal.plus(self.shipping)?.plus(self.duties)?;
        if without.plus(self.taxes)? == self.total {
            return Ok(false);
        }
        if without == self.total {
            return Ok(true);
        }
        Err(Wrong::Differs(format!(
            "its subtotal of {}, shipping of {}, duties of {} and taxes of {} do not come to its \
             total of {}, with the taxes or without",
            self.subtotal, self.shipping, self.duties, self.taxes, self.total
        )))
    }
}

/// A line item as its row says.
struct Item {
    title: String,
    sku: Option<String>,
    vendor: Option<String>,
    quantity: i64,
    taxed: bool,
    gross: Money,
    discount: Money,
}

impl Item {
    fn of(row: &Row<'_>, currency: Currency) -> Result<Self, Wrong> {
        let quantity = row.needed("Lineitem quantity")?;
        let unreadable = || format!("`Lineitem quantity`: `{quantity}` is not a whole number");
        let quantity: i64 = quantity.parse().map_err(|_| unreadable())?;
        row.needed("Lineitem price")?;
        Ok(Self {
            title: row.get("Lineitem name").to_owned(),
            sku: row.filled("Lineitem sku").map(str::to_owned),
            vendor: row.filled("Vendor").map(str::to_owned),
            quantity,
            taxed: !row.get("Lineitem taxable").eq_ignore_ascii_case("false"),
            gross: times(row.money("Lineitem price", currency)?, quantity)?,
            discount: row.money("Lineitem discount", currency)?,
        })
    }

    fn net(&self) -> Result<Money, Wrong> {
        Ok(self.gross.minus(self.discount)?)
    }
}

fn lines(
    key: &str,
    head: &Row<'_>,
    rows: &[Row<'_>],
    sums: &Sums,
    inclusive: bool,
) -> Result<Vec<SaleLine>, Wrong> {
    let of_item = ["Lineitem price", "Lineitem quantity", "Lineitem name"];
    let with_item =
        rows.iter().filter(|row| of_item.into_iter().any(|name| row.filled(name).is_some()));
    let items: Result<Vec<Item>, Wrong> =
        with_item.map(|row| Item::of(row, sums.currency)).collect();
    let mut items = items?;
    share_discount(&mut items, sums)?;
    let mut weights = Vec::new();
    for item in &items {
        weights.push(if item.taxed { item.net()? } else { Money::zero(sums.currency) });
    }
    // Carriage bears tax only where no item does: the export does not say whether it was taxed.
    weights.push(Money::zero(sums.currency));
    let mut taxes = spread_taxes(taxes(head, sums)?, &weights).into_iter();
    let mut lines = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        lines.push(SaleLine {
            id: format!("{key}/{}", index + 1),
            kind: SaleKind::Product,
            quantity: Some(item.quantity),
            product: Some(Product { id: None, sku: item.sku, title: item.title }),
            assortment: Assortment { product_type: None, vendor: item.vendor },
            item: None,
            gross: item.gross,
            discount: item.discount,
            taxes: taxes.next().unwrap_or_default(),
        });
    }
    lines.push(SaleLine {
        id: format!("{key}/shipping"),
        kind: SaleKind::Shipping,
        quantity: None,
        product: None,
        assortment: Assortment::default(),
        item: None,
        gross: sums.shipping,
        discount: Money::zero(sums.currency),
        taxes: taxes.next().unwrap_or_default(),
    });
    if inclusive {
        for line in &mut lines {
            let tax = Money::sum(sums.currency, line.taxes.iter().map(|tax| tax.amount))?;
            line.gross = line.gross.minus(tax)?;
        }
    }
    lines.retain(|line| line.kind != SaleKind::Shipping || !line.gross.is_zero() || taxed(line));
    if !sums.duties.is_zero() {
        lines.push(SaleLine {
            id: format!("{key}/duties"),
            kind: SaleKind::Duty,
            quantity: None,
            product: None,
            assortment: Assortment::default(),
            item: None,
            gross: sums.duties,
            discount: Money::zero(sums.currency),
            taxes: Vec::new(),
        });
    }
    Ok(lines)
}

fn taxed(line: &SaleLine) -> bool {
    !line.taxes.is_empty()
}

/// Shares over the lines what the subtotal lacks and their own discounts do not explain.
fn share_discount(items: &mut [Item], sums: &Sums) -> Result<(), Wrong> {
    let gross = Money::sum(sums.currency, items.iter().map(|item| item.gross))?;
    let own = Money::sum(sums.currency, items.iter().map(|item| item.discount))?;
    let wanted = gross.minus(sums.subtotal)?;
    let rest = wanted.minus(own)?;
    if rest.is_negative() || wanted > sums.discount.plus(own)? {
        return Err(Wrong::Differs(format!(
            "its lines come to {gross} and its subtotal to {}: its discounts of {own} on lines and \
             {} on the order do not explain the difference",
            sums.subtotal, sums.discount
        )));
    }
    let nets: Result<Vec<Money>, Wrong> = items.iter().map(Item::net).collect();
    for (item, share) in items.iter_mut().zip(spread(rest, &nets?)) {
        item.discount = item.discount.plus(share)?;
    }
    Ok(())
}

/// The taxes by their columns, which must come to the order's.
fn taxes(head: &Row<'_>, sums: &Sums) -> Result<Vec<Tax>, Wrong> {
    let mut taxes = Vec::new();
    for number in 1..=TAXES {
        let column = format!("Tax {number} Value");
        let amount = head.money(&column, sums.currency)?;
        if amount.is_negative() {
            return Err(Wrong::Differs(format!("its `{column}` is {amount}")));
        }
        if !amount.is_zero() {
            let (title, rate) = title_and_rate(head.get(&format!("Tax {number} Name")));
            taxes.push(Tax { title, rate, amount, collector: Collector::Merchant });
        }
    }
    if taxes.is_empty() && !sums.taxes.is_zero() {
        let (title, rate) = title_and_rate("");
        taxes.push(Tax { title, rate, amount: sums.taxes, collector: Collector::Merchant });
    }
    let sum = Money::sum(sums.currency, taxes.iter().map(|tax| tax.amount))?;
    match sum == sums.taxes {
        true => Ok(taxes),
        false => {
            let told = sums.taxes;
            Err(Wrong::Differs(format!("its taxes sum to {sum}, but its `Taxes` are {told}")))
        }
    }
}

/// `CA State Tax 7.25%` is a title and a rate.
fn title_and_rate(name: &str) -> (String, Option<Decimal>) {
    if name.is_empty() {
        return ("Tax".to_owned(), None);
    }
    let rated = name.strip_suffix('%').and_then(|name| {
        let (title, rate) = name.rsplit_once(' ')?;
        let rate = Decimal::from_str_exact(rate).ok()?;
        (!title.trim().is_empty()).then(|| (title.trim().to_owned(), Some(rate.normalize())))
    });
    rated.unwrap_or_else(|| (name.to_owned(), None))
}

/// The payments that the export lets know, and what it leaves untold.
fn money(
    key: &str,
    head: &Row<'_>,
    sums: &Sums,
    created_at: Timestamp,
    cancelled_at: Option<Timestamp>,
) -> Result<(Vec<MoneyMovement>, Vec<Untold>), Wrong> {
    let mut untold = Vec::new();
    let mut movements = Vec::new();
    let method = head.get("Payment Method");
    let status = head.get("Financial Status");
    let total = sums.total;
    match Payment::of(status) {
        Payment::Open if cancelled_at.is_some() => {
            let what = "it was cancelled, and the export does not say what was taken back";
            untold.push(must_be_told(what.to_owned(), BY_INTERFACE));
        }
        Payment::Open => {}
        Payment::SetAside => {
            movements = set_aside(key, total, &tender(method), created_at, cancelled_at);
        }
        Payment::LetGo => {
            let let_go = Some(cancelled_at.unwrap_or(created_at));
            movements = set_aside(key, total, &tender(method), created_at, let_go);
        }
        Payment::Taken => {
            let outstanding = head.money("Outstanding Balance", sums.currency)?;
            if status.eq_ignore_ascii_case("paid") && outstanding.is_positive() {
                return Err(Wrong::Differs(format!(
                    "it is `{status}`, but its `Outstanding Balance` is {outstanding}"
                )));
            }
            pay(key, head, total, &mut movements, &mut untold)?;
        }
        Payment::TakenInPart if head.filled("Outstanding Balance").is_none() => {
            let what = "it was paid in part, and the export does not say how much is outstanding";
            untold.push(must_be_told(what.to_owned(), BY_INTERFACE));
        }
        Payment::TakenInPart => {
            let outstanding = head.money("Outstanding Balance", sums.currency)?;
            let paid = total.minus(outstanding)?;
            if !outstanding.is_positive() || !paid.is_positive() {
                return Err(Wrong::Differs(format!(
                    "it is `{status}`, but of its total of {total} {outstanding} are outstanding"
                )));
            }
            pay(key, head, paid, &mut movements, &mut untold)?;
        }
        Payment::Unknown => {
            let what = format!("`Financial Status` is the unknown word `{status}`");
            untold.push(must_be_told(what, BY_INTERFACE));
        }
    }
    let refunded = head.money("Refunded Amount", sums.currency)?;
    if !refunded.is_zero() {
        let what = format!("{refunded} were refunded; the export does not say when, or for what");
        untold.push(to_look_at(what, BY_INTERFACE));
    } else if cancelled_at.is_some() && !movements.is_empty() {
        let what = "it was cancelled; the export does not say what was taken back";
        untold.push(to_look_at(what.to_owned(), BY_INTERFACE));
    }
    Ok((movements, untold))
}

/// One payment, where the export says when and by what.
fn pay(
    key: &str,
    head: &Row<'_>,
    amount: Money,
    movements: &mut Vec<MoneyMovement>,
    untold: &mut Vec<Untold>,
) -> Result<(), Wrong> {
    if amount.is_zero() {
        return Ok(());
    }
    let method = head.get("Payment Method");
    if method.is_empty() || method.contains(" + ") {
        let what = match method.is_empty() {
            true => "it was paid, and the export does not say by what".to_owned(),
            false => {
                format!("it was paid by {method}, and the export does not say how much by each")
            }
        };
        untold.push(must_be_told(what, BY_INTERFACE));
        return Ok(());
    }
    let Some(paid_at) = head.time("Paid at")? else {
        let what = "it was paid, and the export does not say when".to_owned();
        untold.push(must_be_told(what, BY_INTERFACE));
        return Ok(());
    };
    movements.push(MoneyMovement {
        id: format!("{key}/paid"),
        kind: MovementKind::Payment,
        state: MovementState::Succeeded,
        tender: tender(method),
        processed_at: paid_at,
        amount,
        rounding: None,
        conversion: None,
        fees: Vec::new(),
        test: false,
    });
    Ok(())
}

/// The tender that the export calls so: by a gateway's id, or by its name as people know it.
fn tender(method: &str) -> Tender {
    let plain = |text: &str| text.to_lowercase().replace([' ', '-'], "_");
    let wanted = plain(method);
    match wanted.as_str() {
        "gift_card" => return Tender::GiftCard,
        "store_credit" | "shopify_store_credit" => return Tender::StoreCredit,
        _ => {}
    }
    let known = gateways()
        .into_iter()
        .find(|known| plain(known.id.as_str()) == wanted || plain(&known.name) == wanted);
    Tender::Gateway(known.unwrap_or_else(|| match wanted.as_str() {
        "paypal_express_checkout" => crate::shopify::read::gateway("paypal", None),
        _ => crate::shopify::read::gateway(method, None),
    }))
}
