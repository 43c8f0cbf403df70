//! What a server offers instead of what was approved.

use crate::openapi::schemas::Id;
use registry_domain::id::ServerId;
use registry_domain::manifest::{Definition, Difference, Digest, Drift, DriftPolicy};
use registry_domain::server::Server;
use registry_http_edge::fields::Fields;
use registry_http_edge::{ReadBody, WireTime};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::status_update;

/// The body of a decision on a drift.
#[derive(Debug)]
pub(crate) struct DriftDecision {
    /// The digest of the manifest that was read.
    pub(crate) manifest_digest: Option<Digest>,
}

impl ReadBody for DriftDecision {
    fn read(fields: &mut Fields) -> Option<Self> {
        Some(Self { manifest_digest: status_update::digest(fields) })
    }
}

/// Where a drift stands, in a few words.
#[derive(Serialize, ToSchema)]
pub(crate) struct DriftSummary {
    /// `none`, `open` (nobody has decided) or `refused`.
    state: &'static str,
    /// When it was first seen.
    #[schema(required = true)]
    since: Option<WireTime>,
    /// The digest of what is offered: what a decision's `manifest_digest` means.
    #[schema(required = true)]
    manifest_digest: Option<String>,
    added_count: usize,
    changed_count: usize,
    dropped_count: usize,
}

impl DriftSummary {
    /// Of a server.
    pub(crate) fn of(server: &Server) -> Self {
        let (difference, drift) = server.difference().unzip();
        Self::summed(difference.as_ref(), drift)
    }

    fn summed(difference: Option<&Difference<'_>>, drift: Option<&Drift>) -> Self {
        let count = |count: fn(&Difference<'_>) -> usize| difference.map_or(0, count);
        Self {
            state: match drift {
                None => "none",
                Some(drift) if drift.refused => "refused",
                Some(_) => "open",
            },
            since: drift.map(|drift| WireTime(drift.since)),
            manifest_digest: drift.map(|drift| drift.seen.digest().to_string()),
            added_count: count(|difference| difference.added.len()),
            changed_count: count(|difference| difference.changed.len()),
            dropped_count: count(|difference| difference.dropped.len()),
        }
    }
}

/// The difference, definition by definition, each as the upstream sent it.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "server_id": "00000000-0000-4000-8000-000000000001",
    "name": "Weather", "alias": "weather", "policy": "withhold",
    "pinned_digest": "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "state": "none", "since": null, "manifest_digest": null,
    "added_count": 0, "changed_count": 0, "dropped_count": 0,
    "added": [], "changed": [], "dropped": [],
}))]
pub(crate) struct DriftResponse<'a> {
    #[schema(value_type = Id)]
    server_id: ServerId,
    name: &'a str,
    alias: &'a str,
    /// `withhold` or `flag`: what becomes of changed definitions until somebody decides.
    policy: &'static str,
    /// The digest of what was approved.
    #[schema(required = true)]
    pinned_digest: Option<String>,
    #[serde(flatten)]
    summary: DriftSummary,
    /// Offered, but not approved: not served.
    #[schema(value_type = Vec<Object>)]
    added: Vec<Shown<'a>>,
    /// Approved, and something else by now.
    #[schema(value_type = Vec<Object>)]
    changed: Vec<Changed<'a>>,
    /// Approved, but no longer offered.
    #[schema(value_type = Vec<Object>)]
    dropped: Vec<Shown<'a>>,
}

#[derive(Serialize)]
struct Shown<'a> {
    kind: &'static str,
    name: &'a str,
    digest: String,
    definition: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Changed<'a> {
    kind: &'static str,
    name: &'a str,
    pinned: Side<'a>,
    offered: Side<'a>,
}

#[derive(Serialize)]
struct Side<'a> {
    digest: String,
    definition: Option<&'a RawValue>,
}

/// A definition was parsed when it was read, so each is JSON.
fn raw(definition: &Definition) -> Option<&RawValue> {
    serde_json::from_slice(&definition.raw).ok()
}

impl<'a> Shown<'a> {
    fn of(definition: &'a Definition) -> Self {
        Self {
            kind: definition.kind.as_str(),
            name: &definition.name,
            digest: definition.digest.to_string(),
            definition: raw(definition),
        }
    }
}

impl<'a> Side<'a> {
    fn of(definition: &'a Definition) -> Self {
        Self { digest: definition.digest.to_string(), definition: raw(definition) }
    }
}

impl<'a> DriftResponse<'a> {
    /// Of a server, under a policy.
    pub(crate) fn of(server: &'a Server, policy: DriftPolicy) -> Self {
        let (difference, drift) = server.difference().unzip();
        let summary = DriftSummary::summed(difference.as_ref(), drift);
        let (mut added, mut changed, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(difference) = difference {
            added = difference.added.into_iter().map(Shown::of).collect();
            dropped = difference.dropped.into_iter().map(Shown::of).collect();
            changed = difference
                .changed
                .into_iter()
                .map(|(pinned, offered)| Changed {
                    kind: pinned.kind.as_str(),
                    name: &pinned.name,
                    pinned: Side::of(pinned),
                    offered: Side::of(offered),
                })
                .collect();
        }
        Self {
            server_id: server.id,
            name: &server.name,
            alias: server.alias.as_str(),
            policy: policy.as_str(),
            pinned_digest: server.manifest.digest().map(|digest| digest.to_string()),
            summary,
            added,
            changed,
            dropped,
        }
    }
}

/// A decision on a drift.
#[derive(ToSchema)]
#[schema(as = DriftDecision)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct DriftDecisionBody {
    /// The digest of the manifest that was read: 409 if it is another by now.
    #[schema(pattern = "^sha256:[0-9a-f]{64}$", example = json!(null))]
    manifest_digest: Option<String>,
}
