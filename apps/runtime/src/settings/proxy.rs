//! The public API's proxy, and how servers are chosen and left alone on every door.

use std::time::Duration;

use registry_domain::routing::balance::Algorithm;
use registry_domain::routing::breaker::BreakerPolicy;

use super::{Reader, Stage};

/// Settings of the proxy and of routing.
#[derive(Debug, Clone, Copy)]
pub struct ProxySettings {
    /// Whether port 8000 serves `/mcp` and `/mcp/proxy`.
    pub enabled: bool,
    /// The longest `timeout` that a client may ask for.
    pub max_timeout: Duration,
    /// How one of several servers is chosen.
    pub load_balancer: Algorithm,
    /// When a server is left alone.
    pub breaker: BreakerPolicy,
}

impl ProxySettings {
    pub(super) fn read(reader: &mut Reader<'_>, stage: Stage) -> Self {
        let seconds = |reader: &mut Reader<'_>, name, default, most| {
            Duration::from_secs(reader.number(&[name], default, 1, most))
        };
        Self {
            enabled: reader.flag(&["MREG_PUBLIC_PROXY_ENABLED"], stage == Stage::Development),
            max_timeout: seconds(reader, "MREG_MAX_REQUEST_TIMEOUT", 300, 3600),
            load_balancer: reader
                .parsed(
                    &["MREG_DEFAULT_LOAD_BALANCER"],
                    Algorithm::default().as_str(),
                    "round_robin, weighted, least_connections, random or consistent_hash",
                    Algorithm::parse,
                )
                .unwrap_or_default(),
            breaker: BreakerPolicy {
                enabled: reader.flag(&["MREG_CIRCUIT_BREAKER_ENABLED"], true),
                failure_threshold: reader.number(
                    &["MREG_CIRCUIT_BREAKER_FAILURE_THRESHOLD"],
                    5,
                    1,
                    10_000,
                ),
                recovery: seconds(reader, "MREG_CIRCUIT_BREAKER_RECOVERY_TIMEOUT", 60, 86_400),
                success_threshold: reader.number(
                    &["MREG_CIRCUIT_BREAKER_SUCCESS_THRESHOLD"],
                    3,
                    1,
                    10_000,
                ),
            },
        }
    }
}
