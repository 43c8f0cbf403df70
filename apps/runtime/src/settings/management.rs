//! How servers are managed over the REST API: by whom, and how long whoever lists one waits.

use std::time::Duration;

use registry_domain::caller::ApiMode;

use super::{Reader, Stage};

/// The rules of the management of servers.
#[derive(Debug, Clone, Copy)]
pub(super) struct ManagementRules {
    /// How open it is.
    pub(super) api_mode: ApiMode,
    /// Whether only administrators list servers directly.
    pub(super) require_approval: bool,
    /// Whether administrators' numbers are for administrators only; never where it is open.
    pub(super) protect_admin_reads: bool,
    /// How long whoever lists a server waits for what it offers.
    pub(super) inline_discovery: Duration,
    /// Whether servers may be listed that speak HTTP+SSE.
    pub(super) enable_legacy_sse: bool,
}

impl ManagementRules {
    pub(super) fn read(reader: &mut Reader<'_>, stage: Stage) -> Self {
        let development = stage == Stage::Development;
        let api_mode = reader
            .parsed(
                &["MREG_PUBLIC_API_MODE"],
                if development { ApiMode::Open } else { ApiMode::Protected }.as_str(),
                "open (anybody writes), protected (who writes needs a token) or read_only",
                ApiMode::parse,
            )
            .unwrap_or_default();
        Self {
            api_mode,
            require_approval: reader.flag(&["MREG_REQUIRE_APPROVAL"], !development),
            protect_admin_reads: reader.flag(&["MREG_PROTECT_ADMIN_READS"], false),
            inline_discovery: Duration::from_millis(reader.number(
                &["MREG_DISCOVERY_INLINE_BUDGET_MS"],
                350,
                0,
                25_000,
            )),
            enable_legacy_sse: reader.flag(&["MREG_ENABLE_LEGACY_SSE"], false),
        }
    }
}
