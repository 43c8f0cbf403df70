//! The transports that have connections: HTTP+SSE, WebSocket, and programs.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use registry_domain::credential::{Credential, CredentialSecret};
use registry_domain::endpoint::{EndpointUrl, Transport};
use registry_domain::id::{Alias, Revision, ServerId};
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{
    Dial, MessageHead, OpenedUpstream, ReplyShape, Secret, Upstream, UpstreamEra, UpstreamRequest,
};
use registry_testkit::upstreams::{Conduct, Peer};
use registry_upstream::{Links, ProgramSpec, UpstreamSettings, Upstreams};
use serde_json::{Value, json};
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::permits::{permit, whole};

fn client(settings: UpstreamSettings) -> Upstreams {
    let links = Links::new(settings.clone(), Handle::current(), Vec::new());
    Upstreams::new(settings, links)
}

fn old(peer: &Peer) -> EndpointUrl {
    EndpointUrl::parse(&peer.url()).unwrap().dialled_over(Transport::Sse)
}

fn socket(peer: &Peer) -> EndpointUrl {
    EndpointUrl::parse(&peer.url()).unwrap()
}

fn request(opened: &OpenedUpstream, id: &str, tool: &str, text: &str) -> UpstreamRequest {
    let body = json!({
        "jsonrpc": "2.0", "id": id, "method": "tools/call",
        "params": {"name": tool, "arguments": {"text": text}, "_meta": {"progressToken": 7}},
    });
    let head = match opened.era {
        UpstreamEra::Legacy => {
            MessageHead { session: opened.session.clone(), ..MessageHead::default() }
        }
        UpstreamEra::Modern => MessageHead::default(),
    };
    let patience = Duration::from_secs(5);
    UpstreamRequest {
        head,
        body: Bytes::from(body.to_string()),
        credential: None,
        timeout: patience,
        pause: patience,
    }
}

/// What a tool says, and how its answer came.
async fn says(
    client: &Upstreams,
    at: &EndpointUrl,
    request: UpstreamRequest,
) -> (ReplyShape, String) {
    let reply = client.send(&permit(at.clone()), request).await.unwrap();
    assert_eq!(reply.status, 200);
    let shape = reply.shape;
    (shape, String::from_utf8(whole(reply).await).unwrap())
}

