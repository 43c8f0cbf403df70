//! A registration.

use registry_domain::id::{Alias, RegistrationId, ServerId, UserId};
use registry_domain::manifest::Discovery;
use registry_domain::ports::RegistrationView;
use registry_domain::registration::Standing;
use registry_http_edge::WireTime;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::openapi::schemas::{DiscoveryWord, Id, StatusWord};

/// A registration with its decision, its discovery and its server.
#[derive(Serialize, ToSchema)]
pub(crate) struct RegistrationResponse<'a> {
    #[schema(value_type = Id)]
    registration_id: RegistrationId,
    #[schema(example = "https://mcp.example.com/mcp")]
    endpoint_url: &'a str,
    #[schema(example = "Weather")]
    endpoint_name: &'a str,
    #[schema(required = true, example = "Forecasts for any place")]
    description: Option<&'a str>,
    #[schema(example = "team@example.com")]
    owner_contact: &'a str,
    /// What the submitter said it offers; see the manifest for what it does offer.
    #[schema(value_type = Vec<Object>, example = json!([{"name": "search"}]))]
    available_tools: &'a [Map<String, Value>],
    #[schema(value_type = StatusWord)]
    status: &'static str,
    #[schema(value_type = Id)]
    submitter_id: UserId,
    #[schema(required = true, value_type = Option<Id>)]
    approver_id: Option<UserId>,
    submitted_at: WireTime,
    /// When it was decided, also when the decision was no.
    #[schema(required = true)]
    approved_at: Option<WireTime>,
    created_at: WireTime,
    updated_at: WireTime,
    #[schema(required = true, value_type = Option<Id>)]
    server_id: Option<ServerId>,
    /// Why it was decided so.
    #[schema(required = true, example = "looks good")]
    reason: Option<&'a str>,
    /// The server's alias; before there is one, the alias that the submitter wished for.
    #[schema(required = true, example = "weather")]
    alias: Option<&'a str>,
    /// Where MCP clients reach the server through the gateway.
    #[schema(required = true, example = "http://localhost:8001/servers/weather/mcp")]
    mcp_url: Option<String>,
    discovery: DiscoveryReport<'a>,
    /// The digest of what is pinned and served.
    #[schema(
        required = true,
        example = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )]
    manifest_digest: Option<String>,
    /// Whether somebody saw what is pinned before it was served.
    #[schema(required = true, example = true)]
    reviewed: Option<bool>,
    /// What was approved and is served, while something newer is proposed.
    #[schema(required = true)]
    standing: Option<StandingReport<'a>>,
}

/// What a proposal would replace.
#[derive(Serialize, ToSchema)]
struct StandingReport<'a> {
    #[schema(example = "https://mcp.example.com/mcp")]
    endpoint_url: &'a str,
    #[schema(example = "Weather")]
    endpoint_name: &'a str,
    #[schema(value_type = Id)]
    approver_id: UserId,
    approved_at: WireTime,
}

impl<'a> StandingReport<'a> {
    fn of(standing: &'a Standing) -> Self {
        Self {
            endpoint_url: standing.content.endpoint_url.as_str(),
            endpoint_name: &standing.content.endpoint_name,
            approver_id: standing.decision.approver,
            approved_at: WireTime(standing.decision.at),
        }
    }
}

/// How far the discovery of the candidate has come.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "state": "complete",
    "manifest_digest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "checked_at": "2026-11-21T10:53:19.565057Z",
}))]
pub(crate) struct DiscoveryReport<'a> {
    #[schema(value_type = DiscoveryWord)]
    state: &'static str,
    /// Why it failed, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault_class: Option<&'static str>,
    /// Why it failed, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest_digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_at: Option<WireTime>,
}

impl<'a> DiscoveryReport<'a> {
    fn of(discovery: &'a Discovery) -> Self {
        let (fault_class, detail, checked_at) = match discovery {
            Discovery::Pending => (None, None, None),
            Discovery::Complete { at, .. } => (None, None, Some(WireTime(*at))),
            Discovery::Failed { class, detail, at } => {
                (Some(class.as_str()), Some(detail.as_str()), Some(WireTime(*at)))
            }
        };
        Self {
            state: discovery.state(),
            fault_class,
            detail,
            manifest_digest: discovery.digest().map(|digest| digest.to_string()),
            checked_at,
        }
    }
}

