//! Any text goes through a header, and what a header says has one meaning.

use mcp_wire::name_header::{decode, encode};

/// Takes the bytes as what stands in a header, and as what is to stand in one.
pub fn sentinel(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let header = encode(text);
    assert!(header.bytes().all(|byte| (0x20..=0x7e).contains(&byte)), "{header:?}");
    assert_eq!(decode(&header).as_deref(), Some(text));
    for header in [text.to_owned(), format!("=?base64?{text}?=")] {
        if let Some(name) = decode(&header) {
            assert_eq!(decode(&encode(&name)).as_deref(), Some(&*name));
        }
    }
}
