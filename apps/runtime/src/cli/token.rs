//! `token`: a token of the development issuer, for trying things out.

use std::sync::Arc;

use clap::Args;
use registry_domain::field::{Step, Violation};
use registry_entra::{IssueError, TokenRequest};

use super::{Failure, print};
use crate::boot;
use crate::clock::SystemClock;
use crate::identity;
use crate::settings::Settings;

#[derive(Args)]
pub(super) struct Arguments {
    /// The person's id (`oid`)
    #[arg(long)]
    subject: Option<String>,
    /// Their email address
    #[arg(long)]
    email: Option<String>,
    /// Their display name
    #[arg(long)]
    name: Option<String>,
    /// A role: `admin`, `server_owner` or `user`; may be repeated
    #[arg(long = "role")]
    roles: Vec<String>,
    /// Their tenant (`tid`)
    #[arg(long)]
    tenant: Option<String>,
    /// A group's id; may be repeated
    #[arg(long = "group")]
    groups: Vec<String>,
    /// How long the token lasts, in seconds
    #[arg(long)]
    expires_in: Option<i64>,
}

pub(super) fn run(arguments: Arguments, settings: &Settings) -> Result<(), Failure> {
    if settings.identity.entra.is_some() {
        return Err(Failure::Usage(
            "AZURE_TENANT_ID: is set, so tokens come from Entra ID; the development issuer is off"
                .to_owned(),
        ));
    }
    let several = |values: Vec<String>| (!values.is_empty()).then_some(values);
    let request = TokenRequest {
        subject: arguments.subject,
        email: arguments.email,
        name: arguments.name,
        roles: several(arguments.roles),
        tenant: arguments.tenant,
        groups: several(arguments.groups),
        expires_in: arguments.expires_in,
    };
    let service_url = boot::local_url(settings.service.port);
    let issuer = identity::development_issuer(settings, &service_url, Arc::new(SystemClock))?;
    match issuer.issue(&request) {
        Ok(token) => {
            print(&token.access_token)?;
            Ok(())
        }
        Err(IssueError::Invalid(violations)) => {
            let lines: Vec<String> = violations.iter().map(as_option).collect();
            Err(Failure::Usage(format!("token: {}", lines.join("; "))))
        }
        Err(error) => Err(error.into()),
    }
}

/// A violation with its field named as the option that set it.
fn as_option(wrong: &Violation) -> String {
    let option = match wrong.path.first() {
        Some(Step::Member(name)) => match &**name {
            "roles" => "role".to_owned(),
            "groups" => "group".to_owned(),
            name => name.replace('_', "-"),
        },
        _ => String::new(),
    };
    format!("--{option} {}", wrong.message)
}
