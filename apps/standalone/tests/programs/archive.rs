//! `export` and `import`: what one store has goes into another as it is, whole or not at all.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use registry_testkit::upstreams::{RmcpOptions, RmcpServer};
use registry_testkit::{Api, DataDir, Launch, TestDatabase, eventually};
use serde_json::{Value, json};

use crate::support::{admin, approve, draft, failed, run_on, stderr, submit, well};

/// A store in a folder of its own, and its settings.
struct Place {
    data: DataDir,
    url: String,
}

impl Place {
    fn file() -> Self {
        let data = DataDir::new();
        let url = format!("sqlite://{}", data.path().join("registry.db").display());
        Self { data, url }
    }

    fn settings(&self) -> [(&str, &str); 2] {
        [("DATABASE_URL", &self.url), ("MREG_AUDIT_SEAL_INTERVAL_SECONDS", "1")]
    }

    fn run(&self, command: &str, file: &Path) -> std::process::Output {
        run_on(&self.data, &[command, file.to_str().unwrap()], &self.settings())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.data.path().join(name)
    }
}

/// A registry with something of what there is: answers the id of an approved registration.
async fn filled(place: &Place) -> String {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let launch = Launch::program("mcp-registry").data_dir(&place.data).envs(&place.settings());
    let mut program = launch.start().await;
    let service = Api::service(&program).with_token(&admin(&program).await);
    let id = submit(&service, "files", &upstream.url()).await;
    approve(&service, &id).await;
    service.post("/registrations", &draft("other", "http://127.0.0.1:9/é")).await.expect(201);
    let server = json!({
        "name": "direct", "endpoint_url": "http://127.0.0.1:1/x", "transport_type": "http",
        "tags": ["b", "a"], "auto_discover": false,
    });
    service.post("/api/v1/servers", &server).await.expect(201);
    eventually("all is sealed", async || {
        let told = well(&run_on(&place.data, &["audit", "verify"], &place.settings()));
        (!told.contains("not yet sealed") && told.contains("audit: 3 records")).then_some(())
    })
    .await;
    program.terminate();
    program.wait_exit().await;
    id
}

fn lines(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn an_embedded_store_goes_to_postgresql_and_back_byte_for_byte() {
    let (file, database) = (Place::file(), TestDatabase::create().await);
    let id = filled(&file).await;
    let postgres = Place { data: DataDir::new(), url: database.url().to_owned() };
    let back = Place::file();

    let first = file.path("first.ndjson");
    let output = file.run("export", &first);
    well(&output);
    assert!(stderr(&output).contains("exported registrations: 2 rows"), "{output:?}");
    assert_eq!(fs::metadata(&first).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!file.path("first.ndjson.part").exists());

    let output = postgres.run("import", &first);
    assert!(well(&output).starts_with("imported into "), "{output:?}");
    assert!(stderr(&output).contains("read servers: 2 rows"), "{output:?}");
    let proven = well(&run_on(&postgres.data, &["audit", "verify"], &postgres.settings()));
    assert!(proven.contains("audit: 3 records in "), "{proven}");
    let second = postgres.path("second.ndjson");
    well(&postgres.run("export", &second));
    assert_eq!(fs::read(&second).unwrap(), fs::read(&first).unwrap());

    well(&back.run("import", &second));
    let third = back.path("third.ndjson");
    well(&back.run("export", &third));
    assert_eq!(fs::read(&third).unwrap(), fs::read(&first).unwrap());

    // PostgreSQL serves what the file had, and goes on: the next event has the next position.
    let launch =
        Launch::program("mcp-registry").data_dir(&postgres.data).envs(&postgres.settings());
    let program = launch.start().await;
    let service = Api::service(&program).with_token(&admin(&program).await);
    let shown = service.get(&format!("/registrations/{id}")).await.expect(200).json();
    assert_eq!((&shown["status"], &shown["alias"]), (&json!("Approved"), &json!("files")));
    service.post("/registrations", &draft("new", "http://127.0.0.1:9/new")).await.expect(201);
    let page = service.get("/registrations?limit=1").await.expect(200).json();
    assert_eq!(page["total"], 3);
}

#[tokio::test]
async fn what_is_sealed_or_a_session_is_in_no_archive() {
    let place = Place::file();
    filled(&place).await;
    let file = place.path("archive.ndjson");
    well(&place.run("export", &file));
    let lines = lines(&file);
    assert_eq!(lines.first().unwrap()["archive"], "mcp-registry");
    assert_eq!(lines.last().unwrap()["end"]["rows"], lines.len() - 2);
    for line in &lines {
        let table = line["table"].as_str().unwrap_or_default();
        assert!(!table.starts_with("oauth") && table != "sessions" && table != "leases", "{line}");
    }
    let key = fs::read_to_string(place.path("sealing.key")).unwrap_or_default();
    assert!(key.is_empty() || !fs::read_to_string(&file).unwrap().contains(key.trim()));
}

#[tokio::test]
async fn an_import_is_whole_or_nothing_and_says_why() {
    let place = Place::file();
    filled(&place).await;
    let file = place.path("archive.ndjson");
    well(&place.run("export", &file));
    let said = failed(&place.run("import", &file), 1);
    assert!(said.contains("the store is not empty: there are rows in users"), "{said}");

    let whole = fs::read_to_string(&file).unwrap();
    let (cut, _) = whole.trim_end().rsplit_once('\n').unwrap();
    let changed = whole.replacen("Server other", "Server OTHER", 1);
    let elsewhere = whole.replacen(r#""schema":"2"#, r#""schema":"1"#, 1);
    for (text, why) in [
        (format!("{cut}\n"), "the archive is cut off: it has no end"),
        (changed, "the checksum is not that of the lines before"),
        (elsewhere, "import it with the release that exported it"),
        (String::new(), "line 0: the file is empty"),
        ("PK\n".to_owned(), "line 1: not the head of an archive"),
    ] {
        let other = Place::file();
        let broken = other.path("broken.ndjson");
        fs::write(&broken, text).unwrap();
        let said = failed(&other.run("import", &broken), 1);
        assert!(said.contains(why), "{said}");
        let left = other.path("left.ndjson");
        well(&other.run("export", &left));
        assert_eq!(lines(&left).len(), 2, "nothing was imported");
        // And the store takes what is whole.
        well(&other.run("import", &file));
    }
    let said = failed(&place.run("import", Path::new("nowhere.ndjson")), 1);
    assert!(said.contains("nowhere.ndjson"), "{said}");
}

#[tokio::test]
async fn an_export_overwrites_nothing_and_writes_to_standard_output_if_asked() {
    let place = Place::file();
    let file = place.path("archive.ndjson");
    well(&place.run("export", &file));
    let said = failed(&place.run("export", &file), 2);
    assert!(said.contains("is there already"), "{said}");
    let printed = well(&place.run("export", Path::new("-")));
    assert_eq!(printed, fs::read_to_string(&file).unwrap());
    let said = failed(&place.run("export", Path::new("/nowhere/archive")), 1);
    assert!(said.contains("/nowhere/archive.part cannot be written"), "{said}");
    let full = failed(&place.run("export", Path::new("/dev/full")), 2);
    assert!(full.contains("is there already"), "{full}");
}
