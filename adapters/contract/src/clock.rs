//! The time that tests set.

use std::time::Duration;

use jiff::Timestamp;
use parking_lot::Mutex;
use registry_domain::ports::Clock;

/// A clock that stands still until it is told otherwise.
#[derive(Debug)]
pub struct MockClock(Mutex<Timestamp>);

impl MockClock {
    /// A clock that shows the same time at the beginning of each test, down to the microsecond.
    pub fn new() -> Self {
        // 2026-11-21T10:00:00.123456Z
        Self(Mutex::new(Timestamp::from_microsecond(1_795_255_200_123_456).unwrap_or_default()))
    }

    /// Moves on, and answers the new time.
    pub fn advance(&self, by: Duration) -> Timestamp {
        let mut now = self.0.lock();
        *now = now.checked_add(by).unwrap_or(Timestamp::MAX);
        *now
    }
}

impl Default for MockClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for MockClock {
    fn now(&self) -> Timestamp {
        *self.0.lock()
    }
}
