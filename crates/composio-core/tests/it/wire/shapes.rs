//! The smallest and the fullest that the description's schemas allow, of every operation of sessions.

use serde_json::{Value, json};

use super::schema::{Described, SECRET, Shape, operations};
use super::sessions::reader;
use super::spec::Side;

/// Where requests carry what nobody may see.
const SECRET_INPUTS: &[&str] = &["arguments", "body", "content", "binary_body", "value", "val", "request_state"];

/// Where replies do.
const SECRET_OUTPUTS: &[&str] = &[
    "data",
    "request_state",
    "redirect_url",
    "link_token",
    "headers",
    "upload_url",
    "download_url",
    "connection_details",
    "current_user_info",
    "user_info",
];

fn sessions() -> Vec<Described> {
    let sessions: Vec<_> = operations().into_iter().filter(|it| it.path.contains("/tool_router/session")).collect();
    assert_eq!(sessions.len(), 17, "another operation: another method of the client");
    sessions
}

/// Calls with every body of one side that a shape makes, in each of its alternatives.
fn each(side: Side, shape: Shape, mut check: impl FnMut(&str, super::sessions::Reader, Value)) {
    for operation in sessions() {
        let schema = match side {
            Side::Request => operation.request(),
            Side::Reply => Some(operation.reply()),
        };
        for choice in 0..4 {
            let secrets = match side {
                Side::Request => SECRET_INPUTS,
                Side::Reply => SECRET_OUTPUTS,
            };
            let shape = Shape { choice, secrets, ..shape };
            if let Some(schema) = schema {
                let what = format!("{} {side:?} ({choice})", operation.id);
                check(&what, reader(operation.id, side), shape.value(schema));
            }
        }
    }
}

/// What is compared: a list of tags stands for those to enable, replies to calls always say whether there is an error, the
/// end of a list may be null, and a tool says some things a second time, which is not read.
fn compared(mut value: Value) -> Value {
    match &mut value {
        Value::Object(object) => {
            if object.contains_key("input_parameters") {
                object.shift_remove("deprecated");
            }
            for nullable in ["error", "next_cursor", "connected_account", "scope_requirements"] {
                if object.get(nullable) == Some(&Value::Null) {
                    object.shift_remove(nullable);
                }
            }
            for (name, inner) in object.iter_mut() {
                let tags = name == "tags" && inner.is_array() && !inner.to_string().contains("some tags");
                *inner = compared(if tags { json!({"enable": inner.take()}) } else { inner.take() });
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = compared(item.take())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    value
}

/// Without the fields for which this holds, however deep.
fn without(mut value: Value, drop: fn(&str, &Value) -> bool) -> Value {
    match &mut value {
        Value::Object(object) => {
            object.retain(|name, value| !drop(name, value));
            object.values_mut().for_each(|value| *value = without(value.take(), drop));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| *item = without(item.take(), drop)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    value
}

fn read_and_written(what: &str, reader: super::sessions::Reader, value: &Value) -> Value {
    reader(value).unwrap_or_else(|error| panic!("{what}: {error}\n{value}")).written
}

#[test]
fn the_smallest_and_the_fullest_are_written_as_they_were_read() {
    for side in [Side::Request, Side::Reply] {
        for full in [false, true] {
            each(side, Shape { full, ..Shape::default() }, |what, reader, value| {
                let written = read_and_written(what, reader, &value);
                assert_eq!(compared(written), compared(value), "{what}");
            });
        }
    }
}

#[test]
fn null_in_a_reply_is_read_as_absent() {
    let is_null: fn(&str, &Value) -> bool = |_, value| value.is_null();
    each(Side::Reply, Shape { nulls: true, ..Shape::default() }, |what, reader, value| {
        let written = read_and_written(what, reader, &value);
        assert_eq!(without(compared(written), is_null), without(compared(value), is_null), "{what}");
    });
}

#[test]
fn fields_of_later_versions_are_passed_over_in_the_fullest_reply() {
    let shape = Shape { full: true, unknown_fields: true, ..Shape::default() };
    let later: fn(&str, &Value) -> bool = |name, _| name == "later";
    each(Side::Reply, shape, |what, reader, value| {
        let written = read_and_written(what, reader, &value);
        assert_eq!(without(compared(written), later), without(compared(value), later), "{what}");
    });
}

#[test]
fn names_of_later_versions_are_kept_in_the_fullest_reply() {
    each(Side::Reply, Shape { full: true, unknown_names: true, ..Shape::default() }, |what, reader, value| {
        let written = read_and_written(what, reader, &value);
        assert_eq!(compared(written), compared(value), "{what}");
    });
}

#[test]
fn a_name_that_the_description_does_not_have_is_refused_in_requests() {
    let mut refused = std::collections::BTreeSet::new();
    each(Side::Request, Shape { full: true, unknown_names: true, ..Shape::default() }, |what, reader, value| {
        if value.to_string().contains("LATER") && reader(&value).is_err() {
            refused.insert(what.split(' ').next().unwrap().to_owned());
        }
    });
    let expected = [
        "tool_router_session_create",
        "tool_router_session_execute",
        "tool_router_session_execute_meta",
        "tool_router_session_link",
        "tool_router_session_patch",
        "tool_router_session_proxy_execute",
        "tool_router_session_search",
    ];
    assert_eq!(refused.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

#[test]
fn nothing_secret_of_the_fullest_is_printed() {
    let mut with_secrets = std::collections::BTreeSet::new();
    for side in [Side::Request, Side::Reply] {
        each(side, Shape { full: true, ..Shape::default() }, |what, reader, value| {
            let outcome = reader(&value).unwrap();
            assert!(!outcome.printed.contains(SECRET), "{what} shows a secret: {}", outcome.printed);
            if outcome.written.to_string().contains(SECRET) {
                with_secrets.insert(what.rsplit_once(' ').unwrap().0.to_owned());
            }
        });
    }
    assert_eq!(with_secrets.len(), 10, "{with_secrets:#?}");
}
