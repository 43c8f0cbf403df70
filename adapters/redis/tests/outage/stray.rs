//! Limits where something lies in Redis that no limit wrote.

use std::sync::Arc;

use deadpool_redis::redis::AsyncCommands as _;
use registry_contract::MockClock;
use registry_domain::ports::{Admission, RateLimiter as _};
use registry_redis::LimitsOptions;

use crate::keys::raw;
use crate::limits::{limits, tenant};
use crate::support::{open, options, prefix, redis};

#[tokio::test]
async fn what_is_no_time_at_a_limits_key_is_overwritten_and_ends() {
    let mut raw = raw().await;
    for stray in [
        "a list",
        "",
        "no number",
        "nan",
        "inf",
        "-inf",
        "99999999999999999999999999",
        "-99999999999999999999999999",
    ] {
        let prefix = prefix();
        let key = format!("{prefix}{{limits}}:tenant:t");
        if stray == "a list" {
            let _: () = raw.rpush(&key, stray).await.unwrap();
        } else {
            let _: () = raw.set(&key, stray).await.unwrap();
        }
        let clock = Arc::new(MockClock::new());
        let pool = open(options(redis(), &prefix)).await;
        let (limits, _) = limits(pool, &clock, LimitsOptions::for_testing());
        for remaining in (0..5).rev() {
            let told = limits.admit(&tenant()).await;
            assert_eq!(told.remaining(), Some(remaining), "{stray}");
        }
        let told = limits.admit(&tenant()).await;
        assert!(matches!(told, Admission::Limited { .. }), "{stray} {told:?}");
        let left: i64 = raw.ttl(&key).await.unwrap();
        assert!((1..=66).contains(&left), "{stray} {left}");
    }
}

#[tokio::test]
async fn what_a_replica_whose_clock_is_ahead_has_taken_stays_taken() {
    let prefix = prefix();
    let pool = open(options(redis(), &prefix)).await;
    let (ours, theirs) = (Arc::new(MockClock::new()), Arc::new(MockClock::new()));
    theirs.advance(std::time::Duration::from_secs(30));
    let (ahead, _) = limits(Arc::clone(&pool), &theirs, LimitsOptions::for_testing());
    for remaining in (0..5).rev() {
        assert_eq!(ahead.admit(&tenant()).await.remaining(), Some(remaining));
    }
    let (behind, _) = limits(pool, &ours, LimitsOptions::for_testing());
    let told = behind.admit(&tenant()).await;
    assert!(matches!(told, Admission::Limited { .. }), "{told:?}");
}
