//! What opens a server: set, shown without its secret, taken away.

pub(crate) mod find;
pub(crate) mod remove;
pub(crate) mod set;
