//! Which era and revision a POST to our front is of, or why it is refused.
//!
//! A server of both eras at one address has to tell them apart by each request alone. The body
//! leads (its `_meta` claim), the headers must agree: whoever acts on a header that the body
//! contradicts can be made to permit one thing and run another. The steps, in this order, are the
//! ladder of 2026-07-28 ("Transports: server validation", "Versioning: dual-era servers"):
//!
//! 1. a claim: capabilities (-32602) → version header (-32020) → supported? (-32022) →
//!    `Mcp-Method`, `Mcp-Name` (-32020), then modern
//! 2. no claim, but a modern version header: -32602; for `initialize` -32020
//! 3. else legacy, of the revision that `initialize` negotiates or the version header names
//!
//! `Mcp-Param-*` needs the tool's schema and is checked where that is known; so is whether the
//! method exists.

use std::borrow::Cow;

use crate::envelope::{Envelope, MessageKind};
use crate::error::{WireError, echo};
use crate::name_header;
use crate::params::{CallParams, META_CLIENT_CAPABILITIES, META_PROTOCOL_VERSION};
use crate::revision::{Era, Revision, is_modern_or_later, negotiate_legacy};

/// The request headers that the ladder reads, as text.
///
/// A value that is no UTF-8 is given lossily: it then equals nothing and is refused, as it should
/// be, where an absent header might be let through.
#[derive(Debug, Clone, Copy, Default)]
pub struct FrontHeaders<'a> {
    /// `MCP-Protocol-Version`.
    pub protocol_version: Option<&'a str>,
    /// `Mcp-Method`.
    pub method: Option<&'a str>,
    /// `Mcp-Name`, still encoded.
    pub name: Option<&'a str>,
    /// `Mcp-Session-Id`. No era hangs on it; the modern one ignores it.
    pub session: Option<&'a str>,
    /// Whether one of the first three came more than once.
    pub duplicated: bool,
}

/// What a message is taken as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Front {
    /// The era whose rules apply to it and to its answer.
    pub era: Era,
    /// Its revision: claimed, negotiated, named by the header, or 2025-03-26 for want of any.
    pub revision: Revision,
}

impl Front {
    /// Decides on one message.
    ///
    /// A notification with a claim or a modern header needs no further headers (the revision
    /// leaves them undefined), but what it carries may not contradict the body.
    ///
    /// # Errors
    /// Those of the ladder, all 400 (see the module), and -32602 (200) for an `initialize` that
    /// asks for no version.
    pub fn of(
        headers: &FrontHeaders<'_>,
        envelope: &Envelope<'_>,
        params: &CallParams<'_>,
    ) -> Result<Self, WireError> {
        let is_initialize = envelope.method.as_deref() == Some("initialize");
        match params.meta_keys.protocol_version.as_deref() {
            // Only a modern claim outweighs the handshake that `initialize` is.
            Some(claim) if !is_initialize || is_modern_or_later(claim) => {
                modern(claim, headers, envelope, params)
            }
            _ => without_claim(is_initialize, headers, envelope, params),
        }
    }

    const fn new(revision: Revision) -> Self {
        Self { era: revision.era(), revision }
    }
}

fn modern(
    claim: &str,
    headers: &FrontHeaders<'_>,
    envelope: &Envelope<'_>,
    params: &CallParams<'_>,
) -> Result<Front, WireError> {
    let kind = envelope.kind();
    if kind == MessageKind::Response {
        return Err(response_refused());
    }
    let strict = kind == MessageKind::Request;
    if strict && !params.meta_keys.has_client_capabilities {
        return Err(WireError::missing_meta(format!(
            "params._meta[\"{META_CLIENT_CAPABILITIES}\"] must be an object"
        )));
    }
    if headers.duplicated {
        return Err(WireError::header_mismatch("a mirrored header came more than once"));
    }
    mirrors("MCP-Protocol-Version", headers.protocol_version, claim, strict)?;
    let revision = Revision::parse(claim)
        .filter(|revision| revision.era() == Era::Modern)
        .ok_or_else(|| WireError::unsupported_version(claim))?;
    let method = envelope.method.as_deref().unwrap_or_default();
    mirrors("Mcp-Method", headers.method, method, strict)?;
    if let Some(named) = mirrored_name(method, params) {
        mirrors_name(headers.name, named.as_deref())?;
    }
    Ok(Front::new(revision))
}

