//! Cursors: a position in a list, as a text that clients pass back and do not read.

use std::fmt::Display;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use registry_domain::ports::ListCursor;
use registry_http_edge::query::FIRST_TIME;

/// The position as a text.
pub(crate) fn encode<Id: Display>(cursor: &ListCursor<Id>) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}.{}", cursor.created_at.as_microsecond(), cursor.id))
}

/// The inverse of [`encode`]; `None` for any other text.
pub(crate) fn decode<Id: FromStr>(text: &str) -> Option<ListCursor<Id>> {
    let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
    let (micros, id) = plain.split_once('.')?;
    let created_at = Timestamp::from_microsecond(micros.parse().ok()?).ok()?;
    if created_at < FIRST_TIME {
        return None;
    }
    Some(ListCursor { created_at, id: id.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use registry_domain::id::RegistrationId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_cursor_reads_back_what_it_says() {
        let cursor = ListCursor {
            created_at: "2026-01-31T12:00:00.123456Z".parse().unwrap(),
            id: RegistrationId(Uuid::from_u128(9)),
        };
        assert_eq!(decode(&encode(&cursor)), Some(cursor));
    }

    #[test]
    fn any_other_text_is_no_cursor() {
        for text in ["", "abc", "%%%", &URL_SAFE_NO_PAD.encode("1.2"), &URL_SAFE_NO_PAD.encode("x")]
        {
            assert_eq!(decode::<RegistrationId>(text), None, "{text}");
        }
        let too_early = format!("-219964809600000000.{}", Uuid::nil());
        assert_eq!(decode::<RegistrationId>(&URL_SAFE_NO_PAD.encode(too_early)), None);
        let endless = format!("{}.{}", i64::MAX, Uuid::nil());
        assert_eq!(decode::<RegistrationId>(&URL_SAFE_NO_PAD.encode(endless)), None);
    }
}
