//! A client that listens for changes: a legacy one by GET, a modern one by `subscriptions/listen`.
//!
//! It is told when a list that it may see changed: by an approval, a revocation, maintenance, or a
//! definition that was withheld or accepted; and what servers tell by themselves (`follow.rs`): at a
//! server's own address that server, at `/mcp` those of whose resources the client wants to hear.
//! Streams are counted; each ends with its client's token.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::stream;
use mcp_wire::message::{self, ListKinds};
use mcp_wire::sse::write_frame;
use mcp_wire::{Envelope, WireError};
use parking_lot::Mutex;
use registry_domain::caller::Caller;
use registry_domain::federation::{ServerRef, federated_uri};
use registry_domain::id::ServerId;
use registry_domain::party::{Party, Principal};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::time::{Instant, MissedTickBehavior};

use crate::answer::{Answer, AnswerBody, ContentType, framed};
use crate::changes::{Ear, Scope};
use crate::client_sessions::ClientSession;
use crate::exchange::{Exchange, ExchangeSettings};
use crate::follow::News;
use crate::inbound::{Door, Inbound};
use crate::lists::foreign_tenant;
use crate::pipes::{self, PipeEnd};
use crate::routes::Routes;
use crate::way;
use sources::Sources;

mod sources;

/// The most streams of one process, and of one person.
const MOST: usize = 16_384;
const MOST_OF_ONE: usize = 256;
/// The most resources that one subscription is told of.
const MOST_RESOURCES: usize = 256;
/// A comment, which tells everybody on the way that the stream is alive.
const ALIVE: Bytes = Bytes::from_static(b": alive\n\n");

/// Who listens.
#[derive(Debug, Default)]
pub(crate) struct Places(Mutex<HashMap<Principal, usize>>);

/// One stream's place; dropping it leaves it.
struct Place {
    places: Arc<Places>,
    whose: Principal,
}

impl Places {
    fn take(self: &Arc<Self>, whose: Principal) -> Result<Place, WireError> {
        let mut taken = self.0.lock();
        let all: usize = taken.values().sum();
        let own = taken.get(&whose).copied().unwrap_or_default();
        if all >= MOST || own >= MOST_OF_ONE {
            let words = "as many streams are open as may be; close one, or try again later";
            return Err(WireError::unavailable(words));
        }
        taken.insert(whose.clone(), own + 1);
        metrics::gauge!("mcp_registry_open_streams").increment(1.0);
        Ok(Place { places: Arc::clone(self), whose })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        metrics::gauge!("mcp_registry_open_streams").decrement(1.0);
        let mut taken = self.places.0.lock();
        if let Some(own) = taken.get_mut(&self.whose) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.whose);
            }
        }
    }
}

/// What a modern client asks to hear.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ListenParams {
    notifications: Map<String, Value>,
}

impl ListenParams {
    /// The single resources.
    fn resources(&self) -> Result<Vec<String>, WireError> {
        let invalid = || {
            WireError::invalid_params(format!(
                "params.notifications.resourceSubscriptions must be at most {MOST_RESOURCES} URIs"
            ))
        };
        match self.notifications.get("resourceSubscriptions") {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(uris)) if uris.len() <= MOST_RESOURCES => {
                uris.iter().map(|uri| uri.as_str().map(str::to_owned).ok_or_else(invalid)).collect()
            }
            Some(_) => Err(invalid()),
        }
    }

    fn kinds(&self) -> Result<ListKinds, WireError> {
        let wants = |name: &str| match self.notifications.get(name) {
            None | Some(Value::Null) => Ok(false),
            Some(Value::Bool(wanted)) => Ok(*wanted),
            Some(_) => {
                let message = format!("params.notifications.{name} must be a boolean");
                Err(WireError::invalid_params(message))
            }
        };
        Ok(ListKinds {
            tools: wants("toolsListChanged")?,
            prompts: wants("promptsListChanged")?,
            resources: wants("resourcesListChanged")?,
        })
    }
}

