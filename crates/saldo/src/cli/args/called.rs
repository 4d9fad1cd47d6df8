//! The words for vendors that make the calls themselves.

use clap::{Args, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// A company file of QuickBooks Desktop. Said again, it changes the connection that is there.
#[derive(Debug, Args)]
pub(crate) struct ConnectQuickbooksDesktop {
    /// Where to write the file that is opened in the Web Connector.
    #[arg(long, value_name = "FILE.qwc", conflicts_with = "revoke")]
    pub(crate) out: Option<PathBuf>,
    /// The address at which the Web Connector finds `saldo serve`: by https, or by http on the same
    /// machine. At first http://localhost:8766/qbwc.
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Sync so often. At first every 15 minutes.
    #[arg(long, value_name = "MINUTES", conflicts_with = "at")]
    pub(crate) every: Option<u16>,
    /// Sync once a day, at this time of the company's zone, and when somebody starts an update by
    /// hand.
    #[arg(long, value_name = "HH:MM")]
    pub(crate) at: Option<String>,
    /// Sync when somebody starts an update in the Web Connector, and never by the clock.
    #[arg(long, conflicts_with_all = ["every", "at"])]
    pub(crate) by_hand: bool,
    /// The certificate by which `saldo serve` proves who it is, and those that vouch for it, as a
    /// PEM file. Needed where the Web Connector runs on another machine.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) certificate: Option<PathBuf>,
    /// The certificate's key, as a PEM file.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(crate) key: Option<PathBuf>,
    /// Serve without a certificate again, to this machine alone.
    #[arg(long, conflicts_with = "certificate")]
    pub(crate) no_certificate: bool,
    /// Whether data of QuickBooks POS are to be moved into the company file: until they are, no
    /// session enters anything.
    #[arg(long, value_enum, value_name = "STATE")]
    pub(crate) pos: Option<Pos>,
    /// Let Saldo make the sales tax item of 0% that documents refer to, where there is none.
    #[arg(long)]
    pub(crate) make_tax_item: bool,
    /// What payouts and money from tills become when they come to the bank. At first transfers.
    #[arg(long, value_enum, value_name = "FORM")]
    pub(crate) payouts: Option<Payouts>,
    /// The company file was moved or renamed: the one that is open next is it, if it has the
    /// connection's number.
    #[arg(long)]
    pub(crate) moved: bool,
    /// Draw another password; the one before is of no use any more.
    #[arg(long, conflicts_with = "revoke")]
    pub(crate) renew_password: bool,
    /// Let nobody log in any more.
    #[arg(long)]
    pub(crate) revoke: bool,
}

/// What a payout becomes in a company file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Payouts {
    /// A transfer from the account of the gateway.
    Transfers,
    /// A deposit of one line, from the account of the gateway, which names the gateway.
    Deposits,
}

impl Payouts {
    /// The word of the setting.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Transfers => "transfers",
            Self::Deposits => "deposits",
        }
    }
}

/// Where the data of QuickBooks POS are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Pos {
    /// It is not used.
    None,
    /// Not all of them are in the company file yet.
    Moving,
    /// All of them are in the company file.
    Moved,
}

/// What vendors' own programs call.
#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where to listen. Without a certificate only on this machine. One that the connection is set
    /// up with (`saldo connect quickbooks-desktop --certificate`) need not be named here.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8766")]
    pub(crate) listen: SocketAddr,
    /// The certificate and those that vouch for it, as a PEM file.
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(crate) certificate: Option<PathBuf>,
    /// The certificate's key, as a PEM file.
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub(crate) key: Option<PathBuf>,
}

/// A simulated Web Connector, with a simulated company file of QuickBooks Desktop beside it.
#[derive(Debug, Args)]
pub(crate) struct SimConnector {
    /// The connector's file, as `saldo connect quickbooks-desktop` wrote it.
    pub(crate) qwc: PathBuf,
    /// The file with the password that was shown; it is typed anew for each session.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: PathBuf,
    /// Where the simulated company file is kept; made where it is not there.
    #[arg(long, value_name = "FILE")]
    pub(crate) company_file: PathBuf,
    /// The seed of a new company file.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Let things go wrong: sessions that break off, a user who stops them, windows that are open,
    /// another company file. Which, follows from this number and the session's.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) rough: Option<u64>,
}