fn without_claim(
    is_initialize: bool,
    headers: &FrontHeaders<'_>,
    envelope: &Envelope<'_>,
    params: &CallParams<'_>,
) -> Result<Front, WireError> {
    if headers.duplicated {
        return Err(WireError::invalid("a header of the protocol came more than once"));
    }
    match headers.protocol_version {
        Some(header) if is_modern_or_later(header) => {
            modern_header_alone(header, is_initialize, envelope.kind())
        }
        _ if is_initialize => {
            let requested = params.protocol_version.as_deref().ok_or_else(|| {
                WireError::invalid_params("params.protocolVersion of initialize is missing")
            })?;
            Ok(Front::new(negotiate_legacy(requested)))
        }
        Some(header) => Revision::parse(header)
            .map(Front::new)
            .ok_or_else(|| WireError::unknown_version_header(header)),
        // The header came with 2025-06-18; that revision says what its absence means.
        None => Ok(Front::new(Revision::V2025_03_26)),
    }
}

fn modern_header_alone(
    header: &str,
    is_initialize: bool,
    kind: MessageKind,
) -> Result<Front, WireError> {
    if is_initialize {
        return Err(WireError::header_mismatch(
            "MCP-Protocol-Version names a revision without a handshake, the body is initialize",
        ));
    }
    match kind {
        MessageKind::Request => Err(WireError::missing_meta(format!(
            "params._meta[\"{META_PROTOCOL_VERSION}\"] is missing"
        ))),
        MessageKind::Notification => Revision::parse(header)
            .map(Front::new)
            .ok_or_else(|| WireError::unknown_version_header(header)),
        MessageKind::Response => Err(response_refused()),
    }
}

fn response_refused() -> WireError {
    WireError::invalid("a client sends no responses from revision 2026-07-28 on")
}

/// Whether a header repeats the body's value; it may be absent unless `required`.
fn mirrors(name: &str, header: Option<&str>, body: &str, required: bool) -> Result<(), WireError> {
    match header {
        Some(header) if header == body => Ok(()),
        Some(header) => Err(WireError::header_mismatch(format!(
            "{name} is \"{}\", the body says \"{}\"",
            echo(header),
            echo(body)
        ))),
        None if required => Err(WireError::header_mismatch(format!("{name} is missing"))),
        None => Ok(()),
    }
}

/// The value that `Mcp-Name` has to repeat: `None` if the method needs none, `Some(None)` if the
/// body lacks it.
fn mirrored_name<'p, 'a>(
    method: &str,
    params: &'p CallParams<'a>,
) -> Option<&'p Option<Cow<'a, str>>> {
    match method {
        "tools/call" | "prompts/get" => Some(&params.name),
        "resources/read" => Some(&params.uri),
        "tasks/get" | "tasks/update" | "tasks/cancel" => Some(&params.task_id),
        _ => None,
    }
}

fn mirrors_name(header: Option<&str>, body: Option<&str>) -> Result<(), WireError> {
    let decoded = match header.map(name_header::decode) {
        Some(None) => {
            return Err(WireError::header_mismatch(
                "Mcp-Name is neither plain nor base64 of UTF-8",
            ));
        }
        Some(decoded) => decoded,
        None => None,
    };
    match body {
        Some(body) => mirrors("Mcp-Name", decoded.as_deref(), body, true),
        None if decoded.is_some() => {
            Err(WireError::header_mismatch("Mcp-Name is set, but the body names nothing"))
        }
        // Whoever runs the method says that its parameter is missing.
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
