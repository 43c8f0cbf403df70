//! The client's words made the upstream's, and sent.
//!
//! Only what must change is changed, by splicing: the name where it carries our prefix, the id
//! where the upstream's session is shared by several calls or might not give it back as it was,
//! `_meta` where the eras differ.

use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use mcp_wire::reply::CallId;
use mcp_wire::revision::Era;
use mcp_wire::splice::{MetaEdit, RequestEdit};
use registry_domain::credential::Credential;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{
    MessageHead, OpenedUpstream, Reply, UpstreamEra, UpstreamFailure, UpstreamRequest,
};
use tracing::Instrument as _;

use crate::asked::PEOPLE_TAKE;
use crate::cancel_notice::CancelNotice;
use crate::credentials;
use crate::record::Pending;
use crate::request::Call;
use crate::rounds;
use crate::upstream_sessions::Who;

/// A call that is on its way back.
pub(crate) struct Sent {
    pub(crate) reply: Reply,
    pub(crate) upstream: Arc<OpenedUpstream>,
    /// By which id the upstream knows the call.
    pub(crate) id: CallId,
    /// What the upstream was shown.
    pub(crate) credential: Option<Arc<Credential>>,
}

/// Sends a call, with what opens its server. A server that is opened in the caller's name and does
/// not take their token is shown a new one, once: it refused the call without looking at it.
pub(crate) async fn send(call: Call<'_>, record: &mut Pending) -> Result<Sent, UpstreamFailure> {
    let (exchange, server) = (call.exchange, call.route.server.of());
    let party = &call.request.inbound.party;
    let Some((kept, caller)) = credentials::personal(server, party) else {
        return send_with(call, server.credential_for(party).cloned(), record).await;
    };
    let shown = credentials::token(exchange, kept, caller).await?;
    match Box::pin(send_with(call, Some(Arc::clone(&shown)), record)).await {
        Err(failure) if failure.class == FaultClass::CredentialRefused => {
            credentials::forget(exchange, kept, caller, &shown).await;
            let shown = credentials::token(exchange, kept, caller).await?;
            let sent = Box::pin(send_with(call, Some(shown), record)).await;
            sent.map_err(|failure| credentials::refused_again(kept, failure))
        }
        sent => sent,
    }
}

/// Sends a call. A session that the upstream has forgotten is opened anew, once: the upstream
/// refused the call without looking at it, so it can be sent again.
async fn send_with(
    call: Call<'_>,
    credential: Option<Arc<Credential>>,
    record: &mut Pending,
) -> Result<Sent, UpstreamFailure> {
    let sent = send_once(call, credential.clone(), record).await?;
    let session_lost = sent.reply.status == 404 && sent.upstream.session.is_some();
    // A modern upstream answers an unknown method with 404 too, but never one of ours; 400 and 405
    // say that it no longer speaks the revision that we remember.
    let era_changed =
        sent.upstream.era == UpstreamEra::Modern && matches!(sent.reply.status, 404 | 405);
    if session_lost || era_changed {
        call.forget(&sent.upstream);
    }
    if session_lost {
        drop(sent);
        return send_once(call, credential, record).await;
    }
    Ok(sent)
}

