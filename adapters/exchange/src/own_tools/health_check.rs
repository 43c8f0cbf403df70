//! `health_check`: how the parts of the product are doing, and who asks.

use mcp_wire::WireError;
use registry_domain::caller::Caller;
use serde::Serialize;
use serde_json::{Value, json};

use super::OwnTools;
use super::arguments::Arguments;
use super::result::{ToolResult, json as value};
use super::shapes::{UserContext, roles, time};
use crate::exchange::Exchange;
use crate::store_answers::{StoreAnswer, ask_stores};

/// A part, and how it is doing.
#[derive(Debug, Serialize)]
struct ServiceHealth<'a> {
    name: &'static str,
    status: &'static str,
    healthy: bool,
    version: Option<&'a str>,
    details: Value,
}

/// Who asks, as far as signing in is concerned.
#[derive(Debug, Serialize)]
struct AuthenticationStatus<'a> {
    enabled: bool,
    provider: &'a str,
    authenticated: bool,
    user_id: &'a str,
    tenant_id: Option<&'a str>,
    email: Option<&'a str>,
    roles: Vec<&'static str>,
    token_expires_at: String,
}

/// Asks the parts.
///
/// # Errors
/// -32602 for an argument: there is none.
pub(super) async fn call(
    exchange: &Exchange,
    tools: &OwnTools,
    caller: &Caller,
    arguments: Arguments,
) -> Result<ToolResult, WireError> {
    arguments.end()?;
    let registry = &tools.registry;
    let database = registry.health.as_ref();
    let (stored, kept) = ask_stores(database, registry.shared.as_deref()).await;
    let database = store("database", database.kind(), stored);
    let shared = registry.shared.as_ref().zip(kept);
    let shared = shared.map(|(shared, kept)| store("redis", shared.kind(), kept));
    let version = exchange.settings.version.as_str();
    let now = exchange.ports.clock.now();
    let age = now.duration_since(exchange.routes.refreshed_at()).as_millis();
    let part = |name, details| ServiceHealth {
        name,
        status: "healthy",
        healthy: true,
        version: Some(version),
        details,
    };
    let is_whole = database.healthy && shared.as_ref().is_none_or(|shared| shared.healthy);
    let mut components = vec![database];
    components.extend(shared);
    components.extend([
        part("registry", json!({})),
        part(
            "router",
            json!({
                "servers": exchange.routes.now().len(),
                "snapshot_age_ms": i64::try_from(age).unwrap_or(i64::MAX),
            }),
        ),
        part("proxy", json!({"active_requests": exchange.active.count()})),
        part("fastmcp", json!({})),
    ]);
    ToolResult::of(json!({
        "status": if is_whole { "healthy" } else { "degraded" },
        "timestamp": time(now),
        "components": value(&components)?,
        "authentication_status": AuthenticationStatus {
            enabled: true,
            provider: tools.identity_provider,
            authenticated: true,
            user_id: &caller.subject,
            tenant_id: caller.tenant.as_ref().map(registry_domain::id::TenantId::as_str),
            email: caller.email.as_deref(),
            roles: roles(caller),
            token_expires_at: time(caller.expires_at),
        },
        "user_context": UserContext::of(caller),
    }))
}

fn store(name: &'static str, kind: &str, answer: StoreAnswer) -> ServiceHealth<'static> {
    let (healthy, pool) = (answer.is_healthy(), answer.pool);
    ServiceHealth {
        name,
        status: if healthy { "healthy" } else { "unhealthy" },
        healthy,
        version: None,
        details: json!({
            "kind": kind,
            "pool": {
                "size": pool.size,
                "max": pool.max,
                "available": pool.available,
                "waiting": pool.waiting,
            },
        }),
    }
}
