//! Which client does what, and what it cannot do by itself, whatever it is connected to.

use std::fmt::Write as _;

/// What clients do.
pub(super) const ACTIONS: [&str; 7] =
    ["list", "call", "read", "prompt", "progress", "elicit", "cancel"];

/// One client in one era: it does everything but what is named here, against servers of both eras.
pub(super) struct Row {
    /// What it is run by.
    pub(super) client: &'static str,
    /// What it is called.
    name: &'static str,
    /// Which era it speaks with the gateway.
    pub(super) era: &'static str,
    /// What it cannot do by itself, and why.
    cannot: &'static [(&'static str, &'static str)],
}

impl Row {
    /// Why it cannot do this.
    pub(super) fn reason(&self, action: &str) -> Option<&'static str> {
        self.cannot.iter().find(|(cannot, _)| *cannot == action).map(|(_, reason)| *reason)
    }
}

const SHOWS_NO_PROGRESS: (&str, &str) =
    ("progress", "its command line prints results and asks for no progress");
const HAS_NO_USER: (&str, &str) =
    ("elicit", "its command line declares no elicitation: nobody is there to answer");
const ENDS_WITH_ITS_PROCESS: (&str, &str) = (
    "cancel",
    "its command line cancels by ending, and in this era a client that is gone has not cancelled",
);
const CANCELS_BY_A_NOTIFICATION: (&str, &str) = (
    "cancel",
    "it sends a notification and keeps the stream of the call, whose end is what cancels in this revision over HTTP",
);
const FORGETS_PROGRESS: (&str, &str) = (
    "progress",
    "it passes progress on, and the SDK that reads it forgets what it read together with the result: some, or all, may be missing",
);

const ROWS: [Row; 13] = [
    row("mcp", "Python `mcp` 2.3", "legacy", &[]),
    row("mcp", "Python `mcp` 2.3", "modern", &[]),
    row("v1", "TypeScript `@modelcontextprotocol/sdk` 1.32", "legacy", &[]),
    row("v2", "TypeScript `@modelcontextprotocol/client` 2.4", "legacy", &[]),
    row("v2", "TypeScript `@modelcontextprotocol/client` 2.4", "modern", &[]),
    row("rmcp", "Rust `rmcp` 3.9", "legacy", &[]),
    row("rmcp", "Rust `rmcp` 3.9", "modern", &[]),
    row("fastmcp", "`fastmcp` 4.1", "legacy", &[]),
    row("fastmcp", "`fastmcp` 4.1", "modern", &[]),
    row(
        "inspector",
        "MCP inspector 2.12, `--cli`",
        "legacy",
        &[SHOWS_NO_PROGRESS, HAS_NO_USER, ENDS_WITH_ITS_PROCESS],
    ),
    row("inspector", "MCP inspector 2.12, `--cli`", "modern", &[SHOWS_NO_PROGRESS, HAS_NO_USER]),
    row("remote", "`mcp-remote` 0.15, `--protocol legacy`", "legacy", &[FORGETS_PROGRESS]),
    row(
        "remote",
        "`mcp-remote` 0.15, `--protocol auto`",
        "modern",
        &[FORGETS_PROGRESS, CANCELS_BY_A_NOTIFICATION],
    ),
];

const fn row(
    client: &'static str,
    name: &'static str,
    era: &'static str,
    cannot: &'static [(&'static str, &'static str)],
) -> Row {
    Row { client, name, era, cannot }
}

/// The rows of one client.
pub(super) fn rows(client: &str) -> impl Iterator<Item = Row> {
    ROWS.into_iter().filter(move |row| row.client == client)
}

/// The table as a document.
pub(super) fn document() -> String {
    let mut text = "# Clients\n\n\
        Which clients do what through the gateway, against servers with a handshake (legacy, 2024-11-05 to 2025-11-25)\n\
        and without one (modern, 2026-07-28), at `/servers/{alias}/mcp` and at `/mcp`. Every ✓ is run by `make test`, against\n\
        both kinds of server at both addresses (`apps/mcp-gateway/tests/gateway/clients.rs`, which makes this table). A number\n\
        stands for what the client cannot do by itself, with or without a gateway. The first SDK of TypeScript knows no\n\
        revision without a handshake; `mcp-remote` is asked by it over standard input and output.\n\n\
        | client | speaks | server |"
        .to_owned();
    for action in ACTIONS {
        let _ = write!(text, " {action} |");
    }
    text.push_str("\n|---|---|---|");
    text.push_str(&"---|".repeat(ACTIONS.len()));
    text.push('\n');
    let mut reasons: Vec<&str> = Vec::new();
    for row in &ROWS {
        for server in ["legacy", "modern"] {
            let _ = write!(text, "| {} | {} | {server} |", row.name, row.era);
            for action in ACTIONS {
                let Some(reason) = row.reason(action) else {
                    text.push_str(" ✓ |");
                    continue;
                };
                let known = reasons.iter().position(|known| *known == reason);
                let number = known.unwrap_or(reasons.len()) + 1;
                if known.is_none() {
                    reasons.push(reason);
                }
                let _ = write!(text, " {number} |");
            }
            text.push('\n');
        }
    }
    text.push('\n');
    for (index, reason) in reasons.iter().enumerate() {
        let _ = writeln!(text, "{}. {reason}.", index + 1);
    }
    text
}
