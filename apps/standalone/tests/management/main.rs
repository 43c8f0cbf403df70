//! The management of servers from outside: the real program, over sockets.
//!
//! | what is promised | file |
//! |---|---|
//! | create, read, replace, delete | `crud.rs` |
//! | every field keeps its rule, in each of its forms | `fields.rs` |
//! | lists: filters, pages, what comes along, what caches know | `lists.rs`, `caching.rs` |
//! | many at once, all or each for itself | `bulk.rs` |
//! | files of servers | `imports.rs` |
//! | what an upstream offers, at once or later | `inline.rs` |
//! | who offers this tool, this resource | `discovery.rs` |
//! | open, protected, read only, by approval | `modes.rs` |
//! | tenants | `tenants.rs` |
//! | many clients at once | `races.rs` |
//! | named subsets of servers and tools | `collections.rs` |
//! | who changed what | `records.rs` |
//!
//! Every test starts its own program with its own data folder (`support.rs`).
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod bulk;
mod caching;
mod collections;
mod crud;
mod discovery;
mod fields;
mod imports;
mod inline;
mod lists;
mod modes;
mod races;
mod records;
mod support;
mod tenants;
