//! The tables as diesel knows them. A test compares them with those of a migrated database.

#[cfg(test)]
use diesel::pg::Pg;

diesel::table! {
    users (user_id) {
        user_id -> Uuid,
        entra_id -> Text,
        email -> Text,
        display_name -> Nullable<Text>,
        is_admin -> Bool,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        tenant_id -> Nullable<Text>,
        admin_source -> Text,
    }
}

diesel::table! {
    registrations (registration_id) {
        registration_id -> Uuid,
        endpoint_url -> Text,
        endpoint_name -> Text,
        description -> Nullable<Text>,
        owner_contact -> Text,
        available_tools -> Jsonb,
        status -> Text,
        submitter_id -> Uuid,
        approver_id -> Nullable<Uuid>,
        submitted_at -> Timestamptz,
        approved_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        revision -> BigInt,
        tenant_id -> Nullable<Text>,
        alias -> Nullable<Text>,
        reason -> Nullable<Text>,
        url_key -> Nullable<Text>,
        search_key -> Text,
        standing -> Nullable<Jsonb>,
        standing_url_key -> Nullable<Text>,
        author_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    audit_log (log_id) {
        log_id -> Uuid,
        registration_id -> Uuid,
        user_id -> Uuid,
        action -> Text,
        previous_status -> Nullable<Text>,
        new_status -> Nullable<Text>,
        metadata -> Jsonb,
        timestamp -> Timestamptz,
        chained -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::{
        Array, BigInt, Bool, Integer, Jsonb, Nullable, Text, Timestamptz, Uuid,
    };
    use crate::labels::{ServerStatus, TransportType};

    servers (id) {
        id -> Uuid,
        name -> Text,
        endpoint_url -> Text,
        transport_type -> TransportType,
        version -> Text,
        description -> Nullable<Text>,
        capabilities -> Jsonb,
        tags -> Array<Nullable<Text>>,
        health_status -> ServerStatus,
        tenant_id -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        registration_id -> Nullable<Uuid>,
        revision -> BigInt,
        alias -> Nullable<Text>,
        manifest_state -> Text,
        manifest_digest -> Nullable<Text>,
        owner_id -> Nullable<Uuid>,
        listed_by -> Text,
        auto_discover -> Bool,
        last_health_check -> Nullable<Timestamptz>,
        search_key -> Text,
        health_streak -> Integer,
        next_probe_at -> Timestamptz,
        compared_at -> Nullable<Timestamptz>,
        tool_rules -> Jsonb,
    }
}

diesel::table! {
    server_tools (id) {
        id -> Uuid,
        server_id -> Uuid,
        name -> Text,
        full_name -> Text,
        description -> Nullable<Text>,
        position -> BigInt,
        digest -> Text,
        raw -> Binary,
    }
}

diesel::table! {
    server_resources (id) {
        id -> Uuid,
        server_id -> Uuid,
        uri_template -> Text,
        kind -> Text,
        name -> Nullable<Text>,
        description -> Nullable<Text>,
        mime_type -> Nullable<Text>,
        position -> BigInt,
        digest -> Text,
        raw -> Binary,
    }
}

diesel::table! {
    server_prompts (id) {
        id -> Uuid,
        server_id -> Uuid,
        name -> Text,
        full_name -> Text,
        description -> Nullable<Text>,
        position -> BigInt,
        digest -> Text,
        raw -> Binary,
    }
}

diesel::table! {
    fastmcp_audit_log (id) {
        id -> Uuid,
        user_id -> Nullable<Text>,
        tenant_id -> Nullable<Text>,
        email -> Nullable<Text>,
        method -> Text,
        tool_name -> Nullable<Text>,
        params -> Nullable<Jsonb>,
        success -> Bool,
        error_message -> Nullable<Text>,
        duration_ms -> Integer,
        timestamp -> Timestamptz,
        error_code -> Nullable<Text>,
        request_id -> Text,
        server_id -> Nullable<Uuid>,
        client_ip -> Nullable<Text>,
        chain -> Nullable<Uuid>,
        position -> Nullable<BigInt>,
    }
}

diesel::table! {
    chains (id) {
        id -> Uuid,
        log -> Text,
        day -> Date,
        closed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    seals (chain, after_position) {
        chain -> Uuid,
        log -> Text,
        day -> Date,
        after_position -> BigInt,
        to_position -> BigInt,
        count -> Integer,
        digest -> Text,
        previous -> Nullable<Text>,
        made_at -> Timestamptz,
        marks -> Binary,
        purged_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    candidate_manifests (registration_id) {
        registration_id -> Uuid,
        state -> Text,
        fault_class -> Nullable<Text>,
        fault_detail -> Nullable<Text>,
        digest -> Nullable<Text>,
        definitions -> Nullable<Text>,
        for_revision -> BigInt,
        attempts -> BigInt,
        next_attempt_at -> Nullable<Timestamptz>,
        seen_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    retired_aliases (tenant_id, alias) {
        tenant_id -> Text,
        alias -> Text,
        free_at -> Timestamptz,
    }
}

diesel::table! {
    events (seq) {
        seq -> BigInt,
        event_id -> Uuid,
        kind -> Text,
        actor -> Nullable<Uuid>,
        registration_id -> Nullable<Uuid>,
        server_id -> Nullable<Uuid>,
        tenant_id -> Nullable<Text>,
        previous_status -> Nullable<Text>,
        new_status -> Nullable<Text>,
        metadata -> Jsonb,
        at -> Timestamptz,
    }
}

diesel::table! {
    event_head (one) {
        one -> Bool,
        seq -> BigInt,
    }
}

diesel::table! {
    sessions (key) {
        key -> Text,
        value -> Binary,
        ends_at -> Timestamptz,
    }
}

diesel::table! {
    server_drifts (server_id) {
        server_id -> Uuid,
        definitions -> Text,
        since -> Timestamptz,
        refused -> Bool,
    }
}

diesel::table! {
    documents (document_id) {
        document_id -> Uuid,
        registration_id -> Uuid,
        filename -> Text,
        content_type -> Text,
        size_bytes -> BigInt,
        digest -> Text,
        title -> Nullable<Text>,
        tool_name -> Nullable<Text>,
        uploaded_by -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    document_contents (document_id) {
        document_id -> Uuid,
        content -> Binary,
    }
}

diesel::table! {
    links (link_id) {
        link_id -> Uuid,
        registration_id -> Uuid,
        rel -> Text,
        url -> Text,
        title -> Nullable<Text>,
        added_by -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    oauth_clients (client_id) {
        client_id -> Text,
        client_name -> Nullable<Text>,
        redirect_uris -> Jsonb,
        secret_hash -> Nullable<Binary>,
        created_at -> Timestamptz,
        ends_at -> Timestamptz,
    }
}

diesel::table! {
    oauth_consents (consent_key) {
        consent_key -> Text,
        client_id -> Text,
        subject -> Text,
        tenant_id -> Nullable<Text>,
        created_at -> Timestamptz,
        ends_at -> Timestamptz,
    }
}

diesel::table! {
    oauth_grants (grant_id) {
        grant_id -> Uuid,
        client_id -> Text,
        subject -> Text,
        tenant_id -> Nullable<Text>,
        resource -> Text,
        scopes -> Jsonb,
        serial -> BigInt,
        sealed -> Binary,
        created_at -> Timestamptz,
        ends_at -> Timestamptz,
    }
}

diesel::table! {
    oauth_denials (denied_id) {
        denied_id -> Uuid,
        since -> Timestamptz,
        ends_at -> Timestamptz,
    }
}

diesel::table! {
    oauth_keys (generation) {
        generation -> BigInt,
        kid -> Text,
        sealed -> Binary,
        signs_from -> Timestamptz,
        ends_at -> Timestamptz,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Uuid,
        name -> Text,
        tenant_id -> Nullable<Text>,
        roles -> Array<Nullable<Text>>,
        scopes -> Array<Nullable<Text>>,
        digest -> Text,
        made_by -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    server_credentials (server_id) {
        server_id -> Uuid,
        kind -> Text,
        header_name -> Text,
        origin -> Text,
        sealed -> Binary,
        set_at -> Timestamptz,
        set_by -> Nullable<Uuid>,
        revision -> BigInt,
    }
}

diesel::table! {
    user_grants (server_id, subject) {
        server_id -> Uuid,
        subject -> Text,
        tenant_id -> Nullable<Text>,
        sealed -> Binary,
        granted_at -> Timestamptz,
        revision -> BigInt,
    }
}

diesel::table! {
    collections (id) {
        id -> Uuid,
        tenant_id -> Nullable<Text>,
        slug -> Text,
        name -> Text,
        description -> Nullable<Text>,
        instructions -> Nullable<Text>,
        members -> Jsonb,
        made_by -> Uuid,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        revision -> BigInt,
    }
}

diesel::joinable!(candidate_manifests -> registrations (registration_id));
diesel::joinable!(servers -> registrations (registration_id));
diesel::joinable!(audit_log -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(audit_log, events);
diesel::allow_tables_to_appear_in_same_query!(registrations, candidate_manifests, servers);
diesel::allow_tables_to_appear_in_same_query!(audit_log, users);

/// Every table's columns, for the test that compares them with the database's.
#[cfg(test)]
pub(crate) fn columns() -> Vec<(&'static str, Vec<String>)> {
    macro_rules! named {
        ($($table:ident),+ $(,)?) => {
            vec![$((stringify!($table), names(&$table::all_columns)),)+]
        };
    }
    named!(
        users,
        registrations,
        audit_log,
        servers,
        server_tools,
        server_resources,
        server_prompts,
        fastmcp_audit_log,
        candidate_manifests,
        retired_aliases,
        events,
        event_head,
        sessions,
        documents,
        document_contents,
        links,
        server_drifts,
        oauth_clients,
        oauth_consents,
        oauth_grants,
        oauth_denials,
        oauth_keys,
        chains,
        seals,
        api_keys,
        server_credentials,
        user_grants,
        collections,
    )
}

/// The column names of a table's column list, as diesel writes them into SQL.
#[cfg(test)]
fn names<T: diesel::query_builder::QueryFragment<Pg>>(columns: &T) -> Vec<String> {
    let sql = diesel::debug_query::<Pg, _>(columns).to_string();
    sql.split(" -- ")
        .next()
        .unwrap_or_default()
        .split(", ")
        .filter_map(|column| column.rsplit('.').next())
        .map(|name| name.trim_matches('"').to_owned())
        .collect()
}
