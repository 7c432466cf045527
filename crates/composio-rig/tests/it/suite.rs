//! The suite that every adapter must pass, over whole runs of a rig agent.

use async_trait::async_trait;
use composio_conformance::adapter::{Adapter, Call, Reply, Shown};
use composio_core::{Approval, ToolSet};
use composio_rig::RigTools as _;
use rig::AgentBuilder;

use crate::model::{ScriptedModel, Turn, calls, says};
use crate::stage::{Waiting, answering_agent};

struct OverRig;

#[async_trait]
impl Adapter for OverRig {
    fn shown(&self, tools: &ToolSet) -> Vec<Shown> {
        let shown = |tool: rig::tool::DynamicTool| {
            let definition = tool.definition();
            Shown {
                name: definition.name.to_string(),
                description: definition.description,
                schema: definition.parameters,
                strict: None,
            }
        };
        tools.to_rig().into_iter().map(shown).collect()
    }

    async fn answer(&self, tools: &ToolSet, calls: Vec<Call>) -> Vec<Reply> {
        let turn = |calls: &[&Call]| {
            Turn::Calls(calls.iter().map(|c| (c.id.clone(), c.name.clone(), c.arguments.clone())).collect())
        };
        let all: Vec<_> = calls.iter().collect();
        let ours: Vec<_> = calls.iter().filter(|call| tools.named(&call.name).is_some()).collect();
        let mut script = vec![turn(&all)];
        // rig makes no call of a turn in which a name is wrong, and tells the model so. It makes the others again.
        if !ours.is_empty() && ours.len() < all.len() {
            script.push(turn(&ours));
        }
        script.push(says("done"));

        let model = ScriptedModel::start(script).await;
        answering_agent(&model, tools).prompt("Go.").tool_concurrency(8).await.unwrap();
        let mut read = model.read();
        // Of a call that was made again, the later answer. rig gave it an id of its own.
        let again = read.split_off(calls.len());
        for (call, (_, text)) in ours.iter().zip(again) {
            read.iter_mut().filter(|(id, _)| *id == call.id).for_each(|(_, before)| before.clone_from(&text));
        }
        read.into_iter().map(|(id, text)| Reply::Text { id, text }).collect()
    }

    async fn waiting(&self, tools: &ToolSet, call: Call) -> Option<Approval> {
        let model = ScriptedModel::start([calls([(&call.id, &call.name, &call.arguments)]), says("done")]).await;
        let host = Waiting::default();
        let builder = AgentBuilder::new(model.rig()).dynamic_tools(tools.to_rig()).add_hook(host.clone());
        builder.default_max_turns(8).build().prompt("Go.").await.unwrap();
        host.take()
    }

    /// rig answers them itself; with the hook in our words, except for what we would have taken.
    fn sees_malformed_arguments(&self) -> bool {
        false
    }

    /// A tool of rig has no such field.
    fn says_strict(&self) -> bool {
        false
    }
}

composio_conformance::adapter_suite!(OverRig);
