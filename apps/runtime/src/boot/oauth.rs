//! The gateway as OAuth authorization server: there where people sign in somewhere.

use std::sync::Arc;

use registry_domain::endpoint::EgressPolicy;
use registry_domain::ports::{IdentityProvider, Sealer, TokenVerifier};
use registry_oauth_server::{GatewayVerifier, OAuthPorts, OAuthServer, OAuthSettings};
use registry_upstream::HttpDocuments;

use super::{BootError, Shared, Storage, upstream_settings};
use crate::identity;
use crate::settings::Settings;

/// Opens the server, where the settings do not switch it off.
///
/// # Errors
/// [`BootError`] when its keys cannot be had.
pub(super) async fn start(
    settings: &Settings,
    open: &Storage,
    shared: &Shared,
    sealer: Arc<dyn Sealer>,
    provider: Arc<dyn IdentityProvider>,
    gateway_url: &str,
) -> Result<Option<Arc<OAuthServer>>, BootError> {
    if !settings.oauth.enabled {
        return Ok(None);
    }
    let egress = settings.registry.policy.egress;
    let issuer = settings.oauth.assertion_issuer.as_deref();
    let assertions =
        issuer.map(|issuer| identity::assertions(settings, issuer, Arc::clone(&open.ports.clock)));
    let ports = OAuthPorts {
        store: open.oauth(),
        sessions: Arc::clone(&shared.sessions),
        sealer,
        provider,
        documents: Arc::new(HttpDocuments::new(upstream_settings(settings))),
        assertions: assertions.transpose()?,
        leases: Arc::clone(&shared.leases),
        clock: Arc::clone(&open.ports.clock),
        ids: Arc::clone(&open.ports.ids),
    };
    let wanted = OAuthSettings {
        scope_prefix: settings
            .identity
            .entra
            .as_ref()
            .map(|entra| format!("api://{}/", entra.client)),
        max_clients: settings.oauth.max_clients,
        registration: settings.oauth.registration,
        local_documents: egress == EgressPolicy::Development,
        preregistered: settings.oauth.preregistered.clone(),
        access_ttl: settings.oauth.access_ttl,
        refresh_ttl: settings.oauth.refresh_ttl,
        key_period: settings.oauth.key_period,
        ..OAuthSettings::new(gateway_url)
    };
    let server = OAuthServer::open(wanted, ports)
        .await
        .map_err(|error| BootError::part("the authorization server cannot be opened", error))?;
    Ok(Some(Arc::new(server)))
}

/// Who judges tokens on the gateway: its own, where it makes any, and those of the identity provider.
pub(super) fn verifier(
    server: Option<&Arc<OAuthServer>>,
    others: &Arc<dyn TokenVerifier>,
) -> Arc<dyn TokenVerifier> {
    match server {
        Some(server) => Arc::new(GatewayVerifier::new(Arc::clone(server), Arc::clone(others))),
        None => Arc::clone(others),
    }
}
