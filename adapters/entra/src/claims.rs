//! The claims that we read, and what they say about a person.
//!
//! Names and meanings: RFC 7519 §4.1 and Microsoft's access token claims reference. Everything is
//! optional here, because which claims are demanded is the verifier's business.

use jiff::{SignedDuration, Timestamp};
use registry_domain::caller::{Groups, Role};
use registry_domain::id::TenantId;
use registry_domain::user::Identity;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// A token's claims. A member twice, or one of another type, makes the token malformed.
#[derive(Debug, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: Option<String>,
    aud: Option<OneOrMany>,
    pub(crate) exp: Option<NumericDate>,
    pub(crate) nbf: Option<NumericDate>,
    pub(crate) tid: Option<String>,
    pub(crate) ver: Option<String>,
    /// Of ID tokens: what the browser was sent with.
    pub(crate) nonce: Option<String>,
    oid: Option<String>,
    sub: Option<String>,
    email: Option<String>,
    preferred_username: Option<String>,
    upn: Option<String>,
    unique_name: Option<String>,
    name: Option<String>,
    roles: Option<OneOrMany>,
    groups: Option<OneOrMany>,
    /// Where claims that did not fit are to be had (v1 and v2 tokens).
    #[serde(rename = "_claim_names")]
    elsewhere: Option<ClaimNames>,
    /// The same in tokens of the implicit flow.
    hasgroups: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
struct ClaimNames {
    groups: Option<IgnoredAny>,
}

/// A string, or an array of strings: `aud` by RFC 7519 §4.1.3, `roles` by what is seen.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

pub(crate) fn each(claim: Option<&OneOrMany>) -> &[String] {
    match claim {
        None => &[],
        Some(OneOrMany::One(text)) => std::slice::from_ref(text),
        Some(OneOrMany::Many(texts)) => texts,
    }
}

/// Seconds since the epoch, perhaps with a fraction (RFC 7519 §2).
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "serde_json::Number")]
pub(crate) struct NumericDate(pub(crate) Timestamp);

impl TryFrom<serde_json::Number> for NumericDate {
    type Error = jiff::Error;

    fn try_from(seconds: serde_json::Number) -> Result<Self, Self::Error> {
        let since_epoch = match seconds.as_i64() {
            Some(whole) => SignedDuration::from_secs(whole),
            None => SignedDuration::try_from_secs_f64(seconds.as_f64().unwrap_or(f64::NAN))?,
        };
        Timestamp::from_duration(since_epoch).map(Self)
    }
}

impl Claims {
    /// Whether the token is meant for one of `accepted`; `None`: it does not say.
    pub(crate) fn is_for(&self, accepted: &[String]) -> Option<bool> {
        let audiences = each(self.aud.as_ref());
        (!audiences.is_empty()).then(|| audiences.iter().any(|one| accepted.contains(one)))
    }

    /// The roles of ours, each once; what other applications call roles is nobody's.
    pub(crate) fn roles(&self) -> Vec<Role> {
        let mut roles: Vec<Role> =
            each(self.roles.as_ref()).iter().filter_map(|name| Role::parse(name)).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }

    /// The groups that the token names, if it can name all.
    pub(crate) fn groups(&self) -> Groups {
        if self.has_overage() {
            Groups::Unknown
        } else {
            Groups::Known(each(self.groups.as_ref()).to_vec())
        }
    }

    /// Who it is, or `None` where neither `oid` nor `sub` says so, or where `tid` is no tenant to
    /// us: a person whose tenant we cannot tell is not somebody without one.
    pub(crate) fn identity(&self, admin_group: Option<&str>) -> Option<Identity> {
        let tenant = self.tid.as_deref().map(TenantId::parse).transpose().ok()?;
        Some(Identity {
            subject: first_of([&self.oid, &self.sub])?,
            tenant,
            email: first_of([&self.email, &self.preferred_username, &self.upn, &self.unique_name]),
            display_name: first_of([&self.name]),
            in_admin_group: admin_group.and_then(|group| self.is_in(group)),
        })
    }

    /// `None`: the person is in more groups than fit in a token, so nothing can be concluded from
    /// the group's absence.
    fn is_in(&self, group: &str) -> Option<bool> {
        if is_among(group, each(self.groups.as_ref())) {
            return Some(true);
        }
        if self.has_overage() { None } else { Some(false) }
    }

    /// Whether the person is in more groups than fit in a token.
    pub(crate) fn has_overage(&self) -> bool {
        self.hasgroups.is_some()
            || self.elsewhere.as_ref().is_some_and(|names| names.groups.is_some())
    }
}

