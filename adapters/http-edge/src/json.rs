//! Strict JSON bodies: read field by field, so that an answer names everything that is wrong.

mod unique;

use std::future::Future;
use std::pin::Pin;

use actix_web::{FromRequest, HttpRequest, dev};
use registry_domain::field::Violation;
use serde_json::Value;

use crate::body;
use crate::code::Code;
use crate::edge::Edge;
use crate::fields::Fields;
use crate::problem::{Place, Problem};

use unique::Unique;

/// What can be read out of a JSON object.
pub trait ReadBody: Sized {
    /// Whether an empty body is as good as `{}`.
    const MAY_BE_EMPTY: bool = false;

    /// The longest body in bytes, where it is not the app's own bound.
    const MAX_BYTES: Option<usize> = None;

    /// What a list in the place of the object means.
    ///
    /// # Errors
    /// 422, unless the body may be a list.
    fn read_list(_items: Vec<Value>) -> Result<Self, Problem> {
        Err(not_an_object())
    }

    /// Reads the members. What is returned is dropped if a violation was noted; `None` is for what
    /// has no value without a member that broke its rule, and only together with that violation.
    fn read(fields: &mut Fields) -> Option<Self>;
}

/// A JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: ReadBody + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let settings = &Edge::of(&request)?.settings;
            let max_bytes = T::MAX_BYTES.unwrap_or(settings.max_body_bytes);
            let within = settings.body_timeout;
            let bytes = body::read(request.headers(), payload, max_bytes, within).await?;
            read_object(&bytes).map(Self)
        })
    }
}

fn read_object<T: ReadBody>(bytes: &[u8]) -> Result<T, Problem> {
    let value = if bytes.is_empty() && T::MAY_BE_EMPTY {
        Value::Object(serde_json::Map::new())
    } else {
        serde_json::from_slice::<Unique>(bytes).map_err(|error| malformed(&error))?.0
    };
    let members = match value {
        Value::Object(members) => members,
        Value::Array(items) => return T::read_list(items),
        _ => return Err(not_an_object()),
    };
    let mut fields = Fields::of(members);
    let read = T::read(&mut fields);
    let wrong = fields.into_violations();
    if wrong.is_empty() {
        // A reader that noted nothing and read nothing has a bug: no value is made up for it.
        read.ok_or_else(Problem::internal)
    } else {
        Err(Problem::invalid(Place::Body, wrong))
    }
}

fn not_an_object() -> Problem {
    let violation = Violation {
        path: Vec::new(),
        rule: "object_type",
        message: "must be a JSON object".to_owned(),
    };
    Problem::new(Code::ValidationError, "The body must be a JSON object")
        .naming(Place::Body, vec![violation])
}

fn malformed(error: &serde_json::Error) -> Problem {
    let message = format!("is not JSON: {error}");
    let violation = Violation { path: Vec::new(), rule: "json_invalid", message: message.clone() };
    Problem::new(Code::MalformedJson, format!("The body {message}"))
        .naming(Place::Body, vec![violation])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Has no value without its word, and says so.
    #[derive(Debug, PartialEq, Eq)]
    struct Word(String);

    /// Has no value without its word either, but forgets to say so.
    #[derive(Debug, PartialEq, Eq)]
    struct Silent(String);

    impl ReadBody for Word {
        fn read(fields: &mut Fields) -> Option<Self> {
            let word = fields.one_of("word", &[("yes", "yes"), ("no", "no")]);
            fields.optional_string("note");
            Some(Self(word?.to_owned()))
        }
    }

    impl ReadBody for Silent {
        fn read(fields: &mut Fields) -> Option<Self> {
            fields.optional_string("word").map(Self)
        }
    }

    fn outcome<T: ReadBody>(body: &str) -> Result<T, (Code, String)> {
        read_object(body.as_bytes()).map_err(|problem| (problem.code(), problem.to_string()))
    }

    #[test]
    fn without_a_value_the_violation_is_the_answer() {
        assert_eq!(outcome(r#"{"word":"yes"}"#), Ok(Word("yes".into())));
        let (missing, _) = outcome::<Word>("{}").unwrap_err();
        assert_eq!(missing, Code::ValidationError);
        let (both, words) = outcome::<Word>(r#"{"word":"maybe","note":1}"#).unwrap_err();
        assert_eq!(both, Code::ValidationError);
        assert!(words.ends_with("(and 1 more)"), "{words}");
    }

    #[test]
    fn a_reader_that_says_nothing_is_our_fault_and_makes_no_value() {
        assert_eq!(outcome(r#"{"word":"a"}"#), Ok(Silent("a".into())));
        assert_eq!(outcome::<Silent>("{}").unwrap_err().0, Code::InternalError);
    }
}
