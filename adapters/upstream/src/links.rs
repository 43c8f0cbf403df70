//! The connections of all transports but streamable HTTP: made, found again, bounded, ended.
//!
//! They live in tasks of the main runtime and are shared by all workers: a session with a server of
//! these transports is its connection. A legacy server gets one for each session that the call path
//! opens; a modern one keeps none, so that everybody shares its connection.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use mcp_wire::message;
use parking_lot::Mutex;
use registry_domain::credential::Credential;
use registry_domain::endpoint::{EndpointUrl, Transport};
use registry_domain::manifest::{FaultClass, Manifest};
use registry_domain::ports::{
    Dial, OpenedUpstream, Reply, ReplyShape, UpstreamEra, UpstreamFailure, UpstreamRequest,
};
use registry_domain::routing::ServerEntry;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ask::Inquiry;
use crate::fault::{self, failure};
use crate::http_upstream::HttpUpstream;
use crate::link::{self, Link};
use crate::settings::UpstreamSettings;
use crate::sse::SseConnection;
use crate::stdio::{ProgramConnection, ProgramSpec, Programs};
use crate::tokens::AccessTokens;
use crate::websocket::SocketConnection;
use crate::{discover, open};

/// How the session of a connection is called; no header can carry a name with a space, so that no
/// session of HTTP has such a one.
const NAME: &str = "link ";
/// How many endpoints are remembered.
const MOST_VERDICTS: usize = 10_000;
/// How long all connections may take to end.
const LAST_WORDS_WITHIN: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Table {
    by_name: HashMap<String, Arc<Link>>,
    /// The shared connections of modern servers, by address: one for each way to open it.
    modern: HashMap<String, Vec<(Arc<Link>, OpenedUpstream)>>,
    /// What was found out about endpoints.
    verdicts: HashMap<String, Verdict>,
}

impl Table {
    fn shared(
        &self,
        endpoint: &EndpointUrl,
        credential: Option<&Credential>,
    ) -> Option<&(Arc<Link>, OpenedUpstream)> {
        let all = self.modern.get(endpoint.as_str())?;
        all.iter().find(|(link, _)| link.is_alive() && link.is_opened_with(credential))
    }
}

/// What an endpoint turned out to speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// A handshake, over its transport.
    Legacy,
    /// HTTP+SSE, though its address says HTTP.
    OldHttp,
}

/// All connections of a process.
pub struct Links {
    settings: UpstreamSettings,
    runtime: Handle,
    tasks: TaskTracker,
    stop: CancellationToken,
    http: Arc<HttpUpstream>,
    table: Arc<Mutex<Table>>,
    programs: Arc<Programs>,
    made: AtomicU64,
}

impl Links {
    /// No connections yet. They will be tasks of this runtime. `programs` are those of the operator's
    /// file, none of which is started before it is needed.
    pub fn new(
        settings: UpstreamSettings,
        runtime: Handle,
        programs: Vec<ProgramSpec>,
    ) -> Arc<Self> {
        Arc::new(Self {
            http: Arc::new(HttpUpstream::new(settings.clone())),
            settings,
            runtime,
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            table: Arc::default(),
            programs: Arc::new(Programs::new(programs)),
            made: AtomicU64::new(0),
        })
    }

    /// Ends all connections and waits until they have ended, but not for long.
    pub async fn finish(&self) {
        self.stop.cancel();
        self.tasks.close();
        if tokio::time::timeout(LAST_WORDS_WITHIN, self.tasks.wait()).await.is_err() {
            tracing::warn!("connections to servers did not end in time and are cut");
        }
    }

    /// The tokens of servers, for all who call them.
    pub(crate) fn tokens(&self) -> &Arc<AccessTokens> {
        &self.http.tokens
    }

    /// Whether a session is one of these connections.
    pub(crate) fn is_ours(session: &str) -> bool {
        session.starts_with(NAME)
    }

    /// Whether an address of HTTP turned out to be one of HTTP+SSE.
    pub(crate) fn speaks_old_http(&self, endpoint: &EndpointUrl) -> bool {
        self.table.lock().verdicts.get(endpoint.as_str()) == Some(&Verdict::OldHttp)
    }

