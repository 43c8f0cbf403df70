//! Servers that sign people in by themselves: each person connects them on a page, calls with a token
//! of their own, and takes that back.

use registry_testkit::upstreams::{Granting, KNOWN_SECRET};
use registry_testkit::{Answer, Api, eventually};
use serde_json::{Value, json};
use url::Url;

use crate::support::World;

const PAGE: &str = "/connect/files";

/// A product with such a server.
struct Connecting {
    world: World,
    upstream: Granting,
    /// Where its credential is set.
    credential: String,
}

impl Connecting {
    async fn start() -> Self {
        Self::with(json!({ "kind": "user_grant" }), Granting::start()).await
    }

    async fn with(credential: Value, upstream: Granting) -> Self {
        let world = World::with(&[("MREG_PUBLIC_API_MODE", "open")]).await;
        world.entra.allow_redirect(&format!("{}/oauth/callback", world.base()));
        let admin = Api::service(&world.program).with_token(&world.entra.access_token("Grace"));
        let draft = json!({ "name": "Files", "endpoint_url": upstream.url(), "alias": "files" });
        let made = admin.post("/api/v1/servers", &draft).await.expect(201).json();
        let path = format!("/api/v1/servers/{}/credential", made["id"].as_str().expect("an id"));
        let told = admin.put(&path, &credential).await.expect(200).json();
        assert_eq!(told["kind"], "user_grant");
        let connecting = Self { world, upstream, credential: path };
        eventually("the gateway asks people to connect", async || {
            connecting.call("Grace").await.text().contains(PAGE).then_some(())
        })
        .await;
        connecting
    }

    fn api(&self, who: &str) -> Api {
        self.world.gateway().with_token(&self.world.entra.access_token(who))
    }

    async fn call(&self, who: &str) -> Answer {
        let params = json!({ "name": "files__echo", "arguments": {} });
        self.api(who).mcp("/mcp", "tools/call", params).await.expect(200)
    }

    /// A browser that somebody is signed in with.
    async fn browser(&self, who: &str) -> Browser {
        self.world.entra.signs_in(who);
        let mut browser = Browser { base: self.world.base(), cookies: Vec::new() };
        let login = browser.get(PAGE).await.expect(302);
        assert!(login.header("location").starts_with("/oauth/login?"), "who is nobody signs in");
        let entra = browser.get(login.header("location")).await.expect(302);
        let back = browser.get(entra.header("location")).await.expect(302);
        let page = browser.get(back.header("location")).await.expect(302);
        assert_eq!(page.header("location"), format!("{}{PAGE}", self.world.base()));
        browser
    }
}

struct Browser {
    base: String,
    cookies: Vec<(String, String)>,
}

impl Browser {
    fn api(&self) -> Api {
        let pairs: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let api = Api::new(&self.base);
        if pairs.is_empty() { api } else { api.with_header("cookie", &pairs.join("; ")) }
    }

