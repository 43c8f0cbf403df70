//! Whether product and floor answer alike: a floor that left something out would be no floor.

use serde_json::Value;

use super::{
    operation::{CONTACT, LIST, Operation, clear, draft, exchange},
    stage::{Side, Stage},
};
use crate::runner::{Error, Result, http::Answer};

/// What differs between two rows of the same content.
const OWN: [&str; 6] =
    ["registration_id", "server_id", "submitted_at", "approved_at", "created_at", "updated_at"];

/// Compares an answer of each operation, and takes away what that has made.
pub fn check(stage: &mut Stage) -> Result<()> {
    let one = stage.ids.first().ok_or("nothing was seeded")?;
    for path in [LIST.to_owned(), format!("/registrations/{one}")] {
        let [ours, bare] = both(|side| exchange(stage, side, "GET", &path, ""))?;
        compare(&format!("GET {path}"), 200, &ours, &bare)?;
        if ours.body != bare.body {
            return Err(differ(&path, &ours, &bare));
        }
    }
    let body = draft(&format!("{}/same", stage.silent_upstream()?), "same");
    let [ours, bare] = both(|side| exchange(stage, side, "POST", "/registrations", &body))?;
    compare("POST /registrations", 201, &ours, &bare)?;
    both(|side| clear(stage.database(side)))?;
    both(|side| Operation::Approve.prepare(stage, side, 1))?;
    let [ours, bare] = both(|side| {
        let waits = format!(
            "SELECT registration_id FROM registrations \
             WHERE owner_contact = '{CONTACT}' AND endpoint_name = 'load-1'"
        );
        let id = stage.database(side).texts(&waits)?.pop().ok_or("nothing to approve")?;
        let path = format!("/registrations/{id}/status");
        exchange(stage, side, "PATCH", &path, r#"{"status":"Approved"}"#)
    })?;
    compare("PATCH status", 200, &ours, &bare)?;
    both(|side| clear(stage.database(side)))?;
    Ok(())
}

fn both<T>(mut of: impl FnMut(Side) -> Result<T>) -> Result<[T; 2]> {
    Ok([of(Side::Product)?, of(Side::Floor)?])
}

/// The same members and values but for ids and times, and headers of nearly the same size.
fn compare(what: &str, status: u16, ours: &Answer, bare: &Answer) -> Result<()> {
    let alike = plain(ours)? == plain(bare)? && ours.body.len() == bare.body.len();
    let headers = |answer: &Answer| answer.raw_bytes - answer.body.len();
    if ours.status != status || bare.status != status || !alike {
        return Err(differ(what, ours, bare));
    }
    if headers(ours).abs_diff(headers(bare)) > 64 {
        let (ours, bare) = (headers(ours), headers(bare));
        return Err(format!("{what}: headers of {ours} bytes, the floor's of {bare}").into());
    }
    Ok(())
}

fn plain(answer: &Answer) -> Result<Value> {
    let mut value: Value = serde_json::from_slice(&answer.body)?;
    if let Value::Object(members) = &mut value {
        members.retain(|name, _| !OWN.contains(&name.as_str()));
    }
    Ok(value)
}

fn differ(what: &str, ours: &Answer, bare: &Answer) -> Error {
    let text = |answer: &Answer| String::from_utf8_lossy(&answer.body).into_owned();
    let ((one, ours), (other, bare)) = ((ours.status, text(ours)), (bare.status, text(bare)));
    format!("{what}: the floor answers otherwise: {one} {ours} and {other} {bare}").into()
}
