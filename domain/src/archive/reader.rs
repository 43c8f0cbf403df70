//! Reads an archive, and believes nothing of it before it has seen the end.

use std::fmt;
use std::io::{BufRead, Read as _};

use serde::Deserialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::writer::hex;
use super::{ArchiveBatch, ArchiveFault, NAME, TABLES, Table, VERSION, row};
use crate::ports::ArchiveSource;

/// The longest line: a document of 10 MiB in hexadecimal digits fits three times.
const LONGEST_LINE: u64 = 64 * 1024 * 1024;
/// How much of rows is handed over at once, where they are not so many.
const ENOUGH: usize = 4 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    archive: String,
    version: u32,
    schema: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    table: Option<String>,
    #[serde(borrow)]
    row: Option<&'a RawValue>,
    end: Option<End>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    rows: u64,
    sha256: String,
}

/// A row with the place of its table among all.
type Placed = (usize, String);

/// Reads an archive, some rows at a time.
pub struct ArchiveReader<R> {
    input: R,
    digest: Sha256,
    /// Lines that were read.
    line: u64,
    rows: u64,
    /// Where in the order of tables it is.
    table: usize,
    /// The first row of the next batch.
    ahead: Option<Placed>,
    has_ended: bool,
}

impl<R: BufRead> ArchiveReader<R> {
    /// Begins to read: the archive has to be of this schema.
    ///
    /// # Errors
    /// [`ArchiveFault`].
    pub fn new(input: R, schema: &str) -> Result<Self, ArchiveFault> {
        let mut reader = Self {
            input,
            digest: Sha256::new(),
            line: 0,
            rows: 0,
            table: 0,
            ahead: None,
            has_ended: false,
        };
        let text = reader.text()?.ok_or_else(|| reader.wrong("the file is empty"))?;
        let head: Head = serde_json::from_str(&text)
            .map_err(|error| reader.wrong(format!("not the head of an archive: {error}")))?;
        reader.digest.update(text);
        if head.archive != NAME || head.version != VERSION {
            return Err(reader.wrong(format!(
                "this is {} of version {}; what is read is {NAME} of version {VERSION}",
                head.archive, head.version
            )));
        }
        if head.schema != schema {
            return Err(reader.wrong(format!(
                "the archive is of schema {}, this program's is {schema}: import it with the \
                 release that exported it, and bring that store up to date",
                head.schema
            )));
        }
        Ok(reader)
    }

    /// The next line with its end; nothing when there is no more.
    fn text(&mut self) -> Result<Option<String>, ArchiveFault> {
        let mut bytes = Vec::new();
        let mut limited = (&mut self.input).take(LONGEST_LINE);
        limited.read_until(b'\n', &mut bytes)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        self.line = self.line.saturating_add(1);
        if bytes.last() != Some(&b'\n') {
            return Err(self.wrong("the line is cut off, or too long"));
        }
        String::from_utf8(bytes).map(Some).map_err(|_| self.wrong("not UTF-8"))
    }

    /// The next row; nothing at the end, which is proven then.
    fn placed(&mut self) -> Result<Option<Placed>, ArchiveFault> {
        if self.has_ended {
            return Ok(None);
        }
        let text =
            self.text()?.ok_or_else(|| self.wrong("the archive is cut off: it has no end"))?;
        let line: Line<'_> = serde_json::from_str(&text)
            .map_err(|error| self.wrong(format!("neither a row nor the end: {error}")))?;
        match line {
            Line { table: Some(name), row: Some(row), end: None } => {
                let table = self.place_of(&name)?;
                let row = row.get().to_owned();
                self.digest.update(&text);
                self.rows = self.rows.saturating_add(1);
                Ok(Some((table, row)))
            }
            Line { table: None, row: None, end: Some(end) } => self.ended(&end).map(|()| None),
            _ => Err(self.wrong("neither a row nor the end")),
        }
    }

    /// The table's place, which is not before the present one.
    fn place_of(&self, name: &str) -> Result<usize, ArchiveFault> {
        let place = TABLES.iter().position(|table| table.name == name);
        match place {
            Some(place) if place >= self.table => Ok(place),
            Some(_) => Err(self.wrong(format!("rows of {name} come too late"))),
            None => Err(self.wrong(format!("there is no table {name}"))),
        }
    }

    fn ended(&mut self, end: &End) -> Result<(), ArchiveFault> {
        if end.rows != self.rows {
            let what = format!("{} rows were read, {} were written", self.rows, end.rows);
            return Err(self.wrong(what));
        }
        if end.sha256 != hex(&self.digest.clone().finalize()) {
            return Err(
                self.wrong("the checksum is not that of the lines before: they were changed")
            );
        }
        if self.text()?.is_some() {
            return Err(self.wrong("there is more after the end"));
        }
        self.has_ended = true;
        Ok(())
    }

    fn wrong(&self, what: impl Into<String>) -> ArchiveFault {
        ArchiveFault::Form { line: self.line, what: what.into() }
    }

    fn checked(&self, table: &Table, text: &str) -> Result<(), ArchiveFault> {
        row::read(table, text).map_err(|what| self.wrong(what))
    }
}

impl<R: BufRead + Send> ArchiveSource for ArchiveReader<R> {
    fn next(&mut self) -> Result<Option<ArchiveBatch>, ArchiveFault> {
        let first = match self.ahead.take() {
            Some(first) => Some(first),
            None => self.placed()?,
        };
        let Some((place, first)) = first else { return Ok(None) };
        let Some(table) = TABLES.get(place) else { return Ok(None) };
        self.table = place;
        let (mut rows, mut count) = (String::from("["), 0_usize);
        let mut next = Some((place, first));
        while let Some((of, row)) = next {
            if of != place || count >= table.rows_at_once || rows.len() >= ENOUGH {
                self.ahead = Some((of, row));
                break;
            }
            self.checked(table, &row)?;
            if count > 0 {
                rows.push(',');
            }
            rows.push_str(&row);
            count = count.saturating_add(1);
            next = self.placed()?;
        }
        rows.push(']');
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        Ok(Some(ArchiveBatch { table, count, rows }))
    }
}

impl<R> fmt::Debug for ArchiveReader<R> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ArchiveReader").field("line", &self.line).finish_non_exhaustive()
    }
}