    /// Opens an address, here or elsewhere; elsewhere without our cookies.
    async fn get(&mut self, to: &str) -> Answer {
        if let Some(path) =
            to.strip_prefix(&self.base).or_else(|| to.starts_with('/').then_some(to))
        {
            let answer = self.api().get(path).await;
            for header in answer.headers.get_all("set-cookie") {
                let text = header.to_str().expect("a cookie");
                let pair = text.split(';').next().and_then(|pair| pair.split_once('='));
                let (name, value) = pair.expect("a name and a value");
                self.cookies.retain(|(known, _)| known != name);
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
            return answer;
        }
        let origin = Url::parse(to).expect("an address").origin().ascii_serialization();
        Api::new(&origin).get(&to[origin.len()..]).await
    }

    /// Sends the page's form.
    async fn decides(&mut self, decision: &str) -> Answer {
        let page = self.get(PAGE).await.expect(200).text();
        self.api()
            .post_form(PAGE, &[("transaction", transaction(&page)), ("decision", decision)])
            .await
    }

    /// From the page to where the authorization server sends the browser back.
    async fn leaves(&mut self) -> String {
        let out = self.decides("allow").await.expect(303).header("location").to_owned();
        self.get(&out).await.expect(302).header("location").to_owned()
    }

    async fn connects(&mut self) {
        let back = self.leaves().await;
        let done = self.get(&back).await.expect(303);
        assert_eq!(done.header("location"), PAGE);
    }
}

fn transaction(page: &str) -> &str {
    let (_, rest) = page.split_once("name=\"transaction\" value=\"").expect("a form");
    rest.split('"').next().expect("its value")
}

#[tokio::test]
async fn a_person_connects_a_server_calls_it_as_themselves_and_takes_that_back() {
    let all = Connecting::start().await;
    let before = all.call("Ada").await;
    assert!(before.text().contains("UPSTREAM_CONNECTION_REQUIRED"), "{}", before.text());
    assert_eq!(before.json()["result"]["isError"], true);
    let mut ada = all.browser("Ada").await;
    let page = ada.get(PAGE).await.expect(200);
    let host = all.upstream.issuer().replace("http://", "");
    for shown in ["Files", host.as_str(), "files", "not connected"] {
        assert!(page.text().contains(shown), "{shown}: {}", page.text());
    }
    assert!(page.header("content-security-policy").contains("frame-ancestors 'none'"));
    ada.connects().await;
    let called = all.call("Ada").await;
    assert!(called.text().contains("called with access-of-grant-"), "{}", called.text());
    assert!(ada.get(PAGE).await.text().contains("connected since"));
    assert!(all.call("Grace").await.text().contains(PAGE), "it is hers alone");

    // Another setting of the credential is nobody's grant any more; a client is registered once.
    let admin = Api::service(&all.world.program).with_token(&all.world.entra.access_token("Grace"));
    admin.put(&all.credential, &json!({ "kind": "user_grant" })).await.expect(200);
    eventually("she is asked again", async || {
        all.call("Ada").await.text().contains(PAGE).then_some(())
    })
    .await;
    ada.connects().await;
    assert_eq!(all.upstream.registrations(), 1);
    assert!(all.call("Ada").await.text().contains("called with access-of-grant-"));

    all.api("Ada").delete(PAGE).await.expect(204);
    all.api("Ada").delete(PAGE).await.expect(204);
    assert!(all.call("Ada").await.text().contains(PAGE));
    assert_eq!(all.upstream.revoked().len(), 1);
    assert!(all.upstream.revoked()[0].starts_with("refresh-of-grant-"));
    ada.connects().await;
    ada.decides("disconnect").await.expect(303);
    assert!(all.call("Ada").await.text().contains(PAGE));

    let logs = format!("{:?} {}", all.world.program.logs(), all.world.program.errors());
    assert!(!logs.contains("of-grant-"), "a token or a code is in the log");
    let sent = format!("{:?}", all.upstream.requests());
    assert!(!sent.contains("Bearer ey"), "a token of her own went out");
}

#[tokio::test]
async fn nobody_finishes_what_somebody_else_began_and_a_state_is_good_once() {
    let all = Connecting::start().await;
    let (mut ada, mut grace) = (all.browser("Ada").await, all.browser("Grace").await);
    let back = ada.leaves().await;
    assert!(grace.get(&back).await.expect(400).text().contains("INVALID_STATE"));
    assert!(ada.get(&back).await.expect(400).text().contains("INVALID_STATE"), "it is used up");
    assert!(all.call("Grace").await.text().contains(PAGE));
    // Herself, in another session.
    let back = ada.leaves().await;
    all.browser("Ada").await.get(&back).await.expect(400);
    // Once.
    let back = ada.leaves().await;
    ada.get(&back).await.expect(303);
    ada.get(&back).await.expect(400);
    // A form of nobody's page, or of somebody else's.
    let page = ada.get(PAGE).await.text();
    let form = [("transaction", transaction(&page)), ("decision", "allow")];
    grace.api().post_form(PAGE, &form).await.expect(400);
    ada.api().post_form(PAGE, &[("decision", "allow")]).await.expect(400);
    let foreign = ada.api().with_header("origin", "https://evil.example");
    assert!(foreign.post_form(PAGE, &form).await.expect(403).text().contains("CROSS_SITE"));
    Api::new(all.world.base()).get(&back.replace(&all.world.base(), "")).await.expect(401);
}

#[tokio::test]
async fn metadata_that_is_not_its_own_or_leads_inward_is_refused() {
    let all = Connecting::start().await;
    let mut ada = all.browser("Ada").await;
    for (change, why) in [
        (json!({ "issuer": "https://other.example" }), "another authorization server"),
        (json!({ "code_challenge_methods_supported": ["plain"] }), "PKCE"),
        (json!({ "token_endpoint": "https://169.254.169.254/token" }), "may not be called"),
        (json!({ "token_endpoint": "http://as.example/token" }), "not https"),
    ] {
        all.upstream.changes_metadata(change);
        let refused = ada.get(PAGE).await.expect(502);
        assert!(refused.text().contains("UPSTREAM_SIGN_IN_FAILED"), "{}", refused.text());
        assert!(refused.text().contains(why), "{}", refused.text());
    }
    // A code of somebody else is shown to nobody (mix-up).
    all.upstream.changes_metadata(json!({}));
    all.upstream.says_it_is("https://other.example");
    let back = ada.leaves().await;
    let asked = || all.upstream.requests().iter().filter(|it| it.path == "/token").count();
    let before = asked();
    ada.get(&back).await.expect(502);
    assert_eq!(asked(), before);
}

#[tokio::test]
async fn of_many_calls_at_once_one_refreshes_and_a_lost_grant_is_told() {
    let all = Connecting::start().await;
    let mut ada = all.browser("Ada").await;
    ada.connects().await;
    let first = all.call("Ada").await.text();
    all.upstream.expires_tokens();
    let together = tokio::join!(all.call("Ada"), all.call("Ada"), all.call("Ada"), all.call("Ada"));
    for answer in [together.0, together.1, together.2, together.3] {
        assert!(answer.text().contains("called with access-of-grant-"), "{}", answer.text());
        assert_ne!(answer.text(), first);
    }
    assert_eq!(all.upstream.refreshes(), 1, "one asked for all");

    // A server that takes no token is shown a new one, once.
    all.upstream.shuts(true);
    let refused = all.call("Ada").await;
    assert!(refused.text().contains(PAGE), "{}", refused.text());
    assert!(!refused.text().contains("upstream-realm"), "{}", refused.text());
    assert_eq!(all.upstream.refreshes(), 2);
    all.upstream.shuts(false);
    assert!(all.call("Ada").await.text().contains("called with access-of-grant-"));

    // A client of 2025-11-25 that opens addresses is asked to open one.
    all.upstream.forgets_grants();
    let api = all.api("Ada");
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": { "elicitation": { "url": {} } },
        "clientInfo": { "name": "test", "version": "1" },
    });
    let begun = api.mcp_legacy("/mcp", None, "initialize", hello).await.expect(200);
    let session = begun.header("mcp-session-id");
    let params = json!({ "name": "files__echo", "arguments": {} });
    let told = api.mcp_legacy("/mcp", Some(session), "tools/call", params.clone()).await.rpc();
    assert_eq!(told["error"]["code"], -32042, "{told}");
    let asked = &told["error"]["data"]["elicitations"][0];
    assert_eq!(asked["mode"], "url");
    assert_eq!(asked["url"], format!("{}{PAGE}", all.world.base()));
    assert!(asked["elicitationId"].is_string() && asked["message"].is_string(), "{asked}");
    // One that does not is told.
    let told = api.mcp_legacy("/mcp", None, "tools/call", params).await.rpc();
    assert_eq!(told["result"]["isError"], true, "{told}");
    ada.connects().await;
    assert!(all.call("Ada").await.text().contains("called with access-of-grant-"));
}

