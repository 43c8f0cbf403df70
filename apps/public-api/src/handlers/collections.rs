//! Collections: named subsets of servers and their tools.

pub(crate) mod delete;
pub(crate) mod find;
pub(crate) mod list;
pub(crate) mod make;
pub(crate) mod replace;
