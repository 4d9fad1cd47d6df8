//! The description of the service (WSDL 1.1), for whoever looks it up.

use super::soap::{Method, SERVICE};
use super::xml::written;
use std::fmt::Write;

/// Where XML Schema types come from.
const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";
/// The namespace of descriptions.
const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
/// The namespace of their SOAP parts.
const WSDL_SOAP: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
/// SOAP over HTTP.
const OVER_HTTP: &str = "http://schemas.xmlsoap.org/soap/http";

/// The parameters of a call, with their types.
const fn parameters(method: Method) -> &'static [(&'static str, &'static str)] {
    match method {
        Method::ServerVersion => &[],
        Method::ClientVersion => &[("strVersion", "string")],
        Method::Authenticate => &[("strUserName", "string"), ("strPassword", "string")],
        Method::SendRequest => &[
            ("ticket", "string"),
            ("strHCPResponse", "string"),
            ("strCompanyFileName", "string"),
            ("qbXMLCountry", "string"),
            ("qbXMLMajorVers", "int"),
            ("qbXMLMinorVers", "int"),
        ],
        Method::ReceiveResponse => &[
            ("ticket", "string"),
            ("response", "string"),
            ("hresult", "string"),
            ("message", "string"),
        ],
        Method::ConnectionError => {
            &[("ticket", "string"), ("hresult", "string"), ("message", "string")]
        }
        Method::LastError | Method::Close => &[("ticket", "string")],
    }
}

/// The type of a result.
const fn result(method: Method) -> &'static str {
    match method {
        Method::Authenticate => "tns:ArrayOfString",
        Method::ReceiveResponse => "s:int",
        _ => "s:string",
    }
}

/// The description of the service at this address.
#[must_use]
pub fn description(url: &str) -> String {
    let (mut types, mut messages, mut port, mut binding) =
        (String::new(), String::new(), String::new(), String::new());
    for method in Method::ALL {
        let name = method.name();
        let parameters: String = parameters(method)
            .iter()
            .map(|(name, kind)| element(name, &format!("s:{kind}"), *kind == "int"))
            .collect();
        let answer = element(&format!("{name}Result"), result(method), result(method) == "s:int");
        types.push_str(&record(name, &parameters));
        types.push_str(&record(&format!("{name}Response"), &answer));
        for (end, whole) in [("SoapIn", name.to_owned()), ("SoapOut", format!("{name}Response"))] {
            write!(
                messages,
                "<wsdl:message name=\"{name}{end}\">\
                 <wsdl:part name=\"parameters\" element=\"tns:{whole}\"/></wsdl:message>"
            )
            .expect("text can be written to a string");
        }
        write!(
            port,
            "<wsdl:operation name=\"{name}\"><wsdl:input message=\"tns:{name}SoapIn\"/>\
             <wsdl:output message=\"tns:{name}SoapOut\"/></wsdl:operation>"
        )
        .expect("text can be written to a string");
        write!(
            binding,
            "<wsdl:operation name=\"{name}\">\
             <soap:operation soapAction=\"{SERVICE}{name}\" style=\"document\"/>\
             <wsdl:input><soap:body use=\"literal\"/></wsdl:input>\
             <wsdl:output><soap:body use=\"literal\"/></wsdl:output></wsdl:operation>"
        )
        .expect("text can be written to a string");
    }
    let list = "<s:complexType name=\"ArrayOfString\"><s:sequence><s:element minOccurs=\"0\" \
        maxOccurs=\"unbounded\" name=\"string\" nillable=\"true\" type=\"s:string\"/>\
        </s:sequence></s:complexType>";
    let name = "QBWebConnectorSvc";
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <wsdl:definitions xmlns:wsdl=\"{WSDL}\" xmlns:soap=\"{WSDL_SOAP}\" xmlns:s=\"{SCHEMA}\" \
         xmlns:tns=\"{SERVICE}\" targetNamespace=\"{SERVICE}\">\
         <wsdl:types><s:schema elementFormDefault=\"qualified\" targetNamespace=\"{SERVICE}\">\
         {types}{list}</s:schema></wsdl:types>{messages}\
         <wsdl:portType name=\"{name}Soap\">{port}</wsdl:portType>\
         <wsdl:binding name=\"{name}Soap\" type=\"tns:{name}Soap\">\
         <soap:binding transport=\"{OVER_HTTP}\" style=\"document\"/>{binding}</wsdl:binding>\
         <wsdl:service name=\"{name}\"><wsdl:port name=\"{name}Soap\" \
         binding=\"tns:{name}Soap\"><soap:address location=\"{}\"/></wsdl:port></wsdl:service>\
         </wsdl:definitions>\n",
        written(url)
    )
}

fn element(name: &str, kind: &str, required: bool) -> String {
    let least = u8::from(required);
    format!("<s:element minOccurs=\"{least}\" maxOccurs=\"1\" name=\"{name}\" type=\"{kind}\"/>")
}

fn record(name: &str, fields: &str) -> String {
    format!(
        "<s:element name=\"{name}\"><s:complexType><s:sequence>{fields}</s:sequence>\
         </s:complexType></s:element>"
    )
}
