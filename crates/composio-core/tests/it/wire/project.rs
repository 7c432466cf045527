//! What belongs to a project: every body and every reply, made from the description's schemas, read and written again.

use std::fmt::Debug;

use composio_core::wire::{
    AccountLink, Acknowledged, AuthConfig, CompleteAuth, CompletedAuth, ConnectedAccount, CreateAccountLink,
    CreateAuthConfig, CreateConnectedAccount, CreatedAuthConfig, CreatedConnectedAccount, CustomConnectionData,
    ExecuteTool, ExecutedTool, FileUpload, GenerateToolInput, GeneratedToolInput, Page, PatchConnectedAccount,
    PatchedConnectedAccount, ProxiedTool, ProxyTool, RefreshConnectedAccount, RefreshedConnectedAccount,
    RequestFileUpload, RequiredScopes, RequiredScopesQuery, RevokedConnectedAccount, SavedConfig, SavedConfigSummary,
    SetEnabled, StoredFile, Tool, Toolkit, ToolkitCategory, ToolkitChangelog, ToolkitDetails, ToolkitsBySlug,
    UpdateAuthConfig,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::schema::{Described, SECRET, Shape, operation, operations};

/// What became of a value: how it was written again, and how `Debug` shows it.
struct Outcome {
    written: Value,
    shown: String,
}

type Through = fn(&Value) -> Result<Outcome, serde_json::Error>;

fn through<T: Serialize + DeserializeOwned + Debug>(value: &Value) -> Result<Outcome, serde_json::Error> {
    let read: T = serde_json::from_str(&value.to_string())?;
    let written = serde_json::from_str(&serde_json::to_string(&read)?)?;
    Ok(Outcome { written, shown: format!("{read:?}") })
}

/// Every operation outside sessions: its id, its body, its reply.
const OPERATIONS: [(&str, Option<Through>, Through); 32] = [
    ("auth_configs_list", None, through::<Page<AuthConfig>>),
    ("auth_configs_create", Some(through::<CreateAuthConfig>), through::<CreatedAuthConfig>),
    ("auth_configs_retrieve", None, through::<AuthConfig>),
    ("auth_configs_update", Some(through::<UpdateAuthConfig>), through::<Acknowledged>),
    ("auth_configs_delete", None, through::<Acknowledged>),
    ("auth_configs_update_status", None, through::<Acknowledged>),
    ("connected_accounts_list", None, through::<Page<ConnectedAccount>>),
    ("connected_accounts_create", Some(through::<CreateConnectedAccount>), through::<CreatedConnectedAccount>),
    ("link_create", Some(through::<CreateAccountLink>), through::<AccountLink>),
    ("connected_accounts_retrieve", None, through::<ConnectedAccount>),
    ("connected_accounts_patch", Some(through::<PatchConnectedAccount>), through::<PatchedConnectedAccount>),
    ("connected_accounts_update_status", Some(through::<SetEnabled>), through::<Acknowledged>),
    ("connected_accounts_refresh", Some(through::<RefreshConnectedAccount>), through::<RefreshedConnectedAccount>),
    ("connected_accounts_revoke", None, through::<RevokedConnectedAccount>),
    ("connected_accounts_complete_auth", Some(through::<CompleteAuth>), through::<CompletedAuth>),
    ("connected_accounts_delete", None, through::<Acknowledged>),
    ("toolkits_list", None, through::<Page<Toolkit>>),
    ("toolkits_retrieve", None, through::<ToolkitDetails>),
    ("toolkits_retrieve_categories", None, through::<Page<ToolkitCategory>>),
    ("toolkits_retrieve_multi", Some(through::<ToolkitsBySlug>), through::<Page<Toolkit>>),
    ("toolkits_retrieve_changelog", None, through::<ToolkitChangelog>),
    ("tools_list", None, through::<Page<Tool>>),
    ("tools_retrieve", None, through::<Tool>),
    ("tools_retrieve_enum", None, through::<Vec<String>>),
    ("tools_execute", Some(through::<ExecuteTool>), through::<ExecutedTool>),
    ("tools_proxy", Some(through::<ProxyTool>), through::<ProxiedTool>),
    ("tools_get_input", Some(through::<GenerateToolInput>), through::<GeneratedToolInput>),
    ("tools_retrieve_required_scopes", Some(through::<RequiredScopesQuery>), through::<RequiredScopes>),
    ("files_create_presigned_url", Some(through::<RequestFileUpload>), through::<FileUpload>),
    ("files_list", None, through::<Page<StoredFile>>),
    ("session_configs_list", None, through::<Page<SavedConfigSummary>>),
    ("session_configs_retrieve", None, through::<SavedConfig>),
];

/// Where bodies carry what nobody may see.
const SECRET_INPUTS: &[&str] = &[
    "credentials",
    "sealed_credentials",
    "proxy_auth_key",
    "shared_credentials",
    "shared_connection_fields",
    "val",
    "data",
    "connection_data",
    "session_uri",
    "arguments",
    "body",
    "base64",
    "url",
    "value",
];

/// Where replies do.
const SECRET_OUTPUTS: &[&str] = &[
    "credentials",
    "proxy_auth_key",
    "shared_credentials",
    "shared_connection_fields",
    "val",
    "data",
    "params",
    "redirect_url",
    "redirect_uri",
    "link_token",
    "new_presigned_url",
    "newPresignedUrl",
    "session_info",
    "headers",
    "url",
    "arguments",
];

/// Calls with every body and every reply that a shape makes, in each of its alternatives.
fn each(shape: Shape, mut check: impl FnMut(&str, Through, Value)) {
    for (id, body, reply) in OPERATIONS {
        let described = operation(id);
        for choice in 0..4 {
            let shape = Shape { choice, ..shape };
            if let Some((schema, through)) = described.request().zip(body) {
                let shape = Shape { secrets: SECRET_INPUTS, unknown_names: false, ..shape };
                check(&format!("the body of {id} ({choice})"), through, shape.value(schema));
            }
            let shape = Shape { secrets: SECRET_OUTPUTS, ..shape };
            check(&format!("the reply to {id} ({choice})"), reply, shape.value(described.reply()));
        }
    }
}

/// What is compared: a list that ends says so with null or without, and a tool says some things a second time, which is
/// not read.
fn compared(mut value: Value) -> Value {
    fn walk(value: &mut Value) {
        if let Value::Object(object) = value {
            if object.get("next_cursor") == Some(&Value::Null) {
                object.shift_remove("next_cursor");
            }
            if object.contains_key("input_parameters") {
                object.shift_remove("deprecated");
            }
            object.values_mut().for_each(walk);
        } else if let Value::Array(items) = value {
            items.iter_mut().for_each(walk);
        }
    }
    walk(&mut value);
    value
}

/// Without the fields for which this holds, however deep.
fn without(mut value: Value, drop: fn(&str, &Value) -> bool) -> Value {
    match &mut value {
        Value::Object(object) => {
            object.retain(|name, value| !drop(name, value));
            for value in object.values_mut() {
                *value = without(value.take(), drop);
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without(item.take(), drop);
            }
        }
        _ => {}
    }
    value
}

#[test]
fn every_operation_outside_sessions_has_its_types() {
    let outside = |operation: &Described| !operation.path.contains("/tool_router/");
    let mut described: Vec<&str> = operations().iter().filter(|it| outside(it)).map(|it| it.id).collect();
    let mut typed: Vec<&str> = OPERATIONS.iter().map(|(id, ..)| *id).collect();
    described.sort_unstable();
    typed.sort_unstable();
    assert_eq!(described, typed);
    for (id, body, _) in OPERATIONS {
        assert_eq!(operation(id).request().is_some(), body.is_some(), "{id}");
    }
}

#[test]
fn every_example_of_the_description_is_read_and_written_as_it_is() {
    let mut count = 0;
    for (id, body, reply) in OPERATIONS {
        let described = operation(id);
        let bodies = described.request_examples().into_iter().map(|example| (example, body.unwrap()));
        let replies = described.reply_examples().into_iter().map(|example| (example, reply));
        for (example, through) in bodies.chain(replies) {
            assert_eq!(&through(example).unwrap().written, example, "{id}");
            count += 1;
        }
    }
    assert_eq!(count, 9);
}

#[test]
fn the_smallest_and_the_fullest_are_read_and_written_as_they_are() {
    for full in [false, true] {
        each(Shape { full, ..Shape::default() }, |what, through, value| {
            let written = through(&value).unwrap_or_else(|error| panic!("{what}: {error}\n{value}")).written;
            assert_eq!(compared(written), compared(value), "{what}");
        });
    }
}

#[test]
fn null_is_read_as_absent() {
    let is_null: fn(&str, &Value) -> bool = |_, value| value.is_null();
    each(Shape { nulls: true, ..Shape::default() }, |what, through, value| {
        let written = through(&value).unwrap_or_else(|error| panic!("{what}: {error}\n{value}")).written;
        assert_eq!(without(compared(written), is_null), without(compared(value), is_null), "{what}");
    });
}

#[test]
fn fields_of_later_versions_are_passed_over() {
    let shape = Shape { full: true, unknown_fields: true, ..Shape::default() };
    let later: fn(&str, &Value) -> bool = |name, _| name == "later";
    each(shape, |what, through, value| {
        // The one closed object of these bodies has a test of its own.
        let value = without(value, |name, _| name == "custom_connection_data");
        let written = through(&value).unwrap_or_else(|error| panic!("{what}: {error}\n{value}")).written;
        assert_eq!(without(compared(written), later), without(compared(value), later), "{what}");
    });
}

#[test]
fn values_of_later_versions_are_kept_as_they_are() {
    each(Shape { full: true, unknown_names: true, ..Shape::default() }, |what, through, value| {
        let written = through(&value).unwrap_or_else(|error| panic!("{what}: {error}\n{value}")).written;
        assert_eq!(compared(written), compared(value), "{what}");
    });
}

#[test]
fn no_secret_shows_in_debug() {
    let mut with_secrets = std::collections::BTreeSet::new();
    each(Shape { full: true, ..Shape::default() }, |what, through, value| {
        let outcome = through(&value).unwrap();
        assert!(!outcome.shown.contains(SECRET), "{what} shows a secret: {}", outcome.shown);
        if outcome.written.to_string().contains(SECRET) {
            with_secrets.insert(what.rsplit_once(' ').unwrap().0.to_owned());
        }
    });
    assert_eq!(with_secrets.len(), 19, "{with_secrets:#?}");
}

#[test]
fn a_connection_for_one_call_is_closed() {
    let connection = json!({"authScheme": "API_KEY", "toolkitSlug": "github", "val": {"api_key": "key"}});
    assert!(through::<CustomConnectionData>(&connection).is_ok());
    let mut more = connection;
    more["later"] = json!(1);
    assert!(through::<CustomConnectionData>(&more).is_err());
}

#[test]
fn a_change_tells_absent_from_null_and_empty() {
    for body in [
        json!({"type": "custom"}),
        json!({"type": "custom", "proxy_config": null}),
        json!({"type": "custom", "credentials": {"client_secret": null}, "restrict_to_following_tools": []}),
        json!({"type": "default", "scopes": "repo user"}),
        json!({"type": "default", "scopes": ["repo", "user"]}),
    ] {
        assert_eq!(through::<UpdateAuthConfig>(&body).unwrap().written, body);
    }
    for body in [
        json!({}),
        json!({"alias": ""}),
        json!({"connection": {"state": {"authScheme": "API_KEY", "val": {"api_key": null}}}}),
        json!({"experimental": {"acl_config_for_shared": {"allowed_user_ids": []}}}),
    ] {
        assert_eq!(through::<PatchConnectedAccount>(&body).unwrap().written, body);
    }
}

/// Replies with what names and decides, and nothing else.
fn bare() -> Vec<(Through, Value, &'static [&'static str])> {
    let account =
        json!({"id": "ca_1", "status": "ACTIVE", "toolkit": {"slug": "github"}, "auth_config": {"id": "ac_1"}});
    let config = json!({"id": "ac_1", "type": "custom", "status": "ENABLED", "toolkit": {"slug": "github"}});
    let link = json!({"redirect_url": "u", "link_token": "t", "connected_account_id": "ca_1"});
    let revoked = json!({"connected_account": {"id": "ca_1", "status": "REVOKED"}});
    let saved = json!({"id": "sc_1", "name": "support", "config": {}});
    vec![
        (through::<ConnectedAccount>, account, &["is_disabled", "created_at", "state", "data", "user_id"]),
        (through::<AuthConfig>, config, &["name", "no_of_connections", "tool_access_config", "credentials"]),
        (through::<AccountLink>, link, &["expires_at", "experimental"]),
        (through::<RevokedConnectedAccount>, revoked, &["revoked_tokens"]),
        (through::<Acknowledged>, json!({}), &["success", "message"]),
        (
            through::<Toolkit>,
            json!({"slug": "github", "meta": {}}),
            &["name", "type", "is_local_toolkit", "deprecated"],
        ),
        (through::<ToolkitDetails>, json!({"slug": "github", "meta": {}}), &["enabled", "composio_managed_auth"]),
        (through::<ToolkitChangelog>, json!({}), &["items"]),
        (through::<ExecutedTool>, json!({}), &["successful", "data", "error", "log_id"]),
        (through::<ProxiedTool>, json!({"status": 204}), &["data", "headers", "binary_data"]),
        (through::<RequiredScopes>, json!({}), &["scopes_required", "per_tool_requirements"]),
        (through::<SavedConfig>, saved, &["archived", "created_at", "description"]),
    ]
}

#[test]
fn a_reply_may_leave_out_what_only_describes() {
    for (through, reply, described) in bare() {
        let absent = through(&reply).unwrap_or_else(|error| panic!("{error}: {reply}")).written;
        for field in described {
            let mut with_null = reply.clone();
            with_null[field] = Value::Null;
            let null = through(&with_null).unwrap_or_else(|error| panic!("{error}: {with_null}")).written;
            assert_eq!(null, absent, "{field}");
        }
    }
}

#[test]
fn a_reply_has_to_say_what_it_is_about() {
    for (through, reply, _) in bare() {
        for field in reply.as_object().unwrap().keys() {
            let mut without = reply.clone();
            without.as_object_mut().unwrap().shift_remove(field);
            assert!(through(&without).is_err(), "{field} is missing from {reply}");
        }
    }
}
