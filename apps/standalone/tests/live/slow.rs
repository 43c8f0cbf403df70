//! A client that does not read is let go, and hurts nobody else.

use registry_testkit::{DEADLINE, eventually};
use tokio::net::TcpSocket;
use tokio_postgres::NoTls;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, client_async};

use crate::support::{Registry, Socket, Sse, Stores};

/// Events of eight kilobytes each: more than the queue of a client, the buffers of its connection
/// and those of the system hold.
const EVENTS: usize = 1500;

/// So many happen at once; a client that reads has room for them.
const AT_ONCE: usize = 50;

#[tokio::test]
async fn a_slow_client_is_dropped_with_1013_and_comes_back_without_a_gap() {
    let stores = Stores::new().await;
    let registry = stores.replica().await;
    let base = registry.program.service_url();
    let mut quick = Sse::of(&base, "/api/v1/events/registrations", &registry.user_token).await;
    quick.first().await;
    let mut slow = socket_with_small_buffers(&registry).await;

    for first in (0..EVENTS).step_by(AT_ONCE) {
        happen(&stores, first).await;
        let told = quick.take("registration_created", AT_ONCE).await;
        let names: Vec<&str> = told.iter().map(name).collect();
        let expected: Vec<String> = (first..first + AT_ONCE).map(nth).collect();
        assert_eq!(names, expected, "nobody else is hurt");
    }
    eventually("the slow client is dropped", async || {
        let logs = registry.program.logs();
        logs.iter().any(|line| line.to_string().contains("too slow")).then_some(())
    })
    .await;

    let mut names = Vec::new();
    let mut last = String::new();
    let end = loop {
        match slow.next().await {
            Ok(frame) if frame["type"] == "registration_created" => {
                last = frame["seq"].to_string();
                names.push(name(&frame).to_owned());
            }
            Ok(_) => {}
            Err(end) => break end,
        }
    };
    assert_eq!(end.0, 1013, "{}", end.1);
    assert!(names.len() < EVENTS, "it was not told everything");

    let path = format!("/ws/registrations?last_event_id={last}");
    let mut again = Socket::of(&base, &path, &registry.user_token).await;
    while names.len() < EVENTS {
        names.push(name(&again.until("registration_created").await).to_owned());
    }
    let all: Vec<String> = (0..EVENTS).map(nth).collect();
    assert_eq!(names, all, "each once and in order");
}

#[tokio::test]
async fn a_client_that_never_reads_holds_up_the_end_no_longer_than_the_settings_say() {
    let stores = Stores::new().await;
    let mut registry = stores.replica_with(&[("MREG_SHUTDOWN_TIMEOUT", "1")]).await;
    let stuck = socket_with_small_buffers(&registry).await;
    let is_stuck =
        || registry.program.logs().iter().any(|line| line.to_string().contains("too slow"));
    for first in (0..EVENTS).step_by(AT_ONCE) {
        happen(&stores, first).await;
        if is_stuck() {
            break;
        }
    }
    eventually("it is stuck", async || is_stuck().then_some(())).await;
    registry.program.terminate();
    // Half of the time that requests in flight have by default.
    let ended = tokio::time::timeout(DEADLINE / 2, registry.program.wait_exit()).await;
    assert_eq!(ended.expect("it ends").code(), Some(0));
    drop(stuck);
}

fn nth(number: usize) -> String {
    format!("Server {number}")
}

fn name(frame: &serde_json::Value) -> &str {
    crate::support::text(&frame["payload"], "endpoint_name")
}

/// Events as another replica writes them, faster than people submit.
async fn happen(stores: &Stores, first: usize) {
    let (client, connection) = tokio_postgres::connect(stores.database.url(), NoTls).await.unwrap();
    let last = first + AT_ONCE - 1;
    let insert = format!(
        "INSERT INTO events (event_id, kind, registration_id, tenant_id, metadata, at)
         SELECT gen_random_uuid(), 'RegistrationSubmitted', gen_random_uuid(), 'development',
                jsonb_build_object('endpoint_name', 'Server ' || number,
                                   'endpoint_url', repeat('x', 8000)), now()
         FROM generate_series({first}, {last}) number"
    );
    let asked = async {
        let client = client;
        client.batch_execute(&insert).await.unwrap();
    };
    let ((), _end) = tokio::join!(asked, connection);
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
