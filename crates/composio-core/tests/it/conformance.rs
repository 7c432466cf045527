//! What every backend promises, as far as the fake claims it.

#![expect(clippy::panic, reason = "a scenario that asks for what is not claimed is a mistake")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use composio_conformance::harness::{self as contract, AccountSeed, ConfigSeed, Harness, REFUSAL, REFUSED, Trouble};
use composio_core::secrecy::SecretString;
use composio_core::{
    AuthConfigId, Backend, ConnectFlow, ConnectedAccountId, ConnectionStatus, Error, ErrorKind, McpAccess,
    ScriptedBackend, Url,
};
use serde_json::{Value, json};

composio_conformance::backend_suite!(
    Scripted::new(),
    lacks [Explain Management McpTokens Events Search Proxy Files Pages McpAccess]
);

/// The fake, with the toolkits of the contract.
struct Scripted {
    project: ScriptedBackend,
    other: ScriptedBackend,
}

impl Scripted {
    fn new() -> Self {
        Self { project: scripted(), other: scripted() }
    }
}

fn scripted() -> ScriptedBackend {
    contract::toolkits().fold(ScriptedBackend::new(), |backend, toolkit| {
        let slug = |verb: &str| format!("{}_{verb}", toolkit.to_uppercase());
        let schema =
            json!({"type": "object", "properties": {"note": {"type": "string"}, "times": {"type": "integer"}}});
        let backend = backend
            .tool(&slug("WHOAMI"), &toolkit, json!({"type": "object"}))
            .tags(&slug("WHOAMI"), &["readOnlyHint"])
            .answer(&slug("WHOAMI"), |_| Ok(json!({"account": null})));
        if toolkit.starts_with("extra_") {
            return backend;
        }
        let backend = backend.tool(&slug("TOUCH"), &toolkit, schema).tags(&slug("TOUCH"), &["createHint"]).answer(
            &slug("TOUCH"),
            |call| {
                if call.arguments["note"] == REFUSED {
                    return Err(Error::new(ErrorKind::ToolFailed, "answered 422").with_model_text(REFUSAL));
                }
                Ok(Value::Object(call.arguments.clone()))
            },
        );
        backend
            .tool(&slug("WIPE"), &toolkit, json!({"type": "object"}))
            .tags(&slug("WIPE"), &["destructiveHint"])
            .answer(&slug("WIPE"), |_| Ok(json!({"account": null})))
    })
}

/// Accounts and pages are not claimed, so no scenario that is run asks for them.
#[async_trait]
impl Harness for Scripted {
    fn backend(&self) -> Arc<dyn Backend> {
        Arc::new(self.project.clone())
    }

    fn other_project(&self) -> Arc<dyn Backend> {
        Arc::new(self.other.clone())
    }

    async fn auth_config(&self, toolkit: &str, _: ConfigSeed) -> AuthConfigId {
        panic!("the fake has no auth configs, and was asked for one of {toolkit}")
    }

    async fn account(&self, seed: AccountSeed) -> ConnectedAccountId {
        panic!("the fake is given no accounts, and was asked for {}", seed.label)
    }

    async fn set_status(&self, account: &ConnectedAccountId, _: ConnectionStatus) {
        panic!("the fake is given no accounts, and was asked to change {account}")
    }

    async fn advance(&self, by: Duration) {
        self.project.pass_time(by);
    }

    fn connect_flow(&self) -> Option<Arc<dyn ConnectFlow>> {
        None
    }

    fn mcp_access(&self) -> Option<Arc<dyn McpAccess>> {
        None
    }

    async fn consent(&self, _: &Url, _: Option<&str>) -> Url {
        panic!("the fake sends nobody to a service")
    }

    fn key(&self, label: &str) -> SecretString {
        label.into()
    }

    async fn trouble(&self, trouble: Trouble, _: usize) {
        panic!("the fake has no services, and was asked for trouble of theirs: {trouble:?}")
    }

    fn requests(&self) -> usize {
        self.project.calls().len()
    }
}
