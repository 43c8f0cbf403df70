//! The answers' bodies: the product's members in the product's order, from plain structs.

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::Value;
use uuid::Uuid;

use super::rows::{Time, View};

/// A time with six digits of a second.
pub(super) struct Micros(Timestamp);

impl Micros {
    /// The time of a row.
    pub(super) fn of(time: Time) -> Self {
        Self(time.to_jiff())
    }
}

impl Serialize for Micros {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:.6}", self.0))
    }
}

#[derive(Serialize)]
struct Discovery<'a> {
    state: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault_class: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manifest_digest: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checked_at: Option<Micros>,
}

/// A registration as it is shown.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    registration_id: Uuid,
    endpoint_url: &'a str,
    endpoint_name: &'a str,
    description: Option<&'a str>,
    owner_contact: &'a str,
    available_tools: &'a Value,
    status: &'a str,
    submitter_id: Uuid,
    approver_id: Option<Uuid>,
    submitted_at: Micros,
    approved_at: Option<Micros>,
    created_at: Micros,
    updated_at: Micros,
    server_id: Option<Uuid>,
    reason: Option<&'a str>,
    alias: Option<&'a str>,
    mcp_url: Option<String>,
    discovery: Discovery<'a>,
    manifest_digest: Option<&'a str>,
    reviewed: Option<bool>,
    standing: Option<&'a Value>,
}

impl<'a> Shown<'a> {
    /// A registration whose server is reached below `gateway_url`.
    pub(super) fn of((row, candidate, server): &'a View, gateway_url: &str) -> Self {
        let (candidate, server) = (candidate.as_ref(), server.as_ref());
        let alias = server.and_then(|server| server.alias.as_deref());
        Self {
            registration_id: row.registration_id,
            endpoint_url: &row.endpoint_url,
            endpoint_name: &row.endpoint_name,
            description: row.description.as_deref(),
            owner_contact: &row.owner_contact,
            available_tools: &row.available_tools,
            status: &row.status,
            submitter_id: row.submitter_id,
            approver_id: row.approver_id,
            submitted_at: Micros::of(row.submitted_at),
            approved_at: row.approved_at.map(Micros::of),
            created_at: Micros::of(row.created_at),
            updated_at: Micros::of(row.updated_at),
            server_id: server.map(|server| server.id),
            reason: row.reason.as_deref(),
            alias: alias.or(row.alias.as_deref()),
            mcp_url: alias.map(|alias| format!("{gateway_url}/servers/{alias}/mcp")),
            discovery: Discovery {
                state: candidate.map_or("pending", |candidate| &candidate.state),
                fault_class: candidate.and_then(|candidate| candidate.fault_class.as_deref()),
                detail: candidate.and_then(|candidate| candidate.fault_detail.as_deref()),
                manifest_digest: candidate.and_then(|candidate| candidate.digest.as_deref()),
                checked_at: candidate.and_then(|candidate| candidate.seen_at).map(Micros::of),
            },
            manifest_digest: server.and_then(|server| server.manifest_digest.as_deref()),
            reviewed: server.map(|server| server.manifest_state == "reviewed"),
            standing: row.standing.as_ref(),
        }
    }
}

/// A page of them.
#[derive(Serialize)]
pub(super) struct Page<'a> {
    pub(super) total: i64,
    pub(super) limit: u32,
    pub(super) offset: u32,
    pub(super) results: Vec<Shown<'a>>,
}
