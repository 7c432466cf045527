use serde_json::{Value, json};

use super::super::{auth_configs, catalogue, toolkits, tools};
use super::*;
use crate::auth::{AuthConfigUpdate, NewAuthConfig, ToolFilter};
use crate::id::ToolSlug;
use crate::tool::ToolHints;

fn wired<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_str(&value.to_string()).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "the tests write it in place")]
fn said(changes: Value) -> Value {
    let mut account = json!({
        "id": "ca_1", "user_id": "u", "status": "ACTIVE", "status_reason": "r", "alias": "work", "word_id": "w",
        "toolkit": {"slug": "GitHub"}, "auth_config": {"id": "ac_1"},
        "created_at": "2026-10-01T09:00:00Z", "updated_at": "2026-10-01T09:01:00Z",
    });
    for (key, value) in changes.as_object().unwrap() {
        account[key] = value.clone();
    }
    account
}

#[test]
fn an_account_reads_as_what_it_is() {
    use ConnectionStatus as Status;
    for (changes, status, connected, ready) in [
        (json!({}), Status::Active, true, true),
        (json!({"is_disabled": true}), Status::Inactive, true, false),
        (json!({"status": "INACTIVE"}), Status::Inactive, true, false),
        (json!({"status": "REVOKED"}), Status::Revoked, true, false),
        // It may have been a link that nobody opened.
        (json!({"status": "EXPIRED"}), Status::Expired, false, false),
        (json!({"status": "INITIATED"}), Status::Initiated, false, false),
        (json!({"status": "DORMANT"}), Status::Unknown, false, false),
    ] {
        let read = account(wired(&said(changes.clone())), None).unwrap();
        assert_eq!(
            (read.status, read.connected_at.is_some(), read.is_ready()),
            (status, connected, ready),
            "{changes}"
        );
        assert_eq!(
            (read.toolkit.as_str(), read.alias.as_deref(), read.sharing),
            ("github", Some("work"), Sharing::Private)
        );
    }
    let nameless = account(wired(&said(json!({"alias": "", "created_at": "yesterday"}))), None).unwrap();
    assert_eq!((nameless.alias, nameless.created_at), (None, Timestamp::from_micros(0)));
    assert!(account(wired(&said(json!({"user_id": null}))), None).is_err());
    let known = account(wired(&said(json!({"user_id": null}))), Some(&UserId::new("v"))).unwrap();
    assert_eq!(known.user.as_str(), "v");
}

#[test]
fn who_an_account_is_shared_with_goes_both_ways() {
    let list = json!({"allow_all_users": true, "allowed_user_ids": ["a"], "not_allowed_user_ids": ["b"]});
    let full = json!({"account_type": "SHARED", "acl_config_for_shared": list});
    for (block, written) in [
        (json!({"account_type": "PRIVATE"}), Value::Null),
        (json!({"account_type": "SHARED"}), json!({"account_type": "SHARED"})),
        (full.clone(), full),
        // One that this version does not know is not one to use unpinned.
        (json!({"account_type": "TEAM"}), json!({"account_type": "SHARED"})),
    ] {
        let read = account(wired(&said(json!({"experimental": block.clone()}))), None).unwrap();
        assert_eq!(serde_json::to_value(sharing_input(&read.sharing)).unwrap(), written, "{block}");
    }
}

#[test]
fn an_auth_config_reads_as_what_it_is() {
    let config = |changes: Value| {
        let mut config = json!({
            "id": "ac_1", "type": "default", "toolkit": {"slug": "github"}, "name": "n", "status": "ENABLED",
        });
        for (key, value) in changes.as_object().unwrap() {
            config[key] = value.clone();
        }
        auth_configs::auth_config(wired(&config)).unwrap()
    };
    let plain = config(json!({}));
    assert_eq!((plain.managed, plain.enabled, plain.enabled_for_sessions), (true, true, true));
    assert_eq!((plain.scheme, plain.tools, plain.client_id), (AuthScheme::Unknown, ToolFilter::All, None));
    for (changes, scopes) in [
        (json!({"scopes": "repo, user"}), vec!["repo", "user"]),
        (json!({"scopes": ["a b"]}), vec!["a b"]),
        (json!({}), vec![]),
    ] {
        assert_eq!(config(json!({"credentials": changes})).scopes, scopes);
    }
    let odd = config(
        json!({"type": "newer", "status": "PAUSED", "auth_scheme": "QUANTUM", "is_enabled_for_tool_router": false}),
    );
    assert_eq!(
        (odd.managed, odd.enabled, odd.enabled_for_sessions, odd.scheme),
        (false, false, false, AuthScheme::Unknown)
    );
    let only = |tools: Value| config(json!({"tool_access_config": {"tools_available_for_execution": tools}})).tools;
    assert_eq!(only(json!(["A_B"])), ToolFilter::Only(vec![ToolSlug::new("A_B").unwrap()]));
    assert_eq!(only(json!([])), ToolFilter::All, "servers write that where nothing is restricted");
}

