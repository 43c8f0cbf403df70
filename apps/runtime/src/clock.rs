//! The real time and real ids.

use jiff::Timestamp;
use registry_domain::ports::{Clock, Ids};
use uuid::Uuid;

/// The system's clock, in whole microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where real time comes in")]
    fn now(&self) -> Timestamp {
        let now = Timestamp::now();
        // What was a time in nanoseconds is one in microseconds.
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }
}

/// Ids that sort by time.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TimeOrderedIds;

impl Ids for TimeOrderedIds {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where real ids are made")]
    fn next(&self) -> Uuid {
        Uuid::now_v7()
    }
}
