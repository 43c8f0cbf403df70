//! The settings as docs/SETTINGS.md and `.env.example` tell them are those that the program reads.

use std::{collections::BTreeSet, fs};

use crate::support::{run, well};

fn committed(path: &str) -> String {
    let path = format!("{}/../../{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The variables in the first cells of a row: its name, and in the second its other names.
fn names(row: &str, cells: usize) -> Vec<&str> {
    let named =
        row.split('|').skip(1).take(cells).flat_map(|cell| cell.split('`').skip(1).step_by(2));
    named.collect()
}

fn rows(table: &str) -> impl Iterator<Item = &str> {
    table.lines().filter(|line| line.starts_with("| `"))
}

#[tokio::test]
async fn the_table_of_settings_has_the_rows_of_config_in_their_order() {
    let config = well(&run(&["config"], &[]));
    let read: Vec<&str> =
        config.lines().map(|line| line.split_whitespace().next().unwrap_or_default()).collect();
    let table = committed("docs/SETTINGS.md");
    let told: Vec<&str> = rows(&table).flat_map(|row| names(row, 1)).collect();
    assert_eq!(told, read, "docs/SETTINGS.md, and what `mcp-registry config` prints");
}

#[tokio::test]
async fn the_example_of_an_env_file_has_every_setting_under_one_of_its_names_and_no_other() {
    let (table, example) = (committed("docs/SETTINGS.md"), committed(".env.example"));
    let shown: BTreeSet<&str> = example
        .lines()
        .filter_map(|line| line.trim_start_matches(['#', ' ']).split_once('='))
        .map(|(name, _)| name)
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'))
        .collect();
    let mut known = BTreeSet::new();
    for row in rows(&table) {
        let names = names(row, 2);
        assert!(names.iter().any(|name| shown.contains(name)), "{names:?} are not in .env.example");
        known.extend(names);
    }
    let unknown: Vec<&&str> = shown.difference(&known).collect();
    assert!(unknown.is_empty(), "in .env.example, but not in docs/SETTINGS.md: {unknown:?}");
}
