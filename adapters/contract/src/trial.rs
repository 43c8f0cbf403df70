//! From a row of a table to a test that runs.

use std::future::Future;
use std::pin::Pin;

use libtest_mimic::{Failed, Trial};

use crate::Outcome;

/// A behaviour of an `S`, as a row of a table.
pub(crate) type Behaviour<S> = for<'a> fn(&'a S) -> Pin<Box<dyn Future<Output = Outcome> + 'a>>;

/// Makes a table of behaviours, each with its module and name.
macro_rules! behaviours {
    ($subject:ty: $($module:ident { $($name:ident,)+ })+) => {
        &[$($((
            concat!(stringify!($module), "::", stringify!($name)),
            |subject: &$subject| Box::pin($module::$name(subject)),
        ),)+)+]
    };
}
pub(crate) use behaviours;

/// A test with a runtime of its own, that ends when `run` does.
pub(crate) fn trial<F>(name: &str, run: impl FnOnce() -> F + Send + 'static) -> Trial
where
    F: Future<Output = Outcome>,
{
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| Failed::from(error.to_string()))?;
        runtime.block_on(run())
    })
}
