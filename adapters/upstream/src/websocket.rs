//! WebSocket: one JSON-RPC message per text frame, subprotocol `mcp`.
//!
//! In no revision of the protocol, but spoken by older SDKs. The connection is made by the same
//! guarded connector as every other; the library only speaks on it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use http::header::{SEC_WEBSOCKET_PROTOCOL, USER_AGENT};
use http::{HeaderValue, Uri};
use hyper_util::rt::TokioIo;
use registry_domain::endpoint::EndpointUrl;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{Dial, UpstreamFailure};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::Error;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use tower_service::Service;

use crate::connect::{self, Stream};
use crate::fault::{self, ConnectFault, failure, of_answer};
use crate::http_upstream::HttpUpstream;
use crate::link::{self, Link, Outbox};
use crate::tokens::Shown;

const SUBPROTOCOL: HeaderValue = HeaderValue::from_static("mcp");
/// How long the goodbye may take.
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);

/// A WebSocket.
pub(crate) struct SocketConnection {
    socket: WebSocketStream<TokioIo<Stream>>,
    ping_interval: Duration,
    idle_timeout: Duration,
}

impl SocketConnection {
    /// Connects and shakes hands, with what opens the server. One that does not take our token is
    /// shown a new one, once.
    ///
    /// # Errors
    /// The class of fault.
    pub(crate) async fn open(http: &HttpUpstream, dial: Dial<'_>) -> Result<Self, UpstreamFailure> {
        let Some(credential) = dial.credential else {
            return Self::shake_hands(http, dial.endpoint, None).await;
        };
        let mut is_new = false;
        loop {
            let shown = http.tokens.shown(credential).await?;
            match Self::shake_hands(http, dial.endpoint, Some(&shown)).await {
                Err(refusal) if refusal.class == FaultClass::AuthorizationRequired => {
                    if is_new || !http.tokens.forget(credential, &shown) {
                        let detail = "the server does not take its credential";
                        return Err(of_answer(FaultClass::CredentialRefused, detail));
                    }
                    is_new = true;
                }
                done => return done,
            }
        }
    }

    async fn shake_hands(
        http: &HttpUpstream,
        endpoint: &EndpointUrl,
        shown: Option<&Shown>,
    ) -> Result<Self, UpstreamFailure> {
        let settings = &http.settings;
        settings.egress.check(endpoint).map_err(|_| ConnectFault::Forbidden.into_failure())?;
        let unspeakable =
            || failure(FaultClass::Unreachable, "the address cannot be written in HTTP", false);
        let mut request =
            endpoint.url().as_str().into_client_request().map_err(|_| unspeakable())?;
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL);
        request.headers_mut().insert(USER_AGENT, http.agent.clone());
        if let Some(shown) = shown {
            request.headers_mut().insert(shown.name.clone(), shown.value.clone());
        }
        let dialled = over_http(request.uri()).ok_or_else(unspeakable)?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(settings.max_message_bytes))
            .max_frame_size(Some(settings.max_message_bytes));
        let opening = async {
            let mut connector = connect::connector(settings);
            let stream = connector.call(dialled).await.map_err(ConnectFault::into_failure)?;
            client_async_with_config(request, TokioIo::new(stream), Some(config))
                .await
                .map_err(|error| refused(&error))
        };
        let (socket, _) = tokio::time::timeout(settings.request_timeout, opening)
            .await
            .unwrap_or_else(|_| Err(fault::too_slow(true)))?;
        let (ping_interval, idle_timeout) = (settings.ping_interval, settings.link_idle_timeout);
        Ok(Self { socket, ping_interval, idle_timeout })
    }

    /// Carries messages until one side ends.
    pub(crate) async fn run(mut self, link: &Link, outbox: &mut Outbox) -> UpstreamFailure {
        let (failure, goodbye) = self.carry(link, outbox).await;
        if let Some(code) = goodbye {
            let frame = CloseFrame { code, reason: Utf8Bytes::from_static("") };
            let closing = async {
                self.socket.close(Some(frame)).await?;
                while self.socket.next().await.transpose()?.is_some() {}
                Ok::<(), Error>(())
            };
            // A server that does not answer the goodbye is left without one.
            let _ = tokio::time::timeout(GOODBYE_WITHIN, closing).await;
        }
        failure
    }

    async fn carry(
        &mut self,
        link: &Link,
        outbox: &mut Outbox,
    ) -> (UpstreamFailure, Option<CloseCode>) {
        let mut beat =
            tokio::time::interval_at(Instant::now() + self.ping_interval, self.ping_interval);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_heard = true;
        loop {
            tokio::select! {
                () = link.ended() => return (link::lost(true), Some(CloseCode::Normal)),
                said = self.socket.next() => {
                    is_heard = true;
                    let text = match said {
                        Some(Ok(Message::Text(text))) => Bytes::from(text),
                        Some(Ok(Message::Close(frame))) => {
                            return (closed(frame.map(|frame| frame.code.into())), None);
                        }
                        Some(Ok(Message::Binary(_))) => {
                            let detail = "the server sent a binary frame";
                            let failure = of_answer(FaultClass::ProtocolViolation, detail);
                            return (failure, Some(CloseCode::Unsupported));
                        }
                        Some(Ok(_)) => continue,
                        Some(Err(error)) => return broken(&error),
                        None => return (closed(None), None),
                    };
                    match link.arrived(&text) {
                        Ok(None) => {}
                        Ok(Some(answer)) => {
                            if let Err(failure) = self.put(answer).await {
                                return (failure, None);
                            }
                        }
                        Err(failure) => return (failure, Some(CloseCode::Invalid)),
                    }
                }
                Some(outgoing) = outbox.recv() => {
                    let left = self.put(outgoing.message).await;
                    let failed = left.clone().err();
                    // Who gave up meanwhile needs no telling.
                    let _ = outgoing.left.send(left);
                    if let Some(failure) = failed {
                        return (failure, None);
                    }
                }
                _ = beat.tick() => {
                    if link.idle_for() >= self.idle_timeout {
                        return (link::lost(true), Some(CloseCode::Normal));
                    }
                    if !is_heard {
                        let detail = "the server does not answer a ping";
                        return (of_answer(FaultClass::Timeout, detail), Some(CloseCode::Away));
                    }
                    is_heard = false;
                    if self.socket.send(Message::Ping(Bytes::new())).await.is_err() {
                        return (link::lost(true), None);
                    }
                }
            }
        }
    }

    async fn put(&mut self, message: Bytes) -> Result<(), UpstreamFailure> {
        let text = Utf8Bytes::try_from(message).map_err(|_| {
            failure(FaultClass::ProtocolViolation, "the message is not UTF-8", false)
        })?;
        let sending = self.socket.send(Message::Text(text));
        match tokio::time::timeout(self.ping_interval, sending).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(link::lost(true)),
            Err(_) => Err(fault::too_slow(true)),
        }
    }
}

