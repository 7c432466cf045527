//! Streams, in pieces of every size.

use composio_openai::async_openai::types::chat::{CreateChatCompletionResponse, FinishReason};
use composio_openai::async_openai::types::responses::ResponseStreamEvent;
use composio_openai::{ChatStream, OpenAiTools as _, ResponseStream};
use serde_json::{Value, json};

use crate::kit::{self, call, envelope, function_call, response, sent, wire};

#[expect(clippy::needless_pass_by_value, reason = "a literal at every place")]
fn chunk(index: u32, delta: Value, finish_reason: Option<&str>) -> Value {
    json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 7, "model": "m",
        "choices": [{"index": index, "delta": delta, "finish_reason": finish_reason}]})
}

fn piece(index: u32, arguments: &str) -> Value {
    json!({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]})
}

fn pieces(text: &str, size: usize) -> Vec<String> {
    text.chars().collect::<Vec<_>>().chunks(size).map(|piece| piece.iter().collect()).collect()
}

fn gathered(chunks: &[Value]) -> CreateChatCompletionResponse {
    let mut stream = ChatStream::new();
    chunks.iter().for_each(|chunk| stream.push(&wire(chunk.clone())));
    stream.finish()
}

/// A turn with text and two calls, whose pieces come by turns.
fn interleaved(size: usize) -> Vec<Value> {
    let mut chunks = vec![chunk(0, json!({"role": "assistant", "content": ""}), None)];
    chunks.extend(pieces("Let me look.", size).iter().map(|text| chunk(0, json!({"content": text}), None)));
    for (index, name) in [(1, "KIT_NOTHING"), (0, "KIT_ECHO")] {
        let function = json!({"name": name, "arguments": ""});
        let begin = json!({"index": index, "id": format!("call_{index}"), "type": "function", "function": function});
        chunks.push(chunk(0, json!({"tool_calls": [begin]}), None));
    }
    let first = pieces(r#"{"note":"naïve “quotes”"}"#, size);
    let second = pieces(r#"{"n":[1,{"m":2}]}"#, size);
    for number in 0..first.len().max(second.len()) {
        for (index, pieces) in [(0, &first), (1, &second)] {
            chunks.extend(pieces.get(number).map(|text| chunk(0, piece(index, text), None)));
        }
        // Another choice, which is nobody's business.
        chunks.push(chunk(1, piece(0, "{}"), None));
    }
    chunks.push(chunk(0, json!({}), Some("tool_calls")));
    let usage = json!({"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2});
    chunks.push(json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 7, "model": "m",
        "choices": [], "usage": usage}));
    chunks
}

#[tokio::test]
async fn calls_that_come_in_pieces_are_whole() {
    for size in 1..=4 {
        let reply = gathered(&interleaved(size));
        assert_eq!((reply.id.as_str(), reply.model.as_str(), reply.created), ("chatcmpl-1", "m", 7));
        assert_eq!(reply.usage.as_ref().unwrap().total_tokens, 2);
        assert_eq!(reply.choices[0].finish_reason, Some(FinishReason::ToolCalls));

        let answered = kit::tools().await.answer_chat(&reply).await.unwrap();
        let messages: Vec<_> = answered.into_iter().map(|message| sent(&message)).collect();
        let calls = [
            call("call_0", "KIT_ECHO", r#"{"note":"naïve “quotes”"}"#),
            call("call_1", "KIT_NOTHING", r#"{"n":[1,{"m":2}]}"#),
        ];
        let echo = json!({"role": "assistant", "content": "Let me look.", "tool_calls": calls});
        assert_eq!(messages[0], echo, "in pieces of {size}");
        assert_eq!(envelope(&messages[1])["data"]["note"], "naïve “quotes”");
        assert_eq!(envelope(&messages[2])["data"]["n"][1]["m"], 2);
    }
}

#[test]
fn the_first_id_and_name_that_say_something_count() {
    let begin = |id: &str, name: &str, arguments: &str| {
        let function = json!({"name": name, "arguments": arguments});
        chunk(0, json!({"tool_calls": [{"index": 0, "id": id, "type": "function", "function": function}]}), None)
    };
    let reply = gathered(&[
        begin("", "", ""),
        begin("call_1", "KIT_ECHO", "{\"no"),
        begin("call_1", "KIT_ECHO", "te\":"),
        begin("", "", "1}"),
        chunk(0, json!({}), Some("tool_calls")),
    ]);
    assert_eq!(sent(&reply.choices[0].message.tool_calls), json!([call("call_1", "KIT_ECHO", "{\"note\":1}")]));
}

#[test]
fn two_calls_under_one_index_stay_two() {
    let begin = |id: &str, arguments: &str| {
        let function = json!({"name": "KIT_ECHO", "arguments": arguments});
        chunk(0, json!({"tool_calls": [{"index": 0, "id": id, "type": "function", "function": function}]}), None)
    };
    let reply = gathered(&[begin("a", "{\"n\":1}"), begin("b", "{\"n\":2}"), chunk(0, json!({}), Some("stop"))]);
    let calls = json!([call("a", "KIT_ECHO", "{\"n\":1}"), call("b", "KIT_ECHO", "{\"n\":2}")]);
    assert_eq!(sent(&reply.choices[0].message.tool_calls), calls);
}

#[test]
fn a_call_that_never_got_an_id_gets_one() {
    let function = json!({"name": "KIT_ECHO", "arguments": "{}"});
    let reply = gathered(&[chunk(0, json!({"tool_calls": [{"index": 0, "function": function}]}), Some("tool_calls"))]);
    assert_eq!(sent(&reply.choices[0].message.tool_calls)[0]["id"], "chatcmpl-1_0");
}

#[tokio::test]
async fn a_stream_that_broke_off_runs_no_call_whose_arguments_never_came() {
    let backend = kit::backend();
    let function = json!({"name": "KIT_NOTHING", "arguments": ""});
    let reply = gathered(&[chunk(0, json!({"tool_calls": [{"index": 0, "id": "a", "function": function}]}), None)]);
    assert_eq!(reply.choices[0].finish_reason, Some(FinishReason::Length));
    let answered = kit::tools_of(&backend).await.answer_chat(&reply).await.unwrap();
    assert_eq!(answered.failures.len(), 1);
    assert!(backend.calls().is_empty());
}

#[test]
fn a_stream_without_calls_is_a_reply_without_calls() {
    let reply = gathered(&[chunk(0, json!({"refusal": "No"}), None), chunk(0, json!({"refusal": "."}), Some("stop"))]);
    let message = &reply.choices[0].message;
    assert_eq!((message.refusal.as_deref(), &message.tool_calls), (Some("No."), &None));
    assert_eq!(gathered(&[]).choices[0].finish_reason, None);
}

fn done(index: u32, item: &Value) -> Value {
    json!({"type": "response.output_item.done", "sequence_number": 1, "output_index": index, "item": item})
}

#[tokio::test]
async fn items_are_taken_when_they_are_done() {
    let reasoning = json!({"type": "reasoning", "id": "rs_1", "summary": []});
    let calls = [function_call("a", "KIT_ECHO", "{\"note\":1}"), function_call("b", "KIT_NOTHING", "")];
    let mut unfinished = calls[0].clone();
    unfinished["arguments"] = json!("");
    let mut stream = ResponseStream::new();
    for event in [
        json!({"type": "response.output_item.added", "sequence_number": 1, "output_index": 1, "item": unfinished}),
        json!({"type": "response.function_call_arguments.done", "sequence_number": 1, "output_index": 1,
            "item_id": "fc_a", "name": "KIT_ECHO", "arguments": "{\"note\":1}"}),
        json!({"type": "response.news", "sequence_number": 1}),
        done(2, &calls[1]),
        done(1, &calls[0]),
        done(0, &reasoning),
    ] {
        // As the client does: what it does not know is an error, and the next event follows.
        let Ok(event) = serde_json::from_value::<ResponseStreamEvent>(event) else { continue };
        stream.push(&event);
    }
    assert!(stream.response().is_none(), "it broke off");
    let answered = kit::tools().await.answer_output(&stream.finish()).await.unwrap();
    let items: Vec<_> = answered.into_iter().map(|item| sent(&item)).collect();
    assert_eq!(items.len(), 5);
    assert_eq!((&items[0]["id"], &items[1]["call_id"]), (&json!("rs_1"), &json!("a")));
    assert_eq!(envelope(&items[3])["data"], json!({"note": 1}));
}

#[test]
fn the_end_of_a_response_says_everything() {
    for kind in ["completed", "incomplete", "failed"] {
        let whole = response(&[function_call("a", "KIT_ECHO", "{}"), function_call("b", "KIT_ECHO", "{}")]);
        let mut stream = ResponseStream::new();
        stream.push(&wire(done(0, &function_call("a", "KIT_ECHO", "{}"))));
        stream.push(&wire(json!({"type": format!("response.{kind}"), "sequence_number": 2, "response": whole})));
        assert_eq!(stream.response().unwrap().id, "resp_1");
        assert_eq!(stream.finish().len(), 2, "{kind}");
    }
}

#[test]
fn an_end_without_output_leaves_what_was_gathered() {
    let mut stream = ResponseStream::new();
    stream.push(&wire(done(0, &function_call("a", "KIT_ECHO", "{}"))));
    stream.push(&wire(json!({"type": "response.completed", "sequence_number": 2, "response": response(&[])})));
    assert_eq!(stream.finish().len(), 1);
}
