//! MCP on the listener, where the feature `mcp` is on.

#[cfg(feature = "mcp")]
use std::sync::Arc;

#[cfg(feature = "mcp")]
use composio_core::secrecy::SecretString;
use composio_core::{Composio, Url};
use composio_engine::{EmbeddedBackend, EngineOptions};
use composio_server::axum::Router;
#[cfg(feature = "mcp")]
use composio_server::{McpOptions, mcp_router};
use tokio::sync::watch;

/// What an operator says about MCP.
#[derive(Default)]
pub(super) struct Mcp {
    #[cfg(feature = "mcp")]
    pub(super) keys: Vec<SecretString>,
    #[cfg(feature = "mcp")]
    pub(super) origins: Vec<String>,
    #[cfg(feature = "mcp")]
    pub(super) without_native_prefix: bool,
}

#[cfg(feature = "mcp")]
impl Mcp {
    /// Tells the engine that sessions are served, and which keys open them.
    pub(super) fn engine(&self, project: &str, engine: EngineOptions) -> EngineOptions {
        self.keys.iter().cloned().fold(engine.serves_mcp(), |engine, key| engine.project_key(project, key))
    }

    pub(super) fn router(
        self,
        composio: &Composio,
        access: EmbeddedBackend,
        public_url: &Url,
        stopped: watch::Receiver<bool>,
    ) -> Router {
        let options = McpOptions::new(public_url.clone()).until(super::stop(stopped));
        let mut options = self.origins.into_iter().fold(options, McpOptions::allow_origin);
        if self.without_native_prefix {
            options = options.without_native_prefix();
        }
        mcp_router(composio.clone(), Arc::new(access), options)
    }
}

#[cfg(not(feature = "mcp"))]
impl Mcp {
    pub(super) fn engine(&self, _: &str, engine: EngineOptions) -> EngineOptions {
        engine
    }

    pub(super) fn router(self, _: &Composio, _: EmbeddedBackend, _: &Url, _: watch::Receiver<bool>) -> Router {
        Router::new()
    }
}
