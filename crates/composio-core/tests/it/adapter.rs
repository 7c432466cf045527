//! The suite of adapters on the core alone, and the proof that each of its scenarios can turn red.

mod broken;

use async_trait::async_trait;
use composio_conformance::adapter::{Adapter, Call, Reply, Shown};
use composio_core::{Approval, SessionTool, ToolSet};
use futures::future::join_all;
use serde_json::Value;

composio_conformance::adapter_suite!(OverCore);

/// The least that an adapter can be: its framework is this file.
struct OverCore;

#[async_trait]
impl Adapter for OverCore {
    fn shown(&self, tools: &ToolSet) -> Vec<Shown> {
        tools.iter().map(shown).collect()
    }

    async fn answer(&self, tools: &ToolSet, calls: Vec<Call>) -> Vec<Reply> {
        join_all(calls.into_iter().map(|call| answer(tools, call))).await
    }

    async fn waiting(&self, tools: &ToolSet, call: Call) -> Option<Approval> {
        waiting(tools, &call).await
    }
}

async fn waiting(tools: &ToolSet, call: &Call) -> Option<Approval> {
    tools.named(&call.name)?.answer(&call.arguments).await.error()?.approval().cloned()
}

fn shown(tool: &SessionTool) -> Shown {
    Shown {
        name: tool.name().to_owned(),
        description: tool.description().to_owned(),
        schema: Value::Object(tool.schema().as_ref().clone()),
        strict: Some(tool.is_strict()),
    }
}

async fn answer(tools: &ToolSet, call: Call) -> Reply {
    match tools.named(&call.name) {
        Some(tool) => Reply::Text { id: call.id, text: tool.answer(&call.arguments).await.text() },
        None => Reply::NotOurs { id: call.id },
    }
}

/// The same over a framework that says less: it answers what is no object itself, one call after the other, tells a model
/// of names that nobody has, and cannot say `strict`, and keeps failures from the application.
mod over_a_framework_that_says_less {
    use super::*;

    composio_conformance::adapter_suite!(OverLess);

    struct OverLess;

    #[async_trait]
    impl Adapter for OverLess {
        fn shown(&self, tools: &ToolSet) -> Vec<Shown> {
            tools.iter().map(|tool| Shown { strict: None, ..shown(tool) }).collect()
        }

        async fn answer(&self, tools: &ToolSet, calls: Vec<Call>) -> Vec<Reply> {
            let mut replies = Vec::new();
            for call in calls {
                replies.push(one(tools, call).await);
            }
            replies
        }

        fn sees_malformed_arguments(&self) -> bool {
            false
        }

        fn says_strict(&self) -> bool {
            false
        }

        fn shows_failures(&self) -> bool {
            false
        }
    }

    async fn one(tools: &ToolSet, call: Call) -> Reply {
        let read: Option<Value> = serde_json::from_str(&call.arguments).ok();
        let empty = call.arguments.trim().is_empty();
        let text = match (tools.named(&call.name), read) {
            (None, _) => tools.no_such_tool(&call.name).text(),
            (Some(tool), Some(object @ (Value::Object(_) | Value::Null))) => tool.answer(object).await.text(),
            (Some(tool), None) if empty => tool.answer("").await.text(),
            (Some(_), read) => format!("These arguments are no object: {read:?}"),
        };
        Reply::Text { id: call.id, text }
    }
}
