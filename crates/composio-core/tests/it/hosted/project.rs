//! Every method on what belongs to a project: what is sent, and that the fullest reply of the description is read.

use composio_core::AuthScheme;
use composio_core::hosted::HostedClient;
use composio_core::wire::{
    AuthConfigKind, AuthConfigQuery, CompleteAuth, ConnectedAccountQuery, CreateAccountLink, CreateAuthConfig,
    CreateConnectedAccount, ExecuteTool, FileQuery, GenerateToolInput, NewAuthConfig, NewConnection,
    PatchConnectedAccount, ProxyMethod, ProxyTool, RefreshConnectedAccount, RequestFileUpload, RequiredScopesQuery,
    SavedConfigQuery, ToolQuery, ToolVersionQuery, ToolkitQuery, ToolkitsBySlug, UpdateAuthConfig,
};

use super::client;
use super::stub::{Answer, Stub};
use crate::wire::schema::{Shape, operation};

/// A server that gives the fullest replies to these operations, in this order.
async fn serving(operations: &[(&str, &str)]) -> Stub {
    let fullest = Shape { full: true, ..Shape::default() };
    let answer = |(id, _): &(&str, &str)| Answer::new(200, fullest.value(operation(id).reply()).to_string());
    Stub::start(operations.iter().map(answer)).await
}

