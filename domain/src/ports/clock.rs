//! The time.

use jiff::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, in whole microseconds: what every store can keep, so that a time reads back as it was
    /// written.
    fn now(&self) -> Timestamp;
}
