//! Tells live clients of calls that begin and end in this process.

use std::sync::Arc;

use registry_live_feed::CallFeed;
use tokio_util::sync::CancellationToken;

/// Tells until told to stop.
pub(super) async fn run(calls: Arc<CallFeed>, stop: CancellationToken) {
    let telling = async {
        loop {
            calls.pump().await;
        }
    };
    stop.run_until_cancelled(telling).await;
}
