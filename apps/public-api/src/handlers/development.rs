//! The issuer that stands in for Entra on a developer's machine.

pub(crate) mod issue_token;
pub(crate) mod show_discovery;
pub(crate) mod show_keys;
