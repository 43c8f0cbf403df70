//! Copies operation records from the spool to the store, in batches.

use std::sync::Arc;
use std::time::Duration;

use registry_domain::ports::OperationLog;
use registry_exchange::Spool;
use tokio_util::sync::CancellationToken;

use crate::boot::Runtime;

/// How long records are gathered before they are copied.
const EVERY: Duration = Duration::from_millis(500);

/// After how long a copy that failed is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// Copies until told to stop; a store that is away costs nothing but time.
pub(super) async fn run(spool: Arc<Spool>, store: Arc<dyn OperationLog>, stop: CancellationToken) {
    let mut failing = false;
    loop {
        let pause = if failing { RETRY } else { EVERY };
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return;
        }
        match spool.drain(store.as_ref()).await {
            Ok(_) => failing = false,
            Err(error) => {
                if !failing {
                    tracing::warn!(%error, "operation records wait in the spool");
                }
                failing = true;
            }
        }
    }
}

/// Copies what waits, once: for the end.
pub(crate) async fn copy_operations_once(runtime: &Runtime) {
    let Some(gateway) = &runtime.gateway else { return };
    if let Err(error) = gateway.spool.drain(gateway.ports.operations.as_ref()).await {
        tracing::warn!(%error, "operation records stay in the spool; the next start copies them");
    }
}
