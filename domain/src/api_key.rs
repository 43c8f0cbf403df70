//! API keys: how a machine shows who it is where it has no identity provider.
//!
//! A key is shown once, when it is made. Only the digest of its secret is kept: 256 random bits need
//! no more. It has its maker's tenant, the roles and the doors that it was made for, and an end.

use std::fmt::Write as _;

use jiff::{Span, Timestamp};
use uuid::Uuid;

use crate::caller::{Groups, Role};
use crate::field::{Violation, Violations};
use crate::id::{ApiKeyId, TenantId, UserId};
use crate::manifest::Digest;
use crate::ports::{Secret, VerifiedToken};
use crate::user::Identity;

/// What every key begins with, so that one that got lost is recognised.
pub const PREFIX: &str = "mreg_";
/// What the subject of a key's caller begins with.
const SUBJECT: &str = "key:";
/// How many days a key is good at most.
pub const MOST_DAYS: u32 = 365;

/// A door that a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyScope {
    /// The REST API, and the proxy beside it: port 8000.
    Api,
    /// The MCP gateway: port 8001.
    Mcp,
}

impl KeyScope {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Api, Self::Mcp];

    /// The scope as JSON and SQL spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Mcp => "mcp",
        }
    }

    /// The inverse of [`KeyScope::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }
}

/// What a new key is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyDraft {
    /// What it is for, in words.
    pub name: String,
    /// Its roles.
    pub roles: Vec<Role>,
    /// The doors that it opens.
    pub scopes: Vec<KeyScope>,
    /// After how many days it ends.
    pub days: u32,
}

/// A key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id, which is part of its text.
    pub id: ApiKeyId,
    /// What it is for, in words.
    pub name: String,
    /// The tenant that it acts in.
    pub tenant: Option<TenantId>,
    /// Its roles.
    pub roles: Vec<Role>,
    /// The doors that it opens.
    pub scopes: Vec<KeyScope>,
    /// The digest of its secret.
    pub digest: Digest,
    /// Who made it.
    pub made_by: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When somebody ended it before.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Makes a key of a secret; answers its text, to be shown once.
    ///
    /// # Errors
    /// A [`Violation`] for each field that breaks its rule.
    pub fn make(
        draft: ApiKeyDraft,
        (id, secret): (ApiKeyId, &[u8; 32]),
        (made_by, tenant): (UserId, Option<TenantId>),
        now: Timestamp,
    ) -> Result<(Self, Secret), Vec<Violation>> {
        let mut wrong = Violations::default();
        let name = wrong.take(crate::field::printable("name", &draft.name, 1, 100));
        if draft.scopes.is_empty() {
            wrong.push(Violation::at("scopes", "too_short", "must name api, mcp or both"));
        }
        if !(1..=MOST_DAYS).contains(&draft.days) {
            let rule = format!("must be from 1 to {MOST_DAYS}");
            wrong.push(Violation::at("expires_in_days", "range", rule));
        }
        let hours = Span::new().try_hours(i64::from(draft.days).saturating_mul(24));
        let ends = hours.and_then(|hours| now.checked_add(hours)).unwrap_or(now);
        let wrong = wrong.into_inner();
        let (Some(name), true) = (name, wrong.is_empty()) else { return Err(wrong) };
        let mut hex = String::with_capacity(64);
        for byte in secret {
            // Writing to a text cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        let key = Self {
            id,
            name,
            tenant,
            roles: draft.roles,
            scopes: draft.scopes,
            digest: Digest::of_bytes(hex.as_bytes()),
            made_by,
            created_at: now,
            expires_at: ends,
            revoked_at: None,
        };
        let text = format!("{PREFIX}{}_{hex}", id.0.simple());
        Ok((key, Secret::new(text)))
    }

    /// Whether a secret is this key's. Takes as long whatever is wrong with it.
    pub fn has_secret(&self, secret: &str) -> bool {
        let shown = Digest::of_bytes(secret.as_bytes());
        let differences = self.digest.as_bytes().iter().zip(shown.as_bytes());
        differences.fold(0_u8, |all, (one, other)| all | (one ^ other)) == 0
    }

    /// Who shows it.
    pub fn token(&self) -> VerifiedToken {
        VerifiedToken {
            identity: Identity {
                subject: format!("{SUBJECT}{}", self.id),
                tenant: self.tenant.clone(),
                email: None,
                display_name: Some(self.name.clone()),
                in_admin_group: None,
            },
            roles: self.roles.clone(),
            // A key is no member of anything.
            groups: Groups::default(),
            expires_at: self.expires_at,
            bounds: None,
            assertion: None,
        }
    }
}

/// Whether a caller showed a key, by their subject.
pub fn is_key(subject: &str) -> bool {
    subject.starts_with(SUBJECT)
}

/// The id and the secret in a key's text; `None` for what is no key.
pub fn parse(text: &str) -> Option<(ApiKeyId, &str)> {
    let (id, secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
    let is_secret = secret.len() == 64 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_secret && id.len() == 32)
        .then(|| Uuid::try_parse(id).ok())?
        .map(|id| (ApiKeyId(id), secret))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn draft() -> ApiKeyDraft {
        ApiKeyDraft {
            name: "the nightly job".into(),
            roles: vec![Role::ServerOwner],
            scopes: vec![KeyScope::Mcp],
            days: 30,
        }
    }

    fn make(draft: ApiKeyDraft) -> Result<(ApiKey, Secret), Vec<Violation>> {
        let (id, maker) = (ApiKeyId(Uuid::from_u128(7)), UserId(Uuid::from_u128(8)));
        ApiKey::make(draft, (id, &[0xab; 32]), (maker, None), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_key_is_known_by_its_text_and_by_no_other() {
        let (key, text) = make(draft()).unwrap();
        let (id, secret) = parse(text.expose()).unwrap();
        assert_eq!(id, key.id);
        assert!(key.has_secret(secret));
        for other in ["", "x", &secret.to_uppercase(), &secret.replace("ab", "ac"), &secret[1..]] {
            assert!(!key.has_secret(other), "{other}");
        }
        assert_eq!(key.expires_at, Timestamp::from_second(30 * 24 * 3600).unwrap());
        let token = key.token();
        assert!(
            is_key(&token.identity.subject) && token.identity.subject.ends_with(&id.to_string())
        );
    }

    #[test]
    fn whatever_breaks_a_rule_is_named() {
        let wrong = make(ApiKeyDraft { name: " ".into(), scopes: vec![], days: 366, ..draft() });
        let fields: Vec<String> = wrong.unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(fields.len(), 3, "{fields:?}");
        assert!(make(ApiKeyDraft { days: 0, ..draft() }).is_err());
    }

    proptest! {
        #[test]
        fn no_text_is_more_than_no_key(text in ".{0,120}", tail in "[0-9a-f_]{0,120}") {
            let _ = parse(&text);
            let _ = parse(&format!("{PREFIX}{tail}"));
        }
    }
}
