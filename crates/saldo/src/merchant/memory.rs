//! What a simulated merchant remembers between runs, however they end: the vendors' state when a
//! run ended, and every request that they heard since.

use super::Merchant;
use anyhow::Context;
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::HttpRequest;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use saldo_sim::{Reply, Vendor};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// What opens the simulated vendors.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Keys {
    pub(crate) shopify_client_id: String,
    pub(crate) shopify_client_secret: String,
    pub(crate) quickbooks_client_id: String,
    pub(crate) quickbooks_client_secret: String,
    pub(crate) refresh_token: String,
    pub(crate) realm: String,
}

/// What a demonstration remembers: whose merchant it is, and the vendors' state.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Memory {
    seed: u64,
    orders: u32,
    days: u32,
    /// How many runs came to their end. What is heard in a run is noted under its number.
    run: u32,
    /// When the last run ended.
    pub(crate) clock: Timestamp,
    pub(crate) keys: Keys,
    /// The simulator's own words.
    pub(super) quickbooks_online: String,
}

impl Memory {
    /// What is remembered in a folder; there it begins where nothing is.
    ///
    /// # Errors
    /// Where the folder cannot be read or written.
    pub(crate) fn of(settings: &WorldSettings, data: &Path) -> anyhow::Result<Self> {
        let file = file(data);
        match fs::read_to_string(&file) {
            Ok(text) => serde_json::from_str(&text)
                .with_context(|| format!("{} cannot be read", file.display())),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::begin(settings, data),
            Err(error) => Err(error).with_context(|| format!("{} cannot be read", file.display())),
        }
    }

    /// Whose merchant it is: its seed, its orders and its days.
    pub(crate) fn whose(&self) -> (u64, u32, u32) {
        (self.seed, self.orders, self.days)
    }

    fn begin(settings: &WorldSettings, data: &Path) -> anyhow::Result<Self> {
        let merchant = Merchant::new(settings, &FaultSettings::none(), "")?;
        let memory = Self {
            seed: settings.seed,
            orders: settings.orders,
            days: settings.days,
            run: 0,
            clock: merchant.after,
            keys: merchant.keys(merchant.after),
            quickbooks_online: merchant.company_state()?,
        };
        memory.write(data)?;
        Ok(memory)
    }

    /// Remembers the end of a run, after which what was noted in it is no longer needed.
    pub(crate) fn end(
        self,
        merchant: &Merchant,
        now: Timestamp,
        data: &Path,
    ) -> anyhow::Result<()> {
        let notes = [self.notes(data, "shopify"), self.notes(data, super::COMPANY)];
        let quickbooks_online = merchant.company_state()?;
        let ended = Self { run: self.run + 1, clock: now, quickbooks_online, ..self };
        ended.write(data)?;
        for file in notes {
            fs::remove_file(&file).with_context(|| format!("{}", file.display()))?;
        }
        Ok(())
    }

    /// Writes it whole or not at all.
    fn write(&self, data: &Path) -> anyhow::Result<()> {
        let file = file(data);
        let draft = file.with_extension("new");
        fs::write(&draft, serde_json::to_vec(self)?)?;
        fs::rename(&draft, &file).with_context(|| format!("{} cannot be written", file.display()))
    }

    fn notes(&self, data: &Path, vendor: &str) -> PathBuf {
        data.join(format!("simulated-{vendor}-{}.jsonl", self.run))
    }

    /// A vendor as it was when the last run ended or was killed. It notes what it hears from now.
    pub(super) fn wake<V: Vendor>(
        &self,
        data: &Path,
        name: &str,
        mut vendor: V,
    ) -> anyhow::Result<Remembering<V>> {
        let path = self.notes(data, name);
        let unreadable = || format!("{} cannot be read", path.display());
        let options = File::options().read(true).append(true).create(true).clone();
        let notes = options.open(&path).with_context(unreadable)?;
        let (mut last, mut whole) = (None, 0);
        let mut reader = BufReader::new(&notes);
        let mut line = String::new();
        // The last line may have been cut: then its request was never answered.
        while reader.read_line(&mut line).with_context(unreadable)? > 0 && line.ends_with('\n') {
            let Note { at, request } = serde_json::from_str(&line).with_context(unreadable)?;
            vendor.answer(&request, at);
            last = Some(at);
            whole += line.len() as u64;
            line.clear();
        }
        notes.set_len(whole).with_context(unreadable)?;
        Ok(Remembering { vendor, notes, last })
    }
}

fn file(data: &Path) -> PathBuf {
    data.join("simulated-vendors.json")
}

/// A request, and when it came.
#[derive(Serialize, Deserialize)]
struct Note {
    at: Timestamp,
    request: HttpRequest,
}

/// A vendor that notes each request before it does anything, so that whoever hears the same again
/// is in the same state.
pub(super) struct Remembering<V> {
    vendor: V,
    notes: File,
    /// When it was last asked before it woke, where the run before did not come to its end.
    pub(super) last: Option<Timestamp>,
}

impl<V> Remembering<V> {
    fn note(&mut self, request: &HttpRequest, at: Timestamp) -> anyhow::Result<()> {
        let note = Note { at, request: request.clone() };
        let mut line = serde_json::to_vec(&note)?;
        line.push(b'\n');
        Ok(self.notes.write_all(&line)?)
    }
}

impl<V: Vendor> Vendor for Remembering<V> {
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
        match self.note(request, now) {
            Ok(()) => self.vendor.answer(request, now),
            Err(error) => {
                tracing::error!(%error, "a simulated vendor cannot note what it hears");
                Reply::Lost
            }
        }
    }

    fn clock_jump(&mut self) -> Option<SignedDuration> {
        self.vendor.clock_jump()
    }
}
