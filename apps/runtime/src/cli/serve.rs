//! `serve`: everything, until told to stop.

use super::{Failure, Program, tell};
use crate::boot::{self, BootError, Bound, Runtime};
use crate::run::{self, Half};
use crate::settings::Settings;
use crate::telemetry::{self, Traces};

pub(super) async fn run(program: Program, settings: Settings) -> Result<(), Failure> {
    let (traces, layer) = match settings.telemetry.traces.as_ref().map(Traces::start).transpose() {
        Ok(started) => started.unzip(),
        Err(error) => return Err(BootError::part("traces cannot be sent", error).into()),
    };
    telemetry::start(&settings.logs, layer).map_err(|wrong| Failure::usage(&wrong))?;
    let halves = program.serves(&settings);
    let bound = match boot::bind(&settings, &halves) {
        Ok(bound) => bound,
        Err(error) => return Err(logged(error)),
    };
    let metrics = boot::bind_metrics(&settings).map_err(logged)?;
    let runtime = match Runtime::start(settings, &bound).await {
        Ok(runtime) => runtime,
        Err(error) => return Err(logged(error)),
    };
    tell(&welcome(&runtime, &bound));
    tracing::info!(
        program = program.name,
        version = env!("CARGO_PKG_VERSION"),
        environment = %runtime.settings.stage,
        database = %runtime.settings.store.database,
        cors_origins = %runtime.settings.service.cors_origins.join(","),
        "starting"
    );
    let mut servers = Vec::new();
    for socket in bound {
        servers.push((program.server)(&runtime, socket)?);
    }
    let metrics = runtime.metrics_server(metrics)?;
    let ended = run::run(&runtime, servers, metrics).await;
    if let Some(traces) = traces {
        traces.finish().await;
    }
    Ok(ended?)
}

/// A start that failed is told to the log too: whoever collects it may not see standard error.
fn logged(error: boot::BootError) -> Failure {
    let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
    tracing::error!(%error, source, "cannot start");
    error.into()
}

/// Where things are and how to begin, for the person who started this.
fn welcome(runtime: &Runtime, bound: &[Bound]) -> String {
    let mut lines = vec![format!(
        "MCP Registry Gateway {} ({})",
        env!("CARGO_PKG_VERSION"),
        runtime.settings.stage
    )];
    for socket in bound {
        lines.push(match socket.half {
            Half::PublicApi => format!("  public API   http://{}", socket.address),
            Half::Gateway => format!("  MCP gateway  {}/mcp", runtime.gateway_url),
        });
    }
    lines.push(format!("  data         {}", runtime.settings.store.data_dir.display()));
    if runtime.development.is_some() {
        lines.push("  a token      mcp-registry token --role admin".to_owned());
        lines.push(format!(
            "               curl -s -X POST {}/dev/token -H 'Content-Type: application/json' -d '{{\"roles\":[\"admin\"]}}'",
            runtime.local_service_url
        ));
    }
    lines.join("\n")
}
