//! The codes of sales tax that the company's owner set up: how a connection says that documents
//! name them, how they are read, and which of them a tax is.

use super::chart;
use super::wire::{Entity, ListEntity, TaxRateList};
use crate::json;
use rust_decimal::Decimal;
use saldo_core::book::{BookContext, CodedRate, Need, TaxCode, TaxRate};
use saldo_core::exchange::Fault;
use saldo_core::text::RemoteId;
use serde_json::Value;
use std::collections::BTreeMap;

/// The connection's setting that says how the company comes to sales tax.
const SETTING: &str = "sales-tax";
/// The tax, by the name in the settings, of income that is sold without tax.
const UNTAXED: &str = "untaxed";
/// The tax, by the name in the settings, of what is no sale: gift cards, money on other accounts.
const NO_SALE: &str = "no sale";

/// What documents say of sales tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// How much it is, and where goods went to: the vendor's automated sales tax spreads it over
    /// its own rates of that place.
    HowMuch,
    /// How much it is, as if all were sold at the company's own place: it has set up no tax of
    /// others there.
    HowMuchAtHome,
    /// Which code holds for a whole form, as in companies in the United States that have codes of
    /// their own.
    CodeOfForm,
    /// Which code each line has, as in companies of all other countries.
    CodeOfLines,
}

impl Says {
    /// What the settings of a connection say.
    ///
    /// # Errors
    /// In words, where they say what has no sense.
    pub(super) fn read(settings: &BTreeMap<String, String>) -> Result<Self, String> {
        match settings.get(SETTING).map(String::as_str) {
            None | Some("automated") => Ok(Self::HowMuch),
            Some("automated-at-home") => Ok(Self::HowMuchAtHome),
            Some("codes") => Ok(Self::CodeOfForm),
            Some("lines") => Ok(Self::CodeOfLines),
            Some(other) => Err(format!(
                "the setting `{SETTING}` must be `automated`, `automated-at-home`, `codes` or \
                 `lines`, not `{other}`"
            )),
        }
    }

    /// What the connection says; what was checked when it was made.
    pub(super) fn of(context: &BookContext) -> Self {
        Self::read(&context.settings).unwrap_or(Self::HowMuch)
    }

    /// Whether documents name codes.
    pub(super) const fn names_codes(self) -> bool {
        !matches!(self, Self::HowMuch | Self::HowMuchAtHome)
    }
}

/// The lists that hold codes and their rates.
pub(super) const LISTS: [Entity; 2] = [Entity::TaxCode, Entity::TaxRate];

/// Which way goods went that bear a tax: a code has rates of its own for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Way {
    /// They were sold.
    #[default]
    Sold,
    /// They were bought.
    Bought,
}

impl Way {
    /// What is charged by a code.
    pub(super) fn rates(self, code: &TaxCode) -> &[CodedRate] {
        match self {
            Self::Sold => &code.rates,
            Self::Bought => &code.bought,
        }
    }
}

/// What asks for codes and rates, as far as one page goes.
pub(super) fn queries() -> [String; 2] {
    LISTS.map(|list| {
        let (name, rows) = (list.name(), chart::ROWS);
        format!("select * from {name} startposition 1 maxresults {rows}")
    })
}

/// The codes, with what is charged by each on what is sold, and on what is bought. The vendor's own
/// two words for lines, `TAX` and `NON`, are none.
///
/// # Errors
/// Where a row cannot be read.
pub(super) fn codes(codes: &[Value], rates: &[Value]) -> Result<Vec<TaxCode>, Fault> {
    let rates: Vec<ListEntity> =
        rates.iter().map(|row| chart::list_row(Entity::TaxRate, row)).collect::<Result<_, _>>()?;
    let codes = codes.iter().map(|row| chart::list_row(Entity::TaxCode, row));
    let codes: Vec<ListEntity> = codes.collect::<Result<_, _>>()?;
    let is_own = |row: &ListEntity| {
        let by_number = row.id.as_ref().is_some_and(|id| id.bytes().all(|it| it.is_ascii_digit()));
        by_number && row.active != Some(false) && row.hidden != Some(true)
    };
    Ok(codes.into_iter().filter(is_own).map(|row| code(row, &rates)).collect())
}

