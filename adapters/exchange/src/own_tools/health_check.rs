//! `health_check`: how the parts of the product are doing, and who asks.

use std::time::Duration;

use mcp_wire::WireError;
use registry_domain::caller::Caller;
use registry_domain::ports::StoreHealth;
use serde::Serialize;
use serde_json::{Value, json};

use super::OwnTools;
use super::arguments::Arguments;
use super::result::{ToolResult, json as value};
use super::shapes::{UserContext, roles, time};
use crate::exchange::Exchange;

/// The answer has to come, whatever a store does.
const STORE_DEADLINE: Duration = Duration::from_millis(900);

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
    let database = store("database", registry.health.as_ref()).await;
    let shared = match &registry.shared {
        Some(shared) => Some(store("redis", shared.as_ref()).await),
        None => None,
    };
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

async fn store(name: &'static str, store: &dyn StoreHealth) -> ServiceHealth<'static> {
    let healthy = matches!(tokio::time::timeout(STORE_DEADLINE, store.check()).await, Ok(Ok(())));
    let pool = store.pool();
    ServiceHealth {
        name,
        status: if healthy { "healthy" } else { "unhealthy" },
        healthy,
        version: None,
        details: json!({
            "kind": store.kind(),
            "pool": {
                "size": pool.size,
                "max": pool.max,
                "available": pool.available,
                "waiting": pool.waiting,
            },
        }),
    }
}
