//! What belongs to a project, on a backend that has none of it: `Unsupported`, never an empty answer.

use composio_core::{
    AuthConfigUpdate, Capabilities, Composio, ConnectionStatus, Error, ErrorKind, Result, ScriptedBackend, Sharing,
    ToolFilter,
};

#[track_caller]
fn unsupported<T: std::fmt::Debug>(result: Result<T>) {
    let error: Error = result.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}

#[tokio::test]
async fn auth_configs_are_unsupported_here() {
    let configs = Composio::with_backend(ScriptedBackend::new()).auth_configs();
    unsupported(configs.create("github").await);
    unsupported(configs.create("github").oauth_app("id", "secret").scopes(["repo"]).name("mine").await);
    unsupported(configs.create("weather").api_key().enabled_for_sessions(false).tools(ToolFilter::All).await);
    unsupported(configs.list().await);
    unsupported(configs.list().toolkit("github").show_disabled().limit(5).cursor("x").await);
    unsupported(configs.get("ac_1").await);
    unsupported(configs.update("ac_1", AuthConfigUpdate::new().enabled(false)).await);
    unsupported(configs.delete("ac_1").await);
}

#[tokio::test]
async fn connected_accounts_are_unsupported_here() {
    let accounts = Composio::with_backend(ScriptedBackend::new()).connected_accounts();
    unsupported(accounts.create("u", "ac_1").field("api_key", "k").alias("work").sharing(Sharing::Private).await);
    unsupported(accounts.list().await);
    unsupported(accounts.list().user("u").toolkit("github").status(ConnectionStatus::Active).limit(1).await);
    unsupported(accounts.get("ca_1").await);
    unsupported(accounts.rename("ca_1", "work").await);
    unsupported(accounts.disable("ca_1").await);
    unsupported(accounts.enable("ca_1").await);
    unsupported(accounts.revoke("ca_1").await);
    unsupported(accounts.delete("ca_1").await);
}

#[test]
fn a_backend_claims_what_it_can() {
    let capabilities = Composio::with_backend(ScriptedBackend::new()).capabilities();
    let Capabilities { execution, links, explain, idempotency, management, .. } = capabilities;
    assert_eq!([execution, links, explain, idempotency, management], [true, true, false, true, false]);
}

#[test]
fn nothing_secret_is_printed() {
    let composio = Composio::with_backend(ScriptedBackend::new());
    let config = composio.auth_configs().create("github").oauth_app("public-id", "s3cr3t");
    let account = composio.connected_accounts().create("u", "ac_1").field("api_key", "s3cr3t");
    for text in [format!("{config:?}"), format!("{config:#?}"), format!("{account:?}")] {
        assert!(!text.contains("s3cr3t"), "{text}");
    }
    assert!(format!("{config:?}").contains("public-id") && format!("{account:?}").contains("api_key"));
}
