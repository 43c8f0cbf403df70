//! Counts and refusals.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use libtest_mimic::Failed;
use registry_domain::ports::{Admission, LimitKey};
use registry_domain::rate::Limit;

use super::Subject;
use crate::Outcome;

fn key(key: &str, kind: &'static str, per_minute: u32, burst: u32) -> LimitKey {
    LimitKey { key: key.to_owned(), kind, limit: Limit { per_minute, burst } }
}

fn retry_after(told: &Admission) -> Result<Duration, Failed> {
    match told {
        Admission::Limited { retry_after, .. } => Ok(*retry_after),
        Admission::Admitted { .. } => Err("expected a refusal".into()),
    }
}

pub(super) async fn a_burst_passes_and_the_next_is_told_when_to_come_back(
    subject: &Subject,
) -> Outcome {
    let Subject { limiter, clock, .. } = subject;
    let user = [key("user:a", "user", 60, 3)];
    for left in [2, 1, 0] {
        assert_eq!(limiter.admit(&user).await.remaining(), Some(left));
    }
    let told = limiter.admit(&user).await;
    let wait = retry_after(&told)?;
    let limit = Limit { per_minute: 60, burst: 3 };
    let expected = Admission::Limited { kind: "user", limit, retry_after: Duration::from_secs(1) };
    assert_eq!(told, expected);
    clock.advance(wait.saturating_sub(Duration::from_micros(1)));
    assert_eq!(retry_after(&limiter.admit(&user).await)?, Duration::from_micros(1));
    clock.advance(Duration::from_micros(1));
    assert_eq!(limiter.admit(&user).await.remaining(), Some(0));
    Ok(())
}

pub(super) async fn a_request_counts_against_all_its_keys_or_none(subject: &Subject) -> Outcome {
    let limiter = &subject.limiter;
    let (user, tenant) = (key("user:a", "user", 60, 5), key("tenant:t", "tenant", 60, 2));
    let both = [user.clone(), tenant.clone()];
    for left in [1, 0] {
        let told = limiter.admit(&both).await;
        assert_eq!(told, Admission::Admitted { remaining: left, limit: Some(tenant.limit) });
    }
    for _ in 0..10 {
        let told = limiter.admit(&both).await;
        assert!(matches!(told, Admission::Limited { kind: "tenant", .. }), "{told:?}");
    }
    // Ten refusals later the user still has what the two admissions left.
    assert_eq!(limiter.admit(&[user]).await.remaining(), Some(2));
    Ok(())
}

pub(super) async fn keys_do_not_share_their_counts(subject: &Subject) -> Outcome {
    let limiter = &subject.limiter;
    for number in 0..50 {
        let one = [key(&format!("ip:{number}"), "ip", 60, 1)];
        assert_eq!(limiter.admit(&one).await.remaining(), Some(0));
        retry_after(&limiter.admit(&one).await)?;
    }
    Ok(())
}

pub(super) async fn parallel_callers_are_never_oversold(subject: &Subject) -> Outcome {
    let runtime = tokio::runtime::Handle::current();
    let callers = (0..8).map(|number| {
        let limiter = Arc::clone(&subject.limiter);
        // Each with the shared keys in another order, and one of its own.
        let mut keys = vec![
            key("tenant:t", "tenant", 60, 100),
            key("global", "global", 60, 150),
            key(&format!("user:{number}"), "user", 60, 1_000),
        ];
        keys.rotate_left(number % 3);
        runtime.spawn(async move {
            let mut admitted = 0;
            for _ in 0..50 {
                let told = limiter.admit(&keys).await;
                admitted += u32::from(matches!(told, Admission::Admitted { .. }));
            }
            admitted
        })
    });
    let mut admitted = 0;
    for caller in join_all(callers).await {
        admitted += caller?;
    }
    assert_eq!(admitted, 100);
    Ok(())
}

pub(super) async fn a_request_without_keys_passes(subject: &Subject) -> Outcome {
    let told = subject.limiter.admit(&[]).await;
    assert!(matches!(told, Admission::Admitted { .. }), "{told:?}");
    Ok(())
}

pub(super) async fn a_large_limit_admits_exactly_its_burst(subject: &Subject) -> Outcome {
    let large = [key("global", "global", 120_000, 200), key("user:a", "user", 60_000, 1_000)];
    let mut admitted = 0;
    while let Admission::Admitted { .. } = subject.limiter.admit(&large).await {
        admitted += 1;
    }
    assert_eq!(admitted, 200);
    // A refusal keeps nothing from the keys that would have said yes.
    let user = [key("user:a", "user", 60_000, 1_000)];
    let told = subject.limiter.admit(&user).await;
    assert_eq!(told.remaining(), Some(799));
    Ok(())
}
