//! What `completion/complete` is about: a prompt, or a template of resources (`params.ref`).

use std::borrow::Cow;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::definition::with_text;
use crate::error::WireError;
use crate::members;
use crate::splice::{Edit, range_of, splice};

/// What is completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference<'a> {
    /// An argument of the prompt of that name.
    Prompt(Cow<'a, str>),
    /// A variable of that template, or address.
    Resource(Cow<'a, str>),
}

/// Reads what a completion is about.
///
/// # Errors
/// -32602, naming the member that is missing, is of another type, or could be read in two ways.
pub fn reference(params: Option<&RawValue>) -> Result<Reference<'_>, WireError> {
    let invalid = |what: &str| WireError::invalid_params(format!("params.ref{what}"));
    let (kind, name, uri) = parts(params).ok_or_else(|| invalid(" must be an object"))?;
    let text = |raw: Option<&'_ RawValue>| raw.and_then(members::string).map(Cow::into_owned);
    match text(kind).as_deref() {
        Some("ref/prompt") => name
            .and_then(members::string)
            .map(Reference::Prompt)
            .ok_or_else(|| invalid(".name must be a string")),
        Some("ref/resource") => uri
            .and_then(members::string)
            .map(Reference::Resource)
            .ok_or_else(|| invalid(".uri must be a string")),
        _ => Err(invalid(".type must be ref/prompt or ref/resource")),
    }
}

type Parts<'a> = (Option<&'a RawValue>, Option<&'a RawValue>, Option<&'a RawValue>);

fn parts(params: Option<&RawValue>) -> Option<Parts<'_>> {
    let [reference] = members::read(params?.get(), ["ref"]).ok()?;
    let [kind, name, uri] = members::read(reference?.get(), ["type", "name", "uri"]).ok()?;
    Some((kind, name, uri))
}

/// A copy of the request `message` that is about something else of the same kind. `None` if it is
/// about nothing that [`reference`] reads.
pub fn refer_to(message: &Bytes, params: Option<&RawValue>, new: &str) -> Option<Bytes> {
    let member = match reference(params).ok()? {
        Reference::Prompt(_) => "name",
        Reference::Resource(_) => "uri",
    };
    let [old] = members::read(params?.get(), ["ref"]).ok()?;
    let old = old?.get().as_bytes();
    let replacement = with_text(old, member, new)?.to_vec().into();
    splice(message, &[Edit { range: range_of(message, old)?, replacement }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::Envelope;

    fn about(reference: &str) -> Bytes {
        let params = format!(r#"{{"argument":{{"name":"n","value":"v"}}, "ref" : {reference}}}"#);
        Bytes::from(format!(
            r#"{{"method":"completion/complete","id":1,"jsonrpc":"2.0","params":{params}}}"#
        ))
    }

    fn moved(reference: &str) -> Option<Bytes> {
        let message = about(reference);
        let params = Envelope::parse(&message).unwrap().params;
        refer_to(&message, params, "new")
    }

    #[test]
    fn a_completion_is_about_a_prompt_or_a_resource_and_moves_with_the_rest_unchanged() {
        let prompt = r#"{"type":"ref/prompt","x":1.0,"name":"files__greet"}"#;
        assert_eq!(moved(prompt).unwrap(), about(&prompt.replace("files__greet", "new")));
        let resource = r#"{"uri":"files+x:{y}","type":"ref/resource","name":"n"}"#;
        assert_eq!(moved(resource).unwrap(), about(&resource.replace("files+x:{y}", "new")));
    }

    #[test]
    fn what_it_is_about_has_to_be_said_and_said_once() {
        for (reference, told) in [
            ("7", "params.ref must be an object"),
            (r#"{"type":"ref/prompt"}"#, "params.ref.name must be a string"),
            (r#"{"type":"ref/resource","name":"n"}"#, "params.ref.uri must be a string"),
            (
                r#"{"type":"ref/tool","name":"n"}"#,
                "params.ref.type must be ref/prompt or ref/resource",
            ),
            (r#"{"type":"ref/prompt","name":"a","name":"b"}"#, "params.ref must be an object"),
        ] {
            let message = about(reference);
            let envelope = Envelope::parse(&message).unwrap();
            let error = super::reference(envelope.params).unwrap_err();
            assert_eq!(error.message, told, "{reference}");
            assert_eq!(moved(reference), None);
        }
        assert!(super::reference(None).is_err());
    }
}
