//! Refusals in Entra's words.

use serde_json::json;

use super::http::Answer;

/// What Entra refuses with: OAuth's code, Entra's own number, and the words that go with it.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) error: &'static str,
    pub(super) number: u32,
    pub(super) words: String,
}

impl Refusal {
    pub(super) fn new(error: &'static str, number: u32, words: impl Into<String>) -> Self {
        Self { error, number, words: words.into() }
    }

    pub(super) fn missing(parameter: &str) -> Self {
        let words =
            format!("The request body must contain the following parameter: '{parameter}'.");
        Self::new("invalid_request", 900_144, words)
    }

    pub(super) fn description(&self) -> String {
        format!("AADSTS{}: {}", self.number, self.words)
    }

    /// As the token endpoint tells it.
    pub(super) fn as_json(&self) -> Answer {
        let status = if self.error == "invalid_client" { 401 } else { 400 };
        let body = json!({
            "error": self.error,
            "error_description": self.description(),
            "error_codes": [self.number],
            "trace_id": "00000000-0000-0000-0000-000000000000",
            "correlation_id": "00000000-0000-0000-0000-000000000000",
        });
        Answer::json_with(status, &body)
    }

    /// As a page: where there is no address that the browser may be sent back to.
    pub(super) fn as_page(&self) -> Answer {
        Answer::text(400, &self.description())
    }
}
