//! People.

pub(crate) mod ensure;
pub(crate) mod find;
pub(crate) mod find_me;
