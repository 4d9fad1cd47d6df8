//! Setting one value of a policy.

use crate::cli::context::Usage;
use anyhow::Context;

/// The text with one value set. Only values that differ from the defaults need to stand in it.
pub(super) fn set(text: &str, key: &str, value: &str) -> anyhow::Result<String> {
    let mut policy: toml::Table = toml::from_str(text).context("the policy cannot be read")?;
    let mut parts = parts_of(key);
    let last = parts.pop().unwrap_or_default();
    let mut table = &mut policy;
    for part in parts {
        table = table
            .entry(part)
            .or_insert_with(|| toml::Value::Table(toml::Table::new()))
            .as_table_mut()
            .ok_or_else(|| Usage(format!("`{part}` in `{key}` is a value, not a table")))?;
    }
    table.insert(last.to_owned(), value_of(key, value)?);
    Ok(toml::to_string_pretty(&policy)?)
}

/// A value as it was typed: true, false, a list, a table or a quoted text as TOML has them, else
/// the text itself.
fn value_of(key: &str, value: &str) -> anyhow::Result<toml::Value> {
    match value {
        "true" => Ok(toml::Value::Boolean(true)),
        "false" => Ok(toml::Value::Boolean(false)),
        text if text.starts_with(['[', '{', '"']) => {
            let table: Result<toml::Table, _> = toml::from_str(&format!("value = {text}"));
            let value = table.ok().filter(|table| table.len() == 1);
            let value = value.and_then(|mut table| table.remove("value"));
            value.ok_or_else(|| {
                let text = format!(
                    "`{text}` is no value for `{key}`: a list is '[\"one\", \"two\"]', a table \
                     '{{ EUR = \"Bank EUR\" }}', and a text that begins with a bracket or a \
                     quotation mark stands in quotation marks"
                );
                Usage(text).into()
            })
        }
        text => Ok(toml::Value::String(text.to_owned())),
    }
}

/// The parts of a key: what stands between points, where these are not in quotation marks.
fn parts_of(key: &str) -> Vec<&str> {
    let mut quoted = false;
    let parts = key.split(|letter| {
        quoted ^= letter == '"';
        letter == '.' && !quoted
    });
    parts.map(|part| part.trim_matches('"')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_set_where_its_key_says() {
        let text = set("", "gateways.klarna.account", "Clearing: Klarna").unwrap();
        let text = set(&text, "customers.by-name", "true").unwrap();
        let text = set(&text, "detail-from.2027-01-01", "payout").unwrap();
        let text = set(&text, "tax.accounts.\"CH VAT 8.1%\"", "VAT").unwrap();
        insta::assert_snapshot!(text, @r#"
        [customers]
        by-name = true

        [detail-from]
        2027-01-01 = "payout"

        [gateways.klarna]
        account = "Clearing: Klarna"

        [tax.accounts]
        "CH VAT 8.1%" = "VAT"
        "#);
        assert!(set(&text, "gateways.klarna.account.kind", "bank").is_err());
    }

    #[test]
    fn lists_tables_and_quoted_texts_are_those_of_toml() {
        let text = set("", "undo.unmatched", r#"["Clearing: *", "Cash"]"#).unwrap();
        let text = set(&text, "gateways.paypal.currencies", r#"{ EUR = "PayPal EUR" }"#).unwrap();
        let text = set(&text, "accounts.bank", r#""[Bank]""#).unwrap();
        insta::assert_snapshot!(text, @r#"
        [accounts]
        bank = "[Bank]"

        [gateways.paypal.currencies]
        EUR = "PayPal EUR"

        [undo]
        unmatched = [
            "Clearing: *",
            "Cash",
        ]
        "#);
        for wrong in ["[\"Cash\"", "[Cash]", "{ EUR }", "\"Cash", "[]\nother = 1"] {
            let error = set("", "undo.unmatched", wrong).unwrap_err().to_string();
            assert!(error.contains("a list is '[\"one\", \"two\"]'"), "{error}");
        }
    }
}
