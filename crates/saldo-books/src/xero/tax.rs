//! Tax by the line. The vendor works out the tax of each line, rounds it and sums it up; documents
//! have one sum for each tax. So the sum is laid onto the lines that were taxed, and what the
//! vendor would round otherwise is made good on one line. Nothing is laid where it is not known.

use super::shape::FormLine;
use rust_decimal::{Decimal, RoundingStrategy};
use saldo_core::book::TaxRate;
use saldo_core::money::{Currency, Money};
use std::collections::BTreeMap;

/// By how many of the currency's smallest units the vendor's own tax may be overridden in a
/// document: what comes of rounding by the line. More is another tax.
const MOST_OVERRIDDEN: u64 = 5;

/// The tax of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LineTax {
    /// Which.
    pub(super) rate: TaxRate,
    /// How much, in the line's own direction.
    pub(super) amount: Money,
}

/// What the name of a tax ends with where it lies on what was bought: the vendor has other rates
/// for that than for what is sold, which reach other boxes of its report.
const BOUGHT: &str = " on purchases";

/// The rate of what is bought for a tax of this rate. A tax of which no rate is known goes by its
/// name alone, and its owner says which rate it is.
pub(super) fn of_purchases(tax: &TaxRate) -> TaxRate {
    let title = match tax.rate {
        Some(_) => format!("{}{BOUGHT}", tax.title),
        None => tax.title.clone(),
    };
    TaxRate { title, rate: tax.rate }
}

/// What a tax on what is bought is called without saying so; none of another.
pub(super) fn name_of_purchases(tax: &TaxRate) -> Option<&str> {
    tax.rate.and_then(|_| tax.title.strip_suffix(BOUGHT))
}

/// The taxes of a document, each with its sum in the document's own direction.
pub(super) type Taxes = BTreeMap<(String, Option<Decimal>), Money>;

