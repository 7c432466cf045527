//! What the adapter costs: of converting against copying the schemas, of a call against one without it. The protocol's own
//! work, JSON both ways and a task for each request, is left out: it is the same for every server.

#![expect(clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]

use std::sync::Arc;

use composio_conformance::adapter::bench;
use composio_core::ToolSet;
use composio_mcp::rmcp::model::{CallToolRequestParams, CallToolResponse, NumberOrString};
use composio_mcp::rmcp::service::{RequestContext, RoleClient, RunningService};
use composio_mcp::rmcp::{RoleServer, ServerHandler, ServiceExt};
use composio_mcp::{McpTools as _, SessionServer};
use tokio::sync::OnceCell;

fn main() {
    let pair = Arc::new(OnceCell::new());
    bench::report(
        "composio-mcp",
        |tools: &ToolSet| tools.to_mcp(),
        |tools, call| {
            let pair = Arc::clone(&pair);
            Box::pin(async move {
                let (server, _) = pair.get_or_init(|| joined(tools.clone())).await;
                let arguments = serde_json::from_str(&call.arguments).expect("the benchmark writes an object");
                let params = CallToolRequestParams::new(call.name).with_arguments(arguments);
                let context = RequestContext::new(NumberOrString::Number(1), server.peer().clone());
                let response = server.service().call_tool(params, context).await.expect("the tool is listed");
                let CallToolResponse::Complete(result) = response else { panic!("{response:?}") };
                result.content[0].as_text().expect("the content is text").text.clone()
            })
        },
    );
}

/// A server with a client, which a request's context names.
async fn joined(tools: ToolSet) -> (RunningService<RoleServer, SessionServer>, RunningService<RoleClient, ()>) {
    let (ours, theirs) = tokio::io::duplex(1 << 16);
    let (server, client) = tokio::join!(SessionServer::of_tools(tools).serve(theirs), ().serve(ours));
    (server.expect("the client says hello"), client.expect("the server answers"))
}
