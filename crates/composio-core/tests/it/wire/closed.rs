//! Requests are closed: what the server does not know is an error of the caller, not something to pass over.

use serde_json::{Value, json};

use super::spec::{Side, examples};

#[test]
fn an_unknown_key_at_the_root_of_a_request_is_refused() {
    let mut tried = 0;
    for example in examples("tool_router_session_") {
        if example.side != Side::Request {
            continue;
        }
        let mut body = example.body.clone();
        body.as_object_mut().unwrap().insert("toolkitz".to_owned(), json!({}));
        let error = example.reader()(&body).err().unwrap_or_else(|| panic!("{} took it", example.title()));
        assert!(error.to_string().contains("toolkitz"), "{}: {error}", example.title());
        tried += 1;
    }
    assert!(tried >= 17, "only {tried} cases");
}

/// The vocabulary of replies in a request is the mistake that people make.
#[test]
fn an_unknown_key_within_a_session_is_refused() {
    let create = examples("tool_router_session_create").into_iter().find(|e| e.side == Side::Request).unwrap();
    for (pointer, key) in [
        ("toolkits", "enabled"),
        ("tags", "disabled"),
        ("manage_connections", "enabled"),
        ("workbench", "proxy_execution_enabled"),
        ("multi_account", "max_per_toolkit"),
        ("proxy_execute", "enabled"),
        ("preload", "tool"),
        ("search", "enabled"),
        ("execute", "enable"),
        ("instant", "return_premium_charge"),
        ("premium_usage", "return_instant_charge"),
        ("experimental", "custom_tool"),
    ] {
        let body = json!({"user_id": "user_123", pointer: {key: Value::Null}});
        assert!(create.reader()(&body).is_err(), "{body}");
    }
}

#[test]
fn a_list_of_tags_is_the_tags_to_enable() {
    let create = examples("tool_router_session_create").into_iter().find(|e| e.side == Side::Request).unwrap();
    let body = json!({
        "user_id": "user_123",
        "tags": ["readOnlyHint"],
        "tools": {"gmail": {"tags": ["createHint", "updateHint"]}, "github": {"tags": []}},
    });
    let written = create.reader()(&body).unwrap().written;
    let expected = json!({
        "user_id": "user_123",
        "tools": {
            "gmail": {"tags": {"enable": ["createHint", "updateHint"]}},
            "github": {"tags": {"enable": []}},
        },
        "tags": {"enable": ["readOnlyHint"]},
    });
    assert_eq!(written, expected);
    assert!(create.reader()(&json!({"user_id": "u", "tags": ["readOnly"]})).is_err(), "no such tag");
}

/// Every field that the examples do not have.
#[test]
fn what_no_example_shows_is_written_as_it_was_read() {
    let create = examples("tool_router_session_create").into_iter().find(|e| e.side == Side::Request).unwrap();
    let custom = json!({
        "slug": "GREP", "name": "Grep", "description": "d", "input_schema": {"type": "object", "properties": {}},
        "output_schema": {}, "extends_toolkit": "gmail", "preload": true,
    });
    let inner = json!({"slug": "A", "name": "A", "description": "d", "input_schema": {}, "output_schema": {}, "preload": false});
    let lists = json!({"toolkits": {"enable": ["gmail"]}, "tools": {"gmail": {"disable": ["GMAIL_X"]}}});
    let mut instant = lists.clone();
    instant["return_instant_charge"] = json!(true);
    instant["return_prices_in_search"] = json!(true);
    let mut premium = lists;
    premium["return_premium_charge"] = json!(true);
    let mut body = json!({
        "user_id": "user_123",
        "instant": instant,
        "premium_usage": premium,
        "manage_connections": {
            "enable": false, "callback_url": "https://a.example", "enable_wait_for_connections": true,
            "enable_connection_removal": false,
        },
        "workbench": {
            "enable": true, "enable_tool_execution": false, "enable_proxy_execution": false,
            "auto_offload_threshold": 1.5, "sandbox_size": "xlarge",
        },
        "proxy_execute": {"enable": true},
        "multi_account": {"enable": true, "max_accounts_per_toolkit": 3, "require_explicit_selection": true},
        "experimental": {
            "assistive_prompt_config": {"user_timezone": "Europe/London"},
            "custom_toolkits": [{"slug": "CRM", "name": "C", "description": "d", "preload": true, "tools": [inner]}],
            "custom_tools": [custom],
            "permissions": {"default": "ask_every_call", "overrides": {"*:__none__": "always_deny"}},
            "link_url_overwrite": "https://b.example", "fast_mode": true, "submit_feedback": {"enable": true},
            "restrict_egress_to_composio": true, "no_elicitation_support_fallback": "allow",
            "session_config_id": "sc_1",
        },
        "hooks": [{
            "type": "after_execute", "id": "h", "applies_to": "all",
            "handler": {"type": "prompt_injection_check", "action": "block"},
        }],
        "tags": {"enable": [], "disable": ["openWorldHint"], "require_approval": ["idempotentHint"]},
        "preload": {"tools": ["A", "B"]},
    });
    assert_eq!(create.reader()(&body).unwrap().written, body);
    body["instant"] = json!(false);
    body["premium_usage"] = json!(false);
    assert_eq!(create.reader()(&body).unwrap().written, body);
    body["instant"] = json!(true);
    assert!(create.reader()(&body).is_err(), "it is off, or it is an object");
}
