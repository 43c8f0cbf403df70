//! What a server asks of the client during a call (elicitation, sampling, roots), and the answer's
//! way back. The client knows the question by an id of ours, because two servers may use the same.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use mcp_wire::asking::may_be_asked;
use mcp_wire::splice::RequestEdit;
use mcp_wire::{Envelope, WireError};
use registry_domain::caller::Permit;
use registry_domain::credential::Credential;
use registry_domain::ports::{Ids, OpenedUpstream, UpstreamEra, UpstreamRequest};
use registry_domain::routing::ServerEntry;

use crate::answer::Answer;
use crate::client_sessions::{Ask, ClientSession};
use crate::exchange::Exchange;
use crate::forward::{Sent, head_in_session};
use crate::request::Call;

/// How long a server may be silent while its client can be asked: people take their time.
pub(crate) const PEOPLE_TAKE: Duration = Duration::from_mins(10);

/// Passes a server's questions on to the client of one call.
pub(crate) struct Asker {
    session: Arc<ClientSession>,
    server: Permit<Arc<ServerEntry>>,
    upstream: Arc<OpenedUpstream>,
    /// What opens the server, as for the call.
    credential: Option<Arc<Credential>>,
    ids: Arc<dyn Ids>,
    asked: Vec<String>,
}

impl Asker {
    /// For a call whose client and server both keep a session: only they can ask and answer.
    pub(crate) fn of(call: Call<'_>, sent: &Sent) -> Option<Self> {
        let session = call.request.session.as_ref().filter(|session| session.can_be_asked())?;
        let both = sent.upstream.era == UpstreamEra::Legacy && sent.upstream.session.is_some();
        (both && call.may_stream).then(|| Self {
            session: Arc::clone(session),
            server: call.route.server.clone(),
            upstream: Arc::clone(&sent.upstream),
            credential: sent.credential.clone(),
            ids: Arc::clone(&call.exchange.ports.ids),
            asked: Vec::new(),
        })
    }

    /// The question as the client gets it; `None` for one that is not passed on.
    pub(crate) fn pass(&mut self, question: &Envelope<'_>, data: &[u8]) -> Option<Bytes> {
        let method = question.method.as_deref()?;
        if !may_be_asked(method) {
            return None;
        }
        let id = format!("\"ask-{}\"", self.ids.next().hyphenated());
        let edit = RequestEdit { id: Some(&id), ..RequestEdit::default() };
        let told = edit.apply(data)?;
        let ask = Ask {
            server: self.server.clone(),
            upstream: Arc::clone(&self.upstream),
            credential: self.credential.clone(),
            id_json: question.id_json().to_owned(),
        };
        if !self.session.asks(id.clone(), ask) {
            return None;
        }
        self.asked.push(id);
        Some(told)
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        // The call is over: whatever is still unanswered, the server no longer waits for.
        self.session.forget(&self.asked);
    }
}

/// Takes a client's answer to the server that asked. What answers nothing is taken and dropped, as
/// the protocol wants it.
pub(crate) async fn answered(
    exchange: &Exchange,
    session: &ClientSession,
    response: &Envelope<'_>,
    body: &Bytes,
) -> Answer {
    let Some(ask) = session.answered(response.id_json()) else { return Answer::accepted() };
    let edit = RequestEdit { id: Some(&ask.id_json), ..RequestEdit::default() };
    let Some(body) = edit.apply(body) else {
        return Answer::refused(&WireError::invalid("the response has no id"), "null");
    };
    let within = exchange.settings.request_timeout;
    let head = head_in_session(&ask.upstream);
    let request = UpstreamRequest {
        head,
        body,
        credential: ask.credential.clone(),
        timeout: within,
        pause: within,
    };
    match exchange.ports.upstream.send(&ask.server, request).await {
        Ok(reply) if (200..300).contains(&reply.status) => Answer::accepted(),
        Ok(reply) => undelivered(&ask, &format!("status {}", reply.status)),
        Err(failure) => undelivered(&ask, failure.class.as_str()),
    }
}

fn undelivered(ask: &Ask, why: &str) -> Answer {
    let server = &ask.server.of().name;
    tracing::warn!(server, why, "a client's answer could not be taken to the server that asked");
    let words = format!("the server \"{}\" did not take the answer", mcp_wire::error::echo(server));
    Answer::refused(&WireError::upstream("PROXY_ERROR", words), "null")
}
