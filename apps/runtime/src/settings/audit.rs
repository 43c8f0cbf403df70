//! Records: how soon they are sealed, and how long they are kept.

use std::time::Duration;

use registry_domain::chain::Log;
use registry_domain::use_cases::Kept;

use super::Reader;

/// A century of days: longer than anything is kept by a number.
const MOST_DAYS: u32 = 36_500;

/// Settings of records.
#[derive(Debug, Clone, Copy)]
pub struct AuditSettings {
    /// How often what is new is sealed.
    pub seal_interval: Duration,
    /// How long operations are kept.
    pub operations: Kept,
    /// How long the audit trail is kept.
    pub trail: Kept,
}

impl AuditSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let mut kept = |name, log, default| {
            let days = reader.number(&[name], default, 0, MOST_DAYS);
            Kept { log, days: (days > 0).then_some(days) }
        };
        let operations = kept("MREG_FASTMCP_AUDIT_LOG_RETENTION_DAYS", Log::Operations, 90);
        let trail = kept("MREG_AUDIT_LOG_RETENTION_DAYS", Log::Audit, 0);
        let seconds = reader.number(&["MREG_AUDIT_SEAL_INTERVAL_SECONDS"], 60, 1, 3_600);
        Self { seal_interval: Duration::from_secs(seconds), operations, trail }
    }
}
