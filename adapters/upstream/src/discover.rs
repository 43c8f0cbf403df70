//! Everything that a server offers, to the last page.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use mcp_wire::message;
use mcp_wire::revision::Era;
use registry_domain::manifest::{Definition, DefinitionKind, FaultClass, Manifest};
use registry_domain::ports::{OpenedUpstream, UpstreamEra, UpstreamFailure};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::answer::{Refusal, Said};
use crate::ask::Inquiry;
use crate::fault::of_answer;
use crate::open::{self, head_for};

/// Reads a server's manifest, and leaves no session behind.
///
/// # Errors
/// The class of fault; see the port.
pub(crate) async fn discover(inquiry: &mut Inquiry<'_>) -> Result<Manifest, UpstreamFailure> {
    let opened = open::open(inquiry).await?;
    let definitions = list_all(inquiry, &opened).await;
    open::close(inquiry, opened).await;
    definitions.map(Manifest::new)
}

/// Reads what a server offers that was opened.
///
/// # Errors
/// As [`discover`].
pub(crate) async fn list_all(
    inquiry: &mut Inquiry<'_>,
    opened: &OpenedUpstream,
) -> Result<Vec<Definition>, UpstreamFailure> {
    let offered: Capabilities = serde_json::from_slice(&opened.capabilities)
        .map_err(|_| violation("the capabilities are not an object of objects".to_owned()))?;
    let mut definitions = Vec::new();
    for kind in DefinitionKind::ALL {
        if offered.has(kind) {
            list(inquiry, opened, kind, &mut definitions).await?;
        }
    }
    Ok(definitions)
}

/// The capabilities that stand for lists.
#[derive(Deserialize)]
struct Capabilities {
    tools: Option<IgnoredAny>,
    resources: Option<IgnoredAny>,
    prompts: Option<IgnoredAny>,
}

impl Capabilities {
    const fn has(&self, kind: DefinitionKind) -> bool {
        match kind {
            DefinitionKind::Tool => self.tools.is_some(),
            DefinitionKind::Resource | DefinitionKind::ResourceTemplate => self.resources.is_some(),
            DefinitionKind::Prompt => self.prompts.is_some(),
        }
    }
}

/// A kind's method, and the member of the result that has the definitions.
const fn list_of(kind: DefinitionKind) -> (&'static str, &'static str) {
    match kind {
        DefinitionKind::Tool => ("tools/list", "tools"),
        DefinitionKind::Resource => ("resources/list", "resources"),
        DefinitionKind::ResourceTemplate => ("resources/templates/list", "resourceTemplates"),
        DefinitionKind::Prompt => ("prompts/list", "prompts"),
    }
}

/// Reads all pages of one list.
async fn list(
    inquiry: &mut Inquiry<'_>,
    opened: &OpenedUpstream,
    kind: DefinitionKind,
    definitions: &mut Vec<Definition>,
) -> Result<(), UpstreamFailure> {
    let (method, member) = list_of(kind);
    let bounds = inquiry.settings();
    let mut seen = HashSet::new();
    let mut cursor: Option<String> = None;
    for _ in 0..bounds.max_pages {
        let client = inquiry.client();
        let answered = inquiry
            .ask(head_for(opened, method), |id| {
                message::list_request(id, method, cursor.as_deref(), era(opened), client)
            })
            .await?;
        let page = match answered.said {
            Said::Result(page) => page,
            Said::Refused(refusal) if refusal.code == Refusal::METHOD_NOT_FOUND => return Ok(()),
            Said::Refused(refusal) => {
                return Err(violation(format!("{method} is refused (error {})", refusal.code)));
            }
            Said::Accepted | Said::Other => {
                let status = answered.status.as_u16();
                return Err(violation(format!("{method} is answered with {status}, not in MCP")));
            }
        };
        let next = read_page(&page, kind, member, definitions)
            .map_err(|_| violation(format!("the answer to {method} is not a list")))?;
        if definitions.len() > bounds.max_definitions {
            return Err(violation("the server offers more definitions than we take".to_owned()));
        }
        match next.filter(|next| !is_end(next, opened.era)) {
            None => return Ok(()),
            Some(next) if !seen.insert(next.clone()) => {
                return Err(violation(format!("{method} repeats a cursor")));
            }
            Some(next) => cursor = Some(next),
        }
    }
    Err(violation(format!("{method} has more pages than we read")))
}

const fn era(opened: &OpenedUpstream) -> Era {
    match opened.era {
        UpstreamEra::Legacy => Era::Legacy,
        UpstreamEra::Modern => Era::Modern,
    }
}

/// Whether a cursor says that there is no more. Since 2026-07-28 an empty cursor is one like any
/// other ("Pagination: implementation guidelines"); before, servers used it for the end.
fn is_end(cursor: &str, era: UpstreamEra) -> bool {
    cursor.is_empty() && era == UpstreamEra::Legacy
}

/// Adds a page's definitions byte for byte; answers the next cursor. A definition that has no
/// identity cannot be called and is left out.
fn read_page(
    page: &Bytes,
    kind: DefinitionKind,
    member: &str,
    definitions: &mut Vec<Definition>,
) -> serde_json::Result<Option<String>> {
    let members: HashMap<String, &RawValue> = serde_json::from_slice(page)?;
    let text_of = |member: &str| members.get(member).map_or("null", |value| value.get());
    let items: Vec<&RawValue> = serde_json::from_str(text_of(member))?;
    for item in items {
        match Definition::parse(kind, Bytes::copy_from_slice(item.get().as_bytes())) {
            Ok(definition) => definitions.push(definition),
            Err(reason) => tracing::debug!(%reason, "a definition is left out"),
        }
    }
    serde_json::from_str(text_of("nextCursor"))
}

fn violation(detail: String) -> UpstreamFailure {
    of_answer(FaultClass::ProtocolViolation, detail)
}
