//! Replies that belong together: what one example of the description speaks of, the lists show too.

use serde_json::{Value, json};

/// An account and its auth config, as the examples of sessions have them.
const ACCOUNT: &str = "/api/v3.1/connected_accounts/{nanoid}";
const ACCOUNTS: &str = "/api/v3.1/connected_accounts";
const AUTH_CONFIGS: &str = "/api/v3.1/auth_configs";
/// Where in a path its reply to a reader is.
const CONTENT: &str = "/get/responses/200/content/application~1json";

/// Gives the lists of accounts and of auth configs that account. The description's own are empty, and so the mock would
/// deny in one reply what it says in another.
pub(super) fn join(description: &mut Value) {
    let Some(account) = reply(description, ACCOUNT).and_then(|reply| reply.pointer("/examples/default/value")) else {
        return;
    };
    let account = account.clone();
    show(description, AUTH_CONFIGS, &auth_config(&account));
    show(description, ACCOUNTS, &account);
}

/// The auth config of an account. Its schema in the description says what it has to have.
fn auth_config(account: &Value) -> Value {
    let (own, toolkit) = (&account["auth_config"], &account["toolkit"]["slug"]);
    json!({
        "id": own["id"],
        "uuid": "00000000-0000-4000-8000-000000000001",
        "type": "default",
        "name": toolkit,
        "toolkit": {"slug": toolkit, "logo": ""},
        "auth_scheme": own["auth_scheme"],
        "is_composio_managed": own["is_composio_managed"],
        "status": "ENABLED",
        "created_at": account["created_at"],
        "last_updated_at": account["created_at"],
        "no_of_connections": 1,
        "tool_access_config": {},
        "is_enabled_for_tool_router": true,
    })
}

fn show(description: &mut Value, list: &str, item: &Value) {
    let page = json!({"items": [item], "next_cursor": null, "total_pages": 1, "current_page": 1, "total_items": 1});
    if let Some(reply) = reply_mut(description, list) {
        reply["examples"] = json!({"default": {"value": page}});
    }
}

fn reply<'a>(description: &'a Value, path: &str) -> Option<&'a Value> {
    description["paths"].get(path)?.pointer(CONTENT)
}

fn reply_mut<'a>(description: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    description["paths"].get_mut(path)?.pointer_mut(CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_show_the_account_that_sessions_have() {
        let mut description: Value =
            serde_json::from_str(include_str!("../../../crates/composio-core/tests/spec/composio-v3.1.json")).unwrap();
        let schema = reply(&description, AUTH_CONFIGS).unwrap()["schema"].clone();
        join(&mut description);
        let session = reply(&description, "/api/v3.1/tool_router/session/{session_id}").unwrap();
        let pinned = session.pointer("/examples/default/value/config/auth_configs/github").unwrap();
        let listed = |list| reply(&description, list).unwrap()["examples"]["default"]["value"]["items"][0].clone();
        assert_eq!(&listed(ACCOUNTS)["auth_config"]["id"], pinned);
        assert_eq!(&listed(AUTH_CONFIGS)["id"], pinned);
        assert_eq!(listed(AUTH_CONFIGS)["toolkit"]["slug"], "github");

        let schema = &schema["properties"]["items"]["items"];
        for required in schema["required"].as_array().unwrap() {
            assert!(!listed(AUTH_CONFIGS)[required.as_str().unwrap()].is_null(), "{required} is missing");
        }
        for name in listed(AUTH_CONFIGS).as_object().unwrap().keys() {
            assert!(schema["properties"].get(name).is_some(), "{name} is not described");
        }
    }

    #[test]
    fn what_has_no_accounts_stays_as_it_is() {
        let mut description = json!({"paths": {}});
        join(&mut description);
        assert_eq!(description, json!({"paths": {}}));
    }
}
