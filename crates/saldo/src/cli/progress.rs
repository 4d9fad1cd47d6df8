//! Progress bars, on standard error and only on a terminal.

use super::output::Output;
use crate::engine::{Progress, Step};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::sync::Mutex;

/// Draws the engine's steps.
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
