//! Who comes back with the id of the last event they saw misses nothing and hears nothing twice.

use serde_json::Value;

use crate::support::{Registry, Socket, Sse, submit, text};

const TOPIC: &str = "/api/v1/events/registrations";

fn names(frames: &[Value]) -> Vec<&str> {
    frames.iter().map(|frame| text(&frame["payload"], "endpoint_name")).collect()
}

/// Submits one, and returns once the process has told so: it is not new to who connects from then.
async fn submit_and_hear(registry: &Registry, name: &str) {
    let mut feed = Sse::of(&registry.program.service_url(), TOPIC, &registry.user_token).await;
    feed.first().await;
    registry.submit(name).await;
    feed.until("registration_created").await;
}

#[tokio::test]
async fn what_happened_between_two_connections_is_told_once_and_in_order() {
    let registry = Registry::start().await;
    for base in registry.ports() {
        let port = base.rsplit(':').next().unwrap().to_owned();
        let name = |number: usize| format!("Server {number} of {port}");
        let mut feed = Sse::of(&base, TOPIC, &registry.user_token).await;
        feed.first().await;
        registry.submit(&name(1)).await;
        let seen = feed.until("registration_created").await;
        drop(feed);
        registry.submit(&name(2)).await;
        registry.submit(&name(3)).await;

        let last = seen["seq"].to_string();
        let headers = [("last-event-id", last.as_str())];
        let mut feed = Sse::with(&base, TOPIC, &registry.user_token, &headers).await;
        assert_eq!(feed.first().await["seq"], seen["seq"], "not ahead of what it was told");
        registry.submit(&name(4)).await;
        let told = feed.take("registration_created", 3).await;
        assert_eq!(names(&told), [name(2), name(3), name(4)]);
    }
}

#[tokio::test]
async fn who_saw_nothing_but_that_it_is_connected_misses_nothing_either() {
    let registry = Registry::start().await;
    let base = registry.program.service_url();
    submit_and_hear(&registry, "Before").await;
    let mut feed = Sse::of(&base, TOPIC, &registry.user_token).await;
    let last = feed.first().await["seq"].to_string();
    drop(feed);
    registry.submit("Meanwhile").await;
    let path = format!("{TOPIC}?last_event_id={last}");
    let mut feed = Sse::of(&base, &path, &registry.user_token).await;
    assert_eq!(names(&feed.take("registration_created", 1).await), ["Meanwhile"]);
}

#[tokio::test]
async fn a_restart_in_between_loses_nothing() {
    let registry = Registry::with(&[]).await;
    let base = registry.program.service_url();
    let mut feed = Sse::of(&base, TOPIC, &registry.user_token).await;
    feed.first().await;
    registry.submit("The first").await;
    let last = feed.until("registration_created").await["seq"].to_string();
    registry.submit("The second").await;
    registry.program.terminate();
    let Registry { mut program, .. } = registry;
    assert_eq!(program.wait_exit().await.code(), Some(0));

    let again = Registry::of(program.start_again().await).await;
    let headers = [("last-event-id", last.as_str())];
    let base = again.program.service_url();
    let mut feed = Sse::with(&base, TOPIC, &again.user_token, &headers).await;
    feed.first().await;
    again.submit("The third").await;
    assert_eq!(names(&feed.take("registration_created", 2).await), ["The second", "The third"]);
}

#[tokio::test]
async fn many_missed_ones_while_new_ones_come_are_told_once_each() {
    const MISSED: usize = 250;
    let registry = Registry::start().await;
    let base = registry.program.service_url();
    let mut feed = Sse::of(&base, TOPIC, &registry.user_token).await;
    let last = feed.first().await["seq"].to_string();
    drop(feed);
    for number in 0..MISSED {
        registry.submit(&format!("Server {number}")).await;
    }
    let headers = [("last-event-id", last.as_str())];
    let come_back = async {
        let mut feed = Sse::with(&base, TOPIC, &registry.user_token, &headers).await;
        feed.take("registration_created", MISSED + 50).await
    };
    let go_on = async {
        for number in MISSED..MISSED + 50 {
            registry.submit(&format!("Server {number}")).await;
        }
    };
    let (told, ()) = tokio::join!(come_back, go_on);
    let all: Vec<String> = (0..MISSED + 50).map(|number| format!("Server {number}")).collect();
    assert_eq!(names(&told), all);
}

#[tokio::test]
async fn an_id_of_another_log_is_answered_with_a_resync() {
    let registry = Registry::start().await;
    let base = registry.program.service_url();
    submit_and_hear(&registry, "The first").await;
    let headers = [("last-event-id", "123456789")];
    let mut feed = Sse::with(&base, TOPIC, &registry.user_token, &headers).await;
    feed.first().await;
    let resync = feed.next().await;
    assert_eq!(resync.name.as_deref(), Some("resync"), "{resync:?}");
    registry.submit("The second").await;
    assert_eq!(names(&feed.take("registration_created", 1).await), ["The second"]);
}

#[tokio::test]
async fn a_web_socket_comes_back_the_same_way() {
    let registry = Registry::start().await;
    for base in registry.ports() {
        let port = base.rsplit(':').next().unwrap().to_owned();
        let mut socket = Socket::of(&base, "/ws/registrations", &registry.user_token).await;
        let last = socket.next().await.unwrap()["seq"].to_string();
        drop(socket);
        submit(&registry.user, &format!("Missed {port}")).await;
        let path = format!("/ws/registrations?last_event_id={last}");
        let mut socket = Socket::of(&base, &path, &registry.user_token).await;
        let told = socket.until("registration_created").await;
        assert_eq!(told["payload"]["endpoint_name"], format!("Missed {port}"));
    }
}
