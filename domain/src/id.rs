//! Identities as newtypes, parsed at the door: inside the product an id is known to be well formed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::federation::{SEPARATOR, TENANT_MARK};
use crate::field::Violation;

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(out)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::try_parse(text).map(Self)
            }
        }
    };
}

uuid_id!(
    /// Identity of a [`Registration`](crate::registration::Registration).
    RegistrationId
);
uuid_id!(
    /// Identity of a [`Server`](crate::server::Server).
    ServerId
);
uuid_id!(
    /// Identity of a [`User`](crate::user::User).
    UserId
);
uuid_id!(
    /// Identity of a [`RegistryEvent`](crate::event::RegistryEvent); also the audit row's `log_id`.
    EventId
);
uuid_id!(
    /// Identity of an [`Operation`](crate::operation::Operation): a UUIDv7, so that rows sort by time.
    OperationId
);
uuid_id!(
    /// Identity of an [`ApiKey`](crate::api_key::ApiKey).
    ApiKeyId
);
uuid_id!(
    /// Identity of a [`Collection`](crate::collection::Collection).
    CollectionId
);
uuid_id!(
    /// Identity of a [`Chain`](crate::chain::Chain) of records.
    ChainId
);
uuid_id!(
    /// Identity of a [`Document`](crate::document::Document).
    DocumentId
);
uuid_id!(
    /// Identity of a [`Link`](crate::link::Link).
    LinkId
);

/// How often an aggregate has been written; a write names the revision that it read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Revision(pub i64);

impl Revision {
    /// The revision of an aggregate that has just been made.
    pub const FIRST: Self = Self(1);

    /// The revision after one more write.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A tenant: the `tid` of an Entra token, or a name of at most 100 characters without `~` and `__`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TenantId(String);

impl TenantId {
    /// Accepts 1 to 100 printable characters without `~` and `__`: these part a tenant from what
    /// follows it in a [federated name](crate::federation), which must come apart in one way only.
    ///
    /// # Errors
    /// A [`Violation`] on `tenant_id` that states the rule.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let name = crate::field::printable("tenant_id", text, 1, 100)?;
        if name.contains(TENANT_MARK) || name.contains(SEPARATOR) {
            return Err(Violation::at(
                "tenant_id",
                "string_pattern_mismatch",
                format!("must not contain {TENANT_MARK} or {SEPARATOR}"),
            ));
        }
        Ok(Self(name))
    }

    /// The tenant as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A server's short stable name in addresses and tool prefixes: `[a-z0-9][a-z0-9-]{0,23}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Alias(String);

impl Alias {
    /// The longest alias, in characters.
    pub const MAX_CHARS: usize = 24;

    /// Accepts `[a-z0-9][a-z0-9-]{0,23}`.
    ///
    /// # Errors
    /// A [`Violation`] on `alias` that states the rule.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let well_formed = !text.is_empty()
            && text.len() <= Self::MAX_CHARS
            && !text.starts_with('-')
            && text.chars().all(allowed);
        if well_formed {
            Ok(Self(text.to_owned()))
        } else {
            Err(Violation::at(
                "alias",
                "string_pattern_mismatch",
                "must match [a-z0-9][a-z0-9-]{0,23}",
            ))
        }
    }

    /// Makes an alias from a display name: lower case, everything else becomes a single `-`.
    pub fn from_name(name: &str) -> Self {
        let mut made = String::new();
        for c in name.to_lowercase().chars() {
            if c.is_ascii_alphanumeric() {
                made.push(c);
            } else if !made.is_empty() && !made.ends_with('-') {
                made.push('-');
            }
            if made.len() == Self::MAX_CHARS {
                break;
            }
        }
        let made = made.trim_end_matches('-');
        Self(if made.is_empty() { "server".to_owned() } else { made.to_owned() })
    }

    /// The same alias with a numbered ending, shortened to fit: `files`, `files-2`, `files-3`.
    #[must_use]
    pub fn numbered(&self, number: u32) -> Self {
        let ending = format!("-{number}");
        let room = Self::MAX_CHARS.saturating_sub(ending.len());
        let stem: String = self.0.chars().take(room).collect();
        Self(format!("{}{ending}", stem.trim_end_matches('-')))
    }

    /// The alias as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Alias {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_alias_is_lower_case_letters_digits_and_dashes() {
        for good in ["a", "7zip", "weather-eu", "abcdefghijklmnopqrstuvwx"] {
            assert!(Alias::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "A", "a_b", "a__b", "é", "abcdefghijklmnopqrstuvwxy"] {
            assert!(Alias::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_tenant_has_nothing_in_it_that_parts_a_federated_name() {
        for good in ["72f988bf-86f1-41af-91ab-2d7cd011db47", "Contoso GmbH", "a_b", "_", "a_"] {
            assert_eq!(TenantId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["~", "a~b", "__", "a__b", "a___b"] {
            assert_eq!(TenantId::parse(bad).unwrap_err().rule, "string_pattern_mismatch", "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_name_makes_a_valid_alias(name in ".{0,60}", number in 2_u32..5_000) {
            let made = Alias::from_name(&name);
            prop_assert!(Alias::parse(made.as_str()).is_ok(), "{made}");
            let numbered = made.numbered(number);
            prop_assert!(Alias::parse(numbered.as_str()).is_ok(), "{numbered}");
        }
    }
}
