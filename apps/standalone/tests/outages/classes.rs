//! What is wrong with a server is told by class.

use deadpool_redis::redis::{Client, cmd};
use registry_testkit::{
    Authority, TlsDoor, eventually,
    upstreams::{Reply, RmcpOptions, RmcpServer, Scripted, ScriptedRequest},
};
use serde_json::{Value, json};

use crate::support::{Replica, Stores, draft};

const QUICK: &[(&str, &str)] =
    &[("MREG_HEALTH_CHECK_INTERVAL", "1"), ("MREG_HEALTH_CHECK_TIMEOUT", "1")];

type Answer = fn(&ScriptedRequest) -> Reply;

fn only_to_get(request: &ScriptedRequest, reply: Reply) -> Reply {
    if request.method == "GET" { reply } else { Reply::new(405, "text/plain", "") }
}

/// Servers, each with what it does to every request, and what a probe says of it.
const SCRIPTS: &[(&str, Answer, &str, &str)] = &[
    ("unauthorized", |_| Reply::new(401, "text/plain", ""), "degraded", "authorization_required"),
    ("forbidden", |_| Reply::new(403, "text/plain", ""), "degraded", "authorization_required"),
    ("page", |_| Reply::new(200, "text/html", "<p>SECRET</p>"), "unhealthy", "not_mcp"),
    ("json", |_| Reply::json(200, &json!({"SECRET": 1})), "unhealthy", "not_mcp"),
    ("elsewhere", |_| Reply::new(302, "text/html", ""), "unhealthy", "not_mcp"),
    ("closed", |_| Reply::new(405, "text/plain", ""), "unhealthy", "not_mcp"),
    ("failing", |_| Reply::new(503, "text/plain", "SECRET"), "unhealthy", "server_error"),
    ("hanging", |_| Reply::bytes().hang(), "unhealthy", "timeout"),
    ("endless", |_| Reply::sse().chunk(": SECRET\n\n").hang(), "unhealthy", "timeout"),
    ("socket", |_| Reply::new(426, "text/plain", ""), "unhealthy", "wrong_transport"),
    (
        "old",
        |request| only_to_get(request, Reply::sse().chunk("event: endpoint\ndata: /m\n\n").hang()),
        "unhealthy",
        "wrong_transport",
    ),
];

#[tokio::test]
async fn each_kind_of_trouble_is_told_apart_and_none_hangs() {
    let stores = Stores::new().await;
    let replica = Replica::start(&stores, QUICK).await;
    let mut upstreams = Vec::new();
    for (alias, answer, status, class) in SCRIPTS {
        let upstream = Scripted::start(answer);
        list(&replica, alias, &upstream.url()).await;
        upstreams.push((*alias, Some(upstream), *status, *class));
    }
    // Nothing listens at one address; at the other, nobody speaks TLS.
    list(&replica, "dead", "http://127.0.0.1:1/mcp").await;
    upstreams.push(("dead", None, "unhealthy", "unreachable"));
    let plain = replica.program.service_url().replace("http:", "https:");
    list(&replica, "plain", &format!("{plain}/mcp")).await;
    upstreams.push(("plain", None, "unhealthy", "tls_failed"));

    for (alias, _upstream, status, class) in &upstreams {
        let found = eventually(&format!("{alias} is found {status}"), async || {
            kept(&stores, alias).await.filter(|found| found["status"] == *status)
        })
        .await;
        assert_eq!(found["details"]["fault_class"], *class, "{alias}: {found}");
        assert!(!found.to_string().contains("SECRET"), "{alias}: {found}");
        let question = format!("SELECT health_status::text FROM servers WHERE alias = '{alias}'");
        let written: String = stores.rows(&question).await[0].get(0);
        assert_eq!(written, *status, "{alias}");
    }
}

#[tokio::test]
async fn a_certificate_that_cannot_be_trusted_is_a_failed_handshake_and_a_good_one_is_none() {
    let stores = Stores::new().await;
    let (ours, theirs) = (Authority::new(), Authority::new());
    let trusted = ours.file().display().to_string();
    let settings = [QUICK, &[("SSL_CERT_FILE", trusted.as_str())]].concat();
    let replica = Replica::start(&stores, &settings).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let behind = ([127, 0, 0, 1], upstream.port()).into();
    let mut doors = Vec::new();
    for (alias, certificate, status, class) in [
        ("good", ours.certificate("localhost"), "healthy", Value::Null),
        ("expired", ours.expired("localhost"), "unhealthy", json!("tls_failed")),
        ("misnamed", ours.certificate("elsewhere.example"), "unhealthy", json!("tls_failed")),
        ("unknown", theirs.certificate("localhost"), "unhealthy", json!("tls_failed")),
    ] {
        let door = TlsDoor::before(behind, &certificate);
        list(&replica, alias, &format!("https://localhost:{}/mcp", door.port())).await;
        doors.push((alias, door, status, class));
    }
    for (alias, _door, status, class) in &doors {
        let found = eventually(&format!("{alias} is found {status}"), async || {
            kept(&stores, alias).await.filter(|found| found["status"] == *status)
        })
        .await;
        assert_eq!(found["details"]["fault_class"], *class, "{alias}: {found}");
    }
}

/// Approves the server at `url` without waiting for what it offers: it may never say.
async fn list(replica: &Replica, alias: &str, url: &str) {
    let submitted = replica.registry().post("/registrations", &draft(alias, url)).await;
    let id = submitted.expect(201).json()["registration_id"].as_str().unwrap().to_owned();
    replica.approve(&id).await;
}

/// What Redis has of the last probe of a server.
async fn kept(stores: &Stores, alias: &str) -> Option<Value> {
    let query = format!("SELECT id::text FROM servers WHERE alias = '{alias}'");
    let id: String = stores.rows(&query).await.first()?.get(0);
    let client = Client::open(stores.redis.url()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let key = format!("{}health:{id}", stores.redis.prefix());
    let text: Option<String> = cmd("GET").arg(key).query_async(&mut redis).await.unwrap();
    Some(serde_json::from_str(&text?).unwrap())
}
