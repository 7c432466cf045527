//! Chat Completions: a whole answer, and one in chunks.

use serde_json::{Value, json};

use super::script::ModelCall;
use super::speech::{Speech, pieces};

/// The answer in one piece.
pub(super) fn whole(speech: &Speech) -> Value {
    let mut message = json!({ "role": "assistant", "content": speech.text, "refusal": null, "annotations": [] });
    if !speech.calls.is_empty() {
        message["tool_calls"] = speech.calls.iter().map(call).collect();
    }
    let choice = json!({ "index": 0, "message": message, "logprobs": null, "finish_reason": finish(speech) });
    let mut whole = frame(speech, "chat.completion", &json!([choice]));
    whole["usage"] = usage(speech);
    whole
}

/// The answer as the data of server-sent events. Several calls come interleaved: clients tell them apart by `index`.
pub(super) fn events(speech: &Speech, include_usage: bool) -> Vec<String> {
    let chunk = |delta: Value, finish: Value| {
        let choice = json!({ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish });
        let mut chunk = frame(speech, "chat.completion.chunk", &json!([choice]));
        if include_usage {
            chunk["usage"] = Value::Null;
        }
        chunk
    };
    let mut deltas = vec![json!({ "role": "assistant", "content": speech.text.as_ref().map(|_| ""), "refusal": null })];
    deltas.extend(pieces(speech.text.as_deref().unwrap_or_default()).iter().map(|piece| json!({ "content": piece })));
    deltas.extend(call_deltas(&speech.calls));
    let mut chunks: Vec<_> = deltas.into_iter().map(|delta| chunk(delta, Value::Null)).collect();
    chunks.push(chunk(json!({}), finish(speech).into()));
    if include_usage {
        let mut last = frame(speech, "chat.completion.chunk", &json!([]));
        last["usage"] = usage(speech);
        chunks.push(last);
    }
    let data = chunks.iter().map(Value::to_string).chain(["[DONE]".to_owned()]);
    data.map(|data| format!("data: {data}\n\n")).collect()
}

fn call_deltas(calls: &[ModelCall]) -> Vec<Value> {
    let opening = calls.iter().enumerate().map(|(index, call)| {
        let function = json!({ "name": call.name, "arguments": "" });
        json!({ "index": index, "id": call.id, "type": "function", "function": function })
    });
    let mut deltas: Vec<_> = opening.collect();
    let pieces: Vec<_> = calls.iter().map(|call| pieces(&call.arguments)).collect();
    for round in 0..pieces.iter().map(Vec::len).max().unwrap_or_default() {
        let of_round = pieces.iter().enumerate().filter_map(|(index, pieces)| Some((index, pieces.get(round)?)));
        deltas.extend(of_round.map(|(index, piece)| json!({ "index": index, "function": { "arguments": piece } })));
    }
    deltas.into_iter().map(|call| json!({ "tool_calls": [call] })).collect()
}

fn frame(speech: &Speech, object: &str, choices: &Value) -> Value {
    json!({
        "id": format!("chatcmpl-{}", speech.number),
        "object": object,
        "created": speech.created,
        "model": speech.model,
        "service_tier": "default",
        "system_fingerprint": null,
        "choices": choices,
    })
}

fn call(call: &ModelCall) -> Value {
    json!({ "id": call.id, "type": "function", "function": { "name": call.name, "arguments": call.arguments } })
}

fn finish(speech: &Speech) -> &'static str {
    if speech.calls.is_empty() { "stop" } else { "tool_calls" }
}

fn usage(speech: &Speech) -> Value {
    json!({
        "prompt_tokens": speech.usage.input,
        "completion_tokens": speech.usage.output,
        "total_tokens": speech.usage.total(),
        "prompt_tokens_details": { "cached_tokens": 0, "audio_tokens": 0 },
        "completion_tokens_details": {
            "reasoning_tokens": 0,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}
