//! Sessions of the hosted backend: what is sent for each, and what comes of the replies.

use composio_core::{
    ApprovalFallback, ApprovalPolicy, Composio, ErrorKind, HostedSettings, MetaTools, MultiAccountUpdate, Preload,
    Result, Session, Tool, ToolContext, ToolHints, ToolSlug, ToolkitPolicy, ToolkitSlug, WarningCode,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::service::{Service, at, session_of};

struct Shout;

#[derive(Deserialize, JsonSchema)]
struct Input {
    text: String,
}

#[derive(Serialize)]
struct Output {
    text: String,
}

impl Tool for Shout {
    const SLUG: &'static str = "SHOUT";
    type Input = Input;
    type Output = Output;

    fn description(&self) -> std::borrow::Cow<'static, str> {
        "Says it louder.".into()
    }

    fn hints(&self) -> ToolHints {
        ToolHints::from_tags(["destructiveHint"])
    }

    async fn call(&self, _: ToolContext, input: Input) -> Result<Output> {
        Ok(Output { text: input.text.to_uppercase() })
    }
}

fn echo(slug: &str) -> Value {
    let mut session = session_of("u", &json!({}));
    session["experimental"] = json!({"custom_tools": [{"slug": slug, "original_slug": "SHOUT"}]});
    session
}

#[tokio::test]
async fn a_session_is_created_with_what_was_set() {
    let service = Service::start().await;
    service.with_session(&json!({"toolkits": {"enabled": ["github"]}, "preload": {"tools": ["GITHUB_A"]}}));
    let session = service.composio().create("u").toolkits(["github"]).preload(["GITHUB_A"]).await.unwrap();
    let sent = service.asked("POST /api/v3.1/tool_router/session");
    assert_eq!(
        sent[0].json(),
        json!({
            "user_id": "u", "toolkits": {"enable": ["github"]}, "preload": {"tools": ["GITHUB_A"]},
            "manage_connections": {"enable": true},
        })
    );
    assert_eq!((session.id().as_str(), session.user().as_str()), ("trs_1", "u"));
    assert_eq!(session.config().toolkits, ToolkitPolicy::Enable(vec![ToolkitSlug::new("github").unwrap()]));
    assert_eq!(session.config().preload, Preload::Tools(vec![ToolSlug::new("GITHUB_A").unwrap()]));
}

#[tokio::test]
async fn native_tools_travel_with_every_call_and_run_here() {
    let service = Service::start().await;
    service.answer("POST /api/v3.1/tool_router/session", 201, &echo("LOCAL_SHOUT"));
    service.answer(at("POST", "/attach"), 200, &echo("LOCAL_SHOUT"));
    service.answer(at("POST", "/execute"), 200, &json!({"result_type": "completed", "data": {}, "log_id": "log_1"}));
    let composio = service.composio();
    let session = composio.create("u").tool(Shout).await.unwrap();
    composio.session("trs_1").tool(Shout).await.unwrap();
    session.execute("GITHUB_X", json!({})).await.unwrap();
    let ran = session.execute("LOCAL_SHOUT", json!({"text": "hi"})).await.unwrap();
    assert_eq!(ran.value(), &json!({"text": "HI"}));
    let all = service.all();
    assert_eq!(all.len(), 3, "the native call is sent nowhere");
    for asked in &all {
        let tools = &asked.json()["experimental"]["custom_tools"];
        assert_eq!((&tools[0]["slug"], &tools[0]["preload"]), (&json!("SHOUT"), &json!(true)), "{}", asked.what);
    }
}

#[tokio::test]
async fn a_native_tool_under_another_name_is_refused() {
    let service = Service::start().await;
    service.answer("POST /api/v3.1/tool_router/session", 201, &echo("LOCAL_shout"));
    let refused = service.composio().create("u").tool(Shout).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unexpected);
    assert!(refused.to_string().contains("LOCAL_SHOUT") && refused.to_string().contains("LOCAL_shout"), "{refused}");
}

#[tokio::test]
async fn a_session_without_native_tools_is_read_and_not_attached_to() {
    let service = Service::start().await;
    service.with_session(&json!({}));
    service.composio().session("trs_1").await.unwrap();
    assert_eq!(service.all().iter().map(|asked| asked.what.clone()).collect::<Vec<_>>(), [at("GET", "")]);
}

