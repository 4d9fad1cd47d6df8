//! The application file (`.qwc`): what a person opens in the connector once, to add Saldo.

use super::schedule::Schedule;
use super::xml::written;
use std::fmt;

/// What stands for this product in every company file.
pub const OWNER_ID: &str = "{7E2A4C1D-9B36-4F58-8D0E-5A1C3F6B2E94}";

/// A number that stands for one thing in the world: `{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guid(String);

impl Guid {
    /// One made of these random bytes (RFC 9562, version 4).
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        let mut bytes = bytes;
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
        let part = |from: usize, to: usize| hex[from..to].concat();
        let parts = [part(0, 4), part(4, 6), part(6, 8), part(8, 10), part(10, 16)];
        Self(format!("{{{}}}", parts.join("-")))
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the connector is told of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The address that it calls.
    pub url: String,
    /// A page about it, on the same host.
    pub support_url: String,
    /// The user's name.
    pub user: String,
    /// What stands for this connection in the company file.
    pub file_id: String,
    /// When it calls.
    pub schedule: Schedule,
}

impl Application {
    /// The file's text.
    #[must_use]
    pub fn write(&self) -> String {
        let field = |name: &str, text: &str| format!("  <{name}>{}</{name}>\n", written(text));
        let fields = [
            field("AppName", "Saldo"),
            field("AppID", ""),
            field("AppURL", &self.url),
            field("AppDescription", "Enters the sales of your shops, and what belongs to them"),
            field("AppSupport", &self.support_url),
            field("UserName", &self.user),
            field("OwnerID", OWNER_ID),
            field("FileID", &self.file_id),
            field("QBType", "QBFS"),
            field("Style", "Document"),
            field("AuthFlags", "0xF"),
        ]
        .concat();
        let scheduler = self.schedule.calls_every_minutes().map_or_else(String::new, |every| {
            format!(
                "  <Scheduler>\n    <RunEveryNMinutes>{every}</RunEveryNMinutes>\n  </Scheduler>\n"
            )
        });
        format!(
            "<?xml version=\"1.0\"?>\n<QBWCXML>\n{fields}{scheduler}  \
             <IsReadOnly>false</IsReadOnly>\n</QBWCXML>\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_written_as_windows_writes_it() {
        assert_eq!(
            Guid::from_random([0; 16]).to_string(),
            "{00000000-0000-4000-8000-000000000000}"
        );
        assert_eq!(
            Guid::from_random([0xff; 16]).to_string(),
            "{FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF}"
        );
    }

    #[test]
    fn the_file_says_who_calls_where_and_how_often() {
        let application = Application {
            url: "https://saldo.example/qbwc".to_owned(),
            support_url: "https://saldo.example/qbwc?support&x=1".to_owned(),
            user: "saldo-demo".to_owned(),
            file_id: "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}".to_owned(),
            schedule: Schedule::Every { minutes: 15 },
        };
        insta::assert_snapshot!(application.write(), @r#"
        <?xml version="1.0"?>
        <QBWCXML>
          <AppName>Saldo</AppName>
          <AppID></AppID>
          <AppURL>https://saldo.example/qbwc</AppURL>
          <AppDescription>Enters the sales of your shops, and what belongs to them</AppDescription>
          <AppSupport>https://saldo.example/qbwc?support&amp;x=1</AppSupport>
          <UserName>saldo-demo</UserName>
          <OwnerID>{7E2A4C1D-9B36-4F58-8D0E-5A1C3F6B2E94}</OwnerID>
          <FileID>{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}</FileID>
          <QBType>QBFS</QBType>
          <Style>Document</Style>
          <AuthFlags>0xF</AuthFlags>
          <Scheduler>
            <RunEveryNMinutes>15</RunEveryNMinutes>
          </Scheduler>
          <IsReadOnly>false</IsReadOnly>
        </QBWCXML>
        "#);
        let by_hand = Application { schedule: Schedule::ByHand, ..application }.write();
        assert!(by_hand.contains("<AuthFlags>0xF</AuthFlags>\n  <IsReadOnly>"), "{by_hand}");
    }
}
