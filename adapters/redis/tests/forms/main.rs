//! Another form that Redis has: a master behind Sentinels. The tests start the servers themselves.
//!
//! | what is promised | file |
//! |---|---|
//! | every behaviour holds behind a Sentinel, and after its master died | `sentinel.rs` |

#[cfg(test)]
#[path = "../contract/adapter.rs"]
mod adapter;
#[cfg(test)]
mod sentinel;
#[cfg(test)]
mod server;
