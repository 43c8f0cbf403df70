//! Replicas on one PostgreSQL and one Redis are one feed; outages of these are told, too.

use serde_json::json;

use crate::support::{Socket, Sse, Stores, text, ticket};

const TOPIC: &str = "/api/v1/events/registrations";

#[tokio::test]
async fn what_happens_on_one_replica_is_told_on_the_other() {
    let stores = Stores::new().await;
    let (one, two) = tokio::join!(stores.replica(), stores.replica());
    for base in two.ports() {
        let port = base.rsplit(':').next().unwrap().to_owned();
        let mut feed = Sse::of(&base, TOPIC, &two.user_token).await;
        let mut socket = Socket::of(&base, "/ws/registrations", &two.user_token).await;
        feed.first().await;
        socket.until("connection_status").await;
        let id = one.submit(&format!("Files {port}")).await;
        for told in
            [feed.until("registration_created").await, socket.until("registration_created").await]
        {
            assert_eq!(text(&told["payload"], "registration_id"), id);
        }
    }
}

#[tokio::test]
async fn who_comes_back_to_the_other_replica_misses_nothing_and_hears_nothing_twice() {
    let stores = Stores::new().await;
    let (one, two) = tokio::join!(stores.replica(), stores.replica());
    let mut feed = Sse::of(&one.program.service_url(), TOPIC, &one.user_token).await;
    feed.first().await;
    one.submit("One").await;
    let last = feed.until("registration_created").await["seq"].to_string();
    drop(feed);
    two.submit("Two").await;
    let headers = [("last-event-id", last.as_str())];
    let base = two.program.gateway_url();
    let mut feed = Sse::with(&base, TOPIC, &two.user_token, &headers).await;
    one.submit("Three").await;
    let told = feed.take("registration_created", 2).await;
    let names: Vec<&str> =
        told.iter().map(|frame| text(&frame["payload"], "endpoint_name")).collect();
    assert_eq!(names, ["Two", "Three"]);
}

#[tokio::test]
async fn a_ticket_of_one_replica_is_good_once_on_the_other() {
    let stores = Stores::new().await;
    for (one, two) in [
        tokio::join!(stores.replica(), stores.replica()),
        tokio::join!(stores.replica_without_redis(), stores.replica_without_redis()),
    ] {
        let given = ticket(&one.program.service_url(), &one.user_token).await;
        let path = format!("/ws/registrations?ticket={given}");
        let base = two.program.gateway_url();
        Socket::open(&base, &path, &[]).await.unwrap().until("connection_status").await;
        for base in [one.program.service_url(), two.program.gateway_url()] {
            assert_eq!(Socket::open(&base, &path, &[]).await.err().unwrap().0, 401);
        }
    }
}

#[tokio::test]
async fn an_outage_of_the_database_is_told_to_those_who_listen_and_so_is_its_end() {
    let stores = Stores::new().await;
    let replica = stores.replica().await;
    let base = replica.program.service_url();
    let mut feed = Sse::of(&base, "/api/v1/events/health", &replica.user_token).await;
    let mut socket = Socket::of(&base, "/ws/health", &replica.user_token).await;
    assert_eq!(feed.until("system_health").await["payload"]["status"], "healthy");
    assert_eq!(socket.until("system_health").await["payload"]["status"], "healthy");

    stores.to_postgres.cut();

    for told in [feed.until("system_health").await, socket.until("system_health").await] {
        assert_eq!(told["payload"]["status"], "unhealthy", "{told}");
        assert_eq!(told["payload"]["previous_status"], "healthy", "{told}");
        assert_eq!(told["payload"]["database"], "disconnected", "{told}");
    }
    let alert = feed.until("alert").await;
    assert_eq!(alert["payload"]["severity"], "critical", "{alert}");
    assert_eq!(alert["payload"]["status"], "active", "{alert}");
    // Who comes during the outage is let in, and told.
    let mut late = Socket::of(&base, "/ws/health", &replica.user_token).await;
    assert_eq!(late.until("system_health").await["payload"]["status"], "unhealthy");

    stores.to_postgres.restore();

    assert_eq!(feed.until("system_health").await["payload"]["status"], "healthy");
    assert_eq!(feed.until("alert").await["payload"]["status"], "resolved");
}

#[tokio::test]
async fn events_go_on_while_redis_is_away_and_are_replayed_all_the_same() {
    let stores = Stores::new().await;
    let replica = stores.replica().await;
    let base = replica.program.service_url();
    let mut feed = Sse::of(&base, TOPIC, &replica.user_token).await;
    let first = feed.first().await["seq"].to_string();
    replica.submit("One").await;
    feed.until("registration_created").await;
    stores.to_redis.cut();
    let mut health = Sse::of(&base, "/api/v1/events/health", &replica.user_token).await;
    while health.until("system_health").await["payload"]["status"] != json!("degraded") {}
    replica.submit("Two").await;
    assert_eq!(feed.until("registration_created").await["payload"]["endpoint_name"], "Two");
    let headers = [("last-event-id", first.as_str())];
    let mut again = Sse::with(&base, TOPIC, &replica.user_token, &headers).await;
    let told = again.take("registration_created", 2).await;
    assert_eq!(told[1]["payload"]["endpoint_name"], "Two");
}