    /// Remembers that an address of HTTP is one of HTTP+SSE, or forgets it.
    pub(crate) fn note_old_http(&self, endpoint: &EndpointUrl, is_so: bool) {
        self.note(endpoint, is_so.then_some(Verdict::OldHttp));
    }

    fn note(&self, endpoint: &EndpointUrl, verdict: Option<Verdict>) {
        let mut table = self.table.lock();
        if table.verdicts.len() >= MOST_VERDICTS {
            table.verdicts.clear();
        }
        match verdict {
            Some(verdict) => table.verdicts.insert(endpoint.as_str().to_owned(), verdict),
            None => table.verdicts.remove(endpoint.as_str()),
        };
    }

    /// Opens a session with a server.
    ///
    /// # Errors
    /// The class of fault.
    pub(crate) async fn open(
        &self,
        dial: Dial<'_>,
        capabilities: &str,
    ) -> Result<OpenedUpstream, UpstreamFailure> {
        let endpoint = dial.endpoint;
        if let Some((_, opened)) = self.table.lock().shared(endpoint, shown(dial)) {
            return Ok(opened.clone());
        }
        if endpoint.transport() == Transport::Stdio {
            return self.program(endpoint).await.map(|(_, opened)| opened);
        }
        self.make_room()?;
        let (link, opened) = self.connect(dial, capabilities).await?;
        Ok(self.kept(endpoint, link.keep()?, opened))
    }

    /// The connection to a program, which is started if it does not run.
    async fn program(
        &self,
        endpoint: &EndpointUrl,
    ) -> Result<(Arc<Link>, OpenedUpstream), UpstreamFailure> {
        let mut state = self.programs.find(endpoint)?.state().await;
        if let Some((link, opened)) = state.alive() {
            return Ok((Arc::clone(link), opened.clone()));
        }
        state.begin(Instant::now())?;
        // Nobody is told of a client's abilities: the process is everybody's.
        let (link, opened) = self.connect(Dial::plainly(endpoint), "{}").await?;
        let link = link.keep()?;
        link.share();
        let opened = self.kept(endpoint, Arc::clone(&link), opened);
        state.now = Some((Arc::clone(&link), opened.clone()));
        Ok((link, opened))
    }

    /// Puts a connection where calls find it.
    fn kept(
        &self,
        endpoint: &EndpointUrl,
        link: Arc<Link>,
        opened: OpenedUpstream,
    ) -> OpenedUpstream {
        let name = format!("{NAME}{}", self.made.fetch_add(1, Ordering::Relaxed));
        let opened = OpenedUpstream { session: Some(name.clone()), ..opened };
        let mut table = self.table.lock();
        table.by_name.insert(name, Arc::clone(&link));
        if opened.era == UpstreamEra::Modern {
            link.share();
            let shared = table.modern.entry(endpoint.as_str().to_owned()).or_default();
            shared.push((link, opened.clone()));
        }
        opened
    }

    /// Sends a message of the call path. Without its connection, or with one that was opened by
    /// another credential, it is as with a session that the server has forgotten: nothing was sent,
    /// and the call path opens a new one.
    ///
    /// # Errors
    /// As the port says.
    pub(crate) async fn send(
        &self,
        server: &ServerEntry,
        request: UpstreamRequest,
    ) -> Result<Reply, UpstreamFailure> {
        let credential =
            shown(Dial { endpoint: &server.endpoint, credential: request.credential.as_deref() });
        let link = {
            let table = self.table.lock();
            match &request.head.session {
                Some(name) => table
                    .by_name
                    .get(name)
                    .filter(|link| link.is_opened_by(credential))
                    .map(Arc::clone),
                None => {
                    table.shared(&server.endpoint, credential).map(|(link, _)| Arc::clone(link))
                }
            }
        };
        match link.filter(|link| link.is_alive()) {
            Some(link) => link.send(request).await,
            None => Ok(link::empty(404, ReplyShape::Other)),
        }
    }

