//! The tables as diesel knows them. `migrate.rs` tests that they are those of the file.

diesel::table! {
    users (user_id) {
        user_id -> Text,
        entra_id -> Text,
        email -> Text,
        display_name -> Nullable<Text>,
        is_admin -> Bool,
        created_at -> Text,
        updated_at -> Text,
        tenant_id -> Nullable<Text>,
        admin_source -> Text,
    }
}

diesel::table! {
    registrations (registration_id) {
        registration_id -> Text,
        endpoint_url -> Text,
        endpoint_name -> Text,
        description -> Nullable<Text>,
        owner_contact -> Text,
        available_tools -> Text,
        status -> Text,
        submitter_id -> Text,
        approver_id -> Nullable<Text>,
        submitted_at -> Text,
        approved_at -> Nullable<Text>,
        created_at -> Text,
        updated_at -> Text,
        revision -> BigInt,
        tenant_id -> Nullable<Text>,
        alias -> Nullable<Text>,
        reason -> Nullable<Text>,
        url_key -> Nullable<Text>,
        search_key -> Text,
        standing -> Nullable<Text>,
        standing_url_key -> Nullable<Text>,
        author_id -> Nullable<Text>,
    }
}

diesel::table! {
    audit_log (log_id) {
        log_id -> Text,
        registration_id -> Text,
        user_id -> Text,
        action -> Text,
        previous_status -> Nullable<Text>,
        new_status -> Nullable<Text>,
        metadata -> Text,
        timestamp -> Text,
        chained -> Bool,
    }
}

diesel::table! {
    servers (id) {
        id -> Text,
        name -> Text,
        endpoint_url -> Text,
        transport_type -> Text,
        version -> Text,
        description -> Nullable<Text>,
        capabilities -> Text,
        tags -> Text,
        health_status -> Text,
        tenant_id -> Nullable<Text>,
        created_at -> Text,
        updated_at -> Text,
        registration_id -> Nullable<Text>,
        revision -> BigInt,
        alias -> Nullable<Text>,
        manifest_state -> Text,
        manifest_digest -> Nullable<Text>,
        owner_id -> Nullable<Text>,
        listed_by -> Text,
        auto_discover -> Bool,
        last_health_check -> Nullable<Text>,
        search_key -> Text,
        health_streak -> Integer,
        next_probe_at -> Text,
        compared_at -> Nullable<Text>,
        tool_rules -> Text,
    }
}

diesel::table! {
    server_tools (id) {
        id -> Text,
        server_id -> Text,
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
        id -> Text,
        server_id -> Text,
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
        id -> Text,
        server_id -> Text,
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
        id -> Text,
        user_id -> Nullable<Text>,
        tenant_id -> Nullable<Text>,
        email -> Nullable<Text>,
        method -> Text,
        tool_name -> Nullable<Text>,
        params -> Nullable<Text>,
        success -> Bool,
        error_message -> Nullable<Text>,
        duration_ms -> BigInt,
        timestamp -> Text,
        error_code -> Nullable<Text>,
        request_id -> Text,
        server_id -> Nullable<Text>,
        client_ip -> Nullable<Text>,
        chain -> Nullable<Text>,
        position -> Nullable<BigInt>,
    }
}

diesel::table! {
    chains (id) {
        id -> Text,
        log -> Text,
        day -> Text,
        closed_at -> Nullable<Text>,
    }
}

diesel::table! {
    seals (chain, after_position) {
        chain -> Text,
        log -> Text,
        day -> Text,
        after_position -> BigInt,
        to_position -> BigInt,
        count -> BigInt,
        digest -> Text,
        previous -> Nullable<Text>,
        made_at -> Text,
        marks -> Binary,
        purged_at -> Nullable<Text>,
    }
}

diesel::table! {
    candidate_manifests (registration_id) {
        registration_id -> Text,
        state -> Text,
        fault_class -> Nullable<Text>,
        fault_detail -> Nullable<Text>,
        digest -> Nullable<Text>,
        definitions -> Nullable<Text>,
        for_revision -> BigInt,
        attempts -> BigInt,
        next_attempt_at -> Nullable<Text>,
        seen_at -> Nullable<Text>,
    }
}

diesel::table! {
    retired_aliases (tenant_id, alias) {
        tenant_id -> Text,
        alias -> Text,
        free_at -> Text,
    }
}

diesel::table! {
    events (seq) {
        seq -> BigInt,
        event_id -> Text,
        kind -> Text,
        actor -> Nullable<Text>,
        registration_id -> Nullable<Text>,
        server_id -> Nullable<Text>,
        tenant_id -> Nullable<Text>,
        previous_status -> Nullable<Text>,
        new_status -> Nullable<Text>,
        metadata -> Text,
        at -> Text,
    }
}