#[tokio::test]
async fn the_credential_goes_to_the_mcp_endpoint_of_the_same_origin_alone() {
    let service = Service::start().await;
    for (url, with_key) in [
        (format!("{}/tool_router/trs_1/mcp", service.url), true),
        (service.url.replace("127.0.0.1", "localhost"), false),
        ("https://mcp.example/trs_1".to_owned(), false),
    ] {
        let mut session = session_of("u", &json!({}));
        session["mcp"] = json!({"type": "http", "url": url});
        service.answer(at("GET", ""), 200, &session);
        let session = service.composio().session("trs_1").await.unwrap();
        let endpoint = session.mcp().unwrap();
        let names: Vec<_> = endpoint.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, if with_key { vec!["x-api-key"] } else { vec![] }, "{url}");
        assert!(!format!("{endpoint:?}").contains("s3cret"));
    }
}

#[tokio::test]
async fn a_change_of_toolkits_is_made_of_the_version_that_was_read() {
    let service = Service::start().await;
    let config = json!({"toolkits": {"enabled": ["github"], "require_approval": ["github"]}});
    service.with_session(&config);
    service.answer(at("PATCH", ""), 200, &session_of("u", &config));
    let session = service.composio().session("trs_1").await.unwrap();
    session.update().toolkits(["gmail"]).await.unwrap();
    session.update().callback_url("https://app.example/done").await.unwrap();
    let sent: Vec<_> = service.asked(&at("PATCH", "")).iter().map(super::service::Asked::json).collect();
    assert_eq!(
        sent,
        [
            json!({"toolkits": {"enable": ["gmail"], "require_approval": ["github"]}, "expected_config_version": 1}),
            json!({"manage_connections": {"callback_url": "https://app.example/done"}}),
        ]
    );
}

#[tokio::test]
async fn several_accounts_that_are_switched_on_later_are_chosen_by_name_too() {
    let service = Service::start().await;
    for (stored, update, sent, version) in [
        // As in a new session; the service itself would take the newest.
        (json!({}), MultiAccountUpdate::new().enable(true), Some(true), true),
        (json!({"multi_account": {"enable": true}}), MultiAccountUpdate::new().enable(true), None, true),
        (json!({}), MultiAccountUpdate::new().enable(true).require_explicit_selection(false), Some(false), false),
        (json!({}), MultiAccountUpdate::new().enable(false), None, false),
    ] {
        service.with_session(&stored);
        service.answer(at("PATCH", ""), 200, &session_of("u", &stored));
        let session = service.composio().session("trs_1").await.unwrap();
        session.update().multi_account(update).await.unwrap();
        let body = service.asked(&at("PATCH", "")).last().unwrap().json();
        let said = body["multi_account"].get("require_explicit_selection").and_then(Value::as_bool);
        assert_eq!((said, body.get("expected_config_version").is_some()), (sent, version), "{update:?}: {body}");
    }
}

#[tokio::test]
async fn what_was_changed_and_is_never_said_again_is_known_all_the_same() {
    let service = Service::start().await;
    service.with_session(&json!({}));
    let mut changed = session_of("u", &json!({}));
    changed["config_version"] = 2.into();
    service.answer(at("PATCH", ""), 200, &changed);
    let session = service.composio().session("trs_1").await.unwrap();
    session.update().meta_tools(MetaTools::new().submit_feedback(true)).await.unwrap();
    assert!(session.config().meta_tools.submit_feedback);
    let said =
        HostedSettings::new().saved_config("sc_1").restrict_egress().user_timezone("Europe/London").fast_mode(true);
    // A value of the session that is still there would have what it read first.
    drop(session);
    let created = service.composio().create("u").hosted(said.clone()).await.unwrap();
    assert_eq!(created.config().hosted.as_deref(), Some(&said));
}

