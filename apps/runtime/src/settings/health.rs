//! How servers are probed.

use std::time::Duration;

use registry_domain::health::{ProbeRules, Thresholds};

use super::Reader;

/// Settings of the probing of servers.
#[derive(Debug, Clone, Copy)]
pub struct HealthSettings {
    /// The rules. The interval is also how often servers whose first manifest is awaited are tried
    /// again, the timeout also how long each answer may take when a manifest is read.
    pub rules: ProbeRules,
}

impl HealthSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let mut seconds =
            |name, default, max| Duration::from_secs(reader.number(&[name], default, 1, max));
        let timeout = seconds("MREG_HEALTH_CHECK_TIMEOUT", 10, 60);
        let interval = seconds("MREG_HEALTH_CHECK_INTERVAL", 30, 3600);
        let kept_for = seconds("MREG_REDIS_HEALTH_CHECK_TTL", 300, 86_400);
        let drift_interval = seconds("MREG_DRIFT_CHECK_INTERVAL", 300, 86_400);
        let unhealthy = reader.number(&["MREG_HEALTH_CHECK_UNHEALTHY_THRESHOLD"], 2, 1, 100);
        let healthy = reader.number(&["MREG_HEALTH_CHECK_HEALTHY_THRESHOLD"], 1, 1, 100);
        let thresholds = Thresholds { unhealthy, healthy };
        Self { rules: ProbeRules { interval, timeout, kept_for, thresholds, drift_interval } }
    }
}
