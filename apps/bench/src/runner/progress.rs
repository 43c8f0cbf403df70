//! Progress lines on stderr; stdout is for the table.

use std::{fmt, io::Write};

/// Writes one line; a closed stderr stops nothing.
pub fn tell(line: fmt::Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "bench: {line}");
}
