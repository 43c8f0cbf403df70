//! Logs: one JSON object per line on standard output, and in a file if one is set.

use std::io;
use std::num::NonZeroU32;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::writer::BoxMakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

use super::log_file::{Bounds, LogFile};
use crate::settings::{LogFormat, LogSettings, WrongSetting};

/// Starts logging, and traces if there are any, for the whole process; a second call changes nothing.
///
/// # Errors
/// A [`WrongSetting`] with `MREG_LOG_FILE_PATH` when the file cannot be written.
pub(crate) fn start(
    settings: &LogSettings,
    traces: Option<Box<dyn Layer<Registry> + Send + Sync>>,
) -> Result<(), WrongSetting> {
    let mut layers = vec![layer(settings, BoxMakeWriter::new(io::stdout))];
    if let Some(path) = &settings.file {
        let unusable = |error: io::Error| {
            WrongSetting::new(
                "MREG_LOG_FILE_PATH",
                format!("cannot be written ({}): {error}", path.display()),
            )
        };
        let bounds = Bounds {
            bytes: NonZeroU32::new(settings.max_size_mib).map(|mib| u64::from(mib.get()) << 20),
            backups: settings.backup_count,
        };
        let file = LogFile::open(path, bounds).map_err(unusable)?;
        layers.push(layer(settings, BoxMakeWriter::new(file)));
    }
    // Only the process's first subscriber counts; in tests several programs share one process.
    let _ = match traces {
        None => tracing_subscriber::registry().with(layers).with(filter(settings)).try_init(),
        // What is logged and what is traced are chosen apart.
        Some(traces) => {
            let logs = layers.with_filter(filter(settings)).boxed();
            tracing_subscriber::registry().with(vec![logs, traces]).try_init()
        }
    };
    Ok(())
}

/// Our own crates at the level that was asked for; libraries at INFO at most, because their
/// DEBUG may name headers and addresses that are nobody's business.
fn filter(settings: &LogSettings) -> EnvFilter {
    let level = settings.level.as_filter();
    let libraries = if level == "debug" { "info" } else { level };
    let ours = [
        "mcp_gateway",
        "public_api",
        "registry_domain",
        "registry_embedded",
        "registry_entra",
        "registry_exchange",
        "registry_http_edge",
        "registry_runtime",
        "registry_upstream",
    ];
    let directives: Vec<String> = ours.iter().map(|name| format!("{name}={level}")).collect();
    // A head that does not parse is its client's mistake, and anybody can make it without a token:
    // it must not fill our log with errors. Spans of traces are no part of the log.
    EnvFilter::new(format!("{libraries},actix_http::h1=off,trace=off,{}", directives.join(",")))
}

fn layer(settings: &LogSettings, writer: BoxMakeWriter) -> Box<dyn Layer<Registry> + Send + Sync> {
    match settings.format {
        LogFormat::Json => Box::new(
            fmt::layer().json().flatten_event(true).with_current_span(false).with_writer(writer),
        ),
        LogFormat::Text => Box::new(fmt::layer().with_ansi(false).with_writer(writer)),
    }
}
