//! `register-server`: an operator lists a server directly.

use clap::Args;
use registry_domain::Error;
use registry_domain::caller::Actor;
use registry_domain::server::{PinnedManifest, ServerDraft};
use registry_domain::use_cases;

use super::{Failure, print};
use crate::boot;
use crate::settings::Settings;

#[derive(Args)]
pub(super) struct Arguments {
    /// The server's name
    name: String,
    /// The address of its MCP endpoint
    endpoint_url: String,
    /// Its alias in addresses and tool prefixes; made from the name if absent
    #[arg(long)]
    alias: Option<String>,
    /// The tenant that it belongs to; everybody's if absent
    #[arg(long)]
    tenant: Option<String>,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
}

pub(super) async fn run(arguments: Arguments, settings: Settings) -> Result<(), Failure> {
    let storage = boot::storage(&settings).await?;
    let draft = ServerDraft {
        name: arguments.name,
        endpoint_url: arguments.endpoint_url,
        alias: arguments.alias,
        tenant_id: arguments.tenant,
        description: arguments.description,
        ..ServerDraft::default()
    };
    let listed = use_cases::register_server(&storage.ports, Actor::Operator, draft).await;
    storage.finish().await;
    match listed {
        Ok(listed) => {
            let server = listed.server;
            let manifest = match &server.manifest {
                PinnedManifest::Pinned { manifest, .. } => {
                    format!("{} definitions pinned", manifest.definitions().len())
                }
                PinnedManifest::Awaited => {
                    "nothing could be read from it yet; the first manifest seen will be pinned"
                        .to_owned()
                }
            };
            print(&format!("{} listed as {} ({manifest})", server.name, server.alias))?;
            Ok(())
        }
        Err(Error::Invalid(violations)) => {
            let lines: Vec<String> = violations.iter().map(ToString::to_string).collect();
            Err(Failure::Usage(format!("register-server: {}", lines.join("; "))))
        }
        Err(error) => Err(error.into()),
    }
}
