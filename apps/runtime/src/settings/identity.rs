//! Who is who: Microsoft Entra ID, or the development issuer.

use std::time::Duration;

use super::{Reader, Stage};

const ALLOWED_TENANTS: &[&str] = &["MREG_AZURE_ALLOWED_TENANTS"];

/// Settings of identity.
#[derive(Debug, Clone)]
pub struct IdentitySettings {
    /// Entra ID; `None`: the development issuer, in development only.
    pub entra: Option<EntraSettings>,
    /// The group whose members are administrators.
    pub admin_group: Option<String>,
    /// How far another machine's clock may be off.
    pub clock_skew: Duration,
}

/// Settings of Entra ID.
#[derive(Debug, Clone)]
pub struct EntraSettings {
    /// Where people sign in: a tenant, or `organizations` for several.
    pub tenant: String,
    /// The tenants whose tokens are accepted.
    pub accepted_tenants: Vec<String>,
    /// The application: tokens for it (`{id}` and `api://{id}`) are accepted.
    pub client: String,
    /// Where Entra is; another host for sovereign clouds.
    pub authority: String,
    /// Where Microsoft Graph is.
    pub graph: String,
    /// The application's secret; `None`: nobody signs in here, tokens come from elsewhere.
    pub client_secret: Option<secrecy::SecretString>,
}

impl IdentitySettings {
    pub(super) fn read(reader: &mut Reader<'_>, stage: Stage) -> Self {
        let tenant = reader.text(&["MREG_AZURE_TENANT_ID", "AZURE_TENANT_ID"]);
        let client = reader.text(&["MREG_AZURE_CLIENT_ID", "AZURE_CLIENT_ID"]);
        let client_secret = reader.secret(&["MREG_AZURE_CLIENT_SECRET", "AZURE_CLIENT_SECRET"]);
        let listed = listed_tenants(reader);
        let authority = reader
            .base_url(&["MREG_AZURE_AUTHORITY_HOST"])
            .unwrap_or_else(|| "https://login.microsoftonline.com".to_owned());
        let graph = reader
            .base_url(&["MREG_AZURE_GRAPH_HOST"])
            .unwrap_or_else(|| "https://graph.microsoft.com".to_owned());
        let entra = match (tenant, client) {
            (Some(tenant), Some(client)) => {
                let accepted_tenants = accepted_tenants(reader, &tenant, listed);
                Some(EntraSettings {
                    tenant,
                    accepted_tenants,
                    client,
                    authority,
                    graph,
                    client_secret,
                })
            }
            (None, None) => {
                if stage != Stage::Development {
                    for name in ["AZURE_TENANT_ID", "AZURE_CLIENT_ID"] {
                        reader.problem(name, format!("is required in {stage}: the development issuer is for development only"));
                    }
                }
                None
            }
            (tenant, _) => {
                let missing = if tenant.is_none() { "AZURE_TENANT_ID" } else { "AZURE_CLIENT_ID" };
                reader.problem(
                    missing,
                    "is required when the other one of AZURE_TENANT_ID and AZURE_CLIENT_ID is set",
                );
                None
            }
        };
        Self {
            entra,
            admin_group: reader.text(&["MREG_ENTRA_ADMIN_GROUP_ID", "ENTRA_ADMIN_GROUP_ID"]),
            clock_skew: Duration::from_secs(reader.number(&["MREG_CLOCK_SKEW_SECONDS"], 30, 0, 60)),
        }
    }
}

fn listed_tenants(reader: &mut Reader<'_>) -> Option<Vec<String>> {
    reader.optional(ALLOWED_TENANTS, "ids of tenants, separated by commas", |text| {
        let ids: Vec<String> = text.split(',').map(|id| id.trim().to_owned()).collect();
        ids.iter().all(|id| !id.is_empty()).then_some(ids)
    })
}

/// The tenant itself, or those on the list where people of several sign in: never all there are.
fn accepted_tenants(
    reader: &mut Reader<'_>,
    tenant: &str,
    listed: Option<Vec<String>>,
) -> Vec<String> {
    let is_one = !matches!(tenant, "organizations" | "common" | "consumers");
    match listed {
        None if is_one => vec![tenant.to_owned()],
        Some(listed) => listed,
        None => {
            if reader.set_by(ALLOWED_TENANTS).is_none() {
                let rule = format!(
                    "is required where AZURE_TENANT_ID is {tenant}: whose people may sign in"
                );
                reader.problem("MREG_AZURE_ALLOWED_TENANTS", rule);
            }
            Vec::new()
        }
    }
}
