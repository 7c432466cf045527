//! A client of the server: what an editor or an assistant does with the URL and the header.

use std::collections::HashMap;

use anyhow::{Context as _, Result, ensure};
use composio::McpToken;
use composio::secrecy::ExposeSecret as _;
use example_support::{Playground, TASK, script, show};
use rmcp::ServiceExt as _;
use rmcp::model::CallToolRequestParams;
use rmcp::service::{RoleClient, RunningService};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use serde_json::{Value, json};

type Client = RunningService<RoleClient, ()>;

/// Lists the tools, files an issue, mails its link, and looks whether both are there.
pub(crate) async fn run(playground: &Playground, token: &McpToken) -> Result<()> {
    let client = connect(token).await?;
    let names: Vec<_> = client.list_all_tools().await?.into_iter().map(|tool| tool.name).collect();
    show::note(&format!("The client sees {} tools: {}.", names.len(), names.join(", ")));
    show::task(TASK);
    let issue = call(
        &client,
        "TRACKER_CREATE_ISSUE",
        json!({"title": "The coffee machine leaks", "body": "On the third floor."}),
    )
    .await?;
    let link = issue["data"]["url"].as_str().context("the issue has no link")?;
    let mail = json!({"to": [script::RECIPIENT], "subject": "The coffee machine leaks", "body": format!("It is here: {link}")});
    call(&client, "MAILBOX_SEND_MESSAGE", mail).await?;
    client.cancel().await?;
    playground.verify().await
}

async fn connect(token: &McpToken) -> Result<Client> {
    let mut headers = HashMap::new();
    for (name, value) in token.endpoint.headers.iter() {
        headers.insert(name.parse()?, value.expose_secret().parse()?);
    }
    let config = StreamableHttpClientTransportConfig::with_uri(token.endpoint.url.as_str()).custom_headers(headers);
    Ok(().serve(StreamableHttpClientTransport::from_config(config)).await?)
}

/// Runs a tool, and reads its result as a model would.
async fn call(client: &Client, name: &'static str, arguments: Value) -> Result<Value> {
    show::call(name, &arguments);
    let mut params = CallToolRequestParams::new(name);
    params.arguments = arguments.as_object().cloned();
    let result = client.call_tool(params).await?;
    let text = &result.content.first().and_then(|block| block.as_text()).context("the result holds no text")?.text;
    show::result(text);
    ensure!(result.is_error != Some(true), "{name} failed: {text}");
    Ok(serde_json::from_str(text)?)
}
