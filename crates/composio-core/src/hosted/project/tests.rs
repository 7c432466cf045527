//! What every operation outside sessions sends, and where.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{accounts, auth_configs, files, saved, toolkits, tools};
use crate::account::ConnectionStatus;
use crate::auth::AuthScheme;
use crate::error::Result;
use crate::hosted::request::Request;
use crate::json::JsonText;
use crate::wire::{
    AccountAclInput, AccountOrder, AccountSharingInput, AccountType, AccountTypeFilter, AuthConfigKind,
    AuthConfigQuery, AuthConfigStatus, CompleteAuth, ConnectedAccountQuery, ConnectionStateInput, CreateAccountLink,
    CreateAuthConfig, CreateConnectedAccount, ExecuteTool, FileQuery, GenerateToolInput, ManagedBy, NewAuthConfig,
    NewConnection, Open, OrderDirection, PageQuery, ParameterPlace, PatchConnectedAccount, ProxyMethod, ProxyParameter,
    ProxyTool, RefreshConnectedAccount, RequestFileUpload, RequiredScopesQuery, SavedConfigQuery, SecretFields,
    SetEnabled, ToolQuery, ToolVersionQuery, ToolkitKindFilter, ToolkitOrder, ToolkitQuery, ToolkitVersions,
    ToolkitsBySlug, UpdateAuthConfig,
};

