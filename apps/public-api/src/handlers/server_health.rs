//! How a server is, as an operator orders it.

pub(crate) mod order;
