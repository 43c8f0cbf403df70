//! Waiting for a fact of another process.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::Result;

const DEADLINE: Duration = Duration::from_secs(30);

/// Looks every `interval` until `look` finds something; an error names `what` after 30 s.
pub fn until<T>(
    what: &str,
    interval: Duration,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let started = Instant::now();
    loop {
        if let Some(found) = look()? {
            return Ok(found);
        }
        if started.elapsed() > DEADLINE {
            return Err(format!("waited {DEADLINE:?} in vain until {what}").into());
        }
        pause(interval);
    }
}

/// Lets time pass: between looks, and before an idle process is weighed.
pub fn pause(time: Duration) {
    let started = Instant::now();
    while let Some(left) = time.checked_sub(started.elapsed()).filter(|left| !left.is_zero()) {
        thread::park_timeout(left);
    }
}