diesel::table! {
    server_drifts (server_id) {
        server_id -> Text,
        definitions -> Text,
        since -> Text,
        refused -> Bool,
    }
}

diesel::table! {
    leases (name) {
        name -> Text,
        holder -> Text,
        ends_at -> Text,
    }
}

diesel::table! {
    documents (document_id) {
        document_id -> Text,
        registration_id -> Text,
        filename -> Text,
        content_type -> Text,
        size_bytes -> BigInt,
        digest -> Text,
        title -> Nullable<Text>,
        tool_name -> Nullable<Text>,
        uploaded_by -> Text,
        created_at -> Text,
    }
}

diesel::table! {
    document_contents (document_id) {
        document_id -> Text,
        content -> Binary,
    }
}

diesel::table! {
    links (link_id) {
        link_id -> Text,
        registration_id -> Text,
        rel -> Text,
        url -> Text,
        title -> Nullable<Text>,
        added_by -> Text,
        created_at -> Text,
    }
}

diesel::table! {
    oauth_clients (client_id) {
        client_id -> Text,
        client_name -> Nullable<Text>,
        redirect_uris -> Text,
        secret_hash -> Nullable<Binary>,
        created_at -> Text,
        ends_at -> Text,
    }
}

diesel::table! {
    oauth_consents (consent_key) {
        consent_key -> Text,
        client_id -> Text,
        subject -> Text,
        tenant_id -> Nullable<Text>,
        created_at -> Text,
        ends_at -> Text,
    }
}

diesel::table! {
    oauth_grants (grant_id) {
        grant_id -> Text,
        client_id -> Text,
        subject -> Text,
        tenant_id -> Nullable<Text>,
        resource -> Text,
        scopes -> Text,
        serial -> BigInt,
        sealed -> Binary,
        created_at -> Text,
        ends_at -> Text,
    }
}

diesel::table! {
    oauth_denials (denied_id) {
        denied_id -> Text,
        since -> Text,
        ends_at -> Text,
    }
}

diesel::table! {
    oauth_keys (generation) {
        generation -> BigInt,
        kid -> Text,
        sealed -> Binary,
        signs_from -> Text,
        ends_at -> Text,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Text,
        name -> Text,
        tenant_id -> Nullable<Text>,
        roles -> Text,
        scopes -> Text,
        digest -> Text,
        made_by -> Text,
        created_at -> Text,
        expires_at -> Text,
        revoked_at -> Nullable<Text>,
    }
}

diesel::table! {
    server_credentials (server_id) {
        server_id -> Text,
        kind -> Text,
        header_name -> Text,
        origin -> Text,
        sealed -> Binary,
        set_at -> Text,
        set_by -> Nullable<Text>,
        revision -> BigInt,
    }
}

diesel::table! {
    user_grants (server_id, subject) {
        server_id -> Text,
        subject -> Text,
        tenant_id -> Nullable<Text>,
        sealed -> Binary,
        granted_at -> Text,
        revision -> BigInt,
    }
}

diesel::table! {
    collections (id) {
        id -> Text,
        tenant_id -> Nullable<Text>,
        slug -> Text,
        name -> Text,
        description -> Nullable<Text>,
        instructions -> Nullable<Text>,
        members -> Text,
        made_by -> Text,
        created_at -> Text,
        updated_at -> Text,
        revision -> BigInt,
    }
}

diesel::joinable!(candidate_manifests -> registrations (registration_id));
diesel::joinable!(servers -> registrations (registration_id));
diesel::joinable!(audit_log -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(audit_log, events);
diesel::allow_tables_to_appear_in_same_query!(registrations, candidate_manifests, servers);
diesel::allow_tables_to_appear_in_same_query!(audit_log, users);

/// Every table's columns, for the test that compares them with the file's.
#[cfg(test)]
pub(crate) fn columns() -> Vec<(&'static str, Vec<&'static str>)> {
    macro_rules! named {
        ($($table:ident),+) => {
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
        documents,
        document_contents,
        links,
        server_drifts,
        leases,
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
        collections
    )
}

/// The column names of a table's column list, as diesel writes them into SQL.
#[cfg(test)]
fn names<T>(columns: &T) -> Vec<&'static str>
where
    T: diesel::query_builder::QueryFragment<diesel::sqlite::Sqlite>,
{
    let sql: &'static str =
        String::leak(diesel::debug_query::<diesel::sqlite::Sqlite, _>(columns).to_string());
    sql.split(" -- ")
        .next()
        .unwrap_or_default()
        .split(", ")
        .filter_map(|column| column.rsplit('.').next())
        .map(|name| name.trim_matches('`'))
        .collect()
}
