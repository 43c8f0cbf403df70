//! What holds for every response, however it is written and cut.

use std::fmt::Write as _;

use bytes::BytesMut;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{CallId, ReplyEdit, ReplyEditor, ResultEdit};

/// Keys that are ours at some depth, and neighbours that are not.
fn key() -> impl Strategy<Value = String> {
    let ours = ["id", "result", "error", "resultType", "ttlMs", "cacheScope", "isError", "method"];
    prop_oneof![
        4 => prop::sample::select(ours.to_vec()).prop_map(str::to_owned),
        2 => "[a-z\"\\\\{},:é\n]{0,4}",
        1 => "[a-z\\\\]{60,140}",
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z\"\\\\{}\\[\\],: é]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            object(inner),
        ]
    })
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::vec((key(), inner), 0..6)
        .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()))
}

/// Bytes that decide how a value is written: whitespace, and which letters of keys are escaped.
type Dice = Vec<u8>;

struct Writer<'d> {
    text: String,
    dice: std::iter::Cycle<std::slice::Iter<'d, u8>>,
}

impl Writer<'_> {
    fn roll(&mut self) -> u8 {
        self.dice.next().copied().unwrap_or_default()
    }

    fn space(&mut self) {
        let space = match self.roll() {
            0..=99 => "",
            100..=179 => " ",
            180..=249 => "\r\n\t",
            _ => &" \n".repeat(80),
        };
        self.text.push_str(space);
    }

    fn key(&mut self, key: &str) {
        if self.roll() < 200 {
            self.text.push_str(&Value::from(key).to_string());
            return;
        }
        self.text.push('"');
        for unit in key.encode_utf16() {
            write!(self.text, "\\u{unit:04x}").unwrap();
        }
        self.text.push('"');
    }

    fn value(&mut self, value: &Value) {
        self.space();
        match value {
            Value::Object(members) => {
                self.text.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        self.text.push(',');
                    }
                    self.space();
                    self.key(key);
                    self.space();
                    self.text.push(':');
                    self.value(value);
                }
                self.space();
                self.text.push('}');
            }
            Value::Array(items) => {
                self.text.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        self.text.push(',');
                    }
                    self.value(item);
                }
                self.space();
                self.text.push(']');
            }
            leaf => self.text.push_str(&leaf.to_string()),
        }
        self.space();
    }
}

fn write(value: &Value, dice: &Dice) -> String {
    let mut writer = Writer { text: String::new(), dice: dice.iter().cycle() };
    writer.value(value);
    writer.text
}

/// Feeds the text in pieces of the sizes given, over and over.
fn run(edit: ReplyEdit, text: &str, sizes: &[usize]) -> (BytesMut, ReplyEditor) {
    let mut editor = ReplyEditor::new(edit);
    let mut out = BytesMut::new();
    let mut rest = text.as_bytes();
    for size in sizes.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, behind) = rest.split_at((*size).min(rest.len()));
        editor.feed(piece, &mut out).unwrap();
        rest = behind;
    }
    editor.finish().unwrap();
    (out, editor)
}

/// The edit, done on a value.
fn edited(mut message: Value, edit: &ReplyEdit) -> Value {
    let members = message.as_object_mut().unwrap();
    let has = |key| members.contains_key(key);
    let is_response = (has("result") || has("error")) && !has("method");
    if let Some(id) = edit.id.as_ref().filter(|_| is_response || members.contains_key("id")) {
        members.insert("id".to_owned(), serde_json::from_slice(id.client()).unwrap());
    }
    if let Some(result) = members.get_mut("result").and_then(Value::as_object_mut) {
        match &edit.result {
            ResultEdit::Keep => {}
            ResultEdit::ToModern { members } => {
                result.remove("resultType");
                let put = format!("{{{}}}", std::str::from_utf8(members).unwrap());
                let put: Map<String, Value> = serde_json::from_str(&put).unwrap();
                result.extend(put);
            }
            ResultEdit::ToLegacy => {
                for key in ["resultType", "ttlMs", "cacheScope"] {
                    result.remove(key);
                }
            }
        }
    }
    message
}

fn edit() -> impl Strategy<Value = ReplyEdit> {
    let members = prop::sample::select(vec![
        "",
        r#""resultType":"complete""#,
        r#""resultType":"complete","ttlMs":0,"cacheScope":"private""#,
    ]);
    let result = prop_oneof![
        Just(ResultEdit::Keep),
        Just(ResultEdit::ToLegacy),
        members.prop_map(|members| ResultEdit::ToModern { members: members.into() }),
    ];
    (prop::option::of(Just(CallId::of_ours("\"ours\"", "\"client\""))), result)
        .prop_map(|(id, result)| ReplyEdit { id, result })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn an_edited_reply_reads_as_the_reply_edited(
        mut message in object(value()),
        result in prop::option::weighted(0.8, object(value())),
        edit in edit(),
        dice in prop::collection::vec(any::<u8>(), 1..40),
        sizes in prop::collection::vec(1usize..40, 1..8),
    ) {
        if let Some(result) = result {
            message["result"] = result;
        }
        let (out, editor) = run(edit.clone(), &write(&message, &dice), &sizes);
        let is_error = !message["error"].is_null();
        let is_tool_error = message["result"]["isError"] == json!(true);
        prop_assert_eq!(editor.is_error(), is_error);
        prop_assert_eq!(editor.is_tool_error(), is_tool_error);
        let written: Value = serde_json::from_slice(&out).unwrap();
        // Reading keeps the last of two equal members and ours are put first, so an old one that
        // is not dropped shows.
        prop_assert_eq!(written, edited(message, &edit));
    }

    #[test]
    fn an_observer_passes_on_the_very_same_bytes(
        message in object(value()),
        dice in prop::collection::vec(any::<u8>(), 1..40),
        sizes in prop::collection::vec(1usize..40, 1..8),
    ) {
        let text = write(&message, &dice);
        let (out, _) = run(ReplyEdit::default(), &text, &sizes);
        prop_assert_eq!(out, text.as_bytes());
    }

    #[test]
    fn a_broken_reply_never_panics_and_its_verdict_does_not_hang_on_the_cuts(
        message in object(value()),
        broken_at in any::<prop::sample::Index>(),
        instead in "[{}\\[\\]\",:\\\\a1 ]{0,2}",
        edit in edit(),
        sizes in prop::collection::vec(1usize..20, 1..4),
    ) {
        let mut text: Vec<char> = message.to_string().chars().collect();
        let at = broken_at.index(text.len());
        text.splice(at..=at, instead.chars());
        let text: String = text.into_iter().collect();
        let whole = super::edit_whole(text.as_bytes(), edit.clone());
        let mut editor = ReplyEditor::new(edit);
        let mut out = BytesMut::new();
        let mut rest = text.as_bytes();
        let mut verdict = Ok(());
        for size in sizes.iter().cycle() {
            if rest.is_empty() || verdict.is_err() {
                break;
            }
            let (piece, behind) = rest.split_at((*size).min(rest.len()));
            verdict = editor.feed(piece, &mut out);
            rest = behind;
        }
        match verdict.and_then(|()| editor.finish()) {
            Ok(()) => prop_assert_eq!(out, whole.unwrap().0),
            Err(_) => prop_assert!(whole.is_err()),
        }
    }
}
