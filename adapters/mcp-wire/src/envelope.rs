//! One JSON-RPC message, parsed as far as routing needs and borrowed from the bytes it came in.
//!
//! `params`, `result` and `error` stay raw text: what the gateway does not read it must not
//! re-encode either. The parser is strict where two readers of the same bytes could differ (a
//! member given twice, a method beside a result), because a gateway that checks one reading and
//! forwards another can be talked past. Members that JSON-RPC does not name are left alone.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::error::WireError;
use crate::members::{self, Refusal};

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageKind {
    /// It has a method and is answered, with id null if it has none itself.
    Request,
    /// It has no id and a method of `notifications/…`: nothing is answered.
    Notification,
    /// It answers a request, by `result` or `error`.
    Response,
}

/// One JSON-RPC 2.0 message, borrowed from its bytes.
///
/// Has a `method`, or else exactly one of `result` and `error`.
#[derive(Debug, Clone)]
pub struct Envelope<'a> {
    /// The id as it was spelled: a string, an integer or `null`; `None` if there is none.
    pub id: Option<&'a RawValue>,
    /// The method of a request or notification.
    pub method: Option<Cow<'a, str>>,
    /// The parameters, unread.
    pub params: Option<&'a RawValue>,
    /// The result of a response, unread.
    pub result: Option<&'a RawValue>,
    /// The error of a response, unread; an `"error": null` counts as none.
    pub error: Option<&'a RawValue>,
}

impl<'a> Envelope<'a> {
    /// Reads one message. Nothing is copied but a method with escapes in it, and depth of nesting
    /// costs heap, not stack.
    ///
    /// # Errors
    /// - -32700 (400): not JSON, or not UTF-8.
    /// - -32600 (400), with the rule in the message: a batch, no object, a member of the envelope
    ///   twice or in other letter case, `jsonrpc` other than `"2.0"`, an id that is no string,
    ///   integer or null, a method that is no string, none or several of `method`, `result` and
    ///   `error`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, WireError> {
        let text = std::str::from_utf8(bytes).map_err(|_| WireError::parse())?;
        let names = ["jsonrpc", "id", "method", "params", "result", "error"];
        let [version, id, method, params, result, error] =
            members::read(text, names).map_err(refused)?;
        if version.and_then(members::string).as_deref() != Some("2.0") {
            return Err(WireError::invalid("\"jsonrpc\" must be \"2.0\""));
        }
        if !id.is_none_or(is_id) {
            return Err(WireError::invalid("\"id\" must be a string, an integer or null"));
        }
        let method = match method.map(members::string) {
            Some(None) => return Err(WireError::invalid("\"method\" must be a string")),
            Some(text) => text,
            None => None,
        };
        let error = members::non_null(error);
        match (method.is_some(), result.is_some(), error.is_some()) {
            (true, false, false) | (false, true, false) | (false, false, true) => {
                Ok(Self { id, method, params, result, error })
            }
            (false, false, false) => {
                Err(WireError::invalid("\"method\", \"result\" and \"error\" are all missing"))
            }
            _ => Err(WireError::invalid(
                "only one of \"method\", \"result\" and \"error\" may be present",
            )),
        }
    }

    /// What the message is.
    ///
    /// A method without an id is a notification only if it is named like one: clients that forget
    /// the id of a request would otherwise wait in silence.
    pub fn kind(&self) -> MessageKind {
        match (&self.method, self.id) {
            (None, _) => MessageKind::Response,
            (Some(method), None) if method.starts_with("notifications/") => {
                MessageKind::Notification
            }
            (Some(_), _) => MessageKind::Request,
        }
    }

    /// The id as raw JSON text for an answer; `null` if there is none.
    pub fn id_json(&self) -> &'a str {
        self.id.map_or("null", RawValue::get)
    }
}

fn refused(refusal: Refusal) -> WireError {
    match refusal {
        Refusal::Malformed => WireError::parse(),
        Refusal::Array => WireError::batch(),
        Refusal::Scalar => WireError::invalid("a message must be a JSON object"),
        Refusal::Duplicate(_) | Refusal::CaseVariant(_) => {
            WireError::invalid(format!("ambiguous message: {refusal}"))
        }
    }
}

fn is_id(raw: &RawValue) -> bool {
    raw.get() == "null" || members::is_integer(raw) || members::string(raw).is_some()
}

#[cfg(test)]
mod tests;
