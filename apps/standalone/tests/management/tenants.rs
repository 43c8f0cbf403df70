//! Tenants: a token binds to its own, an administrator to none, and nobody's word is a claim.

use registry_testkit::{Api, eventually};
use serde_json::json;

use crate::support::{
    Registry, SERVERS, assert_problem, listed, names, path_of, register, server, server_with,
};

/// A server of each of two tenants and one of nobody's, and people of both tenants.
struct Tenants {
    registry: Registry,
    contoso: Api,
    fabrikam: Api,
    admin: Api,
}

impl Tenants {
    async fn start(mode: &str) -> Self {
        let registry = Registry::with(&[("MREG_PUBLIC_API_MODE", mode)]).await;
        let admin = registry.admin().await;
        for (name, tenant) in
            [("c", json!("contoso")), ("f", json!("fabrikam")), ("all", json!(null))]
        {
            register(&admin, &server_with(name, &json!({ "tenant_id": tenant }))).await;
        }
        let contoso = registry.someone(json!({ "subject": "ada", "tenant": "contoso" })).await;
        let fabrikam = registry.someone(json!({ "subject": "eve", "tenant": "fabrikam" })).await;
        Self { registry, contoso, fabrikam, admin }
    }
}

#[tokio::test]
async fn a_token_sees_its_tenant_and_what_is_everybodys() {
    let tenants = Tenants::start("protected").await;
    assert_eq!(listed(&tenants.contoso, "").await, ["all", "c"]);
    assert_eq!(listed(&tenants.fabrikam, "").await, ["all", "f"]);
    assert_eq!(listed(&tenants.contoso, "tenant_id=contoso").await, ["c"]);
    let other = tenants.contoso.get(&format!("{SERVERS}?tenant_id=fabrikam")).await;
    assert_problem(&other, 403, "TENANT_ACCESS_DENIED");
    assert_eq!(listed(&tenants.admin, "").await, ["all", "f", "c"]);
    assert_eq!(listed(&tenants.admin, "tenant_id=fabrikam").await, ["f"]);
}

/// What may be asked of one tenant, and how many servers each answer tells of.
const BY_TENANT: [&str; 4] =
    [SERVERS, "/api/v1/discovery/tools", "/api/v1/router/metrics", "/api/v1/admin/stats"];

async fn told_of(api: &Api, path: &str, tenant: &str) -> u64 {
    let shown = api.get(&format!("{path}?tools=*&tenant_id={tenant}")).await.expect(200).json();
    let list = |list: &serde_json::Value| Some(u64::try_from(list.as_array()?.len()).unwrap());
    list(&shown)
        .or_else(|| list(&shown["servers"]))
        .or_else(|| shown["summary"]["total_servers"].as_u64())
        .or_else(|| shown["total_servers"].as_u64())
        .unwrap()
}

#[tokio::test]
async fn one_rule_holds_wherever_a_tenant_is_named() {
    for (mode, to_strangers) in [("open", 1), ("protected", 0)] {
        let tenants = Tenants::start(mode).await;
        for tenant in ["contoso", "fabrikam"] {
            let declared = json!({ "tenant_id": tenant, "capabilities": ["read_file"] });
            let server = server_with(&format!("of {tenant}"), &declared);
            register(&tenants.admin, &server).await;
        }
        for path in BY_TENANT {
            // Of each tenant there is one with a tool and one without.
            let all = if path.ends_with("tools") { 1 } else { 2 };
            eventually("what calls know has caught up", async || {
                let shown = tenants.admin.get("/api/v1/router/metrics").await.expect(200).json();
                (shown["summary"]["total_servers"] == 5).then_some(())
            })
            .await;
            let told = told_of(&tenants.registry.anyone, path, "contoso").await;
            assert_eq!(told, to_strangers * all, "{mode} {path}");
            assert_eq!(told_of(&tenants.contoso, path, "contoso").await, all, "{mode} {path}");
            assert_eq!(told_of(&tenants.admin, path, "fabrikam").await, all, "{mode} {path}");
            let other = tenants.contoso.get(&format!("{path}?tools=*&tenant_id=fabrikam")).await;
            assert_problem(&other, 403, "TENANT_ACCESS_DENIED");
            let nobody = tenants.contoso.get(&format!("{path}?tools=*&tenant_id=%20%01")).await;
            assert_problem(&nobody, 422, "VALIDATION_ERROR");
        }
    }
}

#[tokio::test]
async fn a_server_of_another_tenant_is_unknown() {
    let tenants = Tenants::start("open").await;
    let list = tenants.admin.get(&format!("{SERVERS}?name=c")).await.expect(200).json();
    let path = path_of(&list[0]);
    tenants.contoso.get(&path).await.expect(200);
    for answer in [
        tenants.fabrikam.get(&path).await,
        tenants.fabrikam.put(&path, &server("mine")).await,
        tenants.fabrikam.delete(&path).await,
    ] {
        assert_problem(&answer, 404, "SERVER_NOT_FOUND");
    }
    tenants.contoso.get(&path).await.expect(200);
}

#[tokio::test]
async fn a_stranger_sees_all_tenants_in_open_mode_only() {
    let open = Tenants::start("open").await;
    assert_eq!(listed(&open.registry.anyone, "").await, ["all", "f", "c"]);
    assert_eq!(listed(&open.registry.anyone, "tenant_id=contoso").await, ["c"]);
    let closed = Tenants::start("protected").await;
    assert_eq!(listed(&closed.registry.anyone, "").await, ["all"]);
}

#[tokio::test]
async fn what_somebody_lists_belongs_to_their_tenant() {
    let tenants = Tenants::start("open").await;
    let made = register(&tenants.contoso, &server("mine")).await;
    assert_eq!(made["tenant_id"], "contoso");
    let spoofed = server_with("theirs", &json!({ "tenant_id": "fabrikam" }));
    assert_problem(&tenants.contoso.post(SERVERS, &spoofed).await, 403, "TENANT_ACCESS_DENIED");
    register(&tenants.admin, &spoofed).await;
}

#[tokio::test]
async fn two_tenants_may_use_one_name() {
    let tenants = Tenants::start("open").await;
    register(&tenants.contoso, &server("same")).await;
    register(&tenants.fabrikam, &server("same")).await;
    assert_problem(
        &tenants.contoso.post(SERVERS, &server("same")).await,
        409,
        "SERVER_NAME_CONFLICT",
    );
}

#[tokio::test]
async fn looking_for_tools_stays_within_the_tenant() {
    let tenants = Tenants::start("protected").await;
    let declared = |tenant: &str| {
        server_with(tenant, &json!({ "tenant_id": tenant, "capabilities": ["read_file"] }))
    };
    for tenant in ["contoso", "fabrikam"] {
        register(&tenants.admin, &declared(tenant)).await;
    }
    let path = "/api/v1/discovery/tools?tools=read_file";
    let found = async |api: &Api| names(&api.get(path).await.expect(200).json()["servers"]);
    assert_eq!(found(&tenants.contoso).await, ["contoso"]);
    assert_eq!(found(&tenants.admin).await, ["contoso", "fabrikam"]);
    assert_eq!(found(&tenants.registry.anyone).await, [""; 0]);
    let other = tenants.contoso.get(&format!("{path}&tenant_id=fabrikam")).await;
    assert_problem(&other, 403, "TENANT_ACCESS_DENIED");
}
