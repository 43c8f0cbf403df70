//! How a file of servers is to be read, and what becomes of names that are taken.

use bytes::Bytes;
use registry_domain::field::Violation;
use registry_domain::use_cases::{ImportPlan, OnConflict};
use registry_http_edge::file_form::Form;
use registry_http_edge::query::Parameters;
use registry_http_edge::{Place, Problem, ReadForm, ReadQuery};
use utoipa::{IntoParams, ToSchema};

use crate::import::{Format, MAX_BYTES};

/// The query of POST /api/v1/servers/import.
#[derive(Debug)]
pub(crate) struct ImportQuery {
    format: Option<Format>,
    pub(crate) plan: ImportPlan,
}

impl ReadQuery for ImportQuery {
    fn read(parameters: &mut Parameters) -> Self {
        let policies = [
            ("fail", OnConflict::Fail),
            ("skip", OnConflict::Skip),
            ("update", OnConflict::Update),
        ];
        Self {
            format: parameters.one_of("format", &Format::WORDS),
            plan: ImportPlan {
                on_conflict: parameters.one_of("on_conflict", &policies).unwrap_or_default(),
                dry_run: parameters.flag("dry_run"),
            },
        }
    }
}

impl ImportQuery {
    /// The format that was named, or else the one that the file seems to have.
    pub(crate) fn format_of(&self, file: &ImportFile) -> Result<Format, Problem> {
        let guess = || Format::guess(Some(&file.name), file.media_type.as_deref());
        self.format.or_else(guess).ok_or_else(|| {
            let message = "is required where the file's name does not say it: json, ndjson or csv";
            Problem::invalid(Place::Query, vec![Violation::at("format", "missing", message)])
        })
    }
}

/// A file of servers as it arrived.
#[derive(Debug)]
pub(crate) struct ImportFile {
    /// What the client calls it; only good for guessing what it is.
    name: String,
    media_type: Option<String>,
    pub(crate) content: Bytes,
}

impl ReadForm for ImportFile {
    const MAX_FILE_BYTES: usize = MAX_BYTES;
    const TEXTS: &'static [&'static str] = &[];

    fn read(form: Form) -> Self {
        Self { name: form.filename, media_type: form.media_type, content: form.content }
    }
}

/// What [`ImportQuery`] reads.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct ImportParameters {
    /// What the file is: `json`, `ndjson` or `csv`; else its name says it
    #[param(pattern = "^(json|ndjson|csv)$", example = "csv")]
    format: Option<String>,
    /// What becomes of names that are taken: `fail`, `skip` or `update`
    #[param(pattern = "^(fail|skip|update)$", example = "fail")]
    on_conflict: Option<String>,
    /// Whether only to try
    dry_run: Option<bool>,
}

/// A form with a file.
#[derive(ToSchema)]
#[schema(example = json!({"file": "name,endpoint_url\nfile-tools,https://mcp.example.com/mcp\n"}))]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct ImportUpload {
    /// The file: JSON, one JSON object per line, or CSV.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}
