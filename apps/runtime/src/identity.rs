//! Who judges tokens: Entra ID's keys, or the development issuer's.

use std::sync::Arc;
use std::time::Duration;

use registry_domain::ports::{Clock, IdentityAssertions, IdentityProvider, Secret, TokenVerifier};
use registry_entra::{
    AssertionReader, DevelopmentIssuer, DevelopmentKey, EntraProvider, FetchError, GraphGroups,
    GroupSettings, HttpJwks, IssuerRules, JwksAddress, JwksSettings, JwtVerifier, KeySource,
    LocalKeys, ProviderSettings, VerifierSettings,
};

use secrecy::ExposeSecret as _;
use tokio::runtime::Handle;
use url::Url;

use crate::boot::BootError;
use crate::settings::{EntraSettings, Settings};

/// What tokens of the development issuer are meant for.
const DEVELOPMENT_AUDIENCE: &str = "mcp-registry-development";

/// How long an exchange with the identity provider may take.
const PROVIDER_WITHIN: Duration = Duration::from_secs(10);

/// For how long Graph's word on somebody's groups is believed, and how long it is left alone about
/// them after it failed.
const GROUPS_FOR: Duration = Duration::from_mins(5);
const GROUPS_PAUSE: Duration = Duration::from_secs(10);

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

fn accepted(
    settings: &Settings,
    issuers: IssuerRules,
    audiences: impl IntoIterator<Item = String>,
) -> VerifierSettings {
    VerifierSettings {
        admin_group: settings.identity.admin_group.clone(),
        leeway: settings.identity.clock_skew,
        ..VerifierSettings::new(issuers, audiences)
    }
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
    let issuers = IssuerRules::entra(&entra.authority, &entra.accepted_tenants);
    let keys: Arc<dyn KeySource> = Arc::new(keys);
    let accepting = |audiences: Vec<String>| {
        let accepted = accepted(settings, issuers.clone(), audiences);
        JwtVerifier::new(accepted, Arc::clone(&keys), Arc::clone(&clock))
    };
    let (tokens, id_tokens) = (accepting(audiences.into()), accepting(vec![entra.client.clone()]));
    let Some(secret) = &entra.client_secret else {
        return Ok(Identity { verifier: Arc::new(tokens), development: None, provider: None });
    };
    let secret = Secret::new(secret.expose_secret().to_owned());
    let groups = GraphGroups::new(group_settings(entra, secret.clone()), Arc::clone(&clock));
    let groups = Arc::new(groups.map_err(uncallable)?);
    let id_tokens = id_tokens.with_groups(Arc::clone(&groups));
    let provider = EntraProvider::new(provider_settings(settings, entra, secret), id_tokens, clock)
        .map_err(uncallable)?;
    Ok(Identity {
        verifier: Arc::new(tokens.with_groups(groups).keeping_assertions()),
        development: None,
        provider: Some(Arc::new(provider)),
    })
}

/// Who reads an identity provider's assertions that clients may act for people.
///
/// # Errors
/// [`BootError`] when the provider's keys cannot be asked for.
pub(crate) fn assertions(
    settings: &Settings,
    issuer: &str,
    clock: Arc<dyn Clock>,
) -> Result<Arc<dyn IdentityAssertions>, BootError> {
    let below = issuer.trim_end_matches('/');
    let discovery = format!("{below}/.well-known/openid-configuration");
    let discovery = Url::parse(&discovery)
        .map_err(|error| BootError::part("MREG_OAUTH_ID_JAG_ISSUER makes no address", error))?;
    let keys = JwksSettings::new(JwksAddress::Discovery(discovery));
    let keys = HttpJwks::new(keys, Arc::clone(&clock), Handle::current()).map_err(uncallable)?;
    let audiences: [String; 0] = [];
    let accepted = accepted(settings, IssuerRules::exactly(issuer), audiences);
    Ok(Arc::new(AssertionReader::new(accepted, Arc::new(keys), clock)))
}

fn uncallable(error: FetchError) -> BootError {
    BootError::part("the identity provider cannot be called", error)
}

fn provider_settings(
    settings: &Settings,
    entra: &EntraSettings,
    client_secret: Secret,
) -> ProviderSettings {
    let scopes = settings.sign_in.scopes.iter();
    ProviderSettings {
        authority: entra.authority.clone(),
        tenant: entra.tenant.clone(),
        client_id: entra.client.clone(),
        client_secret,
        scopes: scopes.map(|scope| scope.replace("{client}", &entra.client)).collect(),
        timeout: PROVIDER_WITHIN,
    }
}

fn group_settings(entra: &EntraSettings, client_secret: Secret) -> GroupSettings {
    GroupSettings {
        authority: entra.authority.clone(),
        graph: entra.graph.clone(),
        client_id: entra.client.clone(),
        client_secret,
        max_age: GROUPS_FOR,
        pause: GROUPS_PAUSE,
        timeout: PROVIDER_WITHIN,
    }
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
    let accepted =
        VerifierSettings { leeway: Duration::ZERO, ..accepted(settings, issuers, audiences) };
    let verifier = Arc::new(JwtVerifier::new(accepted, keys, clock));
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