impl<'a> RegistrationResponse<'a> {
    /// A registration whose server is reached below `gateway_base_url`.
    pub(crate) fn of(view: &'a RegistrationView, gateway_base_url: &str) -> Self {
        let registration = &view.registration;
        let (content, decision) = (&registration.content, registration.state.decision());
        let server = view.server.as_ref();
        let alias = server.map(|server| &server.alias);
        Self {
            registration_id: registration.id,
            endpoint_url: content.endpoint_url.as_str(),
            endpoint_name: &content.endpoint_name,
            description: content.description.as_deref(),
            owner_contact: &content.owner_contact,
            available_tools: &content.available_tools,
            status: registration.status().as_str(),
            submitter_id: registration.submitter,
            approver_id: decision.map(|decision| decision.approver),
            submitted_at: WireTime(registration.submitted_at),
            approved_at: decision.map(|decision| WireTime(decision.at)),
            created_at: WireTime(registration.created_at),
            updated_at: WireTime(registration.updated_at),
            server_id: server.map(|server| server.id),
            reason: decision.and_then(|decision| decision.reason.as_deref()),
            alias: alias.or(content.alias.as_ref()).map(Alias::as_str),
            mcp_url: alias.map(|alias| format!("{gateway_base_url}/servers/{alias}/mcp")),
            discovery: DiscoveryReport::of(&view.discovery),
            manifest_digest: server
                .and_then(|server| server.manifest_digest)
                .map(|digest| digest.to_string()),
            reviewed: server.map(|server| server.reviewed),
            standing: registration.standing.as_ref().map(StandingReport::of),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wire::samples;

    fn shown(view: &RegistrationView) -> Value {
        serde_json::to_value(RegistrationResponse::of(view, "http://localhost:8001")).unwrap()
    }

    #[test]
    fn a_pending_registration_has_every_member_and_no_decision() {
        assert_eq!(
            shown(&samples::pending()),
            json!({
                "registration_id": "00000000-0000-0000-0000-000000000001",
                "endpoint_url": "https://mcp.example.com/mcp",
                "endpoint_name": "Weather",
                "description": null,
                "owner_contact": "team@example.com",
                "available_tools": [{"name": "search", "x-own": {"kept": true}}],
                "status": "Pending",
                "submitter_id": "00000000-0000-0000-0000-000000000002",
                "approver_id": null,
                "submitted_at": "2026-01-31T12:00:00.000000Z",
                "approved_at": null,
                "created_at": "2026-01-31T12:00:00.000000Z",
                "updated_at": "2026-01-31T12:00:00.000000Z",
                "server_id": null,
                "reason": null,
                "alias": "wished",
                "mcp_url": null,
                "discovery": {"state": "pending"},
                "manifest_digest": null,
                "reviewed": null,
                "standing": null,
            })
        );
    }

    #[test]
    fn an_approved_registration_shows_where_its_server_is() {
        let view = samples::approved();
        let digest = view.discovery.digest().unwrap().to_string();
        let shown = shown(&view);
        for (member, value) in [
            ("status", json!("Approved")),
            ("approver_id", json!("00000000-0000-0000-0000-000000000003")),
            ("approved_at", json!("2026-01-31T13:00:00.000000Z")),
            ("reason", json!("looks good")),
            ("server_id", json!("00000000-0000-0000-0000-000000000004")),
            ("alias", json!("weather")),
            ("mcp_url", json!("http://localhost:8001/servers/weather/mcp")),
            ("manifest_digest", json!(digest)),
            ("reviewed", json!(true)),
        ] {
            assert_eq!(shown[member], value, "{member}");
        }
    }

    #[test]
    fn discovery_tells_what_was_found_or_why_not() {
        let read = samples::discovered();
        let digest = read.discovery.digest().unwrap().to_string();
        assert_eq!(
            shown(&read)["discovery"],
            json!({
                "state": "complete",
                "manifest_digest": digest,
                "checked_at": "2026-01-31T12:30:00.000000Z",
            })
        );
        assert_eq!(
            shown(&samples::failed())["discovery"],
            json!({
                "state": "failed",
                "fault_class": "timeout",
                "detail": "no answer within 10 s",
                "checked_at": "2026-01-31T12:30:00.000000Z",
            })
        );
    }
}
