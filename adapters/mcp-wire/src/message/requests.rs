//! Requests and notifications that the gateway sends to upstreams by itself.
//!
//! Modern ones say in `_meta` who sends them, as 2026-07-28 requires of each request; the gateway
//! declares no capabilities on its own behalf.

use bytes::Bytes;

use super::{Implementation, Writer};
use crate::params::{META_CLIENT_CAPABILITIES, META_CLIENT_INFO, META_PROTOCOL_VERSION};
use crate::revision::{Era, Revision};

/// `initialize`, asking for `revision` and declaring `capabilities`, a JSON object.
pub fn initialize_request(
    id: i64,
    revision: Revision,
    capabilities: &str,
    client: Implementation<'_>,
) -> Bytes {
    let mut writer = request(id, "initialize");
    writer.raw(r#","params":{"protocolVersion":"#).string(revision.as_str());
    writer.raw(r#","capabilities":"#).raw(capabilities);
    writer.raw(r#","clientInfo":"#).implementation(client).raw("}}");
    writer.finish()
}

/// `notifications/initialized`, which ends the handshake.
pub fn initialized_notification() -> Bytes {
    Bytes::from_static(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
}

/// `server/discover`, the modern era's question for capabilities and our probe for the era.
pub fn discover_request(id: i64, client: Implementation<'_>) -> Bytes {
    let mut writer = request(id, "server/discover");
    writer.raw(r#","params":{"#);
    modern_meta(&mut writer, client);
    writer.raw("}}");
    writer.finish()
}

/// `tools/list`, `prompts/list`, `resources/list` or `resources/templates/list`; `cursor` is what
/// the page before said.
pub fn list_request(
    id: i64,
    method: &str,
    cursor: Option<&str>,
    era: Era,
    client: Implementation<'_>,
) -> Bytes {
    let mut writer = request(id, method);
    writer.raw(r#","params":{"#);
    if let Some(cursor) = cursor {
        writer.raw(r#""cursor":"#).string(cursor);
    }
    if era == Era::Modern {
        if cursor.is_some() {
            writer.raw(",");
        }
        modern_meta(&mut writer, client);
    }
    writer.raw("}}");
    writer.finish()
}

/// `ping`: whether a legacy upstream still answers. The modern era has none.
pub fn ping(id: i64) -> Bytes {
    let mut writer = request(id, "ping");
    writer.raw("}");
    writer.finish()
}

/// `notifications/cancelled`: the request with the id `request_id_json` is no longer waited for.
pub fn cancelled_notification(request_id_json: &str, reason: Option<&str>) -> Bytes {
    let mut writer = Writer::with_capacity(160);
    writer.raw(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"#);
    writer.raw(request_id_json);
    if let Some(reason) = reason {
        writer.raw(r#","reason":"#).string(reason);
    }
    writer.raw("}}");
    writer.finish()
}

/// `resources/subscribe` or `resources/unsubscribe`, of a server with a handshake.
pub fn subscribe_request(id: i64, method: &str, uri: &str) -> Bytes {
    let mut writer = request(id, method);
    writer.raw(r#","params":{"uri":"#).string(uri).raw("}}");
    writer.finish()
}

/// `subscriptions/listen`: to all lists and to these resources.
pub fn listen_request<'a>(
    id: i64,
    resources: impl Iterator<Item = &'a str>,
    client: Implementation<'_>,
) -> Bytes {
    let mut writer = request(id, "subscriptions/listen");
    writer.raw(r#","params":{"notifications":{"toolsListChanged":true,"promptsListChanged":true,"#);
    writer.raw(r#""resourcesListChanged":true,"resourceSubscriptions":["#);
    for (index, uri) in resources.enumerate() {
        writer.raw(if index == 0 { "" } else { "," }).string(uri);
    }
    writer.raw("]},");
    modern_meta(&mut writer, client);
    writer.raw("}}");
    writer.finish()
}

fn request(id: i64, method: &str) -> Writer {
    let mut writer = Writer::with_capacity(384);
    writer.raw(r#"{"jsonrpc":"2.0","id":"#).raw(id.to_string());
    writer.raw(r#","method":"#).string(method);
    writer
}

/// Writes the member `_meta` of a modern request.
fn modern_meta(writer: &mut Writer, client: Implementation<'_>) {
    writer.raw(r#""_meta":{"#);
    writer.string(META_PROTOCOL_VERSION).raw(":").string(Revision::MODERN.as_str());
    writer.raw(",").string(META_CLIENT_INFO).raw(":").implementation(client);
    writer.raw(",").string(META_CLIENT_CAPABILITIES).raw(":{}}");
}
