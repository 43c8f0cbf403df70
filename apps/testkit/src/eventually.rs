//! Waiting for a fact, never for a time.

use std::time::{Duration, Instant};

/// How long a test waits for a fact before it fails: far above anything that is promised, so that
/// a loaded machine does not fail a test and a broken promise still ends it.
pub const DEADLINE: Duration = Duration::from_secs(30);

const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Looks until `fact` holds and gives what it found; panics with `what` after [`DEADLINE`].
///
/// ```no_run
/// # async fn example(server: &registry_testkit::upstreams::RmcpServer) {
/// let calls = registry_testkit::eventually("the upstream saw a call", async || {
///     Some(server.requests()).filter(|seen| *seen > 0)
/// })
/// .await;
/// # }
/// ```
pub async fn eventually<T>(what: &str, fact: impl AsyncFnMut() -> Option<T>) -> T {
    eventually_within(DEADLINE, what, fact).await
}

/// [`eventually`] with another deadline, for the rare fact that takes longer by design.
pub async fn eventually_within<T>(
    deadline: Duration,
    what: &str,
    mut fact: impl AsyncFnMut() -> Option<T>,
) -> T {
    let started = Instant::now();
    loop {
        // A look that hangs must not outlive the deadline either.
        let left = deadline.saturating_sub(started.elapsed());
        match tokio::time::timeout(left.max(BETWEEN_LOOKS), fact()).await {
            Ok(Some(found)) => return found,
            Ok(None) if started.elapsed() < deadline => tokio::time::sleep(BETWEEN_LOOKS).await,
            _ => panic!("waited {deadline:?} in vain until {what}"),
        }
    }
}
