//! A real MCP server for demonstrations: `mcp-echo-server [--port 9000]` prints its URL and runs
//! until it is ended.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a program for people at a terminal"
)]

use std::process::ExitCode;

use registry_testkit::upstreams::{RmcpOptions, RmcpServer};

const USAGE: &str = "usage: mcp-echo-server [--port PORT]   (0 or none: any free port)";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let port = match args.as_slice() {
        [] => Some(0),
        ["--port", port] => port.parse().ok(),
        ["--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => None,
    };
    let Some(port) = port else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let server = RmcpServer::start(RmcpOptions { port, ..RmcpOptions::default() });
    println!("{}", server.url());
    loop {
        std::thread::park();
    }
}
