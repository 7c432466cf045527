//! Chat Completions: what is sent, what is run, what goes back.

use composio_core::{ErrorKind, ScriptedBackend};
use composio_openai::OpenAiTools as _;
use composio_openai::async_openai::types::chat::{
    ChatCompletionMessageCustomToolCall, ChatCompletionMessageToolCalls, CreateChatCompletionRequest,
    CreateChatCompletionResponse, CustomTool,
};
use serde_json::{Value, json};

use crate::kit::{self, SECRET, call, calling, choice, envelope, reply, sent, wire};

#[tokio::test]
async fn a_request_without_tools_has_no_list_of_them() {
    let request = |tools| sent(&CreateChatCompletionRequest { tools, ..CreateChatCompletionRequest::default() });
    let none = kit::tools_of(&ScriptedBackend::new().toolkit("kit")).await;
    assert!(none.is_empty());
    assert_eq!(request(none.to_openai_chat()).get("tools"), None);
    let tools = request(kit::tools().await.to_openai_chat())["tools"].clone();
    assert_eq!(tools[0]["type"], "function");
    assert_eq!(tools[0]["function"]["name"], "KIT_ECHO");
}

#[tokio::test]
async fn strict_is_said_of_strict_tools_only() {
    let free = json!({"type": "object", "additionalProperties": true});
    let tools = kit::tools_of(&kit::backend().tool("KIT_FREE", "kit", free)).await;
    let strict = |set: &composio_core::ToolSet| -> Vec<Option<Value>> {
        set.to_openai_chat().unwrap().iter().map(|tool| sent(tool)["function"].get("strict").cloned()).collect()
    };
    assert_eq!(strict(&tools), [None, None, None, None]);
    // An object without properties takes anything, which has no strict form.
    let said = Some(Value::Bool(true));
    assert_eq!(strict(&tools.strict()), [said.clone(), None, said, None]);
}

