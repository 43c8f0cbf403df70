//! `chaos`: puts the programs under load and breaks what they stand on, and says what held.
//!
//! | part | what | file |
//! |---|---|---|
//! | `faults` | a fault at a time under steady load, and what must hold after each | `faults/` |
//! | `overload` | five times of what there is strength for, from 500 sessions | `overload.rs` |
//! | `soak` | clients that come, go, hang and misbehave, and the slopes of what is held | `soak.rs` |
//! | `cluster` | two of each program behind balancers, until Ctrl-C | `cluster.rs` |
//!
//! Exit code 0: all held; 1: something did not. `chaos --help` names the settings.
#![expect(
    clippy::expect_used,
    reason = "like tests, it stops with a message where its ground gives way"
)]

mod client;
mod cluster;
mod faults;
mod ledger;
mod load;
mod options;
mod overload;
mod say;
mod scene;
mod soak;
mod table;
mod vitals;

use std::process::ExitCode;

use clap::Parser;
use options::{Options, Part};

#[tokio::main]
async fn main() -> ExitCode {
    let held = match Options::parse().part {
        Part::Faults(options) => faults::run(&options).await,
        Part::Overload(options) => overload::run(&options).await,
        Part::Soak(options) => soak::run(&options).await,
        Part::Cluster(options) => cluster::run(&options).await,
    };
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
