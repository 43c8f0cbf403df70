//! `public-api`: the registry's public API, port 8000.

use std::process::ExitCode;

use registry_runtime::Half;
use registry_runtime::cli::{self, Program};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main(Program {
        name: "public-api",
        about: "The registry's public API: submit MCP servers, decide on them, find them",
        halves: &[Half::PublicApi],
        server: public_api::server,
    })
}
