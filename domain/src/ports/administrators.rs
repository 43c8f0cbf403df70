//! Who administrates by the stored flag, known without asking the store.

use crate::user::AdminSource;

/// Knows the administrators of a moment ago.
pub trait Administrators: Send + Sync {
    /// Who made the person an administrator; `None`: nobody did.
    fn made_by(&self, subject: &str) -> Option<AdminSource>;
}
