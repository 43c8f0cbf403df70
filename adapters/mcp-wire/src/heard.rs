//! What a server tells on a stream of its own, outside of any call, and what a client tells of one.

use serde_json::value::RawValue;

use crate::envelope::{Envelope, MessageKind};
use crate::members;
use crate::message::ListKinds;

/// One message of such a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Lists changed.
    Lists(ListKinds),
    /// A resource changed: its URI.
    Updated(String),
    /// It asks for something: the id, as JSON, and whether it only asks whether we are there.
    Asks {
        /// The id, as JSON.
        id_json: String,
        /// Whether it is a `ping`.
        is_ping: bool,
    },
    /// The stream has ended, by the response to the request that began it.
    Ended,
    /// Another notification.
    Other,
}

/// Reads one message; `None` if it is none, or tells nobody but us anything.
pub fn heard(message: &[u8]) -> Option<Heard> {
    let envelope = Envelope::parse(message).ok()?;
    let method = envelope.method.as_deref().unwrap_or_default();
    Some(match (envelope.kind(), method) {
        (MessageKind::Response, _) => Heard::Ended,
        (MessageKind::Request, method) => {
            Heard::Asks { id_json: envelope.id_json().to_owned(), is_ping: method == "ping" }
        }
        (_, "notifications/tools/list_changed") => {
            Heard::Lists(ListKinds { tools: true, ..ListKinds::default() })
        }
        (_, "notifications/prompts/list_changed") => {
            Heard::Lists(ListKinds { prompts: true, ..ListKinds::default() })
        }
        (_, "notifications/resources/list_changed") => {
            Heard::Lists(ListKinds { resources: true, ..ListKinds::default() })
        }
        // Meant for us: it answers our request for the stream.
        (_, "notifications/subscriptions/acknowledged") => return None,
        (_, "notifications/resources/updated") => Heard::Updated(uri(envelope.params)?),
        _ => Heard::Other,
    })
}

/// The id of the call that the `params` of `notifications/cancelled` name, as JSON.
pub fn cancelled(params: Option<&RawValue>) -> Option<&str> {
    let [id] = members::read(params?.get(), ["requestId"]).ok()?;
    members::non_null(id).map(RawValue::get)
}

fn uri(params: Option<&RawValue>) -> Option<String> {
    let [uri] = members::read(params?.get(), ["uri"]).ok()?;
    members::string(uri?).map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Heard> {
        heard(text.as_bytes())
    }

    #[test]
    fn what_a_server_tells_is_read() {
        let told = |method: &str| {
            of(&format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/{method}","params":{{"uri":"a:b"}}}}"#
            ))
        };
        let none = ListKinds::default();
        assert_eq!(
            told("tools/list_changed"),
            Some(Heard::Lists(ListKinds { tools: true, ..none }))
        );
        assert_eq!(
            told("prompts/list_changed"),
            Some(Heard::Lists(ListKinds { prompts: true, ..none }))
        );
        assert_eq!(
            told("resources/list_changed"),
            Some(Heard::Lists(ListKinds { resources: true, ..none }))
        );
        assert_eq!(told("resources/updated"), Some(Heard::Updated("a:b".to_owned())));
        assert_eq!(told("message"), Some(Heard::Other));
        assert_eq!(of(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#), Some(Heard::Ended));
        assert_eq!(
            of(r#"{"jsonrpc":"2.0","id":"a","method":"ping"}"#),
            Some(Heard::Asks { id_json: "\"a\"".to_owned(), is_ping: true })
        );
    }

    #[test]
    fn a_cancellation_names_its_call() {
        let id = |text: &str| {
            let raw: Box<RawValue> = serde_json::from_str(text).unwrap();
            cancelled(Some(&raw)).map(str::to_owned)
        };
        assert_eq!(id(r#"{"requestId":"a","reason":"r"}"#).as_deref(), Some("\"a\""));
        assert_eq!(id(r#"{"requestId":7}"#).as_deref(), Some("7"));
        assert_eq!((id("{}"), id("[]"), cancelled(None)), (None, None, None));
    }

    #[test]
    fn what_says_nothing_is_left_alone() {
        for text in ["", "[]", r#"{"jsonrpc":"2.0","method":"notifications/resources/updated"}"#] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
