//! The ready-made loop, against a scripted model.

use std::error::Error as _;

use composio_core::{Error, ErrorKind};
use composio_openai::async_openai::types::chat::{
    ChatCompletionRequestUserMessage, ChatCompletionTool, ChatCompletionTools, CreateChatCompletionRequest,
    FunctionObject,
};
use composio_openai::run_chat;
use serde_json::{Value, json};

use crate::kit::{self, SECRET, call, envelope};
use crate::model::{Model, calling, saying};

fn request() -> CreateChatCompletionRequest {
    CreateChatCompletionRequest {
        model: "m".to_owned(),
        messages: vec![ChatCompletionRequestUserMessage::from("Go on.").into()],
        ..CreateChatCompletionRequest::default()
    }
}

fn roles(request: &Value) -> Vec<&str> {
    request["messages"].as_array().unwrap().iter().map(|message| message["role"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_model_is_asked_until_it_calls_no_more() {
    let first = [call("a", "KIT_ECHO", r#"{"note":"one"}"#), call("b", "KIT_NOTHING", "")];
    let second = [call("c", "KIT_ECHO", r#"{"note":"two"}"#)];
    let (model, client) = Model::start([calling(&first), calling(&second), saying("Done.")]).await;
    let finished = run_chat(&client, &kit::tools().await, request()).await.unwrap();

    assert_eq!(finished.text(), "Done.");
    assert!(finished.failures.is_empty());
    let asked = model.asked();
    assert_eq!(asked.len(), 3);
    assert_eq!(asked[0]["tools"].as_array().unwrap().len(), 3);
    assert_eq!(roles(&asked[1]), ["user", "assistant", "tool", "tool"]);
    assert_eq!(roles(&asked[2]), ["user", "assistant", "tool", "tool", "assistant", "tool"]);
    assert_eq!(envelope(&asked[1]["messages"][2])["data"]["note"], "one");
    assert_eq!(json!(finished.messages), asked[2]["messages"]);
}

#[tokio::test]
async fn a_session_without_tools_sends_no_list() {
    let (model, client) = Model::start([saying("Hello.")]).await;
    let none = kit::tools_of(&composio_core::ScriptedBackend::new().toolkit("kit")).await;
    run_chat(&client, &none, request()).await.unwrap();
    assert_eq!(model.asked()[0].get("tools"), None);
}

#[tokio::test]
async fn a_failing_tool_ends_nothing_and_tells_no_secret() {
    let calls = [call("a", "KIT_FAILS", "{}"), call("b", "KIT_ECHO", "{\"note\":"), call("c", "KIT_NOTHING", "")];
    let (model, client) = Model::start([calling(&calls), saying("It is not connected.")]).await;
    let finished = run_chat(&client, &kit::tools().await, request()).await.unwrap();

    let failed: Vec<_> = finished.failures.iter().map(|failure| failure.call_id.as_str()).collect();
    assert_eq!(failed, ["a", "b"]);
    assert!(finished.failures[0].error.connect_url().unwrap().as_str().contains(SECRET));
    let asked = model.asked();
    assert_eq!(envelope(&asked[1]["messages"][2])["successful"], false);
    assert_eq!(envelope(&asked[1]["messages"][4])["successful"], true);
    for body in &asked {
        assert!(!body.to_string().contains(SECRET), "{body}");
    }
}

#[tokio::test]
async fn names_that_nobody_knows_are_told() {
    let (model, client) = Model::start([calling(&[call("a", "made_up", "{}")]), saying("Sorry.")]).await;
    let finished = run_chat(&client, &kit::tools().await, request()).await.unwrap();
    assert_eq!(finished.failures[0].error.kind(), ErrorKind::NotFound);
    let told = envelope(&model.asked()[1]["messages"][2])["error"].to_string();
    assert!(told.contains("made_up") && told.contains("KIT_ECHO"), "{told}");
}

#[tokio::test]
async fn tools_of_the_application_are_run_by_its_handler() {
    let calls = [call("a", "roll_dice", r#"{"sides":6}"#), call("b", "KIT_NOTHING", ""), call("c", "made_up", "")];
    let (model, client) = Model::start([calling(&calls), saying("Four.")]).await;
    let dice = FunctionObject { name: "roll_dice".to_owned(), ..FunctionObject::default() };
    let mine = vec![ChatCompletionTools::Function(ChatCompletionTool { function: dice })];
    let request = CreateChatCompletionRequest { tools: Some(mine), ..request() };
    let tools = kit::tools().await;
    let run = run_chat(&client, &tools, request)
        .others(|call| async move { (call.name == "roll_dice").then(|| format!("4 of {}", call.arguments)) });
    run.await.unwrap();

    let asked = model.asked();
    let names: Vec<_> = asked[0]["tools"].as_array().unwrap().iter().map(|tool| &tool["function"]["name"]).collect();
    assert_eq!(json!(names), json!(["roll_dice", "KIT_ECHO", "KIT_NOTHING", "KIT_FAILS"]));
    let messages = asked[1]["messages"].as_array().unwrap();
    let ids: Vec<_> = messages[2..].iter().map(|message| message["tool_call_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a", "b", "c"], "each call has its answer, in the model's order");
    assert_eq!(messages[2]["content"], r#"4 of {"sides":6}"#);
    assert_eq!(envelope(&messages[4])["successful"], false);
}

#[tokio::test]
async fn a_loop_stops_at_its_limit_with_the_conversation_so_far() {
    let again = |id: &str| calling(&[call(id, "KIT_FAILS", "{}")]);
    let (model, client) = Model::start([again("a"), again("b"), again("c")]).await;
    let tools = kit::tools().await;
    let stopped = run_chat(&client, &tools, request()).turn_limit(2).await.unwrap_err();

    assert_eq!(model.asked().len(), 2);
    assert_eq!(stopped.error.kind(), ErrorKind::Cancelled);
    assert!(stopped.to_string().contains("after 2 turns"), "{stopped}");
    assert_eq!(stopped.failures.len(), 2);
    let messages = json!(stopped.messages);
    assert_eq!(roles(&json!({"messages": messages})), ["user", "assistant", "tool", "assistant", "tool"]);
    let printed = format!("{stopped:?}");
    assert!(!printed.contains("Go on.") && !printed.contains("connect.invalid"), "{printed}");
}

#[tokio::test]
async fn a_loop_is_asked_eight_times_unless_said() {
    let (model, client) = Model::start((0..9).map(|n| calling(&[call(&format!("c{n}"), "KIT_NOTHING", "")]))).await;
    run_chat(&client, &kit::tools().await, request()).await.unwrap_err();
    assert_eq!(model.asked().len(), 8);
}

#[tokio::test]
async fn a_refused_request_is_told_with_its_source() {
    let refusal = json!({"error": {"message": "tools[0] is not valid", "type": "invalid_request_error"}});
    let (model, client) = Model::start([calling(&[call("a", "KIT_NOTHING", "")]), (400, refusal)]).await;
    let stopped = run_chat(&client, &kit::tools().await, request()).await.unwrap_err();
    assert_eq!(model.asked().len(), 2, "it is not sent again");
    assert_eq!(stopped.messages.len(), 3, "what was done is not lost");
    let error = Error::from(stopped);
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("tools[0] is not valid"), "{error}");
    assert!(error.source().is_some());
}

#[tokio::test]
async fn a_refused_key_is_not_repeated() {
    let refusal = json!({"error": {"message": format!("Incorrect API key provided: {SECRET}"), "type": "x"}});
    let (_model, client) = Model::start([(401, refusal)]).await;
    let stopped = run_chat(&client, &kit::tools().await, request()).await.unwrap_err();
    assert_eq!(stopped.error.kind(), ErrorKind::Unauthorized);
    assert!(!stopped.to_string().contains(SECRET), "{stopped}");
    assert!(!stopped.error.for_model().contains(SECRET));
    let printed = format!("{stopped:?}");
    assert!(!printed.contains(SECRET), "{printed}");
}

/// Kept up, it would have the model call again and again, with all that the calls do.
#[tokio::test]
async fn a_choice_that_forces_a_call_holds_for_the_first_turn() {
    use composio_openai::async_openai::types::chat::{
        ChatCompletionNamedToolChoice, ChatCompletionToolChoiceOption, FunctionName, ToolChoiceOptions,
    };
    let function = FunctionName { name: "KIT_ECHO".to_owned() };
    let one_tool = ChatCompletionToolChoiceOption::Function(ChatCompletionNamedToolChoice { function });
    let some_tools = |mode: &str| -> ChatCompletionToolChoiceOption {
        let allowed = json!([{"mode": mode, "tools": [{"type": "function", "function": {"name": "KIT_ECHO"}}]}]);
        kit::wire(json!({"type": "allowed_tools", "allowed_tools": allowed}))
    };
    let mode = ChatCompletionToolChoiceOption::Mode;
    for (choice, then) in [
        (mode(ToolChoiceOptions::Required), None),
        (one_tool, None),
        (some_tools("required"), Some(some_tools("auto"))),
        (mode(ToolChoiceOptions::Auto), Some(mode(ToolChoiceOptions::Auto))),
        (mode(ToolChoiceOptions::None), Some(mode(ToolChoiceOptions::None))),
    ] {
        let (model, client) = Model::start([calling(&[call("a", "KIT_ECHO", "{}")]), saying("Done.")]).await;
        let request = CreateChatCompletionRequest { tool_choice: Some(choice.clone()), ..request() };
        run_chat(&client, &kit::tools().await, request).await.unwrap();
        let asked = model.asked();
        assert_eq!(asked[0]["tool_choice"], json!(choice));
        assert_eq!(asked[1].get("tool_choice").cloned(), then.map(|then| json!(then)), "{choice:?}");
    }
}

#[tokio::test]
async fn a_reply_that_is_none_is_an_error_and_no_panic() {
    let (_model, client) = Model::start([(200, json!({"hello": SECRET}))]).await;
    let stopped = run_chat(&client, &kit::tools().await, request()).await.unwrap_err();
    let printed = format!("{stopped:?}");
    assert!(printed.contains("missing field") && !printed.contains(SECRET), "{printed}");
    assert_eq!(stopped.error.kind(), ErrorKind::Unexpected);
    assert_eq!(stopped.messages.len(), 1);
}

#[tokio::test]
async fn a_model_that_is_not_there_is_unavailable() {
    use composio_openai::async_openai::{Client, config::OpenAIConfig};
    // Port 9 discards, where anything listens at all.
    let client = Client::with_config(OpenAIConfig::new().with_api_base("http://127.0.0.1:9/v1").with_api_key("k"));
    let stopped = run_chat(&client, &kit::tools().await, request()).turn_limit(1).await.unwrap_err();
    assert_eq!(stopped.error.kind(), ErrorKind::Unavailable);
}

#[test]
fn a_loop_can_be_spawned() {
    fn is_send<T: Send>(_: T) {}
    fn check(
        client: &composio_openai::async_openai::Client<composio_openai::async_openai::config::OpenAIConfig>,
        tools: &composio_core::ToolSet,
    ) {
        is_send(run_chat(client, tools, request()).into_future());
    }
    let _ = check;
}
