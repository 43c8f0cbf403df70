//! Registrations with their candidates, and what decisions do.

use libtest_mimic::Failed;
use registry_domain::caller::TenantScope;
use registry_domain::change::Change;
use registry_domain::event::{EventKind, RegistryEvent};
use registry_domain::id::{Alias, RegistrationId, ServerId, TenantId};
use registry_domain::manifest::{Discovery, Manifest};
use registry_domain::ports::{
    ApprovalChange, CandidateRecord, ListCursor, Order, PortError, RegistrationQuery,
    RegistrationStore, RegistrationView,
};
use registry_domain::registration::{
    Decision, Registration, RegistrationContent, RegistrationDraft, RegistrationStatus,
};
use registry_domain::server::Server;

use crate::scene::{Scene, id, minute, registration, steps, user};

steps! {
    list_newest fetches 30
        by ["idx_registrations_created_at" "candidate_manifests_pkey" "idx_servers_registration_id"]
    list_oldest_from_a_cursor fetches 30 by ["idx_registrations_created_at"]
    list_of_a_tenant fetches 60
        by ["idx_registrations_created_at" "idx_registrations_tenant_id_created_at"]
    list_by_status fetches 200 by ["idx_registrations_status"]
    list_by_status_from_a_cursor fetches 200 by ["idx_registrations_status"]
    list_waiting_oldest_first fetches 25
        by ["idx_registrations_status_created_at" "idx_registrations_status"]
    list_waiting_oldest_first_from_a_cursor fetches 25
        by ["idx_registrations_status_created_at"]
    list_by_submitter fetches 25 by ["idx_registrations_submitter_id_created_at"]
    list_by_submitter_from_a_cursor fetches 30
        by ["idx_registrations_submitter_id_created_at" "idx_registrations_submitter_id"]
    list_by_submitter_and_status fetches 200 by []
    search_registrations fetches 100_000 by []
    find_registration fetches 1
        by ["registrations_pkey" "candidate_manifests_pkey" "idx_servers_registration_id"]
    find_registration_by_its_url fetches 5 by ["idx_registrations_endpoint_url"]
    find_registration_by_another_spelling fetches 5 by ["idx_registrations_url_key"]
    list_due_discoveries fetches 1100 by []
    submit fetches 0 by ["idx_registrations_standing_url_key"]
    submit_what_is_there_already fetches 2
        by ["idx_registrations_endpoint_url" "idx_registrations_url_key"]
    record_candidate fetches 5 by ["registrations_pkey" "candidate_manifests_pkey"]
    edit fetches 5
        by ["registrations_pkey" "candidate_manifests_pkey" "idx_registrations_standing_url_key"]
    reject fetches 5 by ["registrations_pkey"]
    approve fetches 5 by ["registrations_pkey" "candidate_manifests_pkey" "retired_aliases_pkey"]
    remove fetches 200
        by [
            "registrations_pkey"
            "candidate_manifests_pkey"
            "idx_servers_registration_id"
            "idx_server_tools_server_id_name"
            "idx_server_resources_server_id_uri"
            "idx_server_prompts_server_id_name"
            "idx_retired_aliases_free_at"
        ]
}

/// A registration that waits for a decision, and has a candidate.
fn pending(round: u64) -> u64 {
    99_101 + 10 * round
}

/// A registration that was approved.
fn approved(round: u64) -> u64 {
    517 + 1000 * round
}

/// A page that begins after a registration.
fn cursor(number: u64) -> ListCursor {
    ListCursor { created_at: minute(number), id: registration(number) }
}

async fn page(scene: &Scene, query: RegistrationQuery) -> Result<(), Failed> {
    let query = RegistrationQuery { limit: 20, ..query };
    let page = scene.store.list(&query).await?;
    assert_eq!(page.items.len(), 20, "{query:?}");
    Ok(())
}

async fn list_newest(scene: &Scene, _: u64) -> Result<(), Failed> {
    page(scene, RegistrationQuery::default()).await
}

