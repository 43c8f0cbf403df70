//! The file, as it is written and read.

use super::*;
use crate::ports::{ArchiveSink as _, ArchiveSource as _};

fn table(name: &str) -> &'static Table {
    TABLES.iter().find(|table| table.name == name).unwrap()
}

fn written(rows: &[(&str, &str)]) -> String {
    let mut bytes = Vec::new();
    let mut writer = ArchiveWriter::new(&mut bytes, "7").unwrap();
    for (name, row) in rows {
        writer.row(table(name), row).unwrap();
    }
    writer.finish().unwrap();
    String::from_utf8(bytes).unwrap()
}

/// What is read, or what is said of the file.
fn read(text: &str) -> Result<Vec<(&'static str, String)>, String> {
    let mut reader = ArchiveReader::new(text.as_bytes(), "7").map_err(|fault| fault.to_string())?;
    let mut batches = Vec::new();
    while let Some(batch) = reader.next().map_err(|fault| fault.to_string())? {
        batches.push((batch.table.name, batch.rows));
    }
    Ok(batches)
}

const CONTENT: &str = r#"{"document_id":"d","content":"00ff"}"#;
const CHAIN: &str = r#"{"log":"audit","id":"c","closed_at":null,"day":"2026-11-21"}"#;

fn sample() -> String {
    written(&[("document_contents", CONTENT), ("document_contents", CONTENT), ("chains", CHAIN)])
}

#[track_caller]
fn refused(text: &str, why: &str) {
    let told = read(text).unwrap_err();
    assert!(told.contains(why), "{told}");
}

#[test]
fn what_is_written_is_read_in_batches_of_one_table() {
    let one = r#"[{"content":"00ff","document_id":"d"}]"#.to_owned();
    let chain = r#"[{"closed_at":null,"day":"2026-11-21","id":"c","log":"audit"}]"#.to_owned();
    let expected =
        vec![("document_contents", one.clone()), ("document_contents", one), ("chains", chain)];
    assert_eq!(read(&sample()), Ok(expected));
    assert_eq!(read(&written(&[])), Ok(vec![]));
}

#[test]
fn documents_and_flags_have_one_spelling() {
    let stored = r#"{"server_id":"s","definitions":"a\u0000b","since":"t","refused":0}"#;
    let line = r#"{"definitions":"a�b","refused":false,"server_id":"s","since":"t"}"#;
    assert!(written(&[("server_drifts", stored)]).contains(line));
    let text = row::normal(
        &Table { name: "t", key: &[], rows_at_once: 1, columns: &[("d", Kind::Json)] },
        r#"{"d":"{\"b\": 1.0, \"a\":[]}"}"#,
    );
    assert_eq!(text, Ok(r#"{"d":"{\"a\":[],\"b\":1}"}"#.to_owned()));
}

#[test]
fn a_row_that_is_not_as_its_table_is_not_written() {
    let mut writer = ArchiveWriter::new(Vec::new(), "7").unwrap();
    for row in ["[]", "{}", r#"{"document_id":"d","content":7}"#, r#"{"document_id":"d","x":""}"#] {
        assert!(writer.row(table("document_contents"), row).is_err(), "{row}");
    }
}

#[test]
fn a_file_that_was_cut_off_changed_or_added_to_is_refused_by_its_line() {
    let whole = sample();
    for cut in 0..whole.len() {
        assert!(read(&whole[..cut]).is_err(), "{cut}");
    }
    refused(&whole[..whole.find(r#"{"end""#).unwrap()], "line 4: the archive is cut off");
    refused(&whole.replacen("00ff", "00fe", 1), "line 5: the checksum is not that");
    refused(&whole.replace(r#""rows":3"#, r#""rows":4"#), "3 rows were read, 4 were written");
    refused(&format!("{whole}\n"), "there is more after the end");
    refused(
        &whole.replace("content\":\"00ff\"", "content\":true"),
        "content is not what it should",
    );
    refused(&whole.replace("\"log\"", "\"lag\""), "line 4: chains has no column lag");
    refused(&whole.replace("\"chains\"", "\"users\""), "line 4: rows of users come too late");
    refused(&whole.replace("\"chains\"", "\"kings\""), "line 4: there is no table kings");
}

#[test]
fn an_archive_of_another_form_or_schema_is_refused_at_once() {
    let whole = sample();
    refused("", "the file is empty");
    refused("PK\u{3}\n", "line 1: not the head of an archive");
    refused(&whole.replace("\"version\":1", "\"version\":2"), "of version 2; what is read is");
    refused(
        &whole.replace("\"schema\":\"7\"", "\"schema\":\"8\""),
        "of schema 8, this program's is 7",
    );
}

#[test]
fn each_table_is_described_once_with_a_key_of_its_columns() {
    for (index, table) in TABLES.iter().enumerate() {
        assert!(table.rows_at_once > 0);
        assert!(TABLES.iter().skip(index + 1).all(|other| other.name != table.name));
        assert!(LEFT_OUT.iter().all(|(name, _)| *name != table.name));
        for key in table.key {
            assert!(table.kind_of(key).is_some(), "{key}");
        }
    }
}
