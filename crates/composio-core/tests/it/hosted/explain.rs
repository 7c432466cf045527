//! Explanations of the hosted backend: what they are made from, and whom they show.

use composio_core::{ApprovalRule, AuthScheme, ErrorKind, PassedOver, Rung, Selection, SelectionError, Tag};
use serde_json::{Value, json};

use super::accounts::{ACCOUNTS, config};
use super::service::{Service, account, at};

/// A session `trs_1`, its toolkit `github` and the auth configs there are.
fn with_toolkit(service: &Service, session: &Value, managed: &Value, configs: &[Value]) {
    service.with_session(session);
    let toolkit = json!({
        "slug": "github", "name": "Github", "enabled": true, "is_no_auth": false, "connected_account": null,
        "composio_managed_auth_schemes": managed, "meta": {"logo": "", "description": ""},
    });
    service.answer(at("GET", "/toolkits"), 200, &json!({"items": [toolkit], "next_cursor": null}));
    service.answer("GET /api/v3.1/auth_configs", 200, &json!({"items": configs}));
    service.answer(ACCOUNTS, 200, &json!({"items": []}));
}

#[tokio::test]
async fn an_explanation_is_worked_out_from_what_the_service_lists() {
    let service = Service::start().await;
    service.with_session(&json!({}));
    let toolkit = json!({
        "slug": "github", "name": "Github", "enabled": true, "is_no_auth": false, "connected_account": null,
        "composio_managed_auth_schemes": ["OAUTH2"], "meta": {"logo": "", "description": ""},
    });
    service.answer(at("GET", "/toolkits"), 200, &json!({"items": [toolkit], "next_cursor": null}));
    service.answer("GET /api/v3.1/auth_configs", 200, &json!({"items": [config("ac_1", "OAUTH2")]}));
    let mut newer = account("ca_2", "u", "ACTIVE");
    newer["created_at"] = "2026-10-02T09:00:00.000Z".into();
    let (older, ended) = (account("ca_1", "u", "ACTIVE"), account("ca_3", "u", "EXPIRED"));
    service.answer(ACCOUNTS, 200, &json!({"items": [older, newer, ended]}));
    let session = service.composio().session("trs_1").await.unwrap();
    let why = session.explain("github").await.unwrap();
    assert!(why.predicted);
    assert!(matches!(&why.outcome, Ok(Selection::Use { account, .. }) if account.as_str() == "ca_2"), "{why}");
    assert_eq!(why.considered.len(), 3);
    let accounts = &service.asked(ACCOUNTS)[0].query;
    assert!(accounts.contains("account_type=ALL") && accounts.contains("user_ids=u"), "{accounts}");
    assert!(service.asked("GET /api/v3.1/auth_configs")[0].query.contains("show_disabled=true"));
    service.answer(at("GET", "/toolkits"), 200, &json!({"items": []}));
    assert_eq!(session.explain("nosuch").await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_scheme_that_needs_nothing_from_the_developer_is_one_to_connect_on() {
    let service = Service::start().await;
    let scheme = |mode: &str, required: Value| {
        json!({"mode": mode, "name": "n", "fields": {
            "auth_config_creation": {"required": required, "optional": []},
            "connected_account_initiation": {"required": [], "optional": []},
        }})
    };
    let field = json!([{"name": "client_id", "displayName": "Client id", "type": "string", "description": "d"}]);
    let details = |schemes: Value| {
        json!({
            "slug": "github", "name": "Github", "composio_managed_auth_schemes": [], "auth_config_details": schemes,
            "meta": {"description": "d", "logo": "", "tools_count": 1},
        })
    };
    with_toolkit(&service, &json!({}), &json!([]), &[]);
    for (schemes, expected) in [
        (json!([scheme("OAUTH2", json!([])), scheme("API_KEY", json!([]))]), Ok(AuthScheme::ApiKey)),
        (json!([scheme("NO_AUTH", json!([])), scheme("OAUTH1", field.clone())]), Err(SelectionError::NoManagedAuth)),
        (json!([scheme("QUANTUM", json!([]))]), Err(SelectionError::NoManagedAuth)),
    ] {
        service.answer("GET /api/v3.1/toolkits/github", 200, &details(schemes));
        let why = service.composio().session("trs_1").await.unwrap().explain("github").await.unwrap();
        assert_eq!(why.outcome, expected.map(|scheme| Selection::Provision { scheme }), "{why}");
    }
    // Where there is an auth config, or a scheme of the service's own, nobody looks.
    let asked = service.asked("GET /api/v3.1/toolkits/github").len();
    for (managed, configs) in [(json!([]), vec![config("ac_1", "OAUTH2")]), (json!(["OAUTH2"]), vec![])] {
        with_toolkit(&service, &json!({}), &managed, &configs);
        service.composio().session("trs_1").await.unwrap().explain("github").await.unwrap();
    }
    assert_eq!(service.asked("GET /api/v3.1/toolkits/github").len(), asked);
}

#[tokio::test]
async fn the_auth_config_of_an_account_that_cannot_run_has_the_last_word_too() {
    let service = Service::start().await;
    let tool = json!({"slug": "GITHUB_A", "toolkit": {"slug": "github"}, "input_parameters": {"type": "object"}});
    service.answer("GET /api/v3.1/tools/GITHUB_A", 200, &tool);
    let listing = |id: &str, tool: &str| {
        let mut config = config(id, "OAUTH2");
        config["tool_access_config"] = json!({"tools_available_for_execution": [tool]});
        config
    };
    let configs = [listing("ac_1", "GITHUB_A"), listing("ac_2", "GITHUB_B")];
    let several = json!({"multi_account": {"enable": true, "require_explicit_selection": true}});
    let pinned = json!({"connected_accounts": {"github": ["ca_2"]}});
    let of = |id: &str, config: &str, status: &str, made: &str| {
        let mut account = account(id, "u", status);
        account["auth_config"] = json!({"id": config});
        account["created_at"] = made.into();
        account
    };
    let (older, newer) = ("2026-10-01T09:00:00Z", "2026-10-02T09:00:00Z");
    for (session, accounts, expected, allowed) in [
        // A call has to name its account: one that lets the tool run is enough.
        (&several, [of("ca_1", "ac_1", "ACTIVE", older), of("ca_2", "ac_2", "ACTIVE", newer)], "ac_1", true),
        // The pinned one is not usable now.
        (&pinned, [of("ca_1", "ac_1", "ACTIVE", older), of("ca_2", "ac_2", "EXPIRED", newer)], "ac_2", false),
        // One that was given back is connected again before another is made.
        (&json!({}), [of("ca_1", "ac_1", "REVOKED", older), of("ca_3", "ac_2", "FAILED", newer)], "ac_1", true),
    ] {
        with_toolkit(&service, session, &json!(["OAUTH2"]), &configs);
        service.answer(format!("{ACCOUNTS}/ca_2"), 200, &accounts[1]);
        service.answer(ACCOUNTS, 200, &json!({"items": accounts}));
        let why = service.composio().session("trs_1").await.unwrap().explain_tool("GITHUB_A").await.unwrap();
        let by = why.auth_config.as_ref().map(|id| id.as_str());
        assert_eq!((by, why.decision.allowed), (Some(expected), allowed), "{session}: {why}");
    }
}

#[tokio::test]
async fn what_the_session_says_decides_before_what_there_is() {
    let service = Service::start().await;
    let configs = [config("ac_1", "OAUTH2"), config("ac_2", "OAUTH2")];
    let of = |id: &str, config: &str, made: &str| {
        let mut account = account(id, "u", "ACTIVE");
        account["auth_config"] = json!({"id": config});
        account["created_at"] = made.into();
        account
    };
    let accounts = [of("ca_1", "ac_1", "2026-10-01T09:00:00Z"), of("ca_2", "ac_2", "2026-10-02T09:00:00Z")];
    for (session, account, by) in [
        (json!({}), "ca_2", Rung::ExistingAuthConfig),
        (json!({"auth_configs": {"github": "ac_1"}}), "ca_1", Rung::SessionAuthConfig),
        (json!({"connected_accounts": {"github": ["ca_1"]}}), "ca_1", Rung::SessionAccount),
        (
            json!({"auth_configs": {"github": "ac_2"}, "connected_accounts": {"github": ["ca_1"]}}),
            "ca_1",
            Rung::SessionAccount,
        ),
    ] {
        with_toolkit(&service, &session, &json!(["OAUTH2"]), &configs);
        service.answer(ACCOUNTS, 200, &json!({"items": accounts}));
        service.answer(format!("{ACCOUNTS}/ca_1"), 200, &accounts[0]);
        let why = service.composio().session("trs_1").await.unwrap().explain("github").await.unwrap();
        assert_eq!(why.outcome, Ok(Selection::Use { account: account.into(), by }), "{session}: {why}");
    }
    let explicit = json!({"multi_account": {"enable": true, "require_explicit_selection": true}});
    with_toolkit(&service, &explicit, &json!(["OAUTH2"]), &configs);
    service.answer(ACCOUNTS, 200, &json!({"items": accounts}));
    let why = service.composio().session("trs_1").await.unwrap().explain("github").await.unwrap();
    assert!(matches!(why.outcome, Err(SelectionError::AccountRequired { .. })), "{why}");
}

#[tokio::test]
async fn an_explanation_shows_nobody_elses_accounts() {
    let service = Service::start().await;
    let pins = json!({"connected_accounts": {"github": ["ca_team", "ca_gone", "ca_other"]}});
    with_toolkit(&service, &pins, &json!(["OAUTH2"]), &[config("ac_1", "OAUTH2")]);
    let mut team = account("ca_team", "boss", "ACTIVE");
    team["experimental"] = json!({"account_type": "SHARED", "acl_config_for_shared": {"allowed_user_ids": ["u", "w"]}});
    service.answer(format!("{ACCOUNTS}/ca_team"), 200, &team);
    service.answer(format!("{ACCOUNTS}/ca_other"), 200, &account("ca_other", "v", "ACTIVE"));
    service.answer(ACCOUNTS, 200, &json!({"items": [account("ca_own", "u", "ACTIVE")]}));
    let why = service.composio().session("trs_1").await.unwrap().explain("github").await.unwrap();
    let by = Rung::SessionAccount;
    assert_eq!(why.outcome, Ok(Selection::Use { account: "ca_team".into(), by }), "{why}");
    let shown: Vec<_> = why.considered.iter().map(|one| (one.account.id.as_str(), one.passed_over.as_ref())).collect();
    assert_eq!(shown, [("ca_team", None), ("ca_own", Some(&PassedOver::NotPinned))]);
    assert!(!format!("{why:?}").contains("\"w\""), "who else may use it is its owner's business: {why:?}");
    // Outside the session nothing is looked at.
    let narrow = json!({"toolkits": {"enabled": ["gmail"]}});
    service.with_session(&narrow);
    let asked = service.asked(ACCOUNTS).len();
    let refused = service.composio().session("trs_1").await.unwrap().explain("github").await.unwrap_err();
    assert_eq!((refused.kind(), service.asked(ACCOUNTS).len()), (ErrorKind::PermissionDenied, asked));
}

#[tokio::test]
async fn what_decides_about_a_tool_is_all_there() {
    let service = Service::start().await;
    let tool = json!({
        "slug": "GITHUB_A", "toolkit": {"slug": "github"}, "input_parameters": {"type": "object"},
        "tags": ["destructiveHint"],
    });
    service.answer("GET /api/v3.1/tools/GITHUB_A", 200, &tool);
    let session = json!({"preload": {"tools": ["GITHUB_A"]}, "tags": {"require_approval": ["destructiveHint"]}});
    with_toolkit(&service, &session, &json!(["OAUTH2"]), &[config("ac_1", "OAUTH2")]);
    let opened = service.composio().session("trs_1").await.unwrap();
    let why = opened.explain_tool("GITHUB_A").await.unwrap();
    assert!(why.predicted && why.preloaded && why.decision.allowed, "{why}");
    assert_eq!(why.approval, Some(ApprovalRule::Tag(Tag::Destructive)));
    // A toolkit that needs no account.
    let open = json!({
        "slug": "github", "name": "Github", "enabled": true, "is_no_auth": true, "connected_account": null,
    });
    service.answer(at("GET", "/toolkits"), 200, &json!({"items": [open]}));
    let why = opened.explain("github").await.unwrap();
    assert_eq!(why.outcome, Ok(Selection::NoAuthNeeded), "{why}");
}

#[tokio::test]
async fn lists_are_read_to_the_end_and_no_further_than_sense_has() {
    let service = Service::start().await;
    with_toolkit(&service, &json!({}), &json!(["OAUTH2"]), &[config("ac_1", "OAUTH2")]);
    service.answer(ACCOUNTS, 200, &json!({"items": [account("ca_1", "u", "ACTIVE")], "next_cursor": "again"}));
    let session = service.composio().session("trs_1").await.unwrap();
    let endless = session.explain("github").await.unwrap_err();
    assert!(endless.kind() == ErrorKind::Unexpected && endless.to_string().contains("accounts"), "{endless}");
    let asked = service.asked(ACCOUNTS);
    assert!(!asked[0].query.contains("cursor") && asked[1].query.contains("cursor=again"));
    let tools = json!({"items": [{"slug": "COMPOSIO_SEARCH_TOOLS"}], "next_cursor": "more"});
    service.answer(at("GET", "/tools"), 200, &tools);
    assert!(session.explain_tool("COMPOSIO_SEARCH_TOOLS").await.unwrap().decision.allowed);
    let none = session.explain_tool("COMPOSIO_REMOTE_BASH_TOOL").await.unwrap_err();
    assert_eq!(none.kind(), ErrorKind::NotFound);
    assert!(service.asked(&at("GET", "/tools"))[2].query.contains("cursor=more"));
}
