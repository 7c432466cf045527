//! What a session does: calls, approvals, search, links, the proxy, files.

use composio_core::{
    AccessList, ApprovalDecision, ErrorKind, FileContent, HttpMethod, Result, SearchQuery, Sharing, ToolCall, ToolSlug,
};
use futures::StreamExt as _;
use serde_json::{Value, json};

use super::native::Grep;
use super::{CREATE, EXECUTE, SESSION, a_session};
use crate::case::cases;
use crate::service::Service;

cases! {
    a_tool_is_executed
    an_account_is_named
    several_tools_are_executed_at_once
    a_meta_tool_is_executed
    native_tools_go_along_with_each_call
    a_session_is_opened_with_its_native_tools
    a_failure_of_a_tool_is_told_to_the_model
    a_blocked_call_is_blocked
    a_question_is_answered_with_yes
    a_question_is_answered_with_always
    a_question_is_answered_with_no
    a_question_is_answered_across_processes
    tools_are_listed
    toolkits_are_listed_by_every_filter
    versions_are_listed
    a_session_is_read_again
    a_session_is_deleted
    a_link_is_made
    a_link_is_made_with_everything
    tools_are_searched
    a_service_is_called_with_each_method
    a_service_is_sent_json_bytes_and_files
    a_file_is_written_and_read
    files_are_listed_and_deleted
}

/// A path below the session.
fn at(below: &str) -> String {
    format!("/tool_router/session/{SESSION}/{below}")
}

async fn a_tool_is_executed(service: &Service) -> Result<()> {
    let arguments = json!({"to": "ü@example.com", "n": 1.5, "nested": {"list": [null, true]}});
    let output = a_session(service).await?.execute("GMAIL_SEND_EMAIL", arguments.clone()).await?;
    assert!(!output.data.as_str().is_empty());
    service.holds(EXECUTE, &json!({"tool_slug": "GMAIL_SEND_EMAIL", "arguments": arguments, "account": null}));
    Ok(())
}

async fn an_account_is_named(service: &Service) -> Result<()> {
    a_session(service).await?.execute("GMAIL_SEND_EMAIL", json!({})).account("work").await?;
    service.holds(EXECUTE, &json!({"account": "work"}));
    Ok(())
}

async fn several_tools_are_executed_at_once(service: &Service) -> Result<()> {
    let session = a_session(service).await?;
    let call = |slug: &str| Ok::<_, composio_core::Error>(ToolCall::new(ToolSlug::new(slug)?, serde_json::Map::new()));
    let outputs = session.execute_many([call("GMAIL_SEND_EMAIL")?, call("GITHUB_GET_AN_ISSUE")?]).await?;
    assert!(outputs.iter().all(Result::is_ok), "{outputs:?}");
    Ok(())
}

async fn a_meta_tool_is_executed(service: &Service) -> Result<()> {
    let arguments = json!({"queries": [{"use_case": "send an email"}]});
    a_session(service).await?.execute("COMPOSIO_SEARCH_TOOLS", arguments.clone()).await?;
    let expected = json!({"slug": "COMPOSIO_SEARCH_TOOLS", "arguments": arguments});
    service.holds("tool_router_session_execute_meta", &expected);
    Ok(())
}

/// The native tools that a request names.
fn named(service: &Service, operation: &str) -> Value {
    service.last(operation).body["experimental"]["custom_tools"][0]["slug"].clone()
}

async fn native_tools_go_along_with_each_call(service: &Service) -> Result<()> {
    let session = service.composio().create("user_123").tool(Grep).await?;
    session.execute("GMAIL_SEND_EMAIL", json!({})).await?;
    session.execute("COMPOSIO_SEARCH_TOOLS", json!({})).await?;
    session.search("find text").await?;
    for operation in [CREATE, EXECUTE, "tool_router_session_execute_meta", "tool_router_session_search"] {
        assert_eq!(named(service, operation), "GREP", "{operation}");
    }
    let before = service.heard().len();
    session.execute("LOCAL_GREP", json!({"pattern": "x"})).await?;
    assert!(service.heard().len() == before, "it runs here, and what was sent is {:?}", service.heard().pop());
    Ok(())
}

async fn a_session_is_opened_with_its_native_tools(service: &Service) -> Result<()> {
    service.composio().session(SESSION).tool(Grep).await?;
    assert_eq!(named(service, "tool_router_session_attach"), "GREP");
    Ok(())
}

