//! `send`: how a connection comes about, or does not.

use registry_domain::endpoint::{EgressPolicy, EndpointUrl};
use registry_domain::manifest::FaultClass;
use registry_domain::ports::Upstream;
use registry_upstream::{HttpUpstream, UpstreamSettings};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::permits::{BRIEF, PATIENT, message, permit, whole};
use crate::support::{Answering, Scripted, client, json};

#[tokio::test]
async fn a_refused_connection_has_sent_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let endpoint = EndpointUrl::parse(&format!("http://{address}/mcp")).unwrap();
    let failure = client().send(&permit(endpoint), message(PATIENT)).await.unwrap_err();
    assert_eq!((failure.class, failure.request_sent), (FaultClass::Unreachable, false));
}

#[tokio::test]
async fn addresses_that_may_not_be_called_are_not_called() {
    for url in [
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:169.254.169.254]/",
        "http://0xa9fea9fe/",
    ] {
        let endpoint = EndpointUrl::parse(url).unwrap();
        let failure = client().send(&permit(endpoint), message(PATIENT)).await.unwrap_err();
        assert_eq!(failure.class, FaultClass::AddressForbidden, "{url}");
        assert!(!failure.request_sent, "{url}");
    }
    let upstream = Answering::with(|_| json(200, "{}")).await;
    let public = HttpUpstream::new(UpstreamSettings {
        egress: EgressPolicy::Public,
        ..UpstreamSettings::for_testing()
    });
    let failure = public.send(&permit(upstream.endpoint()), message(PATIENT)).await.unwrap_err();
    assert_eq!((failure.class, failure.request_sent), (FaultClass::AddressForbidden, false));
    assert!(upstream.seen().is_empty());
}

#[tokio::test]
async fn a_server_without_tls_fails_the_handshake() {
    let upstream = Scripted::run(|mut connection| async move {
        connection.write("HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    let endpoint = EndpointUrl::parse(&format!("https://{}/mcp", upstream.address)).unwrap();
    let failure = client().send(&permit(endpoint), message(PATIENT)).await.unwrap_err();
    assert_eq!((failure.class, failure.request_sent), (FaultClass::TlsFailed, false));
}

#[tokio::test]
async fn a_handshake_that_hangs_times_out_with_nothing_sent() {
    let upstream = Scripted::run(|mut connection| async move { connection.closed().await }).await;
    let endpoint = EndpointUrl::parse(&format!("https://{}/mcp", upstream.address)).unwrap();
    let impatient = HttpUpstream::new(UpstreamSettings {
        connect_timeout: BRIEF,
        ..UpstreamSettings::for_testing()
    });
    for timeout in [PATIENT, BRIEF / 2] {
        let failure =
            impatient.send(&permit(endpoint.clone()), message(timeout)).await.unwrap_err();
        assert_eq!((failure.class, failure.request_sent), (FaultClass::Timeout, false));
    }
}

#[tokio::test]
async fn sequential_calls_reuse_one_connection() {
    let upstream = Answering::with(|_| json(200, "{}")).await;
    let (client, permit) = (client(), permit(upstream.endpoint()));
    for _ in 0..5 {
        whole(client.send(&permit, message(PATIENT)).await.unwrap()).await;
        // The connection goes back to the pool in a task of its own: let it run.
        tokio::task::yield_now().await;
    }
    let connections: Vec<usize> = upstream.seen().iter().map(|seen| seen.connection).collect();
    assert_eq!(connections, [1; 5]);
}

#[tokio::test]
async fn a_server_that_moved_is_called_where_it_is_now() {
    let (old, new) = (
        Answering::with(|_| json(200, "\"old\"")).await,
        Answering::with(|_| json(200, "\"new\"")).await,
    );
    let client = client();
    for (upstream, expected) in [(&old, b"\"old\""), (&new, b"\"new\"")] {
        let reply = client.send(&permit(upstream.endpoint()), message(PATIENT)).await.unwrap();
        assert_eq!(whole(reply).await, expected);
    }
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_not_used() {
    let (closed, mut told) = mpsc::channel(1);
    let upstream = Scripted::run(move |mut connection| {
        let closed = closed.clone();
        async move {
            connection.request().await;
            connection.write(&json(200, "{}")).await;
            connection.finish().await;
            connection.closed().await;
            closed.send(()).await.unwrap();
        }
    })
    .await;
    let (client, permit) = (client(), permit(upstream.endpoint()));
    for _ in 0..3 {
        whole(client.send(&permit, message(PATIENT)).await.unwrap()).await;
        told.recv().await.unwrap();
    }
}
