//! Small schemas that no type of ours is.

use std::borrow::Cow;

use registry_domain::event::AuditAction;
use registry_domain::server::HealthStatus;
pub(crate) use registry_http_edge::openapi::Id;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{IntoParams, PartialSchema, ToSchema};

/// Makes a type for the schema of a word: `#[schema(value_type = …)]`. The first word is its example.
macro_rules! word {
    ($(#[$doc:meta])* $name:ident called $shown:literal is one of $words:expr;) => {
        $(#[$doc])*
        pub(crate) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                one_of($words).into()
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                $shown.into()
            }
        }
    };
}

/// One of a few words; the first is the example.
pub(crate) fn one_of<const N: usize>(words: [&'static str; N]) -> ObjectBuilder {
    let example = words.first().copied();
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).examples(example)
}

word! {
    /// What a registration can be.
    StatusWord called "RegistrationStatus" is one of ["Pending", "Approved", "Rejected"];
}

word! {
    /// How far a discovery can have come.
    DiscoveryWord called "DiscoveryState" is one of ["complete", "pending", "failed"];
}

word! {
    /// What can be in the audit trail.
    ActionWord called "AuditAction" is one of AuditAction::ALL.map(AuditAction::as_str);
}

word! {
    /// How well a program can be.
    HealthWord called "HealthStatus" is one of ["healthy", "degraded", "unhealthy"];
}

word! {
    /// How a server can be.
    ServerHealthWord called "ServerHealth" is one of HealthStatus::ALL.map(HealthStatus::as_str);
}

word! {
    /// What can be decided.
    VerdictWord called "Verdict" is one of ["Approved", "Rejected"];
}

word! {
    /// How a list can be sorted.
    OrderWord called "Order" is one of ["desc", "asc"];
}

/// The path of one registration.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct RegistrationInPath {
    /// The registration's id
    #[param(value_type = Id)]
    registration_id: Id,
}
