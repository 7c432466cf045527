//! The engine with a listener: everything in one process.

mod apps;
mod mcp;
mod options;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use composio_core::{Composio, Error, ErrorKind, Result, Url};
use composio_engine::{Engine, EngineOptions, KeySource, SealingKey, SqliteStore};
use composio_server::{ConnectOptions, axum::Router, connect_router};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use self::options::EmbeddedOptions;

/// How long open connections may take to end at a shutdown.
const GRACE: Duration = Duration::from_secs(5);

/// A running engine and the listener for its connect pages and, with the feature `mcp`, for MCP clients.
///
/// Keep it for as long as the program uses sessions. [`shutdown`](Self::shutdown) ends it properly; dropping it stops
/// the listener at once. Meanwhile it keeps accounts in order by itself, unless it is started
/// [without](EmbeddedOptions::without_upkeep).
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// use composio::{Embedded, EmbeddedOptions};
///
/// let embedded = Embedded::start(EmbeddedOptions::new().port(0)).await?;
/// let session = embedded.composio().create("user_123").toolkits(["github"]).await?;
/// println!("{} sees {} toolkits", session.user(), session.toolkits().await?.items.len());
/// embedded.shutdown().await;
/// # Ok::<(), composio::Error>(()) })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Embedded {
    engine: Engine,
    composio: Composio,
    address: SocketAddr,
    public_url: Url,
    stop: watch::Sender<bool>,
    listener: JoinHandle<()>,
}

impl Embedded {
    /// Opens the store, starts the engine and listens on loopback.
    ///
    /// # Errors
    /// `InvalidInput` where an option, a manifest or the sealing key is not good; `Conflict` where the port is taken;
    /// `Unexpected` where the data directory cannot be used.
    pub async fn start(options: EmbeddedOptions) -> Result<Self> {
        let EmbeddedOptions { port, public_url, project, data, engine, apps, mcp, error } = options;
        if let Some(error) = error {
            return Err(error);
        }
        let listener = bind(port).await?;
        let address = listener.local_addr().map_err(|error| listening(port, error))?;
        let public_url = public_url.map_or_else(|| loopback_url(address), Ok)?;
        let (store, key) = memory(data.as_deref()).await?;
        let mut engine_options = engine(EngineOptions::new(public_url.clone(), key));
        for (toolkit, app) in apps {
            engine_options = engine_options.managed_app(toolkit, app.client_id, app.client_secret);
        }
        let engine = Engine::start(Arc::new(store), mcp.engine(&project, engine_options)).await?;
        let backend = engine.project(&project);
        let composio = Composio::with_backend(backend.clone());
        let (stop, stopped) = watch::channel(false);
        let pages = connect_router(Arc::new(engine.clone()), ConnectOptions::new(public_url.clone()));
        let router = pages.merge(mcp.router(&composio, backend, &public_url, stopped.clone()));
        let listener = serve(listener, router, stopped);
        Ok(Self { engine, composio, address, public_url, stop, listener })
    }

    /// The door to sessions. Every one is the same: native tools that a session is given through one are offered to MCP
    /// clients for as long as that [`Session`](composio_core::Session) value lives, and to those that said hello by then
    /// until they leave.
    #[must_use]
    pub fn composio(&self) -> Composio {
        self.composio.clone()
    }

    /// The engine, for other projects or a server of your own.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Where the listener listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where people reach the connect pages.
    pub fn public_url(&self) -> &Url {
        &self.public_url
    }

    /// The redirect URI to register OAuth apps with.
    #[must_use]
    pub fn redirect_uri(&self) -> Url {
        self.engine.redirect_uri()
    }

    /// Stops listening, ends upkeep and [events](Composio::events), and waits for what is being sent: an outcome that is on
    /// its way is written down.
    pub async fn shutdown(mut self) {
        // Nobody listens where the listener has ended by itself.
        let _ = self.stop.send(true);
        if tokio::time::timeout(GRACE, &mut self.listener).await.is_err() {
            self.listener.abort();
        }
        self.engine.shutdown().await;
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded").field("public_url", &self.public_url.as_str()).finish_non_exhaustive()
    }
}

async fn bind(port: u16) -> Result<TcpListener> {
    TcpListener::bind(("127.0.0.1", port)).await.map_err(|error| listening(port, error))
}

fn listening(port: u16, error: io::Error) -> Error {
    let remedy = "give another with `.port(..)`, or 0 for any that is free";
    let (kind, what) = match error.kind() {
        io::ErrorKind::AddrInUse => (ErrorKind::Conflict, "is taken"),
        io::ErrorKind::PermissionDenied => (ErrorKind::InvalidInput, "needs more rights than this program has"),
        _ => (ErrorKind::Unexpected, "cannot be listened on"),
    };
    Error::new(kind, format!("port {port} on loopback {what}; {remedy}")).with_source(error)
}

fn loopback_url(address: SocketAddr) -> Result<Url> {
    Url::parse(&format!("http://{address}"))
        .map_err(|error| Error::new(ErrorKind::Unexpected, "the listener's address is no URL").with_source(error))
}

/// The store and its key: in a directory, or in memory with a key that nobody else will ever have.
async fn memory(data: Option<&Path>) -> Result<(SqliteStore, KeySource)> {
    match data {
        None => Ok((SqliteStore::in_memory().await?, KeySource::Keys(vec![SealingKey::generate()?]))),
        Some(directory) => {
            let store = SqliteStore::open(directory.join("composio.sqlite")).await?;
            Ok((store, KeySource::File(directory.join("sealing.key"))))
        }
    }
}

/// Completes when the listener has to stop.
async fn stop(mut stopped: watch::Receiver<bool>) {
    // An error means that the owner is gone, which is a reason to stop as well.
    let _ = stopped.wait_for(|stop| *stop).await;
}

fn serve(listener: TcpListener, router: Router, stopped: watch::Receiver<bool>) -> JoinHandle<()> {
    let stop = stop(stopped);
    #[expect(clippy::disallowed_methods, reason = "`Embedded` owns the task and ends it in `shutdown` or `drop`")]
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
            tracing::error!(%error, "nothing is served any more");
        }
    })
}
