//! An HTTP server that does what the test says, byte by byte.
//!
//! ```no_run
//! use registry_testkit::upstreams::{Reply, Scripted, answer_handshake};
//!
//! // A server that lists its tool and then hangs on every call.
//! let upstream = Scripted::start(|request| {
//!     answer_handshake(request).unwrap_or_else(|| Reply::bytes().hang())
//! });
//! ```

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use bytes::BytesMut;
use parking_lot::Mutex;
use tokio::net::TcpStream;

use super::{
    http_text::{ScriptedRequest, read_request},
    running::Running,
    scripted_reply::Reply,
};

/// The running server; dropping it closes its port and every connection.
pub struct Scripted {
    running: Running,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log {
    connections: AtomicUsize,
    open: AtomicUsize,
    requests: Mutex<Vec<ScriptedRequest>>,
}

impl Scripted {
    /// Starts it on any port; `script` says what to do with each request.
    pub fn start(script: impl Fn(&ScriptedRequest) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_on(0, script)
    }

    /// [`Scripted::start`] on this port.
    pub fn start_on(
        port: u16,
        script: impl Fn(&ScriptedRequest) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let log = Arc::new(Log::default());
        let (script, ours) = (Arc::new(script), log.clone());
        let running =
            Running::start(port, move |socket| serve(socket, script.clone(), ours.clone()));
        Self { running, log }
    }

    /// Its base, such as `http://127.0.0.1:54321`; every path is answered by the script.
    pub fn base(&self) -> String {
        format!("http://{}", self.running.address())
    }

    /// An MCP endpoint on it.
    pub fn url(&self) -> String {
        format!("{}/mcp", self.base())
    }

    /// TCP connections accepted so far.
    pub fn connections(&self) -> usize {
        self.log.connections.load(Ordering::SeqCst)
    }

    /// TCP connections open now, as far as the server has noticed (it reads between replies, not
    /// while it hangs or waits).
    pub fn open_connections(&self) -> usize {
        self.log.open.load(Ordering::SeqCst)
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<ScriptedRequest> {
        self.log.requests.lock().clone()
    }

    /// The requests of one JSON-RPC method so far.
    pub fn requests_of(&self, rpc_method: &str) -> Vec<ScriptedRequest> {
        self.requests().into_iter().filter(|request| request.rpc_method() == rpc_method).collect()
    }

    /// Closes its port and every connection now.
    pub fn stop(&mut self) {
        self.running.stop();
    }
}

/// Counts a connection as open while it lives.
struct Open(Arc<Log>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn serve<F>(mut socket: TcpStream, script: Arc<F>, log: Arc<Log>)
where
    F: Fn(&ScriptedRequest) -> Reply + Send + Sync,
{
    log.connections.fetch_add(1, Ordering::SeqCst);
    log.open.fetch_add(1, Ordering::SeqCst);
    let open = Open(log);
    let mut unread = BytesMut::new();
    while let Some(request) = read_request(&mut socket, &mut unread).await {
        open.0.requests.lock().push(request.clone());
        if !script(&request).play(&mut socket).await {
            break;
        }
    }
}
