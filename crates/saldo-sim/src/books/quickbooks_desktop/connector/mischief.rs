//! What goes wrong on the computer of the company file, decided by a seed.

use super::super::super::chance;
use serde::{Deserialize, Serialize};

/// How often each trouble strikes, in a thousand chances. A session meets one at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mischief {
    /// Where all chance comes from.
    pub seed: u64,
    /// A call takes too long: the server heard it, and its answer is not waited for.
    pub timed_out: u32,
    /// The program ends with a document in its hands that QuickBooks has not seen.
    pub dropped_before: u32,
    /// The program ends after QuickBooks carried a document out, before the server is told.
    pub dropped_after: u32,
    /// A call bears the ticket of another session.
    pub wrong_ticket: u32,
    /// The user stops the session: it is closed before its work is done.
    pub stopped: u32,
    /// A dialog box is open in QuickBooks: no document is carried out.
    pub modal_dialog: u32,
    /// Another company file is open.
    pub other_file: u32,
    /// How many sessions in a row may meet a trouble.
    pub most_in_a_row: u32,
}

/// One trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trouble {
    /// The server's answer is not waited for.
    TimedOut,
    /// QuickBooks does not see the document.
    DroppedBefore,
    /// The server does not hear what QuickBooks answered.
    DroppedAfter,
    /// A call bears another ticket.
    WrongTicket,
    /// The user stops the session.
    Stopped,
    /// A dialog box is open.
    ModalDialog,
    /// Another company file is open.
    OtherFile,
}

impl Mischief {
    /// No trouble ever.
    #[must_use]
    pub fn none() -> Self {
        Self {
            seed: 0,
            timed_out: 0,
            dropped_before: 0,
            dropped_after: 0,
            wrong_ticket: 0,
            stopped: 0,
            modal_dialog: 0,
            other_file: 0,
            most_in_a_row: 3,
        }
    }

    /// A computer that people work at: every trouble occurs.
    #[must_use]
    pub fn rough(seed: u64) -> Self {
        Self {
            seed,
            timed_out: 60,
            dropped_before: 60,
            dropped_after: 90,
            wrong_ticket: 30,
            stopped: 60,
            modal_dialog: 60,
            other_file: 60,
            most_in_a_row: 3,
        }
    }

    /// Which of these strikes at a chance of this number; none as a rule.
    pub(super) fn draw(&self, chance: u64, may: &[Trouble]) -> Option<Trouble> {
        let mut drawn = chance::number(self.seed, &format!("trouble {chance}")) % 1_000;
        for trouble in may {
            match drawn.checked_sub(u64::from(self.rate(*trouble))) {
                Some(rest) => drawn = rest,
                None => return Some(*trouble),
            }
        }
        None
    }

    fn rate(&self, trouble: Trouble) -> u32 {
        match trouble {
            Trouble::TimedOut => self.timed_out,
            Trouble::DroppedBefore => self.dropped_before,
            Trouble::DroppedAfter => self.dropped_after,
            Trouble::WrongTicket => self.wrong_ticket,
            Trouble::Stopped => self.stopped,
            Trouble::ModalDialog => self.modal_dialog,
            Trouble::OtherFile => self.other_file,
        }
    }
}
