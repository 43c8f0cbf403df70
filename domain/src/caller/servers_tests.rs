//! Behaviours of the access matrix of servers.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::caller::Groups;
use crate::endpoint::{EgressPolicy, EndpointUrl, Transport};
use crate::id::{Alias, Revision, ServerId};
use crate::server::{HealthStatus, PinnedManifest, ToolRules};

fn policy(api_mode: ApiMode, require_approval: bool) -> RegistryPolicy {
    RegistryPolicy {
        four_eyes: false,
        egress: EgressPolicy::Development,
        drift: crate::manifest::DriftPolicy::Withhold,
        alias_quarantine: Duration::ZERO,
        api_mode,
        require_approval,
        protect_admin_reads: false,
        enable_legacy_sse: false,
        api_keys: false,
        inline_discovery: Duration::ZERO,
    }
}

fn tenant(text: &str) -> TenantId {
    TenantId::parse(text).unwrap()
}

fn caller(id: u128, roles: &[Role]) -> Caller {
    Caller {
        subject: format!("oid-{id}"),
        user: Some(UserId(Uuid::from_u128(id))),
        tenant: Some(tenant("contoso")),
        email: None,
        display_name: None,
        roles: roles.to_vec(),
        groups: Groups::default(),
        is_admin: roles.contains(&Role::Admin),
        expires_at: Timestamp::MAX,
        assertion: None,
    }
}

fn server_of(owner: u128) -> Server {
    Server {
        id: ServerId(Uuid::from_u128(1)),
        name: "files".into(),
        alias: Alias::parse("files").unwrap(),
        endpoint_url: EndpointUrl::parse("http://127.0.0.1:1/mcp").unwrap(),
        transport: Transport::Http,
        version: "1.0.0".into(),
        description: None,
        capabilities: serde_json::Map::new(),
        tags: vec![],
        health: HealthStatus::Unknown,
        tenant: None,
        registration: None,
        owner: Some(UserId(Uuid::from_u128(owner))),
        listed_by: ListedBy::Person,
        auto_discover: true,
        manifest: PinnedManifest::Awaited,
        drift: None,
        tool_rules: ToolRules::default(),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        revision: Revision::FIRST,
    }
}

#[test]
fn each_mode_says_who_writes() {
    let server = server_of(2);
    let anyone = None;
    let (admin, owner, other_owner, person) = (
        caller(1, &[Role::Admin]),
        caller(2, &[Role::ServerOwner]),
        caller(3, &[Role::ServerOwner]),
        caller(4, &[Role::User]),
    );
    let (open, protected) = (policy(ApiMode::Open, false), policy(ApiMode::Protected, false));
    let read_only = policy(ApiMode::ReadOnly, false);
    let denied = |policy: &RegistryPolicy, caller: Option<&Caller>| {
        let list = ServerAction::List { tenant: None };
        [list, ServerAction::Replace(&server), ServerAction::Remove(&server)]
            .map(|action| authorize_server(policy, caller, action).err())
    };
    for caller in [anyone, Some(&admin), Some(&person)] {
        assert_eq!(denied(&open, caller), [None, None, None]);
        assert_eq!(denied(&read_only, caller), [Some(Denied::ReadOnly); 3]);
    }
    assert_eq!(denied(&protected, anyone), [Some(Denied::SignInRequired); 3]);
    assert_eq!(denied(&protected, Some(&person)), [Some(Denied::NotAdmin); 3]);
    assert_eq!(denied(&protected, Some(&admin)), [None, None, None]);
    assert_eq!(denied(&protected, Some(&owner)), [None, None, None]);
    let foreign = Some(Denied::NotOwner);
    assert_eq!(denied(&protected, Some(&other_owner)), [None, foreign, foreign]);
}

#[test]
fn where_approval_is_required_only_administrators_list_directly() {
    let strict = policy(ApiMode::Open, true);
    let server = server_of(2);
    let owner = caller(2, &[Role::ServerOwner]);
    for action in [ServerAction::List { tenant: None }, ServerAction::Replace(&server)] {
        for caller in [None, Some(&owner)] {
            let refused = authorize_server(&strict, caller, action).err();
            assert_eq!(refused, Some(Denied::ApprovalRequired));
        }
        let admin = caller(1, &[Role::Admin]);
        assert!(authorize_server(&strict, Some(&admin), action).is_ok());
    }
    assert!(authorize_server(&strict, Some(&owner), ServerAction::Remove(&server)).is_ok());
}

#[test]
fn nobody_signed_in_sees_all_tenants_in_open_mode_alone() {
    let (open, protected) = (policy(ApiMode::Open, false), policy(ApiMode::Protected, false));
    let read = |policy: &RegistryPolicy, asked: TenantScope| {
        authorize_server(policy, None, ServerAction::Read(&asked))
    };
    let contoso = TenantScope::Only(tenant("contoso"));
    assert_eq!(read(&open, TenantScope::All), Ok(TenantScope::All));
    assert_eq!(read(&open, contoso.clone()), Ok(contoso.clone()));
    assert_eq!(read(&protected, TenantScope::All), Ok(TenantScope::Shared));
    assert_eq!(read(&protected, contoso), Ok(TenantScope::Nothing));
}

#[test]
fn who_is_signed_in_sees_their_tenant_and_names_no_other() {
    let open = policy(ApiMode::Open, false);
    let (person, admin) = (caller(4, &[Role::User]), caller(1, &[Role::Admin]));
    let read = |caller: &Caller, asked: TenantScope| {
        authorize_server(&open, Some(caller), ServerAction::Read(&asked))
    };
    let own = tenant("contoso");
    let other = TenantScope::Only(tenant("fabrikam"));
    assert_eq!(read(&person, TenantScope::All), Ok(TenantScope::Of(own.clone())));
    assert_eq!(read(&person, TenantScope::Only(own.clone())), Ok(TenantScope::Only(own.clone())));
    assert_eq!(read(&person, other.clone()), Err(Denied::TenantDenied));
    assert_eq!(read(&admin, TenantScope::All), Ok(TenantScope::All));
    assert_eq!(read(&admin, other.clone()), Ok(other));

    let list = |caller: &Caller, tenant: Option<&TenantId>| {
        authorize_server(&open, Some(caller), ServerAction::List { tenant })
    };
    let fabrikam = tenant("fabrikam");
    assert_eq!(list(&person, None), Ok(TenantScope::Only(own)));
    assert_eq!(list(&person, Some(&fabrikam)), Err(Denied::TenantDenied));
    assert_eq!(list(&admin, None), Ok(TenantScope::Shared));
    assert_eq!(list(&admin, Some(&fabrikam)), Ok(TenantScope::Only(fabrikam)));
}

#[test]
fn numbers_are_kept_from_strangers_where_that_is_wished_and_the_api_is_not_open() {
    let count = |api_mode, caller: Option<&Caller>| {
        let policy = RegistryPolicy { protect_admin_reads: true, ..policy(api_mode, false) };
        authorize_server(&policy, caller, ServerAction::Count(&TenantScope::All))
    };
    let (person, admin) = (caller(4, &[Role::User]), caller(1, &[Role::Admin]));
    assert_eq!(count(ApiMode::Open, None), Ok(TenantScope::All));
    for mode in [ApiMode::Protected, ApiMode::ReadOnly] {
        assert_eq!(count(mode, None), Err(Denied::SignInRequired));
        assert_eq!(count(mode, Some(&person)), Err(Denied::NotAdmin));
        assert_eq!(count(mode, Some(&admin)), Ok(TenantScope::All));
    }
}
