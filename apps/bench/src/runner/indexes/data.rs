//! The large tables, made by SQL in the database.

use serde::Serialize;

use crate::runner::{Result, database::Database, progress::tell};

/// How many rows there are.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DataSize {
    pub people: u32,
    pub registrations: u32,
    pub servers: u32,
    pub audit_rows: u32,
    pub operations: u32,
}

/// Fills a migrated database with so many percent of the full size.
pub fn fill(database: &mut Database, percent: u32) -> Result<DataSize> {
    let size = DataSize {
        people: 1000,
        registrations: 1000 * percent,
        servers: 1000 * percent,
        audit_rows: 2000 * percent,
        operations: 10_000 * percent,
    };
    let DataSize { people, registrations, servers, audit_rows, operations } = size;
    let steps = [
        format!(
            "INSERT INTO users (user_id, entra_id, email) \
             SELECT md5('person ' || n)::uuid, 'person-' || n, 'p' || n || '@example.com' \
             FROM generate_series(0, {people} - 1) AS numbers (n)"
        ),
        // One in a hundred waits, one in a hundred was rejected.
        format!(
            "INSERT INTO registrations (registration_id, endpoint_url, endpoint_name, description, \
             owner_contact, available_tools, status, submitter_id, approver_id, approved_at, \
             submitted_at, created_at, updated_at) \
             SELECT md5('registration ' || n)::uuid, 'https://mcp.example.com/' || n, \
             'server ' || n, 'What the server ' || n || ' is for', 'team-' || n % 97 || '@example.com', \
             '[{{\"name\": \"search\"}}]', status, submitter, \
             CASE WHEN status <> 'Pending' THEN submitter END, \
             CASE WHEN status <> 'Pending' THEN at END, at, at, at \
             FROM generate_series(0, {registrations} - 1) AS numbers (n), \
             LATERAL (SELECT timestamptz '2026-01-01' + n * interval '1 minute', \
             md5('person ' || n % {people})::uuid, CASE n % 100 WHEN 0 THEN 'Pending' \
             WHEN 1 THEN 'Rejected' ELSE 'Approved' END) AS row (at, submitter, status)"
        ),
        // One in a thousand waits for its first manifest.
        format!(
            "INSERT INTO servers (id, name, endpoint_url, registration_id, alias, manifest_state, \
             created_at, updated_at) \
             SELECT md5('server ' || n)::uuid, 'server ' || n, 'https://mcp.example.com/' || n, \
             md5('registration ' || n)::uuid, 'server-' || n, \
             CASE n % 1000 WHEN 0 THEN 'awaited' ELSE 'reviewed' END, \
             timestamptz '2026-01-01' + n * interval '1 minute', \
             timestamptz '2026-01-01' + n * interval '1 minute' \
             FROM generate_series(0, {servers} - 1) AS numbers (n)"
        ),
        format!(
            "INSERT INTO audit_log (registration_id, user_id, action, new_status, timestamp) \
             SELECT md5('registration ' || n / 2)::uuid, md5('person ' || n % {people})::uuid, \
             CASE n % 2 WHEN 0 THEN 'Created' ELSE 'Approved' END, \
             CASE n % 2 WHEN 0 THEN 'Pending' ELSE 'Approved' END, \
             timestamptz '2026-01-01' + n * interval '30 seconds' \
             FROM generate_series(0, {audit_rows} - 1) AS numbers (n)"
        ),
        format!(
            "INSERT INTO fastmcp_audit_log (user_id, email, method, tool_name, params, success, \
             duration_ms, timestamp, request_id, server_id) \
             SELECT 'person-' || n % {people}, 'p' || n % {people} || '@example.com', \
             'tools/call', 'search', '{{\"q\": \"weather\"}}', n % 50 <> 0, n % 300, \
             timestamptz '2026-01-01' + n * interval '5 seconds', 'request-' || n, \
             md5('server ' || n % {servers})::uuid \
             FROM generate_series(0, {operations} - 1) AS numbers (n)"
        ),
        "VACUUM (ANALYZE)".to_owned(),
    ];
    for step in steps {
        let took = database.time(&step)?;
        let what: String = step.chars().take_while(|&letter| letter != '(').collect();
        tell(format_args!("{what}: {:.1} s", took.as_secs_f64()));
    }
    Ok(size)
}

/// Drops all indexes of our tables that are no primary keys; says how many those were.
pub fn drop_indexes(database: &mut Database) -> Result<usize> {
    let indexes = database.texts(
        "SELECT indexrelid::regclass FROM pg_index JOIN pg_class ON pg_class.oid = indrelid \
         WHERE NOT indisprimary AND relnamespace = 'public'::regnamespace",
    )?;
    for index in &indexes {
        database.execute(&format!("DROP INDEX {index}"))?;
    }
    database.execute("ANALYZE")?;
    Ok(indexes.len())
}
