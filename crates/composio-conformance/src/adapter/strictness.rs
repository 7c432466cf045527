//! Schemas that providers enforce on what a model writes.

use composio_core::{ScriptedBackend, ToolSet};
use serde_json::{Value, json};

use super::stage::{Stage, reply};
use super::{Adapter, Shown};

/// A tool whose schema has a strict form.
const STRICT: &str = "KIT_STRICT";
/// One whose schema has none: it takes parameters that it does not name.
const FREE: &str = "KIT_FREE";

async fn stage() -> Stage {
    let object = |more: Value, properties: Value| {
        let mut schema = json!({"type": "object", "properties": properties});
        schema.as_object_mut().expect("it is written so").extend(more.as_object().expect("it is written so").clone());
        schema
    };
    let place = object(json!({}), json!({"street": {"type": "string"}, "number": {"type": ["integer", "null"]}}));
    let strict = json!({"title": {"type": "string"}, "label": {"type": "string"},
        "note": {"type": ["string", "null"]}, "place": place});
    let free = json!({"title": {"type": "string"}});
    let backend = ScriptedBackend::new().tool(FREE, "kit", object(json!({"additionalProperties": true}), free)).tool(
        STRICT,
        "kit",
        object(json!({"required": ["title"]}), strict),
    );
    Stage::on(backend).await
}

fn shown(adapter: &dyn Adapter, tools: &ToolSet) -> (Shown, Shown) {
    let [free, strict]: [Shown; 2] = adapter.shown(tools).try_into().expect("there are two tools");
    (free, strict)
}

/// A strict set shows each schema in the form that providers enforce, where it has one; the other stays as it is.
pub async fn a_strict_set_shows_strict_schemas(adapter: &dyn Adapter) {
    let tools = stage().await.tools().await;
    let (free_before, before) = shown(adapter, &tools);
    let strict = tools.strict();
    let (free, after) = shown(adapter, &strict);
    assert_eq!(free.schema, free_before.schema, "it has no strict form");
    assert_ne!(after.schema, before.schema);
    let expected = strict.get(STRICT).expect("it is listed").schema();
    assert_eq!(after.schema.to_string(), Value::Object(expected.as_ref().clone()).to_string());
    assert_eq!(after.schema["required"], json!(["title", "label", "note", "place"]));
    assert_eq!(after.schema["additionalProperties"], false);
    assert_eq!(after.schema["properties"]["label"], json!({"type": ["string", "null"]}));
}

/// Providers are told to enforce a schema where it is in their form, and only there.
pub async fn strictness_is_said_where_it_holds(adapter: &dyn Adapter) {
    let tools = stage().await.tools().await;
    let (free, plain) = shown(adapter, &tools);
    assert!(free.strict != Some(true) && plain.strict != Some(true), "nobody asked for it: {free:?} {plain:?}");
    let (free, strict) = shown(adapter, &tools.strict());
    assert_ne!(free.strict, Some(true), "its schema has no strict form");
    let expected = adapter.says_strict().then_some(true);
    assert_eq!(strict.strict, expected, "a framework that cannot say it has `says_strict` give false");
}

/// A `null` that only strictness asks for is left out before the tool runs; one that the tool's own schema takes stays.
pub async fn nulls_that_strictness_added_are_left_out(adapter: &dyn Adapter) {
    let place = json!({"street": null, "number": null});
    let written = json!({"title": "t", "label": null, "note": null, "place": place});
    let expected = json!({"title": "t", "note": null, "place": {"number": null}});
    assert_eq!(arrives(adapter, true, STRICT, &written).await, expected);
    let written = json!({"title": "t", "label": "l", "note": "n", "place": null});
    assert_eq!(arrives(adapter, true, STRICT, &written).await, json!({"title": "t", "label": "l", "note": "n"}));
}

/// Where nothing was made strict, a `null` is what the model meant.
pub async fn without_strictness_every_null_arrives(adapter: &dyn Adapter) {
    let written = json!({"title": "t", "label": null, "note": null, "place": {"street": null}});
    assert_eq!(arrives(adapter, false, STRICT, &written).await, written);
    assert_eq!(arrives(adapter, true, FREE, &written).await, written, "it has no strict form");
}

/// What the backend gets.
async fn arrives(adapter: &dyn Adapter, strict: bool, name: &str, written: &Value) -> Value {
    let stage = stage().await;
    let tools = stage.tools().await;
    let tools = if strict { tools.strict() } else { tools };
    reply(adapter, &tools, name, written).await;
    let mut received = stage.received();
    assert_eq!(received.len(), 1, "the call was not sent once");
    received.remove(0)
}