    /// Opens a server and closes it again.
    ///
    /// # Errors
    /// The class of fault.
    pub(crate) async fn probe(&self, dial: Dial<'_>) -> Result<(), UpstreamFailure> {
        let endpoint = dial.endpoint;
        if endpoint.transport() == Transport::Stdio {
            // It may run already: then it is asked whether it answers, whatever it answers.
            let (link, opened) = self.program(endpoint).await?;
            let mut inquiry = Inquiry::over(link, &self.settings);
            return inquiry.ask(open::head_for(&opened, "ping"), message::ping).await.map(drop);
        }
        self.connect(dial, "{}").await.map(drop)
    }

    /// Reads what a server offers, on a connection of its own.
    ///
    /// # Errors
    /// The class of fault.
    pub(crate) async fn discover(&self, dial: Dial<'_>) -> Result<Manifest, UpstreamFailure> {
        let endpoint = dial.endpoint;
        if endpoint.transport() == Transport::Stdio {
            let (link, opened) = self.program(endpoint).await?;
            let mut inquiry = Inquiry::over(link, &self.settings);
            return discover::list_all(&mut inquiry, &opened).await.map(Manifest::new);
        }
        let (link, opened) = self.connect(dial, "{}").await?;
        let mut inquiry = Inquiry::over(link.link()?, &self.settings);
        discover::list_all(&mut inquiry, &opened).await.map(Manifest::new)
    }

    /// Makes a connection and opens what is at its other end.
    async fn connect(
        &self,
        dial: Dial<'_>,
        capabilities: &str,
    ) -> Result<(Closing, OpenedUpstream), UpstreamFailure> {
        let endpoint = dial.endpoint;
        let mut link = Closing(Some(self.dial(dial).await?));
        let known = self.table.lock().verdicts.get(endpoint.as_str()).copied();
        // No server of HTTP+SSE is modern: the revision is as old as the transport.
        if endpoint.transport() != Transport::Sse && known != Some(Verdict::Legacy) {
            let patience = self.settings.request_timeout / 4;
            let mut inquiry = Inquiry::over(link.link()?, &self.settings);
            match tokio::time::timeout(patience, open::ask_modern(&mut inquiry)).await {
                Ok(Ok(Some(opened))) => return Ok((link, opened)),
                // Silence, a refusal, or a server that gave up at the first word it did not know:
                // it wants a handshake.
                Ok(Ok(None) | Err(_)) | Err(_) => {
                    if !link.link()?.is_alive() {
                        link = Closing(Some(self.dial(dial).await?));
                    }
                }
            }
        }
        let mut inquiry = Inquiry::over(link.link()?, &self.settings);
        let opened = open::shake_hands(&mut inquiry, capabilities).await;
        if endpoint.transport() != Transport::Sse {
            self.note(endpoint, opened.is_ok().then_some(Verdict::Legacy));
        }
        Ok((link, opened?))
    }

    /// Makes a connection in a task of the main runtime.
    async fn dial(&self, dial: Dial<'_>) -> Result<Arc<Link>, UpstreamFailure> {
        let end = self.stop.child_token();
        let credential = shown(dial).cloned().map(Arc::new);
        let (link, mut outbox) = Link::new(credential, self.settings.max_message_bytes, end);
        let (made, is_made) = oneshot::channel();
        let driver = Driver {
            link: Arc::clone(&link),
            table: Arc::clone(&self.table),
            http: Arc::clone(&self.http),
            programs: Arc::clone(&self.programs),
        };
        let endpoint = dial.endpoint.clone();
        let driving = async move {
            let failure = match driver.dial(&endpoint).await {
                Err(failure) => {
                    // Who waited for it may have given up.
                    let _ = made.send(Err(failure.clone()));
                    failure
                }
                Ok(_) if made.send(Ok(())).is_err() => link::lost(false),
                Ok(connection) => connection.run(&driver.link, &mut outbox).await,
            };
            driver.over(failure);
        };
        self.tasks.spawn_on(driving, &self.runtime);
        match is_made.await {
            Ok(Ok(())) => Ok(link),
            Ok(Err(failure)) => Err(failure),
            Err(_) => Err(link::lost(false)),
        }
    }

