//! The few members of `params` and `params._meta` that routing reads, borrowed.
//!
//! The second, tiny parse of a message: what names the target (`name`, `uri`, `taskId`), pages
//! (`cursor`), retries (`requestState`) and says who speaks (`_meta`). All else stays raw. The same
//! strictness as in the envelope holds: a member that is read may not come twice or in other case,
//! since names and URIs decide what a caller is permitted.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::error::WireError;
use crate::members::{self, Refusal};

/// `_meta`: the revision that the sender speaks on this request. Required in the modern era.
pub const META_PROTOCOL_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
/// `_meta`: what the client can do. Required in the modern era, `{}` if it is nothing.
pub const META_CLIENT_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";
/// `_meta`: name and version of the client's program.
pub const META_CLIENT_INFO: &str = "io.modelcontextprotocol/clientInfo";
/// `_meta`: the least log level that the client wants to hear about during this request.
pub const META_LOG_LEVEL: &str = "io.modelcontextprotocol/logLevel";

/// What routing reads of a request's `params`. A member that is null counts as absent.
#[derive(Debug, Clone, Default)]
pub struct CallParams<'a> {
    /// `name`: the tool or prompt.
    pub name: Option<Cow<'a, str>>,
    /// `uri`: the resource.
    pub uri: Option<Cow<'a, str>>,
    /// `taskId`: the task.
    pub task_id: Option<Cow<'a, str>>,
    /// `cursor`: where a list goes on.
    pub cursor: Option<Cow<'a, str>>,
    /// `requestState`: what a retry gives back (2026-07-28, multi round-trip requests).
    pub request_state: Option<Cow<'a, str>>,
    /// `protocolVersion`: what `initialize` asks for.
    pub protocol_version: Option<Cow<'a, str>>,
    /// `arguments`, unread.
    pub arguments: Option<&'a RawValue>,
    /// `_meta`, raw.
    pub meta: Option<&'a RawValue>,
    /// `_meta`, as far as it is read here.
    pub meta_keys: MetaKeys<'a>,
}

/// What routing reads of `params._meta`. A key whose value is null counts as absent.
#[derive(Debug, Clone, Default)]
pub struct MetaKeys<'a> {
    /// The revision that the request claims; a request without it is of the legacy era.
    pub protocol_version: Option<Cow<'a, str>>,
    /// Whether the client's capabilities are there and are an object.
    pub has_client_capabilities: bool,
    /// The client's capabilities, raw, if they are an object.
    pub client_capabilities: Option<&'a RawValue>,
    /// The client's program, unread.
    pub client_info: Option<&'a RawValue>,
    /// `progressToken`, raw: a string or an integer.
    pub progress_token: Option<&'a RawValue>,
    /// The least log level that the client wants to hear about.
    pub log_level: Option<Cow<'a, str>>,
}

impl<'a> CallParams<'a> {
    /// Reads the `params` of an envelope; absent or null ones are empty.
    ///
    /// # Errors
    /// -32602, naming the member: `params` is no object, a member that is read comes twice or in
    /// other letter case, or is of another type. Status 200, or 400 if it is in `_meta`.
    pub fn parse(params: Option<&'a RawValue>) -> Result<Self, WireError> {
        let Some(params) = members::non_null(params) else { return Ok(Self::default()) };
        let names = [
            "name",
            "uri",
            "taskId",
            "cursor",
            "requestState",
            "protocolVersion",
            "arguments",
            "_meta",
        ];
        let [name, uri, task_id, cursor, request_state, protocol_version, arguments, meta] =
            members::read(params.get(), names)
                .map_err(|refusal| WireError::invalid_params(refused("params", refusal)))?;
        let text = |raw, field| {
            text(raw).map_err(|NoString| WireError::invalid_params(must_be(field, "a string")))
        };
        let meta = members::non_null(meta);
        Ok(Self {
            name: text(name, "params.name")?,
            uri: text(uri, "params.uri")?,
            task_id: text(task_id, "params.taskId")?,
            cursor: text(cursor, "params.cursor")?,
            request_state: text(request_state, "params.requestState")?,
            protocol_version: text(protocol_version, "params.protocolVersion")?,
            arguments: members::non_null(arguments),
            meta,
            meta_keys: meta.map_or_else(|| Ok(MetaKeys::default()), MetaKeys::parse)?,
        })
    }
}

impl<'a> MetaKeys<'a> {
    /// Reads a `_meta` object.
    ///
    /// # Errors
    /// -32602 (400), naming the key: `_meta` is no object, a key that is read comes twice or in
    /// other letter case, or is of another type. Malformed capabilities are no error here, since
    /// only the modern era demands them (`front.rs`).
    pub fn parse(meta: &'a RawValue) -> Result<Self, WireError> {
        let names = [
            META_PROTOCOL_VERSION,
            META_CLIENT_CAPABILITIES,
            META_CLIENT_INFO,
            META_LOG_LEVEL,
            "progressToken",
        ];
        let [protocol_version, capabilities, client_info, log_level, progress_token] =
            members::read(meta.get(), names)
                .map_err(|refusal| WireError::missing_meta(refused("params._meta", refusal)))?;
        let text = |raw, key| {
            text(raw).map_err(|NoString| {
                WireError::missing_meta(must_be(&format!("params._meta[\"{key}\"]"), "a string"))
            })
        };
        let client_capabilities = capabilities.filter(|raw| members::is_object(raw));
        let progress_token = members::non_null(progress_token);
        if !progress_token.is_none_or(is_token) {
            let message = must_be("params._meta.progressToken", "a string or an integer");
            return Err(WireError::missing_meta(message));
        }
        Ok(Self {
            protocol_version: text(protocol_version, META_PROTOCOL_VERSION)?,
            has_client_capabilities: client_capabilities.is_some(),
            client_capabilities,
            client_info: members::non_null(client_info),
            progress_token,
            log_level: text(log_level, META_LOG_LEVEL)?,
        })
    }
}

struct NoString;

fn text(raw: Option<&RawValue>) -> Result<Option<Cow<'_, str>>, NoString> {
    members::non_null(raw).map(|raw| members::string(raw).ok_or(NoString)).transpose()
}

fn is_token(raw: &RawValue) -> bool {
    members::is_integer(raw) || members::string(raw).is_some()
}

fn refused(what: &str, refusal: Refusal) -> String {
    match refusal {
        Refusal::Malformed | Refusal::Array | Refusal::Scalar => must_be(what, "an object"),
        Refusal::Duplicate(_) | Refusal::CaseVariant(_) => format!("ambiguous {what}: {refusal}"),
    }
}

fn must_be(what: &str, kind: &str) -> String {
    format!("{what} must be {kind}")
}

#[cfg(test)]
mod tests;
