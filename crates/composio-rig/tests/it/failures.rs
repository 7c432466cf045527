//! Calls that fail. The model reads why, and the run goes on.

use std::sync::{Arc, Mutex};

use composio_core::{Composio, Error, ErrorKind, Url};
use composio_rig::{LogId, RigTools as _};
use rig::AgentBuilder;
use rig::agent::{AgentHook, HookContext, OutcomeAction, OutcomeEvent};
use serde_json::json;

use crate::model::{ScriptedModel, calls, says};
use crate::stage::{agent, backend, parsed, session, tools};

const KINDS: [ErrorKind; 17] = [
    ErrorKind::InvalidInput,
    ErrorKind::NotFound,
    ErrorKind::Conflict,
    ErrorKind::ConnectionRequired,
    ErrorKind::NoManagedAuth,
    ErrorKind::Unauthorized,
    ErrorKind::PermissionDenied,
    ErrorKind::RateLimited,
    ErrorKind::InputRequired,
    ErrorKind::Blocked,
    ErrorKind::ToolFailed,
    ErrorKind::OutcomeUnknown,
    ErrorKind::Cancelled,
    ErrorKind::Timeout,
    ErrorKind::Unavailable,
    ErrorKind::Unsupported,
    ErrorKind::Unexpected,
];

#[tokio::test]
async fn no_kind_of_failure_ends_a_run() {
    for kind in KINDS {
        let backend = backend().answer("KIT_ECHO", move |_| Err(Error::new(kind, "an operator's line")));
        let model = ScriptedModel::start([calls([("c1", "KIT_ECHO", "{}")]), says("I could not.")]).await;

        let response = agent(&model, &tools(&backend).await).prompt("Note.").await;

        assert_eq!(response.unwrap().output(), "I could not.", "{kind:?}");
        let expected = json!({"successful": false, "data": null, "error": Error::new(kind, "").for_model()});
        assert_eq!(parsed(&model.read()[0].1), expected, "{kind:?}");
    }
}

#[tokio::test]
async fn what_the_service_said_is_read_and_the_calls_beside_it_are_made() {
    let failed = || Error::new(ErrorKind::ToolFailed, "POST answered 422").with_model_text("title is missing");
    let backend = backend().answer("KIT_OTHER", move |_| Err(failed()));
    let turn = calls([("c1", "KIT_OTHER", "{}"), ("c2", "KIT_ECHO", "{}")]);
    let model = ScriptedModel::start([turn, says("done")]).await;

    agent(&model, &tools(&backend).await).prompt("Go.").await.unwrap();

    let read = model.read();
    assert_eq!(read[0].1, r#"{"successful":false,"data":null,"error":"title is missing"}"#);
    assert_eq!(parsed(&read[1].1)["successful"], true);
}

/// What a host sees of calls: the link to show, and the id of the call.
#[derive(Clone, Default)]
struct Host {
    links: Arc<Mutex<Vec<Url>>>,
    log_ids: Arc<Mutex<Vec<LogId>>>,
}

impl AgentHook for Host {
    async fn on_outcome(&self, _: &HookContext, event: OutcomeEvent<'_>) -> OutcomeAction {
        let failure = event.tool_result().and_then(|result| result.error());
        let link = failure.and_then(|failure| failure.downcast_ref::<Error>()).and_then(Error::connect_url);
        self.links.lock().unwrap().extend(link.cloned());
        let log_id = event.tool_context().and_then(|context| context.result::<LogId>().unwrap());
        self.log_ids.lock().unwrap().extend(log_id);
        OutcomeAction::proceed()
    }
}

fn missing(_: &composio_core::ToolCall) -> composio_core::Result<serde_json::Value> {
    let url = Url::parse("https://connect.example/link/capability").unwrap();
    let error = Error::new(ErrorKind::ConnectionRequired, "no active connection for kit").with_connect_url(url);
    Err(error.with_log_id("log_of_failure"))
}

#[tokio::test]
async fn a_missing_connection_is_told_to_the_model_and_its_link_to_the_host() {
    let backend = backend().answer("KIT_ECHO", missing);
    let model = ScriptedModel::start([calls([("c1", "KIT_ECHO", "{}")]), says("Please connect.")]).await;
    let host = Host::default();

    let builder = AgentBuilder::new(model.rig()).dynamic_tools(tools(&backend).await.to_rig());
    builder.add_hook(host.clone()).default_max_turns(8).build().prompt("Note.").await.unwrap();

    assert_eq!(host.links.lock().unwrap()[0].as_str(), "https://connect.example/link/capability");
    let read = model.read();
    assert!(read[0].1.contains("Ask the user to connect it") && !read[0].1.contains("capability"), "{read:?}");
}

#[tokio::test]
async fn a_model_reads_the_link_where_the_set_reveals_it() {
    let backend = backend().answer("KIT_ECHO", missing);
    let model = ScriptedModel::start([calls([("c1", "KIT_ECHO", "{}")]), says("Please connect.")]).await;
    agent(&model, &tools(&backend).await.reveal_connect_links()).prompt("Note.").await.unwrap();
    assert!(model.read()[0].1.contains("https://connect.example/link/capability"), "{:?}", model.read());
}

#[tokio::test]
async fn a_call_is_found_again_by_its_id_whether_it_failed_or_not() {
    let backend = backend().answer("KIT_OTHER", missing);
    let turn = calls([("c1", "KIT_ECHO", "{}"), ("c2", "KIT_OTHER", "{}")]);
    let model = ScriptedModel::start([turn, says("done")]).await;
    let host = Host::default();

    let builder = AgentBuilder::new(model.rig()).dynamic_tools(tools(&backend).await.to_rig());
    builder.add_hook(host.clone()).default_max_turns(8).build().prompt("Go.").await.unwrap();

    let ids: Vec<_> = host.log_ids.lock().unwrap().iter().map(|id| id.as_str().to_owned()).collect();
    assert_eq!(ids, ["log_1", "log_of_failure"]);
}

#[tokio::test]
async fn a_session_that_was_deleted_is_read_as_such() {
    let backend = backend();
    let session = session(&backend).await;
    let tools = session.tools().await.unwrap();
    let model = ScriptedModel::start([calls([("c1", "KIT_ECHO", "{}")]), says("It is over.")]).await;
    let agent = agent(&model, &tools);
    Composio::with_backend(backend.clone()).session(session.id().clone()).await.unwrap().delete().await.unwrap();

    agent.prompt("Note.").await.unwrap();

    let read = parsed(&model.read()[0].1);
    assert_eq!((&read["successful"], &read["data"]), (&json!(false), &json!(null)));
    assert!(backend.calls().is_empty());
}
