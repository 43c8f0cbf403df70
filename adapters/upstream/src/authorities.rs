//! The port `AuthorizationServers`: a few bounded questions, through the same guard as every call.
//!
//! What a server and its authorization server say is checked in `authorities/metadata.rs`, and each
//! address once more when it is asked: what lies in a store may have been written under other rules.

mod metadata;
mod tokens;

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use registry_domain::endpoint::EndpointUrl;
use registry_domain::ports::{
    AuthorizationServer, AuthorizationServers, GrantClient, GrantFault, GrantedTokens, MessageHead,
    Secret, TokenWish,
};
use serde_json::json;

use crate::connect::{self, Pool};
use crate::head;
use crate::outgoing::Outgoing;
use crate::settings::UpstreamSettings;
use crate::target::Target;

/// How long one question may take, to the last byte of its answer.
const PATIENCE: Duration = Duration::from_secs(8);
/// How long finding an authorization server may take, with all that is tried.
const SEARCH: Duration = Duration::from_secs(20);
/// How long an answer may be.
const MOST_BYTES: usize = 64 * 1024;
/// What a server is asked that should say where people sign in: it opens no session anywhere.
const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// Speaks with the authorization servers of upstreams.
pub struct HttpAuthorities {
    settings: UpstreamSettings,
    pool: Pool,
    agent: HeaderValue,
}

/// A question.
struct Question<'a> {
    method: Method,
    to: &'a str,
    headers: HeaderMap,
    body: Option<String>,
}

/// What came back, whatever its status.
struct Heard {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl HttpAuthorities {
    /// Makes a client. It keeps no connection: each is asked now and then, by whichever thread
    /// needs it.
    pub fn new(settings: UpstreamSettings) -> Self {
        let settings = UpstreamSettings { pool_max_idle_per_host: 0, ..settings };
        Self { pool: connect::pool(&settings), agent: settings.agent(), settings }
    }

    async fn ask(&self, question: Question<'_>) -> Result<Heard, GrantFault> {
        let asked = tokio::time::timeout(PATIENCE, self.asked(question)).await;
        asked.unwrap_or(Err(GrantFault::Unavailable))
    }

    async fn asked(&self, question: Question<'_>) -> Result<Heard, GrantFault> {
        let endpoint = EndpointUrl::parse(question.to).map_err(|_| GrantFault::Forbidden)?;
        let target =
            Target::of(&endpoint, self.settings.egress).map_err(|_| GrantFault::Forbidden)?;
        let mut headers = head::of_request(&target, &self.agent, None, None);
        headers.extend(question.headers);
        let body =
            question.body.map_or_else(Outgoing::nothing, |body| Outgoing::message(body.into()));
        let mut request = Request::new(body);
        *request.method_mut() = question.method;
        *request.uri_mut() = target.uri.clone();
        *request.headers_mut() = headers;
        let answered = self.pool.request(request).await;
        let response = answered.map_err(|error| fault_of(&error))?;
        let (parts, mut body) = response.into_parts();
        let mut document = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| GrantFault::Unavailable)?;
            let Ok(part) = frame.into_data() else { continue };
            if document.len().saturating_add(part.len()) > MOST_BYTES {
                return Err(GrantFault::Unavailable);
            }
            document.extend_from_slice(&part);
        }
        Ok(Heard { status: parts.status, headers: parts.headers, body: document.freeze() })
    }

    /// A document, where there is one.
    async fn document(&self, at: &str) -> Result<Option<Bytes>, GrantFault> {
        let headers =
            HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        let question = Question { method: Method::GET, to: at, headers, body: None };
        let heard = self.ask(question).await?;
        if heard.status.is_server_error() {
            return Err(GrantFault::Unavailable);
        }
        Ok((heard.status == StatusCode::OK).then_some(heard.body))
    }

    /// Where the server says that its metadata is (RFC 9728 §5.1).
    async fn pointed_at(&self, server: &EndpointUrl) -> Result<Option<String>, GrantFault> {
        let target = Target::of(server, self.settings.egress).map_err(|_| GrantFault::Forbidden)?;
        let headers = head::of_message(&target, &self.agent, MessageHead::default());
        let question = Question {
            method: Method::POST,
            to: server.as_str(),
            headers,
            body: Some(PING.to_owned()),
        };
        // What does not answer may have its metadata all the same.
        let heard = match self.ask(question).await {
            Err(GrantFault::Forbidden) => return Err(GrantFault::Forbidden),
            Err(_) => return Ok(None),
            Ok(heard) => heard,
        };
        Ok((heard.status == StatusCode::UNAUTHORIZED)
            .then(|| metadata::pointer(&heard.headers))
            .flatten())
    }

    async fn search(
        &self,
        server: &EndpointUrl,
        issuer: Option<&str>,
    ) -> Result<AuthorizationServer, GrantFault> {
        let egress = self.settings.egress;
        let server = metadata::over_http(server).ok_or(GrantFault::Forbidden)?;
        let places = match self.pointed_at(&server).await? {
            Some(pointer) => vec![metadata::address(&pointer, egress)?],
            None => metadata::well_known_of_resource(&server),
        };
        let mut resource = None;
        for place in places {
            if let Some(document) = self.document(&place).await? {
                resource = Some(metadata::resource(&document, &server)?);
                break;
            }
        }
        let resource = resource.ok_or(GrantFault::NoAuthority)?;
        let issuer = metadata::chosen(&resource, issuer)?;
        metadata::address(issuer, egress)?;
        for place in metadata::well_known_of_issuer(issuer) {
            if let Some(document) = self.document(&place).await? {
                return metadata::authority(&document, issuer, &resource, egress);
            }
        }
        Err(GrantFault::Metadata("is nowhere to be found (RFC 8414)"))
    }

    /// Posts a form.
    async fn post(
        &self,
        endpoint: &str,
        client: &GrantClient,
        form: Vec<(&str, &str)>,
    ) -> Result<Heard, GrantFault> {
        // A secret, a code or a token goes over TLS alone.
        let to = metadata::address(endpoint, self.settings.egress)?;
        let (body, basic) = tokens::form(client, form);
        let mut headers = HeaderMap::from_iter([
            (ACCEPT, HeaderValue::from_static("application/json")),
            (CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")),
        ]);
        if let Some(basic) = basic {
            headers.insert(AUTHORIZATION, basic);
        }
        self.ask(Question { method: Method::POST, to: &to, headers, body: Some(body) }).await
    }
}

