//! A small service that embeds the registry's domain with adapters of its own: everything is kept
//! in memory, and the upstream is a fixed list of tools.
//!
//! # Map
//! | you look for | open |
//! |---|---|
//! | the workflow, step by step | `workflow.rs` |
//! | the adapters, one file per port | `memory.rs`, `memory/` |

mod memory;
mod workflow;

use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use registry_domain::caller::ApiMode;
use registry_domain::endpoint::EgressPolicy;
use registry_domain::manifest::DriftPolicy;
use registry_domain::ports::{GatewayPorts, RegistryPolicy, RegistryPorts, Upstream};

use memory::{FixedUpstream, LastProbes, Memory, NoCredentials, SystemClock, TimeOrderedIds};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let registry = registry_ports()?;
    workflow::run(&registry, &gateway_ports(&registry), &mut io::stdout()).await
}

fn registry_ports() -> Result<RegistryPorts, String> {
    let memory = Arc::new(Memory::default());
    Ok(RegistryPorts {
        registrations: memory.clone(),
        servers: memory.clone(),
        users: memory.clone(),
        documents: memory.clone(),
        links: memory.clone(),
        events: memory.clone(),
        operations: memory.clone(),
        api_keys: memory.clone(),
        collections: memory.clone(),
        probes: Arc::new(LastProbes::default()),
        leases: memory.clone(),
        health: memory,
        shared: None,
        vault: Arc::new(NoCredentials),
        sealer: Arc::new(NoCredentials),
        upstream: Arc::new(FixedUpstream::with_weather()?),
        clock: Arc::new(SystemClock),
        ids: Arc::new(TimeOrderedIds),
        policy: RegistryPolicy {
            four_eyes: true,
            egress: EgressPolicy::Public,
            alias_quarantine: Duration::from_hours(24),
            drift: DriftPolicy::Withhold,
            api_mode: ApiMode::Protected,
            require_approval: true,
            protect_admin_reads: false,
            enable_legacy_sse: false,
            api_keys: false,
            inline_discovery: Duration::from_millis(350),
        },
    })
}

fn gateway_ports(registry: &RegistryPorts) -> GatewayPorts {
    let upstream: Arc<dyn Upstream> = registry.upstream.clone();
    GatewayPorts {
        servers: registry.servers.clone(),
        collections: registry.collections.clone(),
        events: registry.events.clone(),
        operations: registry.operations.clone(),
        vault: registry.vault.clone(),
        sealer: registry.sealer.clone(),
        personal: None,
        clock: registry.clock.clone(),
        ids: registry.ids.clone(),
        new_upstream: Arc::new(move || upstream.clone()),
        upstream: registry.upstream.clone(),
        drift: registry.policy.drift,
    }
}