fn code(row: ListEntity, rates: &[ListEntity]) -> TaxCode {
    let sold = charged(row.sales_tax_rate_list, rates);
    let bought = charged(row.purchase_tax_rate_list, rates);
    TaxCode {
        rates: sold,
        bought,
        name: row.name.unwrap_or_default(),
        remote: RemoteId::from(row.id.unwrap_or_default()),
    }
}

/// The rates of one of a code's lists.
fn charged(list: Option<TaxRateList>, rates: &[ListEntity]) -> Vec<CodedRate> {
    let details = list.unwrap_or_default().tax_rate_detail.into_iter();
    let charged = details.filter_map(|detail| {
        // A tax on a tax has no percentage of what bears it.
        let is_plain = detail.tax_type_applicable.as_deref().is_none_or(|it| it == "TaxOnAmount");
        let id = detail.tax_rate_ref?.value;
        let rate = rates.iter().find(|rate| rate.id.as_deref() == Some(id.as_str()));
        let percent = rate.and_then(|rate| rate.rate_value.as_ref()).and_then(json::decimal);
        Some(CodedRate {
            name: rate.and_then(|rate| rate.name.clone()).unwrap_or_default(),
            percent: percent.filter(|_| is_plain).map(|percent| percent.normalize()),
            agency: rate.and_then(|it| it.agency_ref.clone()).map(|it| RemoteId::from(it.value)),
            remote: RemoteId::from(id),
        })
    });
    charged.collect()
}

/// Several taxes that are owed together, as one: their names with ` + ` between them, and the sum
/// of their rates.
pub(super) fn together(taxes: &[&TaxRate]) -> TaxRate {
    let titles: Vec<&str> = taxes.iter().map(|tax| tax.title.as_str()).collect();
    TaxRate {
        title: titles.join(" + "),
        rate: taxes.iter().try_fold(Decimal::ZERO, |sum, tax| sum.checked_add(tax.rate?)),
    }
}

/// The code of income that is sold without tax.
pub(super) fn untaxed() -> TaxRate {
    TaxRate { title: UNTAXED.to_owned(), rate: None }
}

/// The code of what is no sale.
pub(super) fn no_sale() -> TaxRate {
    TaxRate { title: NO_SALE.to_owned(), rate: None }
}

/// Which code some taxes that are owed together are: the one that the owner named in the
/// connection's settings, by its name or id; else the only one of so many rates that come to their
/// rate, or that has their name.
///
/// # Errors
/// In words, what to say, where that cannot be told.
pub(super) fn chosen<'a>(
    tax: &TaxRate,
    count: usize,
    way: Way,
    context: &'a BookContext,
) -> Result<&'a TaxCode, String> {
    let setting = Need::TaxRate(tax.clone()).binding();
    let codes = &context.tax_codes;
    let found = match context.settings.get(&setting) {
        Some(said) => codes.iter().find(|code| code.remote.as_str() == said || is(code, said)),
        None => matching(tax, count, way, codes),
    };
    found.ok_or_else(|| untold(tax, &setting, way, context))
}

fn is(code: &TaxCode, name: &str) -> bool {
    code.name.trim().to_lowercase() == name.trim().to_lowercase()
}

/// What a code comes to, in percent; none where a rate of it is not known.
fn percent(code: &TaxCode, way: Way) -> Option<Decimal> {
    way.rates(code).iter().try_fold(Decimal::ZERO, |sum, rate| sum.checked_add(rate.percent?))
}

/// The only code that some taxes can be.
fn matching<'a>(
    tax: &TaxRate,
    count: usize,
    way: Way,
    codes: &'a [TaxCode],
) -> Option<&'a TaxCode> {
    let only = |found: Vec<&'a TaxCode>| match found[..] {
        [code] => Some(code),
        _ => None,
    };
    let is_named = |code: &&TaxCode| is(code, &tax.title) || is(code, &tax.to_string());
    let Some(wanted) = tax.rate else { return only(codes.iter().filter(is_named).collect()) };
    let fits =
        |code: &&TaxCode| way.rates(code).len() == count && percent(code, way) == Some(wanted);
    let of_rate: Vec<&TaxCode> = codes.iter().filter(fits).collect();
    let named = of_rate.iter().copied().filter(|code| is_named(code)).collect();
    only(named).or_else(|| only(of_rate))
}

