//! The measuring program: built once, run once for each figure, in a process of its own.

use crate::process;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::cell::Cell;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::text;

/// What a measurement took.
#[derive(Clone)]
pub(super) struct Measured {
    /// Processor time.
    pub(super) cpu_micros: u64,
    /// Time in which the process neither ran nor was ready to.
    pub(super) waiting_micros: u64,
    /// The most memory that it had resident.
    pub(super) peak_kib: u64,
    /// All else that it says.
    pub(super) details: Value,
}

impl Measured {
    /// The sum over the tables of a field.
    pub(super) fn rows(&self, field: &str) -> u64 {
        let tables = self.details[field].as_object();
        tables.into_iter().flat_map(|tables| tables.values()).filter_map(Value::as_u64).sum()
    }
}

/// Where and by what is measured.
pub(super) struct Machine {
    program: PathBuf,
    folder: PathBuf,
    seed: u64,
    /// How many files and folders were named so far.
    names: Cell<u64>,
}

/// A process that is ended with its handle.
struct Shop(Child);

impl Drop for Shop {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to end.
        let _ended = self.0.kill().and_then(|()| self.0.wait());
    }
}

/// How often, and how far apart, it is looked whether a shop has opened.
const LOOKS: (u32, Duration) = (500, Duration::from_millis(20));

impl Machine {
    /// Builds the measuring program as it is released, and makes the folder.
    pub(super) fn build(root: &Path, folder: PathBuf, seed: u64) -> Result<Self> {
        let words = ["build", "--release", "--package", "measure"];
        let words = [&words[..], &["--message-format", "json-render-diagnostics"]].concat();
        let output = process::output(&mut process::cargo(root, &words)?)?;
        let messages = output.lines().filter_map(|line| serde_json::from_str(line).ok());
        let mut program = messages.filter_map(|message: Value| {
            let is_it = message["target"]["name"] == "measure";
            message["executable"].as_str().filter(|_| is_it).map(PathBuf::from)
        });
        let program = program.next_back().context("cargo built no measuring program")?;
        fs::create_dir_all(&folder)?;
        if fs::read_dir(&folder)?.next().is_some() {
            bail!("{} is not empty: remove it, or name another folder", folder.display());
        }
        Ok(Self { program, folder, seed, names: Cell::new(0) })
    }

    /// Removes what is left.
    pub(super) fn clear(&self) -> Result<()> {
        Ok(fs::remove_dir_all(&self.folder)?)
    }

    fn name(&self, what: &str) -> PathBuf {
        self.names.set(self.names.get() + 1);
        self.folder.join(format!("{what}-{}", self.names.get()))
    }

    /// An empty folder.
    pub(super) fn folder(&self, what: &str) -> Result<PathBuf> {
        let folder = self.name(what);
        fs::create_dir(&folder)?;
        Ok(folder)
    }

    /// The download of so many orders, from this one on.
    pub(super) fn download(&self, orders: u64, first: u64, scattered: bool) -> Result<PathBuf> {
        let file = self.name("orders");
        let (orders, first) = (orders.to_string(), first.to_string());
        let seed = self.seed.to_string();
        let mut words = vec!["generate", "--orders", &orders, "--first", &first];
        words.extend(["--seed", &seed, text(&file)?]);
        words.extend(Some("--scattered").filter(|_| scattered));
        self.measure("generate", &words)?;
        Ok(file)
    }

    /// Runs a measurement.
    pub(super) fn measure(&self, title: &str, words: &[&str]) -> Result<Measured> {
        self.measure_by(title, words, &mut Command::new(&self.program))
    }

    fn measure_by(&self, title: &str, words: &[&str], by: &mut Command) -> Result<Measured> {
        eprintln!("… {title}");
        let report = self.name("report");
        let status = by.args(words).arg("--report").arg(&report).status()?;
        if !status.success() {
            bail!("measuring {title} ended with {status}");
        }
        let details: Value = serde_json::from_str(&fs::read_to_string(&report)?)?;
        let number = |name: &str| details[name].as_u64().with_context(|| format!("no {name}"));
        Ok(Measured {
            cpu_micros: number("cpu_micros")?,
            waiting_micros: number("waiting_micros")?,
            peak_kib: number("peak_kib")?,
            details,
        })
    }

    /// Syncs with a shop that gives this download.
    pub(super) fn sync(
        &self,
        title: &str,
        data: &Path,
        download: &Path,
        at: &str,
    ) -> Result<Measured> {
        let (_shop, address) = self.shop(download)?;
        let words = ["sync", "--data", text(data)?, "--shop", &address, "--at", at];
        let measured = self.measure(title, &words)?;
        match fs::remove_dir_all(data.join("downloads")) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(measured),
        }
    }

    /// Opens a shop, and says where it answers.
    fn shop(&self, download: &Path) -> Result<(Shop, String)> {
        let report = self.name("shop");
        let mut command = Command::new(&self.program);
        command.args(["shop", text(download)?, "--report", text(&report)?]);
        let shop = Shop(command.stdin(Stdio::null()).spawn()?);
        let (looks, apart) = LOOKS;
        for _ in 0..looks {
            match fs::read_to_string(&report) {
                Ok(address) if !address.is_empty() => return Ok((shop, address)),
                _ => thread::sleep(apart),
            }
        }
        bail!("the shop did not open")
    }

    /// Exports a ledger into a file.
    pub(super) fn export(&self, data: &Path) -> Result<Measured> {
        let mut command = Command::new(&self.program);
        command.env("SALDO_KEY_FILE", data.join("key"));
        command.stdout(File::create(data.join("ledger.beancount"))?);
        self.measure_by("export", &["export", text(data)?], &mut command)
    }
}
