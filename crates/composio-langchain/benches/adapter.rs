//! What the adapter costs. Run with: cargo bench -p composio-langchain

use composio_conformance::adapter::bench;
use composio_core::ToolSet;
use composio_langchain::langchain_rust::schemas::FunctionDefinition;
use composio_langchain::langchain_rust::tools::Tool as _;
use composio_langchain::{LangChainTool, LangChainTools as _};

fn main() {
    bench::report("composio-langchain", shown, |tools, call| {
        Box::pin(async move {
            let Some(tool) = tools.named(&call.name) else { return tools.no_such_tool(&call.name).text() };
            let text = LangChainTool::from(tool.clone()).call(&call.arguments).await;
            text.unwrap_or_else(|error| error.to_string())
        })
    });
}

/// As an agent does when it is built: a conversion alone would copy no schema.
fn shown(tools: &ToolSet) -> Vec<FunctionDefinition> {
    tools.to_langchain().iter().map(FunctionDefinition::from_langchain_tool).collect()
}
