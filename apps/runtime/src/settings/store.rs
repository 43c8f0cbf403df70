//! Where things are kept.

use std::path::PathBuf;

use super::{Reader, Stage};

/// Settings of the store.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// The folder for everything that is kept in files.
    pub data_dir: PathBuf,
    /// The SQLite file.
    pub database: PathBuf,
}

impl StoreSettings {
    pub(super) fn read(reader: &mut Reader<'_>, stage: Stage) -> Self {
        let data_dir = reader
            .parsed(&["MREG_DATA_DIR"], "data", "a path", |text| Some(PathBuf::from(text)))
            .unwrap_or_default();
        let named = reader.optional(
            &["MREG_DATABASE_URL", "DATABASE_URL"],
            "sqlite://PATH (this version has the embedded store only)",
            |url| url.strip_prefix("sqlite://").filter(|path| !path.is_empty()).map(PathBuf::from),
        );
        if named.is_none() && stage != Stage::Development {
            reader.problem("DATABASE_URL", format!("is required in {stage}"));
        }
        let database = named.unwrap_or_else(|| data_dir.join("registry.db"));
        Self { data_dir, database }
    }
}
