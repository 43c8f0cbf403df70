//! The public API: where it listens, and who may call it from a browser.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::http::header::{self, HeaderName};
use registry_http_edge::client_address::TrustedProxy;

use super::{Reader, Stage};

const API_KEY_HEADER: &str = "X-API-Key";
const CORS_ORIGINS: &[&str] = &["MREG_SECURITY_CORS_ORIGINS", "CORS_ORIGINS"];

/// Settings of the public API.
#[derive(Debug, Clone)]
pub struct ServiceSettings {
    /// The address to listen on.
    pub host: IpAddr,
    /// The port; 0 lets the system choose.
    pub port: u16,
    /// How many worker threads each server has.
    pub workers: usize,
    /// How many seconds requests in flight have to complete when the process ends.
    pub shutdown_timeout_s: u64,
    /// How long the process still answers after it was told to stop, as not ready.
    pub drain: Duration,
    /// The origins whose pages may call us; `*` for all, then without credentials.
    pub cors_origins: Vec<String>,
    /// Whether answers carry security headers.
    pub security_headers: bool,
    /// The header that API keys come in.
    pub api_key_header: HeaderName,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<TrustedProxy>,
}

impl ServiceSettings {
    pub(super) fn read(reader: &mut Reader<'_>, stage: Stage, development_issuer: bool) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from).min(256);
        let host = host(reader, &["MREG_SERVICE_HOST"], development_issuer);
        let cors_origins = reader
            .parsed(
                CORS_ORIGINS,
                "http://localhost:5173,http://localhost:3000",
                "origins such as https://app.example.com, separated by commas, or *",
                origins,
            )
            .unwrap_or_default();
        if stage != Stage::Development && cors_origins.iter().any(|origin| origin == "*") {
            let name = reader.set_by(CORS_ORIGINS).unwrap_or_default();
            reader
                .problem(&name, format!("must name its origins in {stage}; * is for development"));
        }
        Self {
            host,
            port: reader.number(&["MREG_SERVICE_PORT", "PORT", "WEBSITES_PORT"], 8000, 0, u16::MAX),
            workers: reader.number(&["MREG_SERVICE_WORKERS"], cores, 1, 256),
            shutdown_timeout_s: reader.number(&["MREG_SHUTDOWN_TIMEOUT"], 30, 1, 3600),
            drain: Duration::from_secs(reader.number(
                &["MREG_SHUTDOWN_DRAIN"],
                if stage == Stage::Development { 0 } else { 5 },
                0,
                3600,
            )),
            cors_origins,
            trusted_proxies: reader
                .optional(
                    &["MREG_TRUSTED_PROXIES"],
                    "addresses or networks such as 10.0.0.0/8, separated by commas",
                    |text| text.split(',').map(TrustedProxy::parse).collect(),
                )
                .unwrap_or_default(),
            security_headers: reader.flag(&["MREG_SECURITY_ENABLE_SECURITY_HEADERS"], true),
            api_key_header: reader
                .parsed(
                    &["MREG_SECURITY_API_KEY_HEADER"],
                    API_KEY_HEADER,
                    "a header's name",
                    |text| text.parse().ok().filter(|name| *name != header::AUTHORIZATION),
                )
                .unwrap_or(HeaderName::from_static("x-api-key")),
        }
    }
}

/// The address to listen on. While anybody can ask the development issuer for a token, nobody but
/// this machine may be able to ask.
pub(super) fn host(
    reader: &mut Reader<'_>,
    names: &[&'static str],
    development_issuer: bool,
) -> IpAddr {
    let default = if development_issuer { "127.0.0.1" } else { "0.0.0.0" };
    let rule = "an IP address such as 127.0.0.1 or 0.0.0.0";
    let host = reader
        .parsed(names, default, rule, |text| match text {
            "localhost" => Some(IpAddr::from([127, 0, 0, 1])),
            text => text.parse().ok(),
        })
        .unwrap_or(IpAddr::from([127, 0, 0, 1]));
    if development_issuer && !host.is_loopback() {
        let name = names.first().copied().unwrap_or_default();
        reader.problem(
            name,
            "must be a loopback address while the development issuer is in use; set AZURE_TENANT_ID and \
             AZURE_CLIENT_ID to listen elsewhere",
        );
    }
    host
}

fn origins(text: &str) -> Option<Vec<String>> {
    let found: Vec<String> = text
        .split(',')
        .map(str::trim)
        .filter(|origin| !origin.is_empty())
        .map(str::to_owned)
        .collect();
    let good = |origin: &String| {
        origin == "*"
            || url::Url::parse(origin).is_ok_and(|url| {
                matches!(url.scheme(), "http" | "https")
                    && url.origin().ascii_serialization() == *origin
            })
    };
    found.iter().all(good).then_some(found)
}