#[test]
fn an_auth_config_is_made_managed_or_on_an_app_of_its_own() {
    let github = || ToolkitSlug::new("github").unwrap();
    let of =
        |new: &NewAuthConfig| serde_json::to_value(auth_configs::create(new).unwrap()).unwrap()["auth_config"].clone();
    for (new, expected) in [
        (NewAuthConfig::managed(github()), json!({"type": "use_composio_managed_auth"})),
        (
            NewAuthConfig::managed(github()).scopes(["a"]).name("n"),
            json!({"type": "use_composio_managed_auth", "name": "n", "credentials": {"scopes": ["a"]}}),
        ),
        (NewAuthConfig::api_key(github()), json!({"type": "use_custom_auth", "authScheme": "API_KEY"})),
        // A public client has no secret.
        (
            NewAuthConfig::oauth2(github(), "id", ""),
            json!({"type": "use_custom_auth", "authScheme": "OAUTH2", "credentials": {"client_id": "id"}}),
        ),
    ] {
        let mut expected = expected;
        expected["is_enabled_for_tool_router"] = true.into();
        assert_eq!(of(&new), expected);
    }
    let mut unknown = NewAuthConfig::managed(github());
    unknown.scheme = AuthScheme::Unknown;
    assert_eq!(auth_configs::create(&unknown).unwrap_err().field(), Some("scheme"));
}

#[test]
fn a_change_of_an_auth_config_says_scopes_where_its_kind_has_them() {
    use wire::AuthConfigKind::{Custom, Default};
    let of = |kind, change: AuthConfigUpdate| {
        let body = auth_configs::update(kind, &change).unwrap();
        body.map(|body| serde_json::to_value(body).unwrap())
    };
    let scopes = || AuthConfigUpdate::new().scopes(["a"]);
    assert_eq!(of(Default, scopes()), Some(json!({"type": "default", "scopes": ["a"]})));
    assert_eq!(of(Custom, scopes()), Some(json!({"type": "custom", "credentials": {"scopes": ["a"]}})));
    assert_eq!(of(Custom, AuthConfigUpdate::new().enabled(false)), None, "the status has a way of its own");
    for refused in [ToolFilter::Except(vec![]), ToolFilter::Only(vec![])] {
        let change = AuthConfigUpdate::new().tools(refused);
        assert_eq!(auth_configs::update(Custom, &change).unwrap_err().kind(), ErrorKind::Unsupported);
    }
}

#[test]
fn a_toolkit_needs_nothing_only_where_that_is_said() {
    let listed = |changes: Value| {
        let mut toolkit = json!({"slug": "X", "name": "x", "meta": {"description": "d", "logo": "", "tools_count": 3}});
        for (key, value) in changes.as_object().unwrap() {
            toolkit[key] = value.clone();
        }
        catalogue::listed(wired(&toolkit)).unwrap()
    };
    for (changes, no_auth) in [
        (json!({}), false),
        (json!({"no_auth": true}), true),
        (json!({"auth_schemes": ["NO_AUTH"]}), true),
        (json!({"auth_schemes": ["NO_AUTH", "API_KEY"]}), false),
    ] {
        let info = listed(changes.clone());
        assert_eq!(
            (info.slug.as_str(), info.no_auth, info.tools, info.logo),
            ("x", no_auth, Some(3), None),
            "{changes}"
        );
    }
}

#[test]
fn a_toolkit_of_a_session_shows_the_account_that_would_run() {
    let toolkit = |account: Value| {
        let toolkit = json!({
            "slug": "github", "name": "Github", "is_no_auth": false, "composio_managed_auth_schemes": ["OAUTH2"],
            "meta": {"logo": "l", "description": "d"}, "connected_account": account,
        });
        toolkits::state(wired(&toolkit)).unwrap()
    };
    let none = toolkit(Value::Null);
    assert!(!none.is_active() && none.managed_auth && none.scheme == Some(AuthScheme::OAuth2));
    let one = toolkit(json!({
        "id": "ca_1", "user_id": "u", "status": "ACTIVE", "created_at": "2026-10-01T09:00:00Z",
        "auth_config": {"id": "ac_1", "auth_scheme": "API_KEY", "is_composio_managed": false},
    }));
    assert!(one.is_ready() && one.scheme == Some(AuthScheme::ApiKey) && one.accounts.len() == 1);
    assert_eq!(one.auth_config.unwrap().as_str(), "ac_1");
    let unsaid =
        toolkit(json!({"id": "ca_1", "user_id": "u", "status": "ACTIVE", "created_at": "2026-10-01T09:00:00Z"}));
    assert_eq!((unsaid.auth_config, unsaid.scheme), (None, None));
}

#[test]
fn a_tool_of_a_list_has_the_hints_of_its_tags() {
    for (tags, hints) in [
        (json!({"tags": ["readOnlyHint", "important", "openWorldHint"]}), vec!["readOnlyHint", "openWorldHint"]),
        (json!({"tags": []}), vec![]),
        (json!({"tags": null}), vec![]),
        (json!({}), vec![]),
    ] {
        let mut tool = json!({"slug": "A_B", "name": "b", "toolkit": {"slug": "a"}});
        tool.as_object_mut().unwrap().extend(tags.as_object().unwrap().clone());
        let read = tools::definition(wired(&tool), &mut None).unwrap();
        assert_eq!(read.hints, ToolHints::from_tags(hints), "{tags}");
    }
}
