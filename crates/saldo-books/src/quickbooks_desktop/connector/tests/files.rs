//! The company file: which one is open, and whether it is the one that was connected.

use super::super::{CompanyFile, Known, OWNER_ID, WorkRequest};

const OURS: &str = "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}";
const OTHER: &str = "{11111111-33D9-4815-AC85-BC87A7E7D1EB}";

/// What QuickBooks says of itself, with custom fields of the company: owner, name, value.
pub(super) fn host(company: &str, fields: &[(&str, &str, &str)]) -> String {
    let field = |(owner, name, value): &(&str, &str, &str)| {
        format!(
            "<DataExtRet><OwnerID>{owner}</OwnerID><DataExtName>{name}</DataExtName>\
             <DataExtType>STR255TYPE</DataExtType><DataExtValue>{value}</DataExtValue></DataExtRet>"
        )
    };
    let fields: String = fields.iter().map(field).collect();
    format!(
        "<?xml version=\"1.0\" ?>\n<QBXML><QBXMLMsgsRs>\
         <HostQueryRs requestID=\"0\" statusCode=\"0\"><HostRet><ProductName>QuickBooks Pro\
         </ProductName></HostRet></HostQueryRs>\
         <CompanyQueryRs requestID=\"1\" statusCode=\"0\"><CompanyRet><IsSampleCompany>false\
         </IsSampleCompany><CompanyName>{company}</CompanyName>{fields}</CompanyRet>\
         </CompanyQueryRs></QBXMLMsgsRs></QBXML>"
    )
}

fn shown(path: &str, host: String) -> CompanyFile {
    CompanyFile::of(&WorkRequest { host, file: path.to_owned(), ..WorkRequest::default() })
}

fn known(path: &str, company: &str) -> Known {
    let said = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Known { file_id: OURS.to_owned(), path: said(path), company: said(company) }
}

const PATH: &str = r"C:\Books\Mugs.qbw";

#[test]
fn a_file_is_known_by_the_number_in_it_and_a_copy_by_where_it_lies() {
    let small = OURS.to_lowercase();
    for (owner, value) in [(OWNER_ID, OURS), (&*OWNER_ID.to_lowercase(), &*small)] {
        let host = host("Mug &amp; Co", &[("0", "Colour", "red"), (owner, "FileID", value)]);
        let seen = shown(r"c:\books\MUGS.qbw", host.clone()).recognised(&known(PATH, "Old name"));
        assert_eq!(seen.unwrap(), known(r"c:\books\MUGS.qbw", "Mug & Co"));
        let seen = shown("", host.clone()).recognised(&known(PATH, "Old name")).unwrap();
        assert_eq!(seen, known(PATH, "Mug & Co"), "where it lies was not said");
        let seen = shown(r"D:\Moved.qbw", host.clone()).recognised(&known("", "Old name"));
        assert_eq!(seen.unwrap(), known(r"D:\Moved.qbw", "Mug & Co"), "its owner forgot the path");
        let copy = shown(r"D:\Copy.qbw", host).recognised(&known(PATH, "Mug & Co")).unwrap_err();
        let words = copy.to_string();
        assert!(words.contains(r"lies elsewhere than C:\Books\Mugs.qbw"), "{words}");
        assert!(words.contains("--moved"), "{words}");
    }
}

#[test]
fn a_file_of_another_connection_is_refused_whatever_it_is_called() {
    let fields = [(OWNER_ID, "FileID", OTHER)];
    let refused = |expected: &Known| {
        let shown = shown(PATH, host("Mug", &fields));
        shown.recognised(expected).unwrap_err().to_string()
    };
    let mugs = r"the company file C:\Books\Mugs.qbw of Mug is open";
    let closes = "nothing was entered. Open that file and start the update again";
    let added = "which another connection of Saldo was added to. This connection belongs to";
    let known_before = refused(&known(r"C:\Cups.qbw", "Cup"));
    let cups = r"the company file C:\Cups.qbw of Cup";
    assert_eq!(known_before, format!("{mugs}, {added} {cups}: {closes}"));
    let another = "another one that it was added to";
    assert_eq!(refused(&known("", "")), format!("{mugs}, {added} {another}: {closes}"));
    let without = shown(PATH, host("Mug", &[])).recognised(&known(r"C:\Cups.qbw", "Cup"));
    let without = without.unwrap_err().to_string();
    assert_eq!(without, format!("{mugs}. This connection belongs to {cups}: {closes}"));
    // Two connections may have been added to one file.
    let both = [(OWNER_ID, "FileID", OTHER), (OWNER_ID, "FileID", OURS)];
    assert!(shown(PATH, host("Mug", &both)).recognised(&known("", "")).is_ok());
}

#[test]
fn a_file_without_a_number_is_known_by_its_path_and_company() {
    let strangers = [("{22222222-33D9-4815-AC85-BC87A7E7D1EB}", "FileID", OURS)];
    let cases = [
        ("", "", true),
        (PATH, "Mug", true),
        (r"c:\books\MUGS.qbw", "Mug", true),
        (r"C:\Books\Cups.qbw", "Mug", false),
        (PATH, "Cup", false),
    ];
    for (path, company, expected) in cases {
        let seen = shown(PATH, host("Mug", &strangers)).recognised(&known(path, company));
        assert_eq!(seen.is_ok(), expected, "{path} {company}");
    }
    let first = shown(PATH, host("Mug", &[])).recognised(&known("", "")).unwrap();
    assert_eq!(first, known(PATH, "Mug"), "the first file is noted");
}

#[test]
fn where_quickbooks_says_nothing_readable_the_path_counts() {
    for host in ["", "<QBXML>", "<!DOCTYPE a><QBXML/>"] {
        let seen = |path: &str| shown(PATH, host.to_owned()).recognised(&known(path, "Mug"));
        assert_eq!(seen(PATH).unwrap(), known(PATH, "Mug"), "what was known stays known");
        assert!(seen(r"C:\Other.qbw").is_err());
    }
}
