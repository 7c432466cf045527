//! What holds of every schema, of all arguments, of every choice, rule and change, and not only of those that somebody
//! thought of.
//!
//! The cases are drawn from one seed, so that a failure is there again the next time. Each test says the seed, how many cases
//! it drew, and how many of them met what the rule is about: `cargo test -p composio-core --test it properties -- --nocapture`.

#![expect(clippy::panic, reason = "a rule that does not hold fails its test")]
#![expect(clippy::print_stdout, reason = "seeds and counts are quoted")]

mod draw;
mod policies;
mod selection;
mod shape;
mod updates;
mod world;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use composio_core::{
    Arguments, Composio, ErrorKind, Result, Schema, ScriptedBackend, SessionTool, ToolSet, parse_arguments,
};
use proptest::prelude::{Just, Strategy, any};
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::{Map, Value};

use self::shape::Shape;

/// How many cases are drawn for each rule.
const CASES: u32 = 512;
/// What they are drawn from.
const SEED: u64 = 17;

/// Draws cases and looks at each. What a case panics with is shown for the smallest one that does.
#[track_caller]
fn for_all<S>(cases: S, rule: impl Fn(S::Value))
where
    S: Strategy<Value: Debug + Clone>,
{
    for_all_of(CASES, cases, rule);
}

/// As [`for_all`], of so many.
#[track_caller]
fn for_all_of<S>(count: u32, cases: S, rule: impl Fn(S::Value))
where
    S: Strategy<Value: Debug + Clone>,
{
    let config =
        Config { cases: count, rng_seed: RngSeed::Fixed(SEED), failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&cases, |case| {
        rule(case);
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    println!("{}: {count} cases, seed {SEED}", std::thread::current().name().unwrap_or_default());
}

/// How often cases met something, by name.
#[derive(Default)]
struct Met(Mutex<BTreeMap<String, usize>>);

impl Met {
    fn note(&self, what: impl Into<String>) {
        *self.0.lock().unwrap().entry(what.into()).or_default() += 1;
    }

    /// Holds that each of these was met so often at the least: otherwise the rule was hardly looked at.
    #[track_caller]
    fn at_least(self, least: usize, names: &[&str]) {
        let met = self.0.into_inner().unwrap();
        println!("  met {met:?}");
        for name in names {
            let count = met.get(*name).copied().unwrap_or_default();
            assert!(count >= least, "only {count} cases met {name:?}, of {met:?}");
        }
    }
}

fn text(schema: &Map<String, Value>) -> String {
    serde_json::to_string(schema).unwrap()
}

/// Runs something with the one tool of a session that has this schema.
fn with_tool<T>(schema: Value, strict: bool, run: impl AsyncFnOnce(&SessionTool) -> T) -> (T, Vec<Map<String, Value>>) {
    let backend = ScriptedBackend::new().tool("DRAWN_TOOL", "drawn", schema);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let outcome = runtime.block_on(async {
        let composio = Composio::with_backend(backend.clone());
        let session = composio.create("u").toolkits(["drawn"]).direct_tools().await.unwrap();
        let tools = session.tools().await.unwrap();
        let tools = if strict { ToolSet::strict(tools) } else { tools };
        run(tools.get("DRAWN_TOOL").unwrap()).await
    });
    (outcome, backend.calls().into_iter().map(|call| call.arguments).collect())
}

#[test]
fn cleaning_a_schema_twice_is_cleaning_it_once() {
    for_all(draw::schema(), |schema| {
        let once = Schema::from(schema);
        let twice = Schema::from(Value::Object(once.for_model().as_ref().clone()));
        assert_eq!(text(twice.for_model()), text(once.for_model()), "the order counts too");
    });
}

#[test]
fn a_cleaned_schema_is_an_object_that_requires_what_it_has() {
    for_all(draw::schema(), |schema| {
        let schema = Schema::parse(schema.to_string()).unwrap();
        let root = schema.for_model();
        assert_eq!(root["type"], "object");
        assert!(root["properties"].is_object());
        let Some(required) = root.get("required") else { return };
        let mut names: Vec<&str> = required.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let elsewhere = ["allOf", "anyOf", "oneOf", "$ref", "patternProperties", "additionalProperties"];
        if !elsewhere.iter().any(|keyword| root.get(*keyword).is_some_and(|it| it != false)) {
            assert!(names.iter().all(|name| root["properties"].get(*name).is_some()), "{root:?}");
        }
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all, "{root:?}");
    });
}

#[test]
fn a_strict_schema_is_closed_and_requires_everything_at_every_depth() {
    let (said, objects) = (AtomicUsize::new(0), AtomicUsize::new(0));
    for_all(draw::schema(), |schema| {
        let schema = Schema::from(schema);
        if let Ok(strict) = schema.strict() {
            said.fetch_add(1, Ordering::Relaxed);
            objects.fetch_add(draw::count_closed(strict), Ordering::Relaxed);
        }
    });
    let (said, objects) = (said.into_inner(), objects.into_inner());
    assert!(said > 50 && objects > 2 * said, "hardly anything was looked at: {objects} objects in {said} schemas");
}

#[test]
fn a_strict_schema_is_its_own_strict_form() {
    for_all(shape::object(), |shape| {
        let schema = Schema::from(shape.schema());
        let once = schema.strict().unwrap();
        let again = Schema::from(Value::Object(once.as_ref().clone()));
        assert_eq!(text(again.strict().unwrap()), text(once));
    });
}

/// A model that is held to a strict schema writes `null` for whatever it leaves out. A tool is given what was meant.
#[test]
fn what_was_left_out_under_a_strict_schema_is_left_out_again() {
    let cases = shape::object().prop_flat_map(|shape| (Just(shape.clone()), shape.values()));
    let added = AtomicUsize::new(0);
    for_all(cases, |(shape, arguments)| {
        let written = shape.written_out(&arguments);
        added.fetch_add(usize::from(written != arguments), Ordering::Relaxed);
        let (outcome, sent) = with_tool(shape.schema(), true, async |tool| {
            assert!(tool.is_strict(), "{}", tool.definition().input_schema.strict().unwrap_err());
            tool.answer(written.to_string().as_str()).await.into_outcome()
        });
        outcome.unwrap();
        assert_eq!(sent.into_iter().map(Value::Object).collect::<Vec<_>>(), [arguments]);
    });
    assert!(added.into_inner() > 100, "hardly anything was left out");
}

/// Where no schema made a model write `null`, every `null` is meant.
#[test]
fn arguments_are_as_they_were_where_nothing_is_strict() {
    let cases = shape::object().prop_flat_map(|shape| (Just(shape.clone()), shape.values()));
    for_all(cases, |(shape, arguments)| {
        let written = shape.written_out(&arguments);
        let (outcome, sent) =
            with_tool(shape.schema(), false, async |tool| tool.answer(written.clone()).await.into_outcome());
        outcome.unwrap();
        assert_eq!(sent.into_iter().map(Value::Object).collect::<Vec<_>>(), [written]);
    });
}

#[track_caller]
fn an_object_or_a_text_for_the_model(read: Result<Map<String, Value>>) {
    if let Err(error) = read {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.for_model().contains("one JSON object"), "{}", error.for_model());
    }
}

