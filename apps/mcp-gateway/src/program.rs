//! The gateway as a part of a program: the one module here that knows the composition root, so
//! that `mcp-registry` and `mcp-gateway` are wired by the same lines.

use std::io;
use std::sync::Arc;

use registry_http_edge::Edge;
use registry_runtime::{Bound, Half, Running, Runtime};

use crate::{Authorization, Gateway, GatewaySettings, Stores, serve};

/// The gateway on a bound socket.
///
/// # Errors
/// The system's own, when the socket cannot be listened on.
pub fn server(runtime: &Runtime, bound: Bound) -> io::Result<Running> {
    let settings = &runtime.settings;
    let gateway = Gateway {
        exchange: runtime.calls.exchange.clone(),
        edge: Edge {
            settings: runtime.edge_settings(Half::Gateway),
            verifier: runtime.verifier(Half::Gateway),
            sessions: runtime.sessions.clone(),
            administrators: Some(runtime.administrators()),
            limiter: Arc::clone(&runtime.limiter),
            clock: Arc::clone(&runtime.registry.clock),
            ids: Arc::clone(&runtime.registry.ids),
        },
        stores: Stores {
            store: Arc::clone(&runtime.registry.health),
            shared: runtime.registry.shared.clone(),
        },
        live: runtime.live.clone(),
        oauth: runtime.oauth.clone(),
        sign_in: runtime.sign_in.clone(),
        connecting: runtime.connecting.clone(),
        settings: Arc::new(GatewaySettings {
            name: settings.gateway.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            max_body_bytes: settings.gateway.max_body_bytes,
            origins: runtime.origins(),
            authorization: Authorization {
                base: runtime.gateway_url.clone(),
                issuer: runtime.issuer_url(),
            },
        }),
    };
    let door = bound.listener.try_clone()?;
    let server = serve(gateway, vec![bound.listener], runtime.server_settings(Half::Gateway))?;
    Ok(Running { half: bound.half, address: bound.address, door, server })
}
