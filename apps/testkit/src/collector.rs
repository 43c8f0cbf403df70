//! A collector of traces: takes what OTLP over HTTP sends, and remembers it as it came.

use std::sync::Arc;

use bytes::BytesMut;
use parking_lot::Mutex;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::upstreams::{ScriptedRequest, read_request, running::Running};

/// A collector on a loopback port.
pub struct Collector {
    running: Running,
    taken: Arc<Mutex<Vec<ScriptedRequest>>>,
}

impl Collector {
    /// Begins to take traces.
    #[expect(clippy::new_without_default, reason = "listening is not a default value")]
    pub fn new() -> Self {
        let taken = Arc::new(Mutex::new(Vec::new()));
        let ours = taken.clone();
        let running = Running::start(0, move |socket| serve(socket, ours.clone()));
        Self { running, taken }
    }

    /// Good for `OTEL_EXPORTER_OTLP_ENDPOINT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.running.address())
    }

    /// All that came so far.
    pub fn taken(&self) -> Vec<ScriptedRequest> {
        self.taken.lock().clone()
    }

    /// Whether any batch has all of these bytes in it.
    pub fn has(&self, parts: &[&[u8]]) -> bool {
        let contains = |body: &[u8], part: &[u8]| body.windows(part.len()).any(|at| at == part);
        self.taken().iter().any(|batch| parts.iter().all(|part| contains(&batch.body, part)))
    }
}

async fn serve(mut socket: TcpStream, taken: Arc<Mutex<Vec<ScriptedRequest>>>) {
    let mut unread = BytesMut::new();
    while let Some(request) = read_request(&mut socket, &mut unread).await {
        taken.lock().push(request);
        let answer =
            "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n";
        if socket.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}
