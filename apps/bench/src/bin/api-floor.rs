//! The floor of the registry's API: the product's statements and bodies, and nothing else.

use std::{io::Write, process::ExitCode};

use bench::api_floor::{self, Settings};
use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A bare server of the registry's statements, the floor of load measurements; prints its address.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    settings: Settings,
}

#[actix_web::main]
async fn main() -> ExitCode {
    let Args { settings } = Args::parse();
    let ready = |address| writeln!(std::io::stdout(), "{address}");
    match api_floor::serve(settings, ready).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "api-floor: {error}");
            ExitCode::FAILURE
        }
    }
}
