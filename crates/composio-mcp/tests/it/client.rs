//! A client and a server in one process, joined by a pipe in memory.

use std::sync::{Arc, Mutex};

use composio_core::{Composio, ScriptedBackend, Session};
use composio_mcp::SessionServer;
use composio_mcp::rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResult, ClientRequest, ErrorData, ProgressNotificationParam,
    ServerResult, Tool,
};
use composio_mcp::rmcp::service::{NotificationContext, PeerRequestOptions, RequestHandle, RoleClient, RunningService};
use composio_mcp::rmcp::{ClientHandler, RoleServer, ServiceError, ServiceExt};
use serde_json::{Value, json};

/// What a client heard, in the order in which it came.
#[derive(Clone, Default)]
pub(crate) struct Ears(Arc<Mutex<Vec<ProgressNotificationParam>>>);

impl Ears {
    pub(crate) fn heard(&self) -> Vec<ProgressNotificationParam> {
        self.0.lock().unwrap().clone()
    }
}

impl ClientHandler for Ears {
    async fn on_progress(&self, told: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.0.lock().unwrap().push(told);
    }
}

/// A client that said hello.
pub(crate) struct Client {
    pub(crate) ears: Ears,
    running: RunningService<RoleClient, Ears>,
    server: RunningService<RoleServer, SessionServer>,
}

impl Client {
    pub(crate) async fn of(server: SessionServer) -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let ears = Ears::default();
        let (server, running) = tokio::join!(server.serve(theirs), ears.clone().serve(ours));
        Self { ears, running: running.unwrap(), server: server.unwrap() }
    }

    pub(crate) async fn tools(&self) -> Result<Vec<Tool>, ServiceError> {
        self.running.list_all_tools().await
    }

    pub(crate) async fn names(&self) -> Vec<String> {
        self.tools().await.unwrap().into_iter().map(|tool| tool.name.into_owned()).collect()
    }

    /// What the server said of itself.
    pub(crate) fn instructions(&self) -> String {
        self.running.peer_info().unwrap().instructions.clone().unwrap()
    }

    pub(crate) async fn call(&self, name: &str, arguments: Value) -> CallToolResult {
        self.try_call(name, arguments).await.unwrap()
    }

    pub(crate) async fn try_call(&self, name: &str, arguments: Value) -> Result<CallToolResult, ServiceError> {
        let result = self.begin(name, arguments).await.await_response().await?;
        let ServerResult::CallToolResult(result) = result else { panic!("{result:?}") };
        Ok(result)
    }

    /// Begins a call. The request carries a progress token.
    pub(crate) async fn begin(&self, name: &str, arguments: Value) -> RequestHandle<RoleClient> {
        let mut params = CallToolRequestParams::new(name.to_owned());
        params.arguments = arguments.as_object().cloned();
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        self.running.send_cancellable_request(request, PeerRequestOptions::no_options()).await.unwrap()
    }

    pub(crate) fn stop_server(&self) {
        self.server.cancellation_token().cancel();
    }

    pub(crate) async fn close(self) {
        self.running.cancel().await.unwrap();
        self.server.waiting().await.unwrap();
    }
}

/// The one text of a result, and whether it is a failure.
pub(crate) fn read(result: &CallToolResult) -> (Value, bool) {
    assert_eq!(result.content.len(), 1, "{result:?}");
    let text = &result.content[0].as_text().expect("the content is text").text;
    (serde_json::from_str(text).expect("the text is an envelope"), result.is_error == Some(true))
}

pub(crate) fn refused(error: ServiceError) -> ErrorData {
    let ServiceError::McpError(error) = error else { panic!("{error:?}") };
    error
}

/// A backend with one tool that echoes.
pub(crate) fn backend() -> ScriptedBackend {
    let schema = json!({"type": "object", "properties": {"note": {"type": "string"}}});
    ScriptedBackend::new().tool("KIT_ECHO", "kit", schema)
}

pub(crate) async fn session(backend: &ScriptedBackend) -> Session {
    Composio::with_backend(backend.clone()).create("user_u").toolkits(["kit"]).direct_tools().await.unwrap()
}
