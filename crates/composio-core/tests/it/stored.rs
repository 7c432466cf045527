//! Configurations as they were stored, by this version and by the ones before.

use composio_core::{
    ApprovalFallback, AuthConfigId, Composio, ConnectedAccountId, MultiAccount, Preload, Result, ScriptedBackend,
    SessionConfig, Tag, TagFilter, ToolSlug, ToolkitPolicy, ToolkitSlug, Url,
};
use serde_json::json;

/// Before there were lists of tools, tags and approvals.
#[test]
fn a_configuration_of_the_first_version_is_read() {
    let old = json!({
        "toolkits": {"enable": ["github", "gmail"]},
        "auth_configs": {"github": "ac_1"},
        "connected_accounts": {"gmail": ["ca_1", "ca_2"]},
        "preload": {"tools": ["GITHUB_GET"]},
        "multi_account": {"max_per_toolkit": 3, "require_explicit_selection": false},
        "callback_url": "https://app.example/done",
    });
    let read: SessionConfig = serde_json::from_value(old).unwrap();
    let (github, gmail) = (ToolkitSlug::new("github").unwrap(), ToolkitSlug::new("gmail").unwrap());
    let mut expected = SessionConfig::new();
    expected.toolkits = ToolkitPolicy::Enable(vec![github.clone(), gmail.clone()]);
    expected.auth_configs.insert(github, AuthConfigId::new("ac_1"));
    expected.connected_accounts.insert(gmail, ["ca_1", "ca_2"].map(ConnectedAccountId::new).to_vec());
    expected.preload = Preload::Tools(vec![ToolSlug::new("GITHUB_GET").unwrap()]);
    expected.multi_account = Some(MultiAccount::new().max_per_toolkit(3).require_explicit_selection(false));
    expected.callback_url = Some(Url::parse("https://app.example/done").unwrap().into());
    assert_eq!(read, expected);
    assert!(read.approvals.is_none() && read.tags.is_silent() && read.tools.is_empty() && read.hosted.is_none());

    let nothing: SessionConfig = serde_json::from_str(
        r#"{"toolkits":"all","auth_configs":{},"connected_accounts":{},"preload":"none","multi_account":null,"callback_url":null}"#,
    )
    .unwrap();
    assert_eq!(nothing, SessionConfig::new());
    assert_eq!(serde_json::from_str::<SessionConfig>("{}").unwrap(), SessionConfig::new());
}

/// The text that stores hold. A change of it is a change of what is stored: read the old one too.
#[tokio::test]
async fn a_configuration_is_stored_in_the_order_in_which_it_was_said() -> Result<()> {
    let composio = Composio::with_backend(ScriptedBackend::new());
    let building = composio.create("u").toolkits(["z", "a", "m"]);
    let building = building.enable_tools("z", ["Z_2", "Z_1"]).disable_tools("a", ["A_2", "A_1"]);
    let building = building.toolkit_tags("m", TagFilter::new().enable([Tag::Update, Tag::Create]));
    let building = building.tags(["readOnlyHint"]).disable_tags(["openWorldHint"]).direct_tools();
    let building = building.require_approval_for_toolkits(["z", "a"]).require_approval_for_tools(["Z_2", "Z_1"]);
    let building = building.require_approval_for_tags(["updateHint", "createHint"]);
    let session = building.approval_fallback(ApprovalFallback::Allow).await?;
    let stored = serde_json::to_string(&*session.config()).unwrap();
    let expected = concat!(
        r#"{"toolkits":{"enable":["z","a","m"]},"#,
        r#""tools":{"z":{"enable":["Z_2","Z_1"]},"a":{"disable":["A_2","A_1"]},"#,
        r#""m":{"tags":{"enable":["updateHint","createHint"]}}},"#,
        r#""tags":{"enable":["readOnlyHint"],"disable":["openWorldHint"]},"#,
        r#""auth_configs":{},"connected_accounts":{},"preload":"all","multi_account":null,"#,
        r#""approvals":{"toolkits":["z","a"],"tools":["Z_2","Z_1"],"tags":["updateHint","createHint"],"#,
        r#""toolkit_tags":{},"fallback":"allow"},"callback_url":null,"#,
        r#""meta_tools":{"search":false,"multi_execute":false,"manage_connections":false,"#,
        r#""wait_for_connections":false,"connection_removal":true,"proxy_execute":null,"submit_feedback":false},"#,
        r#""hosted":{"workbench":{"enable":false,"tool_execution":null,"proxy_execution":null,"offload_from":null,"#,
        r#""size":null},"hooks":[],"instant":null,"permissions":null,"link_url_overwrite":null,"fast_mode":null,"#,
        r#""restrict_egress":false,"saved_config":null,"user_timezone":null}}"#,
    );
    assert_eq!(stored, expected);
    let read: SessionConfig = serde_json::from_str(&stored).unwrap();
    assert_eq!(serde_json::to_string(&read).unwrap(), stored, "and comes back in the same order");
    Ok(())
}
