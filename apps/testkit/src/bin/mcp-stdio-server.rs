//! An MCP server on standard input and output, for tests: `mcp-stdio-server [legacy|touchy|modern]`.
//! It says on standard error which of its environment it has, and `die` ends it.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "standard output is what it speaks on"
)]

use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;

use registry_testkit::upstreams::{Conduct, react};

fn main() -> ExitCode {
    let conduct = match std::env::args().nth(1).as_deref() {
        None | Some("legacy") => Conduct::Legacy,
        Some("touchy") => Conduct::Touchy,
        Some("modern") => Conduct::Modern,
        Some(_) => return ExitCode::from(2),
    };
    let mut names: Vec<String> = std::env::vars().map(|(name, _)| name).collect();
    names.sort();
    eprintln!("environment: {}", names.join(" "));
    if let Ok(secret) = std::env::var("PEER_SECRET") {
        eprintln!("my secret is {secret}");
    }
    let number = usize::try_from(std::process::id()).unwrap_or(0);
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let Ok(message) = serde_json::from_str(&line) else { continue };
        let reaction = react(conduct, number, &message);
        for said in reaction.say {
            println!("{said}");
        }
        if std::io::stdout().flush().is_err() || reaction.ends {
            return ExitCode::from(7);
        }
    }
    eprintln!("goodbye");
    ExitCode::SUCCESS
}
