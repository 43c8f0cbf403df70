//! New identities.

use uuid::Uuid;

/// Makes identities.
pub trait Ids: Send + Sync {
    /// A new UUIDv7 (RFC 9562): later ones sort after earlier ones.
    fn next(&self) -> Uuid;
}
