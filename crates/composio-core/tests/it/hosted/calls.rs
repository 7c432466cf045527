//! Calls of the hosted backend: tools, helper tools, approvals, searches.

use composio_core::{ErrorKind, Page, SearchQuery, SearchRequest, Session, ToolkitState};
use serde_json::{Value, json};

use super::service::{Service, at};

async fn session(service: &Service) -> Session {
    service.with_session(&json!({}));
    service.composio().create("u").await.unwrap()
}

fn completed(data: &Value) -> Value {
    json!({"result_type": "completed", "data": data, "error": null, "log_id": "log_1"})
}

#[tokio::test]
async fn a_tool_is_run_once_and_its_result_stays_as_it_came() {
    let service = Service::start().await;
    let session = session(&service).await;
    service.answer(at("POST", "/execute"), 200, &completed(&json!({"login": "octocat"})));
    let output = session.execute("GITHUB_GET_A_USER", json!({"username": "octocat"})).account("work").await.unwrap();
    assert_eq!((output.data.as_str(), output.log_id.as_deref()), (r#"{"login":"octocat"}"#, Some("log_1")));
    let sent = service.asked(&at("POST", "/execute"));
    assert_eq!(sent.len(), 1);
    let expected = json!({"tool_slug": "GITHUB_GET_A_USER", "arguments": {"username": "octocat"}, "account": "work"});
    assert_eq!(sent[0].json(), expected);
}

#[tokio::test]
async fn helper_tools_go_through_their_own_door() {
    let service = Service::start().await;
    let session = session(&service).await;
    service.answer(at("POST", "/execute_meta"), 200, &completed(&json!({"results": []})));
    session.execute("COMPOSIO_SEARCH_TOOLS", json!({"queries": []})).await.unwrap();
    let sent = service.asked(&at("POST", "/execute_meta"));
    assert_eq!(sent[0].json(), json!({"slug": "COMPOSIO_SEARCH_TOOLS", "arguments": {"queries": []}}));
}

#[tokio::test]
async fn nothing_to_run_with_is_said_and_no_second_request_makes_a_link() {
    let service = Service::start().await;
    let session = session(&service).await;
    let message = "No active connection found for toolkit(s) 'gmail' in this session";
    let slug = "ToolRouterV2_NoActiveConnection";
    service.answer(at("POST", "/execute"), 400, &json!({"error": {"message": message, "code": 4302, "slug": slug}}));
    let refused = session.execute("GMAIL_SEND", json!({})).await.unwrap_err();
    assert_eq!((refused.kind(), refused.connect_url()), (ErrorKind::ConnectionRequired, None));
    assert!(refused.for_model().contains("gmail"), "{}", refused.for_model());
    assert_eq!(service.all().len(), 2, "the session, and the call");
}

#[tokio::test]
async fn a_call_waits_for_a_person_and_is_repeated_with_the_answer() {
    let service = Service::start().await;
    let session = session(&service).await;
    let schema = json!({
        "type": "object", "required": ["decision"],
        "properties": {"decision": {"type": "string", "enum": ["allow_once", "allow_session", "deny"]}},
    });
    let form = json!({"type": "elicitation", "mode": "form", "message": "Allow it?", "requested_schema": schema});
    let asks = json!({"result_type": "input_required", "input_requests": {"req_1": form}, "request_state": "opaque"});
    service.answer(at("POST", "/execute"), 200, &asks);
    let waiting = session.execute("GMAIL_SEND", json!({"to": "bob"})).await.unwrap_err();
    let approval = waiting.approval().unwrap();
    assert_eq!(approval.question(), "Allow it?");
    assert!(!format!("{waiting:?} {waiting} {} {approval:?}", waiting.for_model()).contains("opaque"));

    service.answer(at("POST", "/execute"), 200, &completed(&json!({"sent": true})));
    session.approve(approval).await.unwrap();
    session.approve_always(approval).await.unwrap();
    let no = json!({"result_type": "failed", "data": {}, "error": "declined", "log_id": "log_2"});
    service.answer(at("POST", "/execute"), 200, &no);
    session.deny(approval).await.unwrap();
    service.answer(at("POST", "/execute"), 200, &asks);
    assert_eq!(session.approve(approval).await.unwrap_err().kind(), ErrorKind::PermissionDenied);

    let sent: Vec<_> = service.asked(&at("POST", "/execute")).iter().map(super::service::Asked::json).collect();
    let repeated = |answer: Value| {
        json!({
            "tool_slug": "GMAIL_SEND", "arguments": {"to": "bob"}, "input_responses": {"req_1": answer},
            "request_state": "opaque",
        })
    };
    let accepted = |decision: &str| repeated(json!({"action": "accept", "content": {"decision": decision}}));
    assert_eq!(sent[0], json!({"tool_slug": "GMAIL_SEND", "arguments": {"to": "bob"}}));
    assert_eq!(sent[1..4], [accepted("allow_once"), accepted("allow_session"), repeated(json!({"action": "decline"}))]);
}

#[tokio::test]
async fn tools_keep_their_schemas_as_text_and_an_odd_one_hides_no_other() {
    let service = Service::start().await;
    let session = session(&service).await;
    let tool = |slug: &str, schema: Value| {
        json!({
            "slug": slug, "description": "d", "toolkit": {"slug": "GITHUB"}, "input_parameters": schema,
            "output_parameters": {}, "tags": ["readOnlyHint", "important"],
        })
    };
    let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let items = [tool("GITHUB_A", schema), tool("not a slug", json!({})), tool("GITHUB_B", json!({}))];
    service.answer(at("GET", "/tools"), 200, &json!({"items": items, "next_cursor": null}));
    let tools = session.tools().await.unwrap();
    let names: Vec<_> = tools.iter().map(|tool| tool.name().to_owned()).collect();
    assert_eq!(names, ["GITHUB_A", "GITHUB_B"]);
    assert_eq!(service.asked(&at("GET", "/tools"))[0].query, "limit=500");
    let definition = tools.named("GITHUB_A").unwrap().definition();
    assert_eq!(definition.toolkit.as_ref().unwrap().as_str(), "github");
    assert!(definition.hints.read_only && definition.output_schema.is_none());
}

#[tokio::test]
async fn a_tool_outside_the_sessions_rules_is_refused_by_them() {
    let service = Service::start().await;
    service.with_session(&json!({"toolkits": {"enabled": ["gmail"]}}));
    let session = service.composio().create("u").await.unwrap();
    let tool = json!({"slug": "GITHUB_A", "toolkit": {"slug": "github"}, "input_parameters": {"type": "object"}});
    service.answer("GET /api/v3.1/tools/GITHUB_A", 200, &tool);
    assert_eq!(session.tool("GITHUB_A").await.unwrap_err().kind(), ErrorKind::PermissionDenied);
    assert_eq!(session.tool("GITHUB_NO").await.unwrap_err().kind(), ErrorKind::NotFound);
    let why = session.explain_tool("GITHUB_A").await.unwrap();
    assert!(!why.decision.allowed && why.predicted, "{why}");
}

#[tokio::test]
async fn a_search_answers_in_order() {
    let service = Service::start().await;
    let session = session(&service).await;
    let reply = json!({
        "success": true, "error": null,
        "results": [{"index": 1, "use_case": "send", "primary_tool_slugs": ["GMAIL_SEND"], "toolkits": ["gmail"]}],
        "toolkit_connection_statuses": [], "next_steps_guidance": [], "tool_schemas": {},
    });
    service.answer(at("POST", "/search"), 200, &reply);
    let request = SearchRequest::new(vec![SearchQuery::new("send")]);
    let backend = composio_core::hosted::HostedBackend::new(super::options(&service.url)).unwrap();
    let found = composio_core::Backend::search(&backend, session.id(), &request).await.unwrap();
    assert_eq!(found.answers[0].primary[0], "GMAIL_SEND");
}

#[tokio::test]
async fn toolkits_are_those_of_the_session_and_filters_lose_none() {
    let service = Service::start().await;
    service.with_session(&json!({"toolkits": {"enabled": ["gmail", "github"]}}));
    let session = service.composio().session("trs_1").await.unwrap();
    let toolkit = |slug: &str, status: Option<&str>| {
        let account = status.map(|status| {
            json!({"id": "ca_1", "user_id": "u", "status": status, "created_at": "2026-10-01T09:00:00Z",
                   "auth_config": {"id": "ac_1", "auth_scheme": "OAUTH2", "is_composio_managed": true}})
        });
        json!({"slug": slug, "name": slug, "is_no_auth": false, "connected_account": account})
    };
    let items = [toolkit("gmail", Some("ACTIVE")), toolkit("github", Some("EXPIRED")), toolkit("slack", None)];
    let page = json!({"items": items, "next_cursor": "c2", "total_items": 7});
    service.answer(at("GET", "/toolkits"), 200, &page);
    let asked = || service.asked(&at("GET", "/toolkits")).last().unwrap().query.clone();
    let slugs = |page: &Page<ToolkitState>| page.items.iter().map(|one| one.slug.to_string()).collect::<Vec<_>>();

    let all = session.toolkits().await.unwrap();
    assert_eq!((slugs(&all).len(), all.next_cursor.as_deref(), all.total), (3, Some("c2"), Some(7)));
    assert_eq!(asked(), "");
    // The API lists named toolkits whatever the session allows.
    let named = session.toolkits().slugs(["gmail", "slack"]).limit(90).await.unwrap();
    assert_eq!((slugs(&named), named.total), (vec!["gmail".to_owned(), "github".to_owned()], None));
    assert_eq!(asked(), "limit=50&toolkits=gmail%2Cslack");
    // It has no filter for those that are not connected, so a page may be short and the list goes on all the same.
    let apart = session.toolkits().connected(false).cursor("c1").await.unwrap();
    assert_eq!(
        (slugs(&apart), apart.next_cursor.as_deref(), apart.total),
        (vec!["github".to_owned(), "slack".to_owned()], Some("c2"), None)
    );
    assert_eq!(asked(), "cursor=c1");
    let connected = session.toolkits().connected(true).await.unwrap();
    assert_eq!((slugs(&connected), asked()), (vec!["gmail".to_owned()], "is_connected=true".to_owned()));
}

#[tokio::test]
async fn the_history_says_which_version_holds() {
    let service = Service::start().await;
    let session = session(&service).await;
    let version = |version: u64, toolkit: &str, current: bool| {
        json!({"version": version, "created_at": "2026-10-02T09:00:00Z", "is_current": current,
               "config": {"user_id": "u", "toolkits": {"enabled": [toolkit]}}})
    };
    let page = json!({"items": [version(2, "gmail", true), version(1, "github", false)], "next_cursor": "c", "total_items": 9});
    service.answer(at("GET", "/config_history"), 200, &page);
    let page = session.history().limit(500).await.unwrap();
    assert_eq!((page.next_cursor.as_deref(), page.total), (Some("c"), Some(9)));
    let said: Vec<_> = page
        .items
        .iter()
        .map(|one| (one.version, one.is_current, one.created_at.is_some(), one.config.toolkits.named()[0].to_string()))
        .collect();
    assert_eq!(said, [(2, true, true, "gmail".to_owned()), (1, false, true, "github".to_owned())]);
    assert_eq!(service.asked(&at("GET", "/config_history"))[0].query, "limit=100");
}

#[tokio::test]
async fn a_no_to_one_call_of_a_batch_is_given_though_the_others_run() {
    let service = Service::start().await;
    let session = session(&service).await;
    let schema = json!({"properties": {"decision": {"enum": ["allow_once"]}}, "required": ["decision"]});
    let form = json!({"type": "elicitation", "mode": "form", "message": "Allow it?", "requested_schema": schema});
    let asks = json!({"result_type": "input_required", "input_requests": {"req_1": form}, "request_state": "opaque"});
    service.answer(at("POST", "/execute_meta"), 200, &asks);
    let tools = json!([{"tool_slug": "A_B", "arguments": {}}, {"tool_slug": "A_C", "arguments": {}}]);
    let waiting = session.execute("COMPOSIO_MULTI_EXECUTE_TOOL", json!({"tools": tools})).await.unwrap_err();
    let results =
        json!({"results": [{"index": 0, "response": {"successful": true}}, {"index": 1, "error": "declined"}]});
    let partly =
        json!({"result_type": "failed", "data": results, "error": "1 out of 2 tools failed", "log_id": "log_1"});
    service.answer(at("POST", "/execute_meta"), 200, &partly);
    session.deny(waiting.approval().unwrap()).await.unwrap();
    let sent = service.asked(&at("POST", "/execute_meta"))[1].json();
    assert_eq!(sent["input_responses"], json!({"req_1": {"action": "decline"}}));
}
