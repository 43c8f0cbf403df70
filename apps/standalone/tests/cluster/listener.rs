//! Listeners of live events, who come back to where they left off whenever their stream breaks.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Request};
use parking_lot::Mutex;
use registry_testkit::{Api, EventStream, eventually};
use tokio::task::JoinSet;

const TOPIC: &str = "/api/v1/events/registrations";
/// Between two attempts to come back.
const BETWEEN: Duration = Duration::from_millis(10);

/// What one listener heard.
#[derive(Default)]
struct Heard {
    /// The names of new registrations, and how often each was told.
    names: HashMap<String, usize>,
    /// How often it came back.
    returns: usize,
    /// Whether it was told that it missed something.
    missed: bool,
}

/// Listeners; dropping them ends them.
pub struct Listeners {
    heard: Vec<Arc<Mutex<Heard>>>,
    tasks: JoinSet<()>,
}

impl Listeners {
    /// One at each of these, all of them connected.
    pub async fn start(apis: Vec<Api>) -> Self {
        let (mut heard, mut tasks) = (Vec::new(), JoinSet::new());
        for api in apis {
            let told = Arc::<Mutex<Heard>>::default();
            let mut feed = api.open(TOPIC, Request::new(Bytes::new())).await;
            let first = feed.next().await.unwrap();
            tasks.spawn(listen(api, feed, first.id.unwrap(), Arc::clone(&told)));
            heard.push(told);
        }
        Self { heard, tasks }
    }

    /// Waits until each was told of all of these registrations; nothing twice, nothing missed.
    pub async fn heard_all(mut self, names: &[String]) {
        for heard in &self.heard {
            eventually("a listener has heard of every registration", async || {
                let heard = heard.lock();
                names.iter().all(|name| heard.names.contains_key(name)).then_some(())
            })
            .await;
            let heard = heard.lock();
            let twice: Vec<_> = heard.names.iter().filter(|(_, times)| **times > 1).collect();
            assert!(twice.is_empty(), "told twice: {twice:?}");
            assert!(!heard.missed, "it was told that it missed something");
        }
        assert!(self.tasks.try_join_next().is_none(), "listeners listen to the end");
    }

    /// How often they came back, all together.
    pub fn returns(&self) -> usize {
        self.heard.iter().map(|heard| heard.lock().returns).sum()
    }
}

async fn listen(api: Api, mut feed: EventStream, mut last: String, heard: Arc<Mutex<Heard>>) {
    loop {
        while let Ok(Some(event)) = feed.try_next().await {
            let mut heard = heard.lock();
            match event.name.as_deref() {
                Some("registration_created") => {
                    let told = event.json();
                    let name = told["payload"]["endpoint_name"].as_str().unwrap().to_owned();
                    *heard.names.entry(name).or_default() += 1;
                }
                Some("resync") => heard.missed = true,
                _ => {}
            }
            last = event.id.unwrap_or(last);
        }
        feed = again(&api, &last).await;
        heard.lock().returns += 1;
    }
}

/// Comes back until somebody answers; who waits for what it hears knows how long to wait.
async fn again(api: &Api, last: &str) -> EventStream {
    loop {
        let mut request = Request::new(Bytes::new());
        request.headers_mut().insert("last-event-id", HeaderValue::from_str(last).unwrap());
        if let Ok(feed) = api.try_open(TOPIC, request).await
            && feed.status == 200
        {
            return feed;
        }
        tokio::time::sleep(BETWEEN).await;
    }
}