#[tokio::test]
async fn a_rule_that_is_not_known_here_is_not_dropped_by_a_change_of_another() {
    let service = Service::start().await;
    for (config, odd) in [
        (json!({"tags": {"disabled": ["futureHint"]}}), "futureHint"),
        (json!({"tags": {"require_approval": ["futureHint"]}}), "futureHint"),
        (json!({"tags": {"disabled": ["not a known one"]}}), "not a known one"),
    ] {
        service.with_session(&config);
        service.answer(at("PATCH", ""), 200, &session_of("u", &config));
        let session = service.composio().session("trs_1").await.unwrap();
        let before = service.asked(&at("PATCH", "")).len();
        let refused = session.update().approvals(ApprovalPolicy::destructive()).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unsupported, "{refused}");
        assert!(refused.to_string().contains(odd), "{refused}");
        assert_eq!(service.asked(&at("PATCH", "")).len(), before, "nothing is sent");
        // What is in another block does not stand in the way, and who says all of it knows what goes.
        session.update().toolkits(["gmail"]).await.unwrap();
        let whole = session.update().toolkits(["gmail"]).reset_tools().reset_tags();
        whole.approvals(ApprovalPolicy::destructive()).await.unwrap();
    }
    let config = json!({"tools": {"gmail": {"disabled": ["no slug!"]}}});
    service.with_session(&config);
    let session = service.composio().session("trs_1").await.unwrap();
    service.answer("GET /api/v3.1/tools/GMAIL_SEND", 200, &json!({"slug": "GMAIL_SEND", "toolkit": {"slug": "gmail"}}));
    let mut listed = ApprovalPolicy::new();
    listed.tools.insert(ToolSlug::new("GMAIL_SEND").unwrap());
    let refused = session.update().approvals(listed).await.unwrap_err();
    assert!(refused.kind() == ErrorKind::Unsupported && refused.to_string().contains("no slug!"), "{refused}");
}

#[tokio::test]
async fn a_version_that_is_over_is_a_conflict_and_nothing_is_sent_twice() {
    let service = Service::start().await;
    service.with_session(&json!({}));
    service.answer(at("PATCH", ""), 409, &json!({"error": {"message": "config version"}}));
    let session = service.composio().session("trs_1").await.unwrap();
    let refused = session.update().callback_url("https://app.example/done").await.unwrap_err();
    assert_eq!((refused.kind(), service.asked(&at("PATCH", "")).len()), (ErrorKind::Conflict, 1));
}

#[tokio::test]
async fn a_listed_tool_is_put_under_its_toolkit() {
    let service = Service::start().await;
    service.with_session(&json!({}));
    service.answer("GET /api/v3.1/tools/GMAIL_SEND", 200, &json!({"slug": "GMAIL_SEND", "toolkit": {"slug": "gmail"}}));
    let composio = service.composio();
    composio.create("u").require_approval_for_tools(["GMAIL_SEND"]).await.unwrap();
    let sent = service.asked("POST /api/v3.1/tool_router/session")[0].json();
    assert_eq!(sent["tools"], json!({"gmail": {"require_approval": ["GMAIL_SEND"]}}));
    let refused = composio.create("u").require_approval_for_tools(["NO_SUCH"]).await.unwrap_err();
    assert_eq!((refused.kind(), refused.field()), (ErrorKind::InvalidInput, Some("approvals.tools")));
}

#[tokio::test]
async fn what_the_api_lacks_is_refused_with_the_next_step() {
    let service = Service::start().await;
    service.with_session(&json!({}));
    let composio = service.composio();
    let session = composio.create("u").await.unwrap();
    let token = session.mcp_token().await.unwrap_err();
    let events = composio.events().err().unwrap();
    let once = session.execute("A_B", json!({})).idempotency_key("k").await.unwrap_err();
    for (error, next) in [(token, "Session::mcp"), (events, "webhook"), (once, "leave the key out")] {
        assert!(error.kind() == ErrorKind::Unsupported && error.to_string().contains(next), "{error}");
    }
    let can = composio.capabilities();
    assert!(can.execution && can.files && can.search && !can.idempotency && !can.mcp_tokens && !can.events);
}

#[tokio::test]
async fn a_deleted_session_is_gone_only_where_the_service_says_so() {
    let service = Service::start().await;
    service.with_session(&json!({}));
    let session = service.composio().create("u").await.unwrap();
    service.answer(at("DELETE", ""), 200, &json!({"session_id": "trs_1", "deleted": false}));
    assert_eq!(session.delete().await.unwrap_err().kind(), ErrorKind::Unexpected);
    service.answer(at("DELETE", ""), 200, &json!({"session_id": "trs_1", "deleted": true}));
    session.delete().await.unwrap();
}

