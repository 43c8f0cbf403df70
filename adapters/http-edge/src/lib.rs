//! What both apps need of actix-web: problems, the guard, request ids, limits, CORS.
//!
//! Our own answers' statuses are decided here and nowhere else.
//!
//! # Map
//! | you look for | open |
//! |---|---|
//! | how an error of the domain looks over HTTP | [`problem`], [`code`] |
//! | the layers around every request | [`edge`], [`request_context`] |
//! | who asks, and whether they may go on asking | [`guard`], [`bearer`], [`session`], [`limits`] |
//! | how bodies, queries and paths are read | [`body`], [`json`], [`fields`], [`query`], [`path_id`] |
//! | how much is worked on at a time, and who shares it | [`admission`] |
//! | what is said while the process ends | [`draining`] |
//! | forms with a file | [`file_form`] |
//! | paths, methods and 405 | [`resource`] |
//! | lists' headers, entity tags | [`links`], [`etag`] |
//! | what OpenAPI documents share | [`openapi`] |
//! | answers that are given again, and tags of answers | [`reads`] |
//! | what is measured of every request, and the page that shows it | [`tally`], [`exposition`] |
//! | MCP over HTTP | [`mcp`] |
//! | which page asks | [`origin`] |
//! | what REST and live events show alike | [`active_request`], [`router_metrics`] |
//!
//! # How to add a code
//! 1. A line in [`code`]: name, status, text, title. The vocabulary is the requirements' Part 4.0.
//! 2. If a use case may answer it: an arm in [`problem`], which does not compile without.

pub mod active_request;
pub mod admission;
pub mod bearer;
pub mod body;
pub mod challenge;
pub mod client_address;
pub mod code;
mod compression;
mod cors;
pub mod draining;
pub mod edge;
pub mod etag;
pub mod exposition;
pub mod fields;
pub mod file_form;
pub mod guard;
pub mod health;
pub mod json;
pub mod limits;
pub mod links;
pub mod mcp;
mod meter;
pub mod openapi;
pub mod origin;
pub mod path_id;
pub mod problem;
pub mod problem_body;
pub mod query;
pub mod reads;
pub mod request_context;
pub mod resource;
pub mod router_metrics;
mod security_headers;
pub mod session;
pub mod settings;
pub mod tally;
pub mod wire_time;

pub use code::Code;
pub use edge::{AppService, Edge, app, reading_app, serve};
pub use etag::{IfRevision, tagged};
pub use file_form::{FileForm, ReadForm};
pub use guard::{Guarded, Visitor};
pub use json::{Body, ReadBody};
pub use path_id::PathId;
pub use problem::{Place, Problem};
pub use query::{Query, ReadQuery};
pub use request_context::RequestId;
pub use resource::{at, below, not_allowed, not_found};
pub use settings::EdgeSettings;
pub use wire_time::WireTime;
