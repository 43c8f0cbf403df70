//! A registry that knows people but whose store is down for everything else: enough to try what
//! the API decides before a use case does, and how it fails. The rest is tried on the real
//! programs, by the testkit.

mod extras;
mod ports;
mod socket;

pub use ports::{api, developers_api, token_of};
pub use socket::{Answer, Client};
