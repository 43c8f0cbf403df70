//! The cookie that binds a flow to the browser that began it, so that nobody can have another person
//! finish it for them.

use registry_domain::id::TenantId;
use registry_domain::ports::{Purpose, VerifiedToken};
use serde::{Deserialize, Serialize};

use crate::error::OAuthError;
use crate::secrets::{open_text, seal_text, unguessable};
use crate::server::OAuthServer;

const CONTEXT: &str = "oauth-browser";
/// How long a browser is known, in seconds.
const KNOWN_FOR: u32 = 30 * 24 * 3600;
/// The longest cookie that is looked at, in bytes.
const LONGEST: usize = 4096;

/// A browser, and who signed in with it last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Browser {
    pub(crate) id: String,
    pub(crate) person: Option<Person>,
}

/// Who it was. It is not believed, only asked whether a consent could be remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    pub(crate) subject: String,
    pub(crate) tenant: Option<String>,
}

impl Person {
    pub(crate) fn of(token: &VerifiedToken) -> Self {
        Self {
            subject: token.identity.subject.clone(),
            tenant: token.identity.tenant.as_ref().map(|tenant| tenant.as_str().to_owned()),
        }
    }

    pub(crate) fn tenant(&self) -> Option<TenantId> {
        self.tenant.as_deref().and_then(|tenant| TenantId::parse(tenant).ok())
    }
}

impl OAuthServer {
    /// A cookie with this prefix is set by its own host over TLS, and by nobody else.
    const fn cookie_name(is_https: bool) -> &'static str {
        if is_https { "__Host-mcp-oauth" } else { "mcp-oauth" }
    }

    /// The browser that a `Cookie` header names; one that was changed, or set twice, is none.
    pub(crate) fn browser(&self, cookies: Option<&str>) -> Option<Browser> {
        let name = Self::cookie_name(self.settings.is_https());
        let mut found = cookies?
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(named, _)| *named == name)
            .map(|(_, value)| value);
        let value = found.next().filter(|value| value.len() <= LONGEST)?;
        if found.next().is_some() {
            return None;
        }
        open_text(self.ports.sealer.as_ref(), Purpose::Cookie, CONTEXT, value)
    }

    /// The browser that asks, or a new one.
    pub(crate) fn browser_or_new(&self, cookies: Option<&str>) -> Result<Browser, OAuthError> {
        match self.browser(cookies) {
            Some(browser) => Ok(browser),
            None => Ok(Browser { id: unguessable()?, person: None }),
        }
    }

    /// What `Set-Cookie` says.
    pub(crate) fn cookie(&self, browser: &Browser) -> Result<String, OAuthError> {
        let value = seal_text(self.ports.sealer.as_ref(), Purpose::Cookie, CONTEXT, browser)?;
        let is_https = self.settings.is_https();
        let name = Self::cookie_name(is_https);
        let secure = if is_https { "; Secure" } else { "" };
        Ok(format!("{name}={value}; Path=/; Max-Age={KNOWN_FOR}; HttpOnly; SameSite=Lax{secure}"))
    }
}
