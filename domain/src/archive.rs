//! The archive: everything that lasts, in one file that either store writes and reads.
//!
//! A file of lines, each a JSON object (NDJSON):
//!
//! ```text
//! {"archive":"mcp-registry","version":1,"schema":"20261121000014"}
//! {"table":"users","row":{"user_id":"…","entra_id":"…",…}}
//! …
//! {"end":{"rows":17,"sha256":"…"}}
//! ```
//!
//! The first says what it is and of which schema; the last how many rows there are, and the SHA-256
//! of all lines before it. Tables come in the order of [`TABLES`], rows in that of their keys, and
//! values in one spelling: the same rows make the same file, whichever store has them.
//!
//! Values are written as their column's [`Kind`] says. Sealed values are not in it (see
//! [`LEFT_OUT`]); of API keys there is what the store has, a digest.

mod reader;
mod row;
mod tables;
mod writer;

pub use reader::ArchiveReader;
pub use tables::{LEFT_OUT, TABLES};
pub use writer::ArchiveWriter;

/// The form of the file.
const VERSION: u32 = 1;
/// What the file says it is.
const NAME: &str = "mcp-registry";

/// What a column holds, and how that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An id: its 36 characters.
    Uuid,
    /// A text.
    Text,
    /// A word of a type of PostgreSQL's, whose name this is: a text.
    Word(&'static str),
    /// Yes or no: `true` or `false`.
    Flag,
    /// An integer.
    Number,
    /// A time: RFC 3339 in UTC with six fractional digits.
    Time,
    /// A day: `2026-11-21`.
    Day,
    /// A JSON document: its text in [`normal_form`](crate::json::normal_form).
    Json,
    /// Texts, an array in PostgreSQL: the text of a JSON array.
    Texts,
    /// Bytes: hexadecimal digits in lower case.
    Bytes,
}

/// A column: its name, and what it holds. Whether it may be null is the store's business.
pub type Column = (&'static str, Kind);

/// A table that is in the archive.
#[derive(Debug, PartialEq, Eq)]
pub struct Table {
    /// Its name in both stores.
    pub name: &'static str,
    /// Its primary key: what its rows are sorted by.
    pub key: &'static [&'static str],
    /// All its columns.
    pub columns: &'static [Column],
    /// How many rows are held in memory at a time: few where they are large.
    pub rows_at_once: usize,
}

impl Table {
    /// A piece of text for each column, in their order, with commas between them.
    pub fn listed(&self, piece: impl Fn(&Column) -> String) -> String {
        self.columns.iter().map(piece).collect::<Vec<_>>().join(", ")
    }

    /// What a column holds.
    pub fn kind_of(&self, column: &str) -> Option<Kind> {
        self.columns.iter().find(|(name, _)| *name == column).map(|(_, kind)| *kind)
    }
}

/// Some rows of one table, for a store to insert at once.
#[derive(Debug, Clone)]
pub struct ArchiveBatch {
    /// The table.
    pub table: &'static Table,
    /// How many rows.
    pub count: u64,
    /// The rows: the text of a JSON array of objects, whose members are named like the columns.
    pub rows: String,
}

/// What is wrong with an archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveFault {
    /// It is not as it should be.
    #[error("the archive does not read: line {line}: {what}")]
    Form {
        /// The line, from 1.
        line: u64,
        /// What is the matter there.
        what: String,
    },
    /// The store gave a row that is not as its table is described here.
    #[error("a row of {table} cannot be archived: {what}")]
    Row {
        /// The table.
        table: &'static str,
        /// What is the matter with the row.
        what: String,
    },
    /// The file cannot be read or written.
    #[error("the archive cannot be read or written")]
    File(#[from] std::io::Error),
}

#[cfg(test)]
mod tests;
