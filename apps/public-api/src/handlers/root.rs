//! `/`.

pub(crate) mod show;
