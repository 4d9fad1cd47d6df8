//! Which company file is open, and whether it is the one that was connected.
//!
//! The connector writes the connection's number into the company file, under the product's own,
//! when the application is added there. A copy carries the same number, and shows by where it lies
//! alone: so a file at another path than the last time is refused until its owner says that it was
//! moved. One that was put in the file's own place, as a backup is, cannot be seen here.

use super::application::OWNER_ID;
use super::soap::WorkRequest;
use super::xml::{self, Element};
use std::collections::BTreeSet;
use std::fmt;

/// The name under which the connector writes the connection's number into the company file.
const STAMP: &str = "FileID";

/// A company file, as the first call for work shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CompanyFile {
    /// The path of the file on its own machine; empty where it was not said.
    pub path: String,
    /// The company's name; empty where it was not said.
    pub company: String,
    /// The numbers of our connections that were added to it, in upper case.
    stamps: BTreeSet<String>,
}

/// What a connection knows of its company file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// The number of the connection.
    pub file_id: String,
    /// The path of the file that was seen first or last; none before the first session.
    pub path: Option<String>,
    /// The company's name in it.
    pub company: Option<String>,
}

/// Another company file is open than the one that was connected, or may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherFile {
    /// The one that is open.
    pub found: CompanyFile,
    /// The one that was connected.
    pub expected: Known,
}

impl fmt::Display for OtherFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |path: &str, company: &str| match (path, company) {
            ("", "") => "a company file without a name".to_owned(),
            ("", company) => format!("the company file of {company}"),
            (path, "") => format!("the company file {path}"),
            (path, company) => format!("the company file {path} of {company}"),
        };
        let found = named(&self.found.path, &self.found.company);
        if self.found.stamps.contains(&self.expected.file_id.to_uppercase()) {
            return write!(
                f,
                "{found} is open. It has the number of this connection, and lies elsewhere than \
                 {}: it may be a copy, and nothing was entered. Open the file that was connected; \
                 or where it was moved or renamed, say so (`saldo connect quickbooks-desktop \
                 --moved`). Then start the update again",
                self.expected.path.as_deref().unwrap_or("the last time")
            );
        }
        let state = match self.found.stamps.is_empty() {
            true => "is open",
            false => "is open, which another connection of Saldo was added to",
        };
        let expected = match (&self.expected.path, &self.expected.company) {
            (None, None) => "another one that it was added to".to_owned(),
            (path, company) => {
                let word = |text: &Option<String>| text.clone().unwrap_or_default();
                named(&word(path), &word(company))
            }
        };
        write!(
            f,
            "{found} {state}. This connection belongs to {expected}: nothing was entered. Open \
             that file and start the update again"
        )
    }
}

impl CompanyFile {
    /// The file that a session's first call for work shows. What QuickBooks says of itself may be
    /// missing or unreadable; then the path alone is known.
    #[must_use]
    pub fn of(request: &WorkRequest) -> Self {
        let path = request.file.trim().to_owned();
        let Ok(host) = xml::read(&request.host) else {
            return Self { path, ..Self::default() };
        };
        let companies = host.at(&["QBXMLMsgsRs", "CompanyQueryRs", "CompanyRet"]);
        let name = |it: &&Element| it.text_of("CompanyName").map(str::to_owned);
        let company = companies.iter().find_map(name).unwrap_or_default();
        let is_ours = |it: &&&Element| {
            let owner = it.text_of("OwnerID").unwrap_or_default();
            owner.eq_ignore_ascii_case(OWNER_ID) && it.text_of("DataExtName") == Some(STAMP)
        };
        let stamps = companies.iter().flat_map(|it| it.at(&["DataExtRet"])).collect::<Vec<_>>();
        let stamps = stamps.iter().filter(is_ours);
        let stamps = stamps.filter_map(|it| it.text_of("DataExtValue")).map(str::to_uppercase);
        Self { path, company, stamps: stamps.collect() }
    }

    /// What a connection knows from now on, where this is its company file: by the number in it and
    /// its path, or, where it carries none of ours, by its path and the company's name. While no
    /// path is known, any is taken with the connection's number or without any.
    ///
    /// # Errors
    /// Where it is another one.
    pub fn recognised(self, expected: &Known) -> Result<Known, Box<OtherFile>> {
        let is_the_one = match self.stamps.is_empty() {
            false => {
                self.stamps.contains(&expected.file_id.to_uppercase())
                    && (self.path.is_empty() || self.lies_at_path_of(expected))
            }
            true => self.has_name_of(expected),
        };
        if !is_the_one {
            return Err(Box::new(OtherFile { found: self, expected: expected.clone() }));
        }
        let said = |text: String, before: &Option<String>| match text.is_empty() {
            true => before.clone(),
            false => Some(text),
        };
        Ok(Known {
            path: said(self.path, &expected.path),
            company: said(self.company, &expected.company),
            file_id: expected.file_id.clone(),
        })
    }

    fn has_name_of(&self, expected: &Known) -> bool {
        let same_company = |company: &String| self.company.is_empty() || *company == self.company;
        self.lies_at_path_of(expected) && expected.company.as_ref().is_none_or(same_company)
    }

    fn lies_at_path_of(&self, expected: &Known) -> bool {
        // Windows does not tell small letters from large ones.
        let same_path = |path: &String| path.to_lowercase() == self.path.to_lowercase();
        expected.path.as_ref().is_none_or(same_path)
    }
}
