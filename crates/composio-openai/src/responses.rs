//! The Responses API.

use async_openai::types::responses::{
    CustomToolCallOutput, CustomToolCallOutputOutput, FunctionCallOutput, FunctionCallOutputItemParam, FunctionTool,
    FunctionToolCall, InputItem, Item, OutputItem, OutputStatus, Tool, ToolCallCaller,
};
use composio_core::{SessionTool, ToolSet};
use serde_json::{Map, Value};

use crate::answered::{Answered, Asked, Given, Slot, answer};

/// The tools, or nothing where there are none.
pub(crate) fn tools(set: &ToolSet) -> Option<Vec<Tool>> {
    (!set.is_empty()).then(|| set.iter().map(tool).collect())
}

fn tool(tool: &SessionTool) -> Tool {
    Tool::Function(FunctionTool {
        name: tool.name().to_owned(),
        description: Some(tool.description().to_owned()),
        parameters: Some(Value::Object(Map::clone(tool.schema()))),
        // Never left out: this API takes that for "strict".
        strict: Some(tool.is_strict()),
        ..FunctionTool::default()
    })
}

pub(crate) async fn answer_output(set: &ToolSet, output: &[OutputItem]) -> Option<Answered<InputItem>> {
    let asked: Vec<_> = output.iter().filter_map(asked).collect();
    if asked.is_empty() {
        return None;
    }
    // Everything, reasoning too: the API refuses a call without the reasoning that led to it.
    let echo = output.iter().cloned().map(InputItem::from).collect();
    Some(answer(set, echo, asked, answering).await)
}

fn asked(item: &OutputItem) -> Option<Asked<'_>> {
    match item {
        OutputItem::FunctionCall(call) => Some(function(call)),
        OutputItem::CustomToolCall(call) => {
            let slot = Slot { id: call.call_id.clone(), custom: true, caller: known(call.caller.as_ref()) };
            Some(Asked { slot, name: &call.name, arguments: Given::Text(&call.input), foreign: true })
        }
        _ => None,
    }
}

fn function(call: &FunctionToolCall) -> Asked<'_> {
    let cut_off = call.status == Some(OutputStatus::Incomplete);
    Asked {
        slot: Slot { id: call.call_id.clone(), custom: false, caller: known(call.caller.as_ref()) },
        name: &call.name,
        arguments: Given::text(&call.arguments, cut_off),
        // Our tools are in no namespace; whatever is in one is somebody else's, even if it has the same name.
        foreign: call.namespace.is_some(),
    }
}

fn known(caller: Option<&ToolCallCaller>) -> Option<Value> {
    caller.and_then(|caller| serde_json::to_value(caller).ok())
}

fn answering(slot: Slot, text: String) -> InputItem {
    let caller = slot.caller.and_then(|caller| serde_json::from_value(caller).ok());
    InputItem::Item(if slot.custom {
        let output = CustomToolCallOutputOutput::Text(text);
        Item::CustomToolCallOutput(CustomToolCallOutput { call_id: slot.id, output, id: None, caller })
    } else {
        Item::FunctionCallOutput(FunctionCallOutputItemParam {
            call_id: Some(slot.id),
            output: FunctionCallOutput::Text(text),
            id: None,
            status: None,
            name: None,
            namespace: None,
            caller,
        })
    })
}
