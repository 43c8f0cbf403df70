//! Answers out of memory, byte for byte as the product gave them: the floor of what it keeps.

use std::path::Path;
use std::{fs, io};

use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, web};
use bytes::Bytes;

use super::Floor;

/// Headers that the server sets itself.
const OWN: [&str; 3] = ["content-length", "date", "connection"];

/// One answer.
#[derive(Default)]
struct Copy {
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

/// The answers that there are.
#[derive(Default)]
pub(super) struct Kept {
    list: Copy,
    find: Copy,
}

impl Kept {
    /// Reads the answers of a folder.
    pub(super) fn read(folder: &Path) -> io::Result<Self> {
        let copy = |name: &str| Copy::read(&fs::read(folder.join(name))?);
        Ok(Self { list: copy("list")?, find: copy("find")? })
    }
}

impl Copy {
    /// Header lines, an empty line, and the body.
    fn read(bytes: &[u8]) -> io::Result<Self> {
        let end = bytes.windows(2).position(|two| two == b"\n\n");
        let (head, body) = end
            .and_then(|end| bytes.split_at_checked(end))
            .ok_or_else(|| io::Error::other("an answer without a body"))?;
        let head = std::str::from_utf8(head).map_err(io::Error::other)?;
        let mut headers = vec![];
        for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
            if !OWN.contains(&name.to_ascii_lowercase().as_str()) {
                let name = HeaderName::try_from(name).map_err(io::Error::other)?;
                headers.push((name, HeaderValue::try_from(value).map_err(io::Error::other)?));
            }
        }
        Ok(Self { headers, body: Bytes::copy_from_slice(body.get(2..).unwrap_or_default()) })
    }

    fn answer(&self) -> HttpResponse {
        let mut response = HttpResponse::Ok().body(self.body.clone());
        for (name, value) in &self.headers {
            response.headers_mut().append(name.clone(), value.clone());
        }
        response
    }
}

/// The kept list.
pub(super) async fn list(floor: web::Data<Floor>) -> HttpResponse {
    floor.kept.list.answer()
}

/// The kept server, whichever is asked for: all of them are of the same length.
pub(super) async fn find(floor: web::Data<Floor>) -> HttpResponse {
    floor.kept.find.answer()
}
