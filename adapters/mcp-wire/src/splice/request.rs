//! All changes to one request in one copy: its id, its name or URI, and its `_meta`.

use bytes::Bytes;

use super::edits::Edits;
use super::meta::{self, MetaEdit};
use super::{Edit, object, splice};

/// What is to change in a request on its way to the upstream; the default changes nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestEdit<'a> {
    /// The new id, as JSON; it is added where there was none.
    pub id: Option<&'a str>,
    /// The new `params.name`, as plain text; there has to be one.
    pub name: Option<&'a str>,
    /// The new `params.uri`, as plain text; there has to be one.
    pub uri: Option<&'a str>,
    /// What happens to `params._meta`.
    pub meta: MetaEdit<'a>,
}

impl RequestEdit<'_> {
    /// A copy of the message with the changes made.
    ///
    /// `None` if the message is no JSON object, or lacks what is to be replaced, or has a member
    /// that matters here twice.
    pub fn apply(&self, message: &[u8]) -> Option<Bytes> {
        splice(message, &self.edits(message)?)
    }

    /// As [`apply`](Self::apply), but hands back the same bytes where nothing changes.
    pub fn apply_shared(&self, message: &Bytes) -> Option<Bytes> {
        let edits = self.edits(message)?;
        if edits.is_empty() { Some(message.clone()) } else { splice(message, &edits) }
    }

    /// The changes as edits in order, for [`splice`]; empty if nothing changes.
    pub fn edits(&self, message: &[u8]) -> Option<Vec<Edit<'static>>> {
        if *self == RequestEdit::default() {
            return Some(Vec::new());
        }
        let mut edits = Edits::new(message);
        let text = std::str::from_utf8(message).ok()?;
        let top = object::find(message, ["id", "params"])?;
        let [id, params] = top.values;
        match (self.id, id) {
            (Some(new), Some(old)) => edits.replace(old, new.to_owned())?,
            (Some(new), None) => edits.add_member(text, top.last, &format!("\"id\":{new}"))?,
            (None, _) => {}
        }
        match params.filter(|text| text.starts_with('{')) {
            Some(params) => self.edit_params(&mut edits, params)?,
            None => self.make_params(&mut edits, text, top.last, params)?,
        }
        Some(edits.into_sorted())
    }

    fn edit_params(&self, edits: &mut Edits<'_>, text: &str) -> Option<()> {
        if self.name.is_none() && self.uri.is_none() && self.meta == MetaEdit::Keep {
            return Some(());
        }
        let params = object::find(text.as_bytes(), ["name", "uri", "_meta"])?;
        let [name, uri, old_meta] = params.values;
        for (new, old) in [(self.name, name), (self.uri, uri)] {
            if let Some(new) = new {
                edits.replace_string(old?, new)?;
            }
        }
        match self.meta {
            MetaEdit::Keep => Some(()),
            MetaEdit::ToModern { client_info, client_capabilities, log_level } => {
                let keys = meta::modern_keys(client_info, client_capabilities, log_level)?;
                meta::set(edits, &keys, text, params.last, old_meta)
            }
            MetaEdit::ToLegacy => match old_meta.filter(|meta| meta.starts_with('{')) {
                Some(old_meta) => meta::strip(edits, old_meta),
                None => Some(()),
            },
        }
    }

    /// The changes to a message whose `params` is no object.
    fn make_params(
        &self,
        edits: &mut Edits<'_>,
        message: &str,
        last: Option<&str>,
        params: Option<&str>,
    ) -> Option<()> {
        if self.name.is_some() || self.uri.is_some() {
            return None;
        }
        let MetaEdit::ToModern { client_info, client_capabilities, log_level } = self.meta else {
            return Some(());
        };
        let keys = meta::modern_keys(client_info, client_capabilities, log_level)?;
        let made = format!("{{\"_meta\":{}}}", meta::whole(&keys));
        match params {
            None => edits.add_member(message, last, &format!("\"params\":{made}")),
            Some("null") => edits.replace(params?, made),
            Some(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const TO_MODERN: MetaEdit<'_> = MetaEdit::ToModern {
        client_info: "{}",
        client_capabilities: "{}",
        log_level: Some("info"),
    };

    #[test]
    fn id_name_and_meta_change_in_one_copy_and_the_rest_stays() {
        let message = br#" {"method":"tools/call", "x-new" : 1.0,"params":{"_meta":{"v":1e400,"io.modelcontextprotocol/clientInfo":{}},"arguments":{"n":12345678901234567890},"name":"crm__find"},"id":"\u0061"} "#;
        let edit =
            RequestEdit { id: Some("7"), name: Some("find"), uri: None, meta: MetaEdit::ToLegacy };
        assert_eq!(
            edit.apply(message).unwrap(),
            r#" {"method":"tools/call", "x-new" : 1.0,"params":{"_meta":{"v":1e400},"arguments":{"n":12345678901234567890},"name":"find"},"id":7} "#
        );
    }

    #[test]
    fn what_changes_nothing_hands_back_the_same_bytes() {
        let message = Bytes::from_static(br#"{"id":1,"params":{"_meta":{"progressToken":1}}}"#);
        for meta in [MetaEdit::Keep, MetaEdit::ToLegacy] {
            let edit = RequestEdit { meta, ..RequestEdit::default() };
            let same = edit.apply_shared(&message).unwrap();
            assert_eq!(same.as_ptr(), message.as_ptr());
            assert_eq!(edit.apply(&message).unwrap(), message);
        }
    }

    #[test]
    fn an_empty_message_gets_id_and_params_with_the_comma_between() {
        let edit = RequestEdit { id: Some("1"), meta: TO_MODERN, ..RequestEdit::default() };
        let made = edit.apply(b"{}").unwrap();
        let value: Value = serde_json::from_slice(&made).unwrap();
        assert_eq!(value["id"], 1);
        assert_eq!(value["params"]["_meta"]["io.modelcontextprotocol/logLevel"], "info");
    }

    #[test]
    fn a_name_for_a_request_without_params_is_refused() {
        let edit = RequestEdit { uri: Some("u"), ..RequestEdit::default() };
        for message in [r#"{"id":1}"#, r#"{"params":null}"#, r#"{"params":{}}"#] {
            assert_eq!(edit.apply(message.as_bytes()), None, "{message}");
        }
    }

    fn meta_json() -> impl Strategy<Value = Value> {
        let keys = prop::sample::subsequence(
            vec![
                "io.modelcontextprotocol/protocolVersion",
                "progressToken",
                "io.modelcontextprotocol/clientInfo",
                "a/b",
                "io.modelcontextprotocol/logLevel",
                "z",
            ],
            0..=6,
        );
        keys.prop_map(|keys| keys.into_iter().map(|key| (key.to_owned(), json!([1]))).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]
        #[test]
        fn an_edited_request_reads_as_the_request_edited(
            meta in prop::option::of(meta_json()),
            before in any::<bool>(),
            to_modern in any::<bool>(),
        ) {
            let mut request = json!({"id": 1, "params": {"name": "n", "zz": {"name": "x"}}});
            if before {
                request["params"]["A"] = json!(null);
            }
            if let Some(meta) = meta {
                request["params"]["_meta"] = meta;
            }
            let edit = RequestEdit {
                id: Some("\"g\""),
                name: Some("m"),
                uri: None,
                meta: if to_modern { TO_MODERN } else { MetaEdit::ToLegacy },
            };
            let edited = edit.apply(request.to_string().as_bytes()).unwrap();

            request["id"] = json!("g");
            request["params"]["name"] = json!("m");
            let name = |key: &str| format!("io.modelcontextprotocol/{key}");
            if to_modern {
                let meta = &mut request["params"]["_meta"];
                meta[name("protocolVersion")] = json!("2026-07-28");
                meta[name("clientInfo")] = json!({});
                meta[name("clientCapabilities")] = json!({});
                meta[name("logLevel")] = json!("info");
            } else if let Some(meta) = request["params"]["_meta"].as_object_mut() {
                for key in ["protocolVersion", "clientInfo", "clientCapabilities", "logLevel"] {
                    meta.remove(&name(key));
                }
            }
            let request = prune_null_meta(request);
            prop_assert_eq!(serde_json::from_slice::<Value>(&edited).unwrap(), request);
        }
    }

    /// Indexing a `Value` mutably adds the member as null; the edit does not.
    fn prune_null_meta(mut request: Value) -> Value {
        if request["params"]["_meta"].is_null() {
            request["params"].as_object_mut().unwrap().remove("_meta");
        }
        request
    }
}
