//! The queries: those of the product's store, with values in them that are there.

use super::data::DataSize;

/// A query and its name in the table.
pub struct Query {
    pub name: &'static str,
    pub sql: String,
}

/// What a registration's reader is shown, up to the condition.
const SHOWN: &str = "SELECT registrations.*, candidate_manifests.*, servers.id, servers.alias, \
     servers.manifest_state, servers.manifest_digest FROM registrations \
     LEFT JOIN candidate_manifests USING (registration_id) \
     LEFT JOIN servers ON servers.registration_id = registrations.registration_id";

/// The newest ones of these.
const NEWEST: &str = "ORDER BY registrations.created_at DESC, registrations.registration_id DESC \
     LIMIT 20";

/// All queries, for tables of this size.
pub fn all(size: DataSize) -> Vec<Query> {
    let query = |name, sql| Query { name, sql };
    let (some, person) = (size.registrations / 2, size.people / 2);
    // The registration that comes after half of them, and the time of its row.
    let at = format!("timestamptz '2026-01-01' + {some} * interval '1 minute'");
    let id = format!("md5('registration {some}')::uuid");
    let submitter = format!("submitter_id = md5('person {person}')::uuid");
    vec![
        query(
            "registrations by status, newest",
            format!("{SHOWN} WHERE status = 'Pending' {NEWEST}"),
        ),
        query(
            "registrations by status, how many",
            "SELECT count(*) FROM registrations WHERE status = 'Pending'".to_owned(),
        ),
        query("registrations by submitter, newest", format!("{SHOWN} WHERE {submitter} {NEWEST}")),
        query(
            "registrations by submitter, how many",
            format!("SELECT count(*) FROM registrations WHERE {submitter}"),
        ),
        query(
            "registrations, page after a cursor",
            format!(
                "{SHOWN} WHERE registrations.created_at <= {at} AND \
                 (registrations.created_at < {at} OR registrations.registration_id < {id}) {NEWEST}"
            ),
        ),
        query(
            "registration by address",
            format!("{SHOWN} WHERE registrations.endpoint_url = 'https://mcp.example.com/{some}'"),
        ),
        query(
            "registration by another spelling of it",
            format!("{SHOWN} WHERE registrations.url_key = 'https://mcp.example.com/{some}'"),
        ),
        query(
            "server by name",
            format!(
                "SELECT id FROM servers WHERE name = 'server {some}' AND tenant_id IS NULL LIMIT 1"
            ),
        ),
        query(
            "server by alias",
            format!(
                "SELECT id FROM servers WHERE alias = 'server-{some}' AND tenant_id IS NULL LIMIT 1"
            ),
        ),
        query(
            "server by registration",
            format!("SELECT * FROM servers WHERE registration_id = {id} LIMIT 1"),
        ),
        query(
            "servers that wait for their manifest",
            "SELECT * FROM servers WHERE manifest_state = 'awaited' \
             ORDER BY updated_at, id LIMIT 100"
                .to_owned(),
        ),
        query(
            "audit trail of a registration",
            format!("{TRAIL} WHERE registration_id = {id} {LATEST}"),
        ),
        query(
            "audit trail between two times",
            format!(
                "{TRAIL} WHERE timestamp >= {at} AND timestamp <= {at} + interval '1 hour' {LATEST}"
            ),
        ),
        query(
            "audit trail of a person",
            format!("{TRAIL} WHERE user_id = md5('person {person}')::uuid {LATEST}"),
        ),
        query(
            "operations, newest",
            "SELECT * FROM fastmcp_audit_log ORDER BY timestamp DESC, id DESC LIMIT 50".to_owned(),
        ),
    ]
}

/// The audit trail with people's names, up to the condition.
const TRAIL: &str = "SELECT audit_log.*, email, display_name FROM audit_log \
     JOIN users USING (user_id)";

/// The newest of its rows.
const LATEST: &str = "ORDER BY timestamp DESC, log_id DESC LIMIT 20";
