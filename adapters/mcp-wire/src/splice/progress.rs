//! Progress tokens on a channel that several calls share.
//!
//! A token is its client's own, so two calls may have the same. On the way to a server each gets one
//! of ours; on the way back the client's stands in its place again, spelled as it was.

use bytes::Bytes;

use super::{Edit, object, range_of, splice};

/// Gives a request another progress token (raw JSON); answers what stood there before.
///
/// `None` if it has none, or if it is given twice.
pub fn replace_asked_token(message: &[u8], token_json: &str) -> Option<(Bytes, String)> {
    let [params] = object::find(message, ["params"])?.values;
    let [meta] = object::find(params?.as_bytes(), ["_meta"])?.values;
    let [token] = object::find(meta?.as_bytes(), ["progressToken"])?.values;
    let token = token.filter(|token| *token != "null")?;
    Some((replaced(message, token, token_json)?, token.to_owned()))
}

/// The token that `notifications/progress` names, as raw JSON.
pub fn told_token(message: &[u8]) -> Option<&str> {
    let [params] = object::find(message, ["params"])?.values;
    let [token] = object::find(params?.as_bytes(), ["progressToken"])?.values;
    token
}

/// Gives `notifications/progress` another token (raw JSON).
pub fn replace_told_token(message: &[u8], token_json: &str) -> Option<Bytes> {
    replaced(message, told_token(message)?, token_json)
}

fn replaced(message: &[u8], old: &str, new: &str) -> Option<Bytes> {
    let range = range_of(message, old.as_bytes())?;
    splice(message, &[Edit { range, replacement: new.as_bytes().into() }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_out_as_ours_and_comes_back_as_it_was_spelled() {
        let asked = br#"{"id":1,"params":{"_meta":{"a":1,"progressToken": 1e1 },"name":"x"}}"#;
        let (sent, token) = replace_asked_token(asked, r#""p7""#).unwrap();
        assert_eq!(
            sent,
            r#"{"id":1,"params":{"_meta":{"a":1,"progressToken": "p7" },"name":"x"}}"#
        );
        assert_eq!(token, "1e1");
        let told = br#"{"method":"notifications/progress","params":{"progressToken":"p7","progress":1.0}}"#;
        assert_eq!(told_token(told), Some(r#""p7""#));
        assert_eq!(
            replace_told_token(told, &token).unwrap(),
            r#"{"method":"notifications/progress","params":{"progressToken":1e1,"progress":1.0}}"#
        );
    }

    #[test]
    fn what_has_no_token_or_two_is_left_alone() {
        for message in [
            "{}",
            r#"{"params":{}}"#,
            r#"{"params":{"_meta":{}}}"#,
            r#"{"params":{"_meta":{"progressToken":null}}}"#,
            r#"{"params":{"_meta":{"progressToken":1,"progressToken":2}}}"#,
            r#"{"params":[1]}"#,
            "[]",
        ] {
            assert_eq!(replace_asked_token(message.as_bytes(), "1"), None, "{message}");
            assert_eq!(told_token(message.as_bytes()), None, "{message}");
        }
    }
}