/// Checks that these came, in this order.
fn came(stub: &Stub, operations: &[(&str, &str)]) {
    let lines: Vec<String> = stub.seen().iter().map(|seen| seen.line.replace("/api/v3.1", "")).collect();
    let expected: Vec<String> = operations.iter().map(|(_, line)| format!("{line} HTTP/1.1")).collect();
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn auth_configs_are_managed() {
    let operations = [
        ("auth_configs_list", "GET /auth_configs"),
        ("auth_configs_create", "POST /auth_configs"),
        ("auth_configs_retrieve", "GET /auth_configs/ac_1"),
        ("auth_configs_update", "PATCH /auth_configs/ac_1"),
        ("auth_configs_update_status", "PATCH /auth_configs/ac_1/ENABLED"),
        ("auth_configs_update_status", "PATCH /auth_configs/ac_1/DISABLED"),
        ("auth_configs_delete", "DELETE /auth_configs/ac_1?revoke_on_delete=true"),
    ];
    let stub = serving(&operations).await;
    let client = client(&stub.url());
    let listed = client.list_auth_configs(&AuthConfigQuery::default()).await.unwrap();
    assert_eq!((listed.items.len(), listed.next()), (1, Some("some next_cursor")));
    let new = CreateAuthConfig::new("github", NewAuthConfig::custom(AuthScheme::ApiKey));
    assert_eq!(client.create_auth_config(&new).await.unwrap().auth_config.id, "some id");
    assert_eq!(client.auth_config("ac_1").await.unwrap().toolkit.slug, "some slug");
    let update = UpdateAuthConfig::new(AuthConfigKind::Custom);
    assert!(client.update_auth_config("ac_1", &update).await.unwrap().success);
    assert!(client.set_auth_config_enabled("ac_1", true).await.unwrap().success);
    assert!(client.set_auth_config_enabled("ac_1", false).await.unwrap().success);
    let deleted = client.delete_auth_config("ac_1", Some(true)).await.unwrap();
    assert_eq!(deleted.revoke_job_id.as_deref(), Some("some revoke_job_id"));
    came(&stub, &operations);
}

#[tokio::test]
async fn connected_accounts_are_managed() {
    let operations = [
        ("connected_accounts_list", "GET /connected_accounts?user_ids=ann"),
        ("connected_accounts_create", "POST /connected_accounts"),
        ("link_create", "POST /connected_accounts/link"),
        ("connected_accounts_retrieve", "GET /connected_accounts/ca_1"),
        ("connected_accounts_patch", "PATCH /connected_accounts/ca_1"),
        ("connected_accounts_update_status", "PATCH /connected_accounts/ca_1/status"),
        ("connected_accounts_refresh", "POST /connected_accounts/ca_1/refresh"),
        ("connected_accounts_revoke", "POST /connected_accounts/ca_1/revoke"),
        ("connected_accounts_complete_auth", "POST /connected_accounts/complete_auth"),
        ("connected_accounts_delete", "DELETE /connected_accounts/ca_1"),
    ];
    let stub = serving(&operations).await;
    let client = client(&stub.url());
    let query = ConnectedAccountQuery { user_ids: vec!["ann".to_owned()], ..ConnectedAccountQuery::default() };
    assert_eq!(client.list_connected_accounts(&query).await.unwrap().items[0].id, "some id");
    let new = CreateConnectedAccount::new("ac_1", NewConnection::default());
    let created = client.create_connected_account(&new).await.unwrap();
    assert!(created.connection_data.unwrap().redirect_url().is_some());
    let link = client.link_connected_account(&CreateAccountLink::new("ac_1", "ann")).await.unwrap();
    assert_eq!(link.connected_account_id, "some connected_account_id");
    assert!(client.connected_account("ca_1").await.unwrap().state.is_some());
    assert!(client.update_connected_account("ca_1", &PatchConnectedAccount::default()).await.unwrap().success);
    assert!(client.set_connected_account_enabled("ca_1", false).await.unwrap().success);
    let again = client.refresh_connected_account("ca_1", &RefreshConnectedAccount::default()).await.unwrap();
    assert!(again.redirect_url.is_some());
    assert_eq!(client.revoke_connected_account("ca_1").await.unwrap().revoked_tokens.len(), 1);
    assert_eq!(client.complete_auth(&CompleteAuth::new("uri", "ann")).await.unwrap().toolkit_slug, "some toolkit_slug");
    assert!(client.delete_connected_account("ca_1", None).await.unwrap().success);
    came(&stub, &operations);
}

#[tokio::test]
async fn the_catalogue_is_read() {
    let operations = [
        ("toolkits_list", "GET /toolkits"),
        ("toolkits_retrieve", "GET /toolkits/github?version=latest"),
        ("toolkits_retrieve_categories", "GET /toolkits/categories"),
        ("toolkits_retrieve_multi", "POST /toolkits/multi"),
        ("toolkits_retrieve_changelog", "GET /toolkits/changelog"),
        ("tools_list", "GET /tools"),
        ("tools_retrieve", "GET /tools/GITHUB_A"),
        ("tools_retrieve_enum", "GET /tools/enum"),
        ("tools_retrieve_required_scopes", "POST /tools/scopes/required"),
        ("session_configs_list", "GET /session_configs"),
        ("session_configs_retrieve", "GET /session_configs/sc_1"),
    ];
    let stub = serving(&operations).await;
    let client = client(&stub.url());
    assert_eq!(client.list_toolkits(&ToolkitQuery::default()).await.unwrap().items[0].slug, "some slug");
    let toolkit = client.toolkit("github", Some("latest")).await.unwrap();
    let schemes = toolkit.auth_config_details.unwrap();
    assert_eq!(schemes[0].fields.connected_account_initiation.required[0].name, "some name");
    assert_eq!(client.toolkit_categories().await.unwrap().items[0].name, "some name");
    assert_eq!(client.toolkits_by_slug(&ToolkitsBySlug::default()).await.unwrap().items.len(), 1);
    assert_eq!(client.toolkit_changelog().await.unwrap().items[0].versions.len(), 1);
    assert_eq!(client.list_tools(&ToolQuery::default()).await.unwrap().items[0].slug, "some slug");
    assert_eq!(client.tool("GITHUB_A", &ToolVersionQuery::default()).await.unwrap().slug, "some slug");
    assert_eq!(client.tool_slugs().await.unwrap().len(), 1);
    let scopes = RequiredScopesQuery { tools: vec!["GITHUB_A".to_owned()], version: None };
    assert_eq!(client.required_scopes(&scopes).await.unwrap().per_tool_requirements.len(), 1);
    assert_eq!(client.list_saved_configs(&SavedConfigQuery::default()).await.unwrap().items.len(), 1);
    assert!(client.saved_config("sc_1").await.unwrap().config.toolkits.is_some());
    came(&stub, &operations);
}

#[tokio::test]
async fn tools_run_outside_sessions() {
    let operations = [
        ("tools_execute", "POST /tools/execute/GITHUB_A"),
        ("tools_proxy", "POST /tools/execute/proxy"),
        ("tools_get_input", "POST /tools/execute/GITHUB_A/input"),
        ("files_create_presigned_url", "POST /files/upload/request"),
        ("files_list", "GET /files/list"),
    ];
    let stub = serving(&operations).await;
    let client: HostedClient = client(&stub.url());
    assert!(client.execute_tool("GITHUB_A", &ExecuteTool::default()).await.unwrap().successful);
    assert_eq!(client.proxy_tool(&ProxyTool::new(ProxyMethod::Get, "/user")).await.unwrap().status, 3);
    let input = client.generate_tool_input("GITHUB_A", &GenerateToolInput::new("star it")).await.unwrap();
    assert!(input.arguments.is_some());
    let upload = client.request_file_upload(&RequestFileUpload::default()).await.unwrap();
    assert_eq!(upload.key, "some key");
    assert_eq!(client.list_files(&FileQuery::default()).await.unwrap().items[0].filename, "some filename");
    came(&stub, &operations);
}
