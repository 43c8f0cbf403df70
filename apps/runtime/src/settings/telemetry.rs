//! Metrics and traces: where they are shown, and where they are sent.

use std::net::SocketAddr;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::Reader;

const ENDPOINT: &[&str] = &["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
const INSIGHTS: &[&str] = &["APPLICATIONINSIGHTS_CONNECTION_STRING"];

/// Settings of metrics and traces.
#[derive(Debug, Clone)]
pub struct TelemetrySettings {
    /// Metrics.
    pub metrics: MetricsSettings,
    /// Traces, where they are on and somebody is there to take them.
    pub traces: Option<TraceSettings>,
}

/// Settings of metrics.
#[derive(Debug, Clone)]
pub struct MetricsSettings {
    /// Whether anything is measured.
    pub enabled: bool,
    /// The path of the page.
    pub endpoint: String,
    /// An address of its own for the page; without one, each server shows it.
    pub listen: Option<SocketAddr>,
    /// Whether calls are counted by tenant too.
    pub include_labels: bool,
    /// How often `metrics:system` is written.
    pub export_interval: Duration,
}

/// Settings of traces.
#[derive(Debug, Clone)]
pub struct TraceSettings {
    /// Where spans are sent to.
    pub endpoint: Url,
    /// Which share of the traces that begin here is kept.
    pub sample_rate: f64,
    /// What the program calls itself.
    pub service_name: String,
}

impl TelemetrySettings {
    pub(super) fn read(reader: &mut Reader<'_>) -> Self {
        Self { metrics: MetricsSettings::read(reader), traces: TraceSettings::read(reader) }
    }
}

impl MetricsSettings {
    fn read(reader: &mut Reader<'_>) -> Self {
        let endpoint = reader.parsed(
            &["MREG_METRICS_ENDPOINT"],
            "/metrics",
            "a path such as /metrics",
            |text| {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/".contains(&byte);
                (text.len() > 1 && text.starts_with('/') && text.bytes().all(plain))
                    .then(|| text.to_owned())
            },
        );
        Self {
            enabled: reader.flag(&["MREG_METRICS_ENABLED"], true),
            endpoint: endpoint.unwrap_or_default(),
            listen: reader.optional(
                &["MREG_METRICS_LISTEN"],
                "an address such as 127.0.0.1:9100",
                |text| text.parse().ok(),
            ),
            include_labels: reader.flag(&["MREG_METRICS_INCLUDE_LABELS"], false),
            export_interval: Duration::from_secs(reader.number(
                &["MREG_FASTMCP_METRICS_EXPORT_INTERVAL"],
                60,
                1,
                86_400,
            )),
        }
    }
}

impl TraceSettings {
    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let enabled = reader.flag(&["MREG_TRACING_ENABLED"], false);
        let sample_rate =
            reader.parsed(&["MREG_TRACING_SAMPLE_RATE"], "0.1", "a number from 0 to 1", |text| {
                text.parse().ok().filter(|rate| (0.0..=1.0).contains(rate))
            });
        let by_name = reader.set_by(ENDPOINT);
        let endpoint = reader.optional(ENDPOINT, "an absolute http or https URL", http_url);
        let connection = reader.secret(INSIGHTS);
        let service_name =
            reader.parsed(&["OTEL_SERVICE_NAME"], "mcp-registry", "1 to 100 characters", |text| {
                (1..=100).contains(&text.chars().count()).then(|| text.to_owned())
            });
        let whole = by_name.as_deref() == ENDPOINT.first().copied();
        let endpoint = match (endpoint, connection) {
            (Some(endpoint), _) if whole => Some(endpoint),
            (Some(base), _) => traces_below(&base),
            (None, Some(connection)) => {
                let found = ingestion(&connection);
                if found.is_none() {
                    let rule = "must have an IngestionEndpoint that is an absolute https URL";
                    reader.problem("APPLICATIONINSIGHTS_CONNECTION_STRING", rule);
                }
                found.as_ref().and_then(traces_below)
            }
            (None, None) => None,
        };
        if enabled && endpoint.is_none() {
            reader.problem(
                "MREG_TRACING_ENABLED",
                "needs OTEL_EXPORTER_OTLP_ENDPOINT or APPLICATIONINSIGHTS_CONNECTION_STRING: \
                 somebody has to take the traces",
            );
        }
        let (endpoint, sample_rate) = (endpoint.filter(|_| enabled)?, sample_rate?);
        Some(Self { endpoint, sample_rate, service_name: service_name? })
    }
}

fn http_url(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.host().is_some()).then_some(url)
}

/// Where a collector takes traces: OTLP over HTTP has them below the base address.
fn traces_below(base: &Url) -> Option<Url> {
    Url::parse(&format!("{}/v1/traces", base.as_str().trim_end_matches('/'))).ok()
}

/// The member `IngestionEndpoint` of a connection string.
fn ingestion(connection: &SecretString) -> Option<Url> {
    connection
        .expose_secret()
        .split(';')
        .filter_map(|member| member.split_once('='))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("IngestionEndpoint"))
        .and_then(|(_, value)| http_url(value.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_string_names_where_telemetry_goes() {
        let found = |text: &str| {
            let endpoint = ingestion(&SecretString::from(text.to_owned()))?;
            traces_below(&endpoint).map(String::from)
        };
        let good = "InstrumentationKey=0-1;IngestionEndpoint=https://west.example.com/;X=y";
        assert_eq!(found(good).as_deref(), Some("https://west.example.com/v1/traces"));
        assert_eq!(found("InstrumentationKey=0-1"), None);
        assert_eq!(found("IngestionEndpoint=elsewhere"), None);
    }
}
