//! Who judges tokens: Entra ID's keys, or the development issuer's.

use std::sync::Arc;
use std::time::Duration;

use registry_domain::ports::{Clock, IdentityProvider, Secret, TokenVerifier};
use registry_entra::{
    DevelopmentIssuer, DevelopmentKey, EntraProvider, HttpJwks, IssuerRules, JwksSettings,
    JwtVerifier, KeySource, LocalKeys, ProviderSettings, VerifierSettings,
};

use secrecy::ExposeSecret as _;
use tokio::runtime::Handle;

use crate::boot::BootError;
use crate::settings::{EntraSettings, Settings};

/// What tokens of the development issuer are meant for.
const DEVELOPMENT_AUDIENCE: &str = "mcp-registry-development";

/// Who judges tokens, and who makes them in development.
pub(crate) struct Identity {
    pub(crate) verifier: Arc<dyn TokenVerifier>,
    pub(crate) development: Option<Arc<DevelopmentIssuer>>,
    pub(crate) provider: Option<Arc<dyn IdentityProvider>>,
}

/// Starts token verification.
///
/// # Errors
/// [`BootError`] when the development key cannot be used.
pub(crate) fn start(
    settings: &Settings,
    service_url: &str,
    clock: Arc<dyn Clock>,
) -> Result<Identity, BootError> {
    match &settings.identity.entra {
        Some(entra) => of_entra(settings, entra, clock),
        None => of_development(settings, service_url, clock),
    }
}

fn verifier(
    settings: &Settings,
    issuers: IssuerRules,
    audiences: impl IntoIterator<Item = String>,
    leeway: Duration,
    keys: Arc<dyn KeySource>,
    clock: Arc<dyn Clock>,
) -> Arc<dyn TokenVerifier> {
    let accepted = VerifierSettings {
        admin_group: settings.identity.admin_group.clone(),
        leeway,
        ..VerifierSettings::new(issuers, audiences)
    };
    Arc::new(JwtVerifier::new(accepted, keys, clock))
}

fn of_entra(
    settings: &Settings,
    entra: &EntraSettings,
    clock: Arc<dyn Clock>,
) -> Result<Identity, BootError> {
    let jwks = JwksSettings::entra(&entra.authority, &entra.tenant).map_err(|error| {
        BootError::part("AZURE_TENANT_ID or MREG_AZURE_AUTHORITY_HOST makes no address", error)
    })?;
    let keys = HttpJwks::new(jwks, Arc::clone(&clock), Handle::current())
        .map_err(|error| BootError::part("the identity provider cannot be called", error))?;
    let audiences = [entra.client.clone(), format!("api://{}", entra.client)];
    let issuers = IssuerRules::entra(&entra.authority, [&entra.tenant]);
    let skew = settings.identity.clock_skew;
    let keys: Arc<dyn KeySource> = Arc::new(keys);
    let provider = match &entra.client_secret {
        None => None,
        Some(secret) => {
            let wanted = ProviderSettings {
                authority: entra.authority.clone(),
                tenant: entra.tenant.clone(),
                client_id: entra.client.clone(),
                client_secret: Secret::new(secret.expose_secret().to_owned()),
                scopes: ["openid", "profile", "email", "offline_access"]
                    .map(str::to_owned)
                    .into_iter()
                    .chain([format!("api://{}/access_as_user", entra.client)])
                    .collect(),
                timeout: Duration::from_secs(10),
            };
            let accepted = VerifierSettings {
                admin_group: settings.identity.admin_group.clone(),
                leeway: skew,
                ..VerifierSettings::new(issuers.clone(), [entra.client.clone()])
            };
            let id_tokens = JwtVerifier::new(accepted, Arc::clone(&keys), Arc::clone(&clock));
            let provider =
                EntraProvider::new(wanted, id_tokens, Arc::clone(&clock)).map_err(|error| {
                    BootError::part("the identity provider cannot be called", error)
                })?;
            Some(Arc::new(provider) as Arc<dyn IdentityProvider>)
        }
    };
    let verifier = verifier(settings, issuers, audiences, skew, keys, clock);
    Ok(Identity { verifier, development: None, provider })
}

fn of_development(
    settings: &Settings,
    service_url: &str,
    clock: Arc<dyn Clock>,
) -> Result<Identity, BootError> {
    let issuer = development_issuer(settings, service_url, Arc::clone(&clock))?;
    let key = development_key(settings)?;
    let issuers = IssuerRules::exactly(issuer_url(service_url));
    let keys = Arc::new(LocalKeys::new(&key));
    // Issuer and verifier have the same clock, so a token ends when it says.
    let audiences = [DEVELOPMENT_AUDIENCE.to_owned()];
    let verifier = verifier(settings, issuers, audiences, Duration::ZERO, keys, clock);
    Ok(Identity { verifier, development: Some(Arc::new(issuer)), provider: None })
}

/// The development issuer's address.
pub(crate) fn issuer_url(service_url: &str) -> String {
    format!("{service_url}/dev")
}

fn development_key(settings: &Settings) -> Result<DevelopmentKey, BootError> {
    DevelopmentKey::load_or_create(&settings.store.data_dir)
        .map_err(|error| BootError::part("the development issuer's key cannot be used", error))
}

/// The development issuer of a data folder: the program and the `token` command make the same
/// tokens.
///
/// # Errors
/// [`BootError`] when its key cannot be used.
pub(crate) fn development_issuer(
    settings: &Settings,
    service_url: &str,
    clock: Arc<dyn Clock>,
) -> Result<DevelopmentIssuer, BootError> {
    let key = Arc::new(development_key(settings)?);
    Ok(DevelopmentIssuer::new(issuer_url(service_url), DEVELOPMENT_AUDIENCE, key, clock))
}
