//! Keeps known who administrates by the stored flag: somebody sets it by SQL, and no event tells.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::fortune::Fortune;
use crate::administrators::KnownAdministrators;

/// How often they are read: a flag that was set counts within a second.
const EVERY: Duration = Duration::from_millis(400);

/// Reads until told to stop.
pub(super) async fn run(known: Arc<KnownAdministrators>, stop: CancellationToken) {
    let mut turns = tokio::time::interval(EVERY);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut fortune = Fortune::of("reading who administrates");
    while stop.run_until_cancelled(turns.tick()).await.is_some() {
        fortune.note(&known.refresh().await);
    }
}
