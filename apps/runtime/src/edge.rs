//! The settings as the HTTP edge needs them.

use std::sync::Arc;
use std::time::Duration;

use registry_domain::rate::Limit;
use registry_http_edge::EdgeSettings;
use registry_http_edge::admission::Admission;
use registry_http_edge::draining::Draining;
use registry_http_edge::reads::{Answers, ReadSettings};
use registry_http_edge::settings::{
    CorsSettings, LimitSettings, SecurityHeaderSettings, ServerSettings, TraceHooks,
};

use crate::run::Half;
use crate::settings::{self, Settings, Stage};
use crate::telemetry::{Telemetry, continue_trace, name_span};

/// How long a request body may take to arrive.
const BODY_WITHIN: Duration = Duration::from_secs(30);

/// The largest body of the REST API.
const MAX_BODY_BYTES: usize = 1 << 20;

/// The addresses, with all below them, whose answers may be given again for a while.
const READ_AGAIN: &[&str] = &["/api/v1/servers", "/api/v1/discovery", "/registrations"];

/// The edge's settings.
pub(crate) fn settings(
    settings: &Settings,
    half: Half,
    telemetry: &Telemetry,
    answers: Option<&Arc<Answers>>,
    draining: &Arc<Draining>,
) -> EdgeSettings {
    let service = &settings.service;
    // A page with an address of its own is nowhere else.
    let shown_here = settings.telemetry.metrics.listen.is_none();
    EdgeSettings {
        server: half.as_str(),
        tally: Arc::clone(&telemetry.tally),
        metrics: telemetry.exposition.clone().filter(|_| shown_here),
        traces: settings
            .telemetry
            .traces
            .is_some()
            .then_some(TraceHooks { continue_trace, name: name_span }),
        // The gateway's answers are its upstreams', and pass through as they come.
        reads: (half == Half::PublicApi).then(|| ReadSettings {
            paths: READ_AGAIN,
            answers: answers.filter(|_| !settings.cache.response_ttl.is_zero()).cloned(),
        }),
        compresses: half == Half::PublicApi,
        cors: CorsSettings {
            enabled: !service.cors_origins.is_empty(),
            origins: service.cors_origins.clone(),
            methods: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
                .map(str::to_owned)
                .to_vec(),
            credentials: !service.cors_origins.iter().any(|origin| origin == "*"),
        },
        security_headers: SecurityHeaderSettings {
            enabled: service.security_headers,
            hsts_max_age: (settings.stage == Stage::Production).then_some(31_536_000),
        },
        admission: (settings.limits.max_in_flight > 0)
            .then(|| Arc::new(Admission::new(half.as_str(), settings.limits.max_in_flight))),
        draining: Arc::clone(draining),
        limits: limits(&settings.limits),
        max_body_bytes: MAX_BODY_BYTES,
        body_timeout: BODY_WITHIN,
        trusted_proxies: service.trusted_proxies.clone(),
        resources_at: None,
        api_key_header: settings.registry.policy.api_keys.then(|| service.api_key_header.clone()),
    }
}

fn limits(limits: &settings::LimitSettings) -> LimitSettings {
    let of = |per_minute: u32| (per_minute > 0).then(|| Limit::per_minute(per_minute));
    let of_people = |per_minute| if limits.enabled { of(per_minute) } else { None };
    LimitSettings {
        address: of(limits.anonymous_rpm),
        user: of_people(limits.user_rpm),
        server_owner: of_people(limits.server_owner_rpm),
        admin: of_people(limits.admin_rpm),
        tenant: of_people(limits.user_rpm.saturating_mul(limits.tenant_multiplier)),
        global: None,
    }
}

/// How the sockets of a half behave. Where servers are called, a client that closes its half is
/// gone, and its upstream call ends with it; on an API without the proxy it only has nothing more
/// to say.
pub(crate) fn sockets(settings: &Settings, half: Half) -> ServerSettings {
    ServerSettings {
        workers: Some(settings.service.workers),
        keep_alive: Duration::from_secs(75),
        head_timeout: Duration::from_secs(10),
        shutdown_timeout_s: settings.service.shutdown_timeout_s,
        allow_half_closed: half == Half::PublicApi && !settings.proxy.enabled,
    }
}
