//! Ends of things.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// When something ends that begins now; what would end after all time never does.
pub(crate) fn end_after(now: Timestamp, ttl: Duration) -> Timestamp {
    SignedDuration::try_from(ttl)
        .ok()
        .and_then(|ttl| now.checked_add(ttl).ok())
        .unwrap_or(Timestamp::MAX)
}
