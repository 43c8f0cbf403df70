//! What the gateway offers of itself at `/mcp`, beside the servers behind it: four tools and a
//! resource, by which a client manages the registry without leaving MCP.

use std::sync::{Arc, LazyLock};

use bytes::Bytes;
use mcp_wire::WireError;
use registry_domain::caller::Caller;
use registry_domain::ports::RegistryPorts;
use serde_json::{Map, Value};

use crate::answer::Answer;
use crate::exchange::Exchange;
use crate::record::{Outcome, Pending};
use crate::request::Request;

mod arguments;
mod configuration;
mod health_check;
mod list_servers;
mod proxy_request;
mod register_server;
mod result;
mod shapes;

use arguments::Arguments;
use result::ToolResult;

/// The one resource.
pub(crate) const CONFIGURATION: &str = "config://server";

/// What the gateway's own tools work on.
pub struct OwnTools {
    /// The registry.
    pub registry: RegistryPorts,
    /// What an administrator reads of the settings: no secret is in it.
    pub configuration: Map<String, Value>,
    /// Who says who somebody is: `azure`, `development`.
    pub identity_provider: &'static str,
}

impl std::fmt::Debug for OwnTools {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("OwnTools").finish_non_exhaustive()
    }
}

/// A tool of the gateway's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwnTool {
    ListServers,
    RegisterServer,
    ProxyRequest,
    HealthCheck,
}

/// The definitions, in the order in which they are listed: in one line each, as lists carry them.
static DEFINITIONS: LazyLock<Vec<(OwnTool, Bytes)>> = LazyLock::new(|| {
    OwnTool::ALL
        .into_iter()
        .filter_map(|tool| {
            let definition: Value = serde_json::from_str(tool.definition()).ok()?;
            Some((tool, definition.to_string().into()))
        })
        .collect()
});

impl OwnTool {
    const ALL: [Self; 4] =
        [Self::ListServers, Self::RegisterServer, Self::ProxyRequest, Self::HealthCheck];

    /// The tool of a name. No server's tool can have one of these: theirs are `{alias}__{tool}`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::ListServers => "list_servers",
            Self::RegisterServer => "register_server",
            Self::ProxyRequest => "proxy_request",
            Self::HealthCheck => "health_check",
        }
    }

    const fn definition(self) -> &'static str {
        match self {
            Self::ListServers => include_str!("own_tools/list_servers.json"),
            Self::RegisterServer => include_str!("own_tools/register_server.json"),
            Self::ProxyRequest => include_str!("own_tools/proxy_request.json"),
            Self::HealthCheck => include_str!("own_tools/health_check.json"),
        }
    }

    /// Whether the caller may use it; who may not is not shown it either.
    const fn is_for(self, caller: &Caller) -> bool {
        match self {
            Self::RegisterServer => caller.is_admin,
            Self::ListServers | Self::ProxyRequest | Self::HealthCheck => true,
        }
    }
}

/// The definitions of the tools that a caller may use.
pub(crate) fn definitions_for(caller: &Caller) -> impl Iterator<Item = Bytes> {
    DEFINITIONS.iter().filter(|(tool, _)| tool.is_for(caller)).map(|(_, raw)| raw.clone())
}

/// The resources that a caller may read.
pub(crate) fn resources_for(caller: &Caller) -> Option<Bytes> {
    caller.is_admin.then(|| Bytes::from_static(configuration::DEFINITION.as_bytes()))
}

/// What was asked of the gateway itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Own {
    Tool(OwnTool),
    Configuration,
}

/// Answers a call of a tool of ours, or the reading of our resource, and writes its record.
pub(crate) async fn answer(
    exchange: &Exchange,
    tools: &Arc<OwnTools>,
    request: &Request<'_>,
    own: Own,
    mut record: Pending,
) -> Answer {
    let answered = match (request.inbound.party.caller(), own) {
        (None, _) => Err(WireError::unknown_server("")),
        (Some(caller), Own::Configuration) => configuration::read(exchange, tools, request, caller),
        (Some(caller), Own::Tool(tool)) => {
            called(exchange, tools, request, tool, caller).await.map(|result| {
                result.server().into_iter().for_each(|server| record.server(server));
                (result.write(exchange, request), result.outcome())
            })
        }
    };
    match answered {
        Ok((body, outcome)) => {
            record.finish(outcome);
            Answer::json(200, body)
        }
        Err(error) => {
            record.finish(Outcome::failure(error.word, error.message.clone()));
            Answer::refused(&error, request.id_json)
        }
    }
}

async fn called(
    exchange: &Exchange,
    tools: &OwnTools,
    request: &Request<'_>,
    tool: OwnTool,
    caller: &Caller,
) -> Result<ToolResult, WireError> {
    if !tool.is_for(caller) {
        return Err(for_administrators(caller, tool.name()));
    }
    let arguments = Arguments::of(request.params)?;
    match tool {
        OwnTool::ListServers => list_servers::call(tools, caller, arguments).await,
        OwnTool::RegisterServer => register_server::call(tools, caller, arguments).await,
        OwnTool::ProxyRequest => proxy_request::call(exchange, request, caller, arguments).await,
        OwnTool::HealthCheck => health_check::call(exchange, tools, caller, arguments).await,
    }
}

fn for_administrators(caller: &Caller, operation: &str) -> WireError {
    let own = shapes::roles(caller);
    WireError::forbidden(
        "Admin privileges required for this operation",
        &["admin"],
        &own,
        operation,
    )
}

/// The failure of a use case, for a client that speaks JSON-RPC.
fn failed(error: &registry_domain::error::Error) -> WireError {
    use registry_domain::error::Error;
    match error {
        Error::Denied(denied) => {
            WireError::forbidden(denied.message(), &["admin"], &[], "manage servers")
        }
        Error::Unavailable { .. } => {
            WireError::unavailable("the registry's store is away; try again later")
        }
        other => {
            tracing::error!(error = %other, "a tool of the gateway failed");
            WireError::upstream("INTERNAL_ERROR", "the registry could not do it")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tool_has_a_definition_under_its_own_name_with_both_schemas() {
        assert_eq!(DEFINITIONS.len(), OwnTool::ALL.len());
        for (tool, raw) in &*DEFINITIONS {
            let definition: Value = serde_json::from_slice(raw).unwrap();
            assert_eq!(definition["name"], tool.name());
            assert_eq!(definition["inputSchema"]["type"], "object", "{tool:?}");
            assert_eq!(definition["outputSchema"]["type"], "object", "{tool:?}");
            assert_eq!(OwnTool::named(tool.name()), Some(*tool));
        }
    }
}
