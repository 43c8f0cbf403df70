//! What was recorded of calls and changes.

pub(crate) mod export;
pub(crate) mod list;
