//! Finding out which era a server speaks (mcp.md §2.11, "Dual-era client").
//!
//! `server/discover` is asked first: every modern server answers it, and no legacy server takes it
//! for anything else. An outage or a demand for credentials says nothing about the era; any other
//! refusal means that the server wants a handshake.

use bytes::Bytes;
use http::StatusCode;
use mcp_wire::message;
use mcp_wire::revision::{Era, Revision};
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{MessageHead, OpenedUpstream, UpstreamEra, UpstreamFailure};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::answer::{Refusal, Said};
use crate::ask::{Answered, Inquiry};
use crate::fault::{self, of_answer};
use crate::http_sse;

/// Opens a server, whichever era it speaks.
///
/// # Errors
/// The class of fault; see the port.
pub(crate) async fn open(inquiry: &mut Inquiry<'_>) -> Result<OpenedUpstream, UpstreamFailure> {
    open_for(inquiry, "{}").await
}

/// As [`open`], telling a server with a handshake what the client can do.
///
/// # Errors
/// As [`open`].
pub(crate) async fn open_for(
    inquiry: &mut Inquiry<'_>,
    capabilities: &str,
) -> Result<OpenedUpstream, UpstreamFailure> {
    match ask_modern(inquiry).await? {
        Some(opened) => Ok(opened),
        None => shake_hands(inquiry, capabilities).await,
    }
}

/// Ends what [`open`] began, where the server keeps something of it.
pub(crate) async fn close(inquiry: &mut Inquiry<'_>, opened: OpenedUpstream) {
    if let Some(session) = opened.session {
        inquiry.end_session(revision_header(&opened.revision), session).await;
    }
}

/// Opens a server and closes it again. All questions together may take as long as one: whoever
/// waits for a probe waits no longer.
///
/// # Errors
/// As [`open`].
pub(crate) async fn probe(inquiry: &mut Inquiry<'_>) -> Result<(), UpstreamFailure> {
    let patience = inquiry.settings().request_timeout;
    let opened = tokio::time::timeout(patience, open(inquiry))
        .await
        .unwrap_or_else(|_| Err(fault::too_slow(true)))?;
    close(inquiry, opened).await;
    Ok(())
}

/// The head of a message to a server that was opened.
pub(crate) fn head_for(opened: &OpenedUpstream, method: &str) -> MessageHead {
    match opened.era {
        UpstreamEra::Modern => modern_head(method),
        UpstreamEra::Legacy => MessageHead {
            revision: revision_header(&opened.revision),
            session: opened.session.clone(),
            ..MessageHead::default()
        },
    }
}

/// What `MCP-Protocol-Version` says of a revision: the header is as old as 2025-06-18.
pub(crate) fn revision_header(revision: &str) -> Option<String> {
    Revision::parse(revision)
        .filter(|revision| *revision >= Revision::V2025_06_18)
        .map(|revision| revision.as_str().to_owned())
}

fn modern_head(method: &str) -> MessageHead {
    MessageHead {
        revision: Some(Revision::MODERN.as_str().to_owned()),
        method: Some(method.to_owned()),
        ..MessageHead::default()
    }
}

/// Asks `server/discover`; `None` if the server is not modern.
pub(crate) async fn ask_modern(
    inquiry: &mut Inquiry<'_>,
) -> Result<Option<OpenedUpstream>, UpstreamFailure> {
    let mut tried_again = false;
    loop {
        let client = inquiry.client();
        let answered = inquiry
            .ask(modern_head("server/discover"), |id| message::discover_request(id, client))
            .await?;
        match answered.said {
            Said::Result(result) => return Ok(modern(&result)),
            Said::Refused(refusal) if speaks_modern(&refusal) => {
                if tried_again {
                    return Err(of_answer(
                        FaultClass::ProtocolViolation,
                        "the server refuses a revision that it says it speaks",
                    ));
                }
                tried_again = true;
            }
            Said::Other if answered.status.is_success() || answered.status.is_redirection() => {
                return Err(not_mcp(answered.status));
            }
            Said::Refused(_) | Said::Accepted | Said::Other => return Ok(None),
        }
    }
}

