//! Responses: a whole answer, and one in named events.

use serde_json::{Map, Value, json};

use super::speech::{Speech, pieces};

/// The id of the response, under which a later request goes on from it.
pub(super) fn id(speech: &Speech) -> String {
    format!("resp_{}", speech.number)
}

/// What was said, as items that a later request sends back.
pub(super) fn output(speech: &Speech) -> Vec<Value> {
    let text = speech.text.iter().map(|text| message(speech, "completed", &[part(text)]));
    text.chain((0..speech.calls.len()).map(|place| call(speech, place, "completed"))).collect()
}

/// The answer in one piece. What the request chose is said again.
pub(super) fn whole(speech: &Speech, request: &Value) -> Value {
    frame(speech, request, "completed", &output(speech))
}

/// The answer as server-sent events.
pub(super) fn events(speech: &Speech, request: &Value) -> Vec<String> {
    let mut events = Events::default();
    let begun = frame(speech, request, "in_progress", &[]);
    events.push("response.created", json!({ "response": begun }));
    events.push("response.in_progress", json!({ "response": begun }));
    if let Some(text) = &speech.text {
        speak(&mut events, speech, text);
    }
    for place in 0..speech.calls.len() {
        call_tool(&mut events, speech, place);
    }
    events.push("response.completed", json!({ "response": whole(speech, request) }));
    events.0
}

/// Events in order, each numbered.
#[derive(Debug, Default)]
struct Events(Vec<String>);

impl Events {
    fn push(&mut self, name: &str, fields: Value) {
        let mut data = Map::new();
        data.insert("type".to_owned(), name.into());
        data.insert("sequence_number".to_owned(), self.0.len().into());
        if let Value::Object(fields) = fields {
            data.extend(fields);
        }
        self.0.push(format!("event: {name}\ndata: {}\n\n", Value::Object(data)));
    }
}

fn speak(events: &mut Events, speech: &Speech, text: &str) {
    let item_id = message_id(speech);
    let with = |more: Value| {
        let mut fields = json!({ "item_id": item_id, "output_index": 0, "content_index": 0 });
        if let (Value::Object(fields), Value::Object(more)) = (&mut fields, more) {
            fields.extend(more);
        }
        fields
    };
    let begun = message(speech, "in_progress", &[]);
    events.push("response.output_item.added", json!({ "output_index": 0, "item": begun }));
    events.push("response.content_part.added", with(json!({ "part": part("") })));
    for piece in pieces(text) {
        events.push("response.output_text.delta", with(json!({ "delta": piece, "logprobs": [] })));
    }
    events.push("response.output_text.done", with(json!({ "text": text, "logprobs": [] })));
    events.push("response.content_part.done", with(json!({ "part": part(text) })));
    let done = message(speech, "completed", &[part(text)]);
    events.push("response.output_item.done", json!({ "output_index": 0, "item": done }));
}

fn call_tool(events: &mut Events, speech: &Speech, place: usize) {
    let done = call(speech, place, "completed");
    let mut begun = call(speech, place, "in_progress");
    begun["arguments"] = "".into();
    events.push("response.output_item.added", json!({ "output_index": place, "item": begun }));
    let arguments = speech.calls[place].arguments.as_str();
    for piece in pieces(arguments) {
        let delta = json!({ "item_id": done["id"], "output_index": place, "delta": piece });
        events.push("response.function_call_arguments.delta", delta);
    }
    let whole = json!({
        "item_id": done["id"],
        "output_index": place,
        "name": speech.calls[place].name,
        "arguments": arguments,
    });
    events.push("response.function_call_arguments.done", whole);
    events.push("response.output_item.done", json!({ "output_index": place, "item": done }));
}

fn message_id(speech: &Speech) -> String {
    format!("msg_{}", speech.number)
}

fn message(speech: &Speech, status: &str, content: &[Value]) -> Value {
    json!({
        "id": message_id(speech),
        "type": "message",
        "status": status,
        "role": "assistant",
        "content": content,
    })
}

fn part(text: &str) -> Value {
    json!({ "type": "output_text", "text": text, "annotations": [], "logprobs": [] })
}

fn call(speech: &Speech, place: usize, status: &str) -> Value {
    let call = &speech.calls[place];
    json!({
        "id": format!("fc_{}_{place}", speech.number),
        "type": "function_call",
        "status": status,
        "call_id": call.id,
        "name": call.name,
        "arguments": call.arguments,
    })
}

fn frame(speech: &Speech, request: &Value, status: &str, output: &[Value]) -> Value {
    let or = |field: &str, otherwise: Value| match &request[field] {
        Value::Null => otherwise,
        chosen => chosen.clone(),
    };
    let usage = (status == "completed").then(|| usage(speech));
    json!({
        "id": id(speech),
        "object": "response",
        "created_at": speech.created,
        "status": status,
        "background": false,
        "error": null,
        "incomplete_details": null,
        "instructions": request["instructions"],
        "max_output_tokens": request["max_output_tokens"],
        "model": speech.model,
        "output": output,
        "parallel_tool_calls": or("parallel_tool_calls", json!(true)),
        "previous_response_id": request["previous_response_id"],
        "reasoning": or("reasoning", json!({ "effort": null, "summary": null })),
        "service_tier": "default",
        "store": or("store", json!(true)),
        "temperature": or("temperature", json!(1.0)),
        "text": or("text", json!({ "format": { "type": "text" } })),
        "tool_choice": or("tool_choice", json!("auto")),
        "tools": or("tools", json!([])),
        "top_p": or("top_p", json!(1.0)),
        "truncation": or("truncation", json!("disabled")),
        "usage": usage,
        "metadata": or("metadata", json!({})),
    })
}

fn usage(speech: &Speech) -> Value {
    json!({
        "input_tokens": speech.usage.input,
        "input_tokens_details": { "cached_tokens": 0 },
        "output_tokens": speech.usage.output,
        "output_tokens_details": { "reasoning_tokens": 0 },
        "total_tokens": speech.usage.total(),
    })
}
