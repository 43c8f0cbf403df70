//! What a server with a handshake asks of the client during a call (elicitation, sampling, roots),
//! and the answer's way back.
//!
//! A client in a session is asked on the stream of its call, by an id of ours, because two servers
//! may use the same. A modern client is asked by the result of its call, and the exchange waits
//! parked for its next one (`parked.rs`, `resume.rs`). For any other the server is told at once
//! that there is nobody to ask.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mcp_wire::asking::{self, MayAsk, Question, may_ask};
use mcp_wire::revision::Era;
use mcp_wire::splice::RequestEdit;
use mcp_wire::{Envelope, WireError};
use registry_domain::caller::Permit;
use registry_domain::credential::Credential;
use registry_domain::party::Party;
use registry_domain::ports::{
    Clock, Ids, OpenedUpstream, ReplicaId, Upstream, UpstreamEra, UpstreamRequest,
};
use registry_domain::routing::ServerEntry;
use tokio::runtime::Handle;
use uuid::Uuid;

use crate::answer::Answer;
use crate::cancel_notice::CancelNotice;
use crate::client_sessions::{Ask, ClientSession};
use crate::exchange::{Exchange, ExchangeSettings};
use crate::forward::head_in_session;
use crate::inbound::Door;
use crate::parked::{Bound, Notice, Parked, Parking, Rest, Unparked};
use crate::request::Call;

/// How long a server may be silent while its client can be asked: people take their time.
pub(crate) const PEOPLE_TAKE: Duration = Duration::from_mins(10);
/// How long a server may take to hear what nobody waits for.
const HEARS_WITHIN: Duration = Duration::from_secs(5);

/// Passes a server's questions on to the client of one call.
pub(crate) struct Asker {
    server: Permit<Arc<ServerEntry>>,
    upstream: Arc<OpenedUpstream>,
    /// What opens the server, as for the call.
    credential: Option<Arc<Credential>>,
    client: Arc<dyn Upstream>,
    ids: Arc<dyn Ids>,
    replica: ReplicaId,
    way: Way,
}

/// The id of a question to a client, as JSON: it names the replica that waits for the answer.
pub(crate) fn question_id(replica: ReplicaId, ids: &dyn Ids) -> String {
    format!("\"ask-{}-{}\"", replica.0.simple(), ids.next().simple())
}

/// The replica that waits for the answer to a question of ours.
pub(crate) fn asked_by(id_json: &str) -> Option<ReplicaId> {
    let (replica, question) = id_json.strip_prefix("\"ask-")?.strip_suffix('"')?.split_once('-')?;
    Uuid::try_parse(question).ok()?;
    Uuid::try_parse(replica).ok().map(ReplicaId)
}

/// How the client is asked.
enum Way {
    InSession {
        session: Arc<ClientSession>,
        asked: Vec<String>,
    },
    ByResult(Box<ByResult>),
    /// Not at all: why.
    None(&'static str),
}

/// What it takes to park the exchange of a call.
struct ByResult {
    parking: Arc<Parking>,
    clock: Arc<dyn Clock>,
    settings: Arc<ExchangeSettings>,
    party: Party,
    call: Bytes,
    id_json: String,
    capabilities: String,
}

/// What becomes of a question.
pub(crate) enum Asked {
    /// It goes to the client, on the stream of its call.
    OnStream(Bytes),
    /// It becomes the result of the call.
    AsResult(Question),
    /// The client does not hear of it.
    Settled,
}

impl Asker {
    /// For a call whose server may ask; a modern one asks by its results.
    pub(crate) fn of(
        call: Call<'_>,
        upstream: &Arc<OpenedUpstream>,
        credential: Option<Arc<Credential>>,
    ) -> Option<Self> {
        let ports = &call.exchange.ports;
        (upstream.era == UpstreamEra::Legacy).then(|| Self {
            server: call.route.server.clone(),
            upstream: Arc::clone(upstream),
            credential,
            client: Arc::clone(&ports.upstream),
            ids: Arc::clone(&ports.ids),
            replica: call.exchange.active.replica(),
            way: Way::of(call, upstream),
        })
    }

