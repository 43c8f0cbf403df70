//! The domain of the MCP Registry Gateway: registrations, servers, the approval workflow and the
//! routing policy, behind port traits.
//!
//! It is pure: no runtime, no SQL, no HTTP. `serde_json` is here for JSON that is data (tool
//! definitions, capabilities), not for wire shapes. Embed it in another service by implementing
//! the traits of [`ports`]; `docs/examples/embed-domain` does.
//!
//! # Map
//! | you look for | open |
//! |---|---|
//! | what the product can do, line by line | [`use_cases`] |
//! | a registration's states and transitions | [`registration`] |
//! | what people read about it | [`document`], [`link`] |
//! | what an upstream offers, and its digest | [`manifest`] |
//! | what becomes of an approval | [`server`] |
//! | how servers are probed, and what that says | [`health`] |
//! | who may do what | [`caller`], [`party`], [`api_key`] |
//! | what opens a server that wants credentials | [`credential`] |
//! | what an authorization server keeps | [`oauth`] |
//! | the proof that records are as they were written | [`chain`] |
//! | the file that either store writes and reads | [`archive`] |
//! | which server a call goes to | [`routing`], [`federation`] |
//! | how a browser signs in | [`sign_in`] |
//! | what people let us do at servers that sign them in by themselves | [`user_grant`] |
//! | what the world must provide | [`ports`] |

pub mod api_key;
pub mod archive;
pub mod caller;
pub mod chain;
pub mod change;
pub mod collection;
pub mod credential;
pub mod document;
mod egress;
pub mod endpoint;
pub mod error;
pub mod event;
pub mod federation;
pub mod field;
pub mod health;
pub mod id;
pub mod json;
pub mod link;
pub mod manifest;
pub mod oauth;
pub mod operation;
pub mod party;
pub mod ports;
pub mod rate;
pub mod registration;
pub mod routing;
pub mod search;
pub mod server;
pub mod sign_in;
pub mod use_cases;
pub mod user;
pub mod user_grant;

pub use error::Error;
