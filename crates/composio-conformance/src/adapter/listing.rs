//! What a model is shown.

use composio_core::{Composio, ScriptedBackend, ToolDefinition, ToolSlug, ToolkitSlug};
use serde_json::{Value, json};

use super::stage::{Stage, session};
use super::staged::{Run, Staged};
use super::{Adapter, Shown, fixtures};

/// A model sees every tool, in the backend's order and each time the same, so that prompt caches hit.
pub async fn every_tool_is_listed_in_order(adapter: &dyn Adapter) {
    let stage = Stage::on(fixtures::backend()).await;
    let tools = stage.tools().await;
    let expected: Vec<_> = tools.iter().map(|tool| tool.name().to_owned()).collect();
    for _ in 0..2 {
        assert_eq!(names(&adapter.shown(&tools)), expected);
    }
    assert_eq!(names(&adapter.shown(&stage.tools().await)), expected, "listed by the session once more");
}

/// Descriptions are what a model chooses by: they arrive as they were written, up to what providers take.
pub async fn every_tool_is_listed_with_its_description(adapter: &dyn Adapter) {
    let written = ["Stars a repository.", "Two lines:\n\"quoted\", <b>Grüße</b> \u{1f980}.", ""];
    let long = "A sentence that goes on. ".repeat(200);
    let list = move || {
        let of_each = written.into_iter().chain([&*long]).enumerate();
        of_each.map(|(number, text)| definition(&format!("KIT_{number}"), text)).collect()
    };
    let composio = Composio::with_backend(Staged::new(ScriptedBackend::new(), Run::Scripted).listing(list));
    let tools = composio.create("user_u").await.unwrap().tools().await.unwrap();
    let shown: Vec<_> = adapter.shown(&tools).into_iter().map(|shown| shown.description).collect();
    let (last, others) = shown.split_last().expect("every tool is shown");
    assert_eq!(others, written);
    assert_eq!(last, tools.iter().last().map_or("", |tool| tool.description()));
    assert_eq!(last.chars().count(), 1_024, "a longer one would fail the whole request");
}

/// A model sees the schema that the tool of the session has, to the letter: the order of its parameters too.
pub async fn every_tool_is_listed_with_its_schema(adapter: &dyn Adapter) {
    let tools = Stage::on(fixtures::backend()).await.tools().await;
    let shown = adapter.shown(&tools);
    assert_eq!(shown.len(), tools.len());
    for (shown, tool) in shown.iter().zip(&tools) {
        assert_eq!(shown.schema.to_string(), Value::Object(tool.schema().as_ref().clone()).to_string());
    }
}

/// Every schema is an object with properties at its root, where its service said nothing of the kind too.
pub async fn every_schema_is_an_object_with_properties(adapter: &dyn Adapter) {
    let shown = adapter.shown(&Stage::on(fixtures::backend()).await.tools().await);
    assert_eq!(shown.len(), fixtures::all().len());
    for Shown { name, schema, .. } in &shown {
        assert_eq!(schema["type"], "object", "{name}: {schema}");
        assert!(schema["properties"].is_object(), "{name}: {schema}");
    }
}

/// What schemas say passes through: references, choices, defaults, free-form objects, parameters of any name. Only
/// `nullable` is written as models know it.
pub async fn what_schemas_say_passes_through(adapter: &dyn Adapter) {
    let shown = adapter.shown(&Stage::on(fixtures::backend()).await.tools().await);
    assert_eq!(shown.len(), fixtures::all().len());
    for (shown, fixture) in shown.iter().zip(fixtures::all()) {
        assert_eq!(shown.schema, fixture.shown, "{}", fixture.slug);
    }
}

/// An adapter that is shown no tools shows none.
pub async fn an_empty_set_shows_nothing(adapter: &dyn Adapter) {
    let tools = Stage::on(ScriptedBackend::new().toolkit("kit")).await.tools().await;
    assert_eq!(adapter.shown(&tools), []);
}

/// To list tools is to read: nothing is run.
pub async fn listing_runs_nothing(adapter: &dyn Adapter) {
    let stage = Stage::new().await;
    assert_eq!(adapter.shown(&stage.tools().await).len(), 2);
    assert_eq!(stage.received(), Vec::<Value>::new());
}

/// Each session's tools are its own: a set that was shown before changes nothing.
pub async fn each_session_shows_its_own_tools(adapter: &dyn Adapter) {
    let object = || json!({"type": "object"});
    let backend = ScriptedBackend::new().tool("KIT_A", "kit", object()).tool("KIT_B", "other", object());
    let composio = Composio::with_backend(backend);
    let kit = session(&composio, "user_a").await.tools().await.unwrap();
    let other = composio.create("user_b").toolkits(["other"]).direct_tools().await.unwrap().tools().await.unwrap();
    for _ in 0..2 {
        assert_eq!(names(&adapter.shown(&kit)), ["KIT_A"]);
        assert_eq!(names(&adapter.shown(&other)), ["KIT_B"]);
    }
}

fn names(shown: &[Shown]) -> Vec<&str> {
    shown.iter().map(|shown| shown.name.as_str()).collect()
}

fn definition(slug: &str, description: &str) -> ToolDefinition {
    let slug = ToolSlug::new(slug).expect("the scenario uses a well-formed slug");
    let toolkit = ToolkitSlug::new("kit").expect("the scenario uses a well-formed slug");
    ToolDefinition::new(slug, description, json!({"type": "object"}).into()).toolkit(toolkit)
}
