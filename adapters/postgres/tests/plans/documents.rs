//! Documents and links of registrations.

use libtest_mimic::Failed;
use registry_domain::document::{Document, DocumentDraft};
use registry_domain::id::{DocumentId, LinkId};
use registry_domain::link::{Link, LinkDraft, LinkRelation};
use registry_domain::ports::{DocumentStore, Kept, LinkStore, PortError};

use crate::scene::{Scene, document, id, link, registration, steps, user};

steps! {
    list_documents fetches 5 by ["idx_documents_registration_id_created_at"]
    find_document fetches 2 by ["documents_pkey"]
    read_document fetches 2 by ["document_contents_pkey"]
    insert_document fetches 5 by ["idx_documents_registration_id_created_at" "registrations_pkey"]
    remove_document fetches 5 by ["document_contents_pkey"]
    list_links fetches 5 by ["idx_links_registration_id_url"]
    find_link fetches 2 by ["links_pkey"]
    insert_link fetches 5 by ["idx_links_registration_id_url" "registrations_pkey"]
    insert_link_that_is_there fetches 5 by ["idx_links_registration_id_url"]
    remove_link fetches 5 by ["links_pkey"]
}

fn failed(error: impl std::fmt::Debug) -> Failed {
    format!("{error:?}").into()
}

async fn list_documents(scene: &Scene, round: u64) -> Result<(), Failed> {
    let page = DocumentStore::list(&*scene.store, registration(1000 + round), 20, 0).await?;
    assert_eq!(page.items.len(), 1);
    Ok(())
}

async fn found(scene: &Scene, number: u64) -> Result<Document, Failed> {
    let found = DocumentStore::find(&*scene.store, registration(number), document(number)).await?;
    found.ok_or_else(|| "it is not there".into())
}

async fn find_document(scene: &Scene, round: u64) -> Result<(), Failed> {
    found(scene, 2000 + round).await.map(|_| ())
}

async fn read_document(scene: &Scene, round: u64) -> Result<(), Failed> {
    let read = DocumentStore::read(&*scene.store, document(3000 + round), 1..3).await?;
    assert_eq!(read.as_deref(), Some(&b"bc"[..]));
    Ok(())
}

async fn insert_document(scene: &Scene, round: u64) -> Result<(), Failed> {
    let whose = scene.registration(4000 + round).await?;
    let draft = DocumentDraft {
        filename: "new.md".to_owned(),
        content: "new".into(),
        ..Default::default()
    };
    let upload = Document::upload(draft, DocumentId(id()), &whose, user(1), scene.stamp());
    let kept = DocumentStore::insert(&*scene.store, &upload.map_err(failed)?, 20).await?;
    assert_eq!(kept, Kept::Kept);
    Ok(())
}

async fn remove_document(scene: &Scene, round: u64) -> Result<(), Failed> {
    let document = found(scene, 5000 + round).await?;
    let whose = scene.registration(5000 + round).await?;
    let removal = document.remove(&whose, user(1), scene.stamp());
    Ok(DocumentStore::remove(&*scene.store, &removal).await?)
}

async fn list_links(scene: &Scene, round: u64) -> Result<(), Failed> {
    let page = LinkStore::list(&*scene.store, registration(1000 + round), 20, 0).await?;
    assert_eq!(page.items.len(), 2);
    Ok(())
}

async fn linked(scene: &Scene, number: u64) -> Result<Link, Failed> {
    let found = LinkStore::find(&*scene.store, registration(number), link(2 * number)).await?;
    found.ok_or_else(|| "it is not there".into())
}

async fn find_link(scene: &Scene, round: u64) -> Result<(), Failed> {
    linked(scene, 2000 + round).await.map(|_| ())
}

async fn add(scene: &Scene, number: u64, url: String) -> Result<Result<Kept, PortError>, Failed> {
    let whose = scene.registration(number).await?;
    let draft = LinkDraft { relation: LinkRelation::Source, url, title: None };
    let new = Link::add(draft, LinkId(id()), &whose, user(1), scene.stamp()).map_err(failed)?;
    Ok(LinkStore::insert(&*scene.store, &new, 20).await)
}

async fn insert_link(scene: &Scene, round: u64) -> Result<(), Failed> {
    let kept = add(scene, 4000 + round, "https://new.example.com/".to_owned()).await??;
    assert_eq!(kept, Kept::Kept);
    Ok(())
}

async fn insert_link_that_is_there(scene: &Scene, round: u64) -> Result<(), Failed> {
    let number = 4100 + round;
    let told = add(scene, number, format!("https://code.example.com/{number}/1")).await?;
    assert!(matches!(told, Err(PortError::AlreadyExists { key: "url", .. })), "{told:?}");
    Ok(())
}

async fn remove_link(scene: &Scene, round: u64) -> Result<(), Failed> {
    let link = linked(scene, 5000 + round).await?;
    let whose = scene.registration(5000 + round).await?;
    Ok(LinkStore::remove(&*scene.store, &link.remove(&whose, user(1), scene.stamp())).await?)
}
