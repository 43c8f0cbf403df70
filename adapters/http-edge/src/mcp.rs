//! What both apps need to serve MCP over HTTP: headers in, answers out, and which pages may call.

mod headers;
mod origin;
mod reply;

pub use headers::{headers, hops};
pub use origin::Origins;
pub use reply::reply;
