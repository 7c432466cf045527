//! The suite that every adapter must pass, over whole runs of a rig agent.

use async_trait::async_trait;
use composio_conformance::adapter::{Adapter, Call, Reply, Shown};
use composio_core::ToolSet;
use composio_rig::RigTools as _;

use crate::model::{ScriptedModel, Turn, says};
use crate::stage::answering_agent;

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