#[tokio::test]
async fn the_gateway_is_a_client_by_its_document_or_as_somebody_registered_it() {
    let all = Connecting::start().await;
    let mut ada = all.browser("Ada").await;
    all.upstream.registers(false);
    assert!(ada.decides("allow").await.expect(502).text().contains("register"));
    all.upstream.takes_documents(true);
    ada.connects().await;
    let document = all.world.gateway().get("/oauth/client-metadata.json").await.expect(200).json();
    assert_eq!(document["client_id"], format!("{}/oauth/client-metadata.json", all.world.base()));
    assert_eq!(
        document["redirect_uris"],
        json!([format!("{}/connect/callback", all.world.base())])
    );
    assert!(all.call("Ada").await.text().contains("called with access-of-grant-"));

    let upstream = Granting::start();
    upstream.registers(false);
    let credential = json!({
        "kind": "user_grant", "client_id": "known", "client_secret": KNOWN_SECRET,
        "issuer": upstream.issuer(), "scopes": ["files"],
    });
    let all = Connecting::with(credential, upstream).await;
    let mut ada = all.browser("Ada").await;
    ada.connects().await;
    assert!(all.call("Ada").await.text().contains("called with access-of-grant-"));
    let secret = all.world.program.errors() + &format!("{:?}", all.world.program.logs());
    assert!(!secret.contains(KNOWN_SECRET));
    // One who is registered elsewhere is not shown to whom the server names.
    let admin = Api::service(&all.world.program).with_token(&all.world.entra.access_token("Grace"));
    let elsewhere =
        json!({ "kind": "user_grant", "client_id": "known", "issuer": "https://other.example" });
    admin.put(&all.credential, &elsewhere).await.expect(200);
    eventually("it is looked for elsewhere", async || {
        let page = ada.get(PAGE).await;
        (page.status == 502 && page.text().contains("another authorization server")).then_some(())
    })
    .await;
    let lonely = json!({ "kind": "user_grant", "client_id": "known" });
    assert!(admin.put(&all.credential, &lonely).await.expect(422).text().contains("issuer"));
}
