//! Changing one JSON-RPC response while it streams through.
//!
//! A reply may be large and must not be collected: the gateway passes it on as it arrives. Only
//! two depths matter, the response itself and its `result`; deeper values are skipped over.
//!
//! - [`ReplyEditor`] (`reply/editor.rs`): a push editor for chunks, with memory that does not grow
//! - [`edit_whole`], [`observe_whole`] (`reply/whole.rs`): the same for a message in memory
//! - [`ReplyEdit`] (`reply/edit.rs`): what can be changed
//! - [`CallId`] (`reply/call_id.rs`), `reply/seen.rs`: whether it is the response to the call
//! - `reply/scanner.rs`: where a value ends; `reply/held.rs`: bytes whose fate is not yet known;
//!   `reply/short.rs`: a short text put together; `reply/pass.rs`: what of a chunk is read, and
//!   what of it is passed on
//!
//! Absent on purpose: validation of what lies deeper. Whoever needs it parses it.

mod call_id;
mod edit;
mod editor;
mod held;
mod pass;
#[cfg(test)]
mod properties;
pub(crate) mod scanner;
mod seen;
mod short;
#[cfg(test)]
mod verdicts;
mod whole;

pub use call_id::CallId;
pub use edit::{ReplyEdit, ResultEdit};
pub use editor::ReplyEditor;
pub use whole::{Observed, edit_whole, observe_whole};
