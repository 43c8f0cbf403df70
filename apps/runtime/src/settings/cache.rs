//! The cache of answers.

use std::time::Duration;

use super::Reader;

/// Settings of the cache of answers.
#[derive(Debug, Clone, Copy)]
pub struct CacheSettings {
    /// How long an answer may be given again; nothing is kept at zero.
    pub response_ttl: Duration,
}

impl CacheSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let seconds = reader.number(&["MREG_CACHE_RESPONSE_TTL"], 5, 0, 86_400);
        Self { response_ttl: Duration::from_secs(seconds) }
    }
}
