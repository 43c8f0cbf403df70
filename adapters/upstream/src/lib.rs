//! Clients of upstream MCP servers: the port `Upstream` of the domain, over every transport.
//!
//! Where to look:
//!
//! | file | what it does |
//! |---|---|
//! | `settings` | every bound and deadline, as values |
//! | `upstreams` | [`Upstreams`]: the port, over whichever transport an address asks for |
//! | `http_upstream` | [`HttpUpstream`]: the port's three methods, and the one place that sends |
//! | `target`, `head`, `outgoing` | what is sent: where to, with which headers, and whether it left |
//! | `below` | where a server is that was registered by its host alone |
//! | `tokens` | what servers are shown of their credentials, and the tokens we get for them |
//! | `reply` | what is answered: its shape, and its body part by part, each with a deadline |
//! | `guard`, `connect` | which addresses are called at all, and how a connection is made |
//! | `fault` | what went wrong, as a class of the domain, by type and never by text |
//! | `ask`, `answer` | one JSON-RPC question to a server that nobody has vetted yet, within bounds |
//! | `open`, `http_sse` | which era a server speaks; whether it speaks another transport |
//! | `links` | [`Links`]: the connections of the other transports; made, found, bounded, ended |
//! | `link` | one of them: which call a message belongs to, and how its answer is read |
//! | `sse`, `websocket`, `stdio` | what carries the messages of one |
//! | `discover` | everything that a server offers, page by page |
//! | `authorities` | [`HttpAuthorities`]: authorization servers of upstreams, for the port `AuthorizationServers` |
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
//! The other transports have connections instead: [`Links`] keeps them, shared by all workers, as
//! tasks of the main runtime. [`Upstreams`] is the port over all of them.
//!
//! To add a transport: write its driver beside `sse`, and let `links` dial it. Its connections must
//! go through `guard` as well, and it uses `fault` so that classes mean the same everywhere; `open`
//! and `discover` work over whatever is a `Link`.

mod answer;
mod ask;
mod authorities;
mod below;
mod connect;
mod discover;
mod fault;
mod guard;
mod head;
mod http_sse;
mod http_upstream;
mod link;
mod links;
mod open;
mod outgoing;
mod reply;
mod settings;
mod sse;
mod stdio;
mod target;
mod tokens;
mod upstreams;
mod web_documents;
mod websocket;

pub use authorities::HttpAuthorities;
pub use http_upstream::HttpUpstream;
pub use links::Links;
pub use settings::UpstreamSettings;
pub use stdio::ProgramSpec;
pub use upstreams::Upstreams;
pub use web_documents::HttpDocuments;
