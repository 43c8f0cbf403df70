//! A client that listens for changes: a legacy one by GET, a modern one by `subscriptions/listen`.
//!
//! It is told when a list that it may see changed: by an approval, a revocation, maintenance, or a
//! definition that was withheld or accepted. Streams are counted; each ends with its client's token.

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
use registry_domain::federation::ServerRef;
use registry_domain::id::ServerId;
use registry_domain::party::{Party, Principal};
use serde::Deserialize;
use serde_json::{Map, Value};
use tokio::time::{Instant, MissedTickBehavior};

use crate::answer::{Answer, AnswerBody, ContentType, framed};
use crate::changes::Ear;
use crate::exchange::{Exchange, ExchangeSettings};
use crate::inbound::{Door, Inbound};
use crate::pipes::{self, PipeEnd};
use crate::way;

/// The most streams of one process, and of one person.
const MOST: usize = 16_384;
const MOST_OF_ONE: usize = 256;
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
        Ok(Place { places: Arc::clone(self), whose })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
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

/// Answers a GET of a legacy client.
pub(crate) fn by_get(exchange: &Exchange, door: &Door, party: &Party) -> Answer {
    match Listener::of(exchange, door, party, None, ListKinds::ALL) {
        Ok(listener) => listener.answer(None),
        Err(error) => Answer::refused(&error, "null"),
    }
}

/// Answers `subscriptions/listen`. What we cannot tell (single resources, tasks) is not among what
/// the acknowledgement names, as the protocol wants it.
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
    let kinds = serde_json::from_str::<ListenParams>(params)
        .map_err(|_| WireError::invalid_params("params.notifications must be an object"))?
        .kinds()?;
    let subscription = Some(id_json.to_owned());
    let listener = Listener::of(exchange, &inbound.door, &inbound.party, subscription, kinds)?;
    Ok(listener.answer(Some(framed(&message::subscription_acknowledged(id_json, kinds)))))
}

/// Answers a client of revision 2024-11-05 with a stream on which it gets everything.
pub(crate) fn by_pipe(exchange: &Exchange, door: &Door, party: &Party, address: &str) -> Answer {
    match Listener::of(exchange, door, party, None, ListKinds::ALL) {
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
    server: Option<ServerId>,
    /// The id of a modern client's request, as JSON.
    subscription: Option<String>,
    kinds: ListKinds,
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
        subscription: Option<String>,
        kinds: ListKinds,
    ) -> Result<Self, WireError> {
        let Party::Caller(caller) = party else { return Err(WireError::unknown_server("")) };
        // First, so that nothing is missed that changes while the rest is looked at.
        let ear = exchange.routes.changes().listen();
        let server = match door {
            Door::Federated | Door::Any(_) => None,
            Door::Server(server) => {
                let unknown = || WireError::unknown_server(server);
                let table = exchange.routes.now();
                let permit = way::resolved(&table, caller, ServerRef::split(server), unknown)?;
                Some(permit.of().id)
            }
        };
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
            server,
            subscription,
            kinds,
            // A token that never ends does not outlive this process either.
            ends_at: now.checked_add(left).unwrap_or(now + Duration::from_hours(24)),
            alive,
            settings: Arc::clone(&exchange.settings),
            _place: exchange.listening.take(party.principal())?,
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
                changed = self.ear.next(&self.caller, self.server) => changed?,
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
