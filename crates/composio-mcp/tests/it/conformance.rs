//! The suite of all adapters, through a client and a server that speak the protocol.

use async_trait::async_trait;
use composio_conformance::adapter::{Adapter, Call, Reply, Shown};
use composio_core::ToolSet;
use composio_mcp::rmcp::ServiceError;
use composio_mcp::{McpTools as _, SessionServer};
use serde_json::Value;

use crate::client::Client;

struct OverMcp;

#[async_trait]
impl Adapter for OverMcp {
    fn shown(&self, tools: &ToolSet) -> Vec<Shown> {
        let tools = serde_json::to_value(tools.to_mcp()).unwrap();
        let text = |tool: &Value, field: &str| tool[field].as_str().unwrap().to_owned();
        let shown = tools.as_array().unwrap().iter().map(|tool| Shown {
            name: text(tool, "name"),
            description: text(tool, "description"),
            schema: tool["inputSchema"].clone(),
            strict: None,
        });
        shown.collect()
    }

    async fn answer(&self, tools: &ToolSet, calls: Vec<Call>) -> Vec<Reply> {
        let client = Client::of(SessionServer::of_tools(tools.clone())).await;
        let replies = futures::future::join_all(calls.into_iter().map(|call| reply(&client, call))).await;
        client.close().await;
        replies
    }

    // The protocol carries an object or nothing, so that what a model wrote besides is its host's to answer.
    fn sees_malformed_arguments(&self) -> bool {
        false
    }

    fn says_strict(&self) -> bool {
        false
    }

    // The client is somebody else's program: it is asked in the middle of the call, and gets texts.
    fn shows_failures(&self) -> bool {
        false
    }
}

/// A host that runs what its model asked for.
async fn reply(client: &Client, call: Call) -> Reply {
    let arguments = match serde_json::from_str(&call.arguments) {
        _ if call.arguments.trim().is_empty() => Value::Null,
        Ok(arguments @ (Value::Object(_) | Value::Null)) => arguments,
        _ => return Reply::Text { id: call.id, text: "This host sends objects only.".to_owned() },
    };
    match client.try_call(&call.name, arguments).await {
        Ok(result) => {
            Reply::Text { id: call.id, text: result.content[0].as_text().expect("the content is text").text.clone() }
        }
        Err(ServiceError::McpError(error)) if error.code.0 == -32602 => Reply::NotOurs { id: call.id },
        Err(error) => panic!("{error:?}"),
    }
}

composio_conformance::adapter_suite!(OverMcp);
