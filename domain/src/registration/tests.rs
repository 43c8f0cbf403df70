//! Behaviours of the approval workflow.

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::*;
use crate::id::EventId;

fn draft() -> RegistrationDraft {
    RegistrationDraft {
        endpoint_url: "https://mcp.example.com/mcp".into(),
        endpoint_name: "Weather".into(),
        owner_contact: "weather team".into(),
        ..RegistrationDraft::default()
    }
}

fn stamp(second: i64) -> EventStamp {
    EventStamp { id: EventId(Uuid::from_u128(9)), at: Timestamp::from_second(second).unwrap() }
}

fn person(id: u128) -> UserId {
    UserId(Uuid::from_u128(id))
}

fn submitted() -> Registration {
    let content = RegistrationContent::check(draft()).unwrap();
    Registration::submit(RegistrationId(Uuid::from_u128(1)), content, person(1), None, stamp(1))
        .next
}

fn decision() -> Decision {
    Decision { approver: person(2), at: stamp(2).at, reason: Some("fine".into()) }
}

fn rules(draft: RegistrationDraft) -> Vec<(String, &'static str)> {
    let refused = RegistrationContent::check(draft).unwrap_err();
    refused.into_iter().map(|wrong| (wrong.to_string(), wrong.rule)).collect()
}

#[test]
fn each_field_rule_violated_alone_is_named_alone() {
    let long = |count| "x".repeat(count);
    let cases = [
        (
            RegistrationDraft { endpoint_name: "ab".into(), ..draft() },
            "endpoint_name",
            "string_too_short",
        ),
        (
            RegistrationDraft { endpoint_name: long(201), ..draft() },
            "endpoint_name",
            "string_too_long",
        ),
        (
            RegistrationDraft { description: Some(long(1001)), ..draft() },
            "description",
            "string_too_long",
        ),
        (
            RegistrationDraft { owner_contact: " ".into(), ..draft() },
            "owner_contact",
            "string_blank",
        ),
        (
            RegistrationDraft { owner_contact: String::new(), ..draft() },
            "owner_contact",
            "string_too_short",
        ),
        (
            RegistrationDraft { owner_contact: long(256), ..draft() },
            "owner_contact",
            "string_too_long",
        ),
        (
            RegistrationDraft { endpoint_url: "ftp://x".into(), ..draft() },
            "endpoint_url",
            "url_scheme",
        ),
        (
            RegistrationDraft { alias: Some("No".into()), ..draft() },
            "alias",
            "string_pattern_mismatch",
        ),
        (
            RegistrationDraft { available_tools: vec![json!({"name": " "})], ..draft() },
            "available_tools[0].name",
            "string_blank",
        ),
        (
            RegistrationDraft { available_tools: vec![json!({"name": "a"}), json!({})], ..draft() },
            "available_tools[1].name",
            "missing",
        ),
        (
            RegistrationDraft { available_tools: vec![json!("a")], ..draft() },
            "available_tools[0]",
            "object_type",
        ),
        (
            RegistrationDraft { available_tools: vec![json!({"name": "a"}); 1001], ..draft() },
            "available_tools",
            "too_long",
        ),
    ];
    for (draft, field, rule) in cases {
        let found = rules(draft);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].0.starts_with(field), "{found:?}");
        assert_eq!(found[0].1, rule);
    }
}

