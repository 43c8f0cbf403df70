//! The programs of the operator's file are servers: those that it names are listed, those that it
//! names no longer are taken off.
//!
//! Nothing else lists a server of transport `stdio`: whoever could write one over an API could start
//! programs here.

use crate::caller::Actor;
use crate::endpoint::{EndpointUrl, Transport};
use crate::error::Error;
use crate::id::Alias;
use crate::ports::{PortError, RegistryPorts};
use crate::server::{Server, ServerContent};

use super::server_writing::{Reading, listing};

/// What became of the file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProgramsListed {
    /// The programs that are listed from now on.
    pub listed: Vec<Alias>,
    /// Those that are taken off.
    pub removed: Vec<Alias>,
    /// Those that cannot be listed: another server has the name or the alias, or had it lately.
    pub taken: Vec<Alias>,
}

/// Makes the list of servers agree with the operator's file. What a program offers is read before it
/// is listed, and pinned as reviewed: the operator vouches for it.
///
/// # Errors
/// [`Error::Unavailable`]; what was done until then stays done, and the rest can be tried again.
pub async fn list_programs(
    ports: &RegistryPorts,
    programs: &[Alias],
) -> Result<ProgramsListed, Error> {
    let servers = ports.servers.load_routes().await?.servers;
    let there: Vec<&Server> =
        servers.iter().filter(|server| server.transport == Transport::Stdio).collect();
    let mut done = ProgramsListed::default();
    for server in &there {
        if !programs.contains(&server.alias) && remove(ports, server).await? {
            done.removed.push(server.alias.clone());
        }
    }
    for alias in programs {
        if there.iter().any(|server| server.alias == *alias) {
            continue;
        }
        let content = content(alias)?;
        let reading = Reading::of(ports, Actor::Operator, &content, None).await?;
        let (change, _) = listing(ports, Actor::Operator, (content, None), alias.clone(), reading);
        match ports.servers.commit(&change).await {
            Ok(()) => done.listed.push(alias.clone()),
            Err(PortError::AlreadyExists { .. }) => {
                // Another replica may have been faster with the same file.
                let now = ports.servers.load_routes().await?.servers;
                let address = &change.next.endpoint_url;
                if !now.iter().any(|server| server.endpoint_url == *address) {
                    done.taken.push(alias.clone());
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(done)
}

fn content(alias: &Alias) -> Result<ServerContent, Error> {
    let wrong = |violation| Error::Invalid(vec![violation]);
    Ok(ServerContent {
        name: alias.as_str().to_owned(),
        endpoint_url: EndpointUrl::of_program(alias.as_str()).map_err(wrong)?,
        transport: Transport::Stdio,
        version: "1.0.0".to_owned(),
        description: None,
        capabilities: serde_json::Map::new(),
        tags: Vec::new(),
        auto_discover: true,
        tenant: None,
        alias: Some(alias.clone()),
    })
}

/// Whether it was there to be removed. Its alias is free at once: the file may name it again.
async fn remove(ports: &RegistryPorts, server: &Server) -> Result<bool, Error> {
    let removal = server.remove(None, ports.stamp());
    match ports.servers.commit_removal(&removal, ports.clock.now()).await {
        Ok(()) => Ok(true),
        // Somebody wrote or removed it this moment; it has its turn at the next start.
        Err(PortError::Conflict { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
