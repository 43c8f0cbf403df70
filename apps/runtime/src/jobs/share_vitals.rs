//! Tells other replicas which breakers opened and closed here, and hears theirs.

use std::sync::Arc;

use registry_exchange::Everywhere;
use tokio_util::sync::CancellationToken;

/// Tells and hears until told to stop.
pub(super) async fn run(vitals: Arc<Everywhere>, stop: CancellationToken) {
    stop.run_until_cancelled(vitals.share()).await;
}
