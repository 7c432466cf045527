//! Whole runs over genai's client, against a scripted model on loopback.

use composio_core::{Composio, Error, ErrorKind, ScriptedBackend, Session, Url};
use composio_demo::{ModelCall, Reply, ScriptedModel, Turn};
use composio_genai::genai::adapter::AdapterKind;
use composio_genai::genai::chat::{
    ChatOptions, ChatRequest, ChatStreamEvent, MessageContent, StopReason, StreamEnd, ToolCall,
};
use composio_genai::genai::resolver::{AuthData, Endpoint, ServiceTargetResolver};
use composio_genai::genai::{Client, ModelIden, ServiceTarget};
use composio_genai::{Answered, GenAiTools as _};
use futures::StreamExt as _;
use serde_json::{Value, json};

const SECRET: &str = "tok-planted";

/// A client of the scripted model. An endpoint of genai ends with a slash.
fn client(model: &ScriptedModel) -> Client {
    let base = format!("{}/", model.base_url());
    let resolver = ServiceTargetResolver::from_resolver_fn(move |target: ServiceTarget| {
        Ok(ServiceTarget {
            endpoint: Endpoint::from_owned(base.clone()),
            auth: AuthData::from_single("none"),
            model: ModelIden::new(AdapterKind::OpenAI, target.model.model_name),
        })
    });
    Client::builder().with_service_target_resolver(resolver).build().unwrap()
}

/// Echoes, fails with secrets inside, and lacks a connection.
async fn session() -> (ScriptedBackend, Session) {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    let long = "KIT_".to_owned() + &"L".repeat(76);
    let backend = ScriptedBackend::new()
        .tool("KIT_ECHO", "kit", schema.clone())
        .tool("KIT_FAIL", "kit", schema.clone())
        .tool("KIT_CONNECT", "kit", schema.clone())
        .tool(&long, "kit", schema)
        .answer("KIT_FAIL", |_| {
            let inside = std::io::Error::other(SECRET);
            Err(Error::new(ErrorKind::ToolFailed, SECRET).with_model_text("no such row").with_source(inside))
        })
        .answer("KIT_CONNECT", |_| {
            let link = Url::parse(&format!("https://connect.example/link/{SECRET}")).unwrap();
            Err(Error::new(ErrorKind::ConnectionRequired, SECRET).with_connect_url(link))
        });
    let composio = Composio::with_backend(backend.clone());
    let session = composio.create("user_u").toolkits(["kit"]).direct_tools().await.unwrap();
    (backend, session)
}

/// Calls once, then says what it read.
fn calls_then_tells(calls: Vec<ModelCall>) -> impl Fn(&Turn) -> Reply + Send + Sync + 'static {
    move |turn| match turn.assistant_turns {
        0 => Reply::Calls(calls.clone()),
        _ => Reply::text(turn.results.iter().map(|result| result.text.as_str()).collect::<Vec<_>>().join("\n")),
    }
}

/// The loop of a program over `exec_chat`, as the crate's page has it.
async fn run(session: &Session, model: &ScriptedModel) -> (String, Vec<ErrorKind>) {
    let (client, tools) = (client(model), session.tools().await.unwrap());
    let mut request = ChatRequest::from_user("Go.").with_tools(tools.to_genai());
    let mut failed = Vec::new();
    loop {
        let reply = client.exec_chat("gpt-4.1-mini", request.clone(), None).await.unwrap();
        let Some(mut answered) = tools.answer_calls(&reply.tool_calls()).await else {
            return (reply.into_first_text().unwrap(), failed);
        };
        answered.answer_rest(&tools);
        failed.extend(answered.failures.iter().map(|failure| failure.error.kind()));
        let turn = reply.into_assistant_message_for_tool_use().unwrap();
        request = request.append_message(turn).append_message(answered.into_responses());
    }
}

