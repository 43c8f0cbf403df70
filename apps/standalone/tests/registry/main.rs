//! The registry's REST API from outside: the real program, over sockets.
//!
//! | what is promised | file |
//! |---|---|
//! | from a submission to a callable server | `story.rs`, `discovery.rs` |
//! | every field keeps its rule | `fields.rs`, `egress.rs` |
//! | what cannot be read is refused, in one shape | `refusals.rs` |
//! | who may ask at all, and who they are | `tokens.rs`, `people.rs` |
//! | a tenant's registrations are there for that tenant | `tenants.rs` |
//! | lists: filters, pages, cursors | `lists.rs`, `filters.rs` |
//! | one address, one registration | `addresses.rs` |
//! | a submitter's changes | `changes.rs`, `endings.rs` |
//! | an administrator's decisions | `decisions.rs`, `races.rs` |
//! | approved, and proposed anew | `proposals.rs` |
//! | names in addresses stay their owner's | `aliases.rs` |
//! | documents: bytes, bounds, types, who may | `documents.rs`, `downloads.rs`, `uploads.rs` |
//! | links | `links.rs` |
//! | who did what | `audit.rs` |
//! | browsers, caches, probes | `browsers.rs`, `caching.rs`, `probes.rs` |
//!
//! Every test starts its own program with its own data folder (`support.rs`).
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod addresses;
mod aliases;
mod audit;
mod browsers;
mod caching;
mod changes;
mod decisions;
mod discovery;
mod documents;
mod downloads;
mod egress;
mod endings;
mod fields;
mod filters;
mod form;
mod links;
mod lists;
mod people;
mod probes;
mod proposals;
mod races;
mod refusals;
mod story;
mod support;
mod tenants;
mod tokens;
mod uploads;
