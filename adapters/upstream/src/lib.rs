//! Clients of upstream MCP servers: the port `Upstream` of the domain, over streamable HTTP.
//!
//! Where to look:
//!
//! | file | what it does |
//! |---|---|
//! | `settings` | every bound and deadline, as values |
//! | `http_upstream` | [`HttpUpstream`]: the port's three methods, and the one place that sends |
//! | `target`, `head`, `outgoing` | what is sent: where to, with which headers, and whether it left |
//! | `below` | where a server is that was registered by its host alone |
//! | `tokens` | [`AccessTokens`]: what servers are shown of their credentials, and the tokens we get for them |
//! | `reply` | what is answered: its shape, and its body part by part, each with a deadline |
//! | `guard`, `connect` | which addresses are called at all, and how a connection is made |
//! | `fault` | what went wrong, as a class of the domain, by type and never by text |
//! | `ask`, `answer` | one JSON-RPC question to a server that nobody has vetted yet, within bounds |
//! | `open`, `http_sse` | which era a server speaks; whether it speaks another transport |
//! | `discover` | everything that a server offers, page by page |
//! | `web_documents` | [`HttpDocuments`]: small documents of strangers' sites, for the port `WebDocuments` |
//!
//! What holds everywhere: no redirect is followed, no proxy is asked, nothing is sent that the
//! domain did not name, no credential is printed, and nothing that an upstream said reaches a failure's words or a log line.
//! The hot path is `send`: it collects nothing and looks nothing up but its target.
//!
//! One [`HttpUpstream`] belongs to one runtime: its connections live in tasks of the runtime that
//! first used them. Each actix worker and the main runtime make their own; they share nothing but
//! the TLS settings.
//!
//! To add a transport (HTTP+SSE, WebSocket, stdio): write its client beside `http_upstream` with the
//! same three methods, and put an enum of clients behind `dyn Upstream` that picks by
//! `ServerEntry::transport`. Its connections must go through `guard` as well, and it uses `fault`
//! so that classes mean the same everywhere; `discover` works with whatever can `ask`.

mod answer;
mod ask;
mod below;
mod connect;
mod discover;
mod fault;
mod guard;
mod head;
mod http_sse;
mod http_upstream;
mod open;
mod outgoing;
mod reply;
mod settings;
mod target;
mod tokens;
mod web_documents;

pub use http_upstream::HttpUpstream;
pub use settings::UpstreamSettings;
pub use tokens::AccessTokens;
pub use web_documents::HttpDocuments;
