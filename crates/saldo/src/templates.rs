//! Templates: charts of accounts and tax mappings of countries, to begin a policy with.
//!
//! A template is the text of a policy that names every role. It says nothing of gateways, which a
//! connected channel names, so that one template serves many companies.

use anyhow::Context;

/// A template that the program brings along.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Template {
    /// The country, by its code of two letters in lower case.
    pub(crate) name: &'static str,
    /// The text of a policy. Its first line is a comment that says what it is.
    pub(crate) text: &'static str,
}

/// All templates, by name.
pub(crate) const TEMPLATES: [Template; 7] = [
    Template { name: "au", text: include_str!("templates/au.toml") },
    Template { name: "ca", text: include_str!("templates/ca.toml") },
    Template { name: "de", text: include_str!("templates/de.toml") },
    Template { name: "dk", text: include_str!("templates/dk.toml") },
    Template { name: "gb", text: include_str!("templates/gb.toml") },
    Template { name: "pl", text: include_str!("templates/pl.toml") },
    Template { name: "us", text: include_str!("templates/us.toml") },
];

impl Template {
    /// The template of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        TEMPLATES.into_iter().find(|template| template.name.eq_ignore_ascii_case(name))
    }

    /// What it is, in one sentence.
    pub(crate) fn title(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches(['#', ' '])
    }
}

/// The text of a policy in which everything that a template says stands as the template has it.
/// What the template says nothing of stays as it was.
///
/// # Errors
/// Where either is not TOML.
pub(crate) fn applied(policy: &str, template: &str) -> anyhow::Result<String> {
    let mut policy: toml::Table = toml::from_str(policy).context("the policy cannot be read")?;
    let template: toml::Table = toml::from_str(template).context("the template cannot be read")?;
    lay_over(&mut policy, template);
    Ok(toml::to_string_pretty(&policy)?)
}

fn lay_over(policy: &mut toml::Table, template: toml::Table) {
    for (key, value) in template {
        match (policy.get_mut(&key), value) {
            (Some(toml::Value::Table(known)), toml::Value::Table(more)) => lay_over(known, more),
            (_, value) => {
                policy.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use saldo_core::money::Currency;
    use saldo_core::policy::{Policy, Role};

    #[test]
    fn each_template_is_complete_and_says_nothing_of_gateways() {
        let usd = Currency::parse("USD").unwrap();
        for template in TEMPLATES {
            let start = "2026-01-01".parse().unwrap();
            let policy = Policy::new(1, template.text, usd, "UTC", start).unwrap();
            for role in Role::ALL {
                let named = policy.text.accounts.contains_key(role);
                assert!(named, "{}: {}", template.name, role.word());
            }
            let mut names: Vec<_> = policy.accounts().map(|it| (it.name, it.kind)).collect();
            names.sort();
            names.dedup();
            let kinds = names.windows(2).filter(|pair| pair[0].0 == pair[1].0).count();
            assert_eq!(kinds, 0, "{}: one name has two kinds", template.name);
            assert!(policy.text.gateways.is_empty(), "{}", template.name);
            assert!(template.title().ends_with('.'), "{}", template.title());
        }
    }

    #[test]
    fn tax_goes_to_the_country_that_goods_go_to_in_templates_of_the_one_stop_shop() {
        let eur = Currency::parse("EUR").unwrap();
        let titles = [("de", "MwSt"), ("dk", "Moms"), ("gb", "VAT"), ("pl", "VAT")];
        for (name, title) in titles {
            let text = Template::named(name).unwrap().text;
            let policy = Policy::new(1, text, eur, "UTC", "2026-01-01".parse().unwrap()).unwrap();
            let home = policy.text.tax.home.clone().unwrap();
            let common = policy.chart.account(Role::SalesTax).name;
            let account = |country: Option<&str>| {
                policy.tax(&policy.tax_name(title, country)).map(|it| it.name)
            };
            assert_eq!(account(Some(&home)).as_ref(), Some(&common), "{name}");
            assert_eq!(account(None).as_ref(), Some(&common), "{name}: nothing tells a country");
            for country in ["AT", "FR", "GR", "SE"] {
                let on = account(Some(country)).unwrap();
                assert!(on.ends_with(&format!(" {country}")), "{name} {country}: {on}");
            }
            assert_eq!(account(Some("CH")), None, "{name}");
        }
    }

    #[test]
    fn each_account_has_one_role_in_a_template() {
        for template in TEMPLATES {
            let table: toml::Table = toml::from_str(template.text).unwrap();
            let mut names: Vec<&str> = table["accounts"]
                .as_table()
                .unwrap()
                .values()
                .filter_map(|it| it.as_str())
                .collect();
            names.sort_unstable();
            let all = names.len();
            names.dedup();
            assert_eq!(names.len(), all, "{}", template.name);
        }
    }

    #[test]
    fn what_a_template_says_nothing_of_stays() {
        let policy = "detail = \"day\"\n[accounts]\nbank = \"Old\"\n\
                      [gateways.paypal]\naccount = \"PayPal\"";
        let template = "# T.\n[accounts]\nbank = \"New\"\ntips = \"Tips\"";
        insta::assert_snapshot!(applied(policy, template).unwrap(), @r#"
        detail = "day"

        [accounts]
        bank = "New"
        tips = "Tips"

        [gateways.paypal]
        account = "PayPal"
        "#);
    }
}
