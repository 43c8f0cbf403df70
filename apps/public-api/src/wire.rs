//! JSON shapes: what comes in, and what goes out.

pub(crate) mod active_request;
pub(crate) mod api_key;
pub(crate) mod audit_log;
pub(crate) mod audit_query;
pub(crate) mod bulk;
pub(crate) mod bulk_answer;
pub(crate) mod collection;
pub(crate) mod credential;
pub(crate) mod cursor;
pub(crate) mod dev_token;
pub(crate) mod discovery;
pub(crate) mod disposition;
pub(crate) mod document;
pub(crate) mod download;
pub(crate) mod drift;
pub(crate) mod health;
pub(crate) mod import_query;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod manifest;
pub(crate) mod operation;
pub(crate) mod operation_query;
pub(crate) mod precondition;
pub(crate) mod proxy_request;
pub(crate) mod proxy_response;
pub(crate) mod range;
pub(crate) mod registration;
pub(crate) mod registration_draft;
pub(crate) mod registration_page;
pub(crate) mod registration_query;
pub(crate) mod server;
pub(crate) mod server_draft;
pub(crate) mod server_health;
pub(crate) mod server_list;
pub(crate) mod server_query;
pub(crate) mod stats;
pub(crate) mod status_update;
pub(crate) mod tenant_query;
pub(crate) mod tool_rules;
pub(crate) mod user;

#[cfg(test)]
pub(crate) mod samples;
