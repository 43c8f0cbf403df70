//! Documents of registrations: upload, list, read, delete.

pub(crate) mod delete;
pub(crate) mod list;
pub(crate) mod read;
pub(crate) mod upload;
