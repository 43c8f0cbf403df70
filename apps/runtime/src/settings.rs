//! Settings: read once from the environment and `.env`, checked as a whole before anything starts.
//!
//! One struct per concern, each in its own file with its variables, defaults and rules. A wrong
//! variable is one line that names it; all of them are said at once.

mod audit;
mod cache;
mod environment;
mod events;
mod gateway;
mod health;
mod identity;
mod limits;
mod logs;
mod management;
mod oauth;
mod pages;
mod proxy;
mod reader;
mod redis;
mod registry;
mod sealing;
mod service;
mod sign_in;
mod stdio;
mod store;
mod telemetry;

use std::fmt;
use std::net::SocketAddr;

use crate::run::Half;

pub use audit::AuditSettings;
pub use cache::CacheSettings;
pub use environment::{Environment, Origin};
pub use events::EventSettings;
pub use gateway::GatewaySettings;
pub use health::HealthSettings;
pub use identity::{EntraSettings, IdentitySettings};
pub use limits::LimitSettings;
pub use logs::{LogFormat, LogLevel, LogSettings};
pub use oauth::OAuthServerSettings;
pub use pages::PageSettings;
pub use proxy::ProxySettings;
pub use reader::{Reader, Shown, WrongSetting};
pub use redis::RedisSettings;
pub use registry::RegistrySettings;
pub use sealing::SealingSettings;
pub use service::ServiceSettings;
pub use sign_in::SignInSettings;
pub use stdio::ProgramSettings;
pub use store::{Database, StoreSettings};
pub use telemetry::{MetricsSettings, TelemetrySettings, TraceSettings};

/// Where the product runs; decides how much may be left to defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// On somebody's machine: everything has a default.
    Development,
    /// Like production, for trying out.
    Staging,
    /// For real.
    Production,
}

impl Stage {
    /// The stage's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Staging => "staging",
            Self::Production => "production",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// All settings.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the product runs.
    pub stage: Stage,
    /// The public API.
    pub service: ServiceSettings,
    /// The API's documentation.
    pub pages: PageSettings,
    /// The gateway.
    pub gateway: GatewaySettings,
    /// The store.
    pub store: StoreSettings,
    /// The proxy, and how servers are chosen.
    pub proxy: ProxySettings,
    /// What replicas share.
    pub redis: RedisSettings,
    /// Who is who.
    pub identity: IdentitySettings,
    /// The registry's rules.
    pub registry: RegistrySettings,
    /// The programs that are servers.
    pub programs: ProgramSettings,
    /// The probing of servers.
    pub health: HealthSettings,
    /// Rate limits.
    pub limits: LimitSettings,
    /// Records.
    pub audit: AuditSettings,
    /// Live events.
    pub events: EventSettings,
    /// Logs.
    pub logs: LogSettings,
    /// The cache of answers.
    pub cache: CacheSettings,
    /// Metrics and traces.
    pub telemetry: TelemetrySettings,
    /// The keys that seal.
    pub sealing: SealingSettings,
    /// The gateway as OAuth authorization server.
    pub oauth: OAuthServerSettings,
    /// Signing in with a browser.
    pub sign_in: SignInSettings,
}

/// Settings as they were read, and what is wrong with them.
#[derive(Debug)]
pub struct Loaded {
    /// The settings; only good if there are no problems.
    pub settings: Settings,
    /// One line per wrong variable.
    pub problems: Vec<WrongSetting>,
    /// Every variable with its value and where that came from, secrets masked.
    pub shown: Vec<Shown>,
}

impl Settings {
    /// Where a half of the product listens.
    pub fn address_of(&self, half: Half) -> SocketAddr {
        match half {
            Half::PublicApi => SocketAddr::new(self.service.host, self.service.port),
            Half::Gateway => SocketAddr::new(self.gateway.host, self.gateway.port),
        }
    }

    /// Reads all settings from an environment.
    pub fn from_env(environment: &Environment) -> Loaded {
        let mut reader = Reader::new(environment);
        let stage = stage(&mut reader);
        let identity = IdentitySettings::read(&mut reader, stage);
        let development_issuer = identity.entra.is_none();
        let service = ServiceSettings::read(&mut reader, stage, development_issuer);
        let pages = PageSettings::read(&mut reader);
        let gateway = GatewaySettings::read(&mut reader, stage, development_issuer);
        let proxy = ProxySettings::read(&mut reader, stage);
        let store = StoreSettings::read(&mut reader, stage);
        let redis = RedisSettings::read(&mut reader);
        let registry = RegistrySettings::read(&mut reader, stage);
        let programs = ProgramSettings::read(&mut reader);
        let health = HealthSettings::read(&mut reader);
        let limits = LimitSettings::read(&mut reader);
        let audit = AuditSettings::read(&mut reader);
        let events = EventSettings::read(&mut reader);
        let logs = LogSettings::read(&mut reader);
        let cache = CacheSettings::read(&mut reader);
        let telemetry = TelemetrySettings::read(&mut reader);
        let sealing = SealingSettings::read(&mut reader, stage);
        let oauth = OAuthServerSettings::read(&mut reader);
        let sign_in = SignInSettings::read(&mut reader);
        let (problems, shown) = reader.into_parts();
        let settings = Self {
            stage,
            service,
            pages,
            gateway,
            store,
            proxy,
            redis,
            identity,
            registry,
            programs,
            health,
            limits,
            audit,
            events,
            logs,
            cache,
            telemetry,
            sealing,
            oauth,
            sign_in,
        };
        Loaded { settings, problems, shown }
    }
}

fn stage(reader: &mut Reader<'_>) -> Stage {
    let names = &["MREG_ENVIRONMENT", "ENVIRONMENT"];
    reader
        .parsed(names, "development", "development, staging or production", |text| {
            match text.to_ascii_lowercase().as_str() {
                "development" | "testing" => Some(Stage::Development),
                "staging" => Some(Stage::Staging),
                "production" => Some(Stage::Production),
                _ => None,
            }
        })
        // A stage that nobody knows ends the program; what else is wrong should not be what another
        // stage would miss.
        .unwrap_or(Stage::Development)
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
