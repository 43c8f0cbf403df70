//! Keeps the authorization server's knowledge fresh: what other replicas revoked each second, its
//! keys each minute; what has ended is swept away each hour.

use std::sync::Arc;
use std::time::Duration;

use registry_oauth_server::OAuthServer;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::fortune::Fortune;

/// How soon a revocation is in force on every replica.
const EVERY: Duration = Duration::from_secs(1);
/// In how many turns the keys are read once, and what has ended is swept away.
const KEYS_EVERY: u32 = 60;
const SWEEP_EVERY: u32 = 3600;

/// Keeps until told to stop.
pub(super) async fn run(server: Arc<OAuthServer>, stop: CancellationToken) {
    let keeping = async {
        let mut turns = tokio::time::interval(EVERY);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut denials = Fortune::of("reading revoked tokens");
        let mut keys = Fortune::of("keeping the signing keys");
        let mut sweeping = Fortune::of("sweeping what the authorization server kept");
        let mut turn: u32 = 0;
        loop {
            turns.tick().await;
            turn = turn.wrapping_add(1);
            denials.note(&server.renew_denials().await);
            if turn.is_multiple_of(KEYS_EVERY) {
                keys.note(&server.renew_keys().await);
            }
            if turn.is_multiple_of(SWEEP_EVERY) {
                sweeping.note(&server.sweep().await);
            }
        }
    };
    stop.run_until_cancelled(keeping).await;
}
