//! The registry's rules.

use std::time::Duration;

use registry_domain::endpoint::EgressPolicy;
use registry_domain::manifest::DriftPolicy;
use registry_domain::ports::RegistryPolicy;

use super::management::ManagementRules;
use super::{Reader, Stage};

/// Settings of the registry.
#[derive(Debug, Clone, Copy)]
pub struct RegistrySettings {
    /// The rules.
    pub policy: RegistryPolicy,
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
        let drift = reader
            .parsed(
                &["MREG_DRIFT_POLICY"],
                "withhold",
                "withhold (what differs from what was approved is not served) or flag (it is shown only)",
                DriftPolicy::parse,
            )
            .unwrap_or(DriftPolicy::Withhold);
        let quarantine_days: u64 = reader.number(&["MREG_ALIAS_QUARANTINE_DAYS"], 90, 0, 3650);
        let four_eyes = reader.flag(&["MREG_FOUR_EYES"], !development);
        let api_keys = reader.flag(&["MREG_SECURITY_ENABLE_API_KEYS"], false);
        let management = ManagementRules::read(reader, stage);
        Self {
            policy: RegistryPolicy {
                four_eyes,
                egress,
                alias_quarantine: Duration::from_hours(24 * quarantine_days),
                drift,
                api_mode: management.api_mode,
                require_approval: management.require_approval,
                protect_admin_reads: management.protect_admin_reads,
                enable_legacy_sse: management.enable_legacy_sse,
                api_keys,
                inline_discovery: management.inline_discovery,
            },
        }
    }
}
