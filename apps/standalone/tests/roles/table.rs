//! Operation × role: what is promised.

use crate::scene::{Mode, Who};

/// Which port an operation is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Port {
    Api,
    Gateway,
}

/// What a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    Nothing,
    Draft,
    Decision,
    Document,
    Link,
    Server,
    /// Several servers that are new.
    Servers,
    /// The server that stands in the path of other rows, among several.
    Replacements,
    ImportFile,
    Health,
    DriftSeen,
    Rules,
    Credential,
    Collection,
    Key,
    Claims,
    /// An MCP message.
    Message,
    /// One in the proxy's envelope.
    Wrapped,
    /// The handshake of a WebSocket.
    Socket,
}

/// What must be there before a request: made anew for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Before {
    /// A registration that awaits its decision.
    Pending,
    Rejected,
    Approved,
}

/// One operation. Each of `open`, `protected` and `read_only` has a letter for a stranger, a user, a
/// `server_owner`, a `server_owner` of another tenant, and an administrator, in this order:
///
/// | letter | answer |
/// |---|---|
/// | `+` | what `well` says |
/// | `1` | 401: sign in |
/// | `3` | 403: you may not |
/// | `4` | 404: there is no such thing, as far as you know |
#[derive(Debug)]
pub struct Row {
    pub port: Port,
    method: &'static str,
    pub path: &'static str,
    open: &'static str,
    protected: &'static str,
    read_only: &'static str,
    well: &'static [u16],
    pub body: Body,
    pub before: Before,
}

impl Row {
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub fn method(&self) -> http::Method {
        self.method.parse().unwrap()
    }

    /// Everybody with the statuses that they are promised.
    pub fn expected(&self, mode: Mode) -> Vec<(Who, &'static [u16])> {
        let letters = match mode {
            Mode::Open => self.open,
            Mode::Protected => self.protected,
            Mode::ReadOnly => self.read_only,
        };
        assert_eq!(letters.len(), Who::ALL.len(), "{}", self.name());
        let promised = |letter| match letter {
            '+' => self.well,
            '1' => &[401],
            '3' => &[403],
            '4' => &[404],
            other => panic!("{}: no promise is spelled {other}", self.name()),
        };
        Who::ALL.into_iter().zip(letters.chars().map(promised)).collect()
    }

    const fn sends(self, body: Body) -> Self {
        Self { body, ..self }
    }

    const fn answers(self, well: &'static [u16]) -> Self {
        Self { well, ..self }
    }

    const fn on(self, before: Before) -> Self {
        Self { before, ..self }
    }

    const fn at_gateway(self) -> Self {
        Self { port: Port::Gateway, ..self }
    }
}

/// The same in all modes.
const fn always(method: &'static str, path: &'static str, letters: &'static str) -> Row {
    by_mode(method, path, [letters, letters, letters])
}

