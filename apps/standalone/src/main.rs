//! `mcp-registry`: the public API and the MCP gateway in one process, and the command line.

use std::process::ExitCode;

use registry_runtime::Role;
use registry_runtime::cli::{self, Program};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main(Program {
        name: "mcp-registry",
        about: "A registry of MCP servers and the gateway to the approved ones",
        roles: &[Role::PublicApi, Role::Gateway],
        server: |runtime, bound| match bound.role {
            Role::PublicApi => public_api::server(runtime, bound),
            Role::Gateway => mcp_gateway::server(runtime, bound),
        },
    })
}
