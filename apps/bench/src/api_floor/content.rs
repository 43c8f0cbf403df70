//! What the writes put into the rows: the members that the product puts there, taken over as they
//! came.

use diesel::QueryResult;
use diesel::result::Error as DieselError;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::rows::{AuditRow, CandidateRow, EventRow, RegistrationRow, ServerRow, Time, ToolRow};
use super::schema::Label;
use super::writes::{Approval, Trail};

/// The body of a submission.
#[derive(Deserialize)]
pub(super) struct Draft {
    endpoint_url: String,
    endpoint_name: String,
    #[serde(default)]
    description: Option<String>,
    owner_contact: String,
    available_tools: Value,
}

/// The body of a decision.
#[derive(Deserialize)]
pub(super) struct Decision {
    status: String,
}

/// A definition inside a candidate's document.
#[derive(Deserialize)]
struct Kept {
    name: String,
    digest: String,
    raw: String,
}

#[derive(Deserialize)]
struct Described {
    description: Option<String>,
}

#[expect(clippy::disallowed_methods, reason = "the floor has no ports: that is what it is for")]
pub(super) fn new_id() -> Uuid {
    Uuid::now_v7()
}

#[expect(clippy::disallowed_methods, reason = "the floor has no ports: that is what it is for")]
pub(super) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

impl Draft {
    /// The row of a new registration.
    pub(super) fn row(self, submitter: Uuid) -> RegistrationRow {
        let at = Time::from(now());
        let description = self.description.as_deref().unwrap_or_default();
        let search_key =
            format!("{}\n{}\n{description}", self.endpoint_name, self.owner_contact).to_lowercase();
        RegistrationRow {
            registration_id: new_id(),
            url_key: Some(self.endpoint_url.clone()),
            endpoint_url: self.endpoint_url,
            endpoint_name: self.endpoint_name,
            description: self.description,
            owner_contact: self.owner_contact,
            available_tools: self.available_tools,
            status: "Pending".to_owned(),
            submitter_id: submitter,
            approver_id: None,
            submitted_at: at,
            approved_at: None,
            created_at: at,
            updated_at: at,
            revision: 1,
            tenant_id: None,
            alias: None,
            reason: None,
            search_key,
            standing: None,
        }
    }
}

/// The trail of a submission.
pub(super) fn submitted(row: &RegistrationRow) -> Trail {
    let said = json!({
        "endpoint_url": row.endpoint_url,
        "endpoint_name": row.endpoint_name,
        "description": row.description,
        "owner_contact": row.owner_contact,
        "available_tools_count": row.available_tools.as_array().map_or(0, Vec::len),
        "alias": row.alias,
    });
    told("RegistrationSubmitted", "Created", (None, "Pending"), row, row.submitter_id, said)
}

fn told(
    kind: &'static str,
    action: &'static str,
    (from, to): (Option<&'static str>, &'static str),
    row: &RegistrationRow,
    actor: Uuid,
    said: Value,
) -> Trail {
    let (id, at) = (new_id(), row.updated_at);
    let audit = AuditRow {
        log_id: id,
        registration_id: row.registration_id,
        user_id: actor,
        action,
        previous_status: from,
        new_status: Some(to),
        metadata: said.clone(),
        timestamp: at,
    };
    let event = EventRow {
        event_id: id,
        kind,
        actor: Some(actor),
        registration_id: Some(row.registration_id),
        server_id: None,
        tenant_id: None,
        previous_status: from,
        new_status: Some(to),
        metadata: said,
        at,
    };
    Trail { audit: vec![audit], events: vec![event] }
}

impl Decision {
    /// Whether it is the one decision that the floor knows.
    pub(super) fn is_approval(&self) -> bool {
        self.status == "Approved"
    }
}

/// What the approval of a registration on its candidate writes, under the registration's own name.
pub(super) fn approval(
    before: RegistrationRow,
    candidate: Option<CandidateRow>,
    approver: Uuid,
) -> QueryResult<(Approval, Trail)> {
    let (at, server_id) = (Time::from(now()), new_id());
    let expected = before.revision;
    let decided = RegistrationRow {
        status: "Approved".to_owned(),
        approver_id: Some(approver),
        approved_at: Some(at),
        updated_at: at,
        revision: expected + 1,
        ..before
    };
    let document = candidate.as_ref().and_then(|candidate| candidate.definitions.as_deref());
    let tools = tools(server_id, document.unwrap_or("[]"))
        .map_err(|error| DieselError::DeserializationError(Box::new(error)))?;
    let digest = candidate.and_then(|candidate| candidate.digest);
    let server = ServerRow {
        id: server_id,
        name: decided.endpoint_name.clone(),
        endpoint_url: decided.endpoint_url.clone(),
        transport_type: Label("http".to_owned()),
        version: "1.0.0".to_owned(),
        description: decided.description.clone(),
        capabilities: json!({}),
        tags: vec![],
        health_status: Label("unknown".to_owned()),
        tenant_id: None,
        created_at: at,
        updated_at: at,
        registration_id: Some(decided.registration_id),
        revision: 1,
        alias: Some(decided.endpoint_name.clone()),
        manifest_state: "reviewed".to_owned(),
        manifest_digest: digest.clone(),
    };
    let said = json!({ "approver_id": approver, "reason": null, "manifest_digest": digest });
    let decision = (Some("Pending"), "Approved");
    let mut trail = told("RegistrationApproved", "Approved", decision, &decided, approver, said);
    trail.events.push(listed(&server, approver));
    Ok((Approval { decided, expected, digest, server, tools }, trail))
}

fn listed(server: &ServerRow, approver: Uuid) -> EventRow {
    EventRow {
        event_id: new_id(),
        kind: "ServerListed",
        actor: Some(approver),
        registration_id: server.registration_id,
        server_id: Some(server.id),
        tenant_id: None,
        previous_status: None,
        new_status: None,
        metadata: json!({}),
        at: server.created_at,
    }
}

/// The rows of what is pinned. The measurements' upstream has tools and nothing else.
fn tools(server_id: Uuid, document: &str) -> serde_json::Result<Vec<ToolRow>> {
    let kept: Vec<Kept> = serde_json::from_str(document)?;
    (0_i64..)
        .zip(kept)
        .map(|(position, kept)| {
            let Described { description } = serde_json::from_str(&kept.raw)?;
            Ok(ToolRow {
                server_id,
                name: kept.name.clone(),
                full_name: kept.name,
                description,
                position,
                digest: kept.digest,
                raw: kept.raw.into_bytes(),
            })
        })
        .collect()
}
