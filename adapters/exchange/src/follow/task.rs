//! The task that follows one server.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt;
use mcp_wire::asking;
use mcp_wire::heard::{Heard, heard};
use mcp_wire::message;
use mcp_wire::sse::FrameSplitter;
use registry_domain::caller::Permit;
use registry_domain::credential::Credential;
use registry_domain::federation::ServerRef;
use registry_domain::manifest::FaultClass;
use registry_domain::party::Party;
use registry_domain::ports::{
    MessageHead, OpenedUpstream, Reply, ReplyBody, ReplyShape, UpstreamEra, UpstreamFailure,
    UpstreamRequest,
};
use registry_domain::routing::ServerEntry;
use tokio::runtime::Handle;
use tokio::sync::{broadcast, watch};

use super::{News, Wanted};
use crate::client_sessions::ClientSession;
use crate::credentials;
use crate::exchange::Exchange;
use crate::forward::head_in_session;
use crate::upstream_sessions::{Behind, Who};

/// How long it is waited before a stream that broke is opened anew: at first, and at most.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// How long a stream may be silent until it is held to be dead.
const SILENCE: Duration = Duration::from_hours(1);
/// How often it is looked whether the server may still be followed.
const LOOKS: Duration = Duration::from_secs(30);

/// Why following has stopped.
enum Stopped {
    /// Nobody listens any more.
    Alone,
    /// Something else is to be listened to.
    Changed,
    /// The stream broke.
    Broke,
    /// There is no stream, or the server may not be followed now.
    NoStream,
}

/// Follows one server.
pub(super) struct Task {
    pub(super) exchange: Exchange,
    pub(super) door: String,
    pub(super) party: Party,
    pub(super) session: Option<Arc<ClientSession>>,
    pub(super) told: broadcast::Sender<News>,
    pub(super) wanted: watch::Receiver<Wanted>,
    /// What opens the server for the party.
    pub(super) credential: Option<Arc<Credential>>,
    /// The number of our last request.
    pub(super) asked: i64,
}

