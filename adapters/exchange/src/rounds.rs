//! A modern server that asks a client in a session: it answers the call with what it needs, the
//! client is asked on the stream of its call, and the call is made again with the answers.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt, stream};
use mcp_wire::WireError;
use mcp_wire::asking::{self, MayAsk, Required, may_ask};
use mcp_wire::reply::CallId;
use mcp_wire::revision::Era;
use mcp_wire::splice::{MetaEdit, RequestEdit};
use mcp_wire::sse::write_frame;
use mcp_wire::{Envelope, MessageKind};
use registry_domain::caller::Permit;
use registry_domain::credential::Credential;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{
    MessageHead, Reply, ReplyBody, ReplyShape, UpstreamEra, UpstreamFailure, UpstreamRequest,
};
use registry_domain::routing::ServerEntry;
use serde_json::value::RawValue;
use tokio::sync::oneshot;

use crate::answer::framed;
use crate::asked::{PEOPLE_TAKE, question_id};
use crate::client_sessions::{Ask, ClientSession};
use crate::exchange::Exchange;
use crate::forward::{self, Sent};
use crate::interrupt::Interrupt;
use crate::request::Call;

/// So often a server may ask in one call (as the official SDKs have it).
const MOST_ROUNDS: u8 = 8;
/// So long a call waits that is to be made again without having asked for anything.
const PACE: Duration = Duration::from_millis(250);
/// A longer answer is no question: it is passed on unread.
const LONGEST_QUESTION: usize = 1 << 20;

/// A comment, in place of questions.
const WAITS: Bytes = Bytes::from_static(b": the call is made again\n\n");

/// What it takes to ask the client of one call, and to make the call again.
pub(crate) struct Rounds {
    exchange: Exchange,
    session: Arc<ClientSession>,
    server: Permit<Arc<ServerEntry>>,
    head: MessageHead,
    /// What opens the server, as for the call.
    credential: Option<Arc<Credential>>,
    call: Bytes,
    id_json: String,
    renamed: Option<String>,
    relocated: Option<String>,
    interrupt: Option<Interrupt>,
    patience: Duration,
    left: u8,
    /// The ids of questions that wait, to be forgotten with the call.
    asked: Vec<String>,
    round: Option<Round>,
}

/// A round that has begun.
struct Round {
    answers: Vec<(String, oneshot::Receiver<Bytes>)>,
    request_state: Option<String>,
}

/// Why a call ends in the middle of a round.
pub(crate) enum Broken {
    /// The server failed it.
    Server(UpstreamFailure),
    /// The client could not be asked, or did not answer.
    Client(WireError),
}

/// The call's answer after a round.
pub(crate) struct Again {
    pub(crate) body: ReplyBody,
    pub(crate) id: CallId,
}

/// The session in which the client of a call is asked by a modern server.
pub(crate) fn session(call: Call<'_>) -> Option<&Arc<ClientSession>> {
    let request = call.request;
    let asks = matches!(request.method, "tools/call" | "prompts/get" | "resources/read");
    let may = asks && call.may_stream && request.front.era == Era::Legacy;
    request.session.as_ref().filter(|session| may && session.can_be_asked())
}

impl Rounds {
    /// For a call whose client can be asked and whose server is a modern one.
    pub(crate) fn of(
        call: Call<'_>,
        sent: &Sent,
        interrupt: Option<Interrupt>,
    ) -> Option<Box<Self>> {
        let session = session(call).filter(|_| sent.upstream.era == UpstreamEra::Modern)?;
        let Call { exchange, request, route, .. } = call;
        Some(Box::new(Self {
            exchange: exchange.clone(),
            session: Arc::clone(session),
            server: route.server.clone(),
            head: forward::head(call, &sent.upstream),
            credential: sent.credential.clone(),
            call: request.inbound.body.clone(),
            id_json: request.id_json.to_owned(),
            renamed: route.renamed.as_deref().map(str::to_owned),
            relocated: route.relocated.as_deref().map(str::to_owned),
            interrupt,
            patience: call.patience,
            left: MOST_ROUNDS,
            asked: Vec::new(),
            round: None,
        }))
    }

    /// Begins a round: the events by which the client is asked, none where there is no question.
    ///
    /// # Errors
    /// [`Broken`].
    pub(crate) fn begin(&mut self, required: Required) -> Result<Bytes, Broken> {
        self.left = self.left.checked_sub(1).ok_or_else(|| {
            Broken::Server(violation("the server asked more often than one may in a call"))
        })?;
        let mut events = BytesMut::new();
        let mut answers = Vec::with_capacity(required.requests.len());
        for question in &required.requests {
            let ids = &self.exchange.ports.ids;
            let params = question.params.as_deref();
            let raw = params.and_then(|params| serde_json::from_str::<&RawValue>(params).ok());
            match may_ask(&question.method, raw, &self.session.capabilities) {
                MayAsk::Yes => {}
                MayAsk::Never | MayAsk::Undeclared(_) => {
                    let method = mcp_wire::error::echo(&question.method);
                    return Err(client(format!(
                        "the server asks for {method}, which the client did not say that it can"
                    )));
                }
            }
            let id = question_id(self.exchange.active.replica(), ids.as_ref());
            let elicitation = ids.next().hyphenated().to_string();
            let message = asking::ask(&id, question, &elicitation).ok_or_else(|| {
                Broken::Server(violation("a question of the server is no request"))
            })?;
            let (answer, waits) = oneshot::channel();
            if !self.session.asks(id.clone(), Ask::OfCall(answer)) {
                return Err(client("the client has more questions to answer than it may"));
            }
            self.asked.push(id);
            answers.push((question.key.clone(), waits));
            write_frame(&mut events, Some("message"), &message);
        }
        self.round = Some(Round { answers, request_state: required.request_state });
        // A part without bytes would end the answer.
        Ok(if events.is_empty() { WAITS } else { events.freeze() })
    }