async fn a_failure_of_a_tool_is_told_to_the_model(service: &Service) -> Result<()> {
    let session = a_session(service).await?;
    service.prefer("example=failed");
    let error = session.execute("GMAIL_SEND_EMAIL", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ToolFailed, "{error:?}");
    assert!(!error.for_model().is_empty());
    Ok(())
}

async fn a_blocked_call_is_blocked(service: &Service) -> Result<()> {
    let session = a_session(service).await?;
    service.prefer("example=blocked");
    let error = session.execute("GMAIL_SEND_EMAIL", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Blocked, "{error:?}");
    Ok(())
}

/// A call that waits for a person, and then no more.
async fn waiting(service: &Service) -> Result<(composio_core::Session, composio_core::Approval)> {
    let session = a_session(service).await?;
    service.prefer("example=input_required");
    let error = session.execute("GMAIL_SEND_EMAIL", json!({"to": "x"})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InputRequired, "{error:?}");
    service.prefer("example=default");
    Ok((session, error.approval().unwrap().clone()))
}

/// The question that was answered, with what, and that the call is the one that was asked about.
#[track_caller]
fn answered(service: &Service, action: &str) {
    let body = service.last(EXECUTE).body;
    assert_eq!((&body["tool_slug"], &body["arguments"]), (&json!("GMAIL_SEND_EMAIL"), &json!({"to": "x"})));
    assert!(body["request_state"].as_str().is_some_and(|state| !state.is_empty()), "{body}");
    let answers = body["input_responses"].as_object().unwrap();
    assert!(answers.values().all(|answer| answer["action"] == action) && !answers.is_empty(), "{body}");
}

async fn a_question_is_answered_with_yes(service: &Service) -> Result<()> {
    let (session, approval) = waiting(service).await?;
    session.approve(&approval).await?;
    answered(service, "accept");
    Ok(())
}

async fn a_question_is_answered_with_always(service: &Service) -> Result<()> {
    let (session, approval) = waiting(service).await?;
    session.approve_always(&approval).await?;
    answered(service, "accept");
    Ok(())
}

async fn a_question_is_answered_with_no(service: &Service) -> Result<()> {
    let (session, approval) = waiting(service).await?;
    service.prefer("example=blocked");
    session.deny(&approval).await?;
    let body = service.last(EXECUTE).body;
    assert!(body["input_responses"].is_object(), "{body}");
    Ok(())
}

async fn a_question_is_answered_across_processes(service: &Service) -> Result<()> {
    let (_, approval) = waiting(service).await?;
    let call = a_session(service).await?.execute("GMAIL_SEND_EMAIL", json!({"to": "x"}));
    call.answer_approval(approval.state().clone(), ApprovalDecision::Approve).await?;
    answered(service, "accept");
    Ok(())
}

async fn tools_are_listed(service: &Service) -> Result<()> {
    let session = a_session(service).await?;
    session.tools().await?;
    service.last("tool_router_session_tools");
    Ok(())
}

async fn toolkits_are_listed_by_every_filter(service: &Service) -> Result<()> {
    let list =
        a_session(service).await?.toolkits().search("mail").connected(true).slugs(["gmail"]).limit(5).cursor("c");
    list.await?;
    let names = ["search=mail", "is_connected=true", "toolkits=gmail", "limit=5", "cursor=c"];
    service.asked("tool_router_session_toolkits", &at("toolkits"), &names);
    Ok(())
}

async fn versions_are_listed(service: &Service) -> Result<()> {
    a_session(service).await?.history().limit(5).cursor("c").await?;
    service.asked("tool_router_session_config_history", &at("config_history"), &["limit=5", "cursor=c"]);
    Ok(())
}

async fn a_session_is_read_again(service: &Service) -> Result<()> {
    a_session(service).await?.refresh().await
}

async fn a_session_is_deleted(service: &Service) -> Result<()> {
    a_session(service).await?.delete().await?;
    service.last("tool_router_session_delete");
    Ok(())
}

const LINK: &str = "tool_router_session_link";

async fn a_link_is_made(service: &Service) -> Result<()> {
    let request = a_session(service).await?.authorize("gmail").await?;
    assert!(!request.account().as_str().is_empty());
    service.holds(LINK, &json!({"toolkit": "gmail", "alias": null, "experimental": null}));
    Ok(())
}