async fn send_once(
    call: Call<'_>,
    credential: Option<Arc<Credential>>,
    record: &mut Pending,
) -> Result<Sent, UpstreamFailure> {
    let Call { exchange, request, route, .. } = call;
    let client = &*exchange.ports.upstream;
    let now = exchange.ports.clock.now();
    let who = Who {
        party: &request.inbound.party,
        behind: request.behind(exchange),
        credential: credential.as_deref(),
    };
    let upstream = exchange.sessions.open(client, route.server.of(), who, now).await?;
    let kept = CallId::of_client(request.id_json).filter(|_| upstream.session.is_none());
    let ours = kept.is_none().then(|| format!("\"{}\"", exchange.ports.ids.next().hyphenated()));
    let body =
        in_upstream_words(call, &upstream, ours.as_deref()).ok_or_else(|| UpstreamFailure {
            class: FaultClass::ProtocolViolation,
            detail: "the request could not be rewritten for the upstream".to_owned(),
            request_sent: false,
        })?;
    let span = tracing::info_span!(
        target: "trace",
        "upstream",
        otel.name = request.method,
        otel.kind = "client",
        otel.status_code = tracing::field::Empty,
        error.type = tracing::field::Empty,
        mcp.server = route.server.of().name.as_str(),
        mcp.method.name = request.method,
        mcp.protocol.version = upstream.revision.as_str(),
        gen_ai.tool.name = request.params.name.as_deref().filter(|_| request.method == "tools/call"),
        request_id = request.inbound.request_id.as_str(),
    );
    let traceparent = exchange.settings.traceparent_of.filter(|_| !span.is_disabled());
    let outgoing = UpstreamRequest {
        head: MessageHead {
            traceparent: traceparent.and_then(|of| of(&span)),
            hops: request.inbound.headers.hops.saturating_add(1),
            ..head(call, &upstream)
        },
        body,
        credential: credential.clone(),
        timeout: call.patience,
        pause: match &request.session {
            Some(session) if session.can_be_asked() => call.patience.max(PEOPLE_TAKE),
            _ => call.patience,
        },
    };
    if let (Some(_), Some(ours)) = (&upstream.session, &ours) {
        record.tells(CancelNotice {
            client: Arc::clone(&exchange.ports.upstream),
            server: route.server.clone(),
            head: outgoing.head.clone(),
            credential: outgoing.credential.clone(),
            id_json: ours.clone(),
        });
    }
    let began = Instant::now();
    let sent = client.send(&route.server, outgoing).instrument(span.clone()).await;
    if let Err(failure) = &sent {
        span.record("otel.status_code", "ERROR");
        span.record("error.type", failure.class.as_str());
    }
    exchange.meters.upstream(sent.as_ref().err().map(|failure| failure.class), began.elapsed());
    match sent {
        Ok(reply) => {
            let ours = || CallId::of_ours(ours.as_deref().unwrap_or_default(), request.id_json);
            Ok(Sent { reply, upstream, id: kept.unwrap_or_else(ours), credential })
        }
        Err(failure) => {
            // What cannot be reached may come back as another version of itself.
            call.forget(&upstream);
            Err(failure)
        }
    }
}

fn in_upstream_words(call: Call<'_>, upstream: &OpenedUpstream, id: Option<&str>) -> Option<Bytes> {
    let Call { exchange, request, route, .. } = call;
    let log_level = match (&request.session, upstream.era) {
        (Some(session), UpstreamEra::Modern) => session.log_level(),
        _ => None,
    };
    let meta = match (request.front.era, upstream.era) {
        (Era::Legacy, UpstreamEra::Modern) => MetaEdit::ToModern {
            client_info: &exchange.client_info,
            client_capabilities: rounds::session(call)
                .map_or("{}", |session| session.capabilities.as_str()),
            log_level: log_level.as_deref(),
        },
        (Era::Modern, UpstreamEra::Legacy) => MetaEdit::ToLegacy,
        (Era::Legacy, UpstreamEra::Legacy) | (Era::Modern, UpstreamEra::Modern) => MetaEdit::Keep,
    };
    let (name, uri) = (route.renamed.as_deref(), route.relocated.as_deref());
    let edit = RequestEdit { id, name, uri, meta };
    edit.apply_shared(route.reworded.as_ref().unwrap_or(&request.inbound.body))
}

/// The head of a message to a server with a handshake.
pub(crate) fn head_in_session(upstream: &OpenedUpstream) -> MessageHead {
    MessageHead {
        revision: Some(upstream.revision.clone()),
        session: upstream.session.clone(),
        ..MessageHead::default()
    }
}

/// The head of a call.
pub(crate) fn head(call: Call<'_>, upstream: &OpenedUpstream) -> MessageHead {
    let Call { request, route, .. } = call;
    match upstream.era {
        UpstreamEra::Legacy => head_in_session(upstream),
        UpstreamEra::Modern => MessageHead {
            traceparent: None,
            hops: 0,
            revision: Some(upstream.revision.clone()),
            session: None,
            method: Some(request.method.to_owned()),
            name: match request.method {
                "resources/read" => {
                    route.relocated.as_deref().or(request.params.uri.as_deref()).map(str::to_owned)
                }
                "tools/call" | "prompts/get" => {
                    route.renamed.as_deref().or(request.params.name.as_deref()).map(str::to_owned)
                }
                _ => None,
            },
            params: request.inbound.headers.params.clone(),
        },
    }
}
