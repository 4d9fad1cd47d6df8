//! `saldo init`.

use super::args::{Global, Init};
use super::context::{self, Usage};
use super::map::checked;
use super::template::text_of;
use super::{Ending, Output};
use crate::config;
use crate::engine::{Reviser, decide};
use crate::transport::clock::Clock;
use jiff::tz::TimeZone;
use saldo_core::money::Currency;
use saldo_core::text::CompanyId;
use saldo_store::{Company, Store, StoreError};
use serde::Serialize;
use std::path::{Component, Path, PathBuf};

#[derive(Serialize)]
struct Made {
    company: String,
    /// All companies in the folder, by their names in commands.
    companies: Vec<String>,
    data: String,
    key_file: String,
    /// What close packs are checked by.
    public_key: String,
}

/// Makes a database with one company, and the key.
pub(crate) async fn init(global: &Global, words: &Init, output: &Output) -> anyhow::Result<Ending> {
    let currency = Currency::parse(&words.currency).map_err(|error| Usage(error.to_string()))?;
    if TimeZone::get(&words.timezone).is_err() {
        let text = format!("`{}` is not a time zone such as Europe/Copenhagen", words.timezone);
        return Err(Usage(text).into());
    }
    if words.name.trim().is_empty() {
        return Err(Usage("a company has a name: give it by --name".to_owned()).into());
    }
    let id = global.company.clone().unwrap_or_else(|| short_name(&words.name));
    let company = Company {
        id: CompanyId::from(id),
        name: words.name.clone(),
        currency,
        timezone: words.timezone.clone(),
        start_date: words.start_date,
    };
    let template = words.template.as_deref().map(text_of).transpose()?;
    let policy = template.map(|text| checked(text.into_owned(), &company)).transpose()?;
    let data = context::data(global);
    let key_file = config::key_file()?;
    check_outside(&key_file, &data)?;
    config::make_data_folder(&data)?;
    config::make_key(&key_file)?;
    let public_key = config::signing_key(&key_file)?.public()?;
    let store = Store::open(&config::database(&data), true).await?;
    context::come(&store, &data).await?;
    create(&store, &company).await?;
    if let Some(policy) = policy {
        let (holder, now) = (context::holder()?, Clock::real().now());
        let reviser = Reviser { company: &company.id, holder: &holder, since: None, now };
        decide(&store, reviser, &policy).await?;
    }
    let companies = store.companies().await?;
    let made = Made {
        company: company.id.to_string(),
        companies: companies.iter().map(|it| it.id.to_string()).collect(),
        data: data.display().to_string(),
        key_file: key_file.display().to_string(),
        public_key: public_key.to_string(),
    };
    output.data(&made, || made_text(&made))?;
    let saldo = match &made.companies[..] {
        [_] => "saldo".to_owned(),
        _ => format!("saldo --company {}", made.company),
    };
    output.note(&format!(
        "next: {saldo} connect shopify --shop NAME …, {saldo} connect plain-text, {saldo} sync"
    ));
    Ok(Ending::Done)
}

/// Creates the company, where none is called so.
async fn create(store: &Store, company: &Company) -> anyhow::Result<()> {
    match store.create_company(company).await {
        Err(error @ StoreError::Exists { .. }) => {
            Err(Usage(format!("{error}: give this one another name by --company")).into())
        }
        created => Ok(created?),
    }
}

/// What was made; and how a company is chosen, where the folder holds several.
fn made_text(made: &Made) -> String {
    let text = format!(
        "company `{}` in {}\n\
         secrets are sealed by the key in {}: keep a copy of it elsewhere\n\
         close packs are signed by the key beside it, and checked by its public half: {}\n",
        made.company, made.data, made.key_file, made.public_key
    );
    if made.companies.len() < 2 {
        return text;
    }
    text + &format!(
        "this folder holds {} companies now: {}. Every command wants the one that is meant, by \
         `--company {}` or SALDO_COMPANY; where it shall have a database and a key of its own, \
         name another folder by --data and another key by SALDO_KEY_FILE\n",
        made.companies.len(),
        made.companies.join(", "),
        made.company
    )
}

/// Makes sure that the key does not lie with the data.
pub(super) fn check_outside(key_file: &Path, data: &Path) -> anyhow::Result<()> {
    if !is_inside(key_file, data)? {
        return Ok(());
    }
    let text = format!(
        "the key {} would lie in the data folder {}, and whoever copies one has the other: name a \
         file elsewhere by SALDO_KEY_FILE",
        key_file.display(),
        data.display()
    );
    Err(Usage(text).into())
}

/// Whether a file would lie in a folder, of which neither need be there yet: links and dots are
/// followed as far as there is anything.
fn is_inside(file: &Path, folder: &Path) -> std::io::Result<bool> {
    Ok(resolved(file)?.starts_with(resolved(folder)?))
}

/// A path from the root on, without links in what exists of it and without dots in the rest.
fn resolved(path: &Path) -> std::io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    let mut known = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                known.pop();
            }
            part => known.push(part),
        }
        if let Ok(real) = known.canonicalize() {
            known = real;
        }
    }
    Ok(known)
}

/// A name for commands: `Mug & Co.` becomes `mug-co`.
pub(crate) fn short_name(name: &str) -> String {
    let words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    match words.is_empty() {
        true => "company".to_owned(),
        false => words.join("-"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_key_is_inside_by_whatever_way_it_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (data, other) = (folder.path().join("data"), folder.path().join("other"));
        for made in [&data, &other] {
            std::fs::create_dir(made).unwrap();
        }
        std::os::unix::fs::symlink(&data, folder.path().join("link")).unwrap();
        for (key, inside) in [
            ("data/key", true),
            ("data/new/key", true),
            ("link/key", true),
            ("other/../data/key", true),
            ("other/key", false),
            ("data-key", false),
            ("data/../key", false),
        ] {
            assert_eq!(is_inside(&folder.path().join(key), &data).unwrap(), inside, "{key}");
        }
        let unmade = folder.path().join("unmade");
        assert!(is_inside(&unmade.join("key"), &unmade).unwrap());
    }

    #[test]
    fn names_for_commands_are_short() {
        for (name, short) in [("Mug & Co.", "mug-co"), ("…", "company"), ("Öl ApS", "öl-aps")] {
            assert_eq!(short_name(name), short);
        }
    }
}
