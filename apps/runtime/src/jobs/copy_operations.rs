//! Copies operation records from the spool to the store, in batches.

use std::sync::Arc;
use std::time::Duration;

use registry_domain::ports::OperationLog;
use registry_exchange::Spool;
use tokio_util::sync::CancellationToken;

use super::fortune::Fortune;
use crate::boot::Runtime;
use crate::writer::Writer;

/// How long records are gathered before they are copied.
const EVERY: Duration = Duration::from_millis(500);

/// After how long a copy that failed is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// Copies until told to stop; a store that is away costs nothing but time. Stopping in the middle
/// of a copy loses nothing: what may not have arrived is copied again, and kept once.
pub(super) async fn run(
    spool: Arc<Spool>,
    store: Arc<dyn OperationLog>,
    writer: Arc<Writer>,
    stop: CancellationToken,
) {
    let copying = async {
        let mut fortune = Fortune::of("copying operation records to the store");
        let mut pause = EVERY;
        loop {
            tokio::time::sleep(pause).await;
            let copied = spool.drain(store.as_ref(), &writer.chain()).await;
            pause = if fortune.note(&copied) { EVERY } else { RETRY };
        }
    };
    stop.run_until_cancelled(copying).await;
}

/// Copies what waits, once: for the end.
pub(crate) async fn copy_operations_once(runtime: &Runtime) {
    let calls = &runtime.calls;
    if let Err(error) =
        calls.spool.drain(calls.ports.operations.as_ref(), &runtime.writer.chain()).await
    {
        tracing::warn!(%error, "operation records stay in the spool; the next start copies them");
    }
}
