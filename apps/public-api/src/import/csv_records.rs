//! RFC 4180, strictly: what a lenient reader would guess at, such as a quote in the middle of a
//! cell, is an error that names the line.

use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

use super::MAX_ROWS;

/// The most cells of a line: a bound on memory, not on what anybody needs.
const MAX_CELLS: usize = 64;

/// A line's cells; a quoted cell may go over several lines.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Where it begins, from 1.
    pub(super) line: usize,
    /// Its cells.
    pub(super) cells: Vec<String>,
}

/// Why a text is no CSV.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoCsv {
    line: usize,
    what: &'static str,
}

impl fmt::Display for NoCsv {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "is not CSV: line {}: {}", self.line, self.what)
    }
}

/// What ended a cell.
#[derive(PartialEq, Eq)]
enum End {
    Comma,
    Line,
    File,
}

struct Reader<'a> {
    text: Peekable<Chars<'a>>,
    line: usize,
}

/// Takes a text apart: the header, and at most one line more than may be. Empty lines are left out.
pub(super) fn records(text: &str) -> Result<Vec<Record>, NoCsv> {
    let mut reader = Reader { text: text.chars().peekable(), line: 1 };
    let mut records = Vec::new();
    while reader.text.peek().is_some() && records.len() < MAX_ROWS + 2 {
        let line = reader.line;
        let cells = reader.record()?;
        if cells.iter().any(|cell| !cell.is_empty()) || cells.len() > 1 {
            records.push(Record { line, cells });
        }
    }
    Ok(records)
}

impl Reader<'_> {
    fn record(&mut self) -> Result<Vec<String>, NoCsv> {
        let mut cells = Vec::new();
        loop {
            if cells.len() == MAX_CELLS {
                return Err(self.wrong("has too many cells"));
            }
            let (cell, end) =
                if self.text.next_if_eq(&'"').is_some() { self.quoted() } else { self.plain() }?;
            cells.push(cell);
            if end != End::Comma {
                return Ok(cells);
            }
        }
    }

    fn plain(&mut self) -> Result<(String, End), NoCsv> {
        let mut cell = String::new();
        loop {
            match self.end()? {
                Some(end) => return Ok((cell, end)),
                None => match self.text.next() {
                    Some('"') => return Err(self.wrong("has a quote inside a cell without quotes")),
                    Some(letter) => cell.push(letter),
                    None => return Ok((cell, End::File)),
                },
            }
        }
    }

    /// A cell after its opening quote.
    fn quoted(&mut self) -> Result<(String, End), NoCsv> {
        let opened = self.line;
        let mut cell = String::new();
        loop {
            match self.text.next() {
                None => return Err(NoCsv { line: opened, what: "opens a quote that never ends" }),
                Some('"') if self.text.next_if_eq(&'"').is_none() => {
                    let end = self.end()?;
                    let after = "has something between a closing quote and the next comma";
                    return end.map(|end| (cell, end)).ok_or_else(|| self.wrong(after));
                }
                Some(letter) => {
                    self.line += usize::from(letter == '\n');
                    cell.push(letter);
                }
            }
        }
    }

    /// The end of a cell, if it is here.
    fn end(&mut self) -> Result<Option<End>, NoCsv> {
        if self.text.peek().is_none() {
            return Ok(Some(End::File));
        }
        if self.text.next_if_eq(&',').is_some() {
            return Ok(Some(End::Comma));
        }
        let carriage = self.text.next_if_eq(&'\r').is_some();
        if self.text.next_if_eq(&'\n').is_some() {
            self.line += 1;
            return Ok(Some(End::Line));
        }
        if carriage {
            return Err(self.wrong("has a carriage return without a line feed"));
        }
        Ok(None)
    }

    fn wrong(&self, what: &'static str) -> NoCsv {
        NoCsv { line: self.line, what }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        records(text).unwrap().into_iter().map(|record| record.cells).collect()
    }

    fn wrong(text: &str) -> String {
        records(text).unwrap_err().to_string()
    }

    #[test]
    fn lines_end_with_or_without_a_carriage_return_and_the_last_one_as_it_likes() {
        for text in ["a,b\nc,\n", "a,b\r\nc,\r\n", "a,b\n\nc,", "\r\na,b\r\nc,"] {
            assert_eq!(cells(text), [["a", "b"], ["c", ""]], "{text:?}");
        }
    }

    #[test]
    fn a_quoted_cell_holds_commas_quotes_and_lines() {
        let read = records("\"a,\"\"b\"\"\r\nc\",d\ne,f").unwrap();
        assert_eq!(read[0].cells, ["a,\"b\"\r\nc", "d"]);
        assert_eq!(read[1].line, 3);
    }

    #[test]
    fn what_has_to_be_guessed_is_refused_with_its_line() {
        assert_eq!(wrong("a\nb,\"c"), "is not CSV: line 2: opens a quote that never ends");
        assert!(wrong("a\"b").contains("line 1: has a quote inside"));
        assert!(wrong("a\n\"b\" ,c").contains("line 2: has something between"));
        assert!(wrong("a\rb").contains("carriage return"));
        assert!(wrong(&",".repeat(64)).contains("too many cells"));
    }

    fn written(rows: &[Vec<String>]) -> String {
        let quoted = |cell: &String| format!("\"{}\"", cell.replace('"', "\"\""));
        let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(",");
        rows.iter().map(line).collect::<Vec<_>>().join("\r\n")
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(
            rows in prop::collection::vec(prop::collection::vec(".*[\r\n\",]?", 2..5), 0..6),
        ) {
            prop_assert_eq!(cells(&written(&rows)), rows);
        }

        #[test]
        fn no_text_makes_the_reader_stumble(text in "[a\",\r\n]*") {
            if let Ok(read) = records(&text) {
                prop_assert!(read.iter().all(|record| record.cells.len() <= MAX_CELLS));
            }
        }
    }
}
