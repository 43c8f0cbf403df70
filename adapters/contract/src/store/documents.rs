//! Documents: their bytes, their bound, and what goes with what.

#![expect(
    clippy::indexing_slicing,
    reason = "what is not there fails the behaviour that asks for it"
)]

use bytes::Bytes;
use futures_util::future::join_all;
use libtest_mimic::Failed;
use registry_domain::document::{Document, DocumentDraft, Upload};
use registry_domain::event::{AuditAction, EventKind};
use registry_domain::id::{DocumentId, RegistrationId};
use registry_domain::link::{Link, LinkDraft, LinkRelation};
use registry_domain::ports::{AuditQuery, Clock as _, Kept, PortError};
use registry_domain::registration::Registration;

use crate::Outcome;
use crate::world::{World, failed};

/// More than a test means to reach.
const PLENTY: u32 = 100;

fn file(filename: &str, content: impl Into<Bytes>) -> DocumentDraft {
    DocumentDraft {
        filename: filename.to_owned(),
        title: Some("Führung – 指南".to_owned()),
        tool_name: None,
        content: content.into(),
    }
}

fn upload(
    world: &World,
    registration: &Registration,
    draft: DocumentDraft,
) -> Result<Upload, Failed> {
    let (id, sam) = (DocumentId(world.uuid()), registration.submitter);
    Document::upload(draft, id, registration, sam, world.stamp()).map_err(failed)
}

pub(super) async fn uploaded(
    world: &World,
    registration: &Registration,
    name: &str,
) -> Result<Document, Failed> {
    let upload = upload(world, registration, file(name, format!("content of {name}")))?;
    assert_eq!(world.ports().documents.insert(&upload, PLENTY).await?, Kept::Kept);
    Ok(upload.document)
}

pub(crate) async fn a_document_reads_back_whole_and_in_parts(world: &World) -> Outcome {
    let (documents, registration) = (world.ports().documents, world.submitted(1).await?);
    // A PDF, so that the bytes may be any.
    let content: Vec<u8> = b"%PDF-".iter().copied().chain(0..=255).collect();
    let sent = DocumentDraft {
        tool_name: Some("search".to_owned()),
        ..file("Über 'uns'; \"x\".pdf", content.clone())
    };
    let upload = upload(world, &registration, sent)?;
    let document = &upload.document;
    assert_eq!(documents.insert(&upload, PLENTY).await?, Kept::Kept);
    assert_eq!(documents.find(registration.id, document.id).await?.as_ref(), Some(document));
    for (part, bytes) in [
        (0..261, &content[..]),
        (0..1, &content[..1]),
        (5..261, &content[5..]),
        (260..261, &content[260..]),
        (200..1000, &content[200..]),
        (4..4, &[]),
        (261..300, &[]),
    ] {
        let read = documents.read(document.id, part.clone()).await?;
        assert_eq!(read.as_deref(), Some(bytes), "{part:?}");
    }
    assert_eq!(documents.read(DocumentId(world.uuid()), 0..1).await?, None);
    Ok(())
}

pub(crate) async fn documents_are_listed_the_oldest_first_page_by_page(world: &World) -> Outcome {
    let (documents, registration) = (world.ports().documents, world.submitted(1).await?);
    let mut made = Vec::new();
    for name in ["c.txt", "a.txt", "b.txt"] {
        made.push(uploaded(world, &registration, name).await?);
    }
    let all = documents.list(registration.id, 10, 0).await?;
    assert_eq!((all.total, &all.items), (3, &made));
    let second = documents.list(registration.id, 1, 1).await?;
    assert_eq!((second.total, &second.items[..]), (3, &made[1..2]));
    assert_eq!(documents.list(registration.id, 10, 3).await?.items, []);
    let other = world.submitted(2).await?;
    assert_eq!(documents.list(other.id, 10, 0).await?.total, 0);
    Ok(())
}

pub(crate) async fn a_document_belongs_to_its_registration_alone(world: &World) -> Outcome {
    let documents = world.ports().documents;
    let (own, other) = (world.submitted(1).await?, world.submitted(2).await?);
    let document = uploaded(world, &own, "a.txt").await?;
    assert_eq!(documents.find(other.id, document.id).await?, None);
    let mut removal = document.clone().remove(&other, other.submitter, world.stamp());
    removal.registration = other.id;
    let told = documents.remove(&removal).await;
    assert!(matches!(told, Err(PortError::NotFound)), "{told:?}");
    assert_eq!(documents.find(own.id, document.id).await?, Some(document));
    Ok(())
}

pub(crate) async fn of_racing_uploads_no_more_are_kept_than_may_be(world: &World) -> Outcome {
    const MOST: u32 = 5;
    let (documents, registration) = (world.ports().documents, world.submitted(1).await?);
    let audited = world.audited().await?;
    let racing: Vec<Upload> = (0..12)
        .map(|number| upload(world, &registration, file("a.txt", format!("{number}"))))
        .collect::<Result<_, _>>()?;
    let told = join_all(racing.iter().map(|upload| documents.insert(upload, MOST))).await;
    let mut kept = 0;
    for told in told {
        kept += u64::from(told? == Kept::Kept);
    }
    let there = documents.list(registration.id, 100, 0).await?;
    assert_eq!((kept, there.total), (MOST.into(), MOST.into()));
    // What was not kept left nothing: no row of the trail, no bytes.
    assert_eq!(world.audited().await?, audited + u64::from(MOST));
    for upload in racing {
        let is_there = there.items.contains(&upload.document);
        let bytes = documents.read(upload.document.id, 0..9).await?;
        assert_eq!(bytes, is_there.then_some(upload.content));
    }
    Ok(())
}

