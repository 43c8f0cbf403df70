//! GET /docs/{file}: what Swagger UI loads.

use std::borrow::Cow;

use actix_web::web;
use registry_http_edge::{Visitor, not_found};

use crate::handlers::Answer;
use crate::pages::{answer, asset};

pub(crate) async fn handle(_visitor: Visitor, file: web::Path<String>) -> Answer {
    let (media_type, bytes) = asset(&file).ok_or_else(not_found)?;
    Ok(match bytes {
        // As it lies in the program: nothing is copied.
        Cow::Borrowed(bytes) => answer(media_type).body(bytes),
        Cow::Owned(bytes) => answer(media_type).body(bytes),
    })
}
