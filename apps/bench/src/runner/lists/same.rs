//! Whether all sides answer alike, and the kept answers are kept: else nothing would be compared.

use super::{
    load::Read,
    stage::{Side, Stage},
};
use crate::runner::{Result, http::Answer};

/// How many bytes the headers of two sides may differ by.
const HEADER_BYTES: usize = 64;

/// Compares an answer of each side.
pub fn check(stage: &Stage) -> Result<()> {
    for read in Read::ALL {
        let path = read.path(&stage.ids)?;
        let [kept, kept_floor, fresh, fresh_floor] =
            Side::ALL.map(|side| stage.exchange(side, &path));
        let (kept, fresh) = (kept?, fresh?);
        if let Some(said) = fresh.header("x-cache") {
            return Err(format!("GET {path}: X-Cache: {said}, though none are kept").into());
        }
        compare(&path, &kept, &kept_floor?)?;
        compare(&path, &fresh, &fresh_floor?)?;
    }
    Ok(())
}

fn compare(path: &str, ours: &Answer, bare: &Answer) -> Result<()> {
    if ours.status != 200 || bare.status != 200 || ours.body != bare.body {
        let start = |answer: &Answer| -> String {
            String::from_utf8_lossy(&answer.body).chars().take(700).collect()
        };
        return Err(format!(
            "GET {path}: the floor answers otherwise: {} {} and {} {}",
            ours.status,
            start(ours),
            bare.status,
            start(bare)
        )
        .into());
    }
    let headers = |answer: &Answer| answer.raw_bytes - answer.body.len();
    if headers(ours).abs_diff(headers(bare)) > HEADER_BYTES {
        let said = [&ours.headers, &bare.headers];
        return Err(format!("GET {path}: headers of other sizes: {said:?}").into());
    }
    Ok(())
}
