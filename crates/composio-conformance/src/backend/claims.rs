//! What a backend does not claim.

use std::time::Duration;

use composio_core::{ErrorKind, LinkRequest, LinkTarget, ToolCall, ToolSlug};

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
    }
    if !Claim::Idempotency.is_made(harness) {
        refused(backend.execute(session.id(), call.idempotency_key("k")).await, unsupported);
    }
    if !Claim::McpTokens.is_made(harness) {
        refused(backend.create_mcp_token(session.id(), Duration::from_secs(60)).await, unsupported);
        refused(backend.revoke_mcp_tokens(session.id(), None).await, unsupported);
    }
    assert_eq!(backend.management().is_some(), Claim::Management.is_made(harness));
    if !Claim::Management.is_made(harness) {
        refused(stage.auth_configs().create("managed").await, unsupported);
        refused(stage.auth_configs().list().await, unsupported);
        refused(stage.connected_accounts().list().await, unsupported);
        refused(stage.connected_accounts().get("ca_1").await, unsupported);
    }
}
