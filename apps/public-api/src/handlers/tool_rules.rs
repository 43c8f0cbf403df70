//! Who may use which of a server's tools.

pub(crate) mod find;
pub(crate) mod replace;
