//! Links of a registration: pages elsewhere that say more about its server.

use jiff::Timestamp;
use serde_json::json;
use url::Url;

use crate::error::Error;
use crate::event::{EventKind, EventStamp, RegistryEvent};
use crate::field::{Violation, Violations, printable};
use crate::id::{LinkId, RegistrationId, UserId};
use crate::registration::Registration;

/// What a page is to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkRelation {
    /// How to use it.
    Documentation,
    /// Its source code.
    Source,
    /// Where to report what is wrong with it.
    Issues,
    /// Its own page.
    Homepage,
    /// Something else.
    Other,
}

impl LinkRelation {
    /// All relations.
    pub const ALL: [Self; 5] =
        [Self::Documentation, Self::Source, Self::Issues, Self::Homepage, Self::Other];

    /// The relation as JSON and SQL spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Documentation => "documentation",
            Self::Source => "source",
            Self::Issues => "issues",
            Self::Homepage => "homepage",
            Self::Other => "other",
        }
    }

    /// The inverse of [`LinkRelation::as_str`], letter by letter.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|relation| relation.as_str() == text)
    }
}

/// A link as it was sent.
#[derive(Debug, Clone)]
pub struct LinkDraft {
    /// What the page is.
    pub relation: LinkRelation,
    /// Its address.
    pub url: String,
    /// What to call it.
    pub title: Option<String>,
}

/// A page elsewhere. The product never opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Our id.
    pub id: LinkId,
    /// Whose it is.
    pub registration: RegistrationId,
    /// What the page is.
    pub relation: LinkRelation,
    /// Its address, in the one spelling that all of its spellings come to: percent-encoded, scheme
    /// and host in lower case, no default port.
    pub url: String,
    /// What to call it.
    pub title: Option<String>,
    /// Who added it.
    pub added_by: UserId,
    /// When.
    pub created_at: Timestamp,
}

/// A link that comes, with what the audit trail keeps of it.
#[derive(Debug, Clone, PartialEq)]
pub struct NewLink {
    /// The link.
    pub link: Link,
    /// What happened.
    pub event: RegistryEvent,
}

/// A link that goes.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkRemoval {
    /// Which.
    pub id: LinkId,
    /// Of which registration.
    pub registration: RegistrationId,
    /// What happened.
    pub event: RegistryEvent,
}

impl Link {
    /// The longest address, in characters, once percent-encoded.
    pub const MAX_URL: usize = 2048;
    /// The longest title, in characters.
    pub const MAX_TITLE: usize = 200;
    /// The most links of a registration.
    pub const MAX_PER_REGISTRATION: u32 = 20;

    /// Checks a link and gives it to a registration.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that breaks its rule.
    pub fn add(
        draft: LinkDraft,
        id: LinkId,
        registration: &Registration,
        actor: UserId,
        stamp: EventStamp,
    ) -> Result<NewLink, Error> {
        let mut wrong = Violations::default();
        let url = wrong.take(web_address(&draft.url));
        let title = draft
            .title
            .filter(|title| !title.trim().is_empty())
            .and_then(|title| wrong.take(printable("title", title.trim(), 1, Self::MAX_TITLE)));
        let url = match url {
            Some(url) if wrong.is_empty() => url,
            _ => return Err(Error::Invalid(wrong.into_inner())),
        };
        let link = Self {
            id,
            registration: registration.id,
            relation: draft.relation,
            url,
            title,
            added_by: actor,
            created_at: stamp.at,
        };
        let event = link.event(EventKind::LinkAdded, registration, actor, stamp);
        Ok(NewLink { link, event })
    }

    /// Takes a link from its registration.
    pub fn remove(
        self,
        registration: &Registration,
        actor: UserId,
        stamp: EventStamp,
    ) -> LinkRemoval {
        let event = self.event(EventKind::LinkRemoved, registration, actor, stamp);
        LinkRemoval { id: self.id, registration: self.registration, event }
    }

    fn event(
        &self,
        kind: EventKind,
        registration: &Registration,
        actor: UserId,
        stamp: EventStamp,
    ) -> RegistryEvent {
        let change = if kind == EventKind::LinkRemoved { "deleted" } else { "added" };
        registration.event(kind, actor, stamp, registration.status()).saying(json!({
            "change": change,
            "link": {"link_id": self.id, "rel": self.relation.as_str(), "url": self.url},
        }))
    }
}

/// Reads the address of a web page, as browsers would. Only `http` and `https`: what a page of ours
/// shows as a link must not run (`javascript:`, `data:`) when somebody follows it.
fn web_address(text: &str) -> Result<String, Violation> {
    let refuse = |rule, message: &str| Violation::at("url", rule, message);
    if text.chars().count() > Link::MAX_URL {
        return Err(refuse("string_too_long", "must be at most 2048 characters long"));
    }
    if text.chars().any(|c| crate::field::is_unprintable(c) || c.is_whitespace()) {
        return Err(refuse("url_parsing", "must not contain spaces or invisible characters"));
    }
    let url = Url::parse(text).map_err(|_| {
        refuse("url_parsing", "must be an absolute URL, such as https://example.com/docs")
    })?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("url_scheme", "must start with http:// or https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("url_credentials", "must not carry a user name or password"));
    }
    let address = String::from(url);
    if address.len() > Link::MAX_URL {
        // What is not ASCII triples there, and in the index of addresses.
        return Err(refuse(
            "string_too_long",
            "must be at most 2048 characters long once percent-encoded",
        ));
    }
    Ok(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_in_one_spelling() {
        for (sent, kept) in [
            ("https://Example.COM:443/Docs#top", "https://example.com/Docs#top"),
            ("http://example.com", "http://example.com/"),
            ("https://例え.jp/ü?q=é", "https://xn--r8jz45g.jp/%C3%BC?q=%C3%A9"),
        ] {
            assert_eq!(web_address(sent).as_deref(), Ok(kept));
        }
    }

    #[test]
    fn what_is_no_web_page_or_would_tell_a_secret_is_refused() {
        for (sent, rule) in [
            ("javascript:alert(1)", "url_scheme"),
            ("data:text/html,<script>alert(1)</script>", "url_scheme"),
            ("ftp://example.com/", "url_scheme"),
            ("https://ada:secret@example.com/", "url_credentials"),
            ("https://ada@example.com/", "url_credentials"),
            ("/docs", "url_parsing"),
            ("", "url_parsing"),
            ("https://", "url_parsing"),
            ("https://example.com/a b", "url_parsing"),
            ("java\nscript:alert(1)", "url_parsing"),
            (&format!("https://e.com/{}", "x".repeat(2048)), "string_too_long"),
            (&format!("https://e.com/{}", "ü".repeat(1000)), "string_too_long"),
        ] {
            assert_eq!(web_address(sent).unwrap_err().rule, rule, "{sent}");
        }
        assert!(web_address(&format!("https://e.com/{}", "x".repeat(2034))).is_ok());
    }

    #[test]
    fn every_relation_is_read_back_by_its_name() {
        for relation in LinkRelation::ALL {
            assert_eq!(LinkRelation::parse(relation.as_str()), Some(relation));
        }
        assert_eq!(LinkRelation::parse("Source"), None);
    }
}
