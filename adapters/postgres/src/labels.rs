//! The database's own enumerations, read and written by the names of their values.

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
pub(crate) struct Label(pub(crate) String);

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
                Ok(Self(std::str::from_utf8(value.as_bytes())?.to_owned()))
            }
        }
    )+};
}
named_by_labels!(TransportType, ServerStatus);
