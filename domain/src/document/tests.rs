//! What a document keeps of a file, and of which files none is made.

use uuid::Uuid;

use super::*;
use crate::event::AuditAction;
use crate::id::EventId;
use crate::registration::{RegistrationContent, RegistrationDraft, RegistrationStatus};

fn stamp() -> EventStamp {
    EventStamp { id: EventId(Uuid::from_u128(9)), at: Timestamp::UNIX_EPOCH }
}

fn registration() -> Registration {
    let draft = RegistrationDraft {
        endpoint_url: "https://mcp.example.com/mcp".to_owned(),
        endpoint_name: "Weather".to_owned(),
        owner_contact: "team".to_owned(),
        ..Default::default()
    };
    let content = RegistrationContent::check(draft).unwrap();
    let ada = UserId(Uuid::from_u128(1));
    Registration::submit(RegistrationId(Uuid::from_u128(7)), content, ada, None, stamp()).next
}

fn upload(draft: DocumentDraft) -> Result<Upload, Error> {
    let (id, ada) = (DocumentId(Uuid::from_u128(3)), UserId(Uuid::from_u128(1)));
    Document::upload(draft, id, &registration(), ada, stamp())
}

fn draft(filename: &str, content: &'static [u8]) -> DocumentDraft {
    DocumentDraft {
        filename: filename.to_owned(),
        content: Bytes::from_static(content),
        ..Default::default()
    }
}

#[test]
fn a_document_is_what_its_file_was_and_the_trail_says_so() {
    let sent = DocumentDraft {
        title: Some(" How to ask ".to_owned()),
        tool_name: Some("  ".to_owned()),
        ..draft("../guide.md", b"# abc")
    };
    let Upload { document, content, event } = upload(sent).unwrap();
    assert_eq!(
        (document.filename.as_str(), document.media_type),
        ("guide.md", MediaType::Markdown)
    );
    assert_eq!((document.size, content.as_ref()), (5, &b"# abc"[..]));
    assert_eq!(
        (document.title.as_deref(), document.tool_name.as_deref()),
        (Some("How to ask"), None)
    );
    let hex = document.digest.to_hex();
    assert_eq!(hex.len(), 64);
    assert_eq!(event.kind.audit_action(), Some(AuditAction::Updated));
    let pending = Some(RegistrationStatus::Pending);
    assert_eq!((event.previous_status, event.new_status), (pending, pending));
    assert_eq!(event.metadata["change"], "uploaded");
    assert_eq!(event.metadata["document"]["sha256"], hex.as_str());
    let gone = document.remove(&registration(), UserId(Uuid::from_u128(2)), stamp());
    assert_eq!(gone.event.metadata["change"], "deleted");
    assert_eq!(gone.event.metadata["document"]["filename"], "guide.md");
}

#[test]
fn everything_that_is_wrong_with_a_file_is_named_at_once() {
    let sent = DocumentDraft {
        title: Some("x".repeat(201)),
        tool_name: Some("a\u{7}".to_owned()),
        ..draft("..", b"")
    };
    let Err(Error::Invalid(wrong)) = upload(sent) else { panic!("it is refused") };
    let rules: Vec<&str> = wrong.iter().map(|violation| violation.rule).collect();
    assert_eq!(
        rules,
        ["filename_missing", "string_too_long", "string_not_printable", "file_empty"]
    );
}

#[test]
fn the_largest_file_is_kept_and_one_byte_more_is_not() {
    let most = usize::try_from(Document::MAX_BYTES).unwrap();
    let sized = |size| DocumentDraft { content: vec![b'a'; size].into(), ..draft("a.txt", b"") };
    assert_eq!(upload(sized(most)).unwrap().document.size, u64::from(Document::MAX_BYTES));
    assert!(matches!(upload(sized(most + 1)), Err(Error::TooLarge { .. })));
}

#[test]
fn content_of_no_kept_type_is_refused() {
    assert!(matches!(upload(draft("a.png", b"<html>")), Err(Error::UnsupportedType(_))));
}
