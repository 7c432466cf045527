//! What the adapter costs. Run with: cargo bench -p composio-rig
#![allow(clippy::expect_used, reason = "a bench fails by panicking")]

use std::sync::{Arc, OnceLock};

use composio_conformance::adapter::bench;
use composio_rig::RigTools as _;
use rig::agent::tool::{ToolContext, ToolSet};

fn main() {
    // As an agent keeps them: registered once.
    let registered = OnceLock::new();
    bench::report("composio-rig", composio_core::ToolSet::to_rig, |tools, call| {
        let registered = Arc::clone(registered.get_or_init(|| {
            let mut set = ToolSet::default();
            for tool in tools.to_rig() {
                set.add_dynamic_tool(tool);
            }
            Arc::new(set)
        }));
        Box::pin(async move {
            let tool = registered.get(&call.name).expect("it is registered");
            tool.execute(call.arguments, &mut ToolContext::new()).await.output().render()
        })
    });
}
