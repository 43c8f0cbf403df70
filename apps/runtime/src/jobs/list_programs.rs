//! Makes the list of servers agree with the operator's file of programs, once after the start; while
//! the store is away it is tried again.

use std::time::Duration;

use registry_domain::id::Alias;
use registry_domain::ports::RegistryPorts;
use registry_domain::use_cases;
use tokio_util::sync::CancellationToken;

/// After how long it is tried again.
const AGAIN: Duration = Duration::from_secs(5);

pub(super) async fn run(registry: RegistryPorts, programs: Vec<Alias>, stop: CancellationToken) {
    loop {
        let listed = tokio::select! {
            () = stop.cancelled() => return,
            listed = use_cases::list_programs(&registry, &programs) => listed,
        };
        match listed {
            Ok(done) => {
                for alias in &done.listed {
                    tracing::info!(server = %alias, "a program of the operator's file is listed");
                }
                for alias in &done.removed {
                    tracing::info!(server = %alias, "a program that the file names no longer is taken off");
                }
                for alias in &done.taken {
                    tracing::error!(
                        server = %alias,
                        "a program of the operator's file is not listed: another server has its name"
                    );
                }
                return;
            }
            Err(error) => {
                tracing::warn!(%error, "the programs of the operator's file cannot be listed yet");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(AGAIN) => {}
        }
    }
}