async fn list_oldest_from_a_cursor(scene: &Scene, round: u64) -> Result<(), Failed> {
    let (after, order) = (Some(cursor(50_000 + round)), Order::OldestFirst);
    page(scene, RegistrationQuery { after, order, ..Default::default() }).await
}

/// As everybody but administrators sees it.
async fn list_of_a_tenant(scene: &Scene, _: u64) -> Result<(), Failed> {
    let contoso = TenantId::parse("contoso").map_err(|wrong| format!("{wrong:?}"))?;
    page(scene, RegistrationQuery { tenant: TenantScope::Of(contoso), ..Default::default() }).await
}

/// As administrators see what they have to decide on.
async fn list_waiting_oldest_first(scene: &Scene, _: u64) -> Result<(), Failed> {
    waiting(scene, None).await
}

async fn list_waiting_oldest_first_from_a_cursor(scene: &Scene, round: u64) -> Result<(), Failed> {
    waiting(scene, Some(cursor(99_200 + round))).await
}

async fn waiting(scene: &Scene, after: Option<ListCursor>) -> Result<(), Failed> {
    let (status, order) = (Some(RegistrationStatus::Pending), Order::OldestFirst);
    page(scene, RegistrationQuery { status, order, after, ..Default::default() }).await
}

async fn list_by_status(scene: &Scene, round: u64) -> Result<(), Failed> {
    let status = Some(status(round));
    page(scene, RegistrationQuery { status, ..Default::default() }).await
}

async fn list_by_status_from_a_cursor(scene: &Scene, round: u64) -> Result<(), Failed> {
    let (status, after) = (Some(status(round)), Some(cursor(50_000 + round)));
    page(scene, RegistrationQuery { status, after, ..Default::default() }).await
}

fn status(round: u64) -> RegistrationStatus {
    if round.is_multiple_of(2) {
        RegistrationStatus::Approved
    } else {
        RegistrationStatus::Rejected
    }
}

async fn list_by_submitter(scene: &Scene, round: u64) -> Result<(), Failed> {
    let submitter = Some(user(100 + round));
    page(scene, RegistrationQuery { submitter, ..Default::default() }).await
}

async fn list_by_submitter_from_a_cursor(scene: &Scene, round: u64) -> Result<(), Failed> {
    let (submitter, after) = (Some(user(100 + round)), Some(cursor(50_000 + round)));
    page(scene, RegistrationQuery { submitter, after, ..Default::default() }).await
}

async fn list_by_submitter_and_status(scene: &Scene, round: u64) -> Result<(), Failed> {
    // All that a person has submitted was decided alike.
    let (submitter, status) = (Some(user(112 + 20 * round)), Some(RegistrationStatus::Approved));
    page(scene, RegistrationQuery { submitter, status, ..Default::default() }).await
}

async fn search_registrations(scene: &Scene, round: u64) -> Result<(), Failed> {
    let search = Some(format!("erver {}", 40 + round));
    page(scene, RegistrationQuery { search, ..Default::default() }).await
}

async fn find_registration(scene: &Scene, round: u64) -> Result<(), Failed> {
    let found = scene.store.find(registration(approved(round))).await?;
    there(found)
}

fn there(found: Option<RegistrationView>) -> Result<(), Failed> {
    let view = found.ok_or("it is not there")?;
    assert!(view.server.is_some());
    assert!(view.discovery.digest().is_some());
    Ok(())
}

fn url(number: u64) -> String {
    format!("https://s{number}.example.com/mcp")
}

async fn find_registration_by_its_url(scene: &Scene, round: u64) -> Result<(), Failed> {
    let text = format!("{}/", url(approved(round)));
    there(scene.store.find_by_url(&text, None).await?)
}

async fn find_registration_by_another_spelling(scene: &Scene, round: u64) -> Result<(), Failed> {
    let key = url(approved(round));
    there(scene.store.find_by_url("another", Some(&key)).await?)
}

