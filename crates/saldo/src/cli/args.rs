//! The words of the command line.

mod called;
mod connect;
mod decide;
mod feed;
#[cfg(test)]
mod guide;
mod report;

pub(crate) use called::{ConnectQuickbooksDesktop, Pos, Serve, SimConnector};
pub(crate) use connect::{
    Connect, ConnectQuickbooksOnline, ConnectShopify, ConnectXero, Disconnect,
};
pub(crate) use decide::{
    DayAmount, Decide, DecideArrived, DecideClosingRate, DecideEntry, DecideEvent, DecideExclude,
    DecidePaid, DecidePromotionalUse, DecideWriteOff,
};
pub(crate) use feed::{Feed, FeedWrite};
pub(crate) use report::{Report, ReportBridge, ReportClose, Verify};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Carries everything that happens in a merchant's shops into the books: once, and to the cent.
///
/// Exit codes: 0 done; 1 something is held or failed; 2 the command cannot be understood, or names
/// what is not there; 3 the world failed and it is worth trying again; 130 and 143 it was stopped.
#[derive(Debug, Parser)]
#[command(name = "saldo", version, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// What every command understands.
    #[command(flatten)]
    pub(crate) global: Global,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command understands.
#[derive(Clone, Debug, Args)]
pub(crate) struct Global {
    /// The folder of the database and the plain-text books.
    #[arg(long, global = true, env = "SALDO_DATA", value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// Which company, where the database has several.
    #[arg(long, global = true, env = "SALDO_COMPANY", value_name = "ID")]
    pub(crate) company: Option<String>,
    /// Print JSON instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Show no progress.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a database with one company, and the key that seals its secrets.
    Init(Init),
    /// Connect a shop or an accounting system.
    #[command(subcommand)]
    Connect(Connect),
    /// End a connection: what it brought stays, nothing more is pulled from it or pushed to it.
    Disconnect(Disconnect),
    /// Show or change the policy: which account is used for what.
    #[command(subcommand)]
    Map(Map),
    /// Say what no channel can tell: an entry, a claim given up, an order left out.
    #[command(subcommand)]
    Decide(Decide),
    /// Take files that a shop's pages export, or that its interface gives; or statements of a bank.
    Import(Import),
    /// Show what banks said beside what documents say: the deposit of each payout, and what nobody
    /// knows yet.
    Bank,
    /// Pull from every channel, plan, and push what the policy approves by itself.
    Sync,
    /// Show what would be entered in the books, and why.
    Plan(PlanArguments),
    /// Approve what was planned: it is pushed by the next `apply` or `sync`.
    Approve(PlanArguments),
    /// Push what was approved.
    Apply,
    /// Show whether everything adds up.
    Prove(Prove),
    /// Open a document, an order, a payout or an entry down to the vendor's bytes.
    Explain(Explain),
    /// List what needs a person.
    Issues {
        /// List what is left out of the books instead, and by which rule.
        #[arg(long)]
        excluded: bool,
    },
    /// Try again what a book refused.
    Retry(Retry),
    /// Show how far every connection has come, and how many facts stand where.
    Status,
    /// Show what it takes to take something back, or do it: what was entered is reversed, and stays
    /// out until `saldo redo`.
    Undo(Undo),
    /// Enter again what was taken back.
    Redo {
        /// The number of the undo.
        number: i64,
    },
    /// List the runs that were approved, and what was taken back.
    Runs {
        /// How many runs, the last one first.
        #[arg(long, default_value_t = 20)]
        last: u32,
    },
    /// Show what is closed and what came too late for it; close or open periods.
    #[command(subcommand)]
    Period(Period),
    /// Follow sales to the bank, or write a month's close pack.
    #[command(subcommand)]
    Report(Report),
    /// Check that a close pack is as it was signed. No database is needed.
    Verify(Verify),
    /// Write the rows of an account as a bank's own file would, for a book's page; or list such
    /// accounts.
    #[command(subcommand)]
    Feed(Feed),
    /// Write the ledger to standard output.
    Export(Export),
    /// Compute every cache anew from what was only ever added, and compare.
    Rebuild,
    /// Run a simulated merchant through everything, and prove the result.
    Demo(Demo),
    /// Serve what vendors call: QuickBooks Desktop's Web Connector, and others' word of changes.
    Serve(Serve),
    /// Serve the simulated vendors alone.
    Sim(Sim),
    /// Run one session of a simulated Web Connector beside a simulated company file.
    SimConnector(SimConnector),
    /// Check that everything is in order, and say what to do where it is not.
    Doctor,
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Make a database with one company.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// The company's name as people write it.
    #[arg(long)]
    pub(crate) name: String,
    /// The currency of its books, such as USD.
    #[arg(long)]
    pub(crate) currency: String,
    /// The zone in which its accounting days begin and end, such as Europe/Copenhagen.
    #[arg(long)]
    pub(crate) timezone: String,
    /// The first day to enter; earlier days stand in the opening balances.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) start_date: jiff::civil::Date,
    /// The template of its chart and taxes (`saldo map template list`), or a TOML file.
    #[arg(long)]
    pub(crate) template: Option<String>,
}

