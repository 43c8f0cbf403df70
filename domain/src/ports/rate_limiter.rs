//! Rate limits.

use std::time::Duration;

use async_trait::async_trait;

use crate::rate::Limit;

/// One limit that a request counts against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitKey {
    /// Who or what is limited: `user:…`, `tenant:…`, `ip:…`.
    pub key: String,
    /// `user`, `tenant`, `ip` or `global`, for the answer.
    pub kind: &'static str,
    /// How much is allowed.
    pub limit: Limit,
}

/// What the limiter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// The request may pass; it was counted against every key.
    Admitted {
        /// How many more could come at once, by the tightest key.
        remaining: u32,
        /// That key's limit; `None` of a request without keys.
        limit: Option<Limit>,
    },
    /// The request may not pass; it was counted against no key.
    Limited {
        /// The kind of the key that said no.
        kind: &'static str,
        /// Its limit.
        limit: Limit,
        /// After how long to try again.
        retry_after: Duration,
    },
}

impl Admission {
    /// How many more could come at once, where this one may pass.
    pub const fn remaining(&self) -> Option<u32> {
        match self {
            Self::Admitted { remaining, .. } => Some(*remaining),
            Self::Limited { .. } => None,
        }
    }
}

/// Counts requests.
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Counts one request against all its keys, or against none.
    async fn admit(&self, keys: &[LimitKey]) -> Admission;
}
