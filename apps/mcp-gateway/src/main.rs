//! `mcp-gateway`: the authenticated MCP gateway, port 8001.

use std::process::ExitCode;

use registry_runtime::Half;
use registry_runtime::cli::{self, Program};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main(Program {
        name: "mcp-gateway",
        about: "The authenticated MCP gateway: approved MCP servers behind one address",
        halves: &[Half::Gateway],
        server: mcp_gateway::server,
    })
}
