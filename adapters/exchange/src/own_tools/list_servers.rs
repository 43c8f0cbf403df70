//! `list_servers`: the servers that the caller may see.

use mcp_wire::WireError;
use registry_domain::caller::{Actor, Caller};
use registry_domain::ports::{Include, Order, ServerQuery};
use registry_domain::server::HealthStatus;
use registry_domain::use_cases::list_servers;
use serde_json::{Value, json};

use super::arguments::{Arguments, refused};
use super::result::ToolResult;
use super::shapes::{ServerInfo, UserContext};
use super::{OwnTools, failed};

/// The most servers of one answer, and how many there are if nobody says.
const MOST: u32 = 1000;
const USUAL: u32 = 100;
/// The most tags that are looked for at once.
const MOST_TAGS: usize = 20;

/// Lists servers.
///
/// # Errors
/// -32602 for an argument that breaks its rule, -32603 while the store is away.
pub(super) async fn call(
    tools: &OwnTools,
    caller: &Caller,
    mut arguments: Arguments,
) -> Result<ToolResult, WireError> {
    let query = ServerQuery {
        health: health(&mut arguments)?,
        tags: tags(&mut arguments)?,
        limit: limit(&mut arguments)?,
        order: Order::default(),
        include: Include::default(),
        ..ServerQuery::default()
    };
    arguments.end()?;
    let page = list_servers(&tools.registry, Actor::Person(caller), &query)
        .await
        .map_err(|error| failed(&error))?;
    let servers: Vec<ServerInfo<'_>> = page.items.iter().map(ServerInfo::of).collect();
    ToolResult::of(json!({
        "count": servers.len(),
        "total_count": page.total,
        "servers": super::result::json(&servers)?,
        "user_context": UserContext::of(caller),
    }))
}

fn health(arguments: &mut Arguments) -> Result<Option<HealthStatus>, WireError> {
    let name = "health_status";
    let Some(text) = arguments.text(name)? else { return Ok(None) };
    let known = || HealthStatus::ALL.map(HealthStatus::as_str).join(", ");
    let status = HealthStatus::parse(&text);
    status.map(Some).ok_or_else(|| refused(name, &format!("must be one of {}", known())))
}

fn tags(arguments: &mut Arguments) -> Result<Vec<String>, WireError> {
    let rule = || refused("tags", "must be an array of at most 20 strings");
    match arguments.take("tags") {
        None => Ok(Vec::new()),
        Some(Value::Array(tags)) if tags.len() <= MOST_TAGS => tags
            .into_iter()
            .map(|tag| match tag {
                Value::String(tag) => Ok(tag),
                _ => Err(rule()),
            })
            .collect(),
        // The other notation of tags: an object whose members that hold are the tags.
        Some(Value::Object(tags)) if tags.len() <= MOST_TAGS => Ok(tags
            .into_iter()
            .filter(|(_, holds)| !matches!(holds, Value::Bool(false) | Value::Null))
            .map(|(tag, _)| tag)
            .collect()),
        Some(_) => Err(rule()),
    }
}

fn limit(arguments: &mut Arguments) -> Result<u32, WireError> {
    let Some(value) = arguments.take("limit") else { return Ok(USUAL) };
    value
        .as_u64()
        .and_then(|limit| u32::try_from(limit).ok())
        .filter(|limit| (1..=MOST).contains(limit))
        .ok_or_else(|| refused("limit", "must be an integer from 1 to 1000"))
}
