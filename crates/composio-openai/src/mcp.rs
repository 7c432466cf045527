//! A session as a hosted MCP server: the provider calls its tools itself.

use async_openai::types::mcp::MCPTool;
use composio_core::secrecy::ExposeSecret as _;
use composio_core::{Error, ErrorKind, McpEndpoint, Result};
use serde_json::{Map, Value};

/// What precedes a token in the header that carries it.
const BEARER: &str = "bearer ";

/// The session behind an MCP endpoint as a hosted tool of the Responses API, under this label.
///
/// The provider lists and calls the tools itself, so the endpoint has to be one that its servers can reach, and what it
/// holds to get in is sent to the provider: give it a token of one session that expires. The hosted service makes none, and
/// the headers of its `session.mcp()` are the project's own key: with them the provider can do all that you can. The provider
/// asks for an approval before each call, which is its default, unless you set `require_approval`; every tool of the session
/// is allowed, unless you set `allowed_tools`.
///
/// `Debug` of async-openai's type prints the credential: do not log it, nor the request that holds it.
///
/// # Errors
/// `InvalidInput` where the endpoint has no header to get in with.
///
/// # Example
/// ```no_run
/// # async fn example(session: composio_core::Session) -> composio_core::Result<()> {
/// use composio_openai::async_openai::types::mcp::{MCPTool, MCPToolApprovalSetting, MCPToolRequireApproval};
/// use composio_openai::async_openai::types::responses::{CreateResponse, Tool};
///
/// let token = session.mcp_token().await?;
/// let never = MCPToolRequireApproval::ApprovalSetting(MCPToolApprovalSetting::Never);
/// let tool = MCPTool { require_approval: Some(never), ..composio_openai::mcp_tool("composio", &token.endpoint)? };
///
/// let request = CreateResponse { tools: Some(vec![Tool::Mcp(tool)]), ..CreateResponse::default() };
/// # let _ = request;
/// # Ok(()) }
/// ```
pub fn mcp_tool(label: &str, endpoint: &McpEndpoint) -> Result<MCPTool> {
    if endpoint.headers.is_empty() {
        let message = "this MCP endpoint has no credential to give to the provider; make one with Session::mcp_token";
        return Err(Error::new(ErrorKind::InvalidInput, message));
    }
    let (mut authorization, mut headers) = (None, Map::new());
    for (name, value) in endpoint.headers.iter() {
        match bearer(name, value.expose_secret()) {
            Some(token) => authorization = Some(token.to_owned()),
            None => {
                headers.insert(name.clone(), value.expose_secret().into());
            }
        }
    }
    Ok(MCPTool {
        server_label: label.to_owned(),
        server_url: Some(endpoint.url.to_string()),
        authorization,
        headers: (!headers.is_empty()).then_some(Value::Object(headers)),
        ..MCPTool::default()
    })
}

fn bearer<'a>(name: &str, value: &'a str) -> Option<&'a str> {
    let scheme = value.get(..BEARER.len()).filter(|scheme| scheme.eq_ignore_ascii_case(BEARER))?;
    name.eq_ignore_ascii_case("authorization").then(|| value[scheme.len()..].trim())
}
