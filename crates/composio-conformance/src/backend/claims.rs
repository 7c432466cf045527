//! What a backend does not claim.

use std::time::Duration;

use composio_core::{
    ApprovalRule, ErrorKind, FileContent, HttpMethod, LinkRequest, LinkTarget, Session, SharingUpdate, ToolCall,
    ToolSlug,
};

use super::Claim;
use super::stage::{Stage, refused, slug};
use crate::harness::Harness;

/// What is not claimed is `Unsupported`: never a panic, and never an empty answer.
pub async fn what_is_not_claimed_is_unsupported(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let backend = harness.backend();
    let unsupported = ErrorKind::Unsupported;
    let call = ToolCall::new(ToolSlug::new("OPEN_WHOAMI").unwrap(), serde_json::Map::new());
    if !Claim::Execution.is_made(harness) {
        refused(backend.execute(session.id(), call.clone()).await, unsupported);
    }
    if !Claim::Links.is_made(harness) {
        let link = LinkRequest::new(LinkTarget::Toolkit(slug("managed")));
        refused(backend.link(session.id(), &link).await, unsupported);
    }
    if !Claim::Explain.is_made(harness) {
        refused(backend.explain(session.id(), &slug("open")).await, unsupported);
        refused(backend.explain_tool(session.id(), &call.tool).await, unsupported);
    }
    if !Claim::Idempotency.is_made(harness) {
        refused(backend.execute(session.id(), call.clone().idempotency_key("k")).await, unsupported);
    }
    if !Claim::Updates.is_made(harness) {
        refused(session.update().await, unsupported);
        refused(session.history().await, unsupported);
    }
    if !Claim::Approvals.is_made(harness) {
        refused(backend.confirm(session.id(), &call, ApprovalRule::Tool).await, unsupported);
        // What nobody would ask about is not promised.
        refused(stage.create().require_approval_for_tools(["OPEN_WHOAMI"]).await, unsupported);
    }
    if !Claim::Events.is_made(harness) {
        refused(stage.events(), unsupported);
    }
    if !Claim::McpTokens.is_made(harness) {
        refused(backend.create_mcp_token(session.id(), Duration::from_secs(60)).await, unsupported);
        refused(backend.revoke_mcp_tokens(session.id(), None).await, unsupported);
    }
    assert_eq!(backend.files().is_some(), Claim::Files.is_made(harness));
    services(harness, &session).await;
    assert_eq!(backend.management().is_some(), Claim::Management.is_made(harness));
    if !Claim::Management.is_made(harness) {
        refused(stage.auth_configs().create("managed").await, unsupported);
        refused(stage.auth_configs().list().await, unsupported);
        refused(stage.connected_accounts().list().await, unsupported);
        refused(stage.connected_accounts().get("ca_1").await, unsupported);
        refused(stage.connected_accounts().share("ca_1", SharingUpdate::new()).await, unsupported);
        refused(stage.connected_accounts().probe("ca_1").await, unsupported);
        refused(stage.toolkits().list().await, unsupported);
        refused(stage.toolkits().get("open").await, unsupported);
        refused(stage.tools().list().await, unsupported);
        refused(stage.tools().get("OPEN_WHOAMI").await, unsupported);
    }
}

/// Searching, services' own APIs and files.
async fn services(harness: &dyn Harness, session: &Session) {
    let unsupported = ErrorKind::Unsupported;
    if !Claim::Search.is_made(harness) {
        refused(session.search("find the newest issue").await, unsupported);
    }
    if !Claim::Proxy.is_made(harness) {
        refused(session.proxy_execute("open", HttpMethod::Get, "/whoami").await, unsupported);
    }
    if !Claim::Files.is_made(harness) {
        let files = session.files();
        refused(files.list().await, unsupported);
        refused(files.upload("a.txt", FileContent::new("a")).await, unsupported);
        refused(files.download("a.txt").await, unsupported);
        refused(files.delete("a.txt").await, unsupported);
    }
}
