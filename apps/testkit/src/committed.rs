//! Files that are made from the code and committed.

use std::fs;
use std::path::Path;

/// Compares what the code makes with what is committed at `path`. With `WRITE_OPENAPI` set it
/// writes that first: so `make openapi` does.
///
/// # Panics
/// When the two differ: with the lines around the first difference.
pub fn assert_committed(path: impl AsRef<Path>, made: &str) {
    let path = path.as_ref();
    if std::env::var_os("WRITE_OPENAPI").is_some() {
        fs::write(path, made).expect("the folder of committed documents");
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    if made == committed {
        return;
    }
    let same = made.lines().zip(committed.lines()).take_while(|(now, then)| now == then).count();
    let around = |text: &str| {
        let lines: Vec<&str> = text.lines().skip(same.saturating_sub(3)).take(10).collect();
        lines.join("\n")
    };
    panic!(
        "{} is not what the code makes: run `make openapi` and commit it. They part at line {}.\n\
         committed:\n{}\nmade:\n{}",
        path.display(),
        same + 1,
        around(&committed),
        around(made),
    );
}
