//! Running tools in sessions: execute, meta tools, search, native tools, the proxy.

use composio_core::Result;
use serde_json::{Value, json};

use super::{create, session, typed};
use crate::case::cases;
use crate::service::Service;

cases! {
    a_tool_is_executed_with_arguments_alone
    a_tool_is_executed_with_everything
    a_human_answers_in_three_ways
    each_meta_tool_is_executed
    tools_are_searched
    native_tools_are_attached
    nothing_may_be_attached
    a_request_goes_through_the_proxy
    each_method_goes_through_the_proxy
    bytes_go_through_the_proxy
    a_credential_goes_along_with_the_proxy
}

async fn execute(service: &Service, body: Value) -> Result<()> {
    service.client().execute(&session(), &typed(&body)).await?;
    service.sent("tool_router_session_execute", "/tool_router/session/trs_1/execute", &body);
    Ok(())
}

async fn a_tool_is_executed_with_arguments_alone(service: &Service) -> Result<()> {
    execute(service, json!({"tool_slug": "HACKERNEWS_GET_USER"})).await?;
    execute(service, json!({"tool_slug": "GMAIL_SEND_EMAIL", "arguments": {"to": "ü@example.com", "n": 1.5}})).await
}

async fn a_tool_is_executed_with_everything(service: &Service) -> Result<()> {
    let body = json!({
        "tool_slug": "GMAIL_SEND_EMAIL",
        "arguments": {},
        "account": "work",
        "enable_auto_workbench_offload": true,
        "input_responses": {"confirm": {"action": "accept", "content": {"approved": true}}},
        "request_state": "opaque",
        "experimental": create::native(),
    });
    execute(service, body).await
}

async fn a_human_answers_in_three_ways(service: &Service) -> Result<()> {
    for action in ["accept", "decline", "cancel"] {
        let answer = json!({"approval": {"action": action}});
        let body = json!({"tool_slug": "GMAIL_SEND_EMAIL", "input_responses": answer, "request_state": "opaque"});
        execute(service, body).await?;
    }
    Ok(())
}

async fn each_meta_tool_is_executed(service: &Service) -> Result<()> {
    for slug in [
        "COMPOSIO_SEARCH_TOOLS",
        "COMPOSIO_MULTI_EXECUTE_TOOL",
        "COMPOSIO_MANAGE_CONNECTIONS",
        "COMPOSIO_WAIT_FOR_CONNECTIONS",
        "COMPOSIO_REMOTE_WORKBENCH",
        "COMPOSIO_REMOTE_BASH_TOOL",
        "COMPOSIO_GET_TOOL_SCHEMAS",
        "COMPOSIO_SUBMIT_FEEDBACK",
        "COMPOSIO_PROXY_EXECUTE",
    ] {
        let body = json!({
            "slug": slug,
            "arguments": {"a": []},
            "input_responses": {"confirm": {"action": "accept", "content": {"approved": true}}},
            "request_state": "opaque",
            "experimental": create::native(),
        });
        service.client().execute_meta(&session(), &typed(&body)).await?;
        service.sent("tool_router_session_execute_meta", "/tool_router/session/trs_1/execute_meta", &body);
    }
    Ok(())
}

async fn tools_are_searched(service: &Service) -> Result<()> {
    for body in [
        json!({"queries": [{"use_case": "send an email"}]}),
        json!({
            "queries": [{"use_case": "send an email", "known_fields": "to: x@example.com"}, {"use_case": "read it"}],
            "model": "gpt-6",
            "search_strategy": "tool_search",
            "experimental": create::native(),
            "toolkits": ["gmail"],
        }),
        json!({"queries": [{"use_case": "send an email"}], "search_strategy": "auto"}),
    ] {
        service.client().search(&session(), &typed(&body)).await?;
        service.sent("tool_router_session_search", "/tool_router/session/trs_1/search", &body);
    }
    Ok(())
}

async fn attach(service: &Service, body: Value) -> Result<()> {
    service.client().attach_session(&session(), &typed(&body)).await?;
    service.sent("tool_router_session_attach", "/tool_router/session/trs_1/attach", &body);
    Ok(())
}

async fn native_tools_are_attached(service: &Service) -> Result<()> {
    attach(service, json!({"experimental": create::native()})).await
}

async fn nothing_may_be_attached(service: &Service) -> Result<()> {
    attach(service, json!({})).await
}

async fn proxy(service: &Service, more: Value) -> Result<()> {
    let mut body = json!({"toolkit_slug": "gmail", "endpoint": "/gmail/v1/users/me/profile", "method": "GET"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    service.client().proxy_execute(&session(), &typed(&body)).await?;
    service.sent("tool_router_session_proxy_execute", "/tool_router/session/trs_1/proxy_execute", &body);
    Ok(())
}

async fn a_request_goes_through_the_proxy(service: &Service) -> Result<()> {
    let parameters = json!([
        {"name": "X-Trace", "value": "1", "type": "header"},
        {"name": "page", "value": "2", "type": "query"},
    ]);
    proxy(service, json!({"body": {"any": ["thing"]}, "parameters": parameters})).await
}

async fn each_method_goes_through_the_proxy(service: &Service) -> Result<()> {
    for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"] {
        proxy(service, json!({"method": method})).await?;
    }
    Ok(())
}

async fn bytes_go_through_the_proxy(service: &Service) -> Result<()> {
    for bytes in [
        json!({"url": "https://files.example.com/a", "content_type": "image/png"}),
        json!({"base64": "AAEC", "content_type": "image/png"}),
    ] {
        proxy(service, json!({"method": "POST", "binary_body": bytes})).await?;
    }
    Ok(())
}

/// A connection that the caller brings along, with values of every type.
pub(super) fn connection() -> Value {
    json!({
        "authScheme": "OAUTH2",
        "toolkitSlug": "gmail",
        "val": {
            "access_token": "token",
            "expires_in": 3600,
            "extra_token_data": {"team": {"id": "T1"}},
            "long_redirect_url": false,
            "refresh_token": null,
            "scope": ["mail", "calendar"],
        },
    })
}

async fn a_credential_goes_along_with_the_proxy(service: &Service) -> Result<()> {
    proxy(service, json!({"custom_connection_data": connection()})).await
}
