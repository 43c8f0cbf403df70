//! Links of registrations: add, list, delete.

pub(crate) mod add;
pub(crate) mod delete;
pub(crate) mod list;
