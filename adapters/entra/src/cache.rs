//! Tokens that were verified a moment ago.
//!
//! A hit saves the signature, not the checks that can change their mind: time and trust in the key
//! are looked at each time. What is not a plain hit is a miss, so that there is one place only
//! (`verifier`) that says why a token is refused.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, SHA256_OUTPUT_LEN, digest};
use jiff::Timestamp;
use moka::sync::Cache;
use registry_domain::ports::VerifiedToken;

/// The longest that a verification is believed.
const MAX_AGE: Duration = Duration::from_mins(1);

/// A token's SHA-256: the cache holds no token that could be stolen from it.
pub(crate) type TokenHash = [u8; SHA256_OUTPUT_LEN];

/// The hash that a token is kept under.
pub(crate) fn token_hash(token: &str) -> TokenHash {
    let mut hash = [0; SHA256_OUTPUT_LEN];
    hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    hash
}

/// A verification's result, and for how long it stands.
#[derive(Debug, Clone)]
pub(crate) struct Verified {
    /// What the token says.
    pub(crate) token: Arc<VerifiedToken>,
    /// From `nbf` to `exp`.
    pub(crate) lifetime: Range<Timestamp>,
    /// The keys that it was verified with, by [`KeySource::generation`](crate::KeySource::generation).
    pub(crate) generation: u64,
}

/// A bounded number of verified tokens.
pub(crate) struct TokenCache {
    entries: Cache<TokenHash, Verified>,
    max_age: Duration,
}

impl TokenCache {
    /// At most `max_entries`, each for at most `max_age` and never longer than a minute.
    pub(crate) fn new(max_entries: u64, max_age: Duration) -> Self {
        let max_age = max_age.min(MAX_AGE);
        // The time to live frees memory, and holds where the clock is set back.
        let entries = Cache::builder().max_capacity(max_entries).time_to_live(max_age).build();
        Self { entries, max_age }
    }

    /// The token, where it stands at `now` and the keys are still those that verified it.
    pub(crate) fn find(
        &self,
        hash: &TokenHash,
        now: Timestamp,
        generation: u64,
    ) -> Option<Arc<VerifiedToken>> {
        self.entries
            .get(hash)
            .filter(|kept| kept.generation == generation && kept.lifetime.contains(&now))
            .map(|kept| kept.token)
    }

    /// Keeps a token from `now` on, not past its end.
    pub(crate) fn insert(&self, hash: TokenHash, now: Timestamp, mut verified: Verified) {
        if let Ok(latest) = now.checked_add(self.max_age) {
            verified.lifetime.end = verified.lifetime.end.min(latest);
        }
        if !verified.lifetime.is_empty() {
            self.entries.insert(hash, verified);
        }
    }
}

#[cfg(test)]
mod tests {
    use registry_domain::caller::Groups;
    use registry_domain::user::Identity;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn verified(lifetime: Range<i64>) -> Verified {
        let identity = Identity {
            subject: "s".into(),
            tenant: None,
            email: None,
            display_name: None,
            in_admin_group: None,
        };
        Verified {
            token: Arc::new(VerifiedToken {
                identity,
                roles: vec![],
                groups: Groups::default(),
                expires_at: at(lifetime.end),
                bounds: None,
                assertion: None,
            }),
            lifetime: at(lifetime.start)..at(lifetime.end),
            generation: 1,
        }
    }

    #[test]
    fn a_token_is_kept_for_a_minute_and_never_past_its_end() {
        let cache = TokenCache::new(10, Duration::from_hours(1));
        let (long, short) = (token_hash("long"), token_hash("short"));
        cache.insert(long, at(100), verified(0..1000));
        cache.insert(short, at(100), verified(0..130));
        assert!(cache.find(&long, at(159), 1).is_some());
        assert!(cache.find(&long, at(160), 1).is_none());
        assert!(cache.find(&short, at(129), 1).is_some());
        assert!(cache.find(&short, at(130), 1).is_none());
    }

    #[test]
    fn neither_an_early_time_nor_other_keys_make_a_hit() {
        let cache = TokenCache::new(10, MAX_AGE);
        let hash = token_hash("token");
        cache.insert(hash, at(100), verified(90..1000));
        assert!(cache.find(&hash, at(89), 1).is_none());
        assert!(cache.find(&hash, at(100), 2).is_none());
        assert!(cache.find(&hash, at(100), 1).is_some());
    }

    #[test]
    fn the_number_of_tokens_is_bounded() {
        let cache = TokenCache::new(5, MAX_AGE);
        for number in 0..100 {
            cache.insert(token_hash(&number.to_string()), at(0), verified(0..1000));
        }
        cache.entries.run_pending_tasks();
        assert!(cache.entries.entry_count() <= 5);
    }
}