pub(crate) async fn a_document_for_what_is_gone_is_not_kept(world: &World) -> Outcome {
    let documents = world.ports().documents;
    let mut registration = world.submitted(1).await?;
    registration.id = RegistrationId(world.uuid());
    let upload = upload(world, &registration, file("a.txt", "a"))?;
    let before = world.ports().events.latest().await?;
    let told = documents.insert(&upload, PLENTY).await;
    assert!(matches!(told, Err(PortError::NotFound)), "{told:?}");
    assert_eq!(world.ports().events.latest().await?, before);
    assert_eq!(documents.read(upload.document.id, 0..1).await?, None);
    Ok(())
}

pub(crate) async fn a_deleted_document_is_gone_with_its_bytes_and_makes_room(
    world: &World,
) -> Outcome {
    let (documents, registration) = (world.ports().documents, world.submitted(1).await?);
    let document = uploaded(world, &registration, "a.txt").await?;
    let more = upload(world, &registration, file("b.txt", "b"))?;
    assert_eq!(documents.insert(&more, 1).await?, Kept::Full);
    let id = document.id;
    let removal = document.remove(&registration, registration.submitter, world.stamp());
    documents.remove(&removal).await?;
    assert_eq!(documents.find(registration.id, id).await?, None);
    assert_eq!(documents.read(id, 0..1).await?, None);
    let again = documents.remove(&removal).await;
    assert!(matches!(again, Err(PortError::NotFound)), "{again:?}");
    assert_eq!(documents.insert(&more, 1).await?, Kept::Kept);
    Ok(())
}

pub(crate) async fn a_removed_registration_takes_its_documents_and_links(world: &World) -> Outcome {
    let ports = world.ports();
    let (gone, stays) = (world.submitted(1).await?, world.submitted(2).await?);
    let mut both = Vec::new();
    for registration in [&gone, &stays] {
        let document = uploaded(world, registration, "a.txt").await?;
        let draft = LinkDraft {
            relation: LinkRelation::Source,
            url: "https://example.com/".to_owned(),
            title: None,
        };
        let id = registry_domain::id::LinkId(world.uuid());
        let link = Link::add(draft, id, registration, registration.submitter, world.stamp());
        ports.links.insert(&link.map_err(failed)?, PLENTY).await?;
        both.push((document.id, id));
    }
    let (gone_id, submitter) = (gone.id, gone.submitter);
    let removal = gone.delete(submitter, world.stamp());
    ports.registrations.commit_removal(&removal, world.clock.now()).await?;
    for ((document, link), (registration, are_there)) in
        both.into_iter().zip([(gone_id, false), (stays.id, true)])
    {
        let found = ports.documents.find(registration, document).await?;
        assert_eq!(found.is_some(), are_there);
        assert_eq!(ports.documents.read(document, 0..1).await?.is_some(), are_there);
        assert_eq!(ports.links.find(registration, link).await?.is_some(), are_there);
        let listed = ports.documents.list(registration, 10, 0).await?.total;
        assert_eq!((listed, ports.links.list(registration, 10, 0).await?.total), {
            (are_there.into(), are_there.into())
        });
    }
    Ok(())
}

pub(crate) async fn uploads_and_deletions_leave_their_audit_row(world: &World) -> Outcome {
    let (ports, registration) = (world.ports(), world.submitted(1).await?);
    let before = ports.events.latest().await?;
    let document = uploaded(world, &registration, "a.txt").await?;
    let removal = document.remove(&registration, registration.submitter, world.stamp());
    ports.documents.remove(&removal).await?;
    let told = ports.events.after(before, 10).await?;
    let kinds: Vec<EventKind> = told.iter().map(|entry| entry.event.kind).collect();
    assert_eq!(kinds, [EventKind::DocumentUploaded, EventKind::DocumentDeleted]);
    let query = AuditQuery { action: Some(AuditAction::Updated), limit: 10, ..Default::default() };
    let trail = ports.events.list_audit(&query).await?;
    let changes: Vec<_> = trail.items.iter().map(|row| row.metadata["change"].clone()).collect();
    assert_eq!(changes, ["deleted", "uploaded"]);
    for row in &trail.items {
        assert_eq!(row.registration, registration.id);
        assert_eq!(row.metadata["document"]["filename"], "a.txt");
    }
    Ok(())
}

pub(crate) async fn the_largest_document_round_trips(world: &World) -> Outcome {
    let (documents, registration) = (world.ports().documents, world.submitted(1).await?);
    let size = usize::try_from(Document::MAX_BYTES)?;
    // No two stretches of it are alike.
    let numbers = (0_u32..).flat_map(u32::to_le_bytes);
    let content: Vec<u8> = b"%PDF-".iter().copied().chain(numbers).take(size).collect();
    let draft = DocumentDraft {
        title: Some("x".repeat(Document::MAX_TITLE)),
        tool_name: Some("é".repeat(Document::MAX_TOOL_NAME)),
        ..file(&"é".repeat(255), content.clone())
    };
    let upload = upload(world, &registration, draft)?;
    assert_eq!(documents.insert(&upload, PLENTY).await?, Kept::Kept);
    let id = upload.document.id;
    assert_eq!(documents.find(registration.id, id).await?, Some(upload.document));
    let read = documents.read(id, 0..Document::MAX_BYTES).await?.ok_or("it is gone")?;
    assert!(read == content, "it is the same");
    let last = documents.read(id, Document::MAX_BYTES - 3..Document::MAX_BYTES).await?;
    assert_eq!(last.as_deref(), Some(&content[size - 3..]));
    Ok(())
}
