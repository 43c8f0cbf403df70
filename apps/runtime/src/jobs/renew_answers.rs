//! Lets go of kept answers when the registry changed without this process: by another one, or by a
//! statement of somebody's own. Also makes up for commits that could not be made known in time.

use std::sync::Arc;
use std::time::Duration;

use registry_domain::event::EventSeq;
use registry_domain::ports::{EventLog, PortError};
use tokio_util::sync::CancellationToken;

use super::fortune::Fortune;
use crate::boot::Freshness;

/// How long to leave things alone that did not work, or where there was nothing new.
const BREATH: Duration = Duration::from_millis(200);

/// Follows the event log until told to stop.
pub(super) async fn run(
    freshness: Arc<Freshness>,
    events: Arc<dyn EventLog>,
    stop: CancellationToken,
) {
    let following = async {
        let mut fortune = Fortune::of("keeping answers fresh");
        let mut seen = EventSeq::default();
        loop {
            let renewed = renew(&freshness, events.as_ref(), &mut seen).await;
            if !fortune.note(&renewed) || !renewed.unwrap_or(false) {
                tokio::time::sleep(BREATH).await;
            }
            if freshness.answers().is_in_doubt() {
                continue;
            }
            tokio::select! {
                () = events.wait(seen) => {}
                () = freshness.overdue() => {}
            }
        }
    };
    stop.run_until_cancelled(following).await;
}

/// Begins a generation if there is a reason; answers whether there was.
async fn renew(
    freshness: &Freshness,
    events: &dyn EventLog,
    seen: &mut EventSeq,
) -> Result<bool, PortError> {
    let latest = events.latest().await?;
    let is_new = latest != *seen;
    if is_new || freshness.answers().is_in_doubt() {
        freshness.answers().renew().await?;
        *seen = latest;
        return Ok(true);
    }
    Ok(false)
}
