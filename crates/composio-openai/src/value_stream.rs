//! Streams of plain JSON, gathered into what can be answered.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::stream::begins_anew;

/// Gathers the chunks of a Chat Completions stream as JSON into the reply that
/// [`answer_chat_value`](crate::OpenAiTools::answer_chat_value) takes.
///
/// Every field of the message is gathered: texts are joined, lists are appended to, of anything else the last counts. A
/// piece of a call may lack its index, its id and its type.
///
/// # Example
/// ```
/// use composio_openai::ChatValueStream;
/// use serde_json::json;
///
/// let mut stream = ChatValueStream::new();
/// stream.push(&json!({"choices": [{"index": 0, "delta": {"reasoning_content": "Hm"}}]}));
/// stream.push(&json!({"choices": [{"index": 0, "delta": {"reasoning_content": "m.", "content": "Yes."}}]}));
/// let reply = stream.finish();
/// assert_eq!(reply["choices"][0]["message"]["reasoning_content"], "Hmm.");
/// ```
#[derive(Clone, Debug, Default)]
pub struct ChatValueStream {
    id: Option<Value>,
    usage: Option<Value>,
    message: Map<String, Value>,
    finish_reason: Option<Value>,
    /// By the index under which their pieces come, in the order of arrival.
    calls: Vec<(u64, Map<String, Value>)>,
}

impl ChatValueStream {
    /// A stream of which nothing has come in.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next chunk.
    pub fn push(&mut self, chunk: &Value) {
        let present = |name| chunk.get(name).filter(|value: &&Value| !value.is_null()).cloned();
        self.id = self.id.take().or_else(|| present("id"));
        self.usage = present("usage").or_else(|| self.usage.take());
        let choices = chunk.get("choices").and_then(Value::as_array).into_iter().flatten();
        for choice in choices.filter(|choice| choice["index"].as_u64().unwrap_or_default() == 0) {
            let delta = choice.get("delta").and_then(Value::as_object).into_iter().flatten();
            for (name, value) in delta {
                match (name.as_str(), value) {
                    ("tool_calls", Value::Array(pieces)) => {
                        pieces.iter().filter_map(Value::as_object).for_each(|piece| self.piece(piece));
                    }
                    _ => merge(&mut self.message, name, value),
                }
            }
            if let Some(reason) = choice.get("finish_reason").filter(|reason| !reason.is_null()) {
                self.finish_reason = Some(reason.clone());
            }
        }
    }

    /// The whole reply. A stream that ended in the middle of its calls without giving a reason counts as cut off:
    /// `length`.
    #[must_use]
    pub fn finish(mut self) -> Value {
        self.calls.sort_by_key(|(index, _)| *index);
        if !self.calls.is_empty() {
            let calls = self.calls.into_iter().map(|(_, call)| Value::Object(call)).collect();
            self.message.insert("tool_calls".to_owned(), calls);
            self.finish_reason.get_or_insert_with(|| "length".into());
        }
        self.message.entry("role").or_insert_with(|| "assistant".into());
        let choice = json!({"index": 0, "message": self.message, "finish_reason": self.finish_reason});
        let mut reply = json!({"object": "chat.completion", "choices": [choice]});
        for (name, value) in [("id", self.id), ("usage", self.usage)] {
            if let Some(value) = value {
                reply[name] = value;
            }
        }
        reply
    }

    fn piece(&mut self, piece: &Map<String, Value>) {
        let text = |object: &Map<String, Value>, name| object.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = text(piece, "id").unwrap_or_default();
        let function = piece.get("function").and_then(Value::as_object);
        let name = function.and_then(|function| text(function, "name")).unwrap_or_default();
        let last = self.calls.last().map(|(index, _)| *index);
        let index = piece.get("index").and_then(Value::as_u64);
        let of = |(at, call): &(u64, Map<String, Value>)| {
            let whole = index.is_none() && !name.is_empty() && (id.is_empty() || !call.contains_key("id"));
            index.or(last) == Some(*at) && !whole && !begins_anew(&id, &name, &text(call, "id").unwrap_or_default())
        };
        let place = self.calls.iter().rposition(of).unwrap_or_else(|| {
            let next = last.map_or(0, |last| last.saturating_add(1));
            self.calls.push((index.unwrap_or(next), Map::new()));
            self.calls.len() - 1
        });
        let call = &mut self.calls[place].1;
        for (name, value) in piece.iter().filter(|(name, _)| *name != "index") {
            merge_call(call, name, value);
        }
    }
}

/// Joins what comes in pieces; the words that some servers repeat stay as they were.
fn merge(into: &mut Map<String, Value>, name: &str, value: &Value) {
    match (into.get_mut(name), value) {
        (Some(Value::String(_)), Value::String(_)) if name == "role" => {}
        (Some(Value::String(before)), Value::String(more)) => before.push_str(more),
        (Some(Value::Array(before)), Value::Array(more)) => before.extend(more.iter().cloned()),
        (Some(_), Value::Null) => {}
        _ => {
            into.insert(name.to_owned(), value.clone());
        }
    }
}

/// Of a call only the arguments come in pieces.
fn merge_call(call: &mut Map<String, Value>, name: &str, value: &Value) {
    match (name, value) {
        (_, Value::Null) => {}
        ("function", Value::Object(piece)) => {
            let function = call.entry(name).or_insert_with(|| Value::Object(Map::new()));
            let Value::Object(function) = function else { return };
            for (name, value) in piece {
                if name == "arguments" {
                    merge(function, name, value);
                } else {
                    merge_call(function, name, value);
                }
            }
        }
        (_, Value::String(text)) if text.is_empty() => {}
        _ => {
            call.entry(name).or_insert_with(|| value.clone());
        }
    }
}

/// Gathers the events of a Responses stream as JSON into the response that
/// [`answer_response_value`](crate::OpenAiTools::answer_response_value) takes. Events that it does not know are nothing
/// to it.
///
/// # Example
/// ```
/// use composio_openai::ResponseValueStream;
/// use serde_json::json;
///
/// let mut stream = ResponseValueStream::new();
/// stream.push(&json!({"type": "response.news"}));
/// stream.push(&json!({"type": "response.output_item.done", "output_index": 0,
///     "item": {"type": "function_call", "call_id": "call_1", "name": "KIT_ECHO", "arguments": "{}"}}));
/// assert_eq!(stream.finish()["output"][0]["name"], "KIT_ECHO");
/// ```
#[derive(Clone, Debug, Default)]
pub struct ResponseValueStream {
    /// By their index, and the count of those that came after it without one.
    items: BTreeMap<(u64, usize), Value>,
    response: Option<Value>,
}

impl ResponseValueStream {
    /// A stream of which nothing has come in.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next event.
    pub fn push(&mut self, event: &Value) {
        match event["type"].as_str() {
            Some("response.output_item.done") => {
                // Without an index it comes after all others, also after the largest.
                let next = self.items.last_key_value().map_or((0, 0), |((index, again), _)| (*index, again + 1));
                let place = event["output_index"].as_u64().map_or(next, |index| (index, 0));
                self.items.insert(place, event["item"].clone());
            }
            Some("response.completed" | "response.incomplete" | "response.failed") => {
                self.response = Some(event["response"].clone());
            }
            _ => {}
        }
    }

    /// The response with its whole output. Without an `id` and a `status` where the stream broke off.
    #[must_use]
    pub fn finish(self) -> Value {
        let mut response = self.response.filter(Value::is_object).unwrap_or_else(|| json!({}));
        if response["output"].as_array().is_none_or(Vec::is_empty) {
            response["output"] = self.items.into_values().collect();
        }
        response
    }
}
