//! The same edits for a response that is in memory already, as the data of an SSE frame is.

use bytes::{Bytes, BytesMut};

use super::{ReplyEdit, ReplyEditor};
use crate::error::WireError;

/// What a message says about itself at the two depths that matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Observed {
    /// It is a response: it has a `result` or an `error`, and no `method`.
    pub is_response: bool,
    /// It has an `error` (other than `null`).
    pub is_error: bool,
    /// Its result says `"isError": true`.
    pub is_tool_error: bool,
}

impl Observed {
    fn of(editor: &ReplyEditor) -> Result<Self, WireError> {
        editor.finish()?;
        Ok(editor.observed())
    }
}

/// Edits a response in memory.
///
/// # Errors
/// It is not one JSON object.
pub fn edit_whole(message: &[u8], edit: ReplyEdit) -> Result<(Bytes, Observed), WireError> {
    let mut editor = ReplyEditor::new(edit);
    let mut out = BytesMut::new();
    editor.feed(message, &mut out)?;
    Ok((out.freeze(), Observed::of(&editor)?))
}

/// Looks at a response in memory, without a copy.
///
/// # Errors
/// It is not one JSON object.
pub fn observe_whole(message: &[u8]) -> Result<Observed, WireError> {
    let mut editor = ReplyEditor::observer();
    editor.observe(message)?;
    Observed::of(&editor)
}

#[cfg(test)]
mod tests {
    use super::super::{CallId, ResultEdit};
    use super::*;

    fn legacy(result: &str) -> String {
        edited(result, ResultEdit::ToLegacy)
    }

    fn modern(result: &str) -> String {
        let members = Bytes::from_static(br#""resultType":"complete","ttlMs":0"#);
        edited(result, ResultEdit::ToModern { members })
    }

    fn edited(result: &str, edit: ResultEdit) -> String {
        let message = format!(r#"{{"result":{result}}}"#);
        let edit = ReplyEdit { id: None, result: edit };
        let (bytes, _) = edit_whole(message.as_bytes(), edit).unwrap();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        text.strip_prefix(r#"{"result":"#).unwrap().strip_suffix('}').unwrap().to_owned()
    }

    fn with_id(message: &str) -> String {
        let edit = ReplyEdit { id: Some(CallId::of_ours("7", "\"c\"")), ..ReplyEdit::default() };
        let (bytes, _) = edit_whole(message.as_bytes(), edit).unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn a_dropped_member_takes_the_right_comma_with_it() {
        let cases = [
            (r#"{"ttlMs":1}"#, "{}"),
            (r#"{ "ttlMs" : {"a":[","]} }"#, "{  }"),
            (r#"{"ttlMs":1, "a":1.0}"#, r#"{ "a":1.0}"#),
            (r#"{"a":1.0 ,"ttlMs":1}"#, r#"{"a":1.0 }"#),
            (r#"{"a":1, "ttlMs":"},", "b":2}"#, r#"{"a":1, "b":2}"#),
            (r#"{"ttlMs":1,"cacheScope":"x","resultType":"y"}"#, "{}"),
            (r#"{"ttlMs":1,"a":1,"cacheScope":"x","b":2,"resultType":"y"}"#, r#"{"a":1,"b":2}"#),
            (r#"{"ttl\u004ds":1,"a":{"ttlMs":1}}"#, r#"{"a":{"ttlMs":1}}"#),
        ];
        for (result, expected) in cases {
            assert_eq!(legacy(result), expected, "{result}");
        }
    }

    #[test]
    fn whitespace_beyond_what_can_be_held_moves_before_the_comma_but_is_not_lost() {
        let short = format!(r#"{{"a":1,{}"b":2}}"#, " ".repeat(61));
        assert_eq!(legacy(&short), short);
        let space = "\n".repeat(300);
        let long = format!(r#"{{"a":1,{space}"b":2}}"#);
        assert_eq!(legacy(&long), format!(r#"{{"a":1{space},"b":2}}"#));
    }

    #[test]
    fn members_are_put_first_and_replace_those_of_the_same_name() {
        let put = r#"{"resultType":"complete","ttlMs":0"#;
        let cases = [
            ("{}", "}"),
            ("{ }", " }"),
            (r#"{"a":1}"#, r#","a":1}"#),
            (r#"{ "resultType":"x", "cacheScope":"y" }"#, r#" , "cacheScope":"y" }"#),
            (r#"{"ttlMs":1}"#, "}"),
            (r#"{"a":1,"ttlMs":1,"b":2}"#, r#","a":1,"b":2}"#),
        ];
        for (result, rest) in cases {
            assert_eq!(modern(result), format!("{put}{rest}"), "{result}");
        }
    }

    #[test]
    fn a_result_that_is_no_object_stays_as_it_is() {
        for result in ["null", "[{\"ttlMs\":1}]", "1e400", r#""{\"ttlMs\":1}""#, "true"] {
            assert_eq!(legacy(result), result);
            assert_eq!(modern(result), result);
        }
    }

    #[test]
    fn an_id_is_replaced_at_the_top_and_nowhere_else() {
        let cases = [
            (r#"{"id": 7 ,"result":{"id":1}} "#, r#"{"id": "c" ,"result":{"id":1}} "#),
            (r#"{"result":{"id":1},"\u0069d":"x"}"#, r#"{"result":{"id":1},"\u0069d":"c"}"#),
            (r#"{"id":null,"error":{"id":1}}"#, r#"{"id":"c","error":{"id":1}}"#),
            (r#"{"error":{"code":1} }"#, r#"{"error":{"code":1} ,"id":"c"}"#),
            (r#"{"method":"n"}"#, r#"{"method":"n"}"#),
            (r#"{"result":1,"method":"n"}"#, r#"{"result":1,"method":"n"}"#),
        ];
        for (message, expected) in cases {
            assert_eq!(with_id(message), expected, "{message}");
        }
    }

    #[test]
    fn errors_and_tool_errors_are_told_apart() {
        let cases = [
            (r#"{"result":{"isError":true}}"#, false, true),
            (r#"{"result":{"is\u0045rror" : true}}"#, false, true),
            (r#"{"result":{"isError":false,"a":{"isError":true}}}"#, false, false),
            (r#"{"isError":true,"result":{}}"#, false, false),
            (r#"{"error":{"isError":true}}"#, true, false),
            (r#"{"error":null,"result":{"error":1}}"#, false, false),
        ];
        for (message, is_error, is_tool_error) in cases {
            let expected = Observed { is_response: true, is_error, is_tool_error };
            assert_eq!(observe_whole(message.as_bytes()).unwrap(), expected, "{message}");
        }
    }

    #[test]
    fn what_is_not_one_json_object_is_refused() {
        for text in [
            "",
            " ",
            "[]",
            "7",
            "{",
            r#"{"a""#,
            r#"{"a"1}"#,
            r#"{"a":}"#,
            r#"{"a":1,}"#,
            "{,}",
            r#"{"a":1 "b":2}"#,
            r#"{"result":{}"#,
            r#"{"result":{"a":1]}"#,
            "{}{}",
            "{} x",
            "{1:2}",
        ] {
            assert!(observe_whole(text.as_bytes()).is_err(), "{text}");
        }
    }
}
