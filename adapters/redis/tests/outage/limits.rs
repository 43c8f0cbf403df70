//! Limits while Redis is gone.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use registry_contract::MockClock;
use registry_domain::ports::{Admission, LimitKey, RateLimiter};
use registry_domain::rate::Limit;
use registry_redis::{LimitsOptions, RedisLimits, RedisPool};
use tokio::sync::watch;

use crate::support::{Lines, eventually, in_time};

/// Stands in for the limits in the process: counts who comes.
#[derive(Default)]
pub(crate) struct InProcess(AtomicU32);

#[async_trait]
impl RateLimiter for InProcess {
    async fn admit(&self, _keys: &[LimitKey]) -> Admission {
        self.0.fetch_add(1, Ordering::Relaxed);
        Admission::Admitted { remaining: 7_777, limit: None }
    }
}

pub(crate) const HERE: Admission = Admission::Admitted { remaining: 7_777, limit: None };

pub(crate) fn limits(
    pool: Arc<RedisPool>,
    clock: &Arc<MockClock>,
    options: LimitsOptions,
) -> (RedisLimits, Arc<InProcess>) {
    let in_process = Arc::new(InProcess::default());
    let (_, live) = watch::channel(2);
    (RedisLimits::new(pool, options, clock.clone(), live, in_process.clone()), in_process)
}

pub(crate) fn tenant() -> [LimitKey; 1] {
    let limit = Limit { per_minute: 60, burst: 5 };
    [LimitKey { key: "tenant:t".to_owned(), kind: "tenant", limit }]
}

#[tokio::test]
async fn while_redis_is_gone_the_process_counts_and_then_all_together_again() {
    let Lines { proxy, through, direct } = Lines::open().await;
    let clock = Arc::new(MockClock::new());
    let (ours, in_process) = limits(through, &clock, LimitsOptions::for_testing());
    let (theirs, _) = limits(direct, &clock, LimitsOptions::for_testing());
    assert_eq!(ours.admit(&tenant()).await.remaining(), Some(4));
    proxy.cut();
    for _ in 0..20 {
        assert_eq!(in_time("an answer all the same", ours.admit(&tenant())).await, HERE);
    }
    assert_eq!(in_process.0.load(Ordering::Relaxed), 20);
    // Meanwhile another replica goes on.
    assert_eq!(theirs.admit(&tenant()).await.remaining(), Some(3));
    proxy.restore();
    let told = eventually("it comes back by itself", async || {
        let told = ours.admit(&tenant()).await;
        if told == HERE { Err("the process still counts") } else { Ok(told) }
    })
    .await;
    assert_eq!(told.remaining(), Some(2));
    assert_eq!(theirs.admit(&tenant()).await.remaining(), Some(1));
}

#[tokio::test]
async fn while_redis_is_stalled_only_the_first_two_requests_wait_for_it() {
    let Lines { proxy, through, .. } = Lines::open().await;
    let clock = Arc::new(MockClock::new());
    let options =
        LimitsOptions { patience: Duration::from_millis(300), ..LimitsOptions::for_testing() };
    let (limits, _) = limits(through, &clock, options);
    assert_eq!(limits.admit(&tenant()).await.remaining(), Some(4));
    proxy.stall();
    // If each of them waited it would take five minutes.
    in_time("a thousand requests", async {
        for _ in 0..1_000 {
            assert_eq!(limits.admit(&tenant()).await, HERE);
        }
    })
    .await;
}

#[tokio::test]
async fn one_late_answer_alone_does_not_open_the_circuit() {
    let Lines { proxy, through, .. } = Lines::open().await;
    let clock = Arc::new(MockClock::new());
    // Late is what the command's own time says, and that is the same for the circuit.
    let (limits, _) = limits(through, &clock, LimitsOptions::for_testing());
    for round in 1..=2 {
        // Whether what was late counted is not known.
        let told = limits.admit(&tenant()).await;
        let Admission::Admitted { remaining, .. } = told else { panic!("{round} {told:?}") };
        assert!(remaining < 5, "{round} {remaining}");
        proxy.stall();
        assert_eq!(in_time("the answer is late", limits.admit(&tenant())).await, HERE);
        proxy.restore();
    }
}
