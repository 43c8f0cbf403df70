//! Which registry event makes which frame.

use registry_domain::event::{EventKind, RegistryEvent, SequencedEvent};
use serde_json::{Value, json};

use crate::frame::Frame;
use crate::topic::Topic;

/// The topic and the `type` that a kind of event is told as; `None` for what is not told.
///
/// By the kind's name: a kind that is added is told nothing of until it has a line here, and the
/// test below names it.
fn told_as(kind: EventKind) -> Option<(Topic, &'static str)> {
    Some(match kind.as_str() {
        "RegistrationSubmitted" => (Topic::Registrations, "registration_created"),
        "RegistrationEdited" | "ManifestDiscovered" => {
            (Topic::Registrations, "registration_updated")
        }
        "RegistrationApproved"
        | "RegistrationRejected"
        | "RegistrationResubmitted"
        | "RegistrationProposed"
        | "ProposalWithdrawn" => (Topic::Registrations, "registration_status_changed"),
        "RegistrationWithdrawn" | "RegistrationDeleted" => {
            (Topic::Registrations, "registration_deleted")
        }
        "ServerListed" => (Topic::Servers, "server_registered"),
        "ServerChanged" | "ManifestPinned" => (Topic::Servers, "server_updated"),
        "ServerRemoved" => (Topic::Servers, "server_deleted"),
        "ServerHealthChanged" => (Topic::Health, "health_update"),
        _ => return None,
    })
}

/// An event as a frame; `None` for what is not told.
pub(crate) fn frame_of(sequenced: &SequencedEvent) -> Option<Frame> {
    let SequencedEvent { seq, event } = sequenced;
    let (topic, kind) = told_as(event.kind)?;
    let payload = match topic {
        Topic::Registrations => of_registration(event),
        Topic::Health => of_health(event),
        Topic::Servers | Topic::Metrics | Topic::Requests => of_server(event),
    };
    Some(
        Frame::new(topic, kind, event.at, payload)
            .of_tenant(event.tenant.clone())
            .about(event.server)
            .at(*seq),
    )
}

/// What a registration's readers may know. Who decided why is for the audit trail.
fn of_registration(event: &RegistryEvent) -> Value {
    let said = &event.metadata;
    let content = said.get("after").unwrap_or(said);
    json!({
        "registration_id": event.registration,
        "registrationId": event.registration,
        "endpoint_name": content.get("endpoint_name"),
        "endpoint_url": content.get("endpoint_url"),
        "status": event.new_status.map(|status| status.as_str()),
        "previous_status": event.previous_status.map(|status| status.as_str()),
        "server_id": event.server,
        "actor_id": event.actor,
        "discovery": said.get("state"),
        "manifest_digest": said.get("manifest_digest"),
    })
}

fn of_server(event: &RegistryEvent) -> Value {
    json!({
        "server_id": event.server,
        "serverId": event.server,
        "name": event.metadata.get("name"),
        "registration_id": event.registration,
        "manifest_digest": event.metadata.get("manifest_digest"),
    })
}

fn of_health(event: &RegistryEvent) -> Value {
    let said = |member: &str| event.metadata.get(member).cloned();
    let took = said("response_time_ms");
    let checked = said("last_check").unwrap_or_else(|| json!(event.at));
    json!({
        "server_id": event.server,
        "serverId": event.server,
        "name": said("name"),
        "status": said("status"),
        "previous_status": said("previous_status"),
        "response_time_ms": took,
        "responseTime": took,
        "last_check": checked,
        "details": said("details"),
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use registry_domain::event::{EventSeq, EventStamp};
    use registry_domain::id::{EventId, RegistrationId, ServerId};
    use registry_domain::registration::RegistrationStatus;
    use uuid::Uuid;

    use super::*;

    fn event(kind: EventKind) -> RegistryEvent {
        let stamp = EventStamp { id: EventId(Uuid::from_u128(1)), at: Timestamp::UNIX_EPOCH };
        RegistryEvent::by_product(kind, stamp)
    }

    #[test]
    fn every_kind_of_event_is_told_as_something() {
        for kind in EventKind::ALL {
            assert!(told_as(kind).is_some(), "{kind:?} has no line in told_as");
        }
    }

    #[test]
    fn a_decision_is_told_with_both_statuses_but_not_with_its_reason() {
        let event = event(EventKind::RegistrationRejected)
            .on_registration(RegistrationId(Uuid::from_u128(2)), None)
            .moving(Some(RegistrationStatus::Pending), Some(RegistrationStatus::Rejected))
            .saying(json!({"reason": "not ours"}));
        let frame = frame_of(&SequencedEvent { seq: EventSeq(9), event }).unwrap();
        let shown: Value = serde_json::from_str(frame.text()).unwrap();
        assert_eq!(shown["type"], "registration_status_changed");
        assert_eq!(shown["seq"], 9);
        assert_eq!(shown["payload"]["status"], "Rejected");
        assert_eq!(shown["payload"]["previous_status"], "Pending");
        assert!(!frame.text().contains("not ours"));
    }

    #[test]
    fn a_server_is_named_in_both_spellings() {
        let id = ServerId(Uuid::from_u128(3));
        let event = event(EventKind::ServerListed).on_server(id, None);
        let frame = frame_of(&SequencedEvent { seq: EventSeq(1), event }).unwrap();
        let shown: Value = serde_json::from_str(frame.text()).unwrap();
        assert_eq!(shown["payload"]["server_id"], id.0.to_string());
        assert_eq!(shown["payload"]["serverId"], id.0.to_string());
    }
}
