//! HTTP functions: decode, ask, encode.

pub(crate) mod collections;
pub(crate) mod connect;
pub(crate) mod document;
pub(crate) mod health;
pub(crate) mod mcp;
pub(crate) mod oauth;
pub(crate) mod root;
pub(crate) mod sign_in;
pub(crate) mod sse;
