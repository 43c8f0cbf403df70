//! The rows, as they are read and written: nothing is checked that the database does not check.

use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::schema::{
    Label, audit_log, candidate_manifests, events, registrations, server_tools, servers, users,
};

/// A time as diesel writes and reads it.
pub(super) type Time = jiff_diesel::Timestamp;

/// A person. All of the row is read, as the product does.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
#[expect(dead_code, reason = "the statement reads it; the floor needs but the id")]
pub(super) struct UserRow {
    pub(super) user_id: Uuid,
    entra_id: String,
    email: String,
    display_name: Option<String>,
    is_admin: bool,
    created_at: Time,
    updated_at: Time,
    tenant_id: Option<String>,
    admin_source: String,
}

/// A registration.
#[derive(Debug, Clone, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = registrations)]
#[diesel(primary_key(registration_id), treat_none_as_null = true)]
pub(super) struct RegistrationRow {
    pub(super) registration_id: Uuid,
    pub(super) endpoint_url: String,
    pub(super) endpoint_name: String,
    pub(super) description: Option<String>,
    pub(super) owner_contact: String,
    pub(super) available_tools: Value,
    pub(super) status: String,
    pub(super) submitter_id: Uuid,
    pub(super) approver_id: Option<Uuid>,
    pub(super) submitted_at: Time,
    pub(super) approved_at: Option<Time>,
    pub(super) created_at: Time,
    pub(super) updated_at: Time,
    pub(super) revision: i64,
    pub(super) tenant_id: Option<String>,
    pub(super) alias: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) url_key: Option<String>,
    pub(super) search_key: String,
    pub(super) standing: Option<Value>,
}

/// What was found at its address. All of the row is read, as the product does.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = candidate_manifests)]
#[expect(dead_code, reason = "the statement reads it; the floor needs but some columns")]
pub(super) struct CandidateRow {
    registration_id: Uuid,
    pub(super) state: String,
    pub(super) fault_class: Option<String>,
    pub(super) fault_detail: Option<String>,
    pub(super) digest: Option<String>,
    pub(super) definitions: Option<String>,
    for_revision: i64,
    attempts: i64,
    next_attempt_at: Option<Time>,
    pub(super) seen_at: Option<Time>,
}

/// What a registration's reader is told of its server.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = servers)]
pub(super) struct SummaryRow {
    pub(super) id: Uuid,
    pub(super) alias: Option<String>,
    pub(super) manifest_state: String,
    pub(super) manifest_digest: Option<String>,
}

/// A registration with what belongs to it.
pub(super) type View = (RegistrationRow, Option<CandidateRow>, Option<SummaryRow>);

/// A server.
#[derive(Debug, Insertable)]
#[diesel(table_name = servers, treat_none_as_null = true)]
pub(super) struct ServerRow {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) endpoint_url: String,
    pub(super) transport_type: Label,
    pub(super) version: String,
    pub(super) description: Option<String>,
    pub(super) capabilities: Value,
    pub(super) tags: Vec<Option<String>>,
    pub(super) health_status: Label,
    pub(super) tenant_id: Option<String>,
    pub(super) created_at: Time,
    pub(super) updated_at: Time,
    pub(super) registration_id: Option<Uuid>,
    pub(super) revision: i64,
    pub(super) alias: Option<String>,
    pub(super) manifest_state: String,
    pub(super) manifest_digest: Option<String>,
}

/// A tool that is pinned.
#[derive(Debug, Insertable)]
#[diesel(table_name = server_tools)]
pub(super) struct ToolRow {
    pub(super) server_id: Uuid,
    pub(super) name: String,
    pub(super) full_name: String,
    pub(super) description: Option<String>,
    pub(super) position: i64,
    pub(super) digest: String,
    pub(super) raw: Vec<u8>,
}

/// A row of the audit trail.
#[derive(Debug, Insertable)]
#[diesel(table_name = audit_log)]
pub(super) struct AuditRow {
    pub(super) log_id: Uuid,
    pub(super) registration_id: Uuid,
    pub(super) user_id: Uuid,
    pub(super) action: &'static str,
    pub(super) previous_status: Option<&'static str>,
    pub(super) new_status: Option<&'static str>,
    pub(super) metadata: Value,
    pub(super) timestamp: Time,
}

/// A row of the event log; a trigger numbers it.
#[derive(Debug, Insertable)]
#[diesel(table_name = events)]
pub(super) struct EventRow {
    pub(super) event_id: Uuid,
    pub(super) kind: &'static str,
    pub(super) actor: Option<Uuid>,
    pub(super) registration_id: Option<Uuid>,
    pub(super) server_id: Option<Uuid>,
    pub(super) tenant_id: Option<String>,
    pub(super) previous_status: Option<&'static str>,
    pub(super) new_status: Option<&'static str>,
    pub(super) metadata: Value,
    pub(super) at: Time,
}
