//! `key`: keys for settings.

use clap::{Args, Subcommand};
use registry_sealing::SealingKey;

use super::{Failure, print};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Print a new sealing key, as `MREG_TOKEN_ENCRYPTION_KEY` takes it
    New,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match arguments.action {
        Action::New => print(&SealingKey::generate()?.to_setting())?,
    }
    Ok(())
}