/// Lays taxes onto the lines that bear tax.
///
/// # Errors
/// In words, where no line bears tax, where it is not told which of several taxes a line bears, or
/// where the vendor would work out another tax.
pub(super) fn lay(lines: &mut [FormLine<'_>], mut taxes: Taxes) -> Result<(), String> {
    taxes.retain(|_, amount| !amount.is_zero());
    let Some(((title, rate), amount)) = taxes.first_key_value() else { return Ok(()) };
    let bearing: Vec<&mut FormLine<'_>> = lines.iter_mut().filter(|line| line.taxed).collect();
    if bearing.is_empty() {
        return Err(format!("no line bears the tax `{title}` of {amount}"));
    }
    match (taxes.len(), rate) {
        (1, None) => {
            let rate = TaxRate { title: title.clone(), rate: None };
            let bears =
                |line: &&mut FormLine<'_>| line.taxes.is_empty() || line.taxes.contains(&rate);
            let bearing: Vec<_> = bearing.into_iter().filter(bears).collect();
            if bearing.is_empty() {
                return Err(format!("no line bears the tax `{title}` of {amount}"));
            }
            let shares = in_proportion(&bearing, *amount)?;
            for (line, amount) in bearing.into_iter().zip(shares) {
                line.tax = Some(LineTax { rate: rate.clone(), amount });
            }
            Ok(())
        }
        _ => lay_each(bearing, &taxes),
    }
}

/// Lays each tax onto the lines that bear it: those that say so, and those that say nothing and
/// thus bear all. Several on one line are one tax, of the sum of their rates.
fn lay_each(mut lines: Vec<&mut FormLine<'_>>, taxes: &Taxes) -> Result<(), String> {
    let told = taxes.len() == 1 || lines.iter().any(|line| !line.taxes.is_empty());
    for ((title, percent), amount) in taxes {
        let tax = TaxRate { title: title.clone(), rate: *percent };
        let bears = |line: &FormLine<'_>| line.taxes.is_empty() || line.taxes.contains(&tax);
        let bearing: Vec<usize> = lines
            .iter()
            .enumerate()
            .filter_map(|(place, line)| bears(line).then_some(place))
            .collect();
        let Some(percent) = *percent else { return Err(untold(taxes)) };
        if bearing.is_empty() {
            return Err(format!("no line bears the tax `{tax}` of {amount}"));
        }
        let amounts = bearing.iter().filter_map(|place| lines.get(*place)).map(|line| line.amount);
        let shares = match shares(amounts.collect(), percent, *amount)? {
            Ok(shares) => shares,
            Err(computed) if told => return Err(no_rounding(&tax, *amount, computed)),
            Err(_) => return Err(untold(taxes)),
        };
        for (place, share) in bearing.into_iter().zip(shares) {
            if let Some(line) = lines.get_mut(place) {
                add(&mut line.tax, &tax, percent, share)?;
            }
        }
    }
    Ok(())
}

/// Adds a tax to what a line bears.
fn add(
    borne: &mut Option<LineTax>,
    tax: &TaxRate,
    percent: Decimal,
    share: Money,
) -> Result<(), String> {
    *borne = Some(match borne.take() {
        None => LineTax { rate: tax.clone(), amount: share },
        Some(LineTax { rate, amount }) => LineTax {
            rate: TaxRate {
                title: format!("{} + {}", rate.title, tax.title),
                rate: Some(rate.rate.unwrap_or_default() + percent),
            },
            amount: amount.plus(share).map_err(|error| error.to_string())?,
        },
    });
    Ok(())
}

fn untold(taxes: &Taxes) -> String {
    let titles: Vec<&str> = taxes.keys().map(|(title, _)| title.as_str()).collect();
    format!("it has the taxes {}, and which line bears which is not told", titles.join(", "))
}

fn no_rounding(tax: &TaxRate, amount: Money, computed: Money) -> String {
    match amount.minus(computed) {
        Ok(difference) => format!(
            "its tax `{tax}` is {amount}, and Xero makes {computed} of its lines: {difference} is \
             more than rounding"
        ),
        Err(error) => error.to_string(),
    }
}

/// A tax by lines of these amounts: what the vendor makes of each, and on the largest what it
/// rounds otherwise. The inner error is what the vendor makes of all, where that is another tax.
fn shares(
    amounts: Vec<Money>,
    percent: Decimal,
    tax: Money,
) -> Result<Result<Vec<Money>, Money>, String> {
    let mut shares = as_the_vendor(&amounts, percent, tax.currency())?;
    let computed = Money::sum(tax.currency(), shares.iter().copied());
    let computed = computed.map_err(|error| error.to_string())?;
    let difference = tax.minus(computed).map_err(|error| error.to_string())?;
    if difference.minor().unsigned_abs() > MOST_OVERRIDDEN {
        return Ok(Err(computed));
    }
    let largest = (0..amounts.len()).max_by_key(|place| {
        let size = amounts.get(*place).map_or(0, |amount| amount.minor().unsigned_abs());
        (size, std::cmp::Reverse(*place))
    });
    if let Some(share) = largest.and_then(|place| shares.get_mut(place)) {
        *share = share.plus(difference).map_err(|error| error.to_string())?;
    }
    Ok(Ok(shares))
}

/// What the vendor makes of each line by itself.
fn as_the_vendor(
    amounts: &[Money],
    percent: Decimal,
    currency: Currency,
) -> Result<Vec<Money>, String> {
    let share = |amount: &Money| match amount.currency() == currency {
        true => share(*amount, percent).ok_or_else(|| format!("{amount} is too much")),
        false => Err("its lines are in several currencies".to_owned()),
    };
    amounts.iter().map(share).collect()
}

/// A tax whose rate nobody says, by what each line comes to.
fn in_proportion(lines: &[&mut FormLine<'_>], amount: Money) -> Result<Vec<Money>, String> {
    let base = base(lines, amount.currency())?;
    if base.is_zero() {
        return Err(format!("the lines that bear the tax of {amount} come to nothing"));
    }
    let share = |line: &&mut FormLine<'_>| amount.in_proportion(line.amount, base);
    lines.iter().map(share).collect::<Result<_, _>>().map_err(|error| error.to_string())
}

fn base(lines: &[&mut FormLine<'_>], currency: Currency) -> Result<Money, String> {
    Money::sum(currency, lines.iter().map(|line| line.amount)).map_err(|error| error.to_string())
}

/// A rate of an amount, rounded half away from zero to the currency's smallest unit.
fn share(amount: Money, percent: Decimal) -> Option<Money> {
    let exact = Decimal::from(amount.minor()).checked_mul(percent)?.checked_div(100.into())?;
    let minor = exact.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    Some(Money::from_minor(minor.try_into().ok()?, amount.currency()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use saldo_core::ledger::{Account, AccountKind, Dimensions};
    use std::borrow::Cow;

    fn money(text: &str) -> Money {
        Money::parse(text, Currency::parse("NZD").unwrap()).unwrap()
    }

    /// The taxes of lines of these amounts: a star for a line that bears none, a tax's title where
    /// it bears that one alone.
    fn laid(amounts: &[&str], taxes: &[(&str, &str, &str)]) -> Result<Vec<String>, String> {
        let sales = Account::new("Sales", AccountKind::Income);
        let none = Dimensions::default();
        let rates = |(title, rate, _): &(&str, &str, &str)| TaxRate {
            title: title.to_string(),
            rate: rate.parse().ok(),
        };
        let rates: Vec<TaxRate> = taxes.iter().map(rates).collect();
        let borne = |text: &str| {
            let (_, title) = text.split_once(' ')?;
            rates.iter().position(|rate| rate.title == title)
        };
        let line = |text: &&str| FormLine {
            product: None,
            kept: None,
            account: &sales,
            dimensions: &none,
            amount: money(text.split(' ').next().unwrap().trim_end_matches('*')),
            taxed: !text.ends_with('*'),
            taxes: borne(text).map_or(&[][..], |place| &rates[place..=place]),
            tax: None,
            quantity: None,
            text: Cow::from(""),
        };
        let mut lines: Vec<FormLine<'_>> = amounts.iter().map(line).collect();
        let tax = |(title, rate, amount): &(&str, &str, &str)| {
            ((title.to_string(), rate.parse().ok()), money(amount))
        };
        lay(&mut lines, taxes.iter().map(tax).collect())?;
        let told = |line: &FormLine<'_>| match &line.tax {
            Some(tax) => format!("{} {}", tax.rate, tax.amount.amount_text()),
            None => String::new(),
        };
        Ok(lines.iter().map(told).collect())
    }

    #[test]
    fn what_the_vendor_rounds_otherwise_is_made_good_on_one_line() {
        // The vendor's own example: 3.76, 3.84 and 3.84 come to 11.44, the shop says 11.45.
        let lines = ["25.06", "25.61", "25.63"];
        assert_eq!(
            laid(&lines, &[("GST", "15", "11.45")]).unwrap(),
            ["GST 15% 3.76", "GST 15% 3.84", "GST 15% 3.85"]
        );
        assert_eq!(
            laid(&lines, &[("GST", "15", "11.44")]).unwrap(),
            ["GST 15% 3.76", "GST 15% 3.84", "GST 15% 3.84"]
        );
    }

    #[test]
    fn another_tax_is_no_rounding() {
        let error = laid(&["100.00"], &[("GST", "15", "15.06")]).unwrap_err();
        assert_eq!(
            error,
            "its tax `GST 15%` is 15.06 NZD, and Xero makes 15.00 NZD of its lines: 0.06 NZD is \
             more than rounding"
        );
        assert!(laid(&["100.00"], &[("GST", "15", "15.05")]).is_ok());
    }

    #[test]
    fn only_lines_that_bear_tax_get_any() {
        assert_eq!(
            laid(&["100.00", "5.00*", "-10.00"], &[("VAT", "20", "18.00")]).unwrap(),
            ["VAT 20% 20.00", "", "VAT 20% -2.00"]
        );
        assert_eq!(laid(&["5.00"], &[]).unwrap(), [""]);
        assert_eq!(laid(&["5.00"], &[("VAT", "20", "0.00")]).unwrap(), [""]);
        let error = laid(&["5.00*"], &[("VAT", "20", "1.00")]).unwrap_err();
        assert_eq!(error, "no line bears the tax `VAT` of 1.00 NZD");
    }

    #[test]
    fn several_taxes_on_the_same_lines_are_one() {
        let taxes = [("State", "4.5", "4.95"), ("City", "2", "2.20")];
        assert_eq!(
            laid(&["100.00", "10.00"], &taxes).unwrap(),
            ["City + State 6.5% 6.50", "City + State 6.5% 0.65"]
        );
    }

    #[test]
    fn each_line_bears_the_taxes_that_it_says() {
        let taxes = [("VAT", "20", "22.00"), ("VAT reduced", "5", "2.51")];
        assert_eq!(
            laid(&["100.00 VAT", "50.00 VAT reduced", "10.00 VAT", "5.00*"], &taxes).unwrap(),
            ["VAT 20% 20.00", "VAT reduced 5% 2.51", "VAT 20% 2.00", ""]
        );
        let taxes = [("City", "2", "2.20"), ("State", "4.5", "4.50")];
        assert_eq!(
            laid(&["100.00", "10.00 City"], &taxes).unwrap(),
            ["City + State 6.5% 6.50", "City 2% 0.20"],
            "what says nothing bears all"
        );
        let taxes = [("VAT", "20", "20.00"), ("VAT reduced", "5", "5.00")];
        let error = laid(&["100.00 VAT", "50.00 VAT reduced"], &taxes).unwrap_err();
        assert_eq!(
            error,
            "its tax `VAT reduced 5%` is 5.00 NZD, and Xero makes 2.50 NZD of its lines: 2.50 NZD \
             is more than rounding"
        );
        let error = laid(&["100.00 VAT", "50.00 VAT"], &taxes).unwrap_err();
        assert!(error.contains("20.00 NZD, and Xero makes 30.00 NZD"), "{error}");
    }

    #[test]
    fn which_line_bears_which_tax_is_not_guessed() {
        let taxes = [("VAT", "20", "20.00"), ("VAT reduced", "5", "5.00")];
        let error = laid(&["100.00", "100.00"], &taxes).unwrap_err();
        assert_eq!(
            error,
            "it has the taxes VAT, VAT reduced, and which line bears which is not told"
        );
    }

    #[test]
    fn a_tax_without_a_rate_is_laid_by_what_lines_come_to() {
        assert_eq!(
            laid(&["20.00", "10.00"], &[("VAT", "", "10.00")]).unwrap(),
            ["VAT 6.67", "VAT 3.33"]
        );
    }
}