async fn list_due_discoveries(scene: &Scene, round: u64) -> Result<(), Failed> {
    let jobs = scene.store.due_discoveries(minute(467_160 + round), 50).await?;
    assert_eq!(jobs.len(), 50);
    Ok(())
}

fn submitted(scene: &Scene, url: String) -> Result<Change<Registration>, Failed> {
    let content = content(url)?;
    Ok(Registration::submit(RegistrationId(id()), content, user(100), None, scene.stamp()))
}

fn content(endpoint_url: String) -> Result<RegistrationContent, Failed> {
    let draft = RegistrationDraft {
        endpoint_url,
        endpoint_name: "A new one".to_owned(),
        owner_contact: "owner@example.com".to_owned(),
        ..Default::default()
    };
    RegistrationContent::check(draft).map_err(|wrong| format!("{wrong:?}").into())
}

async fn submit(scene: &Scene, round: u64) -> Result<(), Failed> {
    let change = submitted(scene, url(1_000_000 + round))?;
    Ok(scene.store.commit(&change).await?)
}

async fn submit_what_is_there_already(scene: &Scene, round: u64) -> Result<(), Failed> {
    let there = approved(round);
    let refused = scene.store.commit(&submitted(scene, url(there))?).await;
    let Err(PortError::AlreadyExists { existing: Some(holder), .. }) = refused else {
        return Err(format!("it was not refused: {refused:?}").into());
    };
    assert_eq!(holder, registration(there).0);
    Ok(())
}

async fn record_candidate(scene: &Scene, round: u64) -> Result<(), Failed> {
    let found = scene.registration(pending(round)).await?;
    let stamp = scene.stamp();
    let record = CandidateRecord {
        registration: found.id,
        revision: found.revision,
        discovery: Discovery::Complete { manifest: Manifest::new([]), at: stamp.at },
        next_attempt_at: None,
        event: RegistryEvent::by_product(EventKind::ManifestDiscovered, stamp)
            .on_registration(found.id, None),
    };
    assert!(scene.store.record_candidate(&record).await?);
    Ok(())
}

async fn edit(scene: &Scene, round: u64) -> Result<(), Failed> {
    let found = scene.registration(pending(round) + 1).await?;
    let change = found.edit(content(url(2_000_000 + round))?, user(100), scene.stamp())?;
    Ok(scene.store.commit(&change).await?)
}

async fn reject(scene: &Scene, round: u64) -> Result<(), Failed> {
    let found = scene.registration(pending(round) + 2).await?;
    let stamp = scene.stamp();
    let decision = Decision { approver: user(1), at: stamp.at, reason: None };
    Ok(scene.store.commit(&found.reject(decision, stamp)?).await?)
}

/// Those for which a candidate was recorded.
async fn approve(scene: &Scene, round: u64) -> Result<(), Failed> {
    let found = scene.registration(pending(round)).await?;
    let (stamp, manifest) = (scene.stamp(), Manifest::new([]));
    let digest = Some(manifest.digest());
    let decision = Decision { approver: user(1), at: stamp.at, reason: None };
    let registration = found.approve(decision, digest, stamp)?;
    let (name, server) = (format!("approved-{round}"), ServerId(id()));
    let next = Server::of_registration(
        server,
        &registration.next,
        name.clone(),
        Alias::parse(&name).map_err(|wrong| format!("{wrong:?}"))?,
        Some(manifest),
        stamp.at,
    );
    let listed = RegistryEvent::of(EventKind::ServerListed, scene.stamp(), user(1));
    let server = Change { next, expected: None, events: vec![listed.on_server(server, None)] };
    let approval = ApprovalChange { registration, candidate: digest, server };
    Ok(scene.store.commit_approval(&approval).await?)
}

async fn remove(scene: &Scene, round: u64) -> Result<(), Failed> {
    let found = scene.registration(approved(round) + 100).await?;
    let removal = found.delete(user(1), scene.stamp());
    Ok(scene.store.commit_removal(&removal, minute(500_000)).await?)
}
