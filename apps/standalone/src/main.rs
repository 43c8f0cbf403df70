//! `mcp-registry`: the public API and the MCP gateway in one process, and the command line.

use std::process::ExitCode;

use registry_runtime::Half;
use registry_runtime::cli::{self, Program};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main(Program {
        name: "mcp-registry",
        about: "A registry of MCP servers and the gateway to the approved ones",
        halves: &[Half::PublicApi, Half::Gateway],
        server: |runtime, bound| match bound.half {
            Half::PublicApi => public_api::server(runtime, bound),
            Half::Gateway => mcp_gateway::server(runtime, bound),
        },
    })
}
