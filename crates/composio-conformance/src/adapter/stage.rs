//! What the scenarios play on: a scripted backend, and a session with its tools.

use composio_core::{Composio, ScriptedBackend, Session, ToolSet};
use serde_json::json;

/// A session with the tools that most scenarios need.
pub(super) struct Stage {
    pub(super) backend: ScriptedBackend,
    pub(super) session: Session,
}

impl Stage {
    pub(super) async fn new() -> Self {
        let note = json!({"type": "object", "properties": {"note": {"type": "string"}}, "required": ["note"]});
        Self::on(ScriptedBackend::new().tool("KIT_ECHO", "kit", note).tool("KIT_NOTHING", "kit", json!({}))).await
    }

    pub(super) async fn on(backend: ScriptedBackend) -> Self {
        let composio = Composio::with_backend(backend.clone());
        let session = composio.create("user_u").toolkits(["kit"]).direct_tools().await.unwrap();
        Self { backend, session }
    }

    pub(super) async fn tools(&self) -> ToolSet {
        self.session.tools().await.unwrap()
    }
}