/// The policy.
#[derive(Debug, Subcommand)]
pub(crate) enum Map {
    /// Show the policy and the accounts that follow from it.
    Show,
    /// Set one value: `saldo map set accounts.bank "Checking"`.
    Set {
        /// The key, with points between its parts.
        key: String,
        /// The value: a text, true or false, or as TOML a list ('["one", "two"]') or a table.
        value: String,
        /// How it holds.
        #[command(flatten)]
        revision: Revision,
    },
    /// Take the policy from a TOML file.
    Import {
        /// The file.
        file: PathBuf,
        /// How it holds.
        #[command(flatten)]
        revision: Revision,
    },
    /// Write the policy as TOML to standard output.
    Export,
    /// List what was decided, the newest first: when, for which days, and what it changed.
    Revisions,
    /// Let the policy say again what it said at an earlier revision. That is a new revision, and
    /// shows what it amounts to as any other does.
    Back {
        /// The revision (`saldo map revisions`); 0 is what holds where nothing was decided.
        #[arg(value_name = "REVISION", value_parser = clap::value_parser!(i64).range(0..))]
        number: i64,
        /// How it holds.
        #[command(flatten)]
        revision: Revision,
    },
    /// Begin with the chart and the taxes of a country, or of a file of your own.
    #[command(subcommand)]
    Template(Template),
    /// Show what each rule catches of all that is stored, and what falls through.
    Rules {
        /// A policy as a TOML file, to be tried before it is imported: by default the one in force.
        file: Option<PathBuf>,
    },
}

/// How a revision of the policy holds.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Revision {
    /// The first day that it holds for: by default all days that are open, or those of the
    /// revision before, where that began later.
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub(crate) from: Option<jiff::civil::Date>,
    /// Let what it takes out of books be entered as the policy says of approval, without anybody's
    /// look at it first.
    #[arg(long)]
    pub(crate) approve: bool,
}

/// Templates of policies.
#[derive(Debug, Subcommand)]
pub(crate) enum Template {
    /// List the templates that Saldo brings along.
    List,
    /// Write a template as TOML to standard output.
    Show {
        /// Its name, such as `gb`.
        name: String,
    },
    /// Put what a template says in the place of what the policy says; all else stays.
    Apply {
        /// Its name, or a TOML file.
        name: String,
        /// How it holds.
        #[command(flatten)]
        revision: Revision,
    },
}

