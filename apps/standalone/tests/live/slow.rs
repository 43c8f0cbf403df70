//! A client that does not read is let go, and hurts nobody else.

use registry_testkit::eventually;
use serde_json::json;
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, client_async};

use crate::support::{Registry, Socket, Sse};

/// More than the queue of a client, the buffers of its connection, and those of the system hold.
const EVENTS: usize = 900;

#[tokio::test]
async fn a_slow_client_is_dropped_with_1013_and_comes_back_without_a_gap() {
    let registry = Registry::start().await;
    let base = registry.program.service_url();
    let mut quick = Sse::of(&base, "/api/v1/events/registrations", &registry.user_token).await;
    quick.first().await;
    let mut slow = socket_with_small_buffers(&registry).await;

    let submitting = async {
        for number in 0..EVENTS {
            // Long addresses make long frames, which fill buffers soon.
            let draft = json!({
                "endpoint_url": format!("http://127.0.0.1:1/{number}/{}", "x".repeat(1900)),
                "endpoint_name": format!("Server {number}"),
                "owner_contact": "Team Weather",
            });
            registry.user.post("/registrations", &draft).await.expect(201);
        }
    };
    let (told, ()) = tokio::join!(quick.take("registration_created", EVENTS), submitting);
    assert_eq!(told.len(), EVENTS, "nobody else is hurt");
    eventually("the slow client is dropped", async || {
        let logs = registry.program.logs();
        logs.iter().any(|line| line.to_string().contains("too slow")).then_some(())
    })
    .await;

    let mut names = Vec::new();
    let mut last = String::new();
    let end = loop {
        match slow.next().await {
            Ok(frame) => {
                if frame["seq"].is_i64() {
                    last = frame["seq"].to_string();
                }
                if frame["type"] == "registration_created" {
                    names.push(frame["payload"]["endpoint_name"].as_str().unwrap().to_owned());
                }
            }
            Err(end) => break end,
        }
    };
    assert_eq!(end.0, 1013, "{}", end.1);
    assert!(names.len() < EVENTS, "it was not told everything");

    let path = format!("/ws/registrations?last_event_id={last}");
    let mut again = Socket::of(&base, &path, &registry.user_token).await;
    while names.len() < EVENTS {
        let frame = again.until("registration_created").await;
        names.push(frame["payload"]["endpoint_name"].as_str().unwrap().to_owned());
    }
    let all: Vec<String> = (0..EVENTS).map(|number| format!("Server {number}")).collect();
    assert_eq!(names, all, "each once and in order");
}

async fn socket_with_small_buffers(registry: &Registry) -> Socket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let address = registry.program.service_url().replacen("http://", "", 1);
    let stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let url = format!("ws://{address}/ws/registrations");
    let mut request = url.into_client_request().unwrap();
    let bearer = format!("Bearer {}", registry.user_token);
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    let (stream, _) = client_async(request, MaybeTlsStream::Plain(stream)).await.unwrap();
    let mut socket = Socket { stream, protocol: None };
    assert_eq!(socket.next().await.unwrap()["type"], "connection_status");
    socket
}
