//! A catalogue as large as real ones, made up: the same in every run.

use composio_core::{Schema, ToolDefinition, ToolSlug};
use serde_json::{Map, Value, json};

const VERBS: [&str; 8] = ["CREATE", "LIST", "GET", "UPDATE", "DELETE", "SEARCH", "MERGE", "ARCHIVE"];
const THINGS: [&str; 8] = ["ISSUE", "COMMENT", "BRANCH", "MESSAGE", "LABEL", "INVOICE", "CALENDAR_EVENT", "CONTACT"];
const FIELDS: [&str; 12] = [
    "owner",
    "repository",
    "title",
    "body",
    "labels",
    "assignee",
    "state",
    "page",
    "per_page",
    "since",
    "filter",
    "callback_url",
];
const SENTENCE: &str = "What the service calls it, exactly as the list gave it; letters in either case are taken.";

/// As many tools as asked for. Each schema is text that nobody has read yet.
pub(super) fn tools(count: usize) -> Vec<ToolDefinition> {
    (0..count).map(tool).collect()
}

fn tool(number: usize) -> ToolDefinition {
    let (verb, thing) = (VERBS[number % VERBS.len()], THINGS[number / VERBS.len() % THINGS.len()]);
    let slug = ToolSlug::new(format!("KIT_{verb}_{thing}_{number}")).expect("the catalogue uses well-formed slugs");
    let schema = Schema::parse(schema(number).to_string()).expect("a value is written as JSON");
    let description = format!("Does {verb} with a {thing} of the user's account, and gives back what is there then.");
    ToolDefinition::new(slug, description, schema)
}

/// Between one and three thousand characters: scalars, choices, lists, objects in objects.
fn schema(number: usize) -> Value {
    let count = 6 + number % 6;
    let properties: Map<String, Value> = (0..count)
        .map(|place| (FIELDS[(number + place) % FIELDS.len()].to_owned(), field(number + place, 1)))
        .collect();
    let required: Vec<_> = properties.keys().take(2).cloned().collect();
    json!({"type": "object", "properties": properties, "required": required})
}

fn field(kind: usize, depth: usize) -> Value {
    match kind % 7 {
        0 => json!({"type": "string", "description": SENTENCE, "maxLength": 256}),
        1 => json!({"type": "integer", "description": SENTENCE, "minimum": 1, "maximum": 100, "default": 30}),
        2 => json!({"type": "string", "description": SENTENCE, "enum": ["open", "closed", "all"], "default": "open"}),
        3 => json!({"type": "array", "description": SENTENCE, "items": {"type": "string"}}),
        4 => json!({"type": "string", "description": SENTENCE, "format": "date-time", "nullable": true}),
        5 => json!({"anyOf": [{"type": "string"}, {"type": "integer"}], "description": SENTENCE}),
        _ if depth == 0 => json!({"type": "boolean", "description": SENTENCE}),
        _ => json!({
            "type": "object", "description": SENTENCE, "required": ["name"],
            "properties": {"name": field(0, depth - 1), "kind": field(2, depth - 1), "within": field(6, depth - 1)},
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schemas_are_as_large_as_real_ones_and_vary() {
        let tools = tools(1_000);
        let sizes: Vec<_> = tools.iter().map(|tool| tool.input_schema.as_str().len()).collect();
        assert!(
            sizes.iter().all(|size| (800..=3_200).contains(size)),
            "{:?}",
            (sizes.iter().min(), sizes.iter().max())
        );
        let different: std::collections::BTreeSet<_> = tools.iter().map(|tool| tool.input_schema.as_str()).collect();
        assert!(different.len() >= 50, "{}", different.len());
    }
}