    /// Makes room for one more, by ending the one that was idle for longest.
    fn make_room(&self) -> Result<(), UpstreamFailure> {
        let mut table = self.table.lock();
        if table.by_name.len() < self.settings.max_links {
            return Ok(());
        }
        let idlest = table
            .by_name
            .iter()
            .max_by_key(|(_, link)| link.idle_for())
            .filter(|(_, link)| link.idle_for() > Duration::ZERO)
            .map(|(name, _)| name.clone());
        if let Some(link) = idlest.and_then(|name| table.by_name.remove(&name)) {
            link.close();
            Ok(())
        } else {
            let detail = "as many connections to servers are open as may be";
            Err(failure(FaultClass::Unreachable, detail, false))
        }
    }
}

impl std::fmt::Debug for Links {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Links").field("open", &self.tasks.len()).finish_non_exhaustive()
    }
}

/// What a server is shown; a program of the operator's file has its secrets from there.
fn shown(dial: Dial<'_>) -> Option<&Credential> {
    dial.credential.filter(|_| dial.endpoint.transport() != Transport::Stdio)
}

/// A connection that is closed unless somebody keeps it.
struct Closing(Option<Arc<Link>>);

impl Closing {
    fn link(&self) -> Result<Arc<Link>, UpstreamFailure> {
        self.0.clone().ok_or_else(|| link::lost(false))
    }

    fn keep(mut self) -> Result<Arc<Link>, UpstreamFailure> {
        self.0.take().ok_or_else(|| link::lost(false))
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        if let Some(link) = &self.0 {
            link.close();
        }
    }
}

/// What carries the messages of one connection.
enum Connection {
    Sse(Box<SseConnection>),
    Socket(Box<SocketConnection>),
    Program(Box<ProgramConnection>),
}

impl Connection {
    async fn run(self, link: &Link, outbox: &mut link::Outbox) -> UpstreamFailure {
        match self {
            Self::Sse(connection) => connection.run(link, outbox).await,
            Self::Socket(connection) => connection.run(link, outbox).await,
            Self::Program(connection) => connection.run(link, outbox).await,
        }
    }
}

/// The task of one connection.
struct Driver {
    link: Arc<Link>,
    table: Arc<Mutex<Table>>,
    http: Arc<HttpUpstream>,
    programs: Arc<Programs>,
}

impl Driver {
    async fn dial(&self, endpoint: &EndpointUrl) -> Result<Connection, UpstreamFailure> {
        let credential = self.link.credential();
        let dial = Dial::with(endpoint, credential.as_ref());
        let dialling = async {
            match endpoint.transport() {
                Transport::Sse => SseConnection::open(Arc::clone(&self.http), dial)
                    .await
                    .map(|connection| Connection::Sse(Box::new(connection))),
                Transport::Websocket => SocketConnection::open(&self.http, dial)
                    .await
                    .map(|connection| Connection::Socket(Box::new(connection))),
                Transport::Stdio => {
                    let spec = Arc::clone(&self.programs.find(endpoint)?.spec);
                    ProgramConnection::start(spec, self.http.settings.max_message_bytes)
                        .map(|connection| Connection::Program(Box::new(connection)))
                }
                Transport::Http => Err(failure(
                    FaultClass::WrongTransport,
                    "the address is of another transport",
                    false,
                )),
            }
        };
        tokio::select! {
            dialled = dialling => dialled,
            () = self.link.ended() => Err(fault::too_slow(false)),
        }
    }

    fn over(self, failure: UpstreamFailure) {
        self.link.lose(failure);
        let mut table = self.table.lock();
        table.by_name.retain(|_, link| !Arc::ptr_eq(link, &self.link));
        table.modern.retain(|_, shared| {
            shared.retain(|(link, _)| !Arc::ptr_eq(link, &self.link));
            !shared.is_empty()
        });
    }
}
