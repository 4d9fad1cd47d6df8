//! The page of a close pack: all tables, to read and to print, with nothing to load.

use super::sheet::Sheet;
use std::fmt::Write;

const STYLE: &str = "\
body{font:15px/1.45 system-ui,sans-serif;color:#1a1a1a;margin:2.5rem auto;max-width:70rem;\
padding:0 1.5rem}\n\
h1{font-size:1.7rem;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .2rem}\n\
p{margin:.2rem 0 .8rem;color:#444}table{border-collapse:collapse;width:100%;font-size:.86rem}\n\
th{text-align:left;border-bottom:1.5px solid #1a1a1a;vertical-align:bottom}\n\
th,td{padding:.22rem .7rem .22rem 0}td{border-bottom:1px solid #ddd;vertical-align:top}\n\
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\n\
nav{columns:3;margin:1.2rem 0;font-size:.9rem}\n\
nav a{display:block;color:#0b4f8a;text-decoration:none}\n\
@media print{body{margin:0;max-width:none;font-size:10pt}nav{display:none}\n\
thead{display:table-header-group}tr{break-inside:avoid}h2{break-after:avoid}}\n";

/// The page of some tables.
pub(crate) fn page(title: &str, intro: &[String], sheets: &[Sheet]) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n",
        title = escaped(title)
    );
    for line in intro {
        put(&mut html, format_args!("<p>{}</p>\n", escaped(line)));
    }
    html.push_str("<nav>\n");
    for sheet in sheets {
        let (name, title) = (escaped(&sheet.name), escaped(&sheet.title));
        put(&mut html, format_args!("<a href=\"#{name}\">{title}</a>\n"));
    }
    html.push_str("</nav>\n");
    for sheet in sheets {
        table(&mut html, sheet);
    }
    html.push_str("</body>\n</html>\n");
    html
}

fn table(html: &mut String, sheet: &Sheet) {
    let (name, title) = (escaped(&sheet.name), escaped(&sheet.title));
    put(html, format_args!("<h2 id=\"{name}\">{title}</h2>\n<p>{}</p>\n", escaped(sheet.says)));
    if sheet.rows.is_empty() {
        html.push_str("<p>Nothing.</p>\n");
        return;
    }
    let first_number = sheet.heads.len().saturating_sub(sheet.numbers);
    let class = |column: usize| if column < first_number { "" } else { " class=\"n\"" };
    html.push_str("<table>\n<thead><tr>");
    for (column, head) in sheet.heads.iter().enumerate() {
        put(html, format_args!("<th{}>{}</th>", class(column), escaped(head)));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in &sheet.rows {
        html.push_str("<tr>");
        for (column, cell) in row.iter().enumerate() {
            put(html, format_args!("<td{}>{}</td>", class(column), escaped(cell)));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n</table>\n");
}

fn put(html: &mut String, text: std::fmt::Arguments<'_>) {
    html.write_fmt(text).expect("a text grows as long as there is memory");
}

/// Text in which nothing is markup.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_like_markup_are_text() {
        let sheet = Sheet {
            name: "fees".to_owned(),
            title: "Fees & co.".to_owned(),
            says: "What was charged.",
            heads: &["account", "amount"],
            numbers: 1,
            rows: vec![vec!["<script>alert(1)</script>".to_owned(), "-1.00".to_owned()]],
        };
        let page = page("Mug & Co.", &["August".to_owned()], &[sheet]);
        assert!(!page.contains("<script"), "{page}");
        assert!(
            page.contains("<td>&lt;script&gt;alert(1)&lt;/script&gt;</td><td class=\"n\">-1.00")
        );
        assert!(page.contains("<h2 id=\"fees\">Fees &amp; co.</h2>"));
    }
}
