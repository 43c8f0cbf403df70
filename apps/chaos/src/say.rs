//! What is printed: results on stdout, progress on stderr.

use std::io::Write;

/// A line of the result.
pub fn result(line: &str) {
    // Who closed the pipe does not want to know.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// What is being done.
pub fn progress(line: &str) {
    let _ = writeln!(std::io::stderr(), "chaos: {line}");
}
