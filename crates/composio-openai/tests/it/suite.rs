//! The suite of adapters, for both APIs in both forms. Everything goes through JSON, as it does on the wire.

use async_trait::async_trait;
use composio_conformance::adapter::{Adapter, Call, Reply, Shown};
use composio_core::{Approval, ToolSet};
use composio_openai::{Answered, OpenAiTools as _};
use serde_json::Value;

use crate::kit::{call, calling, function_call, response, sent, wire};

fn chat_calls(calls: &[Call]) -> Value {
    calling(&calls.iter().map(|made| call(&made.id, &made.name, &made.arguments)).collect::<Vec<_>>())
}

fn response_calls(calls: &[Call]) -> Value {
    response(&calls.iter().map(|made| function_call(&made.id, &made.name, &made.arguments)).collect::<Vec<_>>())
}

/// A tool of a request; its schema and the rest are under `function` in one API and at the top in the other.
fn shown(tool: &Value) -> Shown {
    assert_eq!(tool["type"], "function");
    let function = tool.get("function").unwrap_or(tool);
    Shown {
        name: function["name"].as_str().unwrap().to_owned(),
        description: function["description"].as_str().unwrap().to_owned(),
        schema: function["parameters"].clone(),
        strict: function.get("strict").map(|strict| strict.as_bool().unwrap()),
    }
}

/// What became of each call: its answer, where there is one, comes in the order in which the model reads it.
fn replies<M: serde::Serialize>(calls: &[Call], answered: Option<Answered<M>>, id: &str, text: &str) -> Vec<Reply> {
    let Some(answered) = answered else { return Vec::new() };
    let unhandled: Vec<_> = answered.unhandled.iter().map(|call| call.id.clone()).collect();
    let mut answers = answered.into_answers().into_iter().map(|message| sent(&message));
    let mut reply = |call: &Call| {
        if unhandled.contains(&call.id) {
            return Reply::NotOurs { id: call.id.clone() };
        }
        let answer = answers.next().expect("each call of ours has an answer");
        Reply::Text { id: answer[id].as_str().unwrap().to_owned(), text: answer[text].as_str().unwrap().to_owned() }
    };
    let replies = calls.iter().map(&mut reply).collect();
    assert_eq!(answers.count(), 0, "there are more answers than calls");
    replies
}

/// The question, as the application finds it among the failures.
fn waiting<M>(answered: Option<Answered<M>>) -> Option<Approval> {
    answered?.failures.first()?.error.approval().cloned()
}

mod over_chat {
    use super::*;

    composio_conformance::adapter_suite!(OverChat);

    struct OverChat;

    #[async_trait]
    impl Adapter for OverChat {
        fn shown(&self, tools: &ToolSet) -> Vec<Shown> {
            tools.to_openai_chat().iter().flatten().map(|tool| shown(&sent(tool))).collect()
        }

        async fn answer(&self, tools: &ToolSet, calls: Vec<Call>) -> Vec<Reply> {
            let answered = tools.answer_chat(&wire(chat_calls(&calls))).await;
            replies(&calls, answered, "tool_call_id", "content")
        }

        async fn waiting(&self, tools: &ToolSet, call: Call) -> Option<Approval> {
            waiting(tools.answer_chat(&wire(chat_calls(&[call]))).await)
        }
    }
}

mod over_responses {
    use super::*;

    composio_conformance::adapter_suite!(OverResponses);

    struct OverResponses;

    #[async_trait]
    impl Adapter for OverResponses {
        fn shown(&self, tools: &ToolSet) -> Vec<Shown> {
            tools.to_openai_responses().iter().flatten().map(|tool| shown(&sent(tool))).collect()
        }

        async fn answer(&self, tools: &ToolSet, calls: Vec<Call>) -> Vec<Reply> {
            let answered = tools.answer_response(&wire(response_calls(&calls))).await;
            replies(&calls, answered, "call_id", "output")
        }

        async fn waiting(&self, tools: &ToolSet, call: Call) -> Option<Approval> {
            waiting(tools.answer_response(&wire(response_calls(&[call]))).await)
        }
    }
}

mod over_chat_values {
    use super::*;

    composio_conformance::adapter_suite!(OverChatValues);

    struct OverChatValues;

    #[async_trait]
    impl Adapter for OverChatValues {
        fn shown(&self, tools: &ToolSet) -> Vec<Shown> {
            tools.to_openai_chat_values().iter().flatten().map(shown).collect()
        }

        async fn answer(&self, tools: &ToolSet, calls: Vec<Call>) -> Vec<Reply> {
            let answered = tools.answer_chat_value(&chat_calls(&calls)).await;
            replies(&calls, answered, "tool_call_id", "content")
        }

        async fn waiting(&self, tools: &ToolSet, call: Call) -> Option<Approval> {
            waiting(tools.answer_chat_value(&chat_calls(&[call])).await)
        }
    }
}

mod over_response_values {
    use super::*;

    composio_conformance::adapter_suite!(OverResponseValues);

    struct OverResponseValues;

    #[async_trait]
    impl Adapter for OverResponseValues {
        fn shown(&self, tools: &ToolSet) -> Vec<Shown> {
            tools.to_openai_responses_values().iter().flatten().map(shown).collect()
        }

        async fn answer(&self, tools: &ToolSet, calls: Vec<Call>) -> Vec<Reply> {
            let answered = tools.answer_response_value(&response_calls(&calls)).await;
            replies(&calls, answered, "call_id", "output")
        }

        async fn waiting(&self, tools: &ToolSet, call: Call) -> Option<Approval> {
            waiting(tools.answer_response_value(&response_calls(&[call])).await)
        }
    }
}