fn speaks_modern(refusal: &Refusal) -> bool {
    refusal.code == Refusal::UNSUPPORTED_VERSION
        && refusal.supported.iter().any(|version| version == Revision::MODERN.as_str())
}

fn modern(result: &Bytes) -> Option<OpenedUpstream> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct DiscoverResult<'a> {
        supported_versions: Vec<String>,
        #[serde(borrow)]
        capabilities: &'a RawValue,
        instructions: Option<String>,
    }
    let found: DiscoverResult<'_> = serde_json::from_slice(result).ok()?;
    found.supported_versions.iter().find(|version| *version == Revision::MODERN.as_str())?;
    Some(OpenedUpstream {
        era: UpstreamEra::Modern,
        revision: Revision::MODERN.as_str().to_owned(),
        session: None,
        capabilities: Bytes::copy_from_slice(found.capabilities.get().as_bytes()),
        instructions: found.instructions,
    })
}

/// Opens a legacy session: `initialize`, then `notifications/initialized`.
pub(crate) async fn shake_hands(
    inquiry: &mut Inquiry<'_>,
    capabilities: &str,
) -> Result<OpenedUpstream, UpstreamFailure> {
    let client = inquiry.client();
    let answered = inquiry
        .ask(MessageHead::default(), |id| {
            message::initialize_request(id, Revision::NEWEST_LEGACY, capabilities, client)
        })
        .await?;
    let opened = match &answered.said {
        Said::Result(result) => legacy(result, answered.session)?,
        _ => return Err(no_handshake(inquiry, &answered).await),
    };
    inquiry.tell(head_for(&opened, ""), message::initialized_notification()).await?;
    Ok(opened)
}

fn legacy(result: &Bytes, session: Option<String>) -> Result<OpenedUpstream, UpstreamFailure> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct InitializeResult<'a> {
        protocol_version: String,
        #[serde(borrow)]
        capabilities: &'a RawValue,
        instructions: Option<String>,
    }
    let violation = |detail| of_answer(FaultClass::ProtocolViolation, detail);
    let found: InitializeResult<'_> = serde_json::from_slice(result)
        .map_err(|_| violation("the answer to initialize lacks protocolVersion or capabilities"))?;
    let revision = Revision::parse(&found.protocol_version)
        .filter(|revision| revision.era() == Era::Legacy)
        .ok_or_else(|| violation("the server speaks no revision that we know"))?;
    Ok(OpenedUpstream {
        era: UpstreamEra::Legacy,
        revision: revision.as_str().to_owned(),
        session,
        capabilities: Bytes::copy_from_slice(found.capabilities.get().as_bytes()),
        instructions: found.instructions,
    })
}

/// Why a server that is not modern takes no handshake either.
async fn no_handshake(inquiry: &Inquiry<'_>, answered: &Answered) -> UpstreamFailure {
    const NO_SUCH_DOOR: [StatusCode; 3] =
        [StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
    let refused_as_modern = matches!(
        &answered.said,
        Said::Refused(refusal) if refusal.code == Refusal::UNSUPPORTED_VERSION
    );
    if NO_SUCH_DOOR.contains(&answered.status)
        && !refused_as_modern
        && http_sse::is_spoken(inquiry).await
    {
        let detail = if inquiry.settings().legacy_sse {
            "the server speaks HTTP+SSE (2024-11-05), not streamable HTTP"
        } else {
            "the server speaks HTTP+SSE (2024-11-05), which is off here (MREG_ENABLE_LEGACY_SSE)"
        };
        return of_answer(FaultClass::WrongTransport, detail);
    }
    if answered.status == StatusCode::UPGRADE_REQUIRED {
        return of_answer(FaultClass::WrongTransport, "the server wants another protocol (426)");
    }
    match &answered.said {
        Said::Refused(refusal) => of_answer(
            FaultClass::ProtocolViolation,
            format!("the server refuses initialize (error {})", refusal.code),
        ),
        _ => not_mcp(answered.status),
    }
}

fn not_mcp(status: StatusCode) -> UpstreamFailure {
    let detail = format!("the answer ({}) is not a JSON-RPC message", status.as_u16());
    of_answer(FaultClass::NotMcp, detail)
}
