//! The words for what is connected.

use super::ConnectQuickbooksDesktop;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// What can be connected.
#[derive(Debug, Subcommand)]
pub(crate) enum Connect {
    /// A Shopify shop, by an app of the merchant's own or by a legacy token.
    Shopify(ConnectShopify),
    /// A QuickBooks Online company.
    QuickbooksOnline(ConnectQuickbooksOnline),
    /// A company file of QuickBooks Desktop, over its Web Connector and `saldo serve`.
    QuickbooksDesktop(ConnectQuickbooksDesktop),
    /// A Xero organisation.
    Xero(ConnectXero),
    /// Plain-text books (beancount and hledger) in the data folder.
    PlainText,
}

/// Which connection ends.
#[derive(Debug, Args)]
pub(crate) struct Disconnect {
    /// Its name, as `saldo status` shows it.
    pub(crate) connection: String,
}

/// A Shopify shop.
#[derive(Debug, Args)]
pub(crate) struct ConnectShopify {
    /// The shop: `name` of name.myshopify.com.
    #[arg(long)]
    pub(crate) shop: String,
    /// The client id of the merchant's own app.
    #[arg(long, requires = "client_secret_file")]
    pub(crate) client_id: Option<String>,
    /// The file that holds the app's client secret.
    #[arg(long, value_name = "FILE")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// The file that holds a legacy access token.
    #[arg(long, value_name = "FILE", conflicts_with = "client_id")]
    pub(crate) access_token_file: Option<PathBuf>,
    /// Files that were imported before any shop was named are of another shop than this one.
    #[arg(long)]
    pub(crate) apart_from_files: bool,
    /// Store it without asking the vendor whom it leads to, as where this machine is offline.
    #[arg(long)]
    pub(crate) unchecked: bool,
    /// Another address of the Admin API.
    #[arg(long, value_name = "URL")]
    pub(crate) api_url: Option<String>,
    /// Another address that gives tokens.
    #[arg(long, value_name = "URL")]
    pub(crate) token_url: Option<String>,
}

/// A QuickBooks Online company.
#[derive(Debug, Args)]
pub(crate) struct ConnectQuickbooksOnline {
    /// The client id of the app.
    #[arg(long)]
    pub(crate) client_id: String,
    /// The file that holds the app's client secret.
    #[arg(long, value_name = "FILE")]
    pub(crate) client_secret_file: PathBuf,
    /// The company's number: by default the company that is chosen at the sign-in.
    #[arg(long)]
    pub(crate) realm: Option<String>,
    /// How the company comes to sales tax: `automated`, the default, at the places that goods go
    /// to, or `automated-at-home`, all at its own; by `codes` of its owner's, of which one holds
    /// for a form; or by `lines`, outside the United States, each with its code.
    #[arg(long, value_name = "HOW",
        value_parser = ["automated", "automated-at-home", "codes", "lines"])]
    pub(crate) sales_tax: Option<String>,
    /// Which of the company's tax codes a tax is, where more than one can be meant:
    /// `--tax "NY State Tax 4%=New York"`. May be said more than once. `untaxed` is what is sold
    /// without tax, and `no sale` what is none.
    #[arg(long, value_name = "TAX=CODE")]
    pub(crate) tax: Vec<String>,
    /// The file that holds a refresh token; with it no sign-in is needed.
    #[arg(long, value_name = "FILE", requires = "realm")]
    pub(crate) refresh_token_file: Option<PathBuf>,
    /// Store it without asking the vendor whom it leads to, as where this machine is offline.
    #[arg(long)]
    pub(crate) unchecked: bool,
    /// The address that Intuit sends the browser back to, as it is registered for the app. A
    /// loopback address, which only development keys may have, is listened on; of any other, such
    /// as an https address of your own, the address of the page that then opens is pasted here.
    #[arg(long, value_name = "URL", default_value = "http://localhost:8765/callback")]
    pub(crate) redirect_url: String,
    /// The file that holds the key with which the vendor signs what it sends to `saldo serve`.
    #[arg(long, value_name = "FILE")]
    pub(crate) webhook_key_file: Option<PathBuf>,
    /// Another address of the Accounting API.
    #[arg(long, value_name = "URL")]
    pub(crate) api_url: Option<String>,
    /// Another address that gives tokens.
    #[arg(long, value_name = "URL")]
    pub(crate) token_url: Option<String>,
    /// Another address for signing in.
    #[arg(long, value_name = "URL")]
    pub(crate) authorise_url: Option<String>,
}

/// A Xero organisation. Without a client id, what is said changes the connection that is there.
#[derive(Debug, Args)]
pub(crate) struct ConnectXero {
    /// The client id of the app.
    #[arg(long)]
    pub(crate) client_id: Option<String>,
    /// The file that holds the app's client secret; an app that signs in by PKCE has none.
    #[arg(long, value_name = "FILE", requires = "client_id")]
    pub(crate) client_secret_file: Option<PathBuf>,
    /// The organisation's id; without it, you choose from those that the sign-in reaches.
    #[arg(long, value_name = "ID")]
    pub(crate) tenant: Option<String>,
    /// The file that holds a refresh token; with it no sign-in is needed.
    #[arg(long, value_name = "FILE", requires = "client_id")]
    pub(crate) refresh_token_file: Option<PathBuf>,
    /// Which of the organisation's tax types a tax is, where more than one can be meant:
    /// `--tax "VAT 20%=OUTPUT2"`. May be said more than once.
    #[arg(long, value_name = "TAX=TYPE")]
    pub(crate) tax: Vec<String>,
    /// The tax type of income that is sold without tax: `ZERORATEDOUTPUT`.
    #[arg(long, value_name = "TYPE")]
    pub(crate) untaxed: Option<String>,
    /// What drafts are there: `draft`, or `submitted` for those that await approval.
    #[arg(long, value_name = "STATUS")]
    pub(crate) drafts: Option<String>,
    /// `on` for a note in the history of each document, with its number and what it comes from: a
    /// request each, of what the day leaves. `off` ends it.
    #[arg(long, value_name = "on|off")]
    pub(crate) notes: Option<String>,
    /// Store it without asking the vendor whom it leads to, as where this machine is offline.
    #[arg(long)]
    pub(crate) unchecked: bool,
    /// The address that Xero sends the browser back to. A loopback address is listened on; of any
    /// other, the address of the page that then opens is pasted here.
    #[arg(long, value_name = "URL", default_value = "http://localhost:8765/callback")]
    pub(crate) redirect_url: String,
    /// The file that holds the key with which the vendor signs what it sends to `saldo serve`.
    #[arg(long, value_name = "FILE")]
    pub(crate) webhook_key_file: Option<PathBuf>,
    /// Another address of the Accounting API.
    #[arg(long, value_name = "URL")]
    pub(crate) api_url: Option<String>,
    /// Another address that gives tokens.
    #[arg(long, value_name = "URL")]
    pub(crate) token_url: Option<String>,
    /// Another address for signing in.
    #[arg(long, value_name = "URL", alias = "identity-url")]
    pub(crate) authorise_url: Option<String>,
}
