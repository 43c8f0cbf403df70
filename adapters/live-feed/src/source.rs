//! Which registry event makes which frame.

use registry_domain::collection::collection_of;
use registry_domain::event::{EventKind, RegistryEvent, SequencedEvent};
use registry_domain::registration::RegistrationStatus;
use registry_http_edge::WireTime;
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
        "RegistrationEdited" | "ManifestDiscovered" | "DocumentUploaded" | "DocumentDeleted"
        | "LinkAdded" | "LinkRemoved" => (Topic::Registrations, "registration_updated"),
        "RegistrationApproved"
        | "RegistrationRejected"
        | "RegistrationResubmitted"
        | "RegistrationProposed"
        | "ProposalWithdrawn" => (Topic::Registrations, "registration_status_changed"),
        "RegistrationWithdrawn" | "RegistrationDeleted" => {
            (Topic::Registrations, "registration_deleted")
        }
        "ServerListed" => (Topic::Servers, "server_registered"),
        "ServerChanged" | "ManifestPinned" | "ManifestDrifted" | "ManifestRestored"
        | "DriftAccepted" | "DriftRefused" | "ToolRulesChanged" | "CredentialSet"
        | "CredentialRemoved" | "GrantGiven" | "GrantRemoved" => (Topic::Servers, "server_updated"),
        "ServerRemoved" => (Topic::Servers, "server_deleted"),
        "CollectionMade" | "CollectionChanged" => (Topic::Servers, "collection_updated"),
        "CollectionRemoved" => (Topic::Servers, "collection_deleted"),
        "ServerHealthChanged" => (Topic::Health, "health_update"),
        _ => return None,
    })
}

/// An event as frames: none for what is not told, two where a server goes with its registration.
/// `name` is what the event's server is called, where that is known.
pub(crate) fn frames_of(sequenced: &SequencedEvent, name: Option<&str>) -> Vec<Frame> {
    let SequencedEvent { seq, event } = sequenced;
    let Some((topic, kind)) = told_as(event.kind) else { return Vec::new() };
    let payload = match topic {
        Topic::Registrations => of_registration(event),
        Topic::Health => of_health(event, name),
        Topic::Servers if collection_of(event).is_some() => of_collection(event),
        Topic::Servers | Topic::Metrics | Topic::Requests => of_server(event, name),
    };
    let mut told = vec![(topic, kind, payload)];
    if kind == "registration_deleted" && event.server.is_some() {
        told.push((Topic::Servers, "server_deleted", of_server(event, name)));
    }
    let frames = told.into_iter().map(|(topic, kind, payload)| {
        Frame::new(topic, kind, event.at, payload)
            .of_tenant(event.tenant.clone())
            .about(event.server)
            .at(*seq)
    });
    frames.collect()
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
        "status": event.new_status.map(RegistrationStatus::as_str),
        "previous_status": event.previous_status.map(RegistrationStatus::as_str),
        "server_id": event.server,
        "actor_id": event.actor,
        "discovery": said.get("state"),
        "manifest_digest": said.get("manifest_digest"),
    })
}

/// Which collection it is; what it has is for those who manage it.
fn of_collection(event: &RegistryEvent) -> Value {
    let said = |member: &str| event.metadata.get(member);
    json!({ "collection_id": said("collection_id"), "slug": said("slug") })
}

fn of_server(event: &RegistryEvent, name: Option<&str>) -> Value {
    json!({
        "server_id": event.server,
        "serverId": event.server,
        "name": name,
        "registration_id": event.registration,
        "reason": event.kind.as_str(),
        "manifest_digest": event.metadata.get("manifest_digest"),
    })
}

fn of_health(event: &RegistryEvent, name: Option<&str>) -> Value {
    let said = |member: &str| event.metadata.get(member);
    let took = said("response_time_ms");
    json!({
        "server_id": event.server,
        "serverId": event.server,
        "name": name,
        "status": said("status"),
        "previous_status": said("previous"),
        "response_time_ms": took,
        "responseTime": took,
        "last_check": WireTime(event.at),
        "details": {"fault_class": said("fault_class")},
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use registry_domain::event::{EventSeq, EventStamp};
    use registry_domain::id::{EventId, RegistrationId, ServerId};
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

    fn shown(event: RegistryEvent) -> Vec<Value> {
        let frames = frames_of(&SequencedEvent { seq: EventSeq(9), event }, Some("Files"));
        frames.iter().map(|frame| serde_json::from_str(frame.text()).unwrap()).collect()
    }

    #[test]
    fn a_decision_is_told_with_both_statuses_but_not_with_its_reason() {
        let event = event(EventKind::RegistrationRejected)
            .on_registration(RegistrationId(Uuid::from_u128(2)), None)
            .moving(Some(RegistrationStatus::Pending), Some(RegistrationStatus::Rejected))
            .saying(json!({"reason": "not ours"}));
        let shown = &shown(event)[0];
        assert_eq!(shown["type"], "registration_status_changed");
        assert_eq!(shown["seq"], 9);
        assert_eq!(shown["payload"]["status"], "Rejected");
        assert_eq!(shown["payload"]["previous_status"], "Pending");
        assert!(!shown.to_string().contains("not ours"));
    }

    #[test]
    fn a_collection_is_told_of_by_its_name_and_not_by_what_it_has() {
        let id = Uuid::from_u128(4);
        let said = json!({"collection_id": id, "slug": "office", "members": ["secret"]});
        let shown = &shown(event(EventKind::CollectionRemoved).saying(said))[0];
        assert_eq!(shown["type"], "collection_deleted");
        assert_eq!(shown["payload"], json!({"collection_id": id, "slug": "office"}));
    }

    #[test]
    fn a_server_is_named_in_both_spellings() {
        let id = ServerId(Uuid::from_u128(3));
        let shown = &shown(event(EventKind::ServerListed).on_server(id, None))[0];
        assert_eq!(shown["type"], "server_registered");
        assert_eq!(shown["payload"]["server_id"], id.0.to_string());
        assert_eq!(shown["payload"]["serverId"], id.0.to_string());
        assert_eq!(shown["payload"]["name"], "Files");
    }

    #[test]
    fn a_server_that_goes_with_its_registration_is_told_of_too() {
        let server = ServerId(Uuid::from_u128(3));
        let gone = event(EventKind::RegistrationDeleted)
            .on_registration(RegistrationId(Uuid::from_u128(2)), None);
        let kinds = |event| shown(event).iter().map(|it| it["type"].clone()).collect::<Vec<_>>();
        assert_eq!(kinds(gone.clone()), ["registration_deleted"]);
        let with_server = gone.on_server(server, None);
        assert_eq!(kinds(with_server), ["registration_deleted", "server_deleted"]);
    }

    #[test]
    fn a_change_of_health_says_what_was_before_and_how_long_the_answer_took() {
        let event = event(EventKind::ServerChanged).saying(json!({
            "previous": "healthy", "status": "unhealthy", "fault_class": "timeout",
            "response_time_ms": 12,
        }));
        let payload = of_health(&event, Some("Files"));
        assert_eq!(payload["previous_status"], "healthy");
        assert_eq!(payload["status"], "unhealthy");
        assert_eq!(
            (&payload["response_time_ms"], &payload["responseTime"]),
            (&json!(12), &json!(12))
        );
        assert_eq!(payload["last_check"], "1970-01-01T00:00:00.000000Z");
        assert_eq!(payload["details"]["fault_class"], "timeout");
    }
}
