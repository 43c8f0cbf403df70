//! The API's documentation for people and programs: the OpenAPI document, Swagger UI to try it, and
//! a page to read. All of it is in the program: no page loads anything from another host.
//!
//! | you look for | open |
//! |---|---|
//! | where each page is, or that it is not | [`PageSettings`] |
//! | Swagger UI | `pages/swagger.rs` |
//! | the page to read, in the layout that people know from ReDoc | `pages/reading.rs` |

mod reading;
mod swagger;

use std::sync::OnceLock;

use actix_web::http::header;
use actix_web::{HttpResponse, HttpResponseBuilder};
use serde_json::Value;

pub(crate) use swagger::asset;

/// Where the pages are; `None`: nowhere.
#[derive(Debug, Clone)]
pub struct PageSettings {
    /// The OpenAPI document.
    pub openapi: Option<String>,
    /// Swagger UI. It reads the document, so it is there only while that is.
    pub docs: Option<String>,
    /// The page to read.
    pub redoc: Option<String>,
}

impl PageSettings {
    /// The addresses that everybody knows.
    pub fn for_testing() -> Self {
        let known = |path: &str| Some(path.to_owned());
        Self { openapi: known("/openapi.json"), docs: known("/docs"), redoc: known("/redoc") }
    }

    /// Where Swagger UI is, and where the document that it reads.
    pub(crate) fn swagger(&self) -> Option<(&str, &str)> {
        self.docs.as_deref().zip(self.openapi.as_deref())
    }
}

/// The pages, made when the first of them is asked for.
#[derive(Debug)]
pub(crate) struct Pages {
    settings: PageSettings,
    has_development_issuer: bool,
    document: OnceLock<String>,
    reading: OnceLock<String>,
}

/// What a page may do: load its own files from here, ask this server, and nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

impl Pages {
    /// Pages at these addresses.
    pub(crate) fn new(settings: PageSettings, has_development_issuer: bool) -> Self {
        let (document, reading) = (OnceLock::new(), OnceLock::new());
        Self { settings, has_development_issuer, document, reading }
    }

    /// The document, as this program serves it.
    pub(crate) fn document(&self) -> &str {
        self.document.get_or_init(|| {
            let document = crate::openapi::served(self.has_development_issuer);
            // Strings and numbers always serialise; an empty document beats a panic all the same.
            document.to_json().unwrap_or_default()
        })
    }

    /// Swagger UI's page.
    pub(crate) fn swagger(&self) -> Option<String> {
        self.settings.swagger().map(|(docs, openapi)| swagger::page(docs, openapi))
    }

    /// The page to read.
    pub(crate) fn reading(&self) -> &str {
        self.reading.get_or_init(|| {
            let document: Value = serde_json::from_str(self.document()).unwrap_or_default();
            reading::page(&document, &self.settings)
        })
    }

    /// The style of the page to read.
    pub(crate) const fn reading_style() -> &'static str {
        reading::STYLE
    }
}

/// An answer of a page or of what it loads.
pub(crate) fn answer(media_type: &'static str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::CONTENT_TYPE, media_type))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY));
    response
}
