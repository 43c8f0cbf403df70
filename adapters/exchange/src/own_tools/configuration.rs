//! `config://server`: what an administrator may read of the settings.

use bytes::Bytes;
use mcp_wire::WireError;
use mcp_wire::message::{self, TextResource};
use registry_domain::caller::Caller;
use serde_json::json;

use super::shapes::{UserContext, time};
use super::{CONFIGURATION, OwnTools, for_administrators};
use crate::exchange::Exchange;
use crate::record::Outcome;
use crate::request::Request;

/// As it is listed.
pub(super) const DEFINITION: &str = r#"{"uri":"config://server","name":"server_configuration","title":"Server configuration","description":"System configuration and operational parameters; secrets are masked. For administrators.","mimeType":"application/json"}"#;

/// How long a client may keep it: settings change with a restart only, roles at any time.
const TTL_MS: u64 = 0;

/// Reads it.
///
/// # Errors
/// -33010 for whoever is no administrator.
pub(super) fn read(
    exchange: &Exchange,
    tools: &OwnTools,
    request: &Request<'_>,
    caller: &Caller,
) -> Result<(Bytes, Outcome), WireError> {
    if !caller.is_admin {
        return Err(for_administrators(caller, CONFIGURATION));
    }
    let text = json!({
        "configuration": tools.configuration,
        "masked_secrets": true,
        "timestamp": time(exchange.ports.clock.now()),
        "user_context": UserContext::of(caller),
    });
    let body = message::text_resource_result(
        request.id_json,
        request.front.era,
        TextResource {
            uri: CONFIGURATION,
            mime_type: "application/json",
            text: &text.to_string(),
            ttl_ms: TTL_MS,
            hoists: request.is_plain(),
        },
        exchange.settings.implementation(),
    );
    Ok((body, Outcome::Success))
}
