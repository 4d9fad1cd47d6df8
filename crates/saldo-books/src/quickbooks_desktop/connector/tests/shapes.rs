//! Calls and answers against the vendor's description of the service.

use super::super::soap::{ENVELOPE, SERVICE};
use super::super::xml::{self, written};
use super::super::*;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The text of a shared file; none where the shared material is not there.
fn shared(path: &str) -> Option<String> {
    let file = format!("{}/../../../shared/{path}", env!("CARGO_MANIFEST_DIR"));
    match std::fs::read_to_string(file) {
        Ok(text) => Some(text),
        Err(_) => {
            eprintln!("skipped: {path} (shared material not found)");
            None
        }
    }
}

/// What a description says: per element or type, its fields (least, most, name, type); and the
/// action of each operation.
#[derive(Debug, Default, PartialEq, Eq)]
struct Described {
    records: BTreeMap<String, Vec<[String; 4]>>,
    actions: BTreeMap<String, String>,
    /// Message names with the elements that they carry.
    messages: BTreeMap<String, String>,
}

fn described(text: &str) -> Described {
    let mut reader = Reader::from_str(text);
    let (mut described, mut record, mut message) = (Described::default(), None, String::new());
    let mut operation = String::new();
    loop {
        let event = reader.read_event().unwrap();
        let (Event::Start(start) | Event::Empty(start)) = &event else {
            match event {
                Event::Eof => return described,
                _ => continue,
            }
        };
        let attribute = |name: &str| {
            let found = start.attributes().map(|it| it.unwrap());
            let mut found = found.filter(|it| it.key.as_ref() == name);
            found.next().map(|it| it.value.to_string())
        };
        let name = attribute("name").unwrap_or_default();
        match (start.local_name().as_ref(), attribute("type")) {
            ("element", Some(kind)) => {
                let field = ["minOccurs", "maxOccurs"].map(|it| attribute(it).unwrap());
                let [least, most] = field;
                let record: &String = record.as_ref().unwrap();
                described.records.get_mut(record).unwrap().push([least, most, name, kind]);
            }
            ("element", None) => {
                record = Some(name.clone());
                described.records.insert(name, Vec::new());
            }
            ("complexType", None) if !name.is_empty() => {
                record = Some(name.clone());
                described.records.insert(name, Vec::new());
            }
            ("message", None) => message = name,
            ("part", None) => {
                described.messages.insert(message.clone(), attribute("element").unwrap());
            }
            ("operation", None) => match attribute("soapAction") {
                Some(action) => drop(described.actions.insert(operation.clone(), action)),
                None => operation = name,
            },
            _ => {}
        }
    }
}

#[test]
fn the_description_is_the_vendors() {
    let ours = described(&description("https://saldo.example/qbwc"));
    for name in ["QBWebConnectorSvc.wsdl", "qbwc-kit.generated.wsdl"] {
        let Some(text) = shared(&format!("specs/quickbooks-desktop/{name}")) else { return };
        let mut theirs = described(&text);
        // The vendor's own names a parameter that its connector does not send.
        theirs.records.insert("serverVersion".to_owned(), Vec::new());
        assert_eq!(ours, theirs, "{name}");
    }
}

#[test]
fn the_description_names_the_address() {
    let text = description("https://saldo.example/qbwc?a=1&b=\"2\"");
    assert!(text.contains("location=\"https://saldo.example/qbwc?a=1&amp;b=&quot;2&quot;\""));
    xml::read(&text).unwrap();
}

/// The envelope of a call, as the connector writes it.
fn envelope(call: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope \
         xmlns:soap=\"{ENVELOPE}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         <soap:Body>{call}</soap:Body></soap:Envelope>"
    )
}

fn read(body: &[u8]) -> Result<Call, SoapFault> {
    read_call(body, |_| Some(Arc::default()))
}

fn called(call: &str) -> Result<Call, String> {
    read(envelope(call).as_bytes()).map_err(|fault| fault.to_string())
}

#[test]
fn every_call_of_the_description_is_read() {
    let Some(text) = shared("specs/quickbooks-desktop/QBWebConnectorSvc.wsdl") else { return };
    let theirs = described(&text);
    for method in Method::ALL {
        let name = method.name();
        let value = |kind: &str| if kind == "s:int" { "13" } else { "a&lt;b" };
        let field = |[_, _, name, kind]: &[String; 4]| format!("<{name}>{}</{name}>", value(kind));
        let fields: String = theirs.records[name].iter().map(field).collect();
        let call = called(&format!("<{name} xmlns=\"{SERVICE}\">{fields}</{name}>")).unwrap();
        assert_eq!(call.method(), method);
        let bare = called(&format!("<q:{name} xmlns:q=\"{SERVICE}\"/>"));
        let needs_numbers = method == Method::SendRequest;
        assert_eq!(bare.is_err(), needs_numbers, "what may be left out is left out: {name}");
    }
}