#[test]
fn whatever_a_model_writes_is_an_object_or_refused() {
    for_all(any::<String>(), |text| an_object_or_a_text_for_the_model(parse_arguments(&text)));
    for_all(draw::json(), |value| {
        let text = value.to_string();
        an_object_or_a_text_for_the_model(parse_arguments(&text));
        let half: String = text.chars().take(text.chars().count() / 2).collect();
        an_object_or_a_text_for_the_model(parse_arguments(&half));
        an_object_or_a_text_for_the_model(Arguments::from(value.clone()).into_object());
        an_object_or_a_text_for_the_model(Arguments::from(Value::String(text.clone())).into_object());
        // A string is decoded once, so one in a string in a string stays one.
        if !value.is_string() {
            let twice = parse_arguments(&Value::String(text).to_string());
            assert_eq!(twice.ok(), Arguments::from(value).into_object().ok(), "encoded once or twice, it is the same");
        }
    });
}

/// Neither a schema that makes no sense nor arguments that do not fit it end a run.
#[test]
fn whatever_stands_in_a_schema_a_call_is_answered() {
    for_all((draw::schema(), draw::json()), |(schema, arguments)| {
        let (answer, _) = with_tool(schema, true, async |tool| tool.answer(arguments).await.text());
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["successful"].as_bool(), Some(answer["error"].is_null()), "{answer}");
    });
}

#[test]
fn deep_arguments_are_refused_and_not_run_into() {
    for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000), format!("\"{}\"", "[".repeat(100_000))] {
        an_object_or_a_text_for_the_model(parse_arguments(&text));
        assert!(parse_arguments(&text).is_err());
    }
}

#[test]
fn shapes_are_told_apart_from_their_schemas() {
    let shape = Shape::example();
    let arguments = serde_json::json!({"needed": "x", "node": {"label": "a"}});
    let written = shape.written_out(&arguments);
    let expected = serde_json::json!({"needed": "x", "left": null, "node": {"label": "a", "next": null}});
    assert_eq!(written, expected, "the test's own writer writes out what is missing");
}
