//! Rows in another currency than the books' of which nothing says what they are worth.
//!
//! Their money does not wait for that: it moves between two accounts of its own currency, and
//! stands at nothing in the books' until an order says the rate.

use super::{Accounted, Desk, OrderView, Trouble, fee_part, moved_by};
use crate::issue::{FactState, Issue, IssueKind};

impl Desk<'_> {
    /// Enters a row for review in its own currency. Its fee goes with the part that it would
    /// otherwise be entered with.
    pub(super) fn unvalued(
        &self,
        order: &OrderView<'_>,
        accounted: &mut Accounted,
    ) -> Result<FactState, Trouble> {
        let (row, basis) = (self.row, self.basis);
        let not_heard = matches!(order, OrderView::NotHeard) && row.order.is_some();
        if not_heard && basis.heard_until < row.occurred_at {
            return Ok(self.to_be_heard(row.order_name.as_deref().unwrap_or("its order")));
        }
        self.review_entry(moved_by(row), accounted)?;
        let part = fee_part(row, basis);
        let date = part.as_ref().map_or(basis.policy.day(row.occurred_at), |part| part.date);
        match part.and_then(|part| part.open) {
            None => self.review_entry_on(date, "review-fee", row.fee.negated(), accounted)?,
            Some(open) => {
                if let Some(until) = open.until.filter(|_| !row.fee.is_zero()) {
                    accounted.wake(until);
                }
            }
        }
        Ok(FactState::Accounted { review: Some(self.worth_unknown()) })
    }

    fn worth_unknown(&self) -> Issue {
        let (row, books) = (self.row, self.basis.policy.currency);
        let until = match &row.order_name {
            Some(name) if self.order.is_none() => {
                format!("until {name} says the rate that it was paid at")
            }
            Some(name) => format!("{name} states no rate: enter what it is worth by hand"),
            None => "enter what it is worth by hand: orders alone state rates".to_owned(),
        };
        Issue {
            kind: IssueKind::UnknownData,
            about: row.id.clone(),
            message: format!("{} is not in {books}, and nothing says what it is worth", row.net),
            hint: format!(
                "it stands in `{}` at nothing in {books}; {until}",
                self.review_account().name
            ),
        }
    }
}