fn untold(tax: &TaxRate, setting: &str, way: Way, context: &BookContext) -> String {
    let fits = |code: &&TaxCode| tax.rate.is_none() || percent(code, way) == tax.rate;
    let known = context.tax_codes.iter().filter(fits).map(|code| format!("`{}`", code.name));
    let known: Vec<String> = known.collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    let said = context.settings.get(setting);
    let said = said.map_or_else(String::new, |said| format!(" (`{said}` is said, and not there)"));
    format!(
        "which tax code of the company's `{tax}` is cannot be told{said}; those of its rate: \
         {known}: say which, with `saldo connect quickbooks-online --tax \"{}=CODE\"`, then `saldo \
         retry`",
        setting.trim_start_matches("tax/")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rows() -> Vec<TaxCode> {
        let code = |id: &str, name: &str, rates: &[&str]| {
            let detail = |id: &&str| json!({ "TaxRateRef": { "value": id } });
            let rates: Vec<Value> = rates.iter().map(detail).collect();
            json!({ "Id": id, "Name": name, "SalesTaxRateList": { "TaxRateDetail": rates } })
        };
        let rate = |id: &str, percent: &str| {
            let (name, percent) = (format!("Rate {id}"), percent.parse().unwrap());
            json!({ "Id": id, "Name": name, "RateValue": json::decimal_number(percent),
                "AgencyRef": { "value": "1" } })
        };
        let mut old = code("8", "Old", &["1"]);
        old["Active"] = json!(false);
        let read = codes(
            &[
                json!({ "Id": "TAX", "Name": "TAX" }),
                code("2", "State", &["1"]),
                code("3", "State and city", &["1", "2"]),
                code("4", "Other state", &["3"]),
                code("5", "Zero", &["4"]),
                code("6", "Exempt", &["4"]),
                old,
            ],
            &[rate("1", "4.5"), rate("2", "2"), rate("3", "6.5"), rate("4", "0")],
        );
        read.unwrap()
    }

    fn told(
        title: &str,
        percent: &str,
        count: usize,
        said: &[(&str, &str)],
    ) -> Result<String, String> {
        let tax = TaxRate { title: title.to_owned(), rate: percent.parse().ok() };
        let context = BookContext {
            settings: said.iter().map(|(a, b)| (format!("tax/{a}"), b.to_string())).collect(),
            tax_codes: rows(),
            ..super::super::tests::plain_context()
        };
        chosen(&tax, count, Way::Sold, &context).map(|code| code.remote.to_string())
    }

    #[test]
    fn a_tax_is_the_only_code_that_it_can_be() {
        assert_eq!(rows().len(), 5, "neither words for lines nor inactive codes");
        let cases = [
            ("NY State Tax", "4.5", 1, Ok("2")),
            ("City + State", "6.5", 2, Ok("3")),
            ("Combined", "6.5", 1, Ok("4")),
            ("zero", "0", 1, Ok("5")),
            ("state", "", 1, Ok("2")),
            ("None", "0", 1, Err("`Zero`, `Exempt`")),
            ("Levy", "7", 1, Err("of its rate: none")),
        ];
        for (title, percent, count, expected) in cases {
            let found = told(title, percent, count, &[]);
            match expected {
                Ok(code) => assert_eq!(found.as_deref(), Ok(code), "{title}"),
                Err(words) => assert!(found.unwrap_err().contains(words), "{title}"),
            }
        }
    }

    #[test]
    fn what_the_owner_said_goes_before() {
        let said = [("Levy 7%", "Zero"), ("untaxed", "6"), ("Lost", "Gone")];
        assert_eq!(told("Levy", "7", 1, &said).unwrap(), "5");
        assert_eq!(told("untaxed", "", 1, &said).unwrap(), "6");
        let error = told("Lost", "", 1, &said).unwrap_err();
        assert!(error.contains("(`Gone` is said, and not there)"), "{error}");
        assert!(error.contains("--tax \"Lost=CODE\""), "{error}");
    }
}