impl Task {
    pub(super) async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.follow(&mut pause).await {
                Stopped::Alone => return,
                Stopped::Changed => continue,
                Stopped::Broke => {}
                Stopped::NoStream => pause = LONGEST_PAUSE,
            }
            // Between half of it and all of it, so that those who lost a server do not come back
            // all at once.
            let chance = u32::try_from(self.exchange.ports.ids.next().as_u128() % 512).unwrap_or(0);
            let wait = pause.mul_f64(0.5 + f64::from(chance) / 1024.0);
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = alone(&mut self.wanted) => return,
            }
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }

    /// Opens the stream and tells what comes, until it stops.
    async fn follow(&mut self, pause: &mut Duration) -> Stopped {
        let Some(server) = self.server() else { return Stopped::NoStream };
        let Ok(upstream) = self.open(&server).await else { return Stopped::Broke };
        let wanted = self.wanted.borrow_and_update().clone();
        let opened = match upstream.era {
            UpstreamEra::Legacy => self.get(&server, &upstream).await,
            UpstreamEra::Modern => self.listen(&server, &upstream, &wanted).await,
        };
        let body = match opened {
            Ok(Reply { status: 200, shape: ReplyShape::EventStream, body }) => body,
            Ok(Reply { status: 404, .. }) if upstream.session.is_some() => {
                let behind = behind(self.session.as_deref());
                self.exchange.sessions.forget(server.of(), &self.party, behind, &upstream);
                return Stopped::Broke;
            }
            Ok(_) => return Stopped::NoStream,
            Err(failure) => {
                let own = credentials::personal(server.of(), &self.party);
                if let (Some((kept, caller)), Some(shown)) = (own, &self.credential)
                    && failure.class == FaultClass::CredentialRefused
                {
                    credentials::forget(&self.exchange, kept, caller, shown).await;
                }
                return Stopped::Broke;
            }
        };
        *pause = FIRST_PAUSE;
        self.hear(&server, &upstream, body, wanted).await
    }

    async fn hear(
        &mut self,
        server: &Permit<Arc<ServerEntry>>,
        upstream: &Arc<OpenedUpstream>,
        mut body: ReplyBody,
        wanted: Wanted,
    ) -> Stopped {
        let is_legacy = upstream.era == UpstreamEra::Legacy;
        let mut subscribed = BTreeSet::new();
        if is_legacy {
            self.subscribe(server, upstream, &wanted, &mut subscribed).await;
        }
        let mut frames = FrameSplitter::new(self.exchange.settings.max_event_bytes);
        let mut looks = tokio::time::interval(LOOKS);
        loop {
            while let Some(frame) = frames.next_frame() {
                let Ok(frame) = frame else { return Stopped::Broke };
                if self.tell(server, upstream, &frame.data).is_break() {
                    return Stopped::Broke;
                }
            }
            tokio::select! {
                part = body.next() => match part {
                    Some(Ok(part)) => frames.push(part),
                    Some(Err(_)) | None => return Stopped::Broke,
                },
                changed = self.wanted.changed() => {
                    if changed.is_err() {
                        if is_legacy && self.session.is_none() {
                            self.subscribe(server, upstream, &Wanted::new(), &mut subscribed).await;
                        }
                        return Stopped::Alone;
                    }
                    if !is_legacy {
                        return Stopped::Changed;
                    }
                    // What a client in a session told the server itself, here, need not be said
                    // again; what it told it through another replica was told in another session.
                    if let Some(session) = &self.session {
                        subscribed.extend(session.told_here(server.of().id));
                    }
                    let wanted = self.wanted.borrow_and_update().clone();
                    self.subscribe(server, upstream, &wanted, &mut subscribed).await;
                }
                _ = looks.tick() => {
                    let same = |now: Permit<Arc<ServerEntry>>| {
                        let (now, then) = (now.of(), server.of());
                        now.endpoint == then.endpoint && now.credential == then.credential
                    };
                    if !self.server().is_some_and(same) {
                        return Stopped::Broke;
                    }
                }
            }
        }
    }

    /// Tells what a message says; the stream ends with some.
    fn tell(
        &self,
        server: &Permit<Arc<ServerEntry>>,
        upstream: &OpenedUpstream,
        data: &Bytes,
    ) -> ControlFlow<()> {
        let news = match heard(data) {
            Some(Heard::Lists(kinds)) => News::Lists(kinds),
            Some(Heard::Updated(uri)) => News::Updated(uri.into()),
            Some(Heard::Other) if self.session.is_some() => News::Other(data.clone()),
            Some(Heard::Asks { id_json, is_ping }) => {
                // Nobody is asked outside of a call: there is no stream that the question belongs to.
                let answer = if is_ping {
                    asking::response(&id_json, "{}")
                } else {
                    asking::refusal(&id_json, "clients are asked in the middle of a call only")
                };
                self.answer(server, upstream, answer);
                return ControlFlow::Continue(());
            }
            Some(Heard::Ended) => return ControlFlow::Break(()),
            Some(Heard::Other) | None => return ControlFlow::Continue(()),
        };
        // Nobody listens any more: the loop sees it next.
        let _ = self.told.send(news);
        ControlFlow::Continue(())
    }

    fn answer(&self, server: &Permit<Arc<ServerEntry>>, upstream: &OpenedUpstream, body: Bytes) {
        let request = self.request(head_in_session(upstream), body);
        let (client, server) = (Arc::clone(&self.exchange.ports.upstream), server.clone());
        Handle::current().spawn(async move {
            if client.send(&server, request).await.is_err() {
                tracing::debug!("a server could not be answered on its own stream");
            }
        });
    }

    /// Makes what a server with a handshake tells of what is wanted.
    async fn subscribe(
        &mut self,
        server: &Permit<Arc<ServerEntry>>,
        upstream: &OpenedUpstream,
        wanted: &Wanted,
        subscribed: &mut BTreeSet<String>,
    ) {
        let new: Vec<String> =
            wanted.keys().filter(|uri| !subscribed.contains(*uri)).cloned().collect();
        let old: Vec<String> =
            subscribed.iter().filter(|uri| !wanted.contains_key(*uri)).cloned().collect();
        let changes = new
            .into_iter()
            .map(|uri| ("resources/subscribe", uri))
            .chain(old.into_iter().map(|uri| ("resources/unsubscribe", uri)));
        for (method, uri) in changes {
            let id = self.next_id();
            let body = message::subscribe_request(id, method, &uri);
            let request = self.request(head_in_session(upstream), body);
            let sent = self.exchange.ports.upstream.send(server, request).await;
            if !sent.is_ok_and(|reply| (200..300).contains(&reply.status)) {
                tracing::debug!(method, "a server did not take a subscription");
            }
            if method == "resources/subscribe" {
                subscribed.insert(uri);
            } else {
                subscribed.remove(&uri);
            }
        }
    }

    async fn get(
        &self,
        server: &Permit<Arc<ServerEntry>>,
        upstream: &OpenedUpstream,
    ) -> Result<Reply, UpstreamFailure> {
        let mut request = self.request(head_in_session(upstream), Bytes::new());
        request.pause = SILENCE;
        self.exchange.ports.upstream.listen(server, request).await
    }

    async fn listen(
        &mut self,
        server: &Permit<Arc<ServerEntry>>,
        upstream: &OpenedUpstream,
        wanted: &Wanted,
    ) -> Result<Reply, UpstreamFailure> {
        let id = self.next_id();
        let this = self.exchange.settings.implementation();
        let body = message::listen_request(id, wanted.keys().map(String::as_str), this);
        let head = MessageHead {
            revision: Some(upstream.revision.clone()),
            method: Some("subscriptions/listen".to_owned()),
            ..MessageHead::default()
        };
        let mut request = self.request(head, body);
        request.pause = SILENCE;
        self.exchange.ports.upstream.send(server, request).await
    }

    /// The server, while it may be followed.
    fn server(&self) -> Option<Permit<Arc<ServerEntry>>> {
        let caller = self.party.caller()?;
        self.exchange.routes.now().resolve(caller, ServerRef::split(&self.door)).ok()
    }

    async fn open(
        &mut self,
        server: &Permit<Arc<ServerEntry>>,
    ) -> Result<Arc<OpenedUpstream>, UpstreamFailure> {
        self.credential = credentials::shown_for(&self.exchange, server.of(), &self.party).await?;
        let (ports, now) = (&self.exchange.ports, self.exchange.ports.clock.now());
        let behind = behind(self.session.as_deref());
        let client = &*ports.upstream;
        let who = Who { party: &self.party, behind, credential: self.credential.as_deref() };
        self.exchange.sessions.open(client, server.of(), who, now).await
    }

    fn request(&self, head: MessageHead, body: Bytes) -> UpstreamRequest {
        let within = self.exchange.settings.request_timeout;
        let credential = self.credential.clone();
        UpstreamRequest { head, body, credential, timeout: within, pause: within }
    }

    fn next_id(&mut self) -> i64 {
        self.asked += 1;
        self.asked
    }
}

fn behind(session: Option<&ClientSession>) -> Behind<'_> {
    session.map_or(Behind::Request(None), Behind::Session)
}

/// Waits until nobody listens any more.
async fn alone(wanted: &mut watch::Receiver<Wanted>) {
    while wanted.changed().await.is_ok() {}
}
