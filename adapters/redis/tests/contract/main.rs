//! Runs the behaviour suite on the Redis adapters, against the Redis that `TEST_REDIS_URL` names.

mod adapter;

use std::process::ExitCode;

#[expect(clippy::print_stderr, reason = "a test's own words to who runs it")]
fn main() -> ExitCode {
    let Ok(url) = std::env::var("TEST_REDIS_URL") else {
        eprintln!(
            "TEST_REDIS_URL names no Redis: use `make test`, or `tools/testenv.sh run cargo test …`"
        );
        return ExitCode::FAILURE;
    };
    registry_contract::run(adapter::trials(url))
}
