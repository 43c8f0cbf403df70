//! Behaviours of the routing table.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::caller::Groups;
use crate::collection::{CollectionContent, CollectionDraft, Member};
use crate::endpoint::Transport;
use crate::id::Revision;
use crate::manifest::Manifest;
use crate::server::{Effect, PinnedManifest, ToolRule, ToolRules};

fn server(id: u128, alias: &str, tenant: Option<&str>) -> Server {
    let tool =
        Definition::parse(DefinitionKind::Tool, Bytes::from_static(br#"{"name":"echo"}"#)).unwrap();
    Server {
        id: ServerId(Uuid::from_u128(id)),
        name: alias.to_owned(),
        alias: Alias::parse(alias).unwrap(),
        endpoint_url: EndpointUrl::parse("http://127.0.0.1:1/mcp").unwrap(),
        transport: Transport::Http,
        version: "1.0.0".into(),
        description: None,
        capabilities: serde_json::Map::new(),
        tags: vec![],
        health: HealthStatus::Unknown,
        tenant: tenant.map(|text| TenantId::parse(text).unwrap()),
        registration: None,
        owner: None,
        listed_by: ListedBy::Approval,
        auto_discover: true,
        manifest: PinnedManifest::Pinned { manifest: Manifest::new([tool]), reviewed: true },
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        drift: None,
        tool_rules: ToolRules::default(),
        revision: Revision::FIRST,
    }
}

fn caller(tenant: &str, is_admin: bool) -> Caller {
    Caller {
        subject: "oid".into(),
        user: None,
        tenant: TenantId::parse(tenant).ok(),
        email: None,
        display_name: None,
        roles: vec![],
        groups: Groups::default(),
        is_admin,
        expires_at: Timestamp::MAX,
        assertion: None,
    }
}

fn named(table: &RoutingTable, caller: &Caller, reference: &str) -> Result<ServerId, RouteRefusal> {
    table.resolve(caller, ServerRef::split(reference)).map(|permit| permit.of().id)
}

#[test]
fn the_own_tenants_server_comes_before_everybodys() {
    let servers = [server(1, "files", None), server(2, "files", Some("contoso"))];
    let table = RoutingTable::of(&servers, EventSeq(1));
    assert_eq!(named(&table, &caller("contoso", false), "files"), Ok(servers[1].id));
    assert_eq!(named(&table, &caller("fabrikam", false), "files"), Ok(servers[0].id));
}

#[test]
fn another_tenants_server_does_not_exist_for_anybody_but_an_administrator() {
    let table = RoutingTable::of(&[server(1, "files", Some("contoso"))], EventSeq(1));
    for reference in ["files", "contoso~files"] {
        assert_eq!(
            named(&table, &caller("fabrikam", false), reference),
            Err(RouteRefusal::Unknown)
        );
    }
    assert!(named(&table, &caller("fabrikam", true), "contoso~files").is_ok());
    assert_eq!(table.visible_to(&caller("fabrikam", false)).count(), 0);
}

#[test]
fn a_server_in_maintenance_gets_no_calls() {
    let resting = Server { health: HealthStatus::Maintenance, ..server(1, "files", None) };
    let table = RoutingTable::of(&[resting], EventSeq(1));
    assert_eq!(named(&table, &caller("contoso", false), "files"), Err(RouteRefusal::InMaintenance));
}

#[test]
fn a_server_that_nobody_vouches_for_is_within_reach_of_the_proxy_alone_and_hides_no_other() {
    let unvouched = |id, tenant| {
        let made = server(id, "files", tenant);
        Server { listed_by: ListedBy::Anyone, owner: None, ..made }
    };
    let servers = [unvouched(1, Some("contoso")), server(2, "files", None)];
    let table = RoutingTable::of(&servers, EventSeq(1));
    let (contoso, fabrikam) = (caller("contoso", false), caller("fabrikam", false));
    assert_eq!(named(&table, &contoso, "files"), Ok(servers[1].id));
    assert_eq!(named(&table, &contoso, "contoso~files"), Err(RouteRefusal::Unknown));
    assert_eq!(table.visible_to(&caller("x", true)).count(), 1);

    let reached =
        |caller, all| table.reachable(caller, all).map(|entry| entry.id).collect::<Vec<_>>();
    assert_eq!(reached(Some(&contoso), false), [servers[1].id, servers[0].id]);
    assert_eq!(reached(Some(&fabrikam), true), [servers[1].id]);
    assert_eq!(reached(None, false), [servers[1].id]);
    assert_eq!(reached(None, true).len(), 2);
    assert_eq!(table.reach(None, false, servers[0].id).err(), Some(RouteRefusal::Unknown));
    assert!(table.reach(None, true, servers[0].id).is_ok());
}

#[test]
fn a_change_replaces_one_entry_and_shares_all_others() {
    let servers: Vec<Server> = (1..=50).map(|id| server(id, &format!("s{id}"), None)).collect();
    let before = RoutingTable::of(&servers, EventSeq(1));
    let after = before.with(Arc::new(ServerEntry::new(&servers[7])));
    let replaced = servers
        .iter()
        .filter(|server| {
            !Arc::ptr_eq(before.by_id(server.id).unwrap(), after.by_id(server.id).unwrap())
        })
        .count();
    assert_eq!(replaced, 1);
}

#[test]
fn a_renamed_alias_leaves_nothing_behind() {
    let table = RoutingTable::of(&[server(1, "old", None)], EventSeq(1));
    let table = table.with(Arc::new(ServerEntry::new(&server(1, "new", None))));
    assert_eq!(named(&table, &caller("a", false), "old"), Err(RouteRefusal::Unknown));
    assert!(named(&table, &caller("a", false), "new").is_ok());
    assert_eq!(table.visible_to(&caller("a", false)).count(), 1);
}

#[test]
fn a_resource_is_offered_by_its_uri_or_by_a_template() {
    for (template, uri, expected) in [
        ("file:///{path}", "file:///etc/hosts", true),
        ("file:///{path}.md", "file:///a.txt", false),
        ("db://{table}/rows/{id}", "db://users/rows/7", true),
        ("db://{table}/rows/{id}", "db://users/7", false),
        ("plain://one", "plain://one", true),
        ("plain://one", "plain://two", false),
        ("broken://{", "broken://x", false),
    ] {
        assert_eq!(template_matches(template, uri), expected, "{template} {uri}");
    }
}

proptest! {
    #[test]
    fn whatever_comes_and_goes_the_table_holds_exactly_what_is_there(
        steps in proptest::collection::vec((any::<bool>(), 1_u128..12, 0_usize..3), 1..60),
    ) {
        let tenants = [None, Some("contoso"), Some("fabrikam")];
        let mut table = RoutingTable::default();
        let mut there = std::collections::BTreeMap::new();
        for (add, id, tenant) in steps {
            if add {
                let one = server(id, &format!("s{id}"), tenants[tenant]);
                table = table.with(Arc::new(ServerEntry::new(&one)));
                there.insert(one.id, tenants[tenant]);
            } else {
                let id = ServerId(Uuid::from_u128(id));
                table = table.without(id);
                there.remove(&id);
            }
        }
        prop_assert_eq!(table.len(), there.len());
        let admin = caller("x", true);
        prop_assert_eq!(table.visible_to(&admin).count(), there.len());
        for (id, tenant) in there {
            let reference = match tenant {
                Some(tenant) => format!("{tenant}~s{}", id.0.as_u128()),
                None => format!("s{}", id.0.as_u128()),
            };
            prop_assert_eq!(named(&table, &admin, &reference), Ok(id));
        }
    }
}

#[test]
fn a_denied_tool_is_not_there_for_whom_it_is_denied() {
    let rule = ToolRule {
        effect: Effect::Deny,
        tools: vec!["ec*".into()],
        roles: vec![],
        groups: vec![],
        users: vec!["oid".into()],
    };
    let ruled =
        Server { tool_rules: ToolRules::check(vec![rule]).unwrap(), ..server(1, "a", None) };
    let entry = ServerEntry::new(&ruled);
    let (denied, other) = (caller("t", true), Caller { subject: "x".into(), ..caller("t", false) });
    for (who, there) in [(Some(&denied), false), (Some(&other), true), (None, false)] {
        let offered = entry.offered_to(who);
        assert_eq!(offered.find(DefinitionKind::Tool, "echo").is_some(), there);
        assert_eq!(offered.definitions(DefinitionKind::Tool).count(), usize::from(there));
        assert_eq!(offered.offers_any(DefinitionKind::Tool), there);
    }
}

fn collection(id: u128, slug: &str, tenant: Option<&str>, members: Vec<Member>) -> Collection {
    let draft = CollectionDraft {
        slug: slug.to_owned(),
        name: slug.to_owned(),
        description: None,
        instructions: None,
        members,
    };
    Collection {
        id: CollectionId(Uuid::from_u128(id)),
        tenant: tenant.map(|text| TenantId::parse(text).unwrap()),
        content: CollectionContent::check(draft).unwrap(),
        made_by: crate::id::UserId(Uuid::nil()),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        revision: Revision::FIRST,
    }
}

fn whole(server: u128) -> Member {
    let server = ServerId(Uuid::from_u128(server));
    Member { server, tools: None, prompts: true, resources: true }
}

#[test]
fn a_collection_is_found_in_the_callers_tenant_first_and_never_in_a_strangers() {
    let table = RoutingTable::default()
        .with_collection(&collection(1, "office", None, vec![]))
        .with_collection(&collection(2, "office", Some("contoso"), vec![]))
        .with_collection(&collection(3, "theirs", Some("fabrikam"), vec![]));
    let found = |caller: &Caller, text: &str| {
        table.collection(caller, text).map(|entry| entry.id.0.as_u128())
    };
    let (ada, root) = (caller("contoso", false), caller("contoso", true));
    assert_eq!(found(&ada, "office"), Some(2));
    assert_eq!(found(&caller("fabrikam", false), "office"), Some(1));
    assert_eq!(found(&ada, "fabrikam~theirs"), None);
    assert_eq!(found(&root, "fabrikam~theirs"), Some(3));
    assert_eq!(found(&ada, "theirs"), None);
    let moved = table.with_collection(&collection(2, "desk", Some("contoso"), vec![]));
    assert_eq!(moved.collection(&ada, "office").unwrap().id.0.as_u128(), 1);
    assert!(moved.collection(&ada, "desk").is_some());
    assert!(
        moved
            .without_collection(CollectionId(Uuid::from_u128(2)))
            .collection(&ada, "desk")
            .is_none()
    );
}

#[test]
fn what_a_collection_has_is_never_more_than_the_server_offers_its_caller() {
    let mut ruled = server(1, "files", None);
    let deny = ToolRule {
        effect: Effect::Deny,
        tools: vec!["echo".into()],
        roles: vec![],
        groups: vec![],
        users: vec!["oid".into()],
    };
    let entry = ServerEntry::new(&ruled);
    ruled.tool_rules = ToolRules::check(vec![deny]).unwrap();
    let denied = ServerEntry::new(&ruled);
    let ada = caller("contoso", false);
    let has = |member: Member, server: &ServerEntry| {
        let collection = CollectionEntry::new(&collection(1, "office", None, vec![member]));
        let selection = collection.select(server, &ada);
        selection.is_some_and(|it| it.find(DefinitionKind::Tool, "echo").is_some())
    };
    let none = Member { tools: Some(vec![]), ..whole(1) };
    assert!(has(whole(1), &entry));
    assert!(!has(none, &entry));
    assert!(!has(whole(2), &entry), "the server is in no collection");
    assert!(!has(whole(1), &denied));
}
