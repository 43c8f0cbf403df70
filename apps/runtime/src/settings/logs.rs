//! Logs: how much, in what form, and where besides standard output.

use std::path::PathBuf;

use super::Reader;

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Everything, a line per request among it.
    Debug,
    /// What happens.
    Info,
    /// What should not.
    Warning,
    /// What must not; also what other systems call CRITICAL.
    Error,
}

impl LogLevel {
    /// The level as `tracing` names it.
    pub const fn as_filter(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warn",
            Self::Error => "error",
        }
    }
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// For reading.
    Text,
}

/// Settings of logs.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// How much.
    pub level: LogLevel,
    /// In what form.
    pub format: LogFormat,
    /// A file besides standard output.
    pub file: Option<PathBuf>,
    /// How large that may be, in MiB; 0: without end.
    pub max_size_mib: u32,
    /// How many of them are kept when they are full.
    pub backup_count: u32,
}

impl LogSettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        let level = reader.parsed(
            &["MREG_LOG_LEVEL", "LOG_LEVEL"],
            "INFO",
            "DEBUG, INFO, WARNING, ERROR or CRITICAL",
            |text| match text.to_ascii_uppercase().as_str() {
                "DEBUG" => Some(LogLevel::Debug),
                "INFO" => Some(LogLevel::Info),
                "WARNING" | "WARN" => Some(LogLevel::Warning),
                "ERROR" | "CRITICAL" => Some(LogLevel::Error),
                _ => None,
            },
        );
        let format = reader.parsed(&["MREG_LOG_FORMAT"], "json", "json or text", |text| match text
            .to_ascii_lowercase()
            .as_str()
        {
            "json" => Some(LogFormat::Json),
            "text" => Some(LogFormat::Text),
            _ => None,
        });
        Self {
            level: level.unwrap_or(LogLevel::Info),
            format: format.unwrap_or(LogFormat::Json),
            file: reader
                .optional(&["MREG_LOG_FILE_PATH"], "a path", |text| Some(PathBuf::from(text))),
            max_size_mib: reader.number(&["MREG_LOG_MAX_SIZE_MB"], 100, 0, 1_048_576),
            backup_count: reader.number(&["MREG_LOG_BACKUP_COUNT"], 5, 0, 1_000),
        }
    }
}