const fn by_mode(
    method: &'static str,
    path: &'static str,
    [open, protected, read_only]: [&'static str; 3],
) -> Row {
    Row {
        port: Port::Api,
        method,
        path,
        open,
        protected,
        read_only,
        well: &[200],
        body: Body::Nothing,
        before: Before::Pending,
    }
}

const SERVERS: &str = "/api/v1/servers";
const SERVER: &str = "/api/v1/servers/{server_id}";
const CREDENTIAL: &str = "/api/v1/servers/{server_id}/credential";
const REGISTRATION: &str = "/registrations/{registration_id}";

/// Everybody, signed in or not.
const ANYBODY: &str = "+++++";
/// Whoever is signed in.
const SIGNED_IN: &str = "1++++";
/// Administrators.
const ADMINS: &str = "1333+";
/// Whoever is signed in, of the tenant that it belongs to.
const OWN_TENANT: &str = "1++4+";
/// The submitter (the user) and administrators.
const SUBMITTER: &str = "1+34+";
/// Writing what is new, or many: nobody writes where nothing is written.
const WRITES: [&str; 3] = ["+++++", "13+++", "33333"];
/// Reading one server of a tenant.
const READS_ONE: [&str; 3] = ["+++4+", "4++4+", "4++4+"];
/// Writing over one server of a tenant, or removing it.
const WRITES_ONE: [&str; 3] = ["+++4+", "13+4+", "33333"];
/// Setting what opens one server of a tenant, signed in.
const SETS_CREDENTIAL: [&str; 3] = ["1++4+", "13+4+", "13343"];

/// The table.
pub const ROWS: &[Row] = &[
    always("GET", "/", ANYBODY),
    always("GET", "/health", ANYBODY),
    always("GET", "/ready", ANYBODY),
    always("GET", "/livez", ANYBODY),
    // people
    always("POST", "/users", SIGNED_IN).answers(&[200, 201]),
    always("GET", "/users/me", SIGNED_IN),
    always("GET", "/users/{user_id}", OWN_TENANT),
    // registrations: every signed-in person sees those of their tenant
    always("GET", "/registrations", SIGNED_IN),
    always("POST", "/registrations", SIGNED_IN).sends(Body::Draft).answers(&[201]),
    always("GET", "/registrations/my", SIGNED_IN),
    always("GET", "/registrations/by-url", OWN_TENANT),
    always("GET", REGISTRATION, OWN_TENANT),
    always("PUT", REGISTRATION, SUBMITTER).sends(Body::Draft),
    always("DELETE", REGISTRATION, ADMINS).answers(&[204]),
    always("PATCH", "/registrations/{registration_id}/status", ADMINS).sends(Body::Decision),
    always("POST", "/registrations/{registration_id}/withdraw", SUBMITTER).answers(&[204]),
    always("POST", "/registrations/{registration_id}/propose", SUBMITTER)
        .sends(Body::Draft)
        .on(Before::Approved),
    always("POST", "/registrations/{registration_id}/resubmit", SUBMITTER).on(Before::Rejected),
    // its server is there: listing it again changes nothing
    always("POST", "/registrations/{registration_id}/relist", ADMINS).on(Before::Approved),
    always("GET", "/registrations/{registration_id}/manifest", OWN_TENANT),
    // documents and links of registrations
    always("GET", "/registrations/{registration_id}/documents", OWN_TENANT),
    always("POST", "/registrations/{registration_id}/documents", SUBMITTER)
        .sends(Body::Document)
        .answers(&[201]),
    always("GET", "/registrations/{registration_id}/documents/{document_id}", OWN_TENANT),
    always("DELETE", "/registrations/{registration_id}/documents/{document_id}", SUBMITTER)
        .answers(&[204]),
    always("GET", "/registrations/{registration_id}/links", OWN_TENANT),
    always("POST", "/registrations/{registration_id}/links", SUBMITTER)
        .sends(Body::Link)
        .answers(&[201]),
    always("DELETE", "/registrations/{registration_id}/links/{link_id}", SUBMITTER).answers(&[204]),
    // servers
    always("GET", SERVERS, ANYBODY),
    by_mode("POST", SERVERS, WRITES).sends(Body::Server).answers(&[201]),
    by_mode("POST", "/api/v1/servers/bulk", WRITES).sends(Body::Servers),
    // an item of another tenant is told in the report
    by_mode("PUT", "/api/v1/servers/bulk", WRITES).sends(Body::Replacements).answers(&[200, 207]),
    by_mode("POST", "/api/v1/servers/import", WRITES).sends(Body::ImportFile),
    by_mode("GET", SERVER, READS_ONE),
    by_mode("PUT", SERVER, WRITES_ONE).sends(Body::Server),
    by_mode("PATCH", SERVER, ["1++4+", "13+4+", "13333"]).sends(Body::Health),
    by_mode("DELETE", SERVER, WRITES_ONE).answers(&[204]),
    always("GET", "/api/v1/servers/{server_id}/drift", ADMINS),
    // nothing differs
    always("POST", "/api/v1/servers/{server_id}/drift/accept", ADMINS)
        .sends(Body::DriftSeen)
        .answers(&[409]),
    always("POST", "/api/v1/servers/{server_id}/drift/refuse", ADMINS)
        .sends(Body::DriftSeen)
        .answers(&[409]),
    always("GET", "/api/v1/servers/{server_id}/tool-rules", ADMINS),
    always("PUT", "/api/v1/servers/{server_id}/tool-rules", ADMINS).sends(Body::Rules),
    // what opens a server: for who may write over it, and administrators see that it is there
    by_mode("GET", CREDENTIAL, ["1++4+", "13+4+", "1334+"]),
    by_mode("PUT", CREDENTIAL, SETS_CREDENTIAL).sends(Body::Credential),
    by_mode("DELETE", CREDENTIAL, SETS_CREDENTIAL).answers(&[204]),
    always("GET", "/api/v1/discovery/tools", ANYBODY),
    always("GET", "/api/v1/discovery/resources", ANYBODY),
    always("GET", "/api/v1/admin/stats", ANYBODY),
    // calls: nobody's is under way
    always("GET", "/api/v1/router/metrics", ANYBODY),
    always("GET", "/api/v1/proxy/active-requests", ANYBODY),
    by_mode("DELETE", "/api/v1/proxy/requests/{request_id}", ["44444", "14444", "14444"]),
    // no server has the tool
    by_mode("POST", "/mcp", [ANYBODY, SIGNED_IN, SIGNED_IN]).sends(Body::Message),
    by_mode("POST", "/mcp/proxy", [ANYBODY, SIGNED_IN, SIGNED_IN])
        .sends(Body::Wrapped)
        .answers(&[404]),
    // named subsets of servers and tools
    always("GET", "/api/v1/collections", ADMINS),
    always("POST", "/api/v1/collections", ADMINS).sends(Body::Collection).answers(&[201]),
    always("GET", "/api/v1/collections/{collection_id}", ADMINS),
    always("PUT", "/api/v1/collections/{collection_id}", ADMINS).sends(Body::Collection),
    always("DELETE", "/api/v1/collections/{collection_id}", ADMINS).answers(&[204]),
    // keys of machines
    always("GET", "/api/v1/api-keys", ADMINS),
    always("POST", "/api/v1/api-keys", ADMINS).sends(Body::Key).answers(&[201]),
    always("DELETE", "/api/v1/api-keys/{key_id}", ADMINS).answers(&[204]),
    // the audit trail, and operations
    always("GET", "/audit-logs", ADMINS),
    always("GET", "/api/v1/audit/operations", ADMINS),
    always("GET", "/api/v1/audit/operations/export", ADMINS),
    // the development issuer
    always("POST", "/dev/token", ANYBODY).sends(Body::Claims),
    always("GET", "/dev/.well-known/openid-configuration", ANYBODY),
    always("GET", "/dev/keys", ANYBODY),
    // live events
    always("GET", "/api/v1/events", ANYBODY),
    always("GET", "/api/v1/events/{topic}", ANYBODY),
    always("POST", "/ws/ticket", SIGNED_IN).answers(&[201]),
    by_mode("GET", "/ws/health/{server_id}", READS_ONE).sends(Body::Socket).answers(&[101]),
    always("GET", "/ws/{topic}", ANYBODY).sends(Body::Socket).answers(&[101]),
    // the gateway
    always("GET", "/", ANYBODY).at_gateway(),
    always("GET", "/health", ANYBODY).at_gateway(),
    always("GET", "/ready", ANYBODY).at_gateway(),
    always("GET", "/livez", ANYBODY).at_gateway(),
    always("POST", "/mcp", SIGNED_IN).sends(Body::Message).at_gateway(),
    always("POST", "/servers/{alias}/mcp", "1++4+").sends(Body::Message).at_gateway(),
    // A plain GET reads no stream of events, and nobody has a session here: who may is told so.
    always("GET", "/mcp", SIGNED_IN).answers(&[405]).at_gateway(),
    always("GET", "/servers/{alias}/mcp", SIGNED_IN).answers(&[405]).at_gateway(),
    always("POST", "/collections/{slug}/mcp", "1++4+").sends(Body::Message).at_gateway(),
    always("GET", "/collections/{slug}/mcp", SIGNED_IN).answers(&[405]).at_gateway(),
    always("DELETE", "/collections/{slug}/mcp", SIGNED_IN).answers(&[400]).at_gateway(),
    always("GET", "/sse", SIGNED_IN).at_gateway(),
    always("GET", "/servers/{alias}/sse", "1++4+").at_gateway(),
    always("POST", "/messages", SIGNED_IN).sends(Body::Message).answers(&[404]).at_gateway(),
    always("POST", "/servers/{alias}/messages", SIGNED_IN)
        .sends(Body::Message)
        .answers(&[404])
        .at_gateway(),
    always("DELETE", "/mcp", SIGNED_IN).answers(&[400]).at_gateway(),
    always("DELETE", "/servers/{alias}/mcp", SIGNED_IN).answers(&[400]).at_gateway(),
    // Where nobody signs in with a browser, as in development, the way there is closed to all.
    always("GET", "/oauth/login", ANYBODY).answers(&[503]).at_gateway(),
    always("GET", "/oauth/callback", ANYBODY).answers(&[422]).at_gateway(),
    always("GET", "/oauth/userinfo", SIGNED_IN).at_gateway(),
    always("POST", "/oauth/logout", ANYBODY).answers(&[503]).at_gateway(),
    always("GET", "/api/v1/events", SIGNED_IN).at_gateway(),
    always("GET", "/api/v1/events/{topic}", SIGNED_IN).at_gateway(),
    always("POST", "/ws/ticket", SIGNED_IN).answers(&[201]).at_gateway(),
    always("GET", "/ws/health/{server_id}", "1++4+")
        .sends(Body::Socket)
        .answers(&[101])
        .at_gateway(),
    always("GET", "/ws/{topic}", SIGNED_IN).sends(Body::Socket).answers(&[101]).at_gateway(),
];
