//! What is written is what is read.

use jiff::Timestamp;
use registry_domain::event::EventStamp;
use registry_domain::id::{EventId, RegistrationId};
use registry_domain::ports::{PortError, RegistrationQuery};
use registry_domain::registration::{Decision, Registration, RegistrationDraft};
use serde_json::json;

use crate::Outcome;
use crate::world::{World, content, draft, failed, tenant};

pub(crate) async fn limits_and_unicode_round_trip(world: &World) -> Outcome {
    let stem = "https://example.com/";
    let widest = RegistrationDraft {
        endpoint_url: format!("{stem}{}", "a".repeat(2048 - stem.len())),
        endpoint_name: "\u{1F600}".repeat(200),
        description: Some("é\n\t".chars().cycle().take(1000).collect()),
        owner_contact: "ß".repeat(255),
        available_tools: vec![json!({
            "name": "é\"'\\%_", "unknown": {"deep": [1, -2.5, 1e300, null, true, "\u{7f}"]},
        })],
        alias: Some("a".repeat(24)),
    };
    let narrowest = RegistrationDraft {
        endpoint_url: "http://a".to_owned(),
        endpoint_name: "abc".to_owned(),
        description: Some(String::new()),
        owner_contact: "x".to_owned(),
        available_tools: Vec::new(),
        alias: None,
    };
    let owner = Some(tenant(&"é".repeat(100))?);
    for (draft, owner) in [(widest, owner), (narrowest, None)] {
        let written = world.submitted_as(draft, owner).await?;
        assert_eq!(world.view(written.id).await?.registration, written);
    }
    Ok(())
}

pub(crate) async fn timestamps_round_trip_to_the_microsecond(world: &World) -> Outcome {
    let submitter = world.person("sam").await?.id;
    let times = [0, 1, 999_999, 1_000_000, 1_795_255_200_000_001, 1_795_255_200_100_000];
    for (number, microsecond) in (0_u32..).zip(times) {
        let at = Timestamp::from_microsecond(microsecond)?;
        let stamp = EventStamp { id: EventId(world.uuid()), at };
        let id = RegistrationId(world.uuid());
        let change = Registration::submit(id, content(draft(number))?, submitter, None, stamp);
        world.ports().registrations.commit(&change).await?;
        assert_eq!(world.view(id).await?.registration, change.next);
    }
    Ok(())
}

pub(crate) async fn a_decision_round_trips_with_its_reason(world: &World) -> Outcome {
    let read = world.submitted(1).await?;
    let (admin, stamp) = (world.person("ada").await?, world.stamp());
    let reason = Some("because — é\n".repeat(30));
    let decision = Decision { approver: admin.id, at: stamp.at, reason };
    let rejected = read.reject(decision, stamp).map_err(failed)?;
    world.ports().registrations.commit(&rejected).await?;
    assert_eq!(world.view(rejected.next.id).await?.registration, rejected.next);
    // What is taken back leaves nothing of the decision.
    let submitter = rejected.next.submitter;
    let again = rejected.next.resubmit(submitter, world.stamp()).map_err(failed)?;
    world.ports().registrations.commit(&again).await?;
    assert_eq!(world.view(again.next.id).await?.registration, again.next);
    Ok(())
}

pub(crate) async fn a_row_that_does_not_read_is_corrupt_alone_and_left_out_of_lists(
    world: &World,
) -> Outcome {
    let (broken, good) = (world.submitted(1).await?, world.submitted(2).await?);
    let spoil =
        "UPDATE registrations SET endpoint_url = 'no address' WHERE registration_id = '{id}'";
    world.instance.run_sql(&spoil.replace("{id}", &broken.id.to_string())).await?;
    let store = world.ports().registrations;
    let found = store.find(broken.id).await;
    assert!(matches!(found, Err(PortError::Corrupt { .. })), "{found:?}");
    let page = store.list(&RegistrationQuery { limit: 10, ..RegistrationQuery::default() }).await?;
    let listed: Vec<_> = page.items.into_iter().map(|view| view.registration).collect();
    assert_eq!(listed, [good]);
    Ok(())
}
