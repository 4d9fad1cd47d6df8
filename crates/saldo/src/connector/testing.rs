//! What tests of the connector's side share: envelopes as it writes and reads them.

use saldo_core::exchange::HttpRequest;

/// The request that calls a method with these parameters.
pub(crate) fn request(url: &str, method: &str, parameters: &[(&str, &str)]) -> HttpRequest {
    let escaped = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
    let fields: String = parameters
        .iter()
        .map(|(name, value)| format!("<{name}>{}</{name}>", escaped(value)))
        .collect();
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope \
         xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
         <{method} xmlns=\"http://developer.intuit.com/\">{fields}</{method}>\
         </soap:Body></soap:Envelope>"
    );
    let mut request = HttpRequest::post_json(url.to_owned(), body.into_bytes());
    request.headers = vec![
        ("content-type".to_owned(), "text/xml; charset=utf-8".to_owned()),
        ("soapaction".to_owned(), format!("\"http://developer.intuit.com/{method}\"")),
    ];
    request.authorised = false;
    request
}

/// The texts of a method's result.
pub(crate) fn results(answer: Vec<u8>, method: &str) -> Vec<String> {
    let text = String::from_utf8(answer).unwrap();
    let result = between(&text, &format!("<{method}Result>"), &format!("</{method}Result>"));
    match result.contains("<string>") {
        true => result
            .split("</string>")
            .filter_map(|part| part.strip_prefix("<string>"))
            .map(str::to_owned)
            .collect(),
        false => vec![plain(result)],
    }
}

fn plain(text: &str) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (written, meant)| text.replace(written, meant))
}

fn between<'a>(text: &'a str, opens: &str, closes: &str) -> &'a str {
    let inner = text.split_once(opens).and_then(|(_, rest)| rest.split_once(closes));
    inner.unwrap_or_else(|| panic!("no {opens} in {text}")).0
}