/// Nothing is repeated of what went wrong but whether we may call there.
fn fault_of(error: &hyper_util::client::legacy::Error) -> GrantFault {
    let failure = crate::fault::of_exchange(error, true);
    match failure.class {
        registry_domain::manifest::FaultClass::AddressForbidden => GrantFault::Forbidden,
        _ => GrantFault::Unavailable,
    }
}

#[async_trait]
impl AuthorizationServers for HttpAuthorities {
    async fn discover(
        &self,
        server: &EndpointUrl,
        issuer: Option<&str>,
    ) -> Result<AuthorizationServer, GrantFault> {
        let found = tokio::time::timeout(SEARCH, self.search(server, issuer)).await;
        found.unwrap_or(Err(GrantFault::Unavailable))
    }

    async fn register(
        &self,
        at: &AuthorizationServer,
        name: &str,
        redirect_uri: &str,
    ) -> Result<GrantClient, GrantFault> {
        let endpoint = at.registration_endpoint.as_deref().ok_or(GrantFault::NoClient)?;
        let to = metadata::address(endpoint, self.settings.egress)?;
        let wish = json!({
            "client_name": name,
            "redirect_uris": [redirect_uri],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
            "application_type": "web",
        });
        let json_type = HeaderValue::from_static("application/json");
        let headers =
            HeaderMap::from_iter([(ACCEPT, json_type.clone()), (CONTENT_TYPE, json_type)]);
        let question =
            Question { method: Method::POST, to: &to, headers, body: Some(wish.to_string()) };
        let heard = self.ask(question).await?;
        if heard.status.is_server_error() {
            return Err(GrantFault::Unavailable);
        }
        if !heard.status.is_success() {
            return Err(GrantFault::NoClient);
        }
        tokens::registered(&heard.body, at.posts_secret).ok_or(GrantFault::NoClient)
    }

    async fn tokens(&self, wish: TokenWish<'_>) -> Result<GrantedTokens, GrantFault> {
        let heard = self.post(wish.token_endpoint, wish.client, tokens::asked_with(&wish)).await?;
        if heard.status == StatusCode::OK {
            return tokens::given(&heard.body).ok_or(GrantFault::Unavailable);
        }
        Err(tokens::refusal(heard.status, &heard.body))
    }

    async fn revoke(
        &self,
        endpoint: &str,
        client: &GrantClient,
        token: &Secret,
    ) -> Result<(), GrantFault> {
        let heard = self.post(endpoint, client, vec![("token", token.expose())]).await?;
        if heard.status == StatusCode::OK { Ok(()) } else { Err(GrantFault::Unavailable) }
    }
}

impl fmt::Debug for HttpAuthorities {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("HttpAuthorities").finish_non_exhaustive()
    }
}
