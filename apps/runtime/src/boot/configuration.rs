//! What `config://server` tells an administrator: the settings that explain how the product behaves.
//! It is put together member by member, so that a secret can only get in by being named here.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::settings::{Database, Settings};
use crate::sign_in::callback;

/// Where secrets stand in for their values.
const MASKED: &str = "***";

/// The settings as JSON.
pub(super) fn of(settings: &Settings, gateway_url: &str) -> Map<String, Value> {
    let rate_limits = &settings.limits;
    let document = json!({
        "name": settings.gateway.name,
        "version": env!("CARGO_PKG_VERSION"),
        "environment": settings.stage.as_str(),
        "authentication": authentication(settings, gateway_url),
        "database": database(&settings.store.database),
        "redis": { "configured": settings.redis.options.is_some() },
        "routing": routing(settings),
        "rate_limits": {
            "enabled": rate_limits.enabled,
            "admin_per_minute": rate_limits.admin_rpm,
            "server_owner_per_minute": rate_limits.server_owner_rpm,
            "user_per_minute": rate_limits.user_rpm,
            "anonymous_per_minute": rate_limits.anonymous_rpm,
            "tenant_multiplier": rate_limits.tenant_multiplier,
        },
        "middleware": {
            "rate_limiting": rate_limits.enabled,
            "audit_logging": true,
            "tool_access_control": true,
        },
        "feature_flags": feature_flags(settings),
    });
    match document {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn authentication(settings: &Settings, gateway_url: &str) -> Value {
    match &settings.identity.entra {
        Some(entra) => json!({
            "provider": "azure",
            "tenant_id": entra.tenant,
            "client_id": entra.client,
            "client_secret": MASKED,
            "authority": entra.authority,
            "callback_url": callback(settings, gateway_url),
            "scopes": settings.sign_in.scopes,
        }),
        None => json!({"provider": "development"}),
    }
}

/// The name of who says who somebody is.
pub(super) fn identity_provider(settings: &Settings) -> &'static str {
    if settings.identity.entra.is_some() { "azure" } else { "development" }
}

fn database(database: &Database) -> Value {
    match database {
        Database::File(path) => json!({"type": "sqlite", "path": path.display().to_string()}),
        Database::Postgres(options) => {
            let address = options.address.to_string();
            json!({
                "type": "postgresql",
                "host": address.strip_suffix(options.address.database()).map(|host| host.trim_end_matches('/')),
                "database": options.address.database(),
                "pool": {
                    "min_connections": options.min_connections,
                    "max_connections": options.max_connections,
                    "acquire_timeout_seconds": seconds(options.acquire_timeout),
                },
            })
        }
    }
}

fn routing(settings: &Settings) -> Value {
    let (breaker, probes) = (&settings.proxy.breaker, &settings.health.rules);
    json!({
        "algorithm": settings.proxy.load_balancer.as_str(),
        "request_timeout_seconds": seconds(settings.gateway.request_timeout),
        "circuit_breaker": {
            "enabled": breaker.enabled,
            "failure_threshold": breaker.failure_threshold,
            "success_threshold": breaker.success_threshold,
            "recovery_seconds": seconds(breaker.recovery),
        },
        "health_check": {
            "interval_seconds": seconds(probes.interval),
            "timeout_seconds": seconds(probes.timeout),
        },
    })
}

fn feature_flags(settings: &Settings) -> Value {
    let policy = &settings.registry.policy;
    json!({
        "proxy_on_public_api": settings.proxy.enabled,
        "public_api_mode": policy.api_mode.as_str(),
        "require_approval": policy.require_approval,
        "four_eyes": policy.four_eyes,
        "legacy_sse": policy.enable_legacy_sse,
        "metrics": settings.telemetry.metrics.enabled,
        "traces": settings.telemetry.traces.is_some(),
    })
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
