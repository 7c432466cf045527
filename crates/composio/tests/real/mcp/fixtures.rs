//! The tools that the conformance suite asks for by name, as far as a session can have them.

use std::borrow::Cow;
use std::time::Duration;

use composio::{Error, ErrorKind, Result, SessionBuilder, Tool, ToolContext};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize, JsonSchema)]
struct Nothing {}

/// An input whose schema is written by hand, with what the suite wants to see again.
#[derive(Deserialize)]
struct Person {}

impl JsonSchema for Person {
    fn schema_name() -> Cow<'static, str> {
        "Person".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "$defs": {
                "address": {
                    "type": "object",
                    "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
                },
            },
            "properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"}},
            "additionalProperties": false,
        })
    }
}

macro_rules! fixture {
    ($name:ident, $slug:literal, $input:ty, |$cx:ident| $body:expr) => {
        struct $name;
        impl Tool for $name {
            const SLUG: &'static str = $slug;
            type Input = $input;
            type Output = Value;
            fn description(&self) -> Cow<'static, str> {
                concat!("The suite's ", $slug, ".").into()
            }
            async fn call(&self, $cx: ToolContext, _: $input) -> Result<Value> {
                $body
            }
        }
    };
}

fixture!(SimpleText, "test_simple_text", Nothing, |_cx| Ok(json!("This is a simple text response for testing.")));
fixture!(Failing, "test_error_handling", Nothing, |_cx| {
    let text = "This tool intentionally returns an error for testing";
    Err(Error::new(ErrorKind::ToolFailed, text).with_model_text(text))
});
fixture!(WithProgress, "test_tool_with_progress", Nothing, |cx| {
    for done in [0.0, 50.0, 100.0] {
        cx.report_progress(done, Some(100.0), "");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(json!("done"))
});
fixture!(Dialect, "json_schema_2020_12_tool", Person, |_cx| Ok(json!("seen")));

/// Gives a session all of them.
pub(super) fn added_to(session: SessionBuilder) -> SessionBuilder {
    session.tool(SimpleText).tool(Failing).tool(WithProgress).tool(Dialect)
}
