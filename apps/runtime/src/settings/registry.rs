//! The registry's rules.

use std::time::Duration;

use registry_domain::endpoint::EgressPolicy;
use registry_domain::ports::RegistryPolicy;

use super::management::ManagementRules;
use super::{Reader, Stage};

/// Settings of the registry.
#[derive(Debug, Clone, Copy)]
pub struct RegistrySettings {
    /// The rules.
    pub policy: RegistryPolicy,
    /// How long reading an upstream's manifest may take for each of its answers.
    pub discovery_timeout: Duration,
    /// How often servers are probed, and those whose first manifest is awaited tried again.
    pub discovery_interval: Duration,
    /// How long what a probe found is kept.
    pub probe_kept_for: Duration,
}

impl RegistrySettings {
    pub(super) fn read(reader: &mut Reader<'_>, stage: Stage) -> Self {
        let development = stage == Stage::Development;
        let egress = reader
            .parsed(
                &["MREG_EGRESS_POLICY"],
                if development { "dev" } else { "production" },
                "dev (loopback and private addresses allowed) or production (public addresses only)",
                |text| match text {
                    "dev" => Some(EgressPolicy::Development),
                    "production" => Some(EgressPolicy::Public),
                    _ => None,
                },
            )
            .unwrap_or(EgressPolicy::Public);
        let quarantine_days: u64 = reader.number(&["MREG_ALIAS_QUARANTINE_DAYS"], 90, 0, 3650);
        let four_eyes = reader.flag(&["MREG_FOUR_EYES"], !development);
        let management = ManagementRules::read(reader, stage);
        Self {
            policy: RegistryPolicy {
                four_eyes,
                egress,
                alias_quarantine: Duration::from_hours(24 * quarantine_days),
                api_mode: management.api_mode,
                require_approval: management.require_approval,
                protect_admin_reads: management.protect_admin_reads,
                enable_legacy_sse: management.enable_legacy_sse,
                inline_discovery: management.inline_discovery,
            },
            discovery_timeout: Duration::from_secs(reader.number(
                &["MREG_HEALTH_CHECK_TIMEOUT"],
                10,
                1,
                60,
            )),
            discovery_interval: Duration::from_secs(reader.number(
                &["MREG_HEALTH_CHECK_INTERVAL"],
                30,
                1,
                3600,
            )),
            probe_kept_for: Duration::from_secs(reader.number(
                &["MREG_REDIS_HEALTH_CHECK_TTL"],
                300,
                1,
                86_400,
            )),
        }
    }
}
