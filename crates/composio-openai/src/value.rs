//! Both APIs as plain JSON, for servers that are compatible in the main.

use std::collections::HashSet;

use composio_core::{SessionTool, ToolSet};
use serde_json::{Map, Value};

use crate::answered::{Answered, Asked, Given, Slot, answer};

type Object = Map<String, Value>;

pub(crate) fn chat_tools(set: &ToolSet) -> Option<Vec<Value>> {
    let tool = |tool: &SessionTool| {
        let strict = tool.is_strict().then_some(true);
        object([("type", "function".into()), ("function", Value::Object(function(tool, strict)))])
    };
    (!set.is_empty()).then(|| set.iter().map(tool).collect())
}

pub(crate) fn response_tools(set: &ToolSet) -> Option<Vec<Value>> {
    let tool = |tool: &SessionTool| {
        let mut function = function(tool, Some(tool.is_strict()));
        function.insert("type".to_owned(), "function".into());
        Value::Object(function)
    };
    (!set.is_empty()).then(|| set.iter().map(tool).collect())
}

/// Not by `json!`, which would copy the schema once more.
fn function(tool: &SessionTool, strict: Option<bool>) -> Object {
    let mut function = Object::new();
    function.insert("name".to_owned(), tool.name().into());
    function.insert("description".to_owned(), tool.description().into());
    function.insert("parameters".to_owned(), Value::Object(Map::clone(tool.schema())));
    if let Some(strict) = strict {
        function.insert("strict".to_owned(), strict.into());
    }
    function
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

pub(crate) async fn answer_chat(set: &ToolSet, reply: &Value) -> Option<Answered<Value>> {
    let (message, finished) = first(reply)?;
    let calls: Vec<_> = message.get("tool_calls")?.as_array()?.iter().filter_map(Value::as_object).collect();
    let mut ids = Ids::new(reply, calls.iter().map(|call| call.get("id")));
    let cut_off = matches!(finished, Some("length" | "content_filter"));
    let (mut asked, mut echoed) = (Vec::with_capacity(calls.len()), Vec::with_capacity(calls.len()));
    for (place, call) in calls.iter().enumerate() {
        let id = ids.next(call.get("id"));
        echoed.push(echo_of_call(call, &id));
        asked.push(chat_call(call, id, cut_off && place + 1 == calls.len()));
    }
    if asked.is_empty() {
        return None;
    }
    let mut echo = message.clone();
    echo.entry("role").or_insert_with(|| "assistant".into());
    echo.insert("tool_calls".to_owned(), Value::Array(echoed));
    Some(answer(set, vec![Value::Object(echo)], asked, chat_answer).await)
}

/// The message of the first choice and why it ended; some servers have the message at the top.
fn first(reply: &Value) -> Option<(&Object, Option<&str>)> {
    let choice = match reply.get("choices").and_then(Value::as_array) {
        Some(choices) => choices.iter().find(|choice| choice["index"] == 0).or_else(|| choices.first())?,
        None => reply,
    };
    Some((choice.get("message")?.as_object()?, choice.get("finish_reason").and_then(Value::as_str)))
}

fn chat_call(call: &Object, id: String, cut_off: bool) -> Asked<'_> {
    let custom = is_custom(call);
    let inner = call.get(if custom { "custom" } else { "function" }).and_then(Value::as_object).unwrap_or(call);
    let arguments = given(inner.get(if custom { "input" } else { "arguments" }), cut_off);
    Asked { slot: Slot { id, custom, caller: None }, name: text(inner, "name"), arguments, foreign: custom }
}

fn is_custom(call: &Object) -> bool {
    text(call, "type") == "custom"
}

/// A call as it goes back: as it came, with what every server demands of a request.
fn echo_of_call(call: &Object, id: &str) -> Value {
    let mut echo = call.clone();
    echo.insert("id".to_owned(), id.into());
    if text(call, "type").is_empty() {
        echo.insert("type".to_owned(), "function".into());
    }
    if let Some(Value::Object(function)) = echo.get_mut("function") {
        fill_arguments(function);
    }
    Value::Object(echo)
}

