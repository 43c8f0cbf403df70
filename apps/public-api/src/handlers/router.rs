//! How calls find their servers.

pub(crate) mod metrics;
