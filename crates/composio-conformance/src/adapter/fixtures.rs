//! Tools that were seen to trip frameworks up. Rules: `rust-frameworks` 11.

use composio_core::ScriptedBackend;
use serde_json::{Value, json};

/// A tool, and what becomes of its schema.
pub(super) struct Fixture {
    pub(super) slug: String,
    pub(super) given: Value,
    pub(super) shown: Value,
}

impl Fixture {
    fn new(slug: impl Into<String>, given: Value, shown: Value) -> Self {
        Self { slug: slug.into(), given, shown }
    }

    /// A schema that stays as it came.
    fn same(slug: impl Into<String>, schema: Value) -> Self {
        Self::new(slug, schema.clone(), schema)
    }
}

/// Each kind of trouble once, in an order that no sorting gives.
pub(super) fn all() -> Vec<Fixture> {
    let note = json!({"type": "object", "properties": {"note": {"type": "string"}}});
    let empty = json!({"type": "object", "properties": {}});
    vec![
        Fixture::same("KIT_RECURSIVE", recursive()),
        Fixture::same(
            "KIT_OPTIONAL",
            json!({"type": "object", "properties": {"limit":
            {"type": ["integer", "null"], "default": 30, "description": "How many; all of them with null."}}}),
        ),
        Fixture::new(
            "KIT_NULLABLE",
            nullable(&json!({"type": "integer", "nullable": true})),
            nullable(&json!({"type": ["integer", "null"]})),
        ),
        Fixture::new("KIT_UNSAID", json!({"type": "object"}), empty.clone()),
        Fixture::new("KIT_EMPTY", json!({}), empty),
        Fixture::same(
            "KIT_FREE",
            json!({"type": "object", "additionalProperties": true, "properties":
            {"meta": {"type": "object", "additionalProperties": true}}}),
        ),
        Fixture::same("kit.notes.list", note.clone()),
        Fixture::same(format!("KIT_{}", "LONG_".repeat(15) + "X"), note),
        Fixture::same(
            "KIT_INPUT",
            json!({"type": "object", "required": ["input"], "properties":
            {"input": {"type": "string"}, "mode": {"type": "string"}}}),
        ),
    ]
}

/// A backend that lists them.
pub(super) fn backend() -> ScriptedBackend {
    let add = |backend: ScriptedBackend, fixture: Fixture| backend.tool(&fixture.slug, "kit", fixture.given);
    all().into_iter().fold(ScriptedBackend::new(), add)
}

/// Refers to itself, describes references beside them, and chooses between constants.
fn recursive() -> Value {
    json!({
        "type": "object",
        "properties": {"root": {"$ref": "#/$defs/Node", "description": "Where it begins."}},
        "required": ["root"],
        "$defs": {"Node": {
            "type": "object",
            "properties": {
                "kind": {"oneOf": [{"const": "leaf", "description": "Ends here."}, {"const": "branch"}]},
                "children": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
            },
            "required": ["kind"],
        }},
    })
}

fn nullable(milestone: &Value) -> Value {
    let properties = json!({"title": {"type": "string"}, "milestone": milestone});
    json!({"type": "object", "properties": properties, "required": ["title"]})
}
