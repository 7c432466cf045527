//! Tokens for MCP clients: what core checks, and what it passes on.

use std::time::Duration;

use composio_core::{Composio, ErrorKind, McpTokenId, Result, ScriptedBackend, Session};

use crate::spy::Spy;

const HOUR: Duration = Duration::from_secs(60 * 60);
const NINETY_DAYS: Duration = Duration::from_secs(90 * 24 * 60 * 60);

async fn session(spy: &Spy) -> Result<Session> {
    Composio::with_backend(spy.clone()).create("u").await
}

/// The fake serves no MCP, so a lifetime that core lets through ends there.
#[tokio::test]
async fn a_lifetime_out_of_range_reaches_nobody() -> Result<()> {
    for (lifetime, kind) in [
        (Duration::ZERO, ErrorKind::InvalidInput),
        (Duration::from_nanos(1), ErrorKind::Unsupported),
        (HOUR, ErrorKind::Unsupported),
        (NINETY_DAYS, ErrorKind::Unsupported),
        (NINETY_DAYS + Duration::from_nanos(1), ErrorKind::InvalidInput),
        (Duration::MAX, ErrorKind::InvalidInput),
    ] {
        let spy = Spy::new(ScriptedBackend::new());
        let error = session(&spy).await?.mcp_token().expires_in(lifetime).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{lifetime:?}: {error}");
        let reached = kind == ErrorKind::Unsupported;
        assert_eq!(spy.lifetimes(), if reached { vec![lifetime] } else { vec![] });
        assert!(
            reached || error.to_string().contains("expires_in") && error.to_string().contains("90 days"),
            "{error}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_token_lives_an_hour_unless_said_otherwise() -> Result<()> {
    let spy = Spy::new(ScriptedBackend::new());
    let session = session(&spy).await?;
    drop(session.mcp_token());
    assert_eq!(spy.count("create_mcp_token"), 0, "a token is made by awaiting it");
    session.mcp_token().await.unwrap_err();
    session.mcp_token().expires_in(Duration::ZERO).expires_in(2 * HOUR).await.unwrap_err();
    assert_eq!(spy.lifetimes(), [HOUR, 2 * HOUR]);
    Ok(())
}

#[tokio::test]
async fn one_token_is_revoked_or_all_of_them() -> Result<()> {
    let spy = Spy::new(ScriptedBackend::new());
    let session = session(&spy).await?;
    let id = McpTokenId::new("mtk_1");
    for error in [session.revoke_mcp_token(&id).await.unwrap_err(), session.revoke_mcp_tokens().await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
    assert_eq!(spy.revoked(), [Some(id), None]);
    Ok(())
}
