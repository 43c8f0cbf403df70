//! By which ids the two sides know one call, and whether a response bears the one that was sent.

use std::str;

use bytes::Bytes;

use super::short::ShortText;
use crate::splice::object;

/// The longest id of a client's that is sent as it is.
const MAX_ID_BYTES: usize = 64;
/// So many digits are exact in the floating-point numbers that many servers read integers into.
const MAX_DIGITS: usize = 15;

/// The ids of one call, as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallId {
    sent: ShortText,
    /// The client's id where it is not the one that was sent.
    client: Option<Bytes>,
}

impl CallId {
    /// A call that the upstream knows by the client's id.
    ///
    /// `None` if not every server would give that id back as it got it: one that is `null`, long,
    /// written with escapes or beyond ASCII, or a number that a double does not hold. Such a call
    /// needs an id of ours, else its response could not be told from a stranger's.
    pub fn of_client(id_json: &str) -> Option<Self> {
        let is_plain = match id_json.strip_prefix('"') {
            Some(text) => text.bytes().all(|byte| byte != b'\\' && matches!(byte, b' '..=b'~')),
            None => is_exact_integer(id_json),
        };
        (is_plain && id_json.len() <= MAX_ID_BYTES)
            .then(|| Self { sent: ShortText::of(id_json.as_bytes()), client: None })
    }

    /// A call that the upstream knows by an id of ours: a short one without escapes.
    pub fn of_ours(ours_json: &str, client_json: &str) -> Self {
        let client = Bytes::copy_from_slice(client_json.as_bytes());
        Self { sent: ShortText::of(ours_json.as_bytes()), client: Some(client) }
    }

    /// Whether a response with this id (raw JSON) is the call's: the id that was sent, whatever
    /// its escapes, or the text of a number as a string, which some servers make of one.
    pub fn is_borne_by(&self, id_json: &[u8]) -> bool {
        let Some(sent) = self.sent.get() else { return false };
        let text = sent.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
        id_json == sent || says(id_json, text.unwrap_or(sent))
    }

    /// Whether the client's id is another than the one that was sent.
    pub(super) fn differs(&self) -> bool {
        self.client.is_some()
    }

    /// The client's id.
    pub(super) fn client(&self) -> &[u8] {
        self.client.as_deref().or(self.sent.get()).unwrap_or_default()
    }
}

/// Whether a raw JSON value is a string that says `text`.
pub(super) fn says(json: &[u8], text: &[u8]) -> bool {
    let raw = json.strip_prefix(b"\"").and_then(|raw| raw.strip_suffix(b"\""));
    let Some(raw) = raw else { return false };
    let decoded = || str::from_utf8(json).map(object::decode_key);
    raw == text || decoded().is_ok_and(|decoded| decoded.as_bytes() == text)
}

fn is_exact_integer(json: &str) -> bool {
    let digits = json.strip_prefix('-').unwrap_or(json);
    let is_minus_zero = json == "-0";
    !is_minus_zero
        && (1..=MAX_DIGITS).contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_that_every_server_gives_back_is_sent_as_it_is() {
        let long = format!("\"{}\"", "x".repeat(63));
        for kept in ["0", "-7", "999999999999999", r#""""#, r#""a-1""#, r#""7""#] {
            assert!(CallId::of_client(kept).is_some(), "{kept}");
        }
        for other in
            ["null", "-0", "9007199254740993", r#""\u00e9""#, "\"é\"", r#""a\/b""#, "1.0", &long]
        {
            assert_eq!(CallId::of_client(other), None, "{other}");
        }
    }

    #[test]
    fn a_response_bears_the_id_that_was_sent_and_no_other() {
        let cases: [(&str, &str, bool); 12] = [
            ("7", "7", true),
            ("7", r#""7""#, true),
            ("7", r#""\u0037""#, true),
            ("7", "70", false),
            ("7", r#""70""#, false),
            ("7", "null", false),
            ("7", "", false),
            (r#""a-b""#, r#""a\u002db""#, true),
            (r#""7""#, "7", false),
            (r#""7""#, r#""7""#, true),
            (r#""""#, r#""""#, true),
            (r#""""#, "\"", false),
        ];
        for (sent, came, expected) in cases {
            let id = CallId::of_client(sent).unwrap();
            assert_eq!(id.is_borne_by(came.as_bytes()), expected, "{came} for {sent}");
        }
        let id = CallId::of_ours("\"ours\"", "7");
        assert!(id.is_borne_by(b"\"ours\"") && !id.is_borne_by(b"7"));
    }
}
