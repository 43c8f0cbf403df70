//! What may be asked for: OpenID's own scopes, and those of one resource, with its address.

use super::CLIENT;
use super::refusal::Refusal;

const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];
const GRAPH: &str = "https://graph.microsoft.com/";

/// What the application exposes (`api://{client}/…`).
const EXPOSED: [&str; 2] = ["access_as_user", "mcp.tools"];

/// Scopes that were granted.
#[derive(Clone, Debug, Default)]
pub(super) struct Granted {
    pub(super) openid: Vec<String>,
    /// Short names of the application's own.
    pub(super) ours: Vec<String>,
}

impl Granted {
    pub(super) fn has(&self, scope: &str) -> bool {
        self.openid.iter().any(|known| known == scope)
    }

    /// As the answer of the token endpoint tells them.
    pub(super) fn told(&self) -> String {
        let ours = self.ours.iter().map(|scope| format!("api://{CLIENT}/{scope}"));
        let openid = self.openid.iter().filter(|scope| *scope != "offline_access").cloned();
        if self.ours.is_empty() {
            openid.collect::<Vec<_>>().join(" ")
        } else {
            ours.collect::<Vec<_>>().join(" ")
        }
    }

    /// Reads a `scope` parameter.
    pub(super) fn parse(scope: Option<&String>) -> Result<Self, Refusal> {
        let scope = scope.filter(|scope| !scope.trim().is_empty());
        let scope = scope.ok_or_else(|| Refusal::missing("scope"))?;
        let (mut granted, mut resources) = (Self::default(), Vec::new());
        for one in scope.split_whitespace() {
            if OPENID.contains(&one) {
                granted.openid.push(one.to_owned());
                continue;
            }
            let of_app = one
                .strip_prefix(&format!("api://{CLIENT}/"))
                .or_else(|| one.strip_prefix(&format!("{CLIENT}/")));
            match of_app {
                Some(".default") => granted.ours = EXPOSED.map(str::to_owned).to_vec(),
                Some(short) if EXPOSED.contains(&short) => granted.ours.push(short.to_owned()),
                Some(_) => return Err(no_such(one, CLIENT)),
                None if one.starts_with(GRAPH) || one == "User.Read" => {}
                None if one.contains("://") => {
                    let words = format!("The resource principal of {one} was not found.");
                    return Err(Refusal::new("invalid_resource", 500_011, words));
                }
                None => return Err(no_such(one, "00000003-0000-0000-c000-000000000000")),
            }
            resources.push(of_app.is_some());
        }
        if resources.windows(2).any(|two| two.first() != two.last()) {
            let words = "Provided value for the input parameter scope is not valid because it contains more than one resource.";
            return Err(Refusal::new("invalid_request", 28_000, words));
        }
        Ok(granted)
    }

    /// Entra takes `resource` only where it is the application that owns the scopes.
    pub(super) fn check_resource(&self, resource: Option<&String>) -> Result<(), Refusal> {
        let Some(resource) = resource else { return Ok(()) };
        if !self.ours.is_empty() && *resource == format!("api://{CLIENT}") {
            return Ok(());
        }
        let words = "The resource parameter provided in the request doesn't match with the requested scopes.";
        Err(Refusal::new("invalid_target", 9_010_010, words))
    }
}

fn no_such(scope: &str, resource: &str) -> Refusal {
    let words = format!(
        "The application asked for scope '{scope}' that doesn't exist on the resource '{resource}'."
    );
    Refusal::new("invalid_client", 650_053, words)
}
