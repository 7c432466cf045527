//! Servers that are compatible in the main.

use composio_core::ScriptedBackend;
use composio_openai::OpenAiTools as _;
use serde_json::{Value, json};

use crate::kit::{self, call, calling, choice, envelope, function_call, reply, response, sent};

#[tokio::test]
async fn tools_as_values_are_what_the_types_say() {
    let free = json!({"type": "object", "additionalProperties": true});
    let tools = kit::tools_of(&kit::backend().tool("KIT_FREE", "kit", free)).await;
    for set in [&tools.clone().strict(), &tools] {
        assert_eq!(sent(&set.to_openai_chat_values()), sent(&set.to_openai_chat()));
        assert_eq!(sent(&set.to_openai_responses_values()), sent(&set.to_openai_responses()));
    }
    let none = kit::tools_of(&ScriptedBackend::new().toolkit("kit")).await;
    assert!(none.to_openai_chat_values().is_none() && none.to_openai_responses_values().is_none());
}

#[tokio::test]
async fn arguments_may_be_text_an_object_or_missing() {
    for (arguments, arrived) in [
        (json!({"function": {"name": "KIT_ECHO", "arguments": {"note": "a"}}}), json!({"note": "a"})),
        (json!({"function": {"name": "KIT_ECHO", "arguments": "{\"note\":\"b\"}"}}), json!({"note": "b"})),
        (json!({"function": {"name": "KIT_ECHO", "arguments": ""}}), json!({})),
        (json!({"function": {"name": "KIT_ECHO", "arguments": null}}), json!({})),
        (json!({"function": {"name": "KIT_ECHO"}}), json!({})),
        (json!({"name": "KIT_ECHO", "arguments": {"note": "flat"}}), json!({"note": "flat"})),
    ] {
        let answered = kit::tools().await.answer_chat_value(&calling(std::slice::from_ref(&arguments))).await.unwrap();
        assert_eq!(envelope(&answered.into_answers()[0])["data"], arrived, "{arguments}");
    }
    for arguments in [json!([1]), json!(7), json!("[1]"), json!(true)] {
        let call = json!({"id": "a", "function": {"name": "KIT_ECHO", "arguments": arguments}});
        let answered = kit::tools().await.answer_chat_value(&calling(&[call])).await.unwrap();
        assert_eq!(answered.failures.len(), 1, "{arguments}");
    }
}

