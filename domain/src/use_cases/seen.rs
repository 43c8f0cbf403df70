//! What somebody had in front of them when they decided: content and candidate, as an `ETag`.

use crate::error::Error;
use crate::id::Revision;
use crate::manifest::Digest;
use crate::ports::RegistrationView;
use crate::registration::RegistrationStatus;
use crate::server::Server;

/// The revision and the candidate that a caller read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The registration's revision.
    pub revision: Revision,
    /// The digest of the manifest shown with it, if one was.
    pub manifest: Option<Digest>,
}

impl Seen {
    /// What a reader of this view has seen.
    pub fn of(view: &RegistrationView) -> Self {
        Self { revision: view.registration.revision, manifest: shown_digest(view) }
    }

    /// What a reader of a server's drift has seen.
    pub fn of_drift(server: &Server) -> Self {
        let manifest = server.drift.as_ref().map(|drift| drift.seen.digest());
        Self { revision: server.revision, manifest }
    }

    /// The strong entity tag (RFC 9110 §8.8.3) of a view, quotes included.
    pub fn etag(view: &RegistrationView) -> String {
        Self::of(view).tag()
    }

    /// The strong entity tag of what was seen, quotes included.
    pub fn tag(&self) -> String {
        let manifest = self.manifest.map_or_else(|| "none".to_owned(), |digest| digest.to_string());
        format!("\"r{}-{manifest}\"", self.revision.0)
    }

    /// Reads what [`Seen::etag`] wrote; `None` for any other tag.
    pub fn parse_etag(text: &str) -> Option<Self> {
        let inner = text.trim().strip_prefix("\"r")?.strip_suffix('"')?;
        let (revision, manifest) = inner.split_once('-')?;
        let manifest = match manifest {
            "none" => None,
            digest => Some(Digest::parse(digest)?),
        };
        Some(Self { revision: Revision(revision.parse().ok()?), manifest })
    }

    /// Refuses a decision on anything but what was seen.
    ///
    /// # Errors
    /// [`Error::Stale`] that says whether the content or the manifest changed.
    pub fn require(seen: Option<Self>, view: &RegistrationView) -> Result<(), Error> {
        let Some(seen) = seen else { return Ok(()) };
        let now = Self::of(view);
        if seen.revision != now.revision {
            Err(Error::Stale { what: "the registration changed since it was read" })
        } else if seen.manifest != now.manifest {
            Err(Error::Stale { what: "the upstream's manifest changed since it was read" })
        } else {
            Ok(())
        }
    }
}

/// The digest that a reader is shown: of what is pinned once it is approved, else of the
/// candidate.
fn shown_digest(view: &RegistrationView) -> Option<Digest> {
    match (&view.server, view.registration.status()) {
        (Some(server), RegistrationStatus::Approved) => server.manifest_digest,
        _ => view.discovery.digest(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_a_tag_of_ours_or_none(text in ".{0,90}") {
            let _ = Seen::parse_etag(&text);
        }

        #[test]
        fn a_tag_reads_back_the_revision_it_was_written_with(revision in 1_i64..i64::MAX) {
            let seen = Seen::parse_etag(&format!("\"r{revision}-none\""));
            prop_assert_eq!(seen, Some(Seen { revision: Revision(revision), manifest: None }));
        }
    }
}
