//! A client and a server in one process, joined by a pipe in memory.

use std::sync::{Arc, Mutex};

use composio_core::{Composio, ScriptedBackend, Session};
use composio_mcp::SessionServer;
use composio_mcp::rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResult, ClientCapabilities, ClientConfig, ClientRequest,
    ElicitRequestParams, ElicitResult, ErrorData, Implementation, ProgressNotificationParam, ProtocolVersion,
    ServerResult, Tool,
};
use composio_mcp::rmcp::service::{
    ClientLifecycleMode, ClientServiceExt as _, NotificationContext, Peer, PeerRequestOptions, RequestContext,
    RequestHandle, RoleClient, RunningService,
};
use composio_mcp::rmcp::{ClientHandler, RoleServer, ServiceError, ServiceExt};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, oneshot};

/// A client: what it heard, in the order in which it came, and what its user says when asked.
#[derive(Clone, Debug)]
pub(crate) struct Ears {
    heard: Arc<Mutex<Vec<ProgressNotificationParam>>>,
    /// One for each time that the list of tools changed.
    changes: Arc<Semaphore>,
    says: Says,
    asked: Arc<Mutex<Vec<Value>>>,
    can: Value,
}

/// What the user of a client says when asked.
#[derive(Clone, Debug)]
pub(crate) enum Says {
    /// This, as the protocol has it.
    This(Value),
    /// Nothing, for ever.
    Nothing,
    /// The client itself breaks.
    Error,
}

impl Ears {
    /// A client without a user.
    pub(crate) fn new() -> Self {
        Self::able(json!({}), Says::Error)
    }

    /// A client whose user says this.
    pub(crate) fn saying(says: Says) -> Self {
        Self::able(json!({"elicitation": {}}), says)
    }

    /// A client with these capabilities.
    pub(crate) fn able(can: Value, says: Says) -> Self {
        Self { heard: Arc::default(), changes: Arc::new(Semaphore::new(0)), says, asked: Arc::default(), can }
    }

    pub(crate) fn heard(&self) -> Vec<ProgressNotificationParam> {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until the list of tools has changed once more.
    pub(crate) async fn changed(&self) {
        self.changes.acquire().await.unwrap().forget();
    }

    /// How often it heard of changes that nobody waited for.
    pub(crate) fn more_changes(&self) -> usize {
        self.changes.available_permits()
    }

    /// What the user was asked, each with its form.
    pub(crate) fn asked(&self) -> Vec<Value> {
        self.asked.lock().unwrap().clone()
    }
}

impl ClientHandler for Ears {
    fn get_info(&self) -> ClientConfig {
        let capabilities: ClientCapabilities = serde_json::from_value(self.can.clone()).unwrap();
        ClientConfig::new(capabilities, Implementation::new("test", "1"))
    }

    async fn on_progress(&self, told: ProgressNotificationParam, _: NotificationContext<RoleClient>) {
        self.heard.lock().unwrap().push(told);
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.changes.add_permits(1);
    }

    async fn create_elicitation(
        &self,
        request: ElicitRequestParams,
        _: RequestContext<RoleClient>,
    ) -> Result<ElicitResult, ErrorData> {
        self.asked.lock().unwrap().push(serde_json::to_value(&request).unwrap());
        match &self.says {
            Says::This(said) => Ok(serde_json::from_value(said.clone()).unwrap()),
            Says::Nothing => std::future::pending().await,
            Says::Error => Err(ErrorData::internal_error("no user here", None)),
        }
    }
}

/// A client that said hello.
pub(crate) struct Client {
    pub(crate) ears: Ears,
    running: RunningService<RoleClient, Ears>,
    server: Server,
}

/// A server of 2026-07-28 has no hello, and is only there once the first request came.
enum Server {
    There(RunningService<RoleServer, SessionServer>),
    Coming(oneshot::Receiver<RunningService<RoleServer, SessionServer>>),
}

impl Client {
    pub(crate) async fn of(server: SessionServer) -> Self {
        Self::with(server, Ears::new()).await
    }

    pub(crate) async fn with(server: SessionServer, ears: Ears) -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let (server, running) = tokio::join!(server.serve(theirs), ears.clone().serve(ours));
        Self { ears, running: running.unwrap(), server: Server::There(server.unwrap()) }
    }

    /// A client of 2026-07-28.
    #[allow(clippy::disallowed_methods, reason = "the task ends with the pipe")]
    pub(crate) async fn of_2026(server: SessionServer, ears: Ears) -> Self {
        let (ours, theirs) = tokio::io::duplex(1 << 20);
        let (there, coming) = oneshot::channel();
        tokio::spawn(async move { there.send(server.serve(theirs).await.unwrap()) });
        let lifecycle = ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] };
        let running = ears.clone().serve_with_lifecycle(ours, lifecycle).await.unwrap();
        Self { ears, running, server: Server::Coming(coming) }
    }

    pub(crate) fn peer(&self) -> &Peer<RoleClient> {
        &self.running
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

    /// A call as a host makes it, which answers what is asked between two requests.
    pub(crate) async fn host_call(&self, name: &str, arguments: &Value) -> CallToolResult {
        let mut params = CallToolRequestParams::new(name.to_owned());
        params.arguments = arguments.as_object().cloned();
        self.running.call_tool(params).await.unwrap()
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
        let Server::There(server) = &self.server else { panic!("it is not there yet") };
        server.cancellation_token().cancel();
    }

    pub(crate) async fn close(self) {
        self.running.cancel().await.unwrap();
        let server = match self.server {
            Server::There(server) => server,
            Server::Coming(server) => server.await.unwrap(),
        };
        server.waiting().await.unwrap();
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
