//! Two public APIs and two gateways on one PostgreSQL and, where one wants it, Redis, each pair
//! behind a balancer.

use crate::{
    Balancer, Launch, Program, TestDatabase, TestRedis, entra::Entra, launch::GATEWAY,
    launch::SERVICE, test_redis,
};

/// A key that all replicas seal with.
const KEY: &str = "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
/// How many there are of each program.
const EACH: usize = 2;

/// Which of the two programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `public-api`
    Api,
    /// `mcp-gateway`
    Gateway,
}

/// The replicas, and all that they stand on. People sign in at a stand-in for Entra ID.
pub struct Cluster {
    apis: Vec<Program>,
    gateways: Vec<Program>,
    /// Before the public APIs.
    pub to_apis: Balancer,
    /// Before the gateways.
    pub to_gateways: Balancer,
    /// Where people sign in.
    pub entra: Entra,
    /// What they share.
    pub database: TestDatabase,
    _redis: Option<TestRedis>,
}

impl Cluster {
    /// Starts it with these settings on every replica, on any ports.
    pub async fn start(settings: &[(&str, &str)]) -> Self {
        Self::on((0, 0), settings).await
    }

    /// The same with the balancers on these ports: the APIs', the gateways'.
    pub async fn on(ports: (u16, u16), settings: &[(&str, &str)]) -> Self {
        Self::over(Some(test_redis()), ports, settings).await
    }

    /// The same without a Redis: replicas meet at PostgreSQL.
    pub async fn without_redis(settings: &[(&str, &str)]) -> Self {
        Self::over(None, (0, 0), settings).await
    }

    async fn over(
        redis: Option<TestRedis>,
        (apis, gateways): (u16, u16),
        settings: &[(&str, &str)],
    ) -> Self {
        let database = TestDatabase::create().await;
        let entra = Entra::new();
        let (to_apis, to_gateways) = (Balancer::on(apis, &[]), Balancer::on(gateways, &[]));
        let base = format!("http://localhost:{}", to_gateways.port());
        for path in ["/oauth/callback", "/auth/callback"] {
            entra.allow_redirect(&format!("{base}{path}"));
        }
        let of_entra = entra.settings();
        let of_entra: Vec<(&str, &str)> =
            of_entra.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let of_redis = redis.iter().flat_map(|redis| {
            [("MREG_REDIS_URL", redis.url()), ("MREG_REDIS_KEY_PREFIX", redis.prefix())]
        });
        let of_redis: Vec<(&str, &str)> = of_redis.collect();
        let launch = |name: &str| {
            let launch = Launch::program(name).envs(&of_entra).envs(&of_redis).envs(&[
                ("DATABASE_URL", database.url()),
                ("MREG_POSTGRES_MIN_CONNECTIONS", "1"),
                ("MREG_POSTGRES_MAX_CONNECTIONS", "8"),
                ("MREG_TOKEN_ENCRYPTION_KEY", KEY),
                ("MREG_FASTMCP_BASE_URL", &base),
            ]);
            launch.envs(settings).start()
        };
        let (mut apis, mut gateways) = (Vec::new(), Vec::new());
        for _ in 0..EACH {
            let (api, gateway) = tokio::join!(launch(SERVICE), launch(GATEWAY));
            apis.push(api);
            gateways.push(gateway);
        }
        let cluster = Self { apis, gateways, to_apis, to_gateways, entra, database, _redis: redis };
        cluster.balance();
        cluster
    }

    /// The base of the gateways by the name that they give themselves.
    pub fn gateway_base(&self) -> String {
        format!("http://localhost:{}", self.to_gateways.port())
    }

    /// The replicas of one program.
    pub fn replicas(&self, kind: Kind) -> &[Program] {
        match kind {
            Kind::Api => &self.apis,
            Kind::Gateway => &self.gateways,
        }
    }

    fn of(&mut self, kind: Kind) -> &mut Vec<Program> {
        match kind {
            Kind::Api => &mut self.apis,
            Kind::Gateway => &mut self.gateways,
        }
    }

    /// Kills a replica (SIGKILL); the balancer goes on trying it.
    pub fn kill(&mut self, kind: Kind, which: usize) {
        self.of(kind).get_mut(which).expect("a replica").kill();
    }

    /// Tells a replica to end (SIGTERM), waits until it has, and says whether it ended well.
    pub async fn stop(&mut self, kind: Kind, which: usize) -> bool {
        let replica = self.of(kind).get_mut(which).expect("a replica");
        replica.terminate();
        replica.wait_exit().await.success()
    }

    /// Starts a replica again that has ended, on a new port, and tells the balancer.
    pub async fn start_again(&mut self, kind: Kind, which: usize) {
        let again = self.replicas(kind).get(which).expect("a replica").start_again().await;
        *self.of(kind).get_mut(which).expect("a replica") = again;
        self.balance();
    }

    fn balance(&self) {
        let apis: Vec<u16> = self.apis.iter().map(Program::service_port).collect();
        let gateways: Vec<u16> = self.gateways.iter().map(Program::gateway_port).collect();
        self.to_apis.set(&apis);
        self.to_gateways.set(&gateways);
    }
}
