//! The columns that the statements name, as the product's store names them. A column that is
//! missing here would be missing in the statements: the runner compares the answers.

use std::io::Write as _;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::query_builder::QueryId;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::SqlType;

/// The type `transport_type_enum`.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(postgres_type(name = "transport_type_enum"))]
pub struct TransportType;

/// The type `server_status_enum`.
#[derive(Debug, Clone, Copy, SqlType, QueryId)]
#[diesel(postgres_type(name = "server_status_enum"))]
pub struct ServerStatus;

/// A value of one of them, as its name.
#[derive(Debug, Clone, FromSqlRow, AsExpression)]
#[diesel(sql_type = TransportType, sql_type = ServerStatus)]
pub(super) struct Label(pub(super) String);

macro_rules! named_by_labels {
    ($($name:ty),+) => {$(
        impl ToSql<$name, Pg> for Label {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                out.write_all(self.0.as_bytes())?;
                Ok(IsNull::No)
            }
        }

        impl FromSql<$name, Pg> for Label {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                Ok(Self(String::from_utf8(value.as_bytes().to_vec())?))
            }
        }
    )+};
}
named_by_labels!(TransportType, ServerStatus);

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
    }
}

diesel::table! {
    use diesel::sql_types::{Array, BigInt, Bool, Jsonb, Nullable, Text, Timestamptz, Uuid};
    use super::{ServerStatus, TransportType};

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

diesel::joinable!(candidate_manifests -> registrations (registration_id));
diesel::joinable!(servers -> registrations (registration_id));
diesel::allow_tables_to_appear_in_same_query!(registrations, candidate_manifests, servers);
