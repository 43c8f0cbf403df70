//! `send`: one message out, the reply part by part.

use std::sync::Arc;

use futures_util::StreamExt;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{MessageHead, ReplyShape, Upstream, UpstreamRequest};
use tokio::sync::mpsc;

use crate::permits::{BRIEF, PATIENT, message, permit, whole};
use crate::support::{Answering, Scripted, client, json, response};

#[tokio::test]
async fn the_message_and_its_head_go_out_and_nothing_else() {
    let upstream = Answering::with(|_| json(200, "{}")).await;
    let head = MessageHead {
        revision: Some("2026-07-28".to_owned()),
        session: Some("s-1".to_owned()),
        method: Some("tools/call".to_owned()),
        name: Some("größe".to_owned()),
        params: vec![
            ("Mcp-Param-Region".to_owned(), "eu".to_owned()),
            ("Authorization".to_owned(), "Bearer secret".to_owned()),
        ],
        traceparent: None,
        hops: 0,
    };
    let request = UpstreamRequest { head, ..message(PATIENT) };
    let reply = client().send(&permit(upstream.endpoint()), request).await.unwrap();
    assert_eq!((reply.status, reply.shape), (200, ReplyShape::Json));
    assert_eq!(whole(reply).await, b"{}");

    let seen = &upstream.seen()[0];
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/mcp"));
    assert_eq!(seen.body, r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#);
    let mut names: Vec<&str> = seen.headers.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "content-length",
            "content-type",
            "host",
            "mcp-method",
            "mcp-name",
            "mcp-param-region",
            "mcp-protocol-version",
            "mcp-session-id",
            "user-agent",
        ]
    );
    for (name, value) in [
        ("accept", "application/json, text/event-stream"),
        ("content-type", "application/json"),
        ("host", upstream.endpoint().url().authority()),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-session-id", "s-1"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "=?base64?Z3LDtsOfZQ==?="),
        ("mcp-param-region", "eu"),
    ] {
        assert_eq!(seen.header(name), Some(value), "{name}");
    }
}

#[tokio::test]
async fn first_chunk_arrives_before_the_last_is_sent() {
    let (go_on, wait) = mpsc::channel::<()>(1);
    let wait = Arc::new(tokio::sync::Mutex::new(wait));
    let upstream = Scripted::run(move |mut connection| {
        let wait = Arc::clone(&wait);
        async move {
            connection.request().await;
            connection
                .write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
                .await;
            connection.chunk("data: 1\n\n").await;
            wait.lock().await.recv().await;
            connection.chunk("data: 2\n\n").await;
            connection.write("0\r\n\r\n").await;
        }
    })
    .await;
    let mut reply = client().send(&permit(upstream.endpoint()), message(PATIENT)).await.unwrap();
    assert_eq!(reply.shape, ReplyShape::EventStream);
    assert_eq!(reply.body.next().await.unwrap().unwrap(), "data: 1\n\n");
    go_on.send(()).await.unwrap();
    assert_eq!(reply.body.next().await.unwrap().unwrap(), "data: 2\n\n");
    assert!(reply.body.next().await.is_none());
}

#[tokio::test]
async fn dropping_the_reply_closes_the_upstream() {
    let (closed, mut told) = mpsc::channel(1);
    let upstream = Scripted::run(move |mut connection| {
        let closed = closed.clone();
        async move {
            connection.request().await;
            connection.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
            connection.chunk("first").await;
            connection.closed().await;
            closed.send(()).await.unwrap();
        }
    })
    .await;
    let client = client();
    let mut reply = client.send(&permit(upstream.endpoint()), message(PATIENT)).await.unwrap();
    reply.body.next().await.unwrap().unwrap();
    drop(reply);
    tokio::time::timeout(PATIENT, told.recv()).await.unwrap().unwrap();
}

#[tokio::test]
async fn giving_up_on_the_head_closes_the_upstream() {
    let (closed, mut told) = mpsc::channel(1);
    let upstream = Scripted::run(move |mut connection| {
        let closed = closed.clone();
        async move {
            connection.request().await;
            connection.closed().await;
            closed.send(()).await.unwrap();
        }
    })
    .await;
    let client = client();
    let failure = client.send(&permit(upstream.endpoint()), message(BRIEF)).await.unwrap_err();
    assert_eq!((failure.class, failure.request_sent), (FaultClass::Timeout, true));
    tokio::time::timeout(PATIENT, told.recv()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_body_that_stalls_times_out_after_what_came() {
    let upstream = Scripted::run(|mut connection| async move {
        connection.request().await;
        connection.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
        connection.closed().await;
    })
    .await;
    let mut reply = client().send(&permit(upstream.endpoint()), message(BRIEF)).await.unwrap();
    assert_eq!(reply.body.next().await.unwrap().unwrap(), "half");
    let failure = reply.body.next().await.unwrap().unwrap_err();
    assert_eq!((failure.class, failure.request_sent), (FaultClass::Timeout, true));
    assert!(reply.body.next().await.is_none());
}

#[tokio::test]
async fn a_connection_that_breaks_is_said_to_have_carried_the_request() {
    let upstream = Scripted::run(|mut connection| async move {
        connection.request().await;
    })
    .await;
    let failure = client().send(&permit(upstream.endpoint()), message(PATIENT)).await.unwrap_err();
    assert_eq!((failure.class, failure.request_sent), (FaultClass::Unreachable, true));

    let upstream = Scripted::run(|mut connection| async move {
        connection.request().await;
        connection.write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
    })
    .await;
    let mut reply = client().send(&permit(upstream.endpoint()), message(PATIENT)).await.unwrap();
    assert_eq!(reply.body.next().await.unwrap().unwrap(), "half");
    let failure = reply.body.next().await.unwrap().unwrap_err();
    assert_eq!((failure.class, failure.request_sent), (FaultClass::Unreachable, true));
}

#[tokio::test]
async fn what_is_not_http_is_not_mcp() {
    let upstream = Scripted::run(|mut connection| async move {
        connection.request().await;
        connection.write("SSH-2.0-OpenSSH_9.2\r\n\r\n").await;
        connection.closed().await;
    })
    .await;
    let failure = client().send(&permit(upstream.endpoint()), message(PATIENT)).await.unwrap_err();
    assert_eq!((failure.class, failure.request_sent), (FaultClass::NotMcp, true));
}

#[tokio::test]
async fn redirects_are_answers_not_ways() {
    let upstream = Answering::with(|_| {
        response(307, "text/plain", "location: http://169.254.169.254/\r\n", "")
    })
    .await;
    let reply = client().send(&permit(upstream.endpoint()), message(PATIENT)).await.unwrap();
    assert_eq!((reply.status, reply.shape), (307, ReplyShape::Other));
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn a_bad_status_is_a_reply() {
    let upstream = Answering::with(|_| json(404, r#"{"jsonrpc":"2.0","id":1,"error":{}}"#)).await;
    let reply = client().send(&permit(upstream.endpoint()), message(PATIENT)).await.unwrap();
    assert_eq!((reply.status, reply.shape), (404, ReplyShape::Json));
    assert_eq!(whole(reply).await, br#"{"jsonrpc":"2.0","id":1,"error":{}}"#);
}

#[tokio::test]
async fn a_large_answer_comes_whole() {
    let long = "x".repeat(5_000_000);
    let expected = long.clone();
    let upstream = Answering::with(move |_| json(200, &long)).await;
    let reply = client().send(&permit(upstream.endpoint()), message(PATIENT)).await.unwrap();
    assert_eq!(whole(reply).await, expected.as_bytes());
}