/// A request, its method and where it goes, and its body.
type Row = (Result<Request>, &'static str, Option<Value>);

fn text(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn texts(list: &[&str]) -> Vec<String> {
    list.iter().map(|&text| text.to_owned()).collect()
}

fn page() -> PageQuery {
    PageQuery::new().limit(50).cursor("MTo1MA==")
}

fn auth_config_rows() -> Vec<Row> {
    let query = AuthConfigQuery {
        is_composio_managed: Some(true),
        toolkit_slugs: texts(&["github", "gmail"]),
        deprecated_app_id: text("app"),
        deprecated_status: text("ENABLED"),
        show_disabled: Some(false),
        search: text("my config"),
        page: page(),
    };
    let mut custom = NewAuthConfig::custom(AuthScheme::OAuth2);
    custom.credentials = Some(SecretFields::new().text("client_secret", "s").json("scopes", json!(["repo"])));
    let custom_body = json!({
        "toolkit": {"slug": "github"},
        "auth_config": {
            "type": "use_custom_auth",
            "authScheme": "OAUTH2",
            "credentials": {"client_secret": "s", "scopes": ["repo"]},
        },
    });
    let managed = CreateAuthConfig::new("github", NewAuthConfig::managed());
    let managed_body = json!({"toolkit": {"slug": "github"}, "auth_config": {"type": "use_composio_managed_auth"}});
    let mut update = UpdateAuthConfig::new(AuthConfigKind::Default);
    update.scopes = Some(["repo", "user"].into_iter().collect());
    vec![
        (auth_configs::list(&AuthConfigQuery::default()), "GET /auth_configs", None),
        (
            auth_configs::list(&query),
            "GET /auth_configs?is_composio_managed=true&toolkit_slug=github%2Cgmail&deprecated_app_id=app\
             &deprecated_status=ENABLED&show_disabled=false&search=my%20config&limit=50&cursor=MTo1MA%3D%3D",
            None,
        ),
        (auth_configs::create(&CreateAuthConfig::new("github", custom)), "POST /auth_configs", Some(custom_body)),
        (auth_configs::create(&managed), "POST /auth_configs", Some(managed_body)),
        (auth_configs::retrieve("ac_1/x"), "GET /auth_configs/ac_1%2Fx", None),
        (
            auth_configs::update("ac_1", &update),
            "PATCH /auth_configs/ac_1",
            Some(json!({"type": "default", "scopes": ["repo", "user"]})),
        ),
        (auth_configs::delete("ac_1", None), "DELETE /auth_configs/ac_1", None),
        (auth_configs::delete("ac_1", Some(true)), "DELETE /auth_configs/ac_1?revoke_on_delete=true", None),
        (auth_configs::update_status("ac_1", AuthConfigStatus::Disabled), "PATCH /auth_configs/ac_1/DISABLED", None),
    ]
}

fn account_rows() -> Vec<Row> {
    let query = ConnectedAccountQuery {
        toolkit_slugs: texts(&["github"]),
        statuses: vec![ConnectionStatus::Active.into(), Open::Unknown("DORMANT".into())],
        user_ids: texts(&["ann@example.com", "bob"]),
        auth_config_ids: texts(&["ac_1", "ac_2"]),
        connected_account_ids: texts(&["ca_1"]),
        order_by: Some(AccountOrder::UpdatedAt),
        order_direction: Some(OrderDirection::Descending),
        account_type: Some(AccountTypeFilter::All),
        page: page(),
    };
    let sharing = AccountSharingInput {
        account_type: Some(AccountType::Shared),
        acl_config_for_shared: Some(AccountAclInput { allowed_user_ids: Some(vec![]), ..AccountAclInput::default() }),
    };
    let state = ConnectionStateInput::new(AuthScheme::ApiKey, SecretFields::new().text("api_key", "k"));
    let connection = NewConnection { state: Some(state), user_id: text("ann"), ..NewConnection::default() };
    let mut link = CreateAccountLink::new("ac_1", "ann");
    link.experimental = Some(sharing);
    let patch = PatchConnectedAccount { alias: text(""), ..PatchConnectedAccount::default() };
    let again = RefreshConnectedAccount { redirect_url: text("https://a.example/b?c=d") };
    vec![
        (accounts::list(&ConnectedAccountQuery::default()), "GET /connected_accounts", None),
        (
            accounts::list(&query),
            "GET /connected_accounts?toolkit_slugs=github&statuses=ACTIVE%2CDORMANT&user_ids=ann%40example.com%2Cbob\
             &auth_config_ids=ac_1%2Cac_2&connected_account_ids=ca_1&order_by=updated_at&order_direction=desc\
             &account_type=ALL&limit=50&cursor=MTo1MA%3D%3D",
            None,
        ),
        (
            accounts::create(&CreateConnectedAccount::new("ac_1", connection)),
            "POST /connected_accounts",
            Some(json!({
                "auth_config": {"id": "ac_1"},
                "connection": {"state": {"authScheme": "API_KEY", "val": {"api_key": "k"}}, "user_id": "ann"},
            })),
        ),
        (
            accounts::link(&link),
            "POST /connected_accounts/link",
            Some(json!({
                "auth_config_id": "ac_1",
                "user_id": "ann",
                "experimental": {"account_type": "SHARED", "acl_config_for_shared": {"allowed_user_ids": []}},
            })),
        ),
        (accounts::retrieve("ca_1"), "GET /connected_accounts/ca_1", None),
        (accounts::patch("ca_1", &patch), "PATCH /connected_accounts/ca_1", Some(json!({"alias": ""}))),
        (
            accounts::update_status("ca_1", SetEnabled { enabled: false }),
            "PATCH /connected_accounts/ca_1/status",
            Some(json!({"enabled": false})),
        ),
        (
            accounts::refresh("ca_1", &RefreshConnectedAccount::default()),
            "POST /connected_accounts/ca_1/refresh",
            Some(json!({})),
        ),
        (
            accounts::refresh("ca_1", &again),
            "POST /connected_accounts/ca_1/refresh?redirect_url=https%3A%2F%2Fa.example%2Fb%3Fc%3Dd",
            Some(json!({"redirect_url": "https://a.example/b?c=d"})),
        ),
        (accounts::revoke("ca_1"), "POST /connected_accounts/ca_1/revoke", None),
        (
            accounts::complete_auth(&CompleteAuth::new("uri", "ann")),
            "POST /connected_accounts/complete_auth",
            Some(json!({"session_uri": "uri", "user_id": "ann"})),
        ),
        (accounts::delete("ca_1", None), "DELETE /connected_accounts/ca_1", None),
        (accounts::delete("ca_1", Some(false)), "DELETE /connected_accounts/ca_1?revoke_on_delete=false", None),
    ]
}

fn toolkit_rows() -> Vec<Row> {
    let query = ToolkitQuery {
        category: text("crm & sales"),
        managed_by: Some(ManagedBy::Composio),
        kind: Some(ToolkitKindFilter::All),
        sort_by: Some(ToolkitOrder::Usage),
        include_deprecated: Some(true),
        search: text("git"),
        user_id: text("ann"),
        page: page(),
    };
    let multi = ToolkitsBySlug { toolkits: Some(texts(&["github"])), limit: Some(5), ..ToolkitsBySlug::default() };
    vec![
        (toolkits::list(&ToolkitQuery::default()), "GET /toolkits", None),
        (
            toolkits::list(&query),
            "GET /toolkits?category=crm%20%26%20sales&managed_by=composio&type=all&sort_by=usage\
             &include_deprecated=true&search=git&user_id=ann&limit=50&cursor=MTo1MA%3D%3D",
            None,
        ),
        (toolkits::retrieve("github", None), "GET /toolkits/github", None),
        (toolkits::retrieve("github", Some("20251001_00")), "GET /toolkits/github?version=20251001_00", None),
        (toolkits::categories(), "GET /toolkits/categories", None),
        (toolkits::multi(&multi), "POST /toolkits/multi", Some(json!({"toolkits": ["github"], "limit": 5}))),
        (toolkits::changelog(), "GET /toolkits/changelog", None),
    ]
}

fn tool_rows() -> Vec<Row> {
    let versions = [("github", "20251001_00"), ("gmail", "latest")];
    let versions = versions.map(|(toolkit, version)| (toolkit.to_owned(), version.to_owned()));
    let query = ToolQuery {
        toolkit_slugs: texts(&["github", "gmail"]),
        tool_slugs: texts(&["GITHUB_A", "GITHUB_B"]),
        auth_config_ids: texts(&["ac_1"]),
        important: Some(true),
        tags: texts(&["readOnlyHint"]),
        scopes: texts(&["repo"]),
        query: text("star"),
        search: text("stars"),
        include_deprecated: Some(false),
        include_pricing: Some(true),
        toolkit_versions: Some(ToolkitVersions::Each(IndexMap::from(versions))),
        page: page(),
    };
    let version = ToolVersionQuery {
        include_pricing: Some(true),
        version: text("20251001_00"),
        toolkit_versions: Some(ToolkitVersions::All("latest".to_owned())),
    };
    let execute = ExecuteTool {
        user_id: text("ann"),
        version: text("latest"),
        arguments: Some(JsonText::parse(r#"{"owner":"a"}"#).unwrap()),
        ..ExecuteTool::default()
    };
    let mut proxy = ProxyTool::new(ProxyMethod::Get, "/user");
    proxy.parameters = Some(vec![ProxyParameter::new(ParameterPlace::Query, "per_page", "5")]);
    let scopes = RequiredScopesQuery { tools: texts(&["GITHUB_A"]), version: None };
    vec![
        (tools::list(&ToolQuery::default()), "GET /tools", None),
        (
            tools::list(&query),
            "GET /tools?toolkit_slug=github%2Cgmail&tool_slugs=GITHUB_A%2CGITHUB_B&auth_config_ids=ac_1&important=true\
             &tags=readOnlyHint&scopes=repo&query=star&search=stars&include_deprecated=false&include_pricing=true\
             &toolkit_versions%5Bgithub%5D=20251001_00&toolkit_versions%5Bgmail%5D=latest&limit=50\
             &cursor=MTo1MA%3D%3D",
            None,
        ),
        (tools::retrieve("GITHUB_A", &ToolVersionQuery::default()), "GET /tools/GITHUB_A", None),
        (
            tools::retrieve("GITHUB_A", &version),
            "GET /tools/GITHUB_A?include_pricing=true&version=20251001_00&toolkit_versions=latest",
            None,
        ),
        (tools::slugs(), "GET /tools/enum", None),
        (tools::execute("GITHUB_A", &ExecuteTool::default()), "POST /tools/execute/GITHUB_A", Some(json!({}))),
        (
            tools::execute("GITHUB_A", &execute),
            "POST /tools/execute/GITHUB_A",
            Some(json!({"user_id": "ann", "version": "latest", "arguments": {"owner": "a"}})),
        ),
        (
            tools::proxy(&proxy),
            "POST /tools/execute/proxy",
            Some(json!({
                "endpoint": "/user",
                "method": "GET",
                "parameters": [{"name": "per_page", "value": "5", "type": "query"}],
            })),
        ),
        (
            tools::input("GITHUB_A", &GenerateToolInput::new("star it")),
            "POST /tools/execute/GITHUB_A/input",
            Some(json!({"text": "star it"})),
        ),
        (tools::required_scopes(&scopes), "POST /tools/scopes/required", Some(json!({"tools": ["GITHUB_A"]}))),
    ]
}

fn other_rows() -> Vec<Row> {
    let upload = RequestFileUpload {
        toolkit_slug: "gmail".to_owned(),
        tool_slug: "GMAIL_SEND_EMAIL".to_owned(),
        filename: "a.pdf".to_owned(),
        mimetype: "application/pdf".to_owned(),
        md5: "d41d8cd98f00b204e9800998ecf8427e".to_owned(),
    };
    let upload_body = json!({
        "toolkit_slug": "gmail",
        "tool_slug": "GMAIL_SEND_EMAIL",
        "filename": "a.pdf",
        "mimetype": "application/pdf",
        "md5": "d41d8cd98f00b204e9800998ecf8427e",
    });
    let query = FileQuery { toolkit_slug: text("gmail"), tool_slug: text("GMAIL_SEND_EMAIL"), page: page() };
    let configs = SavedConfigQuery { search: text("support"), archived: Some(true), page: page() };
    vec![
        (files::request_upload(&upload), "POST /files/upload/request", Some(upload_body)),
        (
            files::list(&query),
            "GET /files/list?toolkit_slug=gmail&tool_slug=GMAIL_SEND_EMAIL&limit=50&cursor=MTo1MA%3D%3D",
            None,
        ),
        (saved::list(&configs), "GET /session_configs?search=support&archived=true&limit=50&cursor=MTo1MA%3D%3D", None),
        (saved::retrieve("sc_1"), "GET /session_configs/sc_1", None),
    ]
}

fn rows() -> Vec<Row> {
    [auth_config_rows(), account_rows(), toolkit_rows(), tool_rows(), other_rows()].into_iter().flatten().collect()
}

#[test]
fn every_operation_goes_where_it_should_with_what_it_should() {
    for (request, place, body) in rows() {
        let request = request.unwrap();
        let method = request.operation.verb.method();
        let target = request.target.strip_prefix("/api/v3.1").unwrap();
        assert_eq!(format!("{method} {target}"), place, "{}", request.operation.name);
        let sent = request.body.map(|body| serde_json::from_slice::<Value>(&body).unwrap());
        assert_eq!(sent, body, "{}", request.operation.name);
    }
}

#[test]
fn every_operation_goes_to_the_path_that_is_described() {
    let text = include_str!("../../../tests/spec/composio-v3.1.json");
    let document: Value = serde_json::from_str(text).unwrap();
    let mut seen: Vec<&str> = Vec::new();
    for (request, ..) in rows() {
        let request = request.unwrap();
        let name = request.operation.name;
        let mut paths = document["paths"].as_object().unwrap().iter();
        let is_it = |methods: &Value| methods.as_object().unwrap().values().any(|it| it["operationId"] == *name);
        let (described, methods) = paths.find(|(_, methods)| is_it(methods)).unwrap();
        let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
        let fits = |(said, sent): (&str, &str)| said == sent || said.starts_with('{');
        assert_eq!(path.split('/').count(), described.split('/').count(), "{name}: {path}");
        assert!(described.split('/').zip(path.split('/')).all(fits), "{name}: {path} is not {described}");
        let operation = methods.as_object().unwrap().values().find(|it| it["operationId"] == *name).unwrap();
        let parameters = operation["parameters"].as_array();
        let is_known = |key: &str| {
            let named = |parameter: &Value| parameter["in"] == "query" && parameter["name"] == key;
            parameters.is_some_and(|parameters| parameters.iter().any(named))
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let key = pair.split(['=', '%']).next().unwrap();
            assert!(is_known(key), "{name} has no parameter {key}");
        }
        seen.push(name);
    }
    seen.sort_unstable();
    seen.dedup();
    let mut all = super::ALL.map(|operation| operation.name);
    all.sort_unstable();
    assert_eq!(seen, all);
}

#[test]
fn an_empty_id_asks_for_nothing() {
    assert!(auth_configs::delete("", None).is_err(), "it would go to the list");
    assert!(accounts::delete("..", None).is_err());
    assert!(tools::execute(".", &ExecuteTool::default()).is_err());
}

#[test]
fn no_secret_shows_in_a_request() {
    let state = ConnectionStateInput::new(AuthScheme::ApiKey, SecretFields::new().text("api_key", "very-secret"));
    let connection = NewConnection { state: Some(state), ..NewConnection::default() };
    let request = accounts::create(&CreateConnectedAccount::new("ac_1", connection)).unwrap();
    assert!(!format!("{request:?}").contains("very-secret"), "{request:?}");
}