fn told(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test]
async fn a_result_is_in_the_next_request_and_the_run_ends_with_a_text() {
    let (backend, session) = session().await;
    let model =
        ScriptedModel::start(calls_then_tells(vec![ModelCall::new("KIT_ECHO", &json!({"n": 7}))])).await.unwrap();
    let (text, failed) = run(&session, &model).await;
    assert_eq!(told(&text)[0]["data"], json!({"n": 7}));
    assert!(failed.is_empty());
    assert_eq!(backend.calls().len(), 1);
    assert!(model.requests()[1].to_string().contains(r#"{\"n\":7}"#), "{}", model.requests()[1]);
}

#[tokio::test]
async fn failures_are_texts_in_order_and_hold_no_secret() {
    let (backend, session) = session().await;
    let tools = session.tools().await.unwrap();
    let long = tools.iter().find(|tool| tool.definition().slug.as_str().len() == 80).unwrap().name().to_owned();
    let none = json!({});
    let calls = ["KIT_FAIL", "KIT_CONNECT", "made_up", "KIT_ECHO", &long].map(|name| ModelCall::new(name, &none));
    let list = ModelCall::raw("KIT_ECHO", "[1]");
    let model = ScriptedModel::start(calls_then_tells(calls.into_iter().chain([list]).collect())).await.unwrap();
    let (text, failed) = run(&session, &model).await;
    let told = told(&text);
    let successful: Vec<_> = told.iter().map(|answer| answer["successful"].as_bool().unwrap()).collect();
    assert_eq!(successful, [false, false, false, true, true, false]);
    for (place, says) in [(0, "no such row"), (1, "Ask the user to connect"), (2, "KIT_ECHO"), (5, "an array")] {
        assert!(told[place]["error"].as_str().unwrap().contains(says), "{}", told[place]);
    }
    use ErrorKind::{ConnectionRequired, InvalidInput, NotFound, ToolFailed};
    assert_eq!(failed, [ToolFailed, ConnectionRequired, InvalidInput, NotFound]);
    assert_eq!(backend.calls().len(), 4, "a made-up name and a list run nothing");
    for request in model.requests() {
        assert!(!request.to_string().contains(SECRET), "{request}");
    }
}

#[tokio::test]
async fn a_deleted_session_is_told_and_the_run_goes_on() {
    let (_, session) = session().await;
    let gone = session.clone();
    let model = ScriptedModel::start(calls_then_tells(vec![ModelCall::new("KIT_ECHO", &json!({}))])).await.unwrap();
    let (client, tools) = (client(&model), session.tools().await.unwrap());
    let request = ChatRequest::from_user("Go.").with_tools(tools.to_genai());
    let reply = client.exec_chat("gpt-4.1-mini", request, None).await.unwrap();
    gone.delete().await.unwrap();
    let answered = tools.answer_calls(&reply.tool_calls()).await.unwrap();
    assert!(answered.into_responses()[0].content.contains("This session has ended"));
}

/// genai reads arguments as JSON before anybody sees the call; what is none fails the reply as a whole.
#[tokio::test]
async fn a_reply_with_unreadable_arguments_fails_as_a_whole_unless_it_is_streamed() {
    for arguments in ["{\"n\":", ""] {
        let (backend, session) = session().await;
        let calls = vec![ModelCall::raw("KIT_ECHO", arguments)];
        let model = ScriptedModel::start(calls_then_tells(calls)).await.unwrap();
        let (client, tools) = (client(&model), session.tools().await.unwrap());
        let request = ChatRequest::from_user("Go.").with_tools(tools.to_genai());
        assert!(client.exec_chat("gpt-4.1-mini", request.clone(), None).await.is_err(), "{arguments:?}: a trap less");

        let answered = streamed(&client, request, &tools).await;
        let sent = backend.calls().len();
        let text = answered.into_responses()[0].content.clone();
        match arguments {
            "" => assert_eq!((sent, text.contains(r#""successful":true"#)), (1, true), "{text}"),
            _ => assert_eq!((sent, text.contains("one JSON object")), (0, true), "{text}"),
        }
    }
}

/// The first turn of a streamed run, answered.
async fn streamed(client: &Client, request: ChatRequest, tools: &composio_core::ToolSet) -> Answered {
    let options = ChatOptions::default().with_capture_tool_calls(true);
    let mut stream = client.exec_chat_stream("gpt-4.1-mini", request, Some(&options)).await.unwrap().stream;
    while let Some(event) = stream.next().await {
        if let ChatStreamEvent::End(end) = event.unwrap() {
            return tools.answer_stream(&end).await.unwrap();
        }
    }
    panic!("the stream has no end")
}

#[tokio::test]
async fn a_call_that_was_cut_off_before_its_arguments_is_not_run() {
    let (backend, session) = session().await;
    let tools = session.tools().await.unwrap();
    let call = |arguments: &str| ToolCall {
        call_id: "call_1".to_owned(),
        fn_name: "KIT_ECHO".to_owned(),
        fn_arguments: Value::from(arguments),
        thought_signatures: None,
    };
    for (reason, calls, run) in [
        (StopReason::MaxTokens("length".to_owned()), vec![call("")], 0),
        (StopReason::ContentFilter("content_filter".to_owned()), vec![call("")], 0),
        (StopReason::MaxTokens("length".to_owned()), vec![call(""), call("{}")], 2),
        (StopReason::ToolCall("tool_calls".to_owned()), vec![call("")], 1),
    ] {
        let before = backend.calls().len();
        let all = calls.len();
        let content = Some(MessageContent::from_tool_calls(calls));
        let end = StreamEnd { captured_stop_reason: Some(reason), captured_content: content, ..StreamEnd::default() };
        let answered = tools.answer_stream(&end).await.unwrap();
        assert_eq!(answered.into_responses().len(), all, "each call has an answer");
        assert_eq!(backend.calls().len() - before, run);
    }
    assert!(tools.answer_stream(&StreamEnd::default()).await.is_none());
}

#[tokio::test]
async fn calls_of_other_tools_are_left_to_the_program() {
    let (_, session) = session().await;
    let calls = vec![ModelCall::new("roll_dice", &json!({})), ModelCall::new("KIT_ECHO", &json!({"n": 1}))];
    let model = ScriptedModel::start(calls_then_tells(calls)).await.unwrap();
    let (client, tools) = (client(&model), session.tools().await.unwrap());
    let request = ChatRequest::from_user("Go.").with_tools(tools.to_genai());
    let reply = client.exec_chat("gpt-4.1-mini", request, None).await.unwrap();
    let mut answered = tools.answer_calls(&reply.tool_calls()).await.unwrap();
    assert!(format!("{answered:?}").contains("roll_dice"));
    let theirs = answered.unhandled.remove(0);
    assert_eq!(theirs.call.fn_name, "roll_dice");
    answered.answer(theirs, "4");
    let responses = answered.into_responses();
    assert_eq!(responses[0].content, "4", "the answers stay in the model's order");
    assert_eq!(responses.len(), 2);
}

#[tokio::test]
async fn a_reply_without_calls_ends_a_loop() {
    let (_, session) = session().await;
    assert!(session.tools().await.unwrap().answer_calls(&[]).await.is_none());
}
