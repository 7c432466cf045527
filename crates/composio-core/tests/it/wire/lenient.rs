//! What replies may look like besides their examples: later versions of the server, and servers that leave things out.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::spec::{Example, Side, examples};

/// Objects whose members are the user's own names, not fields.
const MAPS: [&str; 6] = ["auth_configs", "connected_accounts", "tools", "tool_schemas", "input_requests", "headers"];

/// Without these nothing can be done with a reply.
const NEEDED: [&str; 19] = [
    "config",
    "config.user_id",
    "connected_account_id",
    "download_url",
    "experimental.custom_toolkits[].slug",
    "experimental.custom_toolkits[].tools[].slug",
    "experimental.custom_tools[].slug",
    "items",
    "items[].config",
    "items[].config.user_id",
    "items[].connected_account.id",
    "items[].connected_account.status",
    "items[].mount_relative_path",
    "items[].slug",
    "items[].version",
    "redirect_url",
    "results",
    "session_id",
    "upload_url",
];

fn replies() -> Vec<Example> {
    let replies: Vec<Example> =
        examples("tool_router_session_").into_iter().filter(|example| example.side == Side::Reply).collect();
    assert!(replies.len() >= 20, "the examples are gone");
    replies
}

/// Every value inside, as JSON pointers: the members of objects, and the elements of lists.
fn pointers(value: &Value) -> Vec<String> {
    let below = |key: &str, value: &Value| {
        let here = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
        let inside: Vec<String> = pointers(value).iter().map(|inner| format!("{here}{inner}")).collect();
        std::iter::once(here).chain(inside).collect::<Vec<_>>()
    };
    match value {
        Value::Object(members) => members.iter().flat_map(|(key, value)| below(key, value)).collect(),
        Value::Array(items) => items.iter().enumerate().flat_map(|(at, value)| below(&at.to_string(), value)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn parent(pointer: &str) -> (&str, &str) {
    pointer.rsplit_once('/').unwrap()
}

/// Whether the object there has names of the user's in place of fields.
fn is_map(pointer: &str) -> bool {
    pointer.rsplit_once('/').is_some_and(|(_, key)| MAPS.contains(&key))
}

/// A pointer as people write it, such as `items[].slug`.
fn readable(pointer: &str) -> String {
    let mut path = String::new();
    for key in pointer.split('/').skip(1) {
        match key.parse::<usize>() {
            Ok(_) => path.push_str("[]"),
            Err(_) if path.is_empty() => path.push_str(key),
            Err(_) => path.push_str(&format!(".{key}")),
        }
    }
    path
}

/// Changes one member of an object after another, and tells without which nothing was read.
fn unreadable(change: impl Fn(&mut serde_json::Map<String, Value>, &str)) -> BTreeSet<String> {
    let mut needed = BTreeSet::new();
    let mut tried = 0;
    for example in replies() {
        for pointer in pointers(&example.body) {
            let (object, key) = parent(&pointer);
            let mut body = example.body.clone();
            let Some(Value::Object(members)) = body.pointer_mut(object) else { continue };
            if is_map(object) {
                continue;
            }
            change(members, key);
            tried += 1;
            if example.reader()(&body).is_err() {
                needed.insert(readable(&pointer));
            }
        }
    }
    assert!(tried > 300, "only {tried} cases");
    needed
}

fn expected() -> BTreeSet<String> {
    NEEDED.iter().map(|path| (*path).to_owned()).collect()
}

#[test]
fn what_a_server_leaves_out_is_missed_only_where_nothing_goes_without_it() {
    let needed = unreadable(|members, key| {
        members.shift_remove(key).unwrap();
    });
    assert_eq!(needed, expected());
}

#[test]
fn null_is_absent() {
    let needed = unreadable(|members, key| {
        *members.get_mut(key).unwrap() = Value::Null;
    });
    assert_eq!(needed, expected());
}

#[test]
fn a_field_of_a_later_version_is_passed_over_wherever_it_stands() {
    let mut tried = 0;
    for example in replies() {
        let read = example.reader();
        let plain = read(&example.body).unwrap().written;
        let objects = std::iter::once(String::new()).chain(pointers(&example.body));
        for pointer in objects {
            let mut body = example.body.clone();
            let Some(Value::Object(members)) = body.pointer_mut(&pointer) else { continue };
            if is_map(&pointer) {
                continue;
            }
            members.insert("of_a_later_version".to_owned(), json!({"a": [1, null, {"b": "c"}]}));
            tried += 1;
            let title = format!("{} at {:?}", example.title(), readable(&pointer));
            let written = read(&body).unwrap_or_else(|error| panic!("{title}: {error}")).written;
            // Schemas and results are handed on as they came.
            let kept = written.pointer(&pointer).and_then(|object| object.get("of_a_later_version")).is_some();
            assert!(kept || written == plain, "{title}: something else is lost");
        }
    }
    assert!(tried > 100, "only {tried} cases");
}

#[test]
fn a_value_of_a_later_version_is_kept_wherever_it_stands() {
    let mut tried = 0;
    for example in replies() {
        for pointer in pointers(&example.body) {
            let mut body = example.body.clone();
            let value = body.pointer_mut(&pointer).unwrap();
            if !value.is_string() {
                continue;
            }
            *value = json!("of a later version");
            tried += 1;
            let title = format!("{} at {:?}", example.title(), readable(&pointer));
            let written = example.reader()(&body).unwrap_or_else(|error| panic!("{title}: {error}")).written;
            // What a tool says a second time is made from the first.
            let repeated = pointer.contains("/deprecated/");
            let value = written.pointer(&pointer).unwrap_or_else(|| panic!("{title}: it is gone"));
            assert!(repeated || value == &json!("of a later version"), "{title}: {value}");
        }
    }
    assert!(tried > 250, "only {tried} cases");
}
