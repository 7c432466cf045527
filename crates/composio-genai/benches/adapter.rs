//! What the adapter costs. Run with: cargo bench -p composio-genai --bench adapter

#![allow(clippy::expect_used, reason = "a benchmark fails by panicking")]

use composio_conformance::adapter::bench;
use composio_genai::GenAiTools as _;
use composio_genai::genai::chat::ToolCall;

fn main() {
    bench::report(
        "composio-genai",
        |tools| tools.to_genai(),
        |tools, call| {
            Box::pin(async move {
                let call = ToolCall {
                    call_id: call.id,
                    fn_name: call.name,
                    fn_arguments: serde_json::from_str(&call.arguments).expect("the calls of a measurement are JSON"),
                    thought_signatures: None,
                };
                let answered = tools.answer_calls(&[&call]).await.expect("one call was made");
                answered.into_responses().remove(0).content
            })
        },
    );
}
