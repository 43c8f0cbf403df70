//! The sentinel by which any text travels in an HTTP header: `=?base64?<base64 of UTF-8>?=`.
//!
//! `Mcp-Name` repeats a tool's name or a resource's URI, which may hold what a header cannot: other
//! letters than ASCII, control characters, spaces at the ends. Such a value is encoded whole; so is
//! one that only looks encoded. Receivers decode before they compare (2026-07-28, "Transports:
//! header encoding"; SEP-2243). The sentinel is lower-case and exact, the base64 is the standard
//! alphabet with padding.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

const PREFIX: &str = "=?base64?";
const SUFFIX: &str = "?=";

/// Encodes a value for a header, borrowing it if it can go as it is.
pub fn encode(value: &str) -> Cow<'_, str> {
    let spaced = value.starts_with(' ') || value.ends_with(' ');
    let sentinel_like = value.starts_with(PREFIX) && value.ends_with(SUFFIX);
    if is_printable(value) && !spaced && !sentinel_like {
        return Cow::Borrowed(value);
    }
    let mut encoded = String::with_capacity(PREFIX.len() + value.len() / 3 * 4 + 4 + SUFFIX.len());
    encoded.push_str(PREFIX);
    STANDARD.encode_string(value, &mut encoded);
    encoded.push_str(SUFFIX);
    Cow::Owned(encoded)
}

/// Decodes a header's value; `None` if it is a sentinel around what is no base64 of UTF-8, or if
/// it has characters that should have been encoded.
pub fn decode(header: &str) -> Option<Cow<'_, str>> {
    let encoded = header.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(SUFFIX));
    match encoded {
        Some(encoded) => String::from_utf8(STANDARD.decode(encoded).ok()?).ok().map(Cow::Owned),
        None => is_printable(header).then_some(Cow::Borrowed(header)),
    }
}

fn is_printable(text: &str) -> bool {
    text.bytes().all(|byte| (0x20..=0x7E).contains(&byte))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_plain_name_goes_as_it_is() {
        for name in ["get_weather", "file:///a b?c=d", "a", "", "=?base64?x", "=?utf-8?q?x?="] {
            assert!(matches!(encode(name), Cow::Borrowed(same) if same == name), "{name}");
            assert_eq!(decode(name).as_deref(), Some(name));
        }
    }

    #[test]
    fn what_a_header_cannot_hold_is_encoded() {
        assert_eq!(encode("Grüße"), "=?base64?R3LDvMOfZQ==?=");
        for name in [" a", "a ", "a\tb", "a\nb", "ä", "\u{7f}", "=?base64?YQ==?=", "=?base64?="] {
            let encoded = encode(name);
            assert!(encoded.starts_with(PREFIX) && encoded.is_ascii(), "{name:?}");
            assert_eq!(decode(&encoded).as_deref(), Some(name));
        }
    }

    #[test]
    fn a_needlessly_encoded_name_is_decoded_all_the_same() {
        assert_eq!(decode("=?base64?YWRk?=").as_deref(), Some("add"));
    }

    #[test]
    fn a_broken_sentinel_or_a_bare_special_character_is_refused() {
        for header in [
            "=?base64?YQ?=",
            "=?base64?YQ= =?=",
            "=?base64?_-8=?=",
            "=?base64?/w==?=",
            "=?base64?*?=",
            "ä",
            "a\tb",
        ] {
            assert_eq!(decode(header), None, "{header}");
        }
    }

    #[test]
    fn the_sentinel_is_case_sensitive() {
        assert_eq!(decode("=?BASE64?YWRk?=").as_deref(), Some("=?BASE64?YWRk?="));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn every_text_survives_the_header(text in any::<String>()) {
            let encoded = encode(&text);
            prop_assert!(is_printable(&encoded));
            prop_assert_eq!(encoded.trim(), &*encoded);
            let decoded = decode(&encoded);
            prop_assert_eq!(decoded.as_deref(), Some(text.as_str()));
        }

        #[test]
        fn decoding_never_panics(header in any::<String>()) {
            let _decoded = decode(&header);
            let _sentinel = decode(&format!("{PREFIX}{header}{SUFFIX}"));
        }
    }
}
