//! Letting go of records that are old enough: whole sealed days, of which the seals stay.

use jiff::{Span, Timestamp};

use crate::chain::{Log, day_of};
use crate::error::Error;
use crate::ports::SealStore;

/// How many seals' records go in one transaction.
const AT_ONCE: u32 = 16;

/// How many days the records of a log are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Which log.
    pub log: Log,
    /// How many whole days; for ever, where that is none.
    pub days: Option<u32>,
}

/// Removes the records of the days before those that are kept; answers of how many seals.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn purge_records(
    seals: &dyn SealStore,
    kept: Kept,
    now: Timestamp,
) -> Result<u64, Error> {
    let Some(days) = kept.days else { return Ok(0) };
    // A time before the calendar's first day: nothing is that old.
    let Ok(before) = day_of(now).checked_sub(Span::new().days(i64::from(days))) else {
        return Ok(0);
    };
    let mut purged = 0;
    loop {
        let some = seals.purge(kept.log, before, now, AT_ONCE).await?;
        purged += u64::from(some);
        if some < AT_ONCE {
            return Ok(purged);
        }
    }
}
