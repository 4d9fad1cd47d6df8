//! The person at the screen, where a command must ask something: what is shown, and the lines that
//! are typed.

use super::Output;
use std::io::BufRead;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Whoever sits at the screen.
pub(crate) struct Person {
    shown: Box<dyn Fn(&str) + Send + Sync>,
    lines: Option<UnboundedReceiver<String>>,
}

impl Person {
    /// The one at this terminal.
    pub(crate) fn here(output: &Output) -> Self {
        let output = *output;
        Self { shown: Box::new(move |text| output.ask(text)), lines: None }
    }

    /// Somebody who is shown texts by this function and types these lines.
    #[cfg(test)]
    pub(crate) fn played(
        shown: impl Fn(&str) + Send + Sync + 'static,
        lines: UnboundedReceiver<String>,
    ) -> Self {
        Self { shown: Box::new(shown), lines: Some(lines) }
    }

    /// Shows a text.
    pub(crate) fn show(&self, text: &str) {
        (self.shown)(text);
    }

    /// The next line that is typed; none where no more can come.
    ///
    /// Lines are read on a thread of their own, which ends with the process: a read from a terminal
    /// cannot be given up, and the browser may answer first.
    pub(crate) async fn line(&mut self) -> Option<String> {
        let lines = self.lines.get_or_insert_with(|| {
            let (sender, lines) = unbounded_channel();
            std::thread::spawn(move || {
                for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        return;
                    }
                }
            });
            lines
        });
        lines.recv().await
    }
}
