//! What an upstream offers, for those who decide on it.

use registry_domain::id::RegistrationId;
use registry_domain::manifest::{DefinitionKind, Discovery, Manifest};
use registry_domain::use_cases::ManifestView;
use registry_http_edge::WireTime;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::openapi::schemas::{DiscoveryWord, Id};

use super::drift::DriftSummary;

/// The candidate, definition by definition, as the upstream sent them.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "registration_id": "00000000-0000-4000-8000-000000000001",
    "state": "complete",
    "digest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "checked_at": "2026-11-21T10:53:19.565057Z",
    "pinned_digest": null,
    "reviewed": null,
    "drift": null,
    "definitions": {
        "tools": [{"name": "search", "inputSchema": {"type": "object"}}],
        "resources": [], "resource_templates": [], "prompts": [],
    },
}))]
pub(crate) struct ManifestResponse<'a> {
    #[schema(value_type = Id)]
    registration_id: RegistrationId,
    #[schema(value_type = DiscoveryWord)]
    state: &'static str,
    /// The candidate's digest: what a decision's `manifest_digest` means.
    #[schema(required = true)]
    digest: Option<String>,
    #[schema(required = true)]
    checked_at: Option<WireTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Fault<'a>>,
    /// The digest of what is pinned and served, once there is a server.
    #[schema(required = true)]
    pinned_digest: Option<String>,
    #[schema(required = true)]
    reviewed: Option<bool>,
    /// What the server offers instead of what is pinned, if it does.
    #[schema(required = true)]
    drift: Option<DriftSummary>,
    definitions: Definitions<'a>,
}

/// Why it could not be read.
#[derive(Serialize, ToSchema)]
struct Fault<'a> {
    class: &'static str,
    detail: &'a str,
}

/// Definitions, as the server sent them.
#[derive(Serialize, ToSchema)]
struct Definitions<'a> {
    #[schema(value_type = Vec<Object>)]
    tools: Vec<&'a RawValue>,
    #[schema(value_type = Vec<Object>)]
    resources: Vec<&'a RawValue>,
    #[schema(value_type = Vec<Object>)]
    resource_templates: Vec<&'a RawValue>,
    #[schema(value_type = Vec<Object>)]
    prompts: Vec<&'a RawValue>,
}

impl<'a> Definitions<'a> {
    fn of(manifest: Option<&'a Manifest>) -> Self {
        let raw = |kind| {
            let definitions = manifest.into_iter().flat_map(move |manifest| manifest.of(kind));
            // A definition was parsed when it was read, so each is JSON.
            definitions
                .filter_map(|definition| serde_json::from_slice(&definition.raw).ok())
                .collect()
        };
        Self {
            tools: raw(DefinitionKind::Tool),
            resources: raw(DefinitionKind::Resource),
            resource_templates: raw(DefinitionKind::ResourceTemplate),
            prompts: raw(DefinitionKind::Prompt),
        }
    }
}

impl<'a> ManifestResponse<'a> {
    /// The candidate of a registration.
    pub(crate) fn of(shown: &'a ManifestView) -> Self {
        let view = &shown.registration;
        let (fault, checked_at) = match &view.discovery {
            Discovery::Pending => (None, None),
            Discovery::Complete { at, .. } => (None, Some(WireTime(*at))),
            Discovery::Failed { class, detail, at } => {
                (Some(Fault { class: class.as_str(), detail }), Some(WireTime(*at)))
            }
        };
        let server = view.server.as_ref();
        Self {
            registration_id: view.registration.id,
            state: view.discovery.state(),
            digest: view.discovery.digest().map(|digest| digest.to_string()),
            checked_at,
            fault,
            pinned_digest: server
                .and_then(|server| server.manifest_digest)
                .map(|digest| digest.to_string()),
            reviewed: server.map(|server| server.reviewed),
            drift: shown.server.as_ref().map(DriftSummary::of),
            definitions: Definitions::of(view.discovery.manifest()),
        }
    }
}

#[cfg(test)]
mod tests {
    use registry_domain::ports::RegistrationView;
    use serde_json::json;

    use super::*;
    use crate::wire::samples;

    fn shown(registration: RegistrationView) -> ManifestView {
        ManifestView { registration, server: None }
    }

    #[test]
    fn definitions_are_shown_byte_for_byte() {
        let view = shown(samples::discovered());
        let text = serde_json::to_string(&ManifestResponse::of(&view)).unwrap();
        assert!(text.contains(r#""tools":[{"name": "search",  "big": 1.0e2}]"#), "{text}");
        assert!(text.contains(r#""prompts":[{"name":"ask"}]"#), "{text}");
    }

    #[test]
    fn without_a_manifest_the_lists_are_empty_and_the_fault_is_told() {
        let view = shown(samples::failed());
        let told = serde_json::to_value(ManifestResponse::of(&view)).unwrap();
        assert_eq!(told["fault"], json!({"class": "timeout", "detail": "no answer within 10 s"}));
        assert_eq!(told["digest"], json!(null));
        assert_eq!(
            told["definitions"],
            json!({"tools": [], "resources": [], "resource_templates": [], "prompts": []})
        );
    }
}
