//! A decision.

use registry_domain::field::Violation;
use registry_domain::manifest::Digest;
use registry_domain::use_cases::DecisionCommand;
use registry_http_edge::ReadBody;
use registry_http_edge::fields::Fields;
use utoipa::ToSchema;

use crate::openapi::schemas::VerdictWord;

/// What was decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// `Approved`.
    Approve,
    /// `Rejected`.
    Reject,
}

/// The body of PATCH …/status.
#[derive(Debug)]
pub(crate) struct StatusUpdate {
    /// What was decided.
    pub(crate) verdict: Verdict,
    /// The rest of the decision.
    pub(crate) command: DecisionCommand,
}

impl ReadBody for StatusUpdate {
    fn read(fields: &mut Fields) -> Option<Self> {
        let verdict = fields
            .one_of("status", &[("Approved", Verdict::Approve), ("Rejected", Verdict::Reject)]);
        let command = DecisionCommand {
            reason: fields.optional_string("reason"),
            alias: fields.optional_string("alias"),
            seen: None,
            manifest_digest: digest(fields),
        };
        // Last, so that the answer names what is wrong with the other members too.
        Some(Self { verdict: verdict?, command })
    }
}

/// A decision.
#[derive(ToSchema)]
#[schema(as = StatusUpdate)]
#[expect(dead_code, reason = "the OpenAPI document's view of what `StatusUpdate` reads")]
pub(crate) struct StatusUpdateBody {
    #[schema(value_type = VerdictWord)]
    status: String,
    /// Why.
    #[schema(max_length = 500, example = "looks good")]
    reason: Option<String>,
    /// Another alias than the one wished for.
    #[schema(pattern = "^[a-z0-9][a-z0-9-]{0,23}$", example = "weather")]
    alias: Option<String>,
    /// The digest of the manifest that was reviewed: 409 if it is another by now.
    #[schema(pattern = "^sha256:[0-9a-f]{64}$", example = json!(null))]
    manifest_digest: Option<String>,
}

/// Reads `manifest_digest`.
pub(super) fn digest(fields: &mut Fields) -> Option<Digest> {
    let text = fields.optional_string("manifest_digest")?;
    let digest = Digest::parse(&text);
    if digest.is_none() {
        let message = "must be sha256: and 64 hexadecimal digits";
        fields.note(Violation::at("manifest_digest", "string_pattern_mismatch", message));
    }
    digest
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: Value) -> Result<StatusUpdate, Vec<String>> {
        let Value::Object(members) = body else { panic!("not an object") };
        let mut fields = Fields::of(members);
        let update = StatusUpdate::read(&mut fields);
        let wrong = fields.into_violations();
        if wrong.is_empty() {
            Ok(update.expect("a decision or a violation"))
        } else {
            Err(wrong.iter().map(ToString::to_string).collect())
        }
    }

    #[test]
    fn only_the_two_verdicts_are_taken_letter_by_letter() {
        assert_eq!(read(json!({"status": "Approved"})).unwrap().verdict, Verdict::Approve);
        assert_eq!(read(json!({"status": "Rejected"})).unwrap().verdict, Verdict::Reject);
        for bad in [json!("approved"), json!("Pending"), json!(""), json!(null), json!(1)] {
            assert!(read(json!({"status": bad})).is_err(), "{bad}");
        }
        assert_eq!(read(json!({})).unwrap_err(), ["status is required"]);
        assert_eq!(
            read(json!({"reason": 1})).unwrap_err(),
            ["status is required", "reason must be a string"]
        );
    }

    #[test]
    fn without_a_verdict_there_is_no_decision() {
        assert!(StatusUpdate::read(&mut Fields::of(serde_json::Map::new())).is_none());
    }

    #[test]
    fn a_digest_is_one_of_ours_or_refused() {
        let digest = Digest::of_json(&json!({}));
        let update = read(json!({"status": "Approved", "manifest_digest": digest.to_string()}));
        assert_eq!(update.unwrap().command.manifest_digest, Some(digest));
        let refused = read(json!({"status": "Approved", "manifest_digest": "sha256:1"}));
        assert_eq!(
            refused.unwrap_err(),
            ["manifest_digest must be sha256: and 64 hexadecimal digits"]
        );
    }
}
