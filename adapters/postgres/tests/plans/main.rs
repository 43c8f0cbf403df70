//! Large data: every index serves a query of the product, and no query reads a large table from
//! end to end.
//!
//! # Map
//! | you look for | open |
//! |---|---|
//! | which query each index is for | `people.rs` `registrations.rs` `documents.rs` `collections.rs` `servers.rs` `logs.rs` |
//! | what is in the database | `fill.rs` and `fill/` |
//! | how it is known what a query used | `counters.rs` |
//! | what is asserted | `used.rs` |
//!
//! # How to add an index or a query
//! An index names its query in a migration; the query's step here names the index. A step is a
//! function and a line in its file's table.
//!
//! # Exempt
//! `load_routes`, which reads all servers as it is there to do, is not called. Substring search
//! reads all registrations, within a time of its own. What counts reads all of an index.

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

#[path = "../contract/cluster.rs"]
#[expect(dead_code, reason = "the contract tests need more of it")]
mod cluster;
#[path = "../contract/proxy.rs"]
#[expect(dead_code, reason = "the contract tests need more of it")]
mod proxy;

mod collections;
mod counters;
mod documents;
mod fill;
mod grants;
mod logs;
mod oauth;
mod people;
mod registrations;
mod scene;
mod servers;
mod used;

fn every_index_is_used_by_a_query_and_no_query_reads_a_large_table() -> Result<(), Failed> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(used::check())
}

fn main() -> ExitCode {
    let trials = vec![Trial::test(
        "postgres::plans::every_index_is_used_by_a_query_and_no_query_reads_a_large_table",
        every_index_is_used_by_a_query_and_no_query_reads_a_large_table,
    )];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