/// Answers a GET of a legacy client, in a session or in none.
pub(crate) async fn by_get(
    exchange: &Exchange,
    door: &Door,
    session: Option<&str>,
    party: &Party,
) -> Answer {
    let session = match (session, &exchange.client_sessions) {
        (Some(id), Some(sessions)) => {
            match sessions.find(id, party, exchange.ports.clock.now()).await {
                Ok(session) => Some(session),
                Err(error) => return Answer::refused(&error, "null"),
            }
        }
        _ => None,
    };
    match Listener::of(exchange, door, party, Wants::InSession(session), ListKinds::ALL) {
        Ok(listener) => listener.answer(None),
        Err(error) => Answer::refused(&error, "null"),
    }
}

/// Answers `subscriptions/listen`. What we cannot tell (tasks; resources that are not offered, or
/// at a collection's address) is not among what the acknowledgement names, as the protocol wants
/// it.
///
/// # Errors
/// -32602 for params that are none, -32600 for a client that reads no event stream, -32603 when
/// too many listen.
pub(crate) fn by_request(
    exchange: &Exchange,
    inbound: &Inbound,
    id_json: &str,
) -> Result<Answer, WireError> {
    if !inbound.headers.accepts_event_stream {
        return Err(WireError::invalid("Accept must list text/event-stream"));
    }
    let params = Envelope::parse(&inbound.body)?.params.map_or("{}", |params| params.get());
    let params = serde_json::from_str::<ListenParams>(params)
        .map_err(|_| WireError::invalid_params("params.notifications must be an object"))?;
    let (kinds, resources) = (params.kinds()?, params.resources()?);
    let wants = Wants::Subscription { id_json: id_json.to_owned(), resources };
    let listener = Listener::of(exchange, &inbound.door, &inbound.party, wants, kinds)?;
    let told = message::subscription_acknowledged(id_json, kinds, &listener.resources);
    Ok(listener.answer(Some(framed(&told))))
}

/// Who listens, and to which resources.
enum Wants {
    /// A legacy client, to those that its session subscribed to.
    InSession(Option<Arc<ClientSession>>),
    /// A modern client: the id of its request, as JSON.
    Subscription { id_json: String, resources: Vec<String> },
}

/// Answers a client of revision 2024-11-05 with a stream on which it gets everything.
pub(crate) fn by_pipe(exchange: &Exchange, door: &Door, party: &Party, address: &str) -> Answer {
    match Listener::of(exchange, door, party, Wants::InSession(None), ListKinds::ALL) {
        Ok(listener) => {
            let (id, pipe) = pipes::open(exchange, door, party);
            let mut first = BytesMut::new();
            let named = format!("{address}?session_id={id}");
            write_frame(&mut first, Some("endpoint"), named.as_bytes());
            Listener { pipe: Some(pipe), ..listener }.answer(Some(first.freeze()))
        }
        Err(error) => Answer::refused(&error, "null"),
    }
}

struct Listener {
    /// Where answers come from, for a client that gets them on its stream.
    pipe: Option<PipeEnd>,
    ear: Ear,
    caller: Arc<Caller>,
    scope: Scope,
    /// The id of a modern client's request, as JSON.
    subscription: Option<String>,
    /// The resources that it asked for, of those that are offered.
    resources: Vec<String>,
    kinds: ListKinds,
    routes: Arc<Routes>,
    /// What servers tell by themselves.
    sources: Sources,
    ends_at: Instant,
    alive: tokio::time::Interval,
    settings: Arc<ExchangeSettings>,
    _place: Place,
}