#[tokio::test]
async fn a_key_that_cannot_be_one_is_the_error_of_the_await() {
    let refused = Composio::hosted("a key with spaces").create("u").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    assert!(!format!("{refused:?}").contains("with spaces"), "{refused:?}");
}

#[tokio::test]
async fn native_tools_are_asked_about_by_this_process() {
    let service = Service::start().await;
    let mut session = echo("LOCAL_SHOUT");
    session["config"]["tags"] = json!({"require_approval": ["destructiveHint"]});
    service.answer("POST /api/v3.1/tool_router/session", 201, &session);
    let composio = service.composio();
    let session = composio.create("u").tool(Shout).require_approval_for_destructive().await.unwrap();
    let waiting = session.execute("LOCAL_SHOUT", json!({"text": "hi"})).await.unwrap_err();
    let approval = waiting.approval().unwrap();
    assert_eq!(session.approve(approval).await.unwrap().value(), &json!({"text": "HI"}));
    let again = session.approve(approval).await.unwrap_err();
    assert_eq!((again.kind(), service.all().len()), (ErrorKind::PermissionDenied, 1), "nothing of it is sent");
    // By name the service could not keep it.
    let refused = composio.create("u").tool(Shout).require_approval_for_tools(["LOCAL_SHOUT"]).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported, "{refused}");
}

#[tokio::test]
async fn native_tools_ask_whatever_the_service_repeats() {
    let service = Service::start().await;
    let mut reply = echo("LOCAL_SHOUT");
    service.answer("POST /api/v3.1/tool_router/session", 201, &reply);
    reply["config_version"] = 2.into();
    service.answer(at("PATCH", ""), 200, &reply);
    service.answer(at("GET", ""), 200, &reply);
    let composio = service.composio();
    let shout = |session: Session| async move { session.execute("LOCAL_SHOUT", json!({"text": "hi"})).await };
    let session = composio.create("u").tool(Shout).require_approval_for_destructive().await.unwrap();
    assert_eq!(shout(session).await.unwrap_err().kind(), ErrorKind::InputRequired);
    let session = composio.create("u").tool(Shout).await.unwrap();
    assert!(shout(session.clone()).await.is_ok());
    session.update().approvals(ApprovalPolicy::destructive()).await.unwrap();
    assert_eq!(shout(session).await.unwrap_err().kind(), ErrorKind::InputRequired);
}

#[tokio::test]
async fn a_tool_that_the_service_keeps_under_a_toolkit_is_not_looked_up_again() {
    let service = Service::start().await;
    let config = json!({"tools": {"gmail": {"require_approval": ["GMAIL_SEND"]}}});
    service.with_session(&config);
    service.answer(at("PATCH", ""), 200, &session_of("u", &config));
    let session = service.composio().session("trs_1").await.unwrap();
    session.update().reset_tags().await.unwrap();
    assert_eq!(service.asked(&at("PATCH", ""))[0].json(), json!({"tags": null, "expected_config_version": 1}));
    assert!(service.asked("GET /api/v3.1/tools/GMAIL_SEND").is_empty());
}

#[tokio::test]
async fn what_a_service_says_beside_the_configuration_is_there() {
    let service = Service::start().await;
    let mut reply = session_of("u", &json!({}));
    reply["config_version"] = 7.into();
    reply["experimental"] =
        json!({"source_session_config": {"id": "sc_1"}, "no_elicitation_support_fallback": "allow"});
    reply["warnings"] =
        json!([{"code": "PRELOAD_TOOLS_HIGH_CONTEXT_USAGE", "message": "many"}, {"code": "NEWER", "message": "odd"}]);
    service.answer(at("GET", ""), 200, &reply);
    let session = service.composio().session("trs_1").await.unwrap();
    assert_eq!(session.version(), 7);
    let said: Vec<_> = session.warnings().into_iter().map(|warning| (warning.code, warning.message)).collect();
    let expected = [(WarningCode::PreloadToolsHighContextUsage, "many"), (WarningCode::Other, "odd")];
    assert_eq!(said, expected.map(|(code, message)| (code, message.to_owned())));
    let config = session.config();
    assert_eq!(config.hosted.as_ref().unwrap().saved_config.as_deref(), Some("sc_1"));
    assert_eq!(config.approvals.as_ref().unwrap().fallback, ApprovalFallback::Allow);
}
