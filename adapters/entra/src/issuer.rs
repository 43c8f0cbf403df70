//! Which issuers are accepted.

use registry_domain::ports::RefusalClass;

use crate::claims::Claims;

/// The v1 issuer's host is the same for every authority.
const V1_ISSUER: &str = "https://sts.windows.net";

/// The issuers whose tokens are accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerRules(Rule);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Rule {
    Entra { authority: String, tenants: Vec<String> },
    Exactly(String),
}

impl IssuerRules {
    /// Entra tenants. The expected issuer is built from the token's own `tid` and `ver`, and the
    /// `tid` must be one of `tenants`:
    ///
    /// | `ver` | `iss` |
    /// |---|---|
    /// | `2.0` | `{authority}/{tid}/v2.0` |
    /// | `1.0` | `https://sts.windows.net/{tid}/` |
    ///
    /// `authority` is `https://login.microsoftonline.com` outside of tests and national clouds.
    /// No tenants: no token is accepted.
    pub fn entra(authority: &str, tenants: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self(Rule::Entra {
            authority: authority.trim_end_matches('/').to_owned(),
            tenants: tenants.into_iter().map(|id| id.as_ref().to_ascii_lowercase()).collect(),
        })
    }

    /// One issuer, character by character (RFC 7519 §4.1.1).
    pub fn exactly(issuer: impl Into<String>) -> Self {
        Self(Rule::Exactly(issuer.into()))
    }

    /// Judges `iss`, and for Entra `tid` and `ver` with it.
    pub(crate) fn check(&self, claims: &Claims) -> Result<(), RefusalClass> {
        let issuer = claims.iss.as_deref().ok_or(RefusalClass::MissingClaim)?;
        let accepted = match &self.0 {
            Rule::Exactly(expected) => issuer == expected,
            Rule::Entra { authority, tenants } => {
                let tid = claims.tid.as_deref().ok_or(RefusalClass::MissingClaim)?;
                let ver = claims.ver.as_deref().ok_or(RefusalClass::MissingClaim)?;
                let expected = match ver {
                    "2.0" => format!("{authority}/{tid}/v2.0"),
                    "1.0" => format!("{V1_ISSUER}/{tid}/"),
                    _ => return Err(RefusalClass::WrongIssuer),
                };
                issuer == expected && tenants.iter().any(|tenant| tenant == tid)
            }
        };
        if accepted { Ok(()) } else { Err(RefusalClass::WrongIssuer) }
    }
}
