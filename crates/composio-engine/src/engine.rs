//! The engine: what every project shares.

use std::fmt;
use std::future::Future;
use std::sync::{Arc, Weak};

use composio_core::{Brand, Error, ErrorKind, Result, Timestamp, Url};
use tokio::sync::oneshot;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::backend::EmbeddedBackend;
use crate::catalog::Catalog;
use crate::clock::Clock;
use crate::events::Bus;
use crate::http::{Http, HttpOptions};
use crate::mcp::ProjectKeys;
use crate::options::EngineOptions;
use crate::random;
use crate::seal::Sealer;
use crate::store::{ProjectId, Store};
use crate::upkeep::{self, Upkeep, UpkeepReport};

/// Sessions, connections and tool execution in your own process. Cheap to clone.
///
/// It knows no routes and no frameworks: [`project`](Self::project) gives the backend that sessions stand on, and
/// [`ConnectFlow`](composio_core::ConnectFlow) is implemented for whoever serves the connect pages.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

/// What the handles of an engine share.
pub(crate) struct Inner {
    store: Arc<dyn Store>,
    sealer: Sealer,
    catalog: Catalog,
    http: Http,
    clock: Arc<dyn Clock>,
    public_url: Url,
    application: Brand,
    callback_origins: Vec<String>,
    project_keys: ProjectKeys,
    serves_mcp: bool,
    events: Bus,
    tasks: TaskTracker,
    /// Ends what the engine does by itself, at the latest with the last handle.
    stop: DropGuard,
}

