//! What operators look at.

pub(crate) mod stats;
