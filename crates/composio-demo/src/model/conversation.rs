//! Conversations, read from both wire forms into one.

use serde_json::Value;

use super::refusal::Refusal;
use super::script::{CallResult, Turn};
use super::tools::{Layout, check_name, offered};

#[derive(Debug, PartialEq, Eq)]
enum Entry {
    Instructions(String),
    User(String),
    /// The ids and names of what it called.
    Assistant(Vec<Call>),
    Result {
        call_id: String,
        text: String,
    },
}

#[derive(Debug, PartialEq, Eq)]
struct Call {
    id: String,
    name: String,
}

/// Reads the body of a request to Chat Completions.
pub(super) fn of_chat(body: &Value) -> Result<Turn, Refusal> {
    let tools = offered(body, Layout::Nested)?;
    let messages = list(body, "messages")?;
    let entries: Vec<_> = messages
        .iter()
        .enumerate()
        .map(|(place, message)| message_of_chat(message, place))
        .collect::<Result<_, _>>()?;
    answered_at_once(&entries)?;
    turn(body, tools, &entries)
}

/// Reads the body of a request to Responses. `items` are its input, behind those of the response that it goes on from.
pub(super) fn of_responses(body: &Value, items: &[Value]) -> Result<Turn, Refusal> {
    let tools = offered(body, Layout::Flat)?;
    let mut entries = Vec::new();
    entries.extend(body["instructions"].as_str().map(|text| Entry::Instructions(text.to_owned())));
    for (place, item) in items.iter().enumerate() {
        add_item(&mut entries, item, place)?;
    }
    answered_somewhere(&entries)?;
    turn(body, tools, &entries)
}

/// The input of a request to Responses as items: a bare text is what the user says.
pub(super) fn input_items(body: &Value) -> Result<Vec<Value>, Refusal> {
    match &body["input"] {
        Value::String(text) => Ok(vec![serde_json::json!({ "type": "message", "role": "user", "content": text })]),
        _ => list(body, "input").cloned(),
    }
}

fn list<'a>(body: &'a Value, field: &str) -> Result<&'a Vec<Value>, Refusal> {
    match body[field].as_array() {
        Some(list) if !list.is_empty() => Ok(list),
        Some(_) => Err(Refusal::invalid(field, format!("[] is too short - '{field}'")).code("empty_array")),
        None => Err(Refusal::invalid(field, format!("Missing required parameter: '{field}'"))),
    }
}

fn message_of_chat(message: &Value, place: usize) -> Result<Entry, Refusal> {
    let text = || text_of(&message["content"]);
    match message["role"].as_str().unwrap_or_default() {
        "system" | "developer" => Ok(Entry::Instructions(text())),
        "user" => Ok(Entry::User(text())),
        "tool" => Ok(Entry::Result { call_id: string(message, "tool_call_id"), text: text() }),
        "assistant" => assistant_of_chat(message, place),
        role => {
            let param = format!("messages[{place}].role");
            Err(Refusal::invalid(param, format!("Invalid value for the role of a message: '{role}'")))
        }
    }
}

fn assistant_of_chat(message: &Value, place: usize) -> Result<Entry, Refusal> {
    let param = format!("messages[{place}].tool_calls");
    let calls = match &message["tool_calls"] {
        Value::Null => &[],
        Value::Array(calls) if calls.is_empty() => {
            return Err(Refusal::invalid(&param, format!("[] is too short - '{param}'")).code("empty_array"));
        }
        Value::Array(calls) => calls.as_slice(),
        _ => return Err(Refusal::invalid(&param, format!("'{param}' has to be an array"))),
    };
    let calls = calls.iter().enumerate().map(|(at, call)| {
        let name = check_name(&call["function"]["name"], &format!("{param}[{at}].function.name"))?;
        arguments_are_text(&call["function"], &format!("{param}[{at}].function"))?;
        Ok(Call { id: string(call, "id"), name })
    });
    Ok(Entry::Assistant(calls.collect::<Result<_, _>>()?))
}

