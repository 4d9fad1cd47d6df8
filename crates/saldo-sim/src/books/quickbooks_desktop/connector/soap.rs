//! Calls and answers as SOAP 1.1 carries them, document style, literally.

use super::super::element::{Document, Element, escaped};
use saldo_core::exchange::{HttpAnswer, HttpRequest, Method};
use std::collections::BTreeMap;

/// The namespace of the service.
const SERVICE: &str = "http://developer.intuit.com/";
/// The namespace of SOAP 1.1.
const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// A call of the service: its method and what it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) method: &'static str,
    pub(super) arguments: Vec<(&'static str, String)>,
}

/// A call as a request over HTTP.
pub(super) fn request(url: &str, call: &Call) -> HttpRequest {
    let method = call.method;
    let mut body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"{ENVELOPE}\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"><soap:Body><{method} xmlns=\"{SERVICE}\">"
    );
    for (name, value) in &call.arguments {
        body.push_str(&format!("<{name}>{}</{name}>", escaped(value)));
    }
    body.push_str(&format!("</{method}></soap:Body></soap:Envelope>"));
    let request = HttpRequest {
        method: Method::Post,
        url: url.to_owned(),
        headers: Vec::new(),
        body: body.into_bytes(),
        authorised: false,
    };
    request
        .header("content-type", "text/xml; charset=utf-8")
        .header("soapaction", &format!("\"{SERVICE}{method}\""))
        .header(
            "user-agent",
            "Mozilla/4.0 (compatible; MSIE 6.0; MS Web Services Client Protocol 4.0.30319.42000)",
        )
}

/// What a method answered: the content of its result.
///
/// # Errors
/// What is wrong with the answer: a status, a fault, a wrong name or namespace.
pub(super) fn result(method: &str, answer: &HttpAnswer) -> Result<Element, String> {
    let text = std::str::from_utf8(&answer.body).map_err(|error| error.to_string())?;
    let document = Document::parse(text).map_err(|why| format!("status {}: {why}", answer.status));
    let is_xml = answer.header("content-type").is_some_and(|it| it.starts_with("text/xml"));
    if answer.status != 200 {
        return Err(format!("the server answered with status {}: {text}", answer.status));
    }
    if !is_xml {
        return Err("the content type of the answer is not text/xml".to_owned());
    }
    let mut scope = Scope::default();
    let envelope = document?.root;
    scope.enter(&envelope);
    scope.must(&envelope, ENVELOPE, "Envelope")?;
    let body = envelope.children.iter().find(|it| scope.clone().is(it, ENVELOPE, "Body"));
    let body = body.ok_or("the envelope has no body")?;
    scope.enter(body);
    let response = body.children.first().ok_or("the body is empty")?;
    scope.enter(response);
    scope.must(response, SERVICE, &format!("{method}Response"))?;
    let result = response.children.first().ok_or("the answer holds no result")?;
    scope.enter(result);
    scope.must(result, SERVICE, &format!("{method}Result"))?;
    let mut result = result.clone();
    for child in &mut result.children {
        let mut inner = scope.clone();
        inner.enter(child);
        child.name = match inner.name(child) {
            (Some(SERVICE), local) => local.to_owned(),
            // What stands in another namespace is not seen.
            _ => String::new(),
        };
    }
    Ok(result)
}

/// The namespaces that prefixes stand for.
#[derive(Clone, Debug, Default)]
struct Scope(BTreeMap<String, String>);

impl Scope {
    fn enter(&mut self, element: &Element) {
        for (name, value) in &element.attributes {
            if name == "xmlns" {
                self.0.insert(String::new(), value.clone());
            } else if let Some(prefix) = name.strip_prefix("xmlns:") {
                self.0.insert(prefix.to_owned(), value.clone());
            }
        }
    }

    fn name<'a>(&'a self, element: &'a Element) -> (Option<&'a str>, &'a str) {
        let (prefix, local) = element.name.split_once(':').unwrap_or(("", &element.name));
        (self.0.get(prefix).map(String::as_str), local)
    }

    fn is(mut self, element: &Element, namespace: &str, local: &str) -> bool {
        self.enter(element);
        self.name(element) == (Some(namespace), local)
    }

    fn must(&self, element: &Element, namespace: &str, local: &str) -> Result<(), String> {
        if self.clone().is(element, namespace, local) {
            return Ok(());
        }
        let (found, name) = self.name(element);
        let found = found.unwrap_or("no namespace");
        Err(format!("`{name}` of {found} stands where `{local}` of {namespace} must"))
    }
}