async fn a_link_is_made_with_everything(service: &Service) -> Result<()> {
    let list = AccessList { allow_all: true, allowed: vec!["user_2".into()], denied: vec!["user_3".into()] };
    let request = a_session(service).await?.authorize("gmail").alias("work").sharing(Sharing::Shared(list));
    request.callback_url("https://app.example.com/done").await?;
    let list = json!({"allow_all_users": true, "allowed_user_ids": ["user_2"], "not_allowed_user_ids": ["user_3"]});
    let expected = json!({
        "toolkit": "gmail",
        "alias": "work",
        "callback_url": "https://app.example.com/done",
        "experimental": {"account_type": "SHARED", "acl_config_for_shared": list},
    });
    service.holds(LINK, &expected);
    Ok(())
}

async fn tools_are_searched(service: &Service) -> Result<()> {
    let search = a_session(service).await?.search("send an email").known_fields("to: x@example.com");
    let search = search.query(SearchQuery::new("read it")).toolkits(["gmail"]).model("gpt-6");
    search.await?;
    let queries = json!([{"use_case": "send an email", "known_fields": "to: x@example.com"}, {"use_case": "read it"}]);
    let expected = json!({"queries": queries, "toolkits": ["gmail"], "model": "gpt-6"});
    service.holds("tool_router_session_search", &expected);
    Ok(())
}

const PROXY: &str = "tool_router_session_proxy_execute";

async fn a_service_is_called_with_each_method(service: &Service) -> Result<()> {
    let session = a_session(service).await?;
    for method in
        [HttpMethod::Get, HttpMethod::Head, HttpMethod::Post, HttpMethod::Put, HttpMethod::Patch, HttpMethod::Delete]
    {
        session.proxy_execute("gmail", method, "/gmail/v1/users/me").header("X-A", "1").query("page", "2").await?;
        let parameters = json!([
            {"name": "X-A", "value": "1", "type": "header"},
            {"name": "page", "value": "2", "type": "query"},
        ]);
        let expected = json!({
            "toolkit_slug": "gmail",
            "endpoint": "/gmail/v1/users/me",
            "method": method.as_str(),
            "parameters": parameters,
        });
        service.holds(PROXY, &expected);
    }
    Ok(())
}

async fn a_service_is_sent_json_bytes_and_files(service: &Service) -> Result<()> {
    let session = a_session(service).await?;
    let call = || session.proxy_execute("gmail", HttpMethod::Post, "/a");
    call().json(&json!({"a": ["b"]})).await?;
    service.holds(PROXY, &json!({"body": {"a": ["b"]}}));
    call().bytes([0, 1, 2], "image/png").await?;
    service.holds(PROXY, &json!({"binary_body": {"base64": "AAEC", "content_type": "image/png"}}));
    call().url("https://files.example.com/a").await?;
    service.holds(PROXY, &json!({"binary_body": {"url": "https://files.example.com/a"}}));
    Ok(())
}

async fn a_file_is_written_and_read(service: &Service) -> Result<()> {
    service.keep_files();
    let files = a_session(service).await?.files();
    files.upload("reports/a.txt", FileContent::new(b"\xff\0").content_type("text/plain")).await?;
    let expected = json!({"mount_relative_path": "reports/a.txt", "mimetype": "text/plain"});
    service.holds("tool_router_session_files_create_upload_url", &expected);
    assert_eq!(files.download("reports/a.txt").await?.bytes, b"\xff\0");
    service.holds("tool_router_session_files_create_download_url", &json!({"mount_relative_path": "reports/a.txt"}));
    Ok(())
}

async fn files_are_listed_and_deleted(service: &Service) -> Result<()> {
    let session = a_session(service).await?;
    session.files().list().prefix("reports/").limit(5).cursor("c").await?;
    let names = ["mount_relative_prefix=reports%2F", "limit=5", "cursor=c"];
    service.asked("tool_router_session_files_list", &at("mounts/files/items"), &names);
    session.files().mount("shared").list().stream().take(1).collect::<Vec<_>>().await;
    session.files().delete("reports/a.txt").await?;
    service.holds("tool_router_session_files_delete", &json!({"mount_relative_path": "reports/a.txt"}));
    Ok(())
}
