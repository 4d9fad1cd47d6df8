//! Who buys, as far as the owner's rules look at it.

use serde::{Deserialize, Serialize};

/// Who buys: what a channel says of them beside an order. It may say otherwise later; what it said
/// when it first told the order holds for that order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// The words that the shop put on them; none where nobody is known.
    pub tags: Vec<String>,
    /// What they are, where that is told.
    pub kind: Option<BuyerKind>,
    /// The country that the goods go to, else that of the bill: two letters of ISO 3166, `DE`.
    pub country: Option<String>,
    /// The country that the goods are sent to, in the same way; none where nothing is sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ships_to: Option<String>,
    /// The region within that country, by the code that the post uses: `NY`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region: Option<String>,
    /// The postal code there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub postal_code: Option<String>,
}

/// Where goods are sent to, as far as it says whose tax a sale bears. It names no street and no
/// person: nothing else of an address is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipTo {
    /// The country, by its two letters of ISO 3166: `US`.
    pub country: String,
    /// The region, by the code that the post uses: `NY`; none where none is told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub region: Option<String>,
    /// The postal code, in the United States without the digits that tell houses apart; none where
    /// none is told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub postal_code: Option<String>,
}

/// What a buyer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BuyerKind {
    /// A business, which buys by an account of its own.
    Company,
    /// Anybody else, known or not.
    Person,
}

impl Buyer {
    /// Whether nothing at all is told of them.
    #[must_use]
    pub fn is_untold(&self) -> bool {
        *self == Self::default()
    }

    /// The place that goods are sent to; none where nothing is sent.
    #[must_use]
    pub fn place_of_delivery(&self) -> Option<ShipTo> {
        let country = self.ships_to.clone()?;
        let postal_code = self.postal_code.as_deref().map(|code| match &*country {
            // Five digits; the four that may follow tell houses apart.
            "US" => code.trim().get(..5).unwrap_or(code),
            _ => code,
        });
        let postal_code = postal_code.map(str::trim).filter(|code| !code.is_empty());
        let region = self.region.clone().filter(|region| !region.is_empty());
        Some(ShipTo { postal_code: postal_code.map(str::to_owned), region, country })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_of_delivery_names_no_house() {
        let cases = [
            (Some("US"), Some("NY"), Some("10001-1234"), "US NY 10001"),
            (Some("US"), Some(""), Some(" "), "US - -"),
            (Some("PL"), None, Some("00-950"), "PL - 00-950"),
            (None, Some("NY"), Some("10001"), "nowhere"),
        ];
        for (country, region, postal_code, expected) in cases {
            let own = |text: Option<&str>| text.map(str::to_owned);
            let buyer = Buyer {
                ships_to: own(country),
                region: own(region),
                postal_code: own(postal_code),
                ..Buyer::default()
            };
            let told = buyer.place_of_delivery().map_or("nowhere".to_owned(), |place| {
                let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
                format!(
                    "{} {} {}",
                    place.country,
                    or_none(place.region),
                    or_none(place.postal_code)
                )
            });
            assert_eq!(told, expected);
        }
    }
}