    /// Takes a question of the server's.
    pub(crate) fn pass(&mut self, question: &Envelope<'_>, data: &Bytes) -> Asked {
        let Some(method) = question.method.as_deref() else { return Asked::Settled };
        let id = question.id_json();
        let capabilities = match &self.way {
            Way::InSession { session, .. } => session.capabilities.as_str(),
            Way::ByResult(by) => by.capabilities.as_str(),
            Way::None(why) => {
                let answer = match method {
                    "ping" => asking::response(id, "{}"),
                    _ => asking::refusal(id, why),
                };
                self.tell(answer);
                return Asked::Settled;
            }
        };
        let why: Cow<'_, str> = match may_ask(method, question.params, capabilities) {
            MayAsk::Yes => return self.ask(method, id, data),
            MayAsk::Never => "clients are not asked this".into(),
            MayAsk::Undeclared(capability) => {
                format!("the client of this call did not declare the capability {capability}")
                    .into()
            }
        };
        self.tell(asking::refusal(id, &why));
        Asked::Settled
    }

    fn ask(&mut self, method: &str, id_json: &str, data: &Bytes) -> Asked {
        let (session, asked) = match &mut self.way {
            Way::InSession { session, asked } => (session, asked),
            Way::ByResult(_) if method == "ping" => {
                self.tell(asking::response(id_json, "{}"));
                return Asked::Settled;
            }
            Way::ByResult(_) => {
                let key = format!("ask-{}", self.ids.next().hyphenated());
                let question = Question::of(data.clone(), key);
                return question.map_or(Asked::Settled, Asked::AsResult);
            }
            Way::None(_) => return Asked::Settled,
        };
        let new_id = question_id(self.replica, self.ids.as_ref());
        let edit = RequestEdit { id: Some(&new_id), ..RequestEdit::default() };
        let Some(told) = edit.apply(data) else { return Asked::Settled };
        let ask = Ask::OfServer {
            server: self.server.clone(),
            upstream: Arc::clone(&self.upstream),
            credential: self.credential.clone(),
            id_json: id_json.to_owned(),
        };
        if session.asks(new_id.clone(), ask) {
            asked.push(new_id);
            return Asked::OnStream(told);
        }
        self.tell(asking::refusal(id_json, "the client has more questions to answer than it may"));
        Asked::Settled
    }

    /// Parks the exchange and makes the result by which the client is asked.
    ///
    /// # Errors
    /// As [`Parking::keep`]; -32603 also where the client is not asked by a result.
    pub(crate) fn park(
        &self,
        rest: Rest,
        question: &Question,
        notice: Option<CancelNotice>,
    ) -> Result<Bytes, WireError> {
        let lost = || WireError::upstream("PROXY_ERROR", "the server's question cannot be asked");
        let (Way::ByResult(by), Some(notice)) = (&self.way, notice) else { return Err(lost()) };
        let server = self.server.of().id;
        let parked = Parked {
            bound: Bound::of(&by.party, server, &by.call).ok_or_else(lost)?,
            server: self.server.clone(),
            question: question.clone(),
            exchange: Unparked {
                upstream: Arc::clone(&self.upstream),
                credential: self.credential.clone(),
                call_id: notice.id_json.clone(),
                rest,
            },
            notice: Notice::of(notice),
        };
        let state = by.parking.keep(parked, self.ids.as_ref(), by.clock.now())?;
        let this = by.settings.implementation();
        asking::input_required(&by.id_json, question, &state, this).ok_or_else(lost)
    }