#[test]
fn what_lies_in_a_call_is_read_as_it_was_meant() {
    let qbxml = "<?xml version=\"1.0\"?><QBXML><Name>Søren &amp; Co &lt;1&gt;</Name></QBXML>";
    let call = called(&format!(
        "<receiveResponseXML xmlns=\"{SERVICE}\"><ticket>t</ticket><response>{}</response>\
         <hresult /><message /></receiveResponseXML>",
        written(qbxml)
    ));
    let Ok(Call::ReceiveResponse { ticket, response, code, message }) = call else {
        panic!("{call:?}")
    };
    assert_eq!((ticket.as_str(), response.as_str()), ("t", qbxml));
    assert_eq!((code.as_str(), message.as_str()), ("", ""));
    let call = called(&format!(
        "<sendRequestXML xmlns=\"{SERVICE}\"><ticket>t</ticket><strHCPResponse>{}</strHCPResponse>\
         <strCompanyFileName>C:\\A &amp; B.qbw</strCompanyFileName><qbXMLCountry>US</qbXMLCountry>\
         <qbXMLMajorVers> 13 </qbXMLMajorVers><qbXMLMinorVers>0</qbXMLMinorVers></sendRequestXML>",
        written(qbxml)
    ));
    let Ok(Call::SendRequest(work)) = call else { panic!("{call:?}") };
    let file = r"C:\A & B.qbw".to_owned();
    let (ticket, host, country) = ("t".to_owned(), qbxml.to_owned(), "US".to_owned());
    assert_eq!(work, WorkRequest { ticket, host, file, country, major: 13, minor: 0 });
}

#[test]
fn a_password_is_read_and_does_not_print() {
    let call = called(&format!(
        "<authenticate xmlns=\"{SERVICE}\"><strUserName>saldo-demo</strUserName>\
         <strPassword>a&amp;b</strPassword></authenticate>"
    ))
    .unwrap();
    assert!(!format!("{call:?}").contains("a&b"));
    let Call::Authenticate(login) = call else { panic!() };
    assert_eq!((login.user.as_str(), login.password.expose()), ("saldo-demo", "a&b"));
}

#[test]
fn what_is_no_call_is_refused() {
    let cases = [
        ("<serverVersion/>", "`serverVersion` of `` is not known here"),
        ("<serverVersion xmlns='http://other/'/>", "is not known here"),
        ("<launch xmlns='http://developer.intuit.com/'/>", "no method `launch`"),
        ("", "one call"),
        ("<a/><b/>", "one call"),
    ];
    for (call, expected) in cases {
        let fault = called(call).unwrap_err();
        assert!(fault.contains(expected), "{call}: {fault}");
    }
    let soap12 = envelope("<a/>").replace(ENVELOPE, "http://www.w3.org/2003/05/soap-envelope");
    let attack = envelope("<a/>").replace("<soap:Env", "<!DOCTYPE a [<!ENTITY b 'c'>]><soap:Env");
    for (text, expected) in [(soap12, "SOAP 1.1"), (attack, "document type")] {
        let fault = read(text.as_bytes()).unwrap_err().to_string();
        assert!(fault.contains(expected), "{fault}");
    }
    assert!(read(&[0xff, 0xfe]).is_err());
    let fault = String::from_utf8(write_fault(&read(b"<a>").unwrap_err())).unwrap();
    let body = xml::read(&fault).unwrap();
    assert_eq!(body.at(&["Body", "Fault", "faultcode"])[0].text, "soap:Client");
}

#[test]
fn every_answer_has_the_shape_of_the_description() {
    let Some(text) = shared("specs/quickbooks-desktop/QBWebConnectorSvc.wsdl") else { return };
    let theirs = described(&text);
    for method in Method::ALL {
        let name = format!("{}Response", method.name());
        let [[_, _, result, kind]] = &theirs.records[&name][..] else { panic!("{name}") };
        let reply = match kind.as_str() {
            "s:int" => Reply::Number(-1),
            "tns:ArrayOfString" => Reply::admission("t<1>", ""),
            _ => Reply::text("<QBXML>&</QBXML>"),
        };
        let envelope = String::from_utf8(reply.write(method)).unwrap();
        let envelope = xml::read(&envelope).unwrap();
        assert_eq!((envelope.name.as_str(), &*envelope.namespace), ("Envelope", ENVELOPE));
        let found = envelope.at(&["Body", &name, result]);
        let [found] = found[..] else { panic!("{envelope:?}") };
        assert_eq!(*found.namespace, *SERVICE);
        match reply {
            Reply::Number(_) => assert_eq!(found.text, "-1"),
            Reply::Text(text) => assert_eq!(found.text, text),
            Reply::Texts(texts) => {
                let texts_found: Vec<_> = found.at(&["string"]).iter().map(|it| &it.text).collect();
                assert_eq!(texts_found, texts.iter().collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn the_application_file_has_the_fields_of_the_vendors_sample() {
    let Some(text) = shared("fixtures/quickbooks-desktop/HTTPSWebService.qwc") else { return };
    let fields = |text: &str| -> Vec<String> {
        xml::read(text).unwrap().children.into_iter().map(|it| it.name).collect()
    };
    let application = Application {
        url: "https://saldo.example/qbwc".to_owned(),
        support_url: "https://saldo.example/qbwc".to_owned(),
        user: "saldo-demo".to_owned(),
        file_id: Guid::from_random([7; 16]).to_string(),
        schedule: "at 02:00".parse().unwrap(),
    };
    let (ours, theirs) = (fields(&application.write()), fields(&text));
    assert_eq!(&ours[..theirs.len()], theirs);
    assert_eq!(ours[theirs.len()..], ["Scheduler", "IsReadOnly"]);
}
