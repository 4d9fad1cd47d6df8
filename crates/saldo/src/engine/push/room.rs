//! What is not made: for want of room in a list of the book, or of its owner's leave. It waits, and
//! so does what needs it; all else goes on.

use super::super::EngineError;
use super::Pusher;
use saldo_core::book::{BookSettings, Need, Refusal, RefusalKind, Subject};
use saldo_core::document::Party;
use saldo_core::plan::Change;

/// How many places of a list are kept for what stands for all: the one customer or supplier, and
/// the items of accounts. Without them nothing could be entered once the list is full.
const KEPT_FREE: u64 = 20;

impl Pusher<'_> {
    /// Why something that the book does not have may not be made there; none where it may, and then
    /// it counts as made.
    pub(super) async fn no_place(
        &mut self,
        subject: &Subject,
    ) -> Result<Option<Refusal>, EngineError> {
        let Subject::Need(need) = subject else { return Ok(None) };
        if let Some(hint) = self.book.wants_leave(need, &self.connection.settings) {
            return Ok(Some(not_set_up(need, hint)));
        }
        let lists = self.book.takes_room(need);
        if lists.is_empty() {
            return Ok(None);
        }
        let settings = self.settings().await?;
        let kept_free = self.kept_free(need);
        let made = |list: &str| self.made.get(list).copied().unwrap_or_default() + kept_free;
        if let Some(full) = settings.full_list(lists, made) {
            let (list, limit) = (&full.list, full.limit.unwrap_or(full.held));
            return Ok(Some(self.full(&settings, need, (list, limit))));
        }
        for list in lists {
            *self.made.entry(list).or_default() += 1;
        }
        Ok(None)
    }

    /// How many places of its lists something leaves free: none where it stands for all of its
    /// kind, so that there are few like it.
    fn kept_free(&self, need: &Need) -> u64 {
        let policy = &self.engine.policy;
        let is_for_all = match need {
            Need::Party(party @ Party::Customer { .. }) => policy.stands_for_several(party),
            Need::Party(Party::Vendor { name }) => {
                *name == policy.names_in(&self.connection.id).vendor
            }
            Need::Item(item) => item.product.is_none(),
            Need::Account(_)
            | Need::ForeignAccount { .. }
            | Need::TaxRate(_)
            | Need::Listed(_)
            | Need::Dimension(_)
            | Need::Value { .. } => true,
        };
        if is_for_all { 0 } else { KEPT_FREE }
    }

    /// What to do where a list is full: one name for all stands only for customers, suppliers and
    /// products.
    fn full(&self, settings: &BookSettings, need: &Need, (list, limit): (&str, u64)) -> Refusal {
        let (program, book) =
            (settings.program.as_deref().unwrap_or("the book"), &self.connection.id);
        let kept = match self.kept_free(need) {
            0 => String::new(),
            kept => {
                format!(", and the last {kept} places are kept for names that stand for all")
            }
        };
        let word = match need {
            Need::Party(Party::Customer { .. }) => Some("customers"),
            Need::Party(Party::Vendor { .. }) => Some("vendors"),
            Need::Item(_) => Some("inventory"),
            _ => None,
        };
        let hint = match word {
            Some(word) => format!(
                "enter one name for all: `saldo map set books.{book}.{word} summary`; or use an \
                 edition that holds more"
            ),
            None => format!("delete some of the {list} there that nothing uses"),
        };
        Refusal {
            kind: RefusalKind::ListFull,
            code: "list-full".to_owned(),
            message: format!("{program} holds {limit} {list}{kept}: it was not made there"),
            hint: format!("{hint}: the next sync goes on by itself"),
        }
    }

    /// Whether there may be a place by now for what found none.
    pub(in super::super) fn may_have_place(
        &self,
        change: &Change,
        settings: &BookSettings,
    ) -> bool {
        match &change.subject {
            Subject::Need(need) => {
                settings.full_list(self.book.takes_room(need), |_| self.kept_free(need)).is_none()
            }
            Subject::Document { .. }
            | Subject::Confirmed { .. }
            | Subject::Amended { .. }
            | Subject::Attached { .. } => true,
        }
    }
}

fn not_set_up(need: &Need, hint: &str) -> Refusal {
    Refusal {
        kind: RefusalKind::NotSetUp,
        code: "not-set-up".to_owned(),
        message: format!("the book has no `{}`, and it may not be made there", need.binding()),
        hint: format!("{hint}; the next sync goes on by itself"),
    }
}