#[tokio::test]
async fn what_a_request_needs_is_added_to_the_echo() {
    let given = [
        json!({"function": {"name": "KIT_ECHO"}}),
        json!({"id": "", "type": "", "function": {"name": "KIT_ECHO", "arguments": {}}}),
        json!({"id": "same", "type": "function", "function": {"name": "KIT_ECHO", "arguments": null}}),
        json!({"id": "same", "type": "function", "function": {"name": "KIT_ECHO", "arguments": "{}"}}),
        json!({"id": "chatcmpl-1_1", "type": "function", "function": {"name": "KIT_ECHO", "arguments": "{}"}}),
    ];
    let tools = kit::tools().await;
    let messages = tools.answer_chat_value(&calling(&given)).await.unwrap().into_messages();
    let echoed = messages[0]["tool_calls"].as_array().unwrap();
    let ids: Vec<_> = echoed.iter().map(|call| call["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["chatcmpl-1_0", "chatcmpl-1_2", "same", "chatcmpl-1_3", "chatcmpl-1_1"]);
    assert!(echoed.iter().all(|call| call["type"] == "function"), "{echoed:?}");
    let arguments: Vec<_> = echoed[..3].iter().map(|call| &call["function"]["arguments"]).collect();
    assert_eq!(arguments, [&json!("{}"), &json!({}), &json!("{}")]);
    let answered: Vec<_> = messages[1..].iter().map(|message| message["tool_call_id"].as_str().unwrap()).collect();
    assert_eq!(answered, ids, "each call has its answer");
    let again = tools.answer_chat_value(&calling(&given)).await.unwrap().into_messages();
    assert_eq!(again[0], messages[0], "made up the same way each time");
}

#[tokio::test]
async fn unknown_fields_of_the_turn_are_echoed() {
    let message = json!({"content": null, "reasoning_content": "Hm.", "tool_calls": [
        {"id": "a", "type": "function", "extra_content": {"signature": "s"},
            "function": {"name": "KIT_NOTHING", "arguments": "{}"}}]});
    let reply = reply(&[choice(0, "tool_calls", message.clone())]);
    let echo = kit::tools().await.answer_chat_value(&reply).await.unwrap().into_messages().remove(0);
    let mut expected = message;
    expected["role"] = json!("assistant");
    assert_eq!(echo, expected);
}

#[tokio::test]
async fn custom_calls_are_never_ours() {
    let custom = json!({"id": "a", "type": "custom", "custom": {"name": "KIT_ECHO", "input": "free text"}});
    let backend = kit::backend();
    let tools = kit::tools_of(&backend).await;
    let mut answered = tools.answer_chat_value(&calling(std::slice::from_ref(&custom))).await.unwrap();
    assert!(answered.unhandled[0].is_custom() && answered.unhandled[0].arguments == "free text");
    answered.answer_rest(&tools);
    let messages = answered.into_messages();
    assert_eq!(messages[0]["tool_calls"][0], custom);
    assert_eq!(messages[1]["tool_call_id"], "a");
    assert!(backend.calls().is_empty());
}

#[tokio::test]
async fn the_first_choice_counts_wherever_the_message_is() {
    let message = json!({"role": "assistant", "tool_calls": [call("first", "KIT_NOTHING", "")]});
    let other = json!({"role": "assistant", "tool_calls": [call("other", "KIT_NOTHING", "")]});
    for reply in [
        reply(&[choice(1, "tool_calls", other.clone()), choice(0, "tool_calls", message.clone())]),
        json!({"choices": [{"message": message}, {"message": other}]}),
        json!({"message": message}),
    ] {
        let answers = kit::tools().await.answer_chat_value(&reply).await.unwrap().into_answers();
        assert_eq!(answers.len(), 1);
        assert_eq!(answers[0]["tool_call_id"], "first");
    }
}

#[tokio::test]
async fn what_holds_no_call_ends_the_loop() {
    let tools = kit::tools().await;
    let said = |message: Value| reply(&[choice(0, "stop", message)]);
    for reply in [
        said(json!({"role": "assistant", "content": "Done."})),
        said(json!({"role": "assistant", "content": "Done.", "tool_calls": null})),
        said(json!({"role": "assistant", "content": "Done.", "tool_calls": []})),
        said(json!({"tool_calls": ["nonsense"]})),
        json!({"error": "overloaded"}),
        json!(null),
    ] {
        assert!(tools.answer_chat_value(&reply).await.is_none(), "{reply}");
        assert!(tools.answer_response_value(&reply).await.is_none(), "{reply}");
    }
}

#[tokio::test]
async fn a_call_that_was_cut_off_before_its_arguments_is_not_run() {
    let backend = kit::backend();
    let cut = |call: Value| reply(&[choice(0, "length", json!({"role": "assistant", "tool_calls": [call]}))]);
    let tools = kit::tools_of(&backend).await;
    for call in [call("a", "KIT_NOTHING", ""), json!({"id": "a", "function": {"name": "KIT_NOTHING"}})] {
        assert_eq!(tools.answer_chat_value(&cut(call)).await.unwrap().failures.len(), 1);
    }
    assert!(backend.calls().is_empty());
}

#[tokio::test]
async fn responses_may_lack_what_the_types_demand() {
    let output = [
        json!({"type": "reasoning", "encrypted_content": "sealed", "unknown": 1}),
        json!({"name": "KIT_ECHO", "arguments": {"note": "one"}}),
        json!({"type": "function_call", "call_id": "b", "name": "KIT_NOTHING"}),
        json!({"type": "news", "name": "KIT_ECHO", "arguments": "{}"}),
        json!({"type": "function_call", "call_id": "c", "name": "roll_dice", "arguments": "{\"sides\":6}"}),
        json!({"type": "custom_tool_call", "call_id": "d", "name": "KIT_ECHO", "input": "free text"}),
    ];
    let backend = kit::backend();
    let tools = kit::tools_of(&backend).await;
    let mut answered = tools.answer_response_value(&response(&output)).await.unwrap();
    assert_eq!(backend.calls().len(), 2);
    assert_eq!(answered.unhandled.iter().map(|call| call.id.as_str()).collect::<Vec<_>>(), ["c", "d"]);
    answered.answer_rest(&tools);

    let items = answered.into_messages();
    assert_eq!((&items[0], &items[3]), (&output[0], &output[3]));
    let made =
        json!({"type": "function_call", "call_id": "resp_1_0", "name": "KIT_ECHO", "arguments": {"note": "one"}});
    assert_eq!(items[1], made);
    assert_eq!(items[2]["arguments"], "{}");
    let answers: Vec<_> = items[6..].iter().map(|item| (&item["type"], &item["call_id"])).collect();
    let expected = json!([
        ["function_call_output", "resp_1_0"],
        ["function_call_output", "b"],
        ["function_call_output", "c"],
        ["custom_tool_call_output", "d"]
    ]);
    assert_eq!(json!(answers), expected);
    assert_eq!(envelope(&items[6])["data"], json!({"note": "one"}));
}

#[tokio::test]
async fn the_output_may_come_alone_or_in_another_namespace() {
    let mut elsewhere = function_call("b", "KIT_ECHO", "{}");
    elsewhere["namespace"] = json!("other");
    let output = json!([function_call("a", "KIT_ECHO", "{}"), elsewhere]);
    let answered = kit::tools().await.answer_response_value(&output).await.unwrap();
    assert_eq!((answered.unhandled.len(), answered.into_answers().len()), (1, 1));
}
