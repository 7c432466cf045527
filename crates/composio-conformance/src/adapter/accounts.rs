//! Sessions with several accounts: the model names the one that a call is for.

use composio_core::{Composio, MultiAccount, ScriptedBackend, ToolSet};
use serde_json::{Value, json};

use super::Adapter;
use super::stage::{error_text, reply, told};

/// A tool that has no parameter of such a name.
const NOTE: &str = "KIT_NOTE";
/// One that has one itself.
const TAKEN: &str = "KIT_TAKEN";

fn backend() -> ScriptedBackend {
    let text = json!({"type": "string"});
    let note = json!({"type": "object", "properties": {"note": text}, "required": ["note"]});
    let taken = json!({"type": "object", "properties": {"account": text}});
    ScriptedBackend::new().tool(NOTE, "kit", note).tool(TAKEN, "kit", taken)
}

async fn tools(backend: &ScriptedBackend) -> ToolSet {
    let building = Composio::with_backend(backend.clone()).create("user_u").preload([NOTE, TAKEN]);
    building.multi_account(MultiAccount::default()).await.unwrap().tools().await.unwrap()
}

/// What was sent: the arguments, and the account that the call is for.
fn sent(backend: &ScriptedBackend) -> Vec<(Value, Option<String>)> {
    backend.calls().into_iter().map(|call| (Value::Object(call.arguments), call.account)).collect()
}

/// With several accounts every tool has a parameter for the account, which a model may leave out; a strict one too.
pub async fn with_several_accounts_a_tool_asks_which(adapter: &dyn Adapter) {
    let tools = tools(&backend()).await;
    let shown = adapter.shown(&tools);
    assert_eq!(shown[0].schema["properties"]["account"]["type"], "string", "{}", shown[0].schema);
    assert_eq!(shown[0].schema["required"], json!(["note"]));
    assert_eq!(shown[1].schema["properties"]["connected_account"]["type"], "string", "{}", shown[1].schema);
    let strict = adapter.shown(&tools.strict());
    assert_eq!(strict[0].schema["properties"]["account"]["type"], json!(["string", "null"]), "{}", strict[0].schema);
}

/// The account that a model names is the call's, and no argument of it.
pub async fn the_account_that_a_model_names_is_no_argument(adapter: &dyn Adapter) {
    for strict in [false, true] {
        let backend = backend();
        let tools = if strict { tools(&backend).await.strict() } else { tools(&backend).await };
        reply(adapter, &tools, NOTE, json!({"note": "n", "account": "work"})).await;
        reply(adapter, &tools, NOTE, json!({"account": null, "note": "n"})).await;
        reply(adapter, &tools, TAKEN, json!({"account": "its own", "connected_account": "ca_1"})).await;
        let expected = [
            (json!({"note": "n"}), Some("work".to_owned())),
            (json!({"note": "n"}), None),
            (json!({"account": "its own"}), Some("ca_1".to_owned())),
        ];
        assert_eq!(sent(&backend), expected, "strict: {strict}");
    }
}

/// An account that is no text is told, and nothing is sent with whatever it was taken for.
pub async fn an_account_that_is_no_text_is_told(adapter: &dyn Adapter) {
    let backend = backend();
    let read = told(adapter, &tools(&backend).await, NOTE, json!({"note": "n", "account": ["work"]})).await;
    assert!(error_text(&read).contains("`account` has to be the id or the alias"), "{read}");
    assert_eq!(sent(&backend), []);
}
