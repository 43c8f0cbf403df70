//! A text to be found anywhere, as a pattern of SQL.

use registry_domain::search::fold;

/// The pattern, for `LIKE … ESCAPE '\'`, that finds a text anywhere; `%`, `_` and `\` in it mean
/// themselves.
pub(crate) fn pattern(text: &str) -> String {
    let mut pattern = String::from("%");
    for letter in fold(text).chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_are_escaped() {
        assert_eq!(pattern(r"5%_\"), r"%5\%\_\\%");
    }
}