impl Listener {
    fn of(
        exchange: &Exchange,
        door: &Door,
        party: &Party,
        wants: Wants,
        kinds: ListKinds,
    ) -> Result<Self, WireError> {
        let Party::Caller(caller) = party else { return Err(WireError::unknown_server("")) };
        // First, so that nothing is missed that changes while the rest is looked at.
        let ear = exchange.routes.changes().listen();
        let (subscription, mut resources, session) = match wants {
            Wants::InSession(session) => (None, Vec::new(), session),
            Wants::Subscription { id_json, resources } => (Some(id_json), resources, None),
        };
        let place = exchange.listening.take(party.principal())?;
        let table = exchange.routes.now();
        let scope = match door {
            Door::Federated | Door::Any(_) => Scope::All,
            Door::Collection(slug) => {
                let found = table.collection(caller, slug).map(|collection| collection.id);
                Scope::Collection(found.ok_or_else(|| WireError::unknown_collection(slug))?)
            }
            Door::Server(name) => {
                let unknown = || WireError::unknown_server(name);
                let permit = way::resolved(&table, caller, ServerRef::split(name), unknown)?;
                let entry = permit.of();
                let offered = entry.offered_to(Some(caller));
                resources.retain(|uri| offered.offers_resource(uri));
                Scope::Server(entry.id)
            }
        };
        let sources = Sources::of(exchange, caller, (door, scope), session, &mut resources);
        let left = caller.expires_at.duration_since(exchange.ports.clock.now());
        let left = Duration::try_from(left).unwrap_or_default();
        let now = Instant::now();
        let beat = exchange.settings.keep_alive;
        let mut alive = tokio::time::interval_at(now + beat, beat);
        alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self {
            pipe: None,
            ear,
            caller: Arc::clone(caller),
            scope,
            subscription,
            resources,
            kinds,
            routes: Arc::clone(&exchange.routes),
            sources,
            // A token that never ends does not outlive this process either.
            ends_at: now.checked_add(left).unwrap_or(now + Duration::from_hours(24)),
            alive,
            settings: Arc::clone(&exchange.settings),
            _place: place,
        })
    }

    fn answer(self, first: Option<Bytes>) -> Answer {
        // A comment at once: a client that waits for the first byte sees that it listens.
        let first = first.unwrap_or(ALIVE);
        let parts = stream::unfold((Some(first), Some(self)), |(first, listener)| async move {
            if let Some(first) = first {
                return Some((Ok(first), (None, listener)));
            }
            let mut listener = listener?;
            match listener.next().await {
                Some(told) => Some((Ok(told), (None, Some(listener)))),
                None => listener.goodbye().map(|told| (Ok(told), (None, None))),
            }
        });
        Answer::of(200, ContentType::EventStream, AnswerBody::Parts(Box::pin(parts)))
    }

    /// What the client is told next; `None` when it is over.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let changed = tokio::select! {
                biased;
                () = tokio::time::sleep_until(self.ends_at) => return None,
                answer = coming(&mut self.pipe) => return answer,
                changed = self.ear.next(&self.caller, self.scope) => changed?,
                (server, news) = self.sources.next() => match news {
                    News::Lists(kinds) => kinds,
                    News::Updated(uri) => match self.hears_of(server, &uri) {
                        Some(uri) => {
                            let subscription = self.subscription.as_deref();
                            return Some(framed(&message::resource_updated(&uri, subscription)));
                        }
                        None => continue,
                    },
                    News::Other(message) if self.sources.in_session() => {
                        return Some(framed(&message));
                    }
                    News::Other(_) => continue,
                },
                _ = self.alive.tick() => return Some(ALIVE),
            };
            let mut told = BytesMut::new();
            for method in changed.and(self.kinds).methods() {
                let message = message::list_changed(method, self.subscription.as_deref());
                write_frame(&mut told, Some("message"), &message);
            }
            if !told.is_empty() {
                return Some(told.freeze());
            }
        }
    }

    /// By which address the client is told of a resource: it asked for it, or for what it is a part
    /// of, and may read it now.
    fn hears_of(&self, server: ServerId, uri: &str) -> Option<String> {
        let table = self.routes.now();
        let entry = table.by_id(server).filter(|entry| {
            !entry.in_maintenance
                && self.caller.sees(entry.tenant.as_ref())
                && entry.offered_to(Some(&self.caller)).offers_resource(uri)
        })?;
        let uri = match self.scope {
            Scope::Server(_) => uri.to_owned(),
            Scope::All | Scope::Collection(_) => {
                federated_uri(&entry.alias, uri, foreign_tenant(entry, &self.caller))?
            }
        };
        // In a session the server itself knows what was asked for.
        let wanted = self.sources.in_session()
            || self.resources.iter().any(|wanted| uri.starts_with(wanted.as_str()));
        wanted.then_some(uri)
    }

    /// The last message: a subscription ends with the result of its request.
    fn goodbye(&self) -> Option<Bytes> {
        let subscription = self.subscription.as_ref()?;
        Some(framed(&message::subscription_ended(subscription, self.settings.implementation())))
    }
}

/// What comes for a client next; nothing ever for one whose answers go elsewhere.
async fn coming(pipe: &mut Option<PipeEnd>) -> Option<Bytes> {
    match pipe {
        Some(pipe) => pipe.next().await,
        None => std::future::pending().await,
    }
}
