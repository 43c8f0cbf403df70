//! Several replicas that count together.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use registry_domain::ports::{Admission, LimitKey, RateLimiter};
use registry_domain::rate::Limit;

use super::Subject;
use crate::Outcome;
use crate::world::eventually;

fn limit(key: &str, per_minute: u32, burst: u32) -> LimitKey {
    LimitKey { key: key.to_owned(), kind: "tenant", limit: Limit { per_minute, burst } }
}

async fn is_admitted(limiter: &Arc<dyn RateLimiter>, keys: &[LimitKey]) -> bool {
    matches!(limiter.admit(keys).await, Admission::Admitted { .. })
}

async fn admitted_of(limiter: &Arc<dyn RateLimiter>, keys: &[LimitKey]) -> u32 {
    let mut admitted = 0;
    while is_admitted(limiter, keys).await {
        admitted += 1;
    }
    admitted
}

pub(super) async fn replicas_share_their_counts_where_they_say_so(subject: &Subject) -> Outcome {
    let tenant = [limit("tenant:t", 60, 10)];
    assert_eq!(admitted_of(&subject.limiter, &tenant).await, 10);
    let expected = if subject.is_shared { 0 } else { 10 };
    assert_eq!(admitted_of(&subject.beside, &tenant).await, expected);
    Ok(())
}

pub(super) async fn parallel_replicas_never_oversell_a_lease(subject: &Subject) -> Outcome {
    let runtime = tokio::runtime::Handle::current();
    let callers = (0..16).map(|number| {
        let replica = if number % 2 == 0 { &subject.limiter } else { &subject.beside };
        let replica = Arc::clone(replica);
        // Limits of this size are leased in blocks where there are blocks.
        let mut keys = vec![limit("tenant:t", 60_000, 500), limit("global", 120_000, 700)];
        keys.rotate_left(number % 2);
        runtime.spawn(async move {
            let mut admitted = 0;
            for _ in 0..100 {
                admitted += u32::from(is_admitted(&replica, &keys).await);
            }
            admitted
        })
    });
    let mut admitted = 0;
    for caller in join_all(callers).await {
        admitted += caller?;
    }
    // Of 1,600 that come at once, what one replica leased and did not use may be missing.
    let allowed = if subject.is_shared { 500 } else { 1_000 };
    assert!(admitted <= allowed, "{admitted} of {allowed}");
    assert!(admitted >= allowed - 64, "{admitted} of {allowed}");
    Ok(())
}

pub(super) async fn what_one_replica_leased_and_did_not_use_comes_back(
    subject: &Subject,
) -> Outcome {
    if !subject.is_shared {
        // Nothing is leased where nothing is shared.
        return Ok(());
    }
    let tenant = [limit("tenant:t", 60_000, 6_000)];
    let Subject { limiter, beside, clock, .. } = subject;
    assert!(is_admitted(beside, &tenant).await);
    // The other replica gets all but the block that the first one holds, unused but for one.
    let got = admitted_of(limiter, &tenant).await;
    assert!((6_000 - 64..6_000).contains(&got), "{got}");
    // A lease ends after a second, in which a thousand more come due. What is given back comes on
    // top, up to the last one.
    clock.advance(Duration::from_secs(1));
    let admitted = std::sync::atomic::AtomicU32::new(got + 1);
    eventually("all that was not used has come back", || async {
        let more = admitted_of(limiter, &tenant).await;
        let all = admitted.fetch_add(more, std::sync::atomic::Ordering::Relaxed) + more;
        assert!(all <= 7_000, "{all}");
        Ok(all == 7_000)
    })
    .await
}
