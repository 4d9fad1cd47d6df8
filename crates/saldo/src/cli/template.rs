//! `saldo map template`.

use super::args::{Global, Template as Words};
use super::context::{Usage, text_of_file};
use super::map::change;
use super::output::table;
use super::{Ending, Output};
use crate::templates::{TEMPLATES, Template, applied};
use serde::Serialize;
use std::borrow::Cow;
use std::path::Path;

#[derive(Serialize)]
struct Listed {
    name: &'static str,
    title: &'static str,
}

#[derive(Serialize)]
struct ShownTemplate {
    name: String,
    toml: String,
}

/// Lists, shows or applies templates.
pub(crate) async fn template(
    global: &Global,
    words: Words,
    output: &Output,
) -> anyhow::Result<Ending> {
    match words {
        Words::List => {
            let listed = TEMPLATES.map(|it| Listed { name: it.name, title: it.title() });
            output.data(&listed, || {
                let row = |it: &Listed| vec![it.name.to_owned(), it.title.to_owned()];
                table(&["template", "what it is"], 0, listed.iter().map(row).collect())
            })?;
        }
        Words::Show { name } => {
            let toml = text_of(&name)?.into_owned();
            let shown = ShownTemplate { name, toml };
            output.data(&shown, || shown.toml.clone())?;
        }
        Words::Apply { name, revision } => {
            let text = text_of(&name)?;
            change(global, revision, output, |before| applied(before, &text)).await?;
        }
    }
    Ok(Ending::Done)
}

/// The text of a template: of one that is named, or of a file.
pub(crate) fn text_of(name: &str) -> anyhow::Result<Cow<'static, str>> {
    if let Some(template) = Template::named(name) {
        return Ok(Cow::Borrowed(template.text));
    }
    if Path::new(name).extension().is_some_and(|it| it.eq_ignore_ascii_case("toml")) {
        return text_of_file(Path::new(name)).map(Cow::Owned);
    }
    let known = TEMPLATES.map(|it| it.name).join(", ");
    Err(Usage(format!("`{name}` is no template: there are {known}, and files that end in .toml"))
        .into())
}
