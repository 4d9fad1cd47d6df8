//! Addresses and form bodies: path, query, percent signs.

use std::collections::BTreeMap;

/// What counts of an address: its path and its query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// The parts of the path, decoded, without empty ones.
    pub(super) path: Vec<String>,
    /// The query, decoded. A name that comes twice keeps its last value.
    pub(super) query: BTreeMap<String, String>,
}

impl Address {
    /// Reads an address, whole or beginning with its path.
    pub(super) fn parse(url: &str) -> Self {
        let rest = match url.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("", |start| &rest[start..]),
            None => url,
        };
        let rest = rest.split_once('#').map_or(rest, |(before, _)| before);
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = path.split('/').filter(|part| !part.is_empty()).map(|it| decode(it, false));
        Self { path: path.collect(), query: form(query) }
    }

    /// A parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }
}

/// Reads a form body.
pub(super) fn form(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let split = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    split.map(|(name, value)| (decode(name, true), decode(value, true))).collect()
}

/// Writes a text so that it can stand in a query.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn decode(text: &str, plus_is_space: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' if plus_is_space => bytes.push(b' '),
            b'%' => match hexadecimal(after) {
                Some(byte) => {
                    bytes.push(byte);
                    rest = &after[2..];
                }
                None => bytes.push(b'%'),
            },
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hexadecimal(text: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(text.get(..2)?).ok()?;
    u8::from_str_radix(digits, 16).ok()
}

/// Base64 of the client's id and secret, as the header of HTTP Basic carries it.
pub(super) fn basic(id: &str, secret: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in format!("{id}:{secret}").as_bytes().chunks(3) {
        let byte = |place: usize| u32::from(group.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let index = usize::try_from(bits >> (18 - 6 * place) & 63).unwrap_or(0);
            let padded = usize::try_from(place).is_ok_and(|place| place > group.len());
            text.push(if padded { '=' } else { char::from(LETTERS[index]) });
        }
    }
    format!("Basic {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart() {
        let address = Address::parse(
            "https://host:80/v3/company/1/query?query=select%20%2A+from%20Item&minorversion=75#x",
        );
        assert_eq!(address.path, ["v3", "company", "1", "query"]);
        assert_eq!(address.parameter("query"), Some("select * from Item"));
        assert_eq!(Address::parse("/a?b=%zz").parameter("b"), Some("%zz"));
        assert_eq!(Address::parse("http://host").path, Vec::<String>::new());
    }

    #[test]
    fn texts_go_there_and_back() {
        let text = "https://example.org/back?x=1&y=ä b";
        assert_eq!(form(&format!("v={}", encode(text))).get("v").map(String::as_str), Some(text));
    }

    #[test]
    fn basic_credentials_are_base64() {
        assert_eq!(basic("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(basic("ab", "c"), "Basic YWI6Yw==");
        assert_eq!(basic("ab", "cd"), "Basic YWI6Y2Q=");
        assert_eq!(basic("ab", "cde"), "Basic YWI6Y2Rl");
    }
}
