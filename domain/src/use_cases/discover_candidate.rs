//! Reads what a pending registration's upstream offers, for the reviewer to see.

use std::time::Duration;

use crate::error::Error;
use crate::event::{EventKind, RegistryEvent};
use crate::manifest::Discovery;
use crate::ports::{CandidateRecord, Dial, DiscoveryJob, RegistryPorts};
use serde_json::json;

/// After how long a failed discovery is tried again: 10 s, doubled each time, at most 10 minutes.
fn retry_after(attempts: u32) -> Duration {
    Duration::from_secs(10 * 2_u64.saturating_pow(attempts.min(10))).min(Duration::from_mins(10))
}

/// Discovers and keeps the candidate; answers whether it was kept (it is not when the content
/// changed or somebody decided meanwhile).
///
/// # Errors
/// [`Error::Unavailable`] without the store; an upstream's failure is kept, not returned.
pub async fn discover_candidate(ports: &RegistryPorts, job: &DiscoveryJob) -> Result<bool, Error> {
    let registration = &job.registration;
    let found = ports.upstream.discover(Dial::plainly(&registration.content.endpoint_url)).await;
    let stamp = ports.stamp();
    let (discovery, next_attempt_at) = match found {
        Ok(manifest) => (Discovery::Complete { manifest, at: stamp.at }, None),
        Err(failure) => {
            let next = stamp.at.checked_add(retry_after(job.attempts)).ok();
            (Discovery::Failed { class: failure.class, detail: failure.detail, at: stamp.at }, next)
        }
    };
    let event = RegistryEvent::by_product(EventKind::ManifestDiscovered, stamp)
        .on_registration(registration.id, registration.tenant.clone())
        .saying(json!({
            "state": discovery.state(),
            "manifest_digest": discovery.digest().map(|digest| digest.to_string()),
        }));
    let record = CandidateRecord {
        registration: registration.id,
        revision: registration.revision,
        discovery,
        next_attempt_at,
        event,
    };
    Ok(ports.registrations.record_candidate(&record).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_discovery_waits_longer_each_time_but_never_over_ten_minutes() {
        let waits: Vec<u64> = [0, 1, 2, 5, 6, 50].map(|tries| retry_after(tries).as_secs()).into();
        assert_eq!(waits, [10, 20, 40, 320, 600, 600]);
    }
}