/// One item of Responses. What the model said in one go stands in several items.
fn add_item(entries: &mut Vec<Entry>, item: &Value, place: usize) -> Result<(), Refusal> {
    let text = || text_of(&item["content"]);
    let kind = item["type"].as_str().unwrap_or("message");
    match (kind, item["role"].as_str().unwrap_or_default()) {
        ("message", "system" | "developer") => entries.push(Entry::Instructions(text())),
        ("message", "user") => entries.push(Entry::User(text())),
        ("message", "assistant") | ("reasoning", _) => spoken(entries, None),
        ("message", role) => {
            let says = format!("Invalid value for the role of a message: '{role}'");
            return Err(Refusal::invalid(format!("input[{place}].role"), says));
        }
        ("function_call", _) => {
            let param = format!("input[{place}]");
            let name = check_name(&item["name"], &format!("{param}.name"))?;
            arguments_are_text(item, &param)?;
            spoken(entries, Some(Call { id: string(item, "call_id"), name }));
        }
        ("function_call_output", _) => {
            entries.push(Entry::Result { call_id: string(item, "call_id"), text: text_of(&item["output"]) });
        }
        // Calls of tools that the provider runs itself, and the like: nothing for a script.
        _ => {}
    }
    Ok(())
}

fn spoken(entries: &mut Vec<Entry>, call: Option<Call>) {
    match entries.last_mut() {
        Some(Entry::Assistant(calls)) => calls.extend(call),
        _ => entries.push(Entry::Assistant(call.into_iter().collect())),
    }
}

fn arguments_are_text(call: &Value, param: &str) -> Result<(), Refusal> {
    let param = format!("{param}.arguments");
    match &call["arguments"] {
        Value::String(_) => Ok(()),
        Value::Null => Err(Refusal::invalid(&param, format!("Missing required parameter: '{param}'"))),
        _ => Err(Refusal::invalid(&param, format!("Invalid type for '{param}': expected a string"))),
    }
}

/// Chat Completions: right behind the calls stands one answer to each, and nothing between.
fn answered_at_once(entries: &[Entry]) -> Result<(), Refusal> {
    let mut open: Vec<&str> = Vec::new();
    for entry in entries {
        if let Entry::Result { call_id, .. } = entry {
            let Some(place) = open.iter().position(|id| id == call_id) else {
                let says = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'";
                return Err(Refusal::invalid("messages", format!("{says}; '{call_id}' is none, or answered twice")));
            };
            open.remove(place);
            continue;
        }
        all_answered(&open)?;
        if let Entry::Assistant(calls) = entry {
            open = calls.iter().map(|call| call.id.as_str()).collect();
        }
    }
    all_answered(&open)
}

fn all_answered(open: &[&str]) -> Result<(), Refusal> {
    if open.is_empty() {
        return Ok(());
    }
    let says = "An assistant message with 'tool_calls' must be followed by tool messages responding to each \
                'tool_call_id'. These had no response";
    Err(Refusal::invalid("messages", format!("{says}: {}", open.join(", "))))
}

/// Responses: an answer to each call, wherever, and no other.
fn answered_somewhere(entries: &[Entry]) -> Result<(), Refusal> {
    let mut open: Vec<&str> = Vec::new();
    for entry in entries {
        match entry {
            Entry::Assistant(calls) => open.extend(calls.iter().map(|call| call.id.as_str())),
            Entry::Result { call_id, .. } => {
                let Some(place) = open.iter().position(|id| id == call_id) else {
                    let says = format!("No tool call found for function call output with call_id {call_id}");
                    return Err(Refusal::invalid("input", says));
                };
                open.remove(place);
            }
            Entry::Instructions(_) | Entry::User(_) => {}
        }
    }
    match open.first() {
        Some(id) => Err(Refusal::invalid("input", format!("No tool output found for function call {id}"))),
        None => Ok(()),
    }
}

fn turn(body: &Value, tools: Vec<String>, entries: &[Entry]) -> Result<Turn, Refusal> {
    let model = string(body, "model");
    if model.is_empty() {
        return Err(Refusal::invalid("model", "you must provide a model parameter"));
    }
    let mut turn = Turn { model, tools, ..Turn::default() };
    let mut instructions = Vec::new();
    let mut calls: Vec<&Call> = Vec::new();
    for entry in entries {
        match entry {
            Entry::Instructions(text) => instructions.push(text.as_str()),
            Entry::User(text) => turn.user.clone_from(text),
            Entry::Assistant(called) => {
                turn.assistant_turns += 1;
                calls.extend(called);
            }
            Entry::Result { call_id, text } => {
                // Ids may come again in another turn: the latest is meant.
                let call = calls.iter().rev().find(|call| call.id == *call_id);
                let name = call.map(|call| call.name.as_str()).unwrap_or_default();
                turn.results.push(CallResult::new(call_id, name, text.as_str()));
            }
        }
    }
    turn.instructions = instructions.join("\n");
    Ok(turn)
}

/// Text, or the text parts of a list.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

fn string(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_default().to_owned()
}
