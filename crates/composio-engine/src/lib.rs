//! The embedded backend of composio: sessions, OAuth, sealed credentials and tool execution in your own process.
//!
//! Most programs use it through the `composio` crate, which adds the listener for the connect pages. Use it directly to
//! bring a listener, a store or several projects of your own:
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use std::sync::Arc;
//!
//! use composio_core::{Composio, Url};
//! use composio_engine::{Engine, EngineOptions, KeySource, SealingKey, SqliteStore};
//!
//! let store = Arc::new(SqliteStore::in_memory().await?);
//! # let public_url = Url::parse("http://127.0.0.1:8787").expect("the URL is well-formed");
//! let options = EngineOptions::new(public_url, KeySource::Keys(vec![SealingKey::generate()?])).bundled_toolkits();
//! let engine = Engine::start(store, options).await?;
//!
//! let composio = Composio::with_backend(engine.project("default"));
//! let session = composio.create("user_123").toolkits(["github"]).await?;
//! println!("{}", session.explain("github").await?);
//! # Ok::<(), composio_core::Error>(()) }).unwrap();
//! ```
//!
//! # Vocabulary
//!
//! - An **engine** holds the toolkits, the sealing key and the sender; a **project** in it is what one application sees.
//! - A **store** remembers: sessions, auth configs, accounts, flows. It is given nothing in the clear.
//! - A **manifest** says what a toolkit is: how to authenticate, and how each tool becomes a request.
//! - **Managed auth** means the OAuth apps that the operator configured, as opposed to those of an auth config.
//!
//! # Tasks
//!
//! - Set an engine up: [`EngineOptions`]; keep its memory: [`SqliteStore`], or a [`Store`] of your own.
//! - Serve the connect pages: [`Engine`] implements [`ConnectFlow`](composio_core::ConnectFlow).
//! - Let MCP clients in: [`EngineOptions::serves_mcp`] and [`EngineOptions::project_key`]; [`EmbeddedBackend`] implements
//!   [`McpAccess`](composio_core::McpAccess) for whoever serves them.
//! - Add a toolkit: [`EngineOptions::toolkit`]; make one from an OpenAPI document: [`openapi::import`].
//! - Keep accounts in order: the engine does by itself ([`EngineOptions::upkeep`]), or you say when
//!   ([`Engine::upkeep_once`]); hear of it with [`Composio::events`](composio_core::Composio::events).
//! - Move a toolkit to another host: [`EngineOptions::overrides`] and [`HttpOptions`].
//!
//! # Features
//!
//! - `sqlite` (default): [`SqliteStore`].
//! - `toolkits` (default): what [`EngineOptions::bundled_toolkits`] adds.
//!
//! # What this crate does not do
//!
//! It serves no HTTP and knows no agent framework. It never chooses an account outside `composio_core`'s rules, never
//! sends a write twice, and never gives a credential to a store, a log or a model in the clear.

mod access;
mod approvals;
mod backend;
mod catalog;
mod clock;
mod connect;
mod credential;
mod engine;
mod events;
mod execute;
mod http;
mod life;
mod link;
mod management;
pub mod manifest;
mod mcp;
mod oauth;
pub mod openapi;
mod options;
mod policy;
mod random;
mod scope;
mod seal;
mod sessions;
pub mod store;
mod toolkits;
mod upkeep;

pub use self::http::HttpOptions;
pub use backend::EmbeddedBackend;
pub use clock::{Clock, ManualClock, SystemClock};
pub use engine::Engine;
pub use manifest::{Manifest, Overrides};
pub use options::EngineOptions;
pub use seal::{KeySource, SealingKey};
#[cfg(feature = "sqlite")]
pub use store::SqliteStore;
pub use store::{ProjectId, Store};
pub use upkeep::{Upkeep, UpkeepReport};
