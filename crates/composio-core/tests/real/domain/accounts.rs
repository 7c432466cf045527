//! The accounts of a session's user: which one runs a tool and why, connecting, waiting.

use std::time::Duration;

use composio_core::{ErrorKind, Result};
use serde_json::{Value, json};

use super::a_session;
use crate::case::cases;
use crate::service::Service;

cases! {
    the_account_that_would_run_a_tool_is_explained
    what_decides_about_a_tool_is_explained
    one_account_is_read
    what_is_connected_needs_no_link
    a_link_is_waited_for
    an_account_that_ended_is_connected_again
    one_that_works_is_not_connected_again
    what_the_api_does_not_have_is_unsupported
    an_account_is_looked_at
}

/// The account that all examples speak of, and its auth config.
const ACCOUNT: &str = "ca_Zq1rX5tYu8Pd";
const AUTH_CONFIG: &str = "ac_Gh8kQ2mZ0pYx";

async fn the_account_that_would_run_a_tool_is_explained(service: &Service) -> Result<()> {
    let explanation = a_session(service).await?.explain("github").await?;
    assert!(explanation.predicted, "{explanation}");
    let chosen = explanation.considered.iter().filter(|one| one.passed_over.is_none());
    let chosen: Vec<_> = chosen.map(|one| one.account.id.as_str()).collect();
    assert_eq!(chosen, [ACCOUNT], "{explanation}");
    service.asked("auth_configs_list", "/auth_configs", &["toolkit_slug=github", "show_disabled=true", "limit=200"]);
    let names = ["user_ids=user_123", "toolkit_slugs=github", "account_type=ALL", "limit=200"];
    service.asked("connected_accounts_list", "/connected_accounts", &names);
    Ok(())
}

/// The session of the examples lets tools of GitHub read, and nothing else.
async fn what_decides_about_a_tool_is_explained(service: &Service) -> Result<()> {
    service.answer_with("/toolkit/slug", "github");
    let session = a_session(service).await?;
    let explanation = session.explain_tool("GITHUB_GET_AN_ISSUE").await?;
    assert!(explanation.predicted && !explanation.decision.allowed, "{explanation:?}");
    service.answer_with("/tags", json!(["readOnlyHint"]));
    let explanation = session.explain_tool("GITHUB_GET_AN_ISSUE").await?;
    assert!(explanation.predicted && explanation.decision.allowed, "{explanation:?}");
    assert_eq!(explanation.auth_config.unwrap().as_str(), AUTH_CONFIG);
    service.asked("tools_retrieve", "/tools/GITHUB_GET_AN_ISSUE", &[]);
    Ok(())
}

async fn one_account_is_read(service: &Service) -> Result<()> {
    let account = a_session(service).await?.connected_account(&ACCOUNT.into()).await?;
    assert_eq!((account.id.as_str(), account.auth_config.as_str()), (ACCOUNT, AUTH_CONFIG));
    assert!(account.is_active());
    service.sent("connected_accounts_retrieve", &format!("/connected_accounts/{ACCOUNT}"), &Value::Null);
    Ok(())
}

async fn what_is_connected_needs_no_link(service: &Service) -> Result<()> {
    let session = a_session(service).await?;
    let ensured = session.ensure_connected("github", |link| panic!("{link} is for nothing")).await?;
    assert!(ensured.was_connected);
    assert_eq!(ensured.account.unwrap().id.as_str(), ACCOUNT);
    Ok(())
}

async fn a_link_is_waited_for(service: &Service) -> Result<()> {
    let request = a_session(service).await?.authorize("github").await?;
    let account = request.wait().await?;
    assert!(account.is_ready());
    service.asked("connected_accounts_retrieve", &format!("/connected_accounts/{}", request.account()), &[]);
    Ok(())
}

const AGAIN: &str = "https://connect.example.com/again";

async fn an_account_that_ended_is_connected_again(service: &Service) -> Result<()> {
    service.answer_with("/status", "EXPIRED");
    service.answer_with("/redirect_url", AGAIN);
    let request = a_session(service).await?.reconnect(ACCOUNT).callback_url("https://app.example.com/done").await?;
    assert_eq!(request.redirect_url().as_str(), AGAIN);
    service.holds("connected_accounts_refresh", &json!({"redirect_url": "https://app.example.com/done"}));
    Ok(())
}

async fn one_that_works_is_not_connected_again(service: &Service) -> Result<()> {
    let error = a_session(service).await?.reconnect(ACCOUNT).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
    assert!(service.heard().iter().all(|exchange| exchange.operation != "connected_accounts_refresh"));
    Ok(())
}

/// The dialect has no such things, and does not pass them over in silence.
async fn what_the_api_does_not_have_is_unsupported(service: &Service) -> Result<()> {
    let session = a_session(service).await?;
    let before = service.heard().len();
    for error in [
        session.mcp_token().expires_in(Duration::from_secs(60)).await.unwrap_err(),
        session.revoke_mcp_tokens().await.unwrap_err(),
        session.execute("GMAIL_SEND_EMAIL", json!({})).idempotency_key("once").await.unwrap_err(),
        service.composio().events().unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unsupported, "{error:?}");
    }
    assert_eq!(service.heard().len(), before, "nothing is sent");
    Ok(())
}

async fn an_account_is_looked_at(service: &Service) -> Result<()> {
    let account = service.composio().connected_accounts().probe(ACCOUNT).await?;
    assert!(account.is_ready());
    service.sent("connected_accounts_retrieve", &format!("/connected_accounts/{ACCOUNT}"), &Value::Null);
    Ok(())
}
