//! What is told: one frame, written once for all who get it.

use std::sync::Arc;

use jiff::Timestamp;
use registry_domain::event::EventSeq;
use registry_domain::id::{ServerId, TenantId};
use registry_domain::party::Principal;
use registry_http_edge::WireTime;
use serde::Serialize;
use serde_json::{Value, json};

use crate::topic::Topic;
use crate::viewer::Sight;

/// Who may see a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Everybody who may ask for its topic.
    Everybody,
    /// Who sees what belongs to this tenant (`None`: to everybody).
    Of(Option<TenantId>),
    /// Who may know of this party's calls.
    Calls(Principal),
    /// Who sees just so much.
    Seeing(Sight),
}

/// One frame of the live feed.
#[derive(Debug, Clone)]
pub struct Frame {
    /// Its topic.
    pub(crate) topic: Topic,
    /// Its `type`.
    pub(crate) kind: &'static str,
    /// Its position in the event log, where it is of an event.
    pub(crate) seq: Option<EventSeq>,
    /// The server that it is about.
    pub(crate) server: Option<ServerId>,
    pub(crate) audience: Audience,
    at: Timestamp,
    payload: Value,
    text: Arc<str>,
    /// What is told instead to those whom it concerns: administrators, and this subject.
    personal: Option<(Option<String>, Arc<str>)>,
}

#[derive(Serialize)]
struct Written<'a> {
    r#type: &'a str,
    payload: &'a Value,
    timestamp: WireTime,
    seq: Option<i64>,
}

/// The text of a frame: `{"type", "payload", "timestamp", "seq"}`.
pub(crate) fn write(kind: &str, at: Timestamp, seq: Option<EventSeq>, payload: &Value) -> Arc<str> {
    let written =
        Written { r#type: kind, payload, timestamp: WireTime(at), seq: seq.map(|seq| seq.0) };
    // Strings, numbers and JSON values always serialise.
    serde_json::to_string(&written).unwrap_or_default().into()
}

impl Frame {
    /// A frame that everybody may see who may ask for its topic.
    pub fn new(topic: Topic, kind: &'static str, at: Timestamp, payload: Value) -> Self {
        let text = write(kind, at, None, &payload);
        Self {
            topic,
            kind,
            seq: None,
            server: None,
            audience: Audience::Everybody,
            at,
            payload,
            text,
            personal: None,
        }
    }

    /// The same frame, for those who see what belongs to `tenant` (`None`: to everybody).
    #[must_use]
    pub fn of_tenant(self, tenant: Option<TenantId>) -> Self {
        Self { audience: Audience::Of(tenant), ..self }
    }

    /// The same frame, for those who may know of this party's calls.
    #[must_use]
    pub(crate) fn of_call(self, whose: Principal) -> Self {
        Self { audience: Audience::Calls(whose), ..self }
    }

    /// The same frame, for those who see just so much.
    #[must_use]
    pub(crate) fn for_sight(self, sight: Sight) -> Self {
        Self { audience: Audience::Seeing(sight), ..self }
    }

    /// The same frame, about a server.
    #[must_use]
    pub fn about(self, server: Option<ServerId>) -> Self {
        Self { server, ..self }
    }

    /// The same frame, with more in it for administrators and for `subject`, whom it concerns.
    #[must_use]
    pub fn telling_more(self, subject: Option<String>, payload: &Value) -> Self {
        let text = write(self.kind, self.at, self.seq, payload);
        Self { personal: Some((subject, text)), ..self }
    }

    /// The same frame, at its position in the event log.
    #[must_use]
    pub(crate) fn at(self, seq: EventSeq) -> Self {
        let text = write(self.kind, self.at, Some(seq), &self.payload);
        Self { seq: Some(seq), text, ..self }
    }

    /// The frame as most see it.
    pub(crate) fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The frame as administrators and those see it whom it concerns.
    pub(crate) fn personal(&self) -> Option<(Option<&str>, &Arc<str>)> {
        self.personal.as_ref().map(|(subject, text)| (subject.as_deref(), text))
    }

    /// The frame as `/ws/health/{server_id}` shows it: with the server's status on top, beside
    /// what pages call components.
    pub(crate) fn watched(&self) -> Arc<str> {
        let status = self.payload.get("status").cloned().unwrap_or(Value::Null);
        let mut shown = json!({
            "type": self.kind,
            "payload": self.payload,
            "timestamp": WireTime(self.at),
            "seq": self.seq.map(|seq| seq.0),
        });
        if let Value::Object(shown) = &mut shown
            && self.kind == "health_update"
        {
            let component = json!({
                "name": self.payload.get("name"),
                "healthy": status == "healthy",
                "status": status,
            });
            shown.insert("components".to_owned(), json!([component]));
            shown.insert("status".to_owned(), status);
        }
        shown.to_string().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_has_type_payload_timestamp_and_position() {
        let frame =
            Frame::new(Topic::Servers, "server_updated", Timestamp::UNIX_EPOCH, json!({"a": 1}))
                .at(EventSeq(7));
        let text = r#"{"type":"server_updated","payload":{"a":1},"timestamp":"1970-01-01T00:00:00.000000Z","seq":7}"#;
        assert_eq!(&**frame.text(), text);
    }

    #[test]
    fn who_watches_one_server_sees_its_status_on_top() {
        let payload = json!({"name": "Files", "status": "unhealthy"});
        let frame = Frame::new(Topic::Health, "health_update", Timestamp::UNIX_EPOCH, payload);
        let shown: Value = serde_json::from_str(&frame.watched()).unwrap();
        assert_eq!(shown["status"], "unhealthy");
        assert_eq!(
            shown["components"],
            json!([{"name": "Files", "healthy": false, "status": "unhealthy"}])
        );
        assert_eq!(shown["payload"]["name"], "Files");
    }
}
