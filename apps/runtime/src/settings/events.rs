//! Live events.

use std::time::Duration;

use super::Reader;

/// Settings of live events.
#[derive(Debug, Clone, Copy)]
pub struct EventSettings {
    /// How often a client is told that we are still here.
    pub heartbeat: Duration,
    /// How many clients a process has at most.
    pub max_subscribers: usize,
}

impl EventSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            heartbeat: Duration::from_secs(reader.number(
                &["MREG_EVENTS_HEARTBEAT_SECONDS"],
                15,
                1,
                300,
            )),
            max_subscribers: reader.number(&["MREG_EVENTS_MAX_SUBSCRIBERS"], 1000, 1, 100_000),
        }
    }
}
