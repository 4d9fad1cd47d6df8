//! Answers as XML, which the vendor gives to whoever does not ask for JSON.

use serde_json::Value;

/// A JSON answer as XML, below one element.
pub(super) fn render(root: &str, value: &Value) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>".to_owned();
    write(&mut text, root, value);
    text
}

fn write(text: &mut String, name: &str, value: &Value) {
    match value {
        Value::Null => {}
        Value::Array(items) => {
            let one = singular(name);
            text.push_str(&format!("<{name}>"));
            items.iter().for_each(|item| write(text, &one, item));
            text.push_str(&format!("</{name}>"));
        }
        Value::Object(object) => {
            text.push_str(&format!("<{name}>"));
            object.iter().for_each(|(name, value)| write(text, name, value));
            text.push_str(&format!("</{name}>"));
        }
        Value::String(content) => {
            text.push_str(&format!("<{name}>{}</{name}>", escaped(content)));
        }
        Value::Bool(_) | Value::Number(_) => {
            text.push_str(&format!("<{name}>{value}</{name}>"));
        }
    }
}

/// The name of one element of a list.
fn singular(name: &str) -> String {
    if let Some(stem) = name.strip_suffix("ies") {
        return format!("{stem}y");
    }
    name.strip_suffix('s').unwrap_or(name).to_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn lists_hold_elements_in_the_singular() {
        let value = json!({ "Currencies": [{ "Code": "A&B", "IsBase": true }], "None": null });
        let text = render("Response", &value);
        assert!(text.ends_with(
            "<Response><Currencies><Currency><Code>A&amp;B</Code><IsBase>true</IsBase></Currency>\
             </Currencies></Response>"
        ));
    }
}
