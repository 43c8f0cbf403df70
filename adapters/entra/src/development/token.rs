//! What the development issuer is asked, and what it answers.

use std::fmt;
use std::time::Duration;

use registry_domain::field::{Step, Violation, Violations, printable};
use registry_domain::id::TenantId;
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};

const MAX_CHARS: usize = 255;
const MAX_ROLES: usize = 50;
const MAX_GROUPS: usize = 200;
const MAX_EXPIRES_IN: i64 = 86_400;

/// The body of `POST /dev/token`. Every member may be absent or null:
///
/// ```json
/// {"subject": "developer", "email": "developer@example.com", "name": "Developer",
///  "roles": ["user"], "tenant": "development", "groups": [], "expires_in": 3600}
/// ```
///
/// is what they are then. An `email` or `name` of `""` leaves the claim out, to try what becomes
/// of people without one. A member of another name is an error, not a wish unheard.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// `sub` and `oid`: 1 to 255 characters.
    pub subject: Option<String>,
    /// `email` and `preferred_username`: at most 255 characters.
    pub email: Option<String>,
    /// `name`: at most 255 characters.
    pub name: Option<String>,
    /// `roles`: at most 50, each of 1 to 255 characters.
    pub roles: Option<Vec<String>>,
    /// `tid`: 1 to 100 characters, without `~` and `__`.
    pub tenant: Option<String>,
    /// `groups`: at most 200, each of 1 to 255 characters.
    pub groups: Option<Vec<String>>,
    /// For how long, in seconds: 1 to 86400.
    pub expires_in: Option<i64>,
}

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// Fields broke their rules; all of them are named.
    #[error("a field breaks its rule")]
    Invalid(Vec<Violation>),
    /// The cryptography failed.
    #[error("the token could not be signed")]
    Signing,
}

/// The answer of `POST /dev/token` (RFC 6749 §5.1):
/// `{"access_token": "…", "token_type": "Bearer", "expires_in": 3600}`.
pub struct IssuedToken {
    /// The token. It is a secret: it is shown to whom it was made for, and in no log.
    pub access_token: String,
    /// For how long it is good.
    pub expires_in: Duration,
}

impl fmt::Debug for IssuedToken {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("IssuedToken")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

impl Serialize for IssuedToken {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut answer = serializer.serialize_struct("IssuedToken", 3)?;
        answer.serialize_field("access_token", &self.access_token)?;
        answer.serialize_field("token_type", "Bearer")?;
        answer.serialize_field("expires_in", &self.expires_in.as_secs())?;
        answer.end()
    }
}

/// A request that keeps the rules, with what it left out.
pub(super) struct Wanted {
    pub(super) subject: String,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) roles: Vec<String>,
    pub(super) tenant: String,
    pub(super) groups: Vec<String>,
    pub(super) expires_in: i64,
}

impl TryFrom<&TokenRequest> for Wanted {
    type Error = IssueError;

    fn try_from(request: &TokenRequest) -> Result<Self, IssueError> {
        let mut broken = Violations::default();
        let mut text = |field, wish: Option<&String>, default, min| {
            let wish = wish.map_or(default, String::as_str);
            broken.take(printable(field, wish, min, MAX_CHARS)).unwrap_or_default()
        };
        let wanted = Self {
            subject: text("subject", request.subject.as_ref(), "developer", 1),
            email: text("email", request.email.as_ref(), "developer@example.com", 0),
            name: text("name", request.name.as_ref(), "Developer", 0),
            roles: list(&mut broken, "roles", request.roles.as_deref(), MAX_ROLES)
                .unwrap_or_else(|| vec!["user".to_owned()]),
            tenant: tenant(&mut broken, request.tenant.as_deref().unwrap_or("development")),
            groups: list(&mut broken, "groups", request.groups.as_deref(), MAX_GROUPS)
                .unwrap_or_default(),
            expires_in: request.expires_in.unwrap_or(3600),
        };
        if !(1..=MAX_EXPIRES_IN).contains(&wanted.expires_in) {
            broken.push(Violation::at(
                "expires_in",
                "number_out_of_range",
                format!("must be 1 to {MAX_EXPIRES_IN} seconds, got {}", wanted.expires_in),
            ));
        }
        if broken.is_empty() { Ok(wanted) } else { Err(IssueError::Invalid(broken.into_inner())) }
    }
}