    /// Tells the server something, in the background: the client's stream goes on meanwhile.
    fn tell(&self, body: Bytes) {
        let head = head_in_session(&self.upstream);
        let request = UpstreamRequest {
            head,
            body,
            credential: self.credential.clone(),
            timeout: HEARS_WITHIN,
            pause: HEARS_WITHIN,
        };
        let (client, server) = (Arc::clone(&self.client), self.server.clone());
        Handle::current().spawn(async move {
            let told = tokio::time::timeout(HEARS_WITHIN, client.send(&server, request)).await;
            if !matches!(told, Ok(Ok(_))) {
                tracing::debug!("a server could not be told what becomes of its question");
            }
        });
    }
}

impl Way {
    fn of(call: Call<'_>, upstream: &OpenedUpstream) -> Self {
        let Call { exchange, request, .. } = call;
        if upstream.session.is_none() {
            return Self::None("a server that keeps no session cannot be answered");
        }
        match (&request.session, &exchange.parking) {
            (Some(session), _) if session.can_be_asked() && call.may_stream => {
                Self::InSession { session: Arc::clone(session), asked: Vec::new() }
            }
            (Some(_), _) => {
                Self::None("the client declared no capability, or reads no stream of events")
            }
            (None, Some(parking))
                if request.front.era == Era::Modern
                    && !matches!(request.inbound.door, Door::Any(_)) =>
            {
                Self::ByResult(Box::new(ByResult {
                    parking: Arc::clone(parking),
                    clock: Arc::clone(&exchange.ports.clock),
                    settings: Arc::clone(&exchange.settings),
                    party: request.inbound.party.clone(),
                    call: request.inbound.body.clone(),
                    id_json: request.id_json.to_owned(),
                    capabilities: request.behind(exchange).capabilities(),
                }))
            }
            (None, _) => Self::None("the client of this call has no session"),
        }
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        // The call is over: whatever is still unanswered, the server no longer waits for.
        if let Way::InSession { session, asked } = &self.way {
            session.forget(asked);
        }
    }
}

/// Takes a client's answer to who asked. What answers nothing is taken and dropped, as the protocol
/// wants it.
pub(crate) async fn answered(
    exchange: &Exchange,
    session: &ClientSession,
    response: &Envelope<'_>,
    body: &Bytes,
) -> Answer {
    let (server, upstream, credential, id_json) = match session.answered(response.id_json()) {
        None => return Answer::accepted(),
        Some(Ask::OfCall(call)) => {
            // A call that is over meanwhile needs no answer.
            let _ = call.send(body.clone());
            return Answer::accepted();
        }
        Some(Ask::OfServer { server, upstream, credential, id_json }) => {
            (server, upstream, credential, id_json)
        }
    };
    let edit = RequestEdit { id: Some(&id_json), ..RequestEdit::default() };
    let Some(body) = edit.apply(body) else {
        return Answer::refused(&WireError::invalid("the response has no id"), "null");
    };
    match deliver(exchange, &server, (&upstream, credential), body).await {
        Ok(()) => Answer::accepted(),
        Err(error) => Answer::refused(&error, "null"),
    }
}

/// Takes a response to the server that asked, with what opens it as for the call.
///
/// # Errors
/// -32603: it did not take it.
pub(crate) async fn deliver(
    exchange: &Exchange,
    server: &Permit<Arc<ServerEntry>>,
    (upstream, credential): (&OpenedUpstream, Option<Arc<Credential>>),
    body: Bytes,
) -> Result<(), WireError> {
    let within = exchange.settings.request_timeout;
    let head = head_in_session(upstream);
    let request = UpstreamRequest { head, body, credential, timeout: within, pause: within };
    let why = match exchange.ports.upstream.send(server, request).await {
        Ok(reply) if (200..300).contains(&reply.status) => return Ok(()),
        Ok(reply) => format!("status {}", reply.status),
        Err(failure) => failure.class.as_str().to_owned(),
    };
    let server = &server.of().name;
    tracing::warn!(server, why, "a client's answer could not be taken to the server that asked");
    let words = format!("the server \"{}\" did not take the answer", mcp_wire::error::echo(server));
    Err(WireError::upstream("PROXY_ERROR", words))
}