/// Whether a group is one of these: ids are compared without case.
pub(crate) fn is_among(group: &str, groups: &[String]) -> bool {
    groups.iter().any(|id| id.eq_ignore_ascii_case(group))
}

/// The first claim that is there and says something.
fn first_of<const N: usize>(claims: [&Option<String>; N]) -> Option<String> {
    claims.into_iter().flatten().find(|text| !text.trim().is_empty()).cloned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(json: serde_json::Value) -> Claims {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_first_claim_that_says_something_is_taken() {
        let cases = [
            (json!({"oid": "o", "sub": "s"}), "o", None),
            (json!({"sub": "s", "unique_name": "u"}), "s", Some("u")),
            (json!({"oid": " ", "sub": "s", "upn": "p", "unique_name": "u"}), "s", Some("p")),
            (json!({"sub": "s", "preferred_username": "n", "upn": "p"}), "s", Some("n")),
            (json!({"sub": "s", "email": "e", "preferred_username": "n"}), "s", Some("e")),
            (json!({"sub": "s", "email": "", "preferred_username": "n"}), "s", Some("n")),
        ];
        for (json, subject, email) in cases {
            let identity = claims(json.clone()).identity(None).unwrap();
            assert_eq!(
                (identity.subject.as_str(), identity.email.as_deref()),
                (subject, email),
                "{json}"
            );
        }
        assert!(claims(json!({"email": "e"})).identity(None).is_none());
    }

    #[test]
    fn a_tenant_that_is_none_to_us_is_not_taken_for_no_tenant() {
        let tenant = |json| claims(json).identity(None).map(|identity| identity.tenant);
        assert_eq!(tenant(json!({"sub": "s"})), Some(None));
        assert_eq!(tenant(json!({"sub": "s", "tid": "t"})), Some(TenantId::parse("t").ok()));
        for tid in ["", "a~b", "a__b", "a\u{202e}"] {
            assert_eq!(tenant(json!({"sub": "s", "tid": tid})), None, "{tid}");
        }
    }

    #[test]
    fn roles_are_an_array_or_one_string_and_unknown_ones_are_ignored() {
        let many = claims(json!({"roles": ["user", "Task.Write", "admin", "user"]}));
        assert_eq!(many.roles(), [Role::Admin, Role::User]);
        assert_eq!(claims(json!({"roles": "server_owner"})).roles(), [Role::ServerOwner]);
        assert_eq!(claims(json!({"roles": null})).roles(), []);
    }

    #[test]
    fn membership_is_concluded_only_where_the_token_can_tell() {
        let seen = |json| claims(json).identity(Some("GROUP-1")).unwrap().in_admin_group;
        assert_eq!(seen(json!({"sub": "s", "groups": ["x", "group-1"]})), Some(true));
        assert_eq!(seen(json!({"sub": "s", "groups": ["x"]})), Some(false));
        assert_eq!(seen(json!({"sub": "s"})), Some(false));
        assert_eq!(seen(json!({"sub": "s", "_claim_names": {"groups": "src1"}})), None);
        assert_eq!(seen(json!({"sub": "s", "_claim_names": {"other": "src1"}})), Some(false));
        assert_eq!(seen(json!({"sub": "s", "hasgroups": true})), None);
        let unconfigured = claims(json!({"sub": "s", "groups": ["group-1"]}));
        assert_eq!(unconfigured.identity(None).unwrap().in_admin_group, None);
    }

    #[test]
    fn groups_that_do_not_fit_are_not_known() {
        let groups = |json| claims(json).groups();
        assert_eq!(groups(json!({"sub": "s"})), Groups::default());
        assert_eq!(groups(json!({"groups": ["x"]})), Groups::from(vec!["x".to_owned()]));
        assert_eq!(groups(json!({"_claim_names": {"groups": "src1"}})), Groups::Unknown);
        assert_eq!(groups(json!({"hasgroups": true, "groups": ["x"]})), Groups::Unknown);
    }

    #[test]
    fn times_may_have_a_fraction_but_must_be_times() {
        let exp = |json| serde_json::from_value::<Claims>(json).map(|c| c.exp.map(|at| at.0));
        assert_eq!(exp(json!({"exp": 2})).unwrap(), Timestamp::from_second(2).ok());
        assert_eq!(exp(json!({"exp": 1.5})).unwrap(), Timestamp::from_millisecond(1500).ok());
        for bad in [json!({"exp": "2"}), json!({"exp": u64::MAX}), json!({"exp": 1e300})] {
            assert!(exp(bad.clone()).is_err(), "{bad}");
        }
    }
}
