//! Servers by what they offer.

pub(crate) mod resources;
pub(crate) mod tools;
