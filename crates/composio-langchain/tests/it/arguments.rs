//! What a model writes as arguments, on its way through the framework.

use composio_core::ScriptedBackend;
use composio_langchain::LangChainTools as _;
use composio_langchain::langchain_rust::chain::Chain as _;
use composio_langchain::langchain_rust::prompt_args;
use serde_json::{Value, json};

use super::model::{Model, Say};
use super::{echo, executor, session};

/// What the tool was run with, if it was, and what the model was told.
async fn ran_with(arguments: &'static str) -> (Option<Value>, String) {
    let (backend, tools) = echo().await;
    let model = Model::start([Say::Calls(vec![("KIT_ECHO", arguments)]), Say::Text("done")]).await;
    let said = executor(&model, &tools).invoke(prompt_args! { "input" => "go" }).await.unwrap();
    assert_eq!(said, "done", "{arguments}");
    let ran = backend.calls().into_iter().next().map(|call| Value::Object(call.arguments));
    (ran, model.results().remove(0).1)
}

#[tokio::test]
async fn an_object_arrives_whole() {
    // The framework's own reading keeps only `input`, where that is a string.
    for arguments in [r#"{"input":"a","note":"b"}"#, r#"{"note":{"input":"a"},"list":[1,null,"x"]}"#] {
        let (ran, _) = ran_with(arguments).await;
        assert_eq!(ran, Some(serde_json::from_str(arguments).unwrap()), "{arguments}");
    }
}

#[tokio::test]
async fn nothing_is_an_empty_object() {
    for arguments in ["", "  ", "null", "{}", r#""""#] {
        assert_eq!(ran_with(arguments).await.0, Some(json!({})), "{arguments:?}");
    }
}

#[tokio::test]
async fn an_object_that_was_encoded_twice_is_decoded_twice() {
    assert_eq!(ran_with(r#""{\"note\":\"a\"}""#).await.0, Some(json!({"note": "a"})));
}

#[tokio::test]
async fn what_is_no_object_is_told_to_the_model_and_the_run_goes_on() {
    for (arguments, why) in [
        (r#"{"note":"#, "they are not JSON (EOF"),
        ("hello", "they are not JSON (expected value"),
        ("[1]", "they are an array"),
        ("7", "they are a single value"),
        (r#""hello""#, "they are a string"),
    ] {
        let (ran, told) = ran_with(arguments).await;
        assert_eq!(ran, None, "{arguments} never reaches the backend");
        let told: Value = serde_json::from_str(&told).unwrap();
        assert_eq!((&told["successful"], &told["data"]), (&json!(false), &Value::Null));
        let error = told["error"].as_str().unwrap();
        assert!(error.contains("one JSON object") && error.contains(why), "{arguments}: {error}");
    }
}

/// An application may call `run` itself, with what it parsed.
#[tokio::test]
async fn values_that_others_parsed_are_read_like_text() {
    let (backend, tools) = echo().await;
    let tool = tools.to_langchain().remove(0);
    for (input, successful) in
        [(json!({"note": "a"}), true), (Value::Null, true), (json!(""), true), (json!([1]), false)]
    {
        let text = tool.run(input.clone()).await.unwrap();
        assert!(text.starts_with(&format!(r#"{{"successful":{successful},"#)), "{input}: {text}");
    }
    assert_eq!(backend.calls().len(), 3);
}

#[tokio::test]
async fn a_null_that_strictness_added_is_left_out() {
    let (backend, tools) = echo().await;
    let model = Model::start([Say::Calls(vec![("KIT_ECHO", r#"{"note":null}"#)]), Say::Text("done")]).await;
    executor(&model, &tools.strict()).invoke(prompt_args! { "input" => "go" }).await.unwrap();
    assert!(backend.calls()[0].arguments.is_empty());
}

#[tokio::test]
async fn a_schema_without_properties_is_one_that_providers_take() {
    let (_, session) = session(ScriptedBackend::new().tool("KIT_NOTHING", "kit", json!({}))).await;
    let model = Model::start([Say::Text("done")]).await;
    let tools = session.tools().await.unwrap();
    executor(&model, &tools).invoke(prompt_args! { "input" => "go" }).await.unwrap();
    let parameters = model.asked()[0]["tools"][0]["function"]["parameters"].clone();
    assert_eq!(parameters, json!({"type": "object", "properties": {}}));
}
