//! What documents tell is what there is: metrics for those who watch, tests for those who worry.

use std::collections::BTreeSet;
use std::fs;

fn committed(path: &str) -> String {
    let path = format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The first cells of a table's rows that are one name and nothing else, of rows that begin so.
fn names<'a>(text: &'a str, begins: &[&str]) -> Vec<&'a str> {
    let first = |line: &'a str| line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name);
    let named = text.lines().filter_map(first);
    named.filter(|name| begins.iter().any(|begin| name.starts_with(begin))).collect()
}

#[test]
fn operations_say_of_each_metric_what_to_do_when_it_moves() {
    let (told, watched) = (committed("docs/TELEMETRY.md"), committed("docs/OPERATIONS.md"));
    let metrics = ["mcp_registry_", "process_"];
    assert!(names(&told, &metrics).len() > 30);
    assert_eq!(names(&watched, &metrics), names(&told, &metrics), "in the same order");
}

#[test]
fn each_metric_of_an_alert_is_one_that_there_is() {
    let operations = committed("docs/OPERATIONS.md");
    let known = BTreeSet::from_iter(names(&operations, &["mcp_registry_", "process_"]));
    let words = operations.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
    let used: BTreeSet<&str> = words
        .filter(|word| word.starts_with("mcp_registry_"))
        .map(|word| word.strip_suffix("_bucket").unwrap_or(word))
        .collect();
    let unknown: Vec<_> = used.difference(&known).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn each_test_that_the_threat_model_names_is_there() {
    let security = committed("docs/SECURITY.md");
    let (_, model) = security.split_once("## Threat model").unwrap();
    let (model, _) = model.split_once("\n## ").unwrap();
    let rows: Vec<&str> = model.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    assert!(rows.len() >= 14, "{}", rows.len());
    for row in rows {
        let named: Vec<&str> =
            row.split('`').skip(1).step_by(2).filter(|name| name.contains(".rs::")).collect();
        assert!(!named.is_empty(), "no test: {row}");
        for test in named {
            let (path, function) = test.split_once("::").unwrap();
            let source = committed(path);
            assert!(source.contains(&format!("fn {function}(")), "{test} is not there");
        }
    }
}

#[test]
fn links_between_the_pages_of_operations_lead_somewhere() {
    for page in
        ["OPERATIONS.md", "SECURITY.md", "deploy/azure.md", "deploy/containers.md", "DATABASE.md"]
    {
        let text = committed(&format!("docs/{page}"));
        let folder = page.rsplit_once('/').map_or("docs", |_| "docs/deploy");
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("http") {
                continue;
            }
            let (path, anchor) = link.split_once('#').map_or((link, None), |(p, a)| (p, Some(a)));
            let target =
                if path.is_empty() { text.clone() } else { committed(&format!("{folder}/{path}")) };
            let heads = |anchor: &str| {
                let as_anchor = |line: &str| {
                    let title = line.trim_start_matches('#').trim().to_lowercase();
                    let kept =
                        title.chars().filter(|one| one.is_alphanumeric() || " -_".contains(*one));
                    kept.collect::<String>().replace(' ', "-")
                };
                target.lines().any(|line| line.starts_with('#') && as_anchor(line) == anchor)
            };
            assert!(anchor.is_none_or(heads), "{page}: {link}");
        }
    }
}