fn fill_arguments(call: &mut Object) {
    if call.get("arguments").is_none_or(Value::is_null) {
        call.insert("arguments".to_owned(), "{}".into());
    }
}

fn chat_answer(slot: Slot, text: String) -> Value {
    object([("role", "tool".into()), ("tool_call_id", slot.id.into()), ("content", text.into())])
}

pub(crate) async fn answer_response(set: &ToolSet, reply: &Value) -> Option<Answered<Value>> {
    let output = reply.get("output").unwrap_or(reply).as_array()?;
    let mut ids = Ids::new(reply, output.iter().filter(|item| is_call(item)).map(|item| item.get("call_id")));
    let (mut asked, mut echo) = (Vec::new(), Vec::with_capacity(output.len()));
    for item in output {
        let Some(call) = item.as_object().filter(|_| is_call(item)) else {
            echo.push(item.clone());
            continue;
        };
        let id = ids.next(call.get("call_id"));
        let mut back = call.clone();
        back.insert("call_id".to_owned(), id.as_str().into());
        back.entry("type").or_insert_with(|| "function_call".into());
        if text(call, "type") != "custom_tool_call" {
            fill_arguments(&mut back);
        }
        echo.push(Value::Object(back));
        asked.push(response_call(call, id));
    }
    (!asked.is_empty()).then_some(())?;
    Some(answer(set, echo, asked, response_answer).await)
}

fn is_call(item: &Value) -> bool {
    match item.get("type").and_then(Value::as_str) {
        Some(kind) => matches!(kind, "function_call" | "custom_tool_call"),
        None => item.get("name").is_some() && item.get("arguments").is_some(),
    }
}

fn response_call(call: &Object, id: String) -> Asked<'_> {
    let custom = text(call, "type") == "custom_tool_call";
    let cut_off = text(call, "status") == "incomplete";
    let foreign = custom || call.get("namespace").is_some_and(|namespace| !namespace.is_null());
    let caller = call.get("caller").filter(|caller| !caller.is_null()).cloned();
    let arguments = given(call.get(if custom { "input" } else { "arguments" }), cut_off);
    Asked { slot: Slot { id, custom, caller }, name: text(call, "name"), arguments, foreign }
}

fn response_answer(slot: Slot, text: String) -> Value {
    let kind = if slot.custom { "custom_tool_call_output" } else { "function_call_output" };
    let mut output = object([("type", kind.into()), ("call_id", slot.id.into()), ("output", text.into())]);
    if let Some(caller) = slot.caller {
        output["caller"] = caller;
    }
    output
}

fn text<'a>(object: &'a Object, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn given(arguments: Option<&Value>, cut_off: bool) -> Given<'_> {
    match arguments {
        None | Some(Value::Null) => Given::text("", cut_off),
        Some(Value::String(text)) => Given::text(text, cut_off),
        Some(value) => Given::Value(value),
    }
}

/// The ids of one turn's calls. One that is missing, or was given to two calls, is made up: always the same for the
/// same reply, so that a conversation that is replayed hits caches.
struct Ids {
    reply: String,
    taken: HashSet<String>,
    given: HashSet<String>,
    made: usize,
}

impl Ids {
    fn new<'a>(reply: &Value, given: impl Iterator<Item = Option<&'a Value>>) -> Self {
        let reply = reply.get("id").and_then(Value::as_str).unwrap_or("call").to_owned();
        let given = given.filter_map(|id| id?.as_str().map(str::to_owned)).collect();
        Self { reply, taken: HashSet::new(), given, made: 0 }
    }

    fn next(&mut self, given: Option<&Value>) -> String {
        if let Some(id) = given.and_then(Value::as_str).filter(|id| !id.is_empty())
            && self.taken.insert(id.to_owned())
        {
            return id.to_owned();
        }
        loop {
            let id = format!("{}_{}", self.reply, self.made);
            self.made += 1;
            if !self.given.contains(&id) {
                return id;
            }
        }
    }
}
