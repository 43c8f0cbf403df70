//! The clients of the official SDKs, as they are: discovery, becoming a client, consent, sign-in,
//! tokens, a call, and the renewal of the token. What they run is in `tools/sdks`.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use registry_testkit::upstreams::{RmcpOptions, RmcpServer};
use serde_json::{Value, json};

use crate::browser::REDIRECT;
use crate::support::World;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tools/sdks");

/// The Python that has the SDK; both SDKs are ready when this returns.
fn python() -> &'static str {
    static PYTHON: OnceLock<String> = OnceLock::new();
    PYTHON.get_or_init(|| {
        let done = Command::new(format!("{FOLDER}/install")).output().expect("install runs");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "the SDKs cannot be installed: {said}");
        String::from_utf8(done.stdout).expect("a path").trim().to_owned()
    })
}

/// One of the SDKs' clients.
#[derive(Clone, Copy, Debug)]
enum Sdk {
    TypeScript1,
    TypeScript2,
    Python,
}

const ALL: [Sdk; 3] = [Sdk::TypeScript1, Sdk::TypeScript2, Sdk::Python];

impl Sdk {
    /// Runs it against an endpoint; what it found and got.
    async fn run(self, url: String, tool: &'static str, client: Value) -> Value {
        let python = python();
        let ran = tokio::task::spawn_blocking(move || {
            let mut command = match self {
                Self::TypeScript1 | Self::TypeScript2 => {
                    let generation = if matches!(self, Self::TypeScript1) { "v1" } else { "v2" };
                    let mut command = Command::new("node");
                    command.args(["oauth.mjs", generation]);
                    command
                }
                Self::Python => {
                    let mut command = Command::new(python);
                    command.arg("oauth.py");
                    command
                }
            };
            command.args([&url, tool]).current_dir(FOLDER);
            command.env("OAUTH_CLIENT", client.to_string()).output().expect("the client runs")
        });
        let done = ran.await.expect("the client is waited for");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{self:?}: {said}");
        serde_json::from_slice(&done.stdout).expect("what it found")
    }
}

fn went_well(sdk: Sdk, found: &Value, tool: &str) {
    let tools = found["called"]["tools"].as_array().unwrap();
    assert!(tools.contains(&json!(tool)), "{sdk:?}: {found}");
    assert_eq!(found["called"]["answer"][0]["text"], "hello", "{sdk:?}: {found}");
    assert_eq!(found["is_renewed"], true, "{sdk:?}: {found}");
}

#[tokio::test]
async fn the_sdks_register_sign_in_call_and_renew() {
    let world = World::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    world.list("files", &upstream.url()).await;
    for sdk in ALL {
        let found = sdk.run(format!("{}/mcp", world.base()), "files__echo", json!({})).await;
        went_well(sdk, &found, "files__echo");
        let own = format!("{}/servers/files/mcp", world.base());
        went_well(sdk, &sdk.run(own, "echo", json!({})).await, "echo");
    }
    assert!(world.entra.grants("refresh_token") >= 6);
}

#[tokio::test]
async fn the_sdks_need_not_register_where_the_operator_named_them() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clients.json");
    let secret = "a-secret-of-at-least-thirty-two-characters";
    let clients = json!([
        {"client_id": "open", "redirect_uris": [REDIRECT]},
        {"client_id": "closed", "redirect_uris": [REDIRECT], "client_secret": secret},
    ]);
    std::fs::write(&file, clients.to_string()).unwrap();
    let world = World::with(&[
        ("MREG_OAUTH_CLIENTS_FILE", file.to_str().unwrap()),
        ("MREG_ALLOW_DYNAMIC_REGISTRATION", "false"),
    ])
    .await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    world.list("files", &upstream.url()).await;
    for sdk in ALL {
        for known in [
            json!({"client_id": "open", "token_endpoint_auth_method": "none"}),
            json!({"client_id": "closed", "client_secret": secret, "token_endpoint_auth_method": "client_secret_post"}),
        ] {
            let id = known["client_id"].clone();
            let found = sdk.run(format!("{}/mcp", world.base()), "files__echo", known).await;
            went_well(sdk, &found, "files__echo");
            assert_eq!(found["client_id"], id, "{sdk:?}");
        }
    }
}

/// A client's site with a metadata document, under a certificate of its own.
struct Site {
    child: Child,
    address: String,
    certificate: PathBuf,
}

impl Site {
    fn start(folder: &Path) -> Self {
        let (key, certificate) = (folder.join("site.key"), folder.join("site.pem"));
        let config = folder.join("site.cnf");
        let names = "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=localhost\n\
                     [ext]\nsubjectAltName=DNS:localhost\nbasicConstraints=critical,CA:FALSE\n";
        std::fs::write(&config, names).expect("the folder can be written to");
        let made = Command::new("openssl")
            .args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"])
            .args(["-pkeyopt", "ec_paramgen_curve:prime256v1", "-config"])
            .args([&config, Path::new("-keyout"), &key, Path::new("-out"), &certificate])
            .output()
            .expect("openssl runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut child = Command::new("node")
            .arg("site.mjs")
            .args([&certificate, &key, Path::new(REDIRECT)])
            .current_dir(FOLDER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let mut address = String::new();
        let said = child.stdout.take().expect("stdout is a pipe");
        BufReader::new(said).read_line(&mut address).expect("the site says where it is");
        Self { child, address: address.trim().to_owned(), certificate }
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.child.kill().expect("a child of ours can be killed");
        self.child.wait().expect("a killed child can be waited for");
    }
}

#[tokio::test]
async fn the_sdks_need_not_register_where_they_have_a_metadata_document() {
    python();
    let folder = tempfile::tempdir().unwrap();
    let site = Site::start(folder.path());
    let world = World::with(&[
        ("SSL_CERT_FILE", site.certificate.to_str().unwrap()),
        ("MREG_ALLOW_DYNAMIC_REGISTRATION", "false"),
    ])
    .await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    world.list("files", &upstream.url()).await;
    for sdk in ALL {
        let known = json!({"metadata_url": site.address});
        let found = sdk.run(format!("{}/mcp", world.base()), "files__echo", known).await;
        went_well(sdk, &found, "files__echo");
        assert_eq!(found["client_id"], site.address, "{sdk:?}: {found}");
    }
}
