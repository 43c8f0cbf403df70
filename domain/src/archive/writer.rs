//! Writes an archive.

use std::fmt;
use std::io::Write;

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::{ArchiveFault, NAME, Table, VERSION, row};
use crate::ports::ArchiveSink;

/// Writes an archive, line by line.
pub struct ArchiveWriter<W> {
    out: W,
    digest: Sha256,
    rows: u64,
}

impl<W: Write> ArchiveWriter<W> {
    /// Begins an archive of a schema.
    ///
    /// # Errors
    /// [`ArchiveFault::File`].
    pub fn new(out: W, schema: &str) -> Result<Self, ArchiveFault> {
        let mut writer = Self { out, digest: Sha256::new(), rows: 0 };
        let schema = json!(schema);
        writer.line(&format!(r#"{{"archive":"{NAME}","version":{VERSION},"schema":{schema}}}"#))?;
        Ok(writer)
    }

    fn line(&mut self, line: &str) -> Result<(), ArchiveFault> {
        for part in [line.as_bytes(), b"\n"] {
            self.digest.update(part);
            self.out.write_all(part)?;
        }
        Ok(())
    }
}

impl<W: Write + Send> ArchiveSink for ArchiveWriter<W> {
    fn row(&mut self, table: &'static Table, stored: &str) -> Result<(), ArchiveFault> {
        let row = row::normal(table, stored)
            .map_err(|what| ArchiveFault::Row { table: table.name, what })?;
        self.rows = self.rows.saturating_add(1);
        self.line(&format!(r#"{{"table":"{}","row":{row}}}"#, table.name))
    }

    fn finish(&mut self) -> Result<(), ArchiveFault> {
        let digest = hex(&self.digest.clone().finalize());
        let rows = self.rows;
        self.line(&format!(r#"{{"end":{{"rows":{rows},"sha256":"{digest}"}}}}"#))?;
        Ok(self.out.flush()?)
    }
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(64), |mut text, byte| {
        // A string takes whatever is written.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl<W> fmt::Debug for ArchiveWriter<W> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ArchiveWriter").field("rows", &self.rows).finish_non_exhaustive()
    }
}
