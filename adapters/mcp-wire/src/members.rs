//! The strict reading of a JSON object that envelope, params and `_meta` share.
//!
//! It picks a few named members as raw text and skips the rest. Two readers of the same bytes must
//! not be able to see different things, else what the gateway permits is not what the upstream
//! runs. So a named member given twice is refused, and so is one that differs from a named member
//! only in letter case: Go's `encoding/json` takes `Method` for `method`, the last one winning.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Why a text was not read as an object. The names are ours, never the peer's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// It is no JSON.
    #[error("not valid JSON")]
    Malformed,
    /// It is an array.
    #[error("an array, not an object")]
    Array,
    /// It is a string, a number, a boolean or null.
    #[error("not an object")]
    Scalar,
    /// A named member came twice.
    #[error("duplicate member \"{0}\"")]
    Duplicate(&'static str),
    /// A member has the letters of a named one, but not their case.
    #[error("a member differs from \"{0}\" only in letter case")]
    CaseVariant(&'static str),
}

/// Reads the members `names` of the JSON object `text`, in the order of `names`; `None` where one
/// is absent. Depth does not matter: members are skipped without recursion.
///
/// # Errors
/// [`Refusal`]; malformed JSON is told before a doubled member.
pub(crate) fn read<'a, const N: usize>(
    text: &'a str,
    names: [&'static str; N],
) -> Result<[Option<&'a RawValue>; N], Refusal> {
    match text.trim_ascii_start().as_bytes().first() {
        Some(b'{') => {}
        Some(b'[') => return Err(skimmed(text, Refusal::Array)),
        _ => return Err(skimmed(text, Refusal::Scalar)),
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Named(names).deserialize(&mut deserializer).map_err(|_| Refusal::Malformed)?;
    deserializer.end().map_err(|_| Refusal::Malformed)?;
    read
}

/// `refusal`, unless the text is not even JSON.
fn skimmed(text: &str, refusal: Refusal) -> Refusal {
    serde_json::from_str::<IgnoredAny>(text).map_or(Refusal::Malformed, |_| refusal)
}

/// Decodes a raw JSON string, borrowing if it has no escapes; `None` if it is no string or has an
/// escape that is no Unicode (half a surrogate pair).
pub(crate) fn string(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if memchr::memchr(b'\\', inner.as_bytes()).is_none() {
        return Some(Cow::Borrowed(inner));
    }
    serde_json::from_str(raw.get()).ok().map(Cow::Owned)
}

/// Whether a raw value is an integer as JSON spells one: no fraction, no exponent.
pub(crate) fn is_integer(raw: &RawValue) -> bool {
    raw.get().bytes().all(|byte| byte == b'-' || byte.is_ascii_digit())
}

/// Whether a raw value is an object.
pub(crate) fn is_object(raw: &RawValue) -> bool {
    raw.get().starts_with('{')
}

/// What JSON calls absent or null, as absent.
pub(crate) fn non_null(raw: Option<&RawValue>) -> Option<&RawValue> {
    raw.filter(|raw| raw.get() != "null")
}

struct Named<const N: usize>([&'static str; N]);

impl<'de, const N: usize> DeserializeSeed<'de> for Named<N> {
    type Value = Result<[Option<&'de RawValue>; N], Refusal>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, const N: usize> Visitor<'de> for Named<N> {
    type Value = Result<[Option<&'de RawValue>; N], Refusal>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    /// Goes on after the first refusal, so that malformed JSON is always called that.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = [None; N];
        let mut refusal = None;
        while let Some(key) = map.next_key_seed(Key(&self.0))? {
            match key {
                KeyMatch::Named(index, name) => {
                    let value = map.next_value::<&'de RawValue>()?;
                    if let Some(slot) = found.get_mut(index)
                        && slot.replace(value).is_some()
                    {
                        refusal.get_or_insert(Refusal::Duplicate(name));
                    }
                }
                KeyMatch::CaseVariant(name) => {
                    map.next_value::<IgnoredAny>()?;
                    refusal.get_or_insert(Refusal::CaseVariant(name));
                }
                KeyMatch::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(refusal.map_or(Ok(found), Err))
    }
}

enum KeyMatch {
    Named(usize, &'static str),
    CaseVariant(&'static str),
    Other,
}

/// Compares a key without keeping it: escapes are decoded in the parser's scratch space.
struct Key<'n>(&'n [&'static str]);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = KeyMatch;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<KeyMatch, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = KeyMatch;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a member name")
    }

    fn visit_str<E>(self, key: &str) -> Result<KeyMatch, E> {
        for (index, name) in self.0.iter().enumerate() {
            if key == *name {
                return Ok(KeyMatch::Named(index, name));
            }
        }
        let variant = self.0.iter().find(|name| folds_to(key, name));
        Ok(variant.map_or(KeyMatch::Other, |name| KeyMatch::CaseVariant(name)))
    }
}

/// Whether two names are equal under the simple folding that Go uses: ASCII case, and the two
/// letters beyond ASCII that fold into it.
fn folds_to(key: &str, name: &str) -> bool {
    let fold = |letter: char| match letter {
        '\u{17F}' => 's',
        '\u{212A}' => 'k',
        other => other.to_ascii_lowercase(),
    };
    key.chars().map(fold).eq(name.chars().map(fold))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts<'a, const N: usize>(
        text: &'a str,
        names: [&'static str; N],
    ) -> Result<[Option<&'a str>; N], Refusal> {
        read(text, names).map(|found| found.map(|raw| raw.map(RawValue::get)))
    }

    #[test]
    fn named_members_are_found_and_the_rest_is_skipped() {
        let text = r#" {"x":[1,{"a":0}],"b" : null , "a": 1e3}"#;
        assert_eq!(texts(text, ["a", "b", "c"]), Ok([Some("1e3"), Some("null"), None]));
    }

    #[test]
    fn a_doubled_member_is_refused_even_if_it_is_escaped_once() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"a":1,"\u0061":2}"#] {
            assert_eq!(texts(text, ["a"]), Err(Refusal::Duplicate("a")), "{text}");
        }
        assert_eq!(texts(r#"{"x":1,"x":2}"#, ["a"]), Ok([None]));
    }

    #[test]
    fn a_member_that_differs_in_case_only_is_refused() {
        for text in [r#"{"Tasks":1}"#, r#"{"taſks":1}"#, "{\"tas\u{212A}s\":1,\"tasks\":1}"] {
            assert_eq!(texts(text, ["tasks"]), Err(Refusal::CaseVariant("tasks")), "{text}");
        }
    }

    #[test]
    fn malformed_json_is_called_that_before_anything_else() {
        let texts_of_it =
            [r#"{"a":1,"a":1"#, r#"{"a":1,"a":1}}"#, "[1", "", "tru", "{a:1}", r#"{"a":1,}"#];
        for text in texts_of_it {
            assert_eq!(texts(text, ["a"]), Err(Refusal::Malformed), "{text}");
        }
    }

    #[test]
    fn what_is_no_object_is_said_to_be_so() {
        assert_eq!(texts(" [1]", ["a"]), Err(Refusal::Array));
        for text in ["1e999", "null", "\"{}\"", "true"] {
            assert_eq!(texts(text, ["a"]), Err(Refusal::Scalar), "{text}");
        }
    }

    #[test]
    fn a_string_is_borrowed_unless_it_has_escapes() {
        let [a, b, c, d] =
            read(r#"{"a":"x","b":"x\n","c":"\ud800","d":1}"#, ["a", "b", "c", "d"]).unwrap();
        assert!(matches!(string(a.unwrap()), Some(Cow::Borrowed("x"))));
        assert_eq!(string(b.unwrap()).unwrap(), "x\n");
        assert_eq!(string(c.unwrap()), None);
        assert_eq!(string(d.unwrap()), None);
    }
}
