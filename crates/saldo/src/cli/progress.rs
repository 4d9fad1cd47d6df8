//! Progress bars, on standard error and only on a terminal; and what the work waits for, always.

use super::output::Output;
use crate::engine::{Progress, Step};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use saldo_core::text::ConnectionId;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// Draws the engine's steps, of a time that is simulated: no wait takes any.
pub(crate) fn bars(output: &Output) -> Progress {
    if !output.draws() {
        return Progress::unseen();
    }
    let bars = Mutex::new(Bars { all: MultiProgress::new(), by_name: BTreeMap::new() });
    Progress::to(move |step| {
        if let Ok(mut bars) = bars.lock() {
            bars.draw(step);
        }
    })
}

/// Draws the engine's steps, and says why it waits where it does for long.
pub(crate) fn bars_and_waits(output: &Output) -> Progress {
    let (bars, output) = (bars(output), *output);
    Progress::to(move |step| match step {
        Step::Landing { book, changes, left } => output.note(&wait(book, *changes, *left)),
        step => bars.step(step.clone()),
    })
}

fn wait(book: &ConnectionId, changes: usize, left: Duration) -> String {
    format!(
        "{book}: nobody knows whether {changes} changes that were sent before were entered; what \
         was sent may still arrive for {} seconds, then the book is asked",
        left.as_secs()
    )
}

struct Bars {
    all: MultiProgress,
    by_name: BTreeMap<String, ProgressBar>,
}

impl Bars {
    fn draw(&mut self, step: &Step) {
        match step {
            Step::Pulled { connection, stream, records } => {
                self.bar(&format!("pull {connection} {stream}")).inc(count(*records));
            }
            Step::Accounted { groups } => self.bar("account").inc(count(*groups)),
            Step::ToPush { book, changes } => {
                let bar = self.bar(&format!("push {book}"));
                bar.inc_length(count(*changes));
            }
            Step::Pushed { book, changes } => {
                self.bar(&format!("push {book}")).inc(count(*changes));
            }
            Step::Noted { book } => self.bar(&format!("notes {book}")).inc(1),
            Step::Landing { .. } => {}
        }
    }

    fn bar(&mut self, name: &str) -> &ProgressBar {
        let all = &self.all;
        self.by_name.entry(name.to_owned()).or_insert_with(|| {
            let (bar, template) = match name.starts_with("push") {
                true => (ProgressBar::new(0), "{msg:34} {bar:30} {pos}/{len}"),
                false => (ProgressBar::no_length(), "{msg:34} {pos}"),
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_message(name.to_owned());
            all.add(bar)
        })
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_wait_says_what_it_is_for() {
        let book = ConnectionId::new("books");
        let said = wait(&book, 2, Duration::from_secs(301));
        assert!(said.starts_with("books: ") && said.contains("2 changes"), "{said}");
        assert!(said.contains("301 seconds"), "{said}");
    }
}