/// What to take back.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true))]
pub(crate) struct Undo {
    /// A document's key, an order's name, or a payout's or any other fact's id.
    #[arg(group = "what")]
    pub(crate) key: Option<String>,
    /// All that a run entered, by its instant (`saldo runs`).
    #[arg(long, value_name = "INSTANT", group = "what")]
    pub(crate) run: Option<jiff::Timestamp>,
    /// All documents dated from this day on.
    #[arg(long, value_name = "YYYY-MM-DD", group = "what")]
    pub(crate) from: Option<jiff::civil::Date>,
    /// The last of these days; by default all later ones too.
    #[arg(long, value_name = "YYYY-MM-DD", requires = "from")]
    pub(crate) until: Option<jiff::civil::Date>,
    /// Only from this book.
    #[arg(long, value_name = "CONNECTION")]
    pub(crate) book: Option<String>,
    /// Void documents where the book allows it and nothing is matched with them, in place of
    /// reversing them.
    #[arg(long)]
    pub(crate) void: bool,
    /// Do it, and push it.
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Closed periods.
#[derive(Debug, Subcommand)]
pub(crate) enum Period {
    /// Show up to which day each book is closed, and what was entered on the first open day since
    /// its own was closed.
    Show,
    /// Close every day up to this one: nothing is entered on them or changed there any more.
    Close {
        /// The last day of the period.
        #[arg(value_name = "YYYY-MM-DD")]
        until: jiff::civil::Date,
        /// Close it although documents of the period are still on their way into a book: they are
        /// entered on the first open day.
        #[arg(long)]
        anyway: bool,
    },
    /// Open every day again that was closed here. What a book closes is opened there.
    Open,
}

/// Files.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// The files: exports of orders or of payments transactions, downloads of bulk operations, or
    /// payloads. Each is known by its content. A folder stands for all files in it, but for those
    /// in folders within, and hidden ones.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The shop that they are of: `name` of name.myshopify.com. The only one, where none is named;
    /// of a shop that is not connected yet, so that it is the same once it is.
    #[arg(long, conflicts_with = "connection")]
    pub(crate) shop: Option<String>,
    /// The connection that they are of.
    #[arg(long, value_name = "CONNECTION")]
    pub(crate) connection: Option<String>,
    /// The files are statements of a bank, OFX (also .qbo and .qfx) or CSV, of this account, by the
    /// name that the policy gives it. They enter nothing: `saldo bank` and `saldo prove` compare.
    #[arg(long, value_name = "ACCOUNT", conflicts_with_all = ["shop", "connection"])]
    pub(crate) account: Option<String>,
    /// The head of a column of such a CSV file, where it is not known: `--column text=Merchant`.
    /// The parts are date, amount (or in and out) and text. May be said more than once.
    #[arg(long, value_name = "PART=HEAD", requires = "account")]
    pub(crate) column: Vec<String>,
    /// How days are written in it, where they could be two.
    #[arg(long, value_enum, requires = "account")]
    pub(crate) dates: Option<Dates>,
}

/// How days are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Dates {
    /// 2026/11/20
    #[value(name = "year-first")]
    Year,
    /// 20/11/2026
    #[value(name = "day-first")]
    Day,
    /// 11/20/2026
    #[value(name = "month-first")]
    Month,
}

/// Which book.
#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    /// Only this book.
    #[arg(long, value_name = "CONNECTION")]
    pub(crate) book: Option<String>,
}

/// How much of the proof to show.
#[derive(Debug, Args)]
pub(crate) struct Prove {
    /// Show every line, also where there are many and nothing differs.
    #[arg(long)]
    pub(crate) all: bool,
}

/// What to open.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// A document's key or slot, an order's name, a payout's or any other fact's id, or an account
    /// and day (`"Bank@2026-08-03"`).
    pub(crate) key: String,
    /// Also print the vendor's bytes.
    #[arg(long)]
    pub(crate) bytes: bool,
}

/// What to try again.
#[derive(Debug, Args)]
pub(crate) struct Retry {
    /// The changes, by key; all that failed, where none is named.
    pub(crate) keys: Vec<String>,
}

/// The forms of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A beancount file.
    Beancount,
    /// An hledger journal.
    Hledger,
    /// One row a posting.
    Csv,
    /// One document a line.
    Json,
}

/// The ledger.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// The form.
    #[arg(long, value_enum)]
    pub(crate) format: Format,
}

/// The simulated merchant.
#[derive(Clone, Debug, Args)]
pub(crate) struct Demo {
    /// How many orders.
    #[arg(long, default_value_t = 2_000)]
    pub(crate) orders: u32,
    /// Over how many days.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) days: u32,
    /// The seed of the merchant's history.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// End when all is proved (which is all that `demo` does so far).
    #[arg(long)]
    pub(crate) once: bool,
    /// Let the vendors misbehave: errors, lost answers, repetitions, expired tokens.
    #[arg(long)]
    pub(crate) faults: bool,
}

/// The simulated vendors.
#[derive(Clone, Debug, Args)]
pub(crate) struct Sim {
    /// The port of the simulated Shopify.
    #[arg(long, default_value_t = 8801)]
    pub(crate) shopify_port: u16,
    /// The port of the simulated QuickBooks Online.
    #[arg(long, default_value_t = 8802)]
    pub(crate) quickbooks_online_port: u16,
    /// The port of the simulated Xero.
    #[arg(long, default_value_t = 8803)]
    pub(crate) xero_port: u16,
    /// How many orders.
    #[arg(long, default_value_t = 2_000)]
    pub(crate) orders: u32,
    /// Over how many days.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) days: u32,
    /// The seed of the merchant's history.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Let the vendors misbehave.
    #[arg(long)]
    pub(crate) faults: bool,
}
