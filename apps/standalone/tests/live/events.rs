//! An event stream says what happens, in the shape of Part 4.10, topic by topic.

use registry_testkit::Api;
use serde_json::json;

use crate::support::{Registry, Sse, refused, text};

#[tokio::test]
async fn a_submission_and_its_approval_are_told_on_both_ports_as_they_happen() {
    let registry = Registry::start().await;
    for base in registry.ports() {
        let path = "/api/v1/events?topics=registrations,servers";
        let mut feed = Sse::of(&base, path, &registry.user_token).await;
        let first = feed.first().await;
        assert_eq!(first["payload"]["status"], "connected");
        assert_eq!(first["payload"]["topics"], json!(["servers", "registrations"]));
        assert_eq!(first["payload"]["user"]["id"], "ada");

        let name = format!("Files {}", base.len() + usize::from(base.ends_with('1')));
        let name = format!("{name} {}", base.rsplit(':').next().unwrap());
        let id = registry.submit(&name).await;
        let created = feed.until("registration_created").await;
        assert_eq!(created["payload"]["registration_id"], *id);
        assert_eq!(created["payload"]["endpoint_name"], *name);
        assert_eq!(created["payload"]["status"], "Pending");

        registry.approve(&id).await;
        let decided = feed.until("registration_status_changed").await;
        assert_eq!(decided["payload"]["status"], "Approved");
        assert_eq!(decided["payload"]["previous_status"], "Pending");
        let listed = feed.until("server_registered").await;
        assert_eq!(listed["payload"]["server_id"], listed["payload"]["serverId"]);
        assert!(listed["seq"].as_i64() > decided["seq"].as_i64(), "{listed}");

        registry.admin.delete(&format!("/registrations/{id}")).await.expect(204);
        let gone = feed.until("server_deleted").await;
        assert_eq!(gone["payload"]["server_id"], listed["payload"]["server_id"]);
    }
}

#[tokio::test]
async fn each_topic_is_told_alone() {
    let registry = Registry::start().await;
    let base = registry.program.service_url();
    let mut servers = Sse::of(&base, "/api/v1/events/servers", "").await;
    let mut both = Sse::of(&base, "/api/v1/events", &registry.user_token).await;
    servers.first().await;
    let topics = both.first().await["payload"]["topics"].clone();
    assert_eq!(topics, json!(["health", "metrics", "servers", "registrations", "requests"]));

    registry.approve(&registry.submit("Files").await).await;

    let kinds = async |feed: &mut Sse| {
        let mut kinds = Vec::new();
        loop {
            let event = feed.next().await;
            let kind = event.name.unwrap();
            if kind == "server_registered" {
                return kinds;
            }
            if event.id.is_some() {
                kinds.push(kind);
            }
        }
    };
    assert!(kinds(&mut servers).await.is_empty(), "nothing but servers");
    let all = kinds(&mut both).await;
    assert_eq!(all.first().map(String::as_str), Some("registration_created"), "{all:?}");
}

#[tokio::test]
async fn a_stream_begins_with_how_to_come_back_and_says_that_it_is_alive() {
    let registry = Registry::with(&[("MREG_EVENTS_HEARTBEAT_SECONDS", "1")]).await;
    let mut feed = Sse::of(&registry.program.service_url(), "/api/v1/events/servers", "").await;
    let mut raw = String::new();
    while !raw.contains("event: heartbeat") {
        let bytes = feed.stream.next_bytes().await.unwrap();
        raw.push_str(std::str::from_utf8(&bytes).unwrap());
    }
    assert!(raw.starts_with("retry: 3000\n\n"), "{raw}");
    assert!(raw.contains("\n: keep-alive\n\n"), "{raw}");
    let headers = &feed.stream.headers;
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(headers["x-accel-buffering"], "no");
}

#[tokio::test]
async fn what_is_no_topic_is_refused_by_name() {
    let registry = Registry::start().await;
    let base = registry.program.service_url();
    let answer = Api::new(&base).get("/api/v1/events?topics=health,weather").await.expect(422);
    let wrong = answer.json();
    assert_eq!(wrong["errors"][0]["loc"], json!(["query", "topics"]), "{wrong}");
    assert!(text(&wrong, "detail").contains("registrations"), "{wrong}");
    let none = refused(&base, "/api/v1/events/weather", "").await;
    assert_eq!(none, (404, "NOT_FOUND".to_owned()));
    let answer = Api::new(&base).get("/api/v1/events?last_event_id=abc").await.expect(422).json();
    assert_eq!(answer["errors"][0]["loc"], json!(["query", "last_event_id"]));
    for path in ["/api/v1/events", "/api/v1/events/health", "/ws/health"] {
        let answer = Api::new(&base).post(path, &json!({})).await.expect(405);
        assert_eq!(answer.header("allow"), "GET, HEAD", "{path}");
    }
}
