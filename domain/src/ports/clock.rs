//! The time.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in whole microseconds: what every store can keep, so that a time reads back as it was
    /// written.
    fn now(&self) -> Timestamp;
}

/// When something ends that begins now; what would end after all time never does.
pub fn end_after(now: Timestamp, ttl: Duration) -> Timestamp {
    SignedDuration::try_from(ttl)
        .ok()
        .and_then(|ttl| now.checked_add(ttl).ok())
        .unwrap_or(Timestamp::MAX)
}
