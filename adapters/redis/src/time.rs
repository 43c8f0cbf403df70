//! Times to live.

use std::time::Duration;

/// The longest time to live that is given to Redis: a century. What is kept longer is kept so long.
const MAX_TTL_MS: u64 = 100 * 365 * 24 * 60 * 60 * 1_000;

/// A time to live as Redis takes it, in milliseconds, never shorter than `ttl`.
pub(crate) fn ttl_ms(ttl: Duration) -> u64 {
    let whole = ttl.as_nanos().div_ceil(1_000_000);
    u64::try_from(whole).unwrap_or(MAX_TTL_MS).min(MAX_TTL_MS)
}