#[tokio::test]
async fn the_turn_is_echoed_and_each_call_of_ours_answered_in_order() {
    let tools = kit::tools().await;
    let calls = [
        call("call_1", "KIT_ECHO", r#"{"note":"one"}"#),
        call("call_2", "roll_dice", r#"{"sides":6}"#),
        call("call_3", "KIT_NOTHING", ""),
        call("call_4", "KIT_ECHO", "[1]"),
    ];
    let answered = tools.answer_chat(&wire(calling(&calls))).await.unwrap();

    assert_eq!(answered.unhandled.len(), 1);
    let other = &answered.unhandled[0];
    assert_eq!((other.id.as_str(), other.name.as_str()), ("call_2", "roll_dice"));
    assert_eq!((other.arguments.as_str(), other.is_custom()), (r#"{"sides":6}"#, false));
    assert_eq!(answered.failures.len(), 1);
    assert_eq!(answered.failures[0].call_id, "call_4");
    assert_eq!(answered.failures[0].error.kind(), ErrorKind::InvalidInput);

    let messages: Vec<_> = answered.into_iter().map(|message| sent(&message)).collect();
    assert_eq!(messages[0], json!({"role": "assistant", "content": "Wait.", "tool_calls": calls}));
    let ids: Vec<_> = messages[1..].iter().map(|message| (&message["role"], &message["tool_call_id"])).collect();
    assert_eq!(json!(ids), json!([["tool", "call_1"], ["tool", "call_3"], ["tool", "call_4"]]));
    assert_eq!(envelope(&messages[1])["data"], json!({"note": "one"}));
    assert_eq!(envelope(&messages[2])["data"], json!({}));
    assert_eq!(envelope(&messages[3])["successful"], false);
}

#[tokio::test]
async fn answers_of_the_application_take_their_place() {
    let tools = kit::tools().await;
    let calls =
        [call("a", "mine", "{}"), call("b", "KIT_NOTHING", ""), call("c", "made_up", ""), call("d", "mine", "")];
    let mut answered = tools.answer_chat(&wire(calling(&calls))).await.unwrap();
    for other in std::mem::take(&mut answered.unhandled) {
        match other.name.as_str() {
            "mine" => answered.answer(other, "my answer"),
            _ => answered.unhandled.push(other),
        }
    }
    answered.answer_rest(&tools);
    assert!(answered.unhandled.is_empty());
    assert_eq!(answered.failures.len(), 1, "a name that was made up is a failure for the application too");

    let answers: Vec<_> = answered.into_answers().iter().map(sent).collect();
    let ids: Vec<_> = answers.iter().map(|answer| answer["tool_call_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["a", "b", "c", "d"]);
    assert_eq!(answers[0]["content"], "my answer");
    let told = envelope(&answers[2])["error"].as_str().unwrap().to_owned();
    assert!(told.contains("made_up") && told.contains("KIT_ECHO"), "{told}");
}

#[tokio::test]
async fn a_call_that_is_answered_twice_has_one_answer() {
    let tools = kit::tools().await;
    let reply = calling(&[call("a", "roll_dice", ""), call("b", "made_up", "")]);
    let mut answered = tools.answer_chat(&wire(reply)).await.unwrap();
    for call in answered.unhandled.clone().iter().filter(|call| call.name == "roll_dice") {
        answered.answer(call.clone(), "3");
        answered.answer(call.clone(), "4");
    }
    answered.answer_rest(&tools);
    let messages = sent(&answered.into_messages());
    assert_eq!(messages.as_array().unwrap().len(), 3, "the turn and two answers: {messages}");
    assert_eq!((&messages[1]["tool_call_id"], &messages[1]["content"]), (&json!("a"), &json!("4")));
    assert_eq!(messages[2]["tool_call_id"], "b");
}

#[tokio::test]
async fn only_the_first_choice_is_acted_on() {
    let backend = kit::backend();
    let tools = kit::tools_of(&backend).await;
    let making = |index, id: &str| {
        let calls = [call(id, "KIT_ECHO", "{}")];
        choice(index, "tool_calls", json!({"role": "assistant", "tool_calls": calls}))
    };
    // By its index, wherever it is in the list.
    let answered = tools.answer_chat(&wire(reply(&[making(1, "other"), making(0, "first")]))).await.unwrap();
    let messages: Vec<_> = answered.into_iter().map(|message| sent(&message)).collect();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[1]["tool_call_id"], "first");
    assert_eq!(backend.calls().len(), 1);
}

#[tokio::test]
async fn a_reply_without_calls_ends_the_loop() {
    let tools = kit::tools().await;
    let said = |message: Value| wire::<CreateChatCompletionResponse>(reply(&[choice(0, "stop", message)]));
    assert!(tools.answer_chat(&said(json!({"role": "assistant", "content": "Done."}))).await.is_none());
    let empty = json!({"role": "assistant", "content": "Done.", "tool_calls": []});
    assert!(tools.answer_chat(&said(empty)).await.is_none());
    assert!(tools.answer_chat(&wire(reply(&[]))).await.is_none());
}

#[tokio::test]
async fn a_custom_call_is_never_ours() {
    let backend = kit::backend();
    let tools = kit::tools_of(&backend).await;
    // Made here: async-openai cannot read one from the wire.
    let mut reply: CreateChatCompletionResponse = wire(calling(&[call("a", "KIT_NOTHING", "")]));
    let custom = CustomTool { name: "KIT_ECHO".to_owned(), input: "free text".to_owned() };
    let custom = ChatCompletionMessageCustomToolCall { id: "b".to_owned(), custom_tool: custom };
    reply.choices[0].message.tool_calls.as_mut().unwrap().push(ChatCompletionMessageToolCalls::Custom(custom));

    let mut answered = tools.answer_chat(&reply).await.unwrap();
    assert_eq!(backend.calls().len(), 1);
    let other = answered.unhandled.remove(0);
    assert!(other.is_custom() && other.arguments == "free text");
    answered.answer(other, "text back");
    let last = sent(answered.into_answers().last().unwrap());
    assert_eq!(last, json!({"role": "tool", "tool_call_id": "b", "content": "text back"}));
}

#[tokio::test]
async fn a_call_that_was_cut_off_before_its_arguments_is_not_run() {
    for (finish_reason, runs) in [("length", 1), ("content_filter", 1), ("tool_calls", 2)] {
        let backend = kit::backend();
        let calls = [call("a", "KIT_NOTHING", ""), call("b", "KIT_NOTHING", "")];
        let cut = reply(&[choice(0, finish_reason, json!({"role": "assistant", "tool_calls": calls}))]);
        let answered = kit::tools_of(&backend).await.answer_chat(&wire(cut)).await.unwrap();
        assert_eq!(backend.calls().len(), runs, "{finish_reason}");
        assert_eq!(answered.failures.len(), 2 - runs, "{finish_reason}");
        assert_eq!(answered.into_answers().len(), 2, "each call has its answer");
    }
}

#[tokio::test]
async fn the_application_finds_the_link_and_nothing_prints_it() {
    let tools = kit::tools().await;
    let answered = tools.answer_chat(&wire(calling(&[call("a", "KIT_FAILS", "{}")]))).await.unwrap();
    let failure = &answered.failures[0];
    assert_eq!((failure.call_id.as_str(), failure.name.as_str()), ("a", "KIT_FAILS"));
    assert!(failure.error.connect_url().unwrap().as_str().contains(SECRET));
    let messages = answered.into_messages();
    assert!(!sent(&messages).to_string().contains(SECRET), "the model reads it");

    // Where the model may read the link, our own types still do not print it.
    let revealing = kit::tools().await.reveal_connect_links();
    let answered = revealing.answer_chat(&wire(calling(&[call("a", "KIT_FAILS", "{}")]))).await.unwrap();
    assert!(!format!("{answered:?}").contains("connect.invalid"), "{answered:?}");
    assert!(sent(&answered.into_messages()).to_string().contains("connect.invalid"));
}

#[tokio::test]
async fn refusals_and_audio_are_echoed() {
    let message = json!({"role": "assistant", "refusal": "No.", "tool_calls": [call("a", "KIT_NOTHING", "")],
        "audio": {"id": "audio_1", "expires_at": 1, "data": "AA==", "transcript": "No."}});
    let answered = kit::tools().await.answer_chat(&wire(reply(&[choice(0, "tool_calls", message)]))).await.unwrap();
    let echo = sent(&answered.into_messages()[0]);
    assert_eq!((&echo["refusal"], &echo["audio"]), (&json!("No."), &json!({"id": "audio_1"})));
}