/// The address as the connector takes it: it knows `http` and `https`.
fn over_http(uri: &Uri) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    let scheme = match uri.scheme_str()? {
        "wss" => http::uri::Scheme::HTTPS,
        _ => http::uri::Scheme::HTTP,
    };
    parts.scheme = Some(scheme);
    Uri::from_parts(parts).ok()
}

/// Why there is no WebSocket.
fn refused(error: &Error) -> UpstreamFailure {
    match error {
        Error::Http(response) => {
            let status = response.status().as_u16();
            let (class, detail) = match status {
                401 | 403 => (FaultClass::AuthorizationRequired, "asks for credentials"),
                500.. => (FaultClass::ServerError, "answers with an error"),
                _ => (FaultClass::WrongTransport, "opens no WebSocket"),
            };
            of_answer(class, format!("the server {detail} ({status})"))
        }
        Error::Protocol(_) => of_answer(
            FaultClass::WrongTransport,
            "the server does not open a WebSocket of the subprotocol \"mcp\"",
        ),
        _ => of_answer(FaultClass::Unreachable, "the connection broke before it was a WebSocket"),
    }
}

/// A number only: what a server says beside it is not repeated.
fn closed(code: Option<u16>) -> UpstreamFailure {
    let detail = match code {
        Some(code) => format!("the server closed the WebSocket (code {code})"),
        None => "the server closed the connection".to_owned(),
    };
    of_answer(FaultClass::Unreachable, detail)
}

fn broken(error: &Error) -> (UpstreamFailure, Option<CloseCode>) {
    match error {
        Error::Capacity(_) => (
            of_answer(FaultClass::ProtocolViolation, "a message is longer than we read"),
            Some(CloseCode::Size),
        ),
        Error::Utf8(_) => (
            of_answer(FaultClass::ProtocolViolation, "a message is not UTF-8"),
            Some(CloseCode::Invalid),
        ),
        Error::Protocol(_) => (
            of_answer(FaultClass::ProtocolViolation, "the server breaks the rules of WebSocket"),
            Some(CloseCode::Protocol),
        ),
        _ => (link::lost(true), None),
    }
}