impl Engine {
    /// Reads the toolkits, takes the key and checks it against the store, and begins [upkeep](Upkeep).
    ///
    /// # Errors
    /// `InvalidInput` where an option, a manifest, the sealing key or a project's key is not good; `Conflict` where two
    /// toolkits or tools have one slug.
    pub async fn start(store: Arc<dyn Store>, options: EngineOptions) -> Result<Self> {
        if let Some(error) = options.error {
            return Err(error);
        }
        check_public_url(&options.public_url)?;
        upkeep::check(options.upkeep)?;
        let catalog = catalog(options.manifests, options.overrides, options.managed_apps)?;
        let sealer = Sealer::open_store(options.key, &*store).await?;
        let inner = Inner {
            store,
            sealer,
            catalog,
            http: Http::new(options.private_targets.into_iter().fold(options.http, HttpOptions::allow_private))?,
            clock: options.clock,
            public_url: options.public_url,
            application: options.application,
            callback_origins: options.callback_origins,
            project_keys: options.project_keys,
            serves_mcp: options.serves_mcp,
            events: Bus::new(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new().drop_guard(),
        };
        let engine = Self { inner: Arc::new(inner) };
        if let Upkeep::Every(every) = options.upkeep {
            let stop = engine.inner.stop.token().clone();
            engine.inner.tasks.spawn(upkeep::run(Arc::downgrade(&engine.inner), every, stop));
        }
        Ok(engine)
    }

    /// The engine, unless its last handle is gone.
    pub(crate) fn upgrade(inner: &Weak<Inner>) -> Option<Self> {
        inner.upgrade().map(|inner| Self { inner })
    }

    /// The backend of one project. Projects see nothing of each other.
    #[must_use]
    pub fn project(&self, id: impl AsRef<str>) -> EmbeddedBackend {
        EmbeddedBackend::new(self.clone(), ProjectId::new(id))
    }

    /// Does what is due, once, in every project: renews credentials that are soon over, tries accounts that nobody has seen
    /// work, and ends flows whose links are over. For hosts that choose the moment themselves ([`Upkeep::Off`]); several
    /// engines on one store, and rounds at the same time, never renew one credential twice.
    ///
    /// # Errors
    /// Where the store cannot say what is due. What goes wrong with one account is counted and logged.
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
    /// # use std::sync::Arc;
    /// # use composio_core::Url;
    /// use composio_engine::{Engine, EngineOptions, KeySource, SealingKey, SqliteStore, Upkeep};
    ///
    /// # let store = Arc::new(SqliteStore::in_memory().await?);
    /// # let url = Url::parse("http://127.0.0.1:8787").expect("the URL is well-formed");
    /// # let key = KeySource::Keys(vec![SealingKey::generate()?]);
    /// let engine = Engine::start(store, EngineOptions::new(url, key).upkeep(Upkeep::Off)).await?;
    /// let report = engine.upkeep_once().await?;
    /// println!("{} renewed, {} to be tried again", report.renewed, report.failed);
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    pub async fn upkeep_once(&self) -> Result<UpkeepReport> {
        upkeep::round(self).await
    }

    /// Ends [upkeep](Upkeep), waits until everything that is being sent has its answer, and ends the
    /// [events](composio_core::Composio::events). Begin nothing new before.
    pub async fn shutdown(&self) {
        self.inner.stop.token().cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        self.inner.events.close();
    }

    /// The redirect URI that OAuth apps have to be registered with.
    #[must_use]
    pub fn redirect_uri(&self) -> Url {
        self.page("/oauth/callback")
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.inner.store
    }

    pub(crate) fn sealer(&self) -> &Sealer {
        &self.inner.sealer
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.inner.catalog
    }

    pub(crate) fn http(&self) -> &Http {
        &self.inner.http
    }

    pub(crate) fn application(&self) -> &Brand {
        &self.inner.application
    }

    pub(crate) fn callback_origins(&self) -> &[String] {
        &self.inner.callback_origins
    }

    pub(crate) fn project_keys(&self) -> &ProjectKeys {
        &self.inner.project_keys
    }

    pub(crate) fn serves_mcp(&self) -> bool {
        self.inner.serves_mcp
    }

    pub(crate) fn events(&self) -> &Bus {
        &self.inner.events
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// A new id with this prefix.
    pub(crate) fn id(&self, prefix: &str) -> Result<String> {
        random::id(prefix, self.now())
    }

    /// A page of ours.
    pub(crate) fn page(&self, path: &str) -> Url {
        let mut url = self.inner.public_url.clone();
        url.set_path(path);
        url
    }

    /// Runs work that goes on when its caller goes away: a request that was sent has an outcome, and somebody has to
    /// write it down. The engine owns the task; [`shutdown`](Self::shutdown) waits for it.
    pub(crate) async fn own<T, F>(&self, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        self.inner.tasks.spawn(async move {
            // A caller who went away does not hear the outcome.
            let _ = sender.send(work.await);
        });
        receiver.await.unwrap_or_else(|_| {
            Err(Error::new(ErrorKind::OutcomeUnknown, "the engine stopped in the middle; look before you do it again"))
        })
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("store", &self.inner.store)
            .field("public_url", &self.inner.public_url.as_str())
            .finish_non_exhaustive()
    }
}

/// Links and callbacks share one origin, and their cookies are bound to its paths.
fn check_public_url(url: &Url) -> Result<()> {
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if plain && matches!(url.scheme(), "http" | "https") && url.has_host() {
        return Ok(());
    }
    let rule = "an http or https address without a path, such as https://agents.example.com";
    Err(Error::invalid_input("public_url", &url.origin().ascii_serialization(), rule))
}

type ByToolkit<T> = indexmap::IndexMap<composio_core::ToolkitSlug, T>;

fn catalog(
    manifests: Vec<crate::manifest::Manifest>,
    mut overrides: ByToolkit<crate::manifest::Overrides>,
    mut apps: ByToolkit<composio_core::OAuthApp>,
) -> Result<Catalog> {
    let mut catalog = Catalog::default();
    for manifest in manifests {
        let slug = manifest.slug.clone();
        let of = overrides.shift_remove(slug.as_str()).unwrap_or_default();
        catalog.add(manifest, of, apps.shift_remove(slug.as_str()))?;
    }
    match overrides.keys().chain(apps.keys()).next() {
        None => Ok(catalog),
        Some(toolkit) => Err(Error::invalid_input(
            "toolkit",
            toolkit.as_str(),
            "it is configured, and the engine has no manifest for it",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::seal::{KeySource, SealingKey};
    use crate::store::SqliteStore;

    async fn engine(upkeep: Upkeep) -> Engine {
        let key = KeySource::Keys(vec![SealingKey::new([7; 32])]);
        let options = EngineOptions::new(Url::parse("http://127.0.0.1:8787").unwrap(), key).upkeep(upkeep);
        Engine::start(Arc::new(SqliteStore::in_memory().await.unwrap()), options).await.unwrap()
    }

    #[tokio::test]
    async fn upkeep_ends_with_the_last_handle_although_it_sleeps() {
        let engine = engine(Upkeep::Every(Duration::from_secs(3600))).await;
        let (tasks, store) = (engine.inner.tasks.clone(), Arc::downgrade(&engine.inner));
        let handle = engine.clone();
        drop(engine);
        assert_eq!(tasks.len(), 1, "a handle is left");
        drop(handle);
        assert!(store.upgrade().is_none(), "the task keeps nothing alive");
        tasks.close();
        assert!(timeout(Duration::from_secs(5), tasks.wait()).await.is_ok(), "the task goes on");
    }

    #[tokio::test]
    async fn a_shutdown_does_not_wait_for_upkeep_to_wake() {
        let engine = engine(Upkeep::Every(Duration::from_secs(3600))).await;
        assert!(timeout(Duration::from_secs(5), engine.shutdown()).await.is_ok());
        assert!(engine.inner.tasks.is_empty());
    }

    #[tokio::test]
    async fn nothing_happens_by_itself_where_upkeep_is_off() {
        assert!(engine(Upkeep::Off).await.inner.tasks.is_empty());
    }
}
