//! Changes of a session: absent, null and empty are three things, in every field that knows them.

use composio_core::Patch;
use composio_core::wire::{ManageConnectionsPatch, PatchSession, ToolkitsPolicy};
use serde_json::{Value, json};

/// Fields of a change that may be null, with the emptiest value that is no null.
fn nullable() -> Vec<(&'static str, Value)> {
    vec![
        ("/toolkits", json!({})),
        ("/auth_configs", json!({})),
        ("/connected_accounts", json!({})),
        ("/manage_connections", json!({})),
        ("/manage_connections/enable", json!(false)),
        ("/manage_connections/callback_url", json!("")),
        ("/manage_connections/enable_wait_for_connections", json!(false)),
        ("/manage_connections/enable_connection_removal", json!(false)),
        ("/tools", json!({})),
        ("/tags", json!({})),
        ("/workbench", json!({})),
        ("/multi_account", json!({})),
        ("/multi_account/max_accounts_per_toolkit", json!(2)),
        ("/proxy_execute", json!({"enable": false})),
        ("/preload", json!({})),
        ("/search", json!({})),
        ("/execute", json!({})),
        ("/hooks", json!([])),
        ("/experimental", json!({})),
        ("/experimental/permissions", json!({"default": "allow_all"})),
        ("/experimental/link_url_overwrite", json!("")),
        ("/experimental/fast_mode", json!(false)),
        ("/experimental/submit_feedback", json!({"enable": false})),
        ("/experimental/no_elicitation_support_fallback", json!("deny")),
    ]
}

/// A body with one field.
fn body(pointer: &str, value: &Value) -> Value {
    pointer
        .split('/')
        .skip(1)
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
        .fold(value.clone(), |inner, key| json!({key: inner}))
}

fn travel(body: &Value) -> Result<Value, serde_json::Error> {
    let read: PatchSession = serde_json::from_str(&body.to_string())?;
    serde_json::to_value(&read)
}

#[test]
fn absent_null_and_empty_stay_three_things_in_every_field() {
    assert_eq!(travel(&json!({})).unwrap(), json!({}), "nothing is named");
    for (pointer, empty) in nullable() {
        for value in [Value::Null, empty] {
            let body = body(pointer, &value);
            assert_eq!(travel(&body).unwrap_or_else(|error| panic!("{body}: {error}")), body);
        }
    }
}

/// The list above is the description's own: where it lets null in, and nowhere else.
#[test]
fn the_fields_that_may_be_null_are_those_of_the_description() {
    let document = super::spec::document();
    let request = &document["paths"]["/api/v3.1/tool_router/session/{session_id}"]["patch"]["requestBody"];
    let mut found = Vec::new();
    nullable_in(&request["content"]["application/json"]["schema"], "", &mut found);
    found.sort();
    let mut listed: Vec<String> = nullable().iter().map(|(pointer, _)| (*pointer).to_owned()).collect();
    listed.sort();
    assert_eq!(found, listed);
}

fn resolved(schema: &Value) -> &Value {
    match schema["$ref"].as_str() {
        Some(path) => super::spec::document().pointer(path.strip_prefix('#').unwrap()).unwrap(),
        None => schema,
    }
}

fn is_null(schema: &Value) -> bool {
    schema["type"] == "null" || schema["type"].as_array().is_some_and(|types| types.contains(&json!("null")))
}

fn nullable_in(schema: &Value, at: &str, found: &mut Vec<String>) {
    let schema = resolved(schema);
    let variants: Vec<&Value> = match schema["anyOf"].as_array() {
        Some(variants) => variants.iter().map(resolved).collect(),
        None => vec![schema],
    };
    if !at.is_empty() && variants.iter().any(|variant| is_null(variant)) {
        found.push(at.to_owned());
    }
    for properties in variants.iter().filter_map(|variant| variant["properties"].as_object()) {
        for (name, schema) in properties {
            nullable_in(schema, &format!("{at}/{name}"), found);
        }
    }
}

#[test]
fn charges_and_the_expected_version_know_no_null_of_their_own() {
    assert_eq!(travel(&json!({"instant": false})).unwrap(), json!({"instant": false}));
    assert_eq!(travel(&json!({"instant": {}})).unwrap(), json!({"instant": {}}));
    assert_eq!(travel(&json!({"expected_config_version": 3})).unwrap(), json!({"expected_config_version": 3}));
}

#[test]
fn a_change_says_what_was_set_and_nothing_else() {
    let connections = ManageConnectionsPatch { callback_url: Patch::Reset, ..ManageConnectionsPatch::default() };
    let change = PatchSession {
        toolkits: Patch::Set(ToolkitsPolicy { enable: Some(Vec::new()), ..ToolkitsPolicy::default() }),
        tags: Patch::Reset,
        manage_connections: Patch::Set(connections),
        ..PatchSession::default()
    };
    let written = serde_json::to_string(&change).unwrap();
    assert_eq!(written, r#"{"toolkits":{"enable":[]},"manage_connections":{"callback_url":null},"tags":null}"#);
}
