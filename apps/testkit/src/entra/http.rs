//! Answers as text, and forms.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::upstreams::ScriptedRequest;

/// The members of a form or a query, the first of each name.
pub(super) type Form = BTreeMap<String, String>;

/// An answer.
pub(super) struct Answer {
    status: u16,
    content_type: &'static str,
    location: Option<String>,
    body: String,
}

impl Answer {
    pub(super) fn json(body: &Value) -> Self {
        Self::json_with(200, body)
    }

    pub(super) fn json_with(status: u16, body: &Value) -> Self {
        let content_type = "application/json; charset=utf-8";
        Self { status, content_type, location: None, body: body.to_string() }
    }

    pub(super) fn text(status: u16, body: &str) -> Self {
        Self { status, content_type: "text/html", location: None, body: body.to_owned() }
    }

    pub(super) fn redirect(to: &str) -> Self {
        Self { location: Some(to.to_owned()), ..Self::text(302, "") }
    }

    pub(super) fn to_http(&self) -> String {
        let Self { status, content_type, location, body } = self;
        let location =
            location.as_ref().map(|to| format!("location: {to}\r\n")).unwrap_or_default();
        let length = body.len();
        format!(
            "HTTP/1.1 {status} -\r\ncontent-type: {content_type}\r\n{location}cache-control: no-store\r\n\
             content-length: {length}\r\n\r\n{body}"
        )
    }
}

/// A request's form (`application/x-www-form-urlencoded`).
pub fn form(request: &ScriptedRequest) -> BTreeMap<String, String> {
    parsed(&request.body)
}

/// An address's query.
pub(super) fn query(path: &str) -> Form {
    parsed(path.split_once('?').map_or("", |(_, query)| query).as_bytes())
}

fn parsed(text: &[u8]) -> Form {
    let mut form = Form::new();
    for (name, value) in url::form_urlencoded::parse(text) {
        form.entry(name.into_owned()).or_insert_with(|| value.into_owned());
    }
    form
}