    /// Whether a round has begun that is to be finished.
    pub(crate) fn is_open(&self) -> bool {
        self.round.is_some()
    }

    /// Waits for what the client answers, and makes the call again.
    ///
    /// # Errors
    /// [`Broken`].
    pub(crate) async fn finish(&mut self) -> Result<Again, Broken> {
        let Some(Round { answers, request_state }) = self.round.take() else {
            return Err(Broken::Server(violation("the server asked for nothing")));
        };
        let interrupt = self.interrupt.clone();
        let fired = async {
            match interrupt {
                Some(interrupt) => interrupt.fired().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            failure = fired => Err(Broken::Server(failure)),
            again = self.answered(answers, request_state) => again,
        }
    }

    async fn answered(
        &self,
        waiting: Vec<(String, oneshot::Receiver<Bytes>)>,
        request_state: Option<String>,
    ) -> Result<Again, Broken> {
        if waiting.is_empty() {
            tokio::time::sleep(PACE).await;
        }
        let mut answers = Vec::with_capacity(waiting.len());
        let until = tokio::time::Instant::now() + PEOPLE_TAKE;
        for (key, answer) in waiting {
            let Ok(Ok(said)) = tokio::time::timeout_at(until, answer).await else {
                return Err(client("the client did not answer the server's question"));
            };
            let result = Envelope::parse(&said).ok().and_then(|response| response.result);
            let result = result
                .ok_or_else(|| client("the client answered the server's question with an error"))?;
            answers.push((key, result.get().to_owned()));
        }
        self.again(&answers, request_state.as_deref()).await
    }

    async fn again(
        &self,
        answers: &[(String, String)],
        request_state: Option<&str>,
    ) -> Result<Again, Broken> {
        let rewritten = || Broken::Server(violation("the call could not be made again"));
        let log_level = self.session.log_level();
        let meta = MetaEdit::ToModern {
            client_info: &self.exchange.client_info,
            client_capabilities: &self.session.capabilities,
            log_level: log_level.as_deref(),
        };
        let (name, uri) = (self.renamed.as_deref(), self.relocated.as_deref());
        let edit = RequestEdit { id: None, name, uri, meta };
        let call = edit.apply(&self.call).ok_or_else(rewritten)?;
        let id = format!("\"{}\"", self.exchange.ports.ids.next().hyphenated());
        let body = asking::again(&call, &id, answers, request_state).ok_or_else(rewritten)?;
        let request = UpstreamRequest {
            head: self.head.clone(),
            body,
            credential: self.credential.clone(),
            timeout: self.patience,
            pause: self.patience,
        };
        let sent = self.exchange.ports.upstream.send(&self.server, request).await;
        let Reply { status, shape, body } = sent.map_err(Broken::Server)?;
        let body = match (status, shape) {
            (200..=299, ReplyShape::EventStream) => body,
            (200..=499, ReplyShape::Json) => self.as_event(body).await.map_err(Broken::Server)?,
            (500.., _) => return Err(Broken::Server(failure(FaultClass::ServerError, ""))),
            _ => return Err(Broken::Server(failure(FaultClass::NotMcp, ""))),
        };
        let body = match &self.interrupt {
            Some(interrupt) => interrupt.clone().guard(body),
            None => body,
        };
        Ok(Again { body, id: CallId::of_ours(&id, &self.id_json) })
    }

    /// A JSON answer as the one event of a stream.
    async fn as_event(&self, mut body: ReplyBody) -> Result<ReplyBody, UpstreamFailure> {
        let mut whole = BytesMut::new();
        while let Some(part) = body.next().await {
            whole.extend_from_slice(&part?);
            if whole.len() > self.exchange.settings.max_event_bytes {
                return Err(violation("the answer after a question is too long"));
            }
        }
        Ok(one_event(&whole))
    }
}

impl Drop for Rounds {
    fn drop(&mut self) {
        self.session.forget(&self.asked);
    }
}

/// Looks whether a JSON answer asks for something; then it becomes a stream of one event, which is
/// where questions are asked. Any other stays as it is.
///
/// # Errors
/// The answer broke off.
pub(crate) async fn looked_at(mut sent: Sent) -> Result<Sent, UpstreamFailure> {
    let mut parts = Vec::new();
    let mut whole = BytesMut::new();
    while whole.len() <= LONGEST_QUESTION {
        let Some(part) = sent.reply.body.next().await else { break };
        let part = part?;
        whole.extend_from_slice(&part);
        parts.push(Ok(part));
        let is_whole =
            Envelope::parse(&whole).is_ok_and(|envelope| envelope.kind() == MessageKind::Response);
        if is_whole {
            break;
        }
    }
    if asking::required(&whole).is_some() {
        sent.reply.shape = ReplyShape::EventStream;
        sent.reply.body = one_event(&whole);
    } else {
        sent.reply.body = Box::pin(stream::iter(parts).chain(sent.reply.body));
    }
    Ok(sent)
}

fn one_event(message: &[u8]) -> ReplyBody {
    // Line ends between the tokens of a document would end an event's data.
    let line: Vec<u8> =
        message.iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    Box::pin(stream::iter([Ok(framed(&line))]))
}

fn client(words: impl Into<String>) -> Broken {
    Broken::Client(WireError::upstream("PROXY_ERROR", words))
}

fn violation(detail: &str) -> UpstreamFailure {
    failure(FaultClass::ProtocolViolation, detail)
}

fn failure(class: FaultClass, detail: &str) -> UpstreamFailure {
    UpstreamFailure { class, detail: detail.to_owned(), request_sent: true }
}
