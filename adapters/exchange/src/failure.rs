//! What a client is told when an upstream does not answer as it should.
//!
//! Nothing that the upstream said goes into the text: its words are untrusted.

use registry_domain::manifest::FaultClass;
use registry_domain::ports::UpstreamFailure;

/// A failure of the upstream hop, in words for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HopFailure {
    /// The stable code, of the same vocabulary as the REST API's `error`.
    pub(crate) code: &'static str,
    /// What happened.
    pub(crate) message: String,
    /// What to do about it.
    pub(crate) hint: &'static str,
}

/// The code of a call that was cancelled, or whose client went away.
pub(crate) const CANCELLED: &str = "REQUEST_CANCELLED";

const MAY_HAVE_HAPPENED: &str = "The call may have taken effect. Check before you repeat it.";
const NOTHING_HAPPENED: &str = "The call was not made; try again later, or ask the server's owner.";

impl HopFailure {
    /// The failure of a call to the named server.
    pub(crate) fn of(server: &str, failure: &UpstreamFailure) -> Self {
        let hint_of_outage =
            if failure.request_sent { MAY_HAVE_HAPPENED } else { NOTHING_HAPPENED };
        let (what, hint) = match failure.class {
            FaultClass::Timeout => ("did not answer in time", hint_of_outage),
            FaultClass::Unreachable => ("cannot be reached", hint_of_outage),
            FaultClass::AuthorizationRequired => (
                "asks for credentials that the gateway does not have",
                "Ask the server's owner or an administrator to connect it.",
            ),
            FaultClass::CredentialRefused => (
                "cannot be opened with the credential that is kept for it",
                "If it is opened in your name, sign in again at Entra ID. Else ask the server's owner or an administrator to check the credential and to set it anew.",
            ),
            FaultClass::AddressForbidden => (
                "is at an address that may not be called",
                "Ask an administrator to review the server's address.",
            ),
            FaultClass::TlsFailed => (
                "offers no TLS certificate that we trust",
                "Ask the server's owner to mend its certificate.",
            ),
            FaultClass::ServerError => ("answered with a server error", hint_of_outage),
            FaultClass::NotMcp | FaultClass::WrongTransport | FaultClass::ProtocolViolation => (
                "answered with something that is not MCP over streamable HTTP",
                "Ask the server's owner to check its endpoint.",
            ),
        };
        let code = code_of(failure.class);
        Self { code, message: format!("The MCP server '{server}' {what}."), hint }
    }
}

/// The code of a failure for clients of the proxy: there, a server that is known not to be
/// available is not asked, so one that cannot be reached is a failure of the hop.
pub(crate) fn proxied_code(code: &'static str) -> &'static str {
    if code == "SERVER_UNAVAILABLE" { "PROXY_ERROR" } else { code }
}

/// The stable code of a class of fault.
pub(crate) fn code_of(class: FaultClass) -> &'static str {
    match class {
        FaultClass::Timeout => "TIMEOUT_ERROR",
        FaultClass::Unreachable => "SERVER_UNAVAILABLE",
        FaultClass::CredentialRefused => "UPSTREAM_CREDENTIAL_REFUSED",
        FaultClass::AuthorizationRequired
        | FaultClass::AddressForbidden
        | FaultClass::TlsFailed
        | FaultClass::ServerError
        | FaultClass::NotMcp
        | FaultClass::WrongTransport
        | FaultClass::ProtocolViolation => "PROXY_ERROR",
    }
}
