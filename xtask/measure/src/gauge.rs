//! What a process has taken of the machine, as the Linux kernel counts it.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, Instant};

/// How far the counters stood when something began.
pub(crate) struct Gauge {
    begun: Instant,
    before: Threads,
    process_before: u64,
}

/// How often a second the kernel counts the time of processes.
const TICKS_A_SECOND: u64 = 100;

/// What all threads of the process have had, in nanoseconds.
#[derive(Clone, Copy, Default)]
struct Threads {
    /// On a processor.
    running: u64,
    /// Ready, but without one: other programs had it.
    queued: u64,
}

impl Threads {
    /// Threads that have ended are not counted.
    fn now() -> Result<Self> {
        let mut sum = Self::default();
        for thread in fs::read_dir("/proc/self/task").context("only Linux can be measured on")? {
            let text = fs::read_to_string(thread?.path().join("schedstat"))?;
            let mut numbers = text.split_whitespace().map(str::parse::<u64>);
            sum.running += numbers.next().context("no time in schedstat")??;
            sum.queued += numbers.next().context("no waiting time in schedstat")??;
        }
        Ok(sum)
    }
}

impl Gauge {
    /// From now on.
    pub(crate) fn begin() -> Result<Self> {
        let (before, process_before) = (Threads::now()?, process_micros()?);
        Ok(Self { begun: Instant::now(), before, process_before })
    }

    /// What was taken since then, and the most memory that the process ever had. What is neither
    /// processor time nor waiting for a processor was waiting for disks or for others.
    pub(crate) fn end(&self) -> Result<Value> {
        let elapsed = micros(self.begun.elapsed());
        let after = Threads::now()?;
        // Threads count finely while they live; the process counts coarsely, but all of them.
        let threads = after.running.saturating_sub(self.before.running) / 1_000;
        let cpu = threads.max(process_micros()? - self.process_before);
        let queued = after.queued.saturating_sub(self.before.queued) / 1_000;
        Ok(json!({
            "cpu_micros": cpu,
            "elapsed_micros": elapsed,
            "waiting_micros": elapsed.saturating_sub(cpu + queued),
            "peak_kib": peak_kib()?,
        }))
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// The processor time of the process, threads that ended included, in microseconds.
fn process_micros() -> Result<u64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let fields = stat.rsplit_once(')').context("no name in the stat of the process")?.1;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    let ticks: u64 = ticks.sum::<Result<u64, _>>()?;
    Ok(ticks * 1_000_000 / TICKS_A_SECOND)
}

/// The most memory that the process ever had resident, in KiB.
fn peak_kib() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.context("no VmHWM in the status of the process")?.parse()?)
}

/// Puts further figures beside those of a gauge.
pub(crate) fn with(mut measured: Value, more: Value) -> Value {
    if let (Value::Object(fields), Value::Object(more)) = (&mut measured, more) {
        fields.extend(more);
    }
    measured
}
