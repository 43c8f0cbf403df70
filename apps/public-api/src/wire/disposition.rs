//! `Content-Disposition`: a file to keep, under its name.

use std::fmt::Write as _;

/// The header for a file of this name (RFC 6266): a name of plain letters for those who read no
/// other, and the name itself, encoded (RFC 8187). Whatever the name has in it, the header has
/// letters, digits and `. _ -` only, besides what is written here.
pub(crate) fn attachment(filename: &str) -> String {
    let plain: String = filename.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let mut header = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''");
    for byte in filename.bytes() {
        if is_plain(char::from(byte)) {
            header.push(char::from(byte));
        } else {
            // A text takes whatever is written to it.
            let _written = write!(header, "%{byte:02X}");
        }
    }
    header
}

const fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    #[test]
    fn a_name_cannot_leave_its_header() {
        for (name, header) in [
            ("guide.md", "attachment; filename=\"guide.md\"; filename*=UTF-8''guide.md"),
            ("é 1.md", "attachment; filename=\"__1.md\"; filename*=UTF-8''%C3%A9%201.md"),
            (
                "a\"; filename=b.exe",
                "attachment; filename=\"a___filename_b.exe\"; \
                 filename*=UTF-8''a%22%3B%20filename%3Db.exe",
            ),
            ("a\\'%.md", "attachment; filename=\"a___.md\"; filename*=UTF-8''a%5C%27%25.md"),
        ] {
            assert_eq!(attachment(name), header, "{name}");
            assert!(HeaderValue::from_str(header).is_ok());
        }
        assert!(HeaderValue::from_str(&attachment("a\r\nSet-Cookie: b\0")).is_ok());
    }
}
