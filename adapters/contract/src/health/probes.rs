//! Probes and their ends.

use std::time::Duration;

use registry_domain::id::ServerId;
use registry_domain::ports::{Clock as _, ServerHealth};
use registry_domain::server::HealthStatus;
use serde_json::json;
use uuid::Uuid;

use super::Subject;
use crate::Outcome;
use crate::world::eventually;

const TTL: Duration = Duration::from_mins(5);

fn server(number: u64) -> ServerId {
    ServerId(Uuid::from_u64_pair(0x0190_0000_0000_7000, number))
}

fn probe(subject: &Subject, status: HealthStatus) -> ServerHealth {
    let details = json!({"latency_ms": 12.5, "é": [null, {"nested": "\u{1F600}"}]});
    ServerHealth { status, last_check: subject.clock.now(), details }
}

pub(super) async fn a_probe_reads_back_whole(subject: &Subject) -> Outcome {
    let all = [
        HealthStatus::Healthy,
        HealthStatus::Unhealthy,
        HealthStatus::Degraded,
        HealthStatus::Unknown,
        HealthStatus::Maintenance,
    ];
    for status in all {
        let health = probe(subject, status);
        subject.store.put(server(1), &health, TTL).await?;
        assert_eq!(subject.store.find(server(1)).await?, Some(health));
    }
    Ok(())
}

pub(super) async fn a_later_probe_replaces_an_earlier_one(subject: &Subject) -> Outcome {
    subject.store.put(server(1), &probe(subject, HealthStatus::Healthy), TTL).await?;
    subject.clock.advance(Duration::from_micros(1));
    let later = probe(subject, HealthStatus::Unhealthy);
    subject.store.put(server(1), &later, TTL).await?;
    assert_eq!(subject.store.find(server(1)).await?, Some(later));
    Ok(())
}

pub(super) async fn servers_do_not_share_their_probes(subject: &Subject) -> Outcome {
    let health = probe(subject, HealthStatus::Degraded);
    subject.store.put(server(1), &health, TTL).await?;
    assert_eq!(subject.store.find(server(2)).await?, None);
    assert_eq!(subject.store.find(server(1)).await?, Some(health));
    Ok(())
}

pub(super) async fn a_probe_that_nobody_repeats_is_forgotten(subject: &Subject) -> Outcome {
    let ttl = Duration::from_millis(2);
    subject.store.put(server(1), &probe(subject, HealthStatus::Healthy), TTL).await?;
    subject.store.put(server(1), &probe(subject, HealthStatus::Healthy), ttl).await?;
    subject.clock.advance(ttl);
    eventually("the probe is forgotten", || async {
        Ok(subject.store.find(server(1)).await?.is_none())
    })
    .await
}