#[tokio::test]
async fn each_transport_is_opened_probed_discovered_and_called() {
    let peers = [
        (Peer::of_events(Conduct::Legacy), Transport::Sse, UpstreamEra::Legacy),
        (Peer::of_sockets(Conduct::Legacy), Transport::Websocket, UpstreamEra::Legacy),
        (Peer::of_sockets(Conduct::Touchy), Transport::Websocket, UpstreamEra::Legacy),
        (Peer::of_sockets(Conduct::Modern), Transport::Websocket, UpstreamEra::Modern),
    ];
    for (peer, transport, era) in peers {
        let client = client(UpstreamSettings::for_testing());
        let at = EndpointUrl::parse(&peer.url()).unwrap().dialled_over(transport);
        client.probe(Dial::plainly(&at)).await.unwrap();
        let manifest = client.discover(Dial::plainly(&at)).await.unwrap();
        assert_eq!(manifest.definitions().len(), 8, "{transport:?}");
        let opened = client.open(Dial::plainly(&at)).await.unwrap();
        assert_eq!(opened.era, era);
        let (shape, text) = says(&client, &at, request(&opened, "a", "echo", "hi")).await;
        assert_eq!(shape, ReplyShape::Json);
        let answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(answer["id"], "a");
        assert_eq!(answer["result"]["content"][0]["text"], "hi");
        let (shape, text) = says(&client, &at, request(&opened, "b", "steps", "done")).await;
        assert_eq!(shape, ReplyShape::EventStream);
        assert_eq!(text.matches(r#""progressToken":7"#).count(), 2, "{text}");
        assert!(text.contains("done"), "{text}");
    }
}

fn credential(value: &str, revision: Revision) -> Arc<Credential> {
    let name = "authorization".to_owned();
    Arc::new(Credential {
        server: ServerId(Uuid::from_u128(1)),
        set_at: Timestamp::UNIX_EPOCH,
        revision,
        secret: Ok(CredentialSecret::Header { name, value: Secret::new(value.to_owned()) }),
    })
}

#[tokio::test]
async fn a_credential_goes_with_the_connection_that_it_opens_and_with_no_other() {
    for (peer, transport) in [
        (Peer::of_events(Conduct::Legacy), Transport::Sse),
        (Peer::of_sockets(Conduct::Legacy), Transport::Websocket),
        (Peer::of_sockets(Conduct::Modern), Transport::Websocket),
    ] {
        let client = client(UpstreamSettings::for_testing());
        let at = EndpointUrl::parse(&peer.url()).unwrap().dialled_over(transport);
        let (kept, anew) = (
            credential("Bearer one", Revision::FIRST),
            credential("Bearer two", Revision::FIRST.next()),
        );
        let with =
            |opened: &OpenedUpstream, credential: Option<&Arc<Credential>>| UpstreamRequest {
                credential: credential.cloned(),
                ..request(opened, "a", "echo", "hi")
            };
        let opened = client.open(Dial::with(&at, Some(&kept))).await.unwrap();
        says(&client, &at, with(&opened, Some(&kept))).await;
        assert!(peer.shown().iter().all(|shown| shown == "Bearer one"), "{:?}", peer.shown());

        // Whoever comes without it, or with another one, is on no connection that it opened.
        for other in [None, Some(&anew)] {
            let reply = client.send(&permit(at.clone()), with(&opened, other)).await.unwrap();
            assert_eq!(reply.status, 404, "{transport:?}");
        }
        let so_far = peer.shown().len();
        let plain = client.open(Dial::plainly(&at)).await.unwrap();
        assert_ne!(plain.session, opened.session);
        says(&client, &at, with(&plain, None)).await;
        let shown = peer.shown().split_off(so_far);
        assert!(!shown.is_empty() && shown.iter().all(String::is_empty), "{shown:?}");
    }
}

#[tokio::test]
async fn what_is_under_way_on_a_lost_connection_fails_and_its_session_is_unknown_then() {
    let (events, sockets) = (Peer::of_events(Conduct::Legacy), Peer::of_sockets(Conduct::Legacy));
    for at in [old(&events), socket(&sockets)] {
        let client = client(UpstreamSettings::for_testing());
        let opened = client.open(Dial::plainly(&at)).await.unwrap();
        let lost =
            client.send(&permit(at.clone()), request(&opened, "a", "die", "")).await.unwrap_err();
        assert_eq!(lost.class, FaultClass::Unreachable, "{lost}");
        assert!(lost.request_sent);
        let later =
            client.send(&permit(at.clone()), request(&opened, "b", "echo", "x")).await.unwrap();
        assert_eq!(later.status, 404);
        let again = client.open(Dial::plainly(&at)).await.unwrap();
        assert_ne!(again.session, opened.session);
        assert!(says(&client, &at, request(&again, "c", "echo", "x")).await.1.contains('x'));
    }
}

#[tokio::test]
async fn a_message_that_is_too_long_or_none_ends_the_connection_and_the_server_is_told_why() {
    let peer = Peer::of_sockets(Conduct::Legacy);
    let client = client(UpstreamSettings::for_testing());
    let at = socket(&peer);
    for (tool, text) in [("noise", ""), ("long", "70000")] {
        let opened = client.open(Dial::plainly(&at)).await.unwrap();
        let call = request(&opened, "a", tool, text);
        let failure = client.send(&permit(at.clone()), call).await.unwrap_err();
        assert_eq!(failure.class, FaultClass::ProtocolViolation, "{failure}");
    }
    registry_testkit::eventually("the server was told", async || {
        let closed: Vec<u16> = peer.closed().into_iter().filter(|code| *code != 1000).collect();
        (closed == [1007, 1009]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_address_for_messages_elsewhere_is_refused_and_nothing_is_sent() {
    let peer = Peer::of_events_naming(Conduct::Legacy, "http://127.0.0.2:1/messages");
    let client = client(UpstreamSettings::for_testing());
    let refused = client.open(Dial::plainly(&old(&peer))).await.unwrap_err();
    assert_eq!(refused.class, FaultClass::ProtocolViolation, "{refused}");
    assert!(refused.detail.contains("another origin"));
}

#[tokio::test]
async fn an_address_of_http_is_tried_over_the_older_transport_where_that_is_on() {
    let peer = Peer::of_events(Conduct::Legacy);
    let at = EndpointUrl::parse(&peer.url()).unwrap();
    let on = client(UpstreamSettings::for_testing());
    assert_eq!(on.discover(Dial::plainly(&at)).await.unwrap().definitions().len(), 8);
    let opened = on.open(Dial::plainly(&at)).await.unwrap();
    assert!(says(&on, &at, request(&opened, "a", "echo", "old")).await.1.contains("old"));
    let off = client(UpstreamSettings { legacy_sse: false, ..UpstreamSettings::for_testing() });
    let refused = off.discover(Dial::plainly(&at)).await.unwrap_err();
    assert_eq!(refused.class, FaultClass::WrongTransport);
    assert!(refused.detail.contains("MREG_ENABLE_LEGACY_SSE"), "{refused}");
}

#[tokio::test]
async fn addresses_of_sockets_and_streams_go_through_the_guard() {
    let public = UpstreamSettings {
        egress: registry_domain::endpoint::EgressPolicy::Public,
        ..UpstreamSettings::for_testing()
    };
    let client = client(public);
    let (sockets, events) = (Peer::of_sockets(Conduct::Legacy), Peer::of_events(Conduct::Legacy));
    for at in [socket(&sockets), old(&events)] {
        assert_eq!(
            client.open(Dial::plainly(&at)).await.unwrap_err().class,
            FaultClass::AddressForbidden
        );
    }
    assert_eq!(sockets.connections() + events.connections(), 0);
}

#[tokio::test]
async fn connections_are_bounded_and_the_idlest_makes_room() {
    let peer = Peer::of_sockets(Conduct::Legacy);
    let client = client(UpstreamSettings { max_links: 2, ..UpstreamSettings::for_testing() });
    let at = socket(&peer);
    let mut opened = Vec::new();
    for _ in 0..3 {
        opened.push(client.open(Dial::plainly(&at)).await.unwrap());
    }
    let first =
        client.send(&permit(at.clone()), request(&opened[0], "a", "echo", "x")).await.unwrap();
    assert_eq!(first.status, 404, "the idlest was ended");
    assert!(says(&client, &at, request(&opened[2], "b", "echo", "x")).await.1.contains('x'));
}

#[tokio::test]
async fn a_program_is_started_when_it_is_needed_and_ended_at_the_end() {
    // As much of a server as a shell can be: it answers whatever asks by what it is asked to say.
    let script = r#"while read -r line; do case "$line" in
        *server/discover*) id=$(echo "$line" | sed 's/.*"id":\([0-9]*\).*/\1/'); echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"error\":{\"code\":-32601,\"message\":\"no\"}}";;
        *'"initialize"'*) id=$(echo "$line" | sed 's/.*"id":\([0-9]*\).*/\1/'); echo noise; echo "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":{\"protocolVersion\":\"2025-06-18\",\"capabilities\":{}}}";;
        *tools/call*) echo "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{\"env\":\"$(env | grep -c ^HOME=)$WORD\"}}";;
    esac; done; echo ended > "$FILE""#;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ended");
    let spec = ProgramSpec {
        alias: Alias::parse("shell").unwrap(),
        command: "/bin/sh".to_owned(),
        args: vec!["-c".to_owned(), script.to_owned()],
        env: vec![
            ("WORD".to_owned(), "word".to_owned()),
            ("FILE".to_owned(), file.to_str().unwrap().to_owned()),
        ],
        folder: Some(folder.path().to_owned()),
    };
    let settings = UpstreamSettings::for_testing();
    let links = Links::new(settings.clone(), Handle::current(), vec![spec]);
    let client = Upstreams::new(settings, Arc::clone(&links));
    let at = EndpointUrl::of_program("shell").unwrap();
    let opened = client.open(Dial::plainly(&at)).await.unwrap();
    assert_eq!(opened.revision, "2025-06-18");
    assert_eq!(
        client.open(Dial::plainly(&at)).await.unwrap().session,
        opened.session,
        "it is everybody's"
    );
    let (_, text) = says(&client, &at, request(&opened, "a", "echo", "a\nb")).await;
    assert!(text.contains("\"env\":\"0word\""), "{text}");
    let unknown = EndpointUrl::of_program("other").unwrap();
    assert_eq!(
        client.open(Dial::plainly(&unknown)).await.unwrap_err().class,
        FaultClass::Unreachable
    );
    links.finish().await;
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "ended\n");
}
