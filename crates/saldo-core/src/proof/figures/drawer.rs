//! Cash drawers: what should be in them by what is told, beside what was counted and what was
//! entered as over or short.

use super::{Fate, Ground, Sheet, is_sane};
use crate::accounting::drawer_counts;
use crate::commerce::DrawerSession;
use crate::money::{Money, MoneyError};
use crate::proof::Identity;

/// The float that was left, and what came in less what went out, beside what was counted and what
/// is entered as short. A session that is held, or was opened before the first day, is compared by
/// its own float.
pub(super) fn note_drawer(
    session: &DrawerSession,
    ground: Ground<'_>,
    sheet: &mut Sheet<'_>,
) -> Result<(), MoneyError> {
    let (day, fate) = (ground.policy.day(session.closed_at), ground.fate(&session.id));
    let amounts = [session.float, session.sales, session.counted].into_iter();
    let mut amounts =
        amounts.chain(session.left_before).chain(session.moves.iter().map(|it| it.amount));
    if !amounts.all(is_sane) || fate == Fate::LeftOut || day < ground.policy.start_date {
        return Ok(());
    }
    let is_opened_before = ground.policy.day(session.opened_at) < ground.policy.start_date;
    let over = session.over_at_opening();
    let (Ok(expected), Ok(over)) = (session.expected(), over) else { return Ok(()) };
    let expected = match is_opened_before {
        true => expected,
        false => expected.minus(over)?,
    };
    let key = (Identity::Drawer, session.name.as_str());
    sheet.expect(key, day, expected, fate)?;
    sheet.find(key, day, session.counted)?;
    let counts = drawer_counts(&session.id);
    for entry in ground.entries.iter().filter(|entry| counts.contains(&entry.id)) {
        // The first line is the drawer's own: what it lacks by it was short.
        let own = entry.lines.first().map_or(Money::zero(expected.currency()), |it| it.amount);
        sheet.find(key, day, own.negated())?;
    }
    Ok(())
}
