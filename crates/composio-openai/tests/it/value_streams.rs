//! Streams of plain JSON.

use composio_openai::{ChatValueStream, OpenAiTools as _, ResponseValueStream};
use serde_json::{Value, json};

use crate::kit::{self, call, envelope, function_call, response};

fn gathered(deltas: &[Value], finish_reason: Option<&str>) -> Value {
    let mut stream = ChatValueStream::new();
    for delta in deltas {
        stream.push(&json!({"id": "chatcmpl-1", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]}));
        stream.push(&json!({"choices": [{"index": 1, "delta": delta, "finish_reason": "stop"}]}));
    }
    if let Some(reason) = finish_reason {
        stream.push(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}));
    }
    stream.push(&json!({"choices": [], "usage": {"total_tokens": 2}}));
    stream.finish()
}

fn calls(reply: &Value) -> &Value {
    &reply["choices"][0]["message"]["tool_calls"]
}

#[tokio::test]
async fn every_field_of_the_message_is_gathered() {
    for size in 1..=4 {
        let arguments: Vec<char> = r#"{"note":"naïve"}"#.chars().collect();
        let mut deltas = vec![
            json!({"role": "assistant", "content": null, "reasoning_content": "H"}),
            json!({"role": "assistant", "reasoning_content": "m.", "details": [1]}),
            json!({"content": "Wait", "details": [2]}),
            json!({"content": "."}),
            json!({"tool_calls": [{"index": 0, "id": "a", "type": "function", "extra": {"signature": "s"},
                "function": {"name": "KIT_ECHO", "arguments": ""}}]}),
        ];
        deltas.extend(arguments.chunks(size).map(|piece| {
            let piece: String = piece.iter().collect();
            json!({"tool_calls": [{"index": 0, "id": "", "type": "", "function": {"name": null, "arguments": piece}}]})
        }));
        let reply = gathered(&deltas, Some("tool_calls"));
        let mut made = call("a", "KIT_ECHO", r#"{"note":"naïve"}"#);
        made["extra"] = json!({"signature": "s"});
        let message = json!({"role": "assistant", "content": "Wait.", "reasoning_content": "Hm.", "details": [1, 2],
            "tool_calls": [made]});
        let expected = json!({"id": "chatcmpl-1", "object": "chat.completion", "usage": {"total_tokens": 2},
            "choices": [{"index": 0, "finish_reason": "tool_calls", "message": message}]});
        assert_eq!(reply, expected, "in pieces of {size}");

        let messages = kit::tools().await.answer_chat_value(&reply).await.unwrap().into_messages();
        assert_eq!(messages[0], message);
        assert_eq!(envelope(&messages[1])["data"]["note"], "naïve");
    }
}

#[test]
fn pieces_without_an_index_belong_to_the_last_call() {
    let begin =
        |id: &str| json!({"tool_calls": [{"id": id, "function": {"name": "KIT_ECHO", "arguments": "{\"n\":"}}]});
    let more = |text: &str| json!({"tool_calls": [{"function": {"arguments": text}}]});
    let reply = gathered(&[begin("a"), more("1}"), begin("b"), more("2"), more("}")], Some("tool_calls"));
    let expected = json!([
        {"id": "a", "function": {"name": "KIT_ECHO", "arguments": "{\"n\":1}"}},
        {"id": "b", "function": {"name": "KIT_ECHO", "arguments": "{\"n\":2}"}}]);
    assert_eq!(*calls(&reply), expected);
}

#[test]
fn whole_calls_without_index_and_id_stay_apart() {
    let whole = |n: u8| json!({"tool_calls": [{"function": {"name": "KIT_ECHO", "arguments": {"n": n}}}]});
    let reply = gathered(&[whole(1), whole(2)], Some("stop"));
    let expected = json!([{"function": {"name": "KIT_ECHO", "arguments": {"n": 1}}},
        {"function": {"name": "KIT_ECHO", "arguments": {"n": 2}}}]);
    assert_eq!(*calls(&reply), expected);
}

#[test]
fn calls_that_share_an_index_stay_apart() {
    let begin =
        |id: &str| json!({"tool_calls": [{"index": 0, "id": id, "function": {"name": "X", "arguments": "{}"}}]});
    let reply = gathered(&[begin("a"), begin("b")], Some("stop"));
    assert_eq!((&calls(&reply)[0]["id"], &calls(&reply)[1]["id"]), (&json!("a"), &json!("b")));
}

#[tokio::test]
async fn a_stream_that_broke_off_runs_no_call_whose_arguments_never_came() {
    let backend = kit::backend();
    let reply =
        gathered(&[json!({"tool_calls": [{"index": 0, "id": "a", "function": {"name": "KIT_NOTHING"}}]})], None);
    assert_eq!(reply["choices"][0]["finish_reason"], "length");
    let answered = kit::tools_of(&backend).await.answer_chat_value(&reply).await.unwrap();
    assert_eq!(answered.failures.len(), 1);
    assert!(backend.calls().is_empty());
}

#[tokio::test]
async fn a_response_is_gathered_with_whatever_events() {
    let done =
        |index: u32, item: Value| json!({"type": "response.output_item.done", "output_index": index, "item": item});
    let mut stream = ResponseValueStream::new();
    for event in [
        json!({"type": "response.created", "response": {"id": "resp_1", "output": []}}),
        json!({"type": "response.news"}),
        json!(null),
        done(1, function_call("a", "KIT_ECHO", "{\"note\":1}")),
        done(0, json!({"type": "reasoning", "unknown": true})),
    ] {
        stream.push(&event);
    }
    let broken_off = stream.clone().finish();
    assert_eq!((broken_off.get("id"), &broken_off["output"][0]["unknown"]), (None, &json!(true)));
    let items = kit::tools().await.answer_response_value(&broken_off).await.unwrap().into_messages();
    assert_eq!(envelope(&items[2])["data"], json!({"note": 1}));

    let whole = response(&[function_call("b", "KIT_ECHO", "{}")]);
    stream.push(&json!({"type": "response.completed", "response": whole}));
    assert_eq!(stream.finish(), whole);
}

#[test]
fn no_index_is_too_large() {
    let piece = |index: Value| json!({"index": index, "id": format!("c{index}"), "function": {"name": "KIT_ECHO"}});
    let reply = gathered(&[json!({"tool_calls": [piece(json!(u64::MAX)), piece(Value::Null)]})], Some("tool_calls"));
    assert_eq!(calls(&reply).as_array().unwrap().len(), 2);

    let mut stream = ResponseValueStream::new();
    for index in [json!(u64::MAX), Value::Null] {
        stream.push(&json!({"type": "response.output_item.done", "output_index": index, "item": {"n": index}}));
    }
    assert_eq!(stream.finish()["output"], json!([{"n": u64::MAX}, {"n": null}]));
}