#[test]
fn all_broken_rules_are_named_at_once() {
    let found =
        rules(RegistrationDraft { endpoint_name: "a".into(), endpoint_url: "x".into(), ..draft() });
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_tool_keeps_members_that_are_not_ours() {
    let tool = json!({"name": "search", "x-vendor": {"a": [1, 2]}});
    let content = RegistrationContent::check(RegistrationDraft {
        available_tools: vec![tool.clone()],
        ..draft()
    });
    assert_eq!(Value::Object(content.unwrap().available_tools[0].clone()), tool);
}

#[test]
fn an_approval_keeps_who_when_and_why() {
    let change = submitted().approve(decision(), None, stamp(2)).unwrap();
    assert_eq!(change.next.state, RegistrationState::Approved(decision()));
    assert_eq!(change.expected, Some(Revision::FIRST));
    assert_eq!(change.next.revision, Revision(2));
    let event = &change.events[0];
    assert_eq!(event.previous_status, Some(RegistrationStatus::Pending));
    assert_eq!(event.new_status, Some(RegistrationStatus::Approved));
    assert_eq!(event.metadata["reason"], "fine");
}

#[test]
fn a_resubmission_waits_for_a_new_decision_since_now() {
    let rejected = submitted().reject(decision(), stamp(2)).unwrap().next;
    let again = rejected.resubmit(person(1), stamp(3)).unwrap().next;
    assert_eq!(again.state, RegistrationState::Pending);
    assert_eq!(again.submitted_at, stamp(3).at);
    assert_eq!(again.created_at, stamp(1).at);
}

fn other_content() -> RegistrationContent {
    let renamed = RegistrationDraft { endpoint_name: "Another name".to_owned(), ..draft() };
    RegistrationContent::check(renamed).unwrap()
}

#[test]
fn a_proposal_keeps_what_was_approved_until_it_is_approved_itself() {
    let approved = submitted().approve(decision(), None, stamp(2)).unwrap().next;
    let before = approved.content.clone();
    let proposed = approved.propose(other_content(), person(1), stamp(3)).unwrap().next;
    assert_eq!(proposed.state, RegistrationState::Pending);
    assert_eq!(proposed.content, other_content());
    let standing = proposed.standing.clone().unwrap();
    assert_eq!((standing.content, standing.decision), (before, decision()));
    let refused = proposed.clone().reject(decision(), stamp(4)).unwrap().next;
    assert_eq!(refused.standing, proposed.standing);
    assert_eq!(proposed.approve(decision(), None, stamp(4)).unwrap().next.standing, None);
}

#[test]
fn a_withdrawn_proposal_leads_back_to_what_was_approved() {
    let approved = submitted().approve(decision(), None, stamp(2)).unwrap().next;
    let proposed = approved.clone().propose(other_content(), person(1), stamp(3)).unwrap().next;
    let refused = proposed.clone().reject(decision(), stamp(4)).unwrap().next;
    for (from, revision) in [(proposed, Revision(4)), (refused, Revision(5))] {
        let Withdrawal::Restored(change) = from.withdraw(person(1), stamp(9)).unwrap() else {
            panic!("it is gone")
        };
        let expected = Registration { revision, updated_at: stamp(9).at, ..approved.clone() };
        assert_eq!(change.next, expected);
    }
}

#[test]
fn what_stands_reads_back_from_json_and_names_the_member_that_does_not() {
    let approved = submitted().approve(decision(), None, stamp(2)).unwrap().next;
    let proposed = approved.propose(other_content(), person(1), stamp(3)).unwrap().next;
    let standing = proposed.standing.unwrap();
    let stored = standing.to_json();
    assert_eq!(Standing::from_json(&stored), Ok(standing));
    for member in ["endpoint_url", "owner_contact", "available_tools", "approved_at"] {
        let mut broken = stored.clone();
        broken[member] = json!(7);
        assert_eq!(Standing::from_json(&broken), Err(member));
    }
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Edit,
    Propose,
    Approve,
    Reject,
    Resubmit,
    Withdraw,
}

proptest! {
    #[test]
    fn only_the_drawn_transitions_are_possible_and_each_counts_one_revision(
        steps in proptest::collection::vec(
            prop_oneof![Just(Step::Edit), Just(Step::Propose), Just(Step::Approve), Just(Step::Reject), Just(Step::Resubmit), Just(Step::Withdraw)],
            1..20,
        ),
    ) {
        let mut now = submitted();
        for (second, step) in (10..).zip(steps) {
            let from = now.status();
            let content = now.content.clone();
            let outcome = match step {
                Step::Edit => now.clone().edit(content, person(1), stamp(second)),
                Step::Propose => now.clone().propose(content, person(1), stamp(second)),
                Step::Approve => now.clone().approve(decision(), None, stamp(second)),
                Step::Reject => now.clone().reject(decision(), stamp(second)),
                Step::Resubmit => now.clone().resubmit(person(1), stamp(second)),
                Step::Withdraw => {
                    let withdrawal = now.clone().withdraw(person(1), stamp(second));
                    let stands = now.standing.is_some();
                    prop_assert_eq!(withdrawal.is_ok(), stands || from == RegistrationStatus::Pending);
                    if let Ok(Withdrawal::Restored(change)) = withdrawal {
                        prop_assert!(stands);
                        now = change.next;
                    }
                    continue;
                }
            };
            let allowed = match step {
                Step::Resubmit => from == RegistrationStatus::Rejected,
                Step::Propose => from == RegistrationStatus::Approved,
                _ => from == RegistrationStatus::Pending,
            };
            prop_assert_eq!(outcome.is_ok(), allowed);
            if let Ok(change) = outcome {
                prop_assert_eq!(change.expected, Some(now.revision));
                prop_assert_eq!(change.next.revision, now.revision.next());
                prop_assert_eq!(change.events.len(), 1);
                prop_assert!(change.next.standing.is_none() || change.next.status() != RegistrationStatus::Approved);
                prop_assert_eq!(change.next.status() == RegistrationStatus::Pending, change.next.state.decision().is_none());
                now = change.next;
            }
        }
    }
}