fn tenant(broken: &mut Violations, wish: &str) -> String {
    // The rule is the domain's; the field's name is ours.
    let parsed = TenantId::parse(wish)
        .map_err(|violation| Violation::at("tenant", violation.rule, violation.message));
    broken.take(parsed).map(|tenant| tenant.to_string()).unwrap_or_default()
}

fn list(
    broken: &mut Violations,
    field: &'static str,
    wish: Option<&[String]>,
    max: usize,
) -> Option<Vec<String>> {
    let wish = wish?;
    if wish.len() > max {
        let message = format!("must have at most {max} items, got {}", wish.len());
        broken.push(Violation::at(field, "too_long", message));
        return None;
    }
    let checked = wish.iter().enumerate().map(|(position, item)| {
        let mut checked = printable(field, item, 1, MAX_CHARS);
        if let Err(violation) = &mut checked {
            violation.path.push(Step::Position(position));
        }
        broken.take(checked)
    });
    Some(checked.map(Option::unwrap_or_default).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wanted(json: serde_json::Value) -> Result<Wanted, Vec<String>> {
        let request: TokenRequest = serde_json::from_value(json).unwrap();
        Wanted::try_from(&request).map_err(|error| match error {
            IssueError::Invalid(broken) => broken.iter().map(ToString::to_string).collect(),
            IssueError::Signing => vec![],
        })
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        let wanted = wanted(json!({"groups": null})).ok().unwrap();
        assert_eq!((wanted.subject.as_str(), wanted.tenant.as_str()), ("developer", "development"));
        assert_eq!(
            (wanted.email.as_str(), wanted.name.as_str()),
            ("developer@example.com", "Developer")
        );
        assert_eq!((wanted.roles, wanted.groups), (vec!["user".to_owned()], vec![]));
        assert_eq!(wanted.expires_in, 3600);
    }

    #[test]
    fn every_broken_field_is_named() {
        let request = json!({
            "subject": " ", "email": "e".repeat(256), "name": "\u{0}", "roles": ["admin", ""],
            "tenant": "t".repeat(101), "groups": vec!["g"; 201], "expires_in": 0,
        });
        let broken = wanted(request).err().unwrap();
        let fields: Vec<_> = broken.iter().map(|line| line.split(' ').next().unwrap()).collect();
        let all = ["subject", "email", "name", "roles[1]", "tenant", "groups", "expires_in"];
        assert_eq!(fields, all, "{broken:?}");
    }

    #[test]
    fn a_tenant_that_no_token_may_name_gets_none() {
        for tenant in ["a~b", "a__b"] {
            let broken = wanted(json!({ "tenant": tenant })).err().unwrap();
            assert_eq!(broken, ["tenant must not contain ~ or __"]);
        }
    }

    #[test]
    fn the_bounds_themselves_are_allowed() {
        for expires_in in [1, MAX_EXPIRES_IN] {
            assert!(wanted(json!({ "expires_in": expires_in })).is_ok());
        }
        for expires_in in [-1, 0, MAX_EXPIRES_IN + 1] {
            assert!(wanted(json!({ "expires_in": expires_in })).is_err());
        }
        assert!(
            wanted(json!({"roles": vec!["r"; 50], "groups": vec!["g"; 200], "email": ""})).is_ok()
        );
        assert!(serde_json::from_value::<TokenRequest>(json!({"role": "admin"})).is_err());
    }

    #[test]
    fn a_token_is_answered_but_not_logged() {
        let token =
            IssuedToken { access_token: "secret".into(), expires_in: Duration::from_secs(9) };
        let answer = json!({"access_token": "secret", "token_type": "Bearer", "expires_in": 9});
        assert_eq!(serde_json::to_value(&token).unwrap(), answer);
        assert!(!format!("{token:?}").contains("secret"));
    }
}
