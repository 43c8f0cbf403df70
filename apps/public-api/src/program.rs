//! The API as a part of a program: the one module here that knows the composition root, so that
//! `mcp-registry` and `public-api` are wired by the same lines.

use std::io;
use std::sync::Arc;

use registry_domain::caller::ApiMode;
use registry_runtime::{Bound, Half, Running, Runtime};

use crate::pages::PageSettings;
use crate::{ProxySettings, PublicApi, PublicApiSettings, serve};

/// The API on a bound socket.
///
/// # Errors
/// The system's own, when the socket cannot be listened on.
pub fn server(runtime: &Runtime, bound: Bound) -> io::Result<Running> {
    let pages = &runtime.settings.pages;
    let api = PublicApi {
        ports: runtime.registry.clone(),
        verifier: runtime.verifier(Half::PublicApi),
        sessions: runtime.sessions.clone(),
        administrators: Some(runtime.administrators()),
        limiter: Arc::clone(&runtime.limiter),
        settings: PublicApiSettings {
            edge: runtime.edge_settings(Half::PublicApi),
            server: runtime.server_settings(Half::PublicApi),
            environment: runtime.settings.stage.as_str().to_owned(),
            gateway_base_url: runtime.gateway_url.clone(),
            proxy: proxy(runtime),
            pages: PageSettings {
                openapi: pages.openapi.clone(),
                docs: pages.docs.clone(),
                redoc: pages.redoc.clone(),
            },
        },
        live: Some(runtime.live.clone()),
        calls: Some(runtime.calls.exchange.clone()),
        spool: Some(Arc::clone(&runtime.calls.spool)),
        development: runtime.development.clone(),
    };
    let door = bound.listener.try_clone()?;
    let server = serve(api, vec![bound.listener])?;
    Ok(Running { half: bound.half, address: bound.address, door, server })
}

fn proxy(runtime: &Runtime) -> ProxySettings {
    let settings = &runtime.settings;
    ProxySettings {
        enabled: settings.proxy.enabled,
        open: settings.registry.policy.api_mode == ApiMode::Open,
        default_timeout: settings.gateway.request_timeout.min(settings.proxy.max_timeout),
        max_timeout: settings.proxy.max_timeout,
        max_body_bytes: settings.gateway.max_body_bytes,
        origins: runtime.origins(),
    }
}
