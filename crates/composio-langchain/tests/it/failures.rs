//! Calls that fail: the model is told, the application hears, and the run goes on.

use std::sync::{Arc, Mutex};

use composio_core::{Error, ErrorKind, ScriptedBackend, SessionTool, Url};
use composio_langchain::langchain_rust::agent::AgentExecutor;
use composio_langchain::langchain_rust::chain::Chain as _;
use composio_langchain::langchain_rust::prompt_args;
use composio_langchain::{LangChainTool, LangChainTools as _};
use serde_json::{Value, json};

use super::model::{Model, Say};
use super::{agent, executor, session};

/// In everything of an error that is not meant for a model.
const SECRET: &str = "s3cret-t0ken";

fn planted(kind: ErrorKind) -> Error {
    let url = Url::parse(&format!("https://connect.example/link/{SECRET}")).unwrap();
    Error::new(kind, format!("POST https://internal.example/?key={SECRET} failed"))
        .with_connect_url(url)
        .with_context("token", SECRET)
        .with_source(std::io::Error::other(SECRET))
}

/// Calls `KIT_FAIL`, which fails so, and then `KIT_ECHO`, which does not.
async fn failed(error: impl Fn() -> Error + Send + Sync + 'static) -> (Model, Value) {
    let backend = ScriptedBackend::new().tool("KIT_FAIL", "kit", json!({})).answer("KIT_FAIL", move |_| Err(error()));
    let (_, session) = session(backend).await;
    let turns = [
        Say::Calls(vec![("KIT_FAIL", "{}")]),
        Say::Calls(vec![("KIT_ECHO", r#"{"note":"still here"}"#)]),
        Say::Text("done"),
    ];
    let model = Model::start(turns).await;
    let tools = session.tools().await.unwrap();
    let said = executor(&model, &tools).invoke(prompt_args! { "input" => "go" }).await.unwrap();
    assert_eq!(said, "done");
    let results = model.results();
    assert!(results[1].1.contains("still here"), "{results:?}");
    (model, serde_json::from_str(&results[0].1).unwrap())
}

#[tokio::test]
async fn what_the_service_said_is_what_the_model_reads() {
    let refusal =
        || Error::new(ErrorKind::ToolFailed, "422").with_model_text("`note` is too long").with_log_id("log_9");
    let (_, told) = failed(refusal).await;
    let expected = json!({"successful": false, "data": null, "error": "`note` is too long", "log_id": "log_9"});
    assert_eq!(told, expected, "without a prefix of the framework");
}

#[tokio::test]
async fn a_missing_connection_is_a_sentence_with_the_next_step() {
    let (_, told) = failed(|| Error::new(ErrorKind::ConnectionRequired, "none")).await;
    assert!(told["error"].as_str().unwrap().contains("Ask the user to connect"), "{told}");
}

#[tokio::test]
async fn no_request_to_the_model_holds_a_secret() {
    for kind in [
        ErrorKind::ToolFailed,
        ErrorKind::ConnectionRequired,
        ErrorKind::Unauthorized,
        ErrorKind::InvalidInput,
        ErrorKind::Unavailable,
        ErrorKind::Unexpected,
    ] {
        let (model, _) = failed(move || planted(kind)).await;
        assert_eq!(model.asked().len(), 3);
        for body in model.asked() {
            assert!(!body.to_string().contains(SECRET) && !body.to_string().contains("internal"), "{kind:?}: {body}");
        }
    }
}

#[tokio::test]
async fn a_link_reaches_the_model_only_where_the_set_says_so() {
    let backend = ScriptedBackend::new()
        .tool("KIT_FAIL", "kit", json!({}))
        .answer("KIT_FAIL", |_| Err(planted(ErrorKind::ConnectionRequired)));
    let (_, session) = session(backend).await;
    let model = Model::start([Say::Calls(vec![("KIT_FAIL", "{}")]), Say::Text("done")]).await;
    let tools = session.tools().await.unwrap().reveal_connect_links();

    executor(&model, &tools).invoke(prompt_args! { "input" => "go" }).await.unwrap();

    assert!(model.results()[0].1.contains("https://connect.example/link/"), "{:?}", model.results());
}

#[tokio::test]
async fn a_deleted_session_ends_no_run() {
    let (_, session) = session(ScriptedBackend::new()).await;
    let tools = session.tools().await.unwrap();
    session.delete().await.unwrap();
    let model = Model::start([Say::Calls(vec![("KIT_ECHO", "{}")]), Say::Text("done")]).await;

    let said = executor(&model, &tools).invoke(prompt_args! { "input" => "go" }).await.unwrap();

    assert_eq!(said, "done");
    let (_, told) = model.results().remove(0);
    assert!(told.starts_with(r#"{"successful":false,"#) && !told.contains(session.id().as_str()), "{told}");
}

#[tokio::test]
async fn stopping_at_errors_stops_at_none_of_ours() {
    let backend = ScriptedBackend::new()
        .tool("KIT_FAIL", "kit", json!({}))
        .answer("KIT_FAIL", |_| Err(Error::new(ErrorKind::Unexpected, "broken")));
    let (_, session) = session(backend).await;
    let model = Model::start([Say::Calls(vec![("KIT_FAIL", "{}")]), Say::Text("done")]).await;
    let tools = session.tools().await.unwrap().to_langchain();
    let executor = AgentExecutor::from_agent(agent(&model, &tools)).with_break_if_error(true);
    assert_eq!(executor.invoke(prompt_args! { "input" => "go" }).await.unwrap(), "done");
}

/// A failure as an observer heard of it: the tool, the user and the kind; and its link.
type Heard = Arc<Mutex<Vec<(String, String, ErrorKind, Option<Url>)>>>;

fn hear(heard: &Heard) -> impl Fn(&SessionTool, Error) + Clone + Send + Sync + 'static {
    let heard = Arc::clone(heard);
    move |tool, error| {
        let user = tool.session().user().to_string();
        let url = error.connect_url().cloned();
        heard.lock().unwrap().push((tool.name().to_owned(), user, error.kind(), url));
    }
}

#[tokio::test]
async fn the_application_hears_of_failures_with_the_link_and_of_nothing_else() {
    let backend = ScriptedBackend::new()
        .tool("KIT_FAIL", "kit", json!({}))
        .answer("KIT_FAIL", |_| Err(planted(ErrorKind::ConnectionRequired)));
    let (_, session) = session(backend).await;
    let calls = vec![("KIT_FAIL", "{}"), ("KIT_ECHO", "{}"), ("KIT_ECHO", "[1]")];
    let model = Model::start([Say::Calls(calls), Say::Text("done")]).await;
    let heard = Heard::default();
    let tools = session.tools().await.unwrap().to_langchain_with(hear(&heard));

    AgentExecutor::from_agent(agent(&model, &tools)).invoke(prompt_args! { "input" => "go" }).await.unwrap();

    let heard = std::mem::take(&mut *heard.lock().unwrap());
    let of = |place: usize| (heard[place].0.as_str(), heard[place].1.as_str(), heard[place].2);
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert_eq!(of(0), ("KIT_FAIL", "user_u", ErrorKind::ConnectionRequired));
    assert!(heard[0].3.as_ref().unwrap().path().ends_with(SECRET));
    assert_eq!(of(1), ("KIT_ECHO", "user_u", ErrorKind::InvalidInput));
}

#[tokio::test]
async fn one_tool_can_be_described_and_heard() {
    use composio_langchain::langchain_rust::tools::Tool as _;
    let (_, session) = session(ScriptedBackend::new()).await;
    let tools = session.tools().await.unwrap();
    let heard = Heard::default();
    let tool = LangChainTool::from(tools.get("KIT_ECHO").unwrap().clone()).described().on_failure(hear(&heard));
    assert!(tool.description().starts_with("Scripted KIT_ECHO. ") && tool.description().contains(r#""note""#));
    tool.call("[1]").await.unwrap();
    assert_eq!(heard.lock().unwrap().len(), 1);
    assert!(!format!("{tool:?}").contains("observer"));
}
