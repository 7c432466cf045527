//! Tools written in Rust: they run here and are sent nowhere.

use std::borrow::Cow;

use composio_core::{Composio, Error, ErrorKind, Result, ScriptedBackend, Tool, ToolContext, ToolHints};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::spy::Spy;

macro_rules! native_tool {
    ($name:ident, $slug:literal, $input:ty => $output:ty, |$cx:pat_param, $arguments:pat_param| $body:expr) => {
        pub(crate) struct $name;

        impl Tool for $name {
            const SLUG: &'static str = $slug;
            type Input = $input;
            type Output = $output;

            fn description(&self) -> Cow<'static, str> {
                concat!("Does ", $slug, ".").into()
            }

            fn hints(&self) -> ToolHints {
                ToolHints::read_only()
            }

            async fn call(&self, $cx: ToolContext, $arguments: $input) -> Result<$output> {
                $body
            }
        }
    };
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Nothing {}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Text {
    /// What to say louder.
    text: String,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Summands {
    a: i64,
    b: i64,
    /// What to add besides.
    c: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Drawing {
    name: String,
    #[serde(flatten)]
    shape: Shape,
}

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "shape", rename_all = "snake_case")]
enum Shape {
    Circle { radius: u32 },
    Square { side: u32 },
}

#[derive(Deserialize, JsonSchema)]
pub(crate) struct Bag {
    name: String,
    #[serde(flatten)]
    rest: std::collections::BTreeMap<String, Value>,
}

#[derive(Serialize)]
pub(crate) struct Sum {
    sum: i64,
}

native_tool!(Shout, "SHOUT", Text => String, |_, input| Ok(input.text.to_uppercase()));
native_tool!(Add, "ADD", Summands => Sum, |_, input| Ok(Sum { sum: input.a + input.b + input.c.unwrap_or(0) }));
native_tool!(WhoAmI, "WHO_AM_I", Nothing => Value, |cx, _| {
    Ok(json!({"user": cx.user().as_str(), "session": cx.session().id().as_str()}))
});
native_tool!(Ask, "ASK", Text => Value, |cx, input| {
    let output = cx.session().execute("GITHUB_ECHO", json!({"text": input.text})).await?;
    Ok(json!({"answer": output.value()}))
});
native_tool!(Fail, "FAIL", Text => Value, |_, input| {
    let error = Error::new(ErrorKind::ToolFailed, "row 17 of internal.example is locked");
    Err(if input.text == "openly" { error.with_model_text("The row is locked; try another.") } else { error })
});
native_tool!(Draw, "DRAW", Drawing => String, |_, input| {
    let (word, size) = match input.shape {
        Shape::Circle { radius } => ("circle", radius),
        Shape::Square { side } => ("square", side),
    };
    Ok(format!("{} is a {word} of {size}", input.name))
});
native_tool!(Pack, "PACK", Bag => usize, |_, input| Ok(input.rest.len() + input.name.len()));
native_tool!(Reserved, "LOCAL_X", Nothing => Value, |_, _| Ok(Value::Null));
native_tool!(Dotted, "sho.ut", Nothing => Value, |_, _| Ok(Value::Null));
native_tool!(NoStruct, "NO_STRUCT", Vec<String> => Value, |_, _| Ok(Value::Null));

fn spy() -> Spy {
    Spy::new(ScriptedBackend::new().tool("GITHUB_ECHO", "github", json!({"type": "object"})))
}

