//! Where the members of a JSON object are.
//!
//! `serde_json` does the reading, so that what is called valid here is what the rest of the
//! program calls valid. Keys and values are borrowed raw; a key is decoded before it is compared, since
//! `"\u0069d"` is a spelling of `id` to whoever reads the message next.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// One member of an object, as it is spelled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Member<'a> {
    /// The key with its quotes.
    pub(crate) key: &'a str,
    /// The value, without the whitespace around it.
    pub(crate) value: &'a str,
}

/// What [`find`] found.
#[derive(Debug)]
pub(crate) struct Found<'a, const N: usize> {
    /// The raw values of the members asked for, in the order of asking.
    pub(crate) values: [Option<&'a str>; N],
    /// The raw value of the object's last member: what is added goes behind it.
    pub(crate) last: Option<&'a str>,
}

/// Calls `each` with every member of an object; `None` if the text is no valid object.
pub(crate) fn each_member<'a>(object: &'a [u8], each: impl FnMut(Member<'a>)) -> Option<()> {
    let mut reader = serde_json::Deserializer::from_slice(object);
    reader.deserialize_map(EachMember(each)).ok()?;
    reader.end().ok()
}

/// Finds members by name; `None` if the text is no valid object or has one of them twice, which
/// two readers could read in two ways.
pub(crate) fn find<'a, const N: usize>(object: &'a [u8], names: [&str; N]) -> Option<Found<'a, N>> {
    let mut found = Found { values: [None; N], last: None };
    let mut is_doubled = false;
    each_member(object, |member| {
        found.last = Some(member.value);
        let key = decode_key(member.key);
        for (slot, name) in found.values.iter_mut().zip(names) {
            if key == name {
                is_doubled |= slot.replace(member.value).is_some();
            }
        }
    })?;
    (!is_doubled).then_some(found)
}

/// What a key says, given as it is spelled, with its quotes.
///
/// A key that is no text (half a surrogate pair) stays as it is spelled; it is none of ours.
pub(crate) fn decode_key(raw: &str) -> Cow<'_, str> {
    let inner = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw);
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Cow::Borrowed(inner);
    }
    serde_json::from_str(raw).map_or(Cow::Borrowed(inner), Cow::Owned)
}

struct EachMember<F>(F);

impl<'de, F: FnMut(Member<'de>)> Visitor<'de> for EachMember<F> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((key, value)) = map.next_entry::<&'de RawValue, &'de RawValue>()? {
            (self.0)(Member { key: key.get(), value: value.get() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_given_as_they_are_spelled() {
        let mut seen = Vec::new();
        let object = br#" { "a" : 1.0 , "\u0062":[ 1, {} ],"c":"\ud800" } "#;
        each_member(object, |member| seen.push((member.key, member.value))).unwrap();
        assert_eq!(
            seen,
            [(r#""a""#, "1.0"), (r#""\u0062""#, "[ 1, {} ]"), (r#""c""#, r#""\ud800""#)]
        );
    }

    #[test]
    fn members_are_found_by_what_their_key_says() {
        let found = find(br#"{"\u0061":1,"b":2,"c":3}"#, ["c", "a", "d"]).unwrap();
        assert_eq!(found.values, [Some("3"), Some("1"), None]);
        assert_eq!(found.last, Some("3"));
        assert_eq!(find(b"{}", ["a"]).unwrap().last, None);
    }

    #[test]
    fn a_doubled_member_is_refused_only_if_it_is_asked_for() {
        let object = br#"{"a":1,"b":2,"\u0061":3}"#;
        assert!(find(object, ["a"]).is_none());
        assert_eq!(find(object, ["b"]).unwrap().values, [Some("2")]);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for text in ["", "[]", "null", r#"{"a"}"#, r#"{"a":1}}"#, "{a:1}", r#"{"a":01}"#] {
            assert!(each_member(text.as_bytes(), |_| ()).is_none(), "{text}");
        }
        assert!(each_member(b"{\"a\":\"\xff\"}", |_| ()).is_none());
    }

    #[test]
    fn a_key_of_half_a_surrogate_pair_stays_as_it_is() {
        assert_eq!(decode_key(r#""\ud800""#), r"\ud800");
        assert_eq!(decode_key(r#""\u0069d""#), "id");
    }
}
