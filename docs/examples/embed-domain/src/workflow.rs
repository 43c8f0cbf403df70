//! The workflow: three submissions, one of which becomes a server that calls are routed to.

use std::error::Error;
use std::io::Write;

use jiff::Timestamp;
use registry_domain::caller::{Caller, Groups, Role};
use registry_domain::federation::ServerRef;
use registry_domain::manifest::DefinitionKind;
use registry_domain::ports::{
    AuditQuery, GatewayPorts, RegistrationView, RegistryPorts, VerifiedToken,
};
use registry_domain::registration::RegistrationDraft;
use registry_domain::use_cases::{
    DecisionCommand, Seen, approve_registration, discover_candidate, find_registration,
    identify_caller, list_audit_log, load_routes, refresh_routes, reject_registration,
    submit_registration, withdraw_registration,
};
use registry_domain::user::Identity;

/// What a step may end with.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// Runs all steps and prints what each came to.
///
/// # Errors
/// The first thing that did not go as it should.
pub(crate) async fn run(
    ports: &RegistryPorts,
    gateway: &GatewayPorts,
    out: &mut impl Write,
) -> Outcome {
    let submitter = sign_in(ports, "submitter", vec![Role::User]).await?;
    let reviewer = sign_in(ports, "reviewer", vec![Role::Admin]).await?;
    writeln!(out, "signed in: a submitter, and a reviewer who administrates")?;
    let routes = load_routes(gateway).await?;
    writeln!(out, "routable servers: {}", routes.len())?;

    let weather =
        submit(ports, &submitter, "Weather", "https://weather.example.com/mcp", out).await?;
    discover_all(ports, out).await?;
    approve(ports, &reviewer, &weather, out).await?;

    let routes = refresh_routes(gateway, &routes).await?;
    writeln!(out, "routable servers: {}", routes.len())?;
    let permit = routes
        .resolve(&submitter, ServerRef::split("weather"))
        .map_err(|refusal| format!("weather does not resolve: {refusal:?}"))?;
    let server = permit.of();
    let tools = server.offered_to(Some(&submitter)).definitions(DefinitionKind::Tool).count();
    writeln!(out, "weather resolves to {} with {tools} tools", server.endpoint)?;

    let notes = submit(ports, &submitter, "Notes", "https://notes.example.com/mcp", out).await?;
    let because =
        DecisionCommand { reason: Some("nobody answers there".into()), ..Default::default() };
    let rejected =
        reject_registration(ports, &reviewer, notes.registration.id, &because).await?.registration;
    writeln!(out, "rejected: {} is {}", rejected.content.endpoint_name, rejected.status())?;

    let drafts = submit(ports, &submitter, "Drafts", "https://drafts.example.com/mcp", out).await?;
    withdraw_registration(ports, &submitter, drafts.registration.id, None).await?;
    let gone = find_registration(ports, &submitter, drafts.registration.id).await.is_err();
    writeln!(out, "withdrawn: Drafts is {}", if gone { "gone" } else { "still there" })?;

    print_audit_trail(ports, &reviewer, out).await
}

/// From what a token says to a caller with a row of their own.
async fn sign_in(ports: &RegistryPorts, name: &str, roles: Vec<Role>) -> Outcome<Caller> {
    let identity = Identity {
        subject: name.to_owned(),
        tenant: None,
        email: Some(format!("{name}@example.com")),
        display_name: Some(name.to_owned()),
        in_admin_group: None,
    };
    let expires_at = Timestamp::MAX;
    let token = VerifiedToken {
        identity,
        roles,
        groups: Groups::default(),
        expires_at,
        bounds: None,
        assertion: None,
    };
    Ok(identify_caller(ports, &token).await?.caller)
}

async fn submit(
    ports: &RegistryPorts,
    caller: &Caller,
    name: &str,
    url: &str,
    out: &mut impl Write,
) -> Outcome<RegistrationView> {
    let draft = RegistrationDraft {
        endpoint_url: url.to_owned(),
        endpoint_name: name.to_owned(),
        owner_contact: caller.email.clone().unwrap_or_default(),
        ..Default::default()
    };
    let view = submit_registration(ports, caller, draft).await?;
    writeln!(out, "submitted: {name} is {}", view.registration.status())?;
    Ok(view)
}

/// What a background job of a real service does: reads every manifest that is due.
async fn discover_all(ports: &RegistryPorts, out: &mut impl Write) -> Outcome {
    for job in ports.registrations.due_discoveries(ports.clock.now(), 10).await? {
        discover_candidate(ports, &job).await?;
        let found = ports.registrations.find(job.registration.id).await?;
        let digest = found.and_then(|view| view.discovery.digest());
        let shown = digest.map_or_else(|| "nothing".to_owned(), |digest| digest.to_string());
        writeln!(out, "discovered: {} offers {shown}", job.registration.content.endpoint_name)?;
    }
    Ok(())
}

/// Approves what was read, and shows that a second decision comes too late.
async fn approve(
    ports: &RegistryPorts,
    caller: &Caller,
    submitted: &RegistrationView,
    out: &mut impl Write,
) -> Outcome {
    let id = submitted.registration.id;
    let read = find_registration(ports, caller, id).await?;
    let decision = DecisionCommand { seen: Some(Seen::of(&read)), ..Default::default() };
    let approved = approve_registration(ports, caller, id, &decision).await?;
    let server = approved.server.ok_or("an approved registration has a server")?;
    let name = &approved.registration.content.endpoint_name;
    writeln!(out, "approved: {name} is {} as {}", approved.registration.status(), server.alias)?;
    match approve_registration(ports, caller, id, &decision).await {
        Ok(_) => Err("a second approval went through".into()),
        Err(refusal) => Ok(writeln!(out, "approved again: refused, {refusal}")?),
    }
}

async fn print_audit_trail(
    ports: &RegistryPorts,
    administrator: &Caller,
    out: &mut impl Write,
) -> Outcome {
    let query = AuditQuery { limit: 10, ..Default::default() };
    let page = list_audit_log(ports, administrator, &query).await?;
    writeln!(out, "audit trail, newest first, {} rows:", page.total)?;
    for row in page.items {
        let actor = row.user_display_name.as_deref().unwrap_or(&row.user_email);
        writeln!(out, "  {} by {actor}", row.action.as_str())?;
    }
    Ok(())
}