#[tokio::test]
async fn a_native_tool_is_never_sent_to_the_backend() -> Result<()> {
    let spy = spy();
    let session = Composio::with_backend(spy.clone()).create("u").tool(Shout).tool(Add).await?;
    assert_eq!(session.execute("LOCAL_SHOUT", json!({"text": "hello"})).await?.value(), "HELLO");
    let tools = session.tools().await?;
    let output = tools.get("LOCAL_ADD").unwrap().call_str(r#"{"a": 1, "b": 2}"#).await?;
    assert_eq!(output.value(), &json!({"sum": 3}));
    assert_eq!(output.log_id, None);
    assert_eq!(spy.asked(), ["create_session", "list_tools"]);
    Ok(())
}

#[tokio::test]
async fn a_native_name_that_is_not_there_is_not_sent_either() -> Result<()> {
    let spy = spy();
    let composio = Composio::with_backend(spy.clone());
    let first = composio.create("u").tool(Shout).await?;

    let without = composio.session(first.id()).await?;
    let error = without.execute("LOCAL_SHOUT", json!({"text": "private"})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains(".tool(..)"), "{error}");
    assert_eq!(spy.count("execute"), 0);

    let with = composio.session(first.id()).tool(Shout).await?;
    assert_eq!(with.execute("LOCAL_SHOUT", json!({"text": "again"})).await?.value(), "AGAIN");
    Ok(())
}

#[tokio::test]
async fn every_wrong_argument_is_told_at_once() -> Result<()> {
    let session = Composio::with_backend(spy()).create("u").tool(Add).tool(Shout).tool(WhoAmI).await?;
    for (tool, arguments, says) in [
        ("LOCAL_ADD", json!({}), "/a is missing; /b is missing"),
        ("LOCAL_ADD", json!({"a": 1}), "/b is missing"),
        ("LOCAL_ADD", json!({"a": 1, "d": 2, "e": 3}), "/b is missing; /d is not a parameter; /e is not a parameter"),
        ("LOCAL_ADD", json!({"a": 1, "b": 2, "d": 2}), "/d is not a parameter"),
        ("LOCAL_ADD", json!({"a": "one", "b": 2}), "invalid type: string \"one\", expected i64"),
        ("LOCAL_ADD", json!({"a": 1, "b": null}), "invalid type: null"),
        ("LOCAL_SHOUT", json!({"TEXT": "x"}), "/text is missing; /TEXT is not a parameter"),
    ] {
        let error = session.execute(tool, arguments.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{arguments}");
        assert!(error.for_model().contains(says), "{arguments}: {}", error.for_model());
    }
    assert_eq!(session.execute("LOCAL_ADD", json!({"a": 1, "b": 2, "c": null})).await?.value()["sum"], 3);
    session.execute("LOCAL_WHO_AM_I", Value::Null).await?;
    Ok(())
}

#[tokio::test]
async fn flattened_inputs_take_what_serde_takes() -> Result<()> {
    let session = Composio::with_backend(spy()).create("u").tool(Draw).tool(Pack).await?;
    let circle = json!({"name": "it", "shape": "circle", "radius": 2});
    assert_eq!(session.execute("LOCAL_DRAW", circle).await?.value(), "it is a circle of 2");
    let square = json!({"name": "it", "shape": "square", "radius": 2});
    assert_eq!(session.execute("LOCAL_DRAW", square).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(session.execute("LOCAL_PACK", json!({"name": "it", "x": 1, "y": 2})).await?.value(), 4);
    Ok(())
}

#[tokio::test]
async fn a_tool_knows_whose_session_it_runs_in() -> Result<()> {
    let composio = Composio::with_backend(spy());
    let (ann, bob) = (composio.create("ann").tool(WhoAmI).await?, composio.create("bob").tool(WhoAmI).await?);
    for session in [&ann, &bob, &ann] {
        let output = session.execute("LOCAL_WHO_AM_I", json!({})).await?;
        let expected = json!({"user": session.user().as_str(), "session": session.id().as_str()});
        assert_eq!(output.value(), &expected);
    }
    Ok(())
}

#[tokio::test]
async fn a_tool_may_use_its_session() -> Result<()> {
    let spy = spy();
    let session = Composio::with_backend(spy.clone()).create("u").tool(Ask).await?;
    let output = session.execute("LOCAL_ASK", json!({"text": "who?"})).await?;
    assert_eq!(output.value(), &json!({"answer": {"text": "who?"}}));
    assert_eq!(spy.count("execute"), 1, "its own call, not itself");
    Ok(())
}

#[tokio::test]
async fn a_model_reads_what_the_tool_meant_for_it_and_nothing_else() -> Result<()> {
    let session = Composio::with_backend(spy()).create("u").tool(Fail).await?;
    let open = session.execute("LOCAL_FAIL", json!({"text": "openly"})).await.unwrap_err();
    assert_eq!((open.kind(), &*open.for_model()), (ErrorKind::ToolFailed, "The row is locked; try another."));
    let closed = session.execute("LOCAL_FAIL", json!({"text": "silently"})).await.unwrap_err();
    assert!(!closed.for_model().contains("internal"), "{}", closed.for_model());
    assert!(closed.to_string().contains("internal"), "{closed}");
    Ok(())
}

#[tokio::test]
async fn a_native_tool_of_the_wrong_form_is_refused_before_anything_is_stored() -> Result<()> {
    let spy = spy();
    let composio = Composio::with_backend(spy.clone());
    for (builder, kind, says) in [
        (composio.create("u").tool(Reserved), ErrorKind::InvalidInput, "reserved"),
        (composio.create("u").tool(Dotted), ErrorKind::InvalidInput, "as models take them"),
        (composio.create("u").tool(NoStruct), ErrorKind::InvalidInput, "named fields"),
        (composio.create("u").tool(Shout).tool(Shout), ErrorKind::Conflict, "LOCAL_SHOUT"),
    ] {
        let error = builder.await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(says), "{error}");
    }
    assert!(spy.asked().is_empty());
    let error = composio.session("trs_1").tool(Dotted).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    Ok(())
}

#[tokio::test]
async fn a_model_sees_the_schema_of_the_type() -> Result<()> {
    let session = Composio::with_backend(spy()).create("u").tool(Add).tool(WhoAmI).await?;
    let tools = session.tools().await?;
    let add = tools.get("LOCAL_ADD").unwrap().definition();
    assert_eq!((&*add.description, add.hints), ("Does ADD.", ToolHints::read_only()));
    let schema = json!({
        "type": "object",
        "properties": {
            "a": {"type": "integer", "format": "int64"},
            "b": {"type": "integer", "format": "int64"},
            "c": {"type": ["integer", "null"], "format": "int64", "description": "What to add besides."},
        },
        "required": ["a", "b"],
    });
    assert_eq!(add.input_schema.as_str(), schema.to_string(), "the order counts too");
    let nothing = &tools.get("LOCAL_WHO_AM_I").unwrap().definition().input_schema;
    assert_eq!(nothing.as_str(), r#"{"type":"object","properties":{}}"#);
    Ok(())
}

/// What a model wrote is the user's: the model reads it again, and no log does.
#[tokio::test]
async fn arguments_of_the_wrong_type_are_not_printed() -> Result<()> {
    let session = Composio::with_backend(ScriptedBackend::new()).create("u").tool(Add).await?;
    let error = session.execute("LOCAL_ADD", json!({"a": "my diary", "b": 2})).await.unwrap_err();
    assert!(error.for_model().contains("my diary"), "{}", error.for_model());
    let printed = format!("{error} {error:?}");
    assert!(printed.contains("LOCAL_ADD") && !printed.contains("diary"), "{printed}");
    Ok(())
}
