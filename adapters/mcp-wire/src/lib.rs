//! The Model Context Protocol on the wire, as pure functions over borrowed bytes.
//!
//! Both doors of the gateway and its upstream client read and write messages through this crate.
//! A message is parsed as far as routing needs and changed by splicing, so what the gateway does
//! not understand leaves as it came: unknown members, number spellings, key order.
//!
//! | to | see |
//! |---|---|
//! | read a message that came in | [`envelope`], then [`params`] |
//! | tell its era and check its headers | [`front`] ([`name_header`] for the encoded one) |
//! | know revisions and eras | [`revision`] |
//! | refuse it | [`error`] |
//! | ask or answer by ourselves | [`message`] |
//! | take a server's questions to clients of either era | [`asking`] |
//! | list a definition under another name | [`definition`] |
//! | pass a result on with its resources under other URIs | [`addresses`] |
//! | pass a result on to a client of an older revision | [`older`] |
//! | know what a completion is about | [`completion`] |
//! | leave entries out of an upstream's list | [`listed`] |
//! | forward a request with changes | [`splice`] |
//! | pass on a result across eras | [`reply`] |
//! | read what a server tells by itself | [`heard`] |
//! | pass log messages on by level | [`logging`] |
//! | tell progress under another token | [`progress`] |
//! | read and write event streams | [`sse`] |
//! | keep secrets out of records | [`redact`] |
//!
//! To add a revision: [`revision::Revision`], and wherever the compiler then asks. To read another
//! member of `params`: [`params::CallParams`]. To add an error of ours: one constructor in
//! [`error::WireError`], with its row in that file's test.
//!
//! Absent on purpose: I/O, async, clocks, and typed models of tools, prompts and results (rmcp has
//! those; a typed model drops what it does not know). Recursion over a peer's JSON, too: depth of
//! nesting must not cost stack.

pub mod addresses;
pub mod asking;
pub mod completion;
pub mod definition;
pub mod envelope;
pub mod error;
pub mod front;
pub mod heard;
pub mod listed;
pub mod logging;
mod members;
pub mod message;
pub mod name_header;
pub mod older;
pub mod params;
pub mod progress;
pub mod redact;
pub mod reply;
pub mod revision;
pub mod splice;
pub mod sse;

pub use envelope::{Envelope, MessageKind};
pub use error::WireError;
