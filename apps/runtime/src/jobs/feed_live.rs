//! Gives live clients what happens: every replica follows the event log by itself, so that what
//! happens on one is told on all.

use std::time::Duration;

use registry_live_feed::LiveFeed;
use tokio_util::sync::CancellationToken;

use super::fortune::Fortune;

/// After how long a try that failed is repeated.
const RETRY: Duration = Duration::from_millis(500);

/// How long to leave the store alone when there was nothing new although the wait had ended.
const BREATH: Duration = Duration::from_millis(200);

/// Follows until told to stop.
pub(super) async fn run(live: LiveFeed, stop: CancellationToken) {
    let following = async {
        let mut fortune = Fortune::of("telling live clients what happens");
        loop {
            live.log.wait(&live.hub).await;
            let told = live.log.pump(&live.hub).await;
            if !fortune.note(&told) {
                tokio::time::sleep(RETRY).await;
            } else if told.is_ok_and(|events| events == 0) {
                tokio::time::sleep(BREATH).await;
            }
        }
    };
    stop.run_until_cancelled(following).await;
}
