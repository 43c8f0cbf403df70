//! Results that the gateway answers clients with by itself.
//!
//! Modern results say that they are complete and who made them (2026-07-28, "Base protocol:
//! results"); lists and discovery also how long they keep, and only for whom they were made:
//! `cacheScope` is always `private`, since what a caller sees hangs on what the caller may.

use bytes::Bytes;

use super::{Implementation, Writer};
use crate::revision::{Era, Revision};

/// `_meta` of a result: who made it.
const META_SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";
/// `_meta` of a tool error: its code word, the same as in a JSON-RPC error's `data.error`.
const META_ERROR: &str = "mcp-registry/error";

/// The answer to `initialize`. `id_json` and `capabilities_json` are raw JSON.
pub fn initialize_result(
    id_json: &str,
    revision: Revision,
    capabilities_json: &str,
    server: Implementation<'_>,
    instructions: Option<&str>,
) -> Bytes {
    let mut writer = result(id_json);
    writer.raw(r#""protocolVersion":"#).string(revision.as_str());
    writer.raw(r#","capabilities":"#).raw(capabilities_json);
    writer.raw(r#","serverInfo":"#).implementation(server);
    if let Some(instructions) = instructions {
        writer.raw(r#","instructions":"#).string(instructions);
    }
    close(writer)
}

/// The answer to `server/discover`: which revisions we speak, and what we can do.
pub fn discover_result(
    id_json: &str,
    supported: &[Revision],
    capabilities_json: &str,
    ttl_ms: u64,
    server: Implementation<'_>,
    instructions: Option<&str>,
) -> Bytes {
    let mut writer = result(id_json);
    writer.raw(r#""supportedVersions":["#);
    for (index, revision) in supported.iter().enumerate() {
        writer.raw(if index == 0 { "" } else { "," }).string(revision.as_str());
    }
    writer.raw(r#"],"capabilities":"#).raw(capabilities_json);
    if let Some(instructions) = instructions {
        writer.raw(r#","instructions":"#).string(instructions);
    }
    writer.raw(",");
    cacheable(&mut writer, ttl_ms);
    writer.raw(",");
    complete(&mut writer, server);
    writer.raw("}");
    close(writer)
}

/// The answer to what is answered by nothing: `ping`, `logging/setLevel`, `resources/subscribe`.
pub fn empty_result(id_json: &str, era: Era, server: Implementation<'_>) -> Bytes {
    let mut writer = result(id_json);
    if era == Era::Modern {
        complete(&mut writer, server);
        writer.raw("}");
    }
    close(writer)
}

/// The answer to `tools/list` and its like: one page.
///
/// `member` holds the items: `tools`, `prompts`, `resources` or `resourceTemplates`. The items are
/// raw JSON and are written verbatim. `next_cursor` is where the next page begins. `ttl_ms` is for
/// how long the page keeps, in milliseconds; only the modern era is told.
pub fn list_result<I>(
    id_json: &str,
    era: Era,
    member: &str,
    items: I,
    next_cursor: Option<&str>,
    ttl_ms: u64,
    server: Implementation<'_>,
) -> Bytes
where
    I: IntoIterator<Item: AsRef<[u8]>>,
{
    let mut writer = result(id_json);
    writer.string(member).raw(":[");
    for (index, item) in items.into_iter().enumerate() {
        writer.raw(if index == 0 { "" } else { "," }).raw(item);
    }
    writer.raw("]");
    if let Some(cursor) = next_cursor {
        writer.raw(r#","nextCursor":"#).string(cursor);
    }
    if era == Era::Modern {
        writer.raw(",");
        cacheable(&mut writer, ttl_ms);
        writer.raw(",");
        complete(&mut writer, server);
        writer.raw("}");
    }
    close(writer)
}

/// The answer to a `tools/call` that failed in a way that the model should read: a `CallToolResult`
/// with `isError`.
///
/// `text` says what failed; `hint`, a second line unless empty, what to do. `code` is the code word
/// (`TIMEOUT_ERROR`), in `_meta["mcp-registry/error"]` for programs.
pub fn tool_error_result(
    id_json: &str,
    era: Era,
    text: &str,
    code: &str,
    hint: &str,
    server: Implementation<'_>,
) -> Bytes {
    let mut writer = result(id_json);
    writer.raw(r#""content":[{"type":"text","text":"#);
    if hint.is_empty() {
        writer.string(text);
    } else {
        writer.string(&format!("{text}\n{hint}"));
    }
    writer.raw(r#"}],"isError":true,"#);
    match era {
        Era::Legacy => writer.raw(r#""_meta":{"#),
        Era::Modern => complete(&mut writer, server).raw(","),
    };
    writer.string(META_ERROR).raw(":").string(code).raw("}");
    close(writer)
}

/// What a tool of ours found out.
#[derive(Debug, Clone, Copy)]
pub struct ToolResultParts<'a> {
    /// The result as JSON: an object.
    pub structured: &'a str,
    /// The code word of the failure, where the tool failed.
    pub error_code: Option<&'a str>,
    /// Whether the object's members stand in the result itself too, for a client that knows
    /// JSON-RPC and not MCP. None may have the name of a member of `CallToolResult`.
    pub hoists: bool,
}

/// The answer to `tools/call` of a tool of ours: the same object as text, for models, and as
/// `structuredContent`, for programs.
pub fn tool_result(
    id_json: &str,
    era: Era,
    parts: ToolResultParts<'_>,
    server: Implementation<'_>,
) -> Bytes {
    let mut writer = result(id_json);
    writer.raw(r#""content":[{"type":"text","text":"#).string(parts.structured);
    writer.raw(r#"}],"structuredContent":"#).raw(parts.structured);
    writer.raw(r#","isError":"#).raw(if parts.error_code.is_some() { "true" } else { "false" });
    if parts.hoists {
        hoist(&mut writer, parts.structured);
    }
    meta(&mut writer, era, server, parts.error_code);
    close(writer)
}

/// A text that is a resource of ours.
#[derive(Debug, Clone, Copy)]
pub struct TextResource<'a> {
    /// Its URI.
    pub uri: &'a str,
    /// Its media type.
    pub mime_type: &'a str,
    /// The text; a JSON object where it is hoisted.
    pub text: &'a str,
    /// How long it keeps, in milliseconds.
    pub ttl_ms: u64,
    /// As [`ToolResultParts::hoists`].
    pub hoists: bool,
}

/// The answer to `resources/read` of a resource of ours.
pub fn text_resource_result(
    id_json: &str,
    era: Era,
    resource: TextResource<'_>,
    server: Implementation<'_>,
) -> Bytes {
    let mut writer = result(id_json);
    writer.raw(r#""contents":[{"uri":"#).string(resource.uri);
    writer.raw(r#","mimeType":"#).string(resource.mime_type);
    writer.raw(r#","text":"#).string(resource.text).raw("}]");
    if resource.hoists {
        hoist(&mut writer, resource.text);
    }
    if era == Era::Modern {
        writer.raw(",");
        cacheable(&mut writer, resource.ttl_ms);
    }
    meta(&mut writer, era, server, None);
    close(writer)
}

/// The end of a stream of changes: a result that says of which subscription it is.
pub(super) fn listen_result(
    id_json: &str,
    subscription: &str,
    server: Implementation<'_>,
) -> Bytes {
    let mut writer = result(id_json);
    complete(&mut writer, server).raw(",");
    writer.string(subscription).raw(":").raw(id_json).raw("}");
    close(writer)
}

/// The members of a JSON object, beside those that are there.
fn hoist(writer: &mut Writer, object: &str) {
    let members = object.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    if let Some(members) = members.filter(|members| !members.is_empty()) {
        writer.raw(",").raw(members);
    }
}

/// What stands at the end of a result of ours.
fn meta(writer: &mut Writer, era: Era, server: Implementation<'_>, error_code: Option<&str>) {
    match (era, error_code) {
        (Era::Legacy, None) => return,
        (Era::Legacy, Some(_)) => writer.raw(r#","_meta":{"#),
        (Era::Modern, None) => complete(writer.raw(","), server),
        (Era::Modern, Some(_)) => complete(writer.raw(","), server).raw(","),
    };
    if let Some(code) = error_code {
        writer.string(META_ERROR).raw(":").string(code);
    }
    writer.raw("}");
}

pub(super) fn result(id_json: &str) -> Writer {
    let mut writer = Writer::with_capacity(512);
    writer.raw(r#"{"jsonrpc":"2.0","id":"#).raw(id_json).raw(r#","result":{"#);
    writer
}

pub(super) fn close(mut writer: Writer) -> Bytes {
    writer.raw("}}");
    writer.finish()
}

/// Writes how long the result keeps, and for whom.
fn cacheable(writer: &mut Writer, ttl_ms: u64) {
    writer.raw(r#""ttlMs":"#).raw(ttl_ms.to_string()).raw(r#","cacheScope":"private""#);
}

/// Writes what every modern result has, and leaves its `_meta` open.
fn complete<'w>(writer: &'w mut Writer, server: Implementation<'_>) -> &'w mut Writer {
    typed(writer, "complete", server)
}

/// As [`complete`], of a result of another type.
pub(super) fn typed<'w>(
    writer: &'w mut Writer,
    result_type: &str,
    server: Implementation<'_>,
) -> &'w mut Writer {
    writer.raw(r#""resultType":"#).string(result_type).raw(r#","_meta":{"#);
    writer.string(META_SERVER_INFO).raw(":").implementation(server)
}
