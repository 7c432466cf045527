//! Calls that a person has to allow: who is asked, how, and what the model reads.

use std::time::Duration;

use composio_core::{ApprovalDecision, ApprovalFallback, ApprovalPolicy, Composio, ScriptedBackend, Session};
use composio_mcp::SessionServer;
use composio_mcp::rmcp::model::{CallToolRequestParams, CallToolResponse, InputRequiredResult};
use serde_json::{Value, json};

use crate::client::{Client, Ears, Says, backend, read};

const NOT_ALLOWED: &str =
    "The user did not allow KIT_ECHO, so it was not run. Do not call it again unless the user asks.";

/// Two eras of the protocol ask in two ways.
#[derive(Clone, Copy, Debug)]
enum Era {
    Within,
    Between,
}

const ERAS: [Era; 2] = [Era::Within, Era::Between];

async fn client(era: Era, session: &Session, ears: Ears) -> Client {
    let server = SessionServer::new(session.clone());
    match era {
        Era::Within => Client::with(server, ears).await,
        Era::Between => Client::of_2026(server, ears).await,
    }
}

async fn session(backend: &ScriptedBackend, fallback: ApprovalFallback) -> Session {
    let mut approvals = ApprovalPolicy::new();
    approvals.tools.insert("KIT_ECHO".try_into().unwrap());
    approvals.fallback = fallback;
    let building = Composio::with_backend(backend.clone()).create("user_u").toolkits(["kit"]).direct_tools();
    building.approvals(approvals).await.unwrap()
}

fn accepts(decision: &str) -> Says {
    Says::This(json!({"action": "accept", "content": {"decision": decision}}))
}

/// As a host calls for its model, which answers what the server asks in between.
async fn call(client: &Client, arguments: &Value) -> (Value, bool) {
    read(&client.host_call("KIT_ECHO", arguments).await)
}

#[tokio::test]
async fn a_call_that_is_allowed_once_runs_once() {
    for era in ERAS {
        let backend = backend();
        let session = session(&backend, ApprovalFallback::Deny).await;
        let client = client(era, &session, Ears::saying(accepts("allow_once"))).await;
        for number in 1..=2 {
            let (envelope, failed) = call(&client, &json!({"note": number})).await;
            assert!(!failed, "{era:?} {envelope}");
            assert_eq!(envelope["data"], json!({"note": number}), "{era:?}: the model reads what came of it");
            assert_eq!((backend.calls().len(), client.ears.asked().len()), (number, number), "{era:?}");
        }
        client.close().await;
    }
}

#[tokio::test]
async fn a_tool_that_is_allowed_for_the_session_is_asked_about_once() {
    for era in ERAS {
        let backend = backend();
        let session = session(&backend, ApprovalFallback::Deny).await;
        let client = client(era, &session, Ears::saying(accepts("allow_session"))).await;
        for number in 1..=3 {
            assert_eq!(call(&client, &json!({"note": number})).await.0["data"], json!({"note": number}), "{era:?}");
        }
        assert_eq!((backend.calls().len(), client.ears.asked().len()), (3, 1), "{era:?}");
        client.close().await;
    }
}

#[tokio::test]
async fn whatever_is_no_clear_yes_runs_nothing() {
    let accepts_nothing = Says::This(json!({"action": "accept"}));
    let declines = Says::This(json!({"action": "decline"}));
    let closes = Says::This(json!({"action": "cancel", "content": {"decision": "allow_once"}}));
    for says in [accepts("deny"), accepts("yes"), accepts_nothing, declines, closes] {
        for era in ERAS {
            let backend = backend();
            let session = session(&backend, ApprovalFallback::Allow).await;
            let client = client(era, &session, Ears::saying(says.clone())).await;
            let (envelope, failed) = call(&client, &json!({"note": 1})).await;
            assert_eq!((&envelope["error"], failed), (&json!(NOT_ALLOWED), true), "{era:?} {says:?}");
            assert!(backend.calls().is_empty(), "{era:?} {says:?}");
            client.close().await;
        }
    }
}

#[tokio::test]
async fn a_client_that_breaks_while_it_asks_runs_nothing() {
    let backend = backend();
    let session = session(&backend, ApprovalFallback::Allow).await;
    let client = client(Era::Within, &session, Ears::saying(Says::Error)).await;
    assert_eq!(call(&client, &json!({"note": 1})).await.0["error"], NOT_ALLOWED);
    assert!(backend.calls().is_empty());
    client.close().await;
}

#[tokio::test]
async fn a_person_reads_the_question_with_its_arguments_and_chooses_of_three() {
    for era in ERAS {
        let session = session(&backend(), ApprovalFallback::Deny).await;
        let client = client(era, &session, Ears::saying(accepts("deny"))).await;
        call(&client, &json!({"note": "to bob"})).await;
        let asked = client.ears.asked();
        assert_eq!(asked[0]["mode"], "form", "{era:?}");
        assert_eq!(asked[0]["message"], "Allow KIT_ECHO?\n\"note\": \"to bob\"", "{era:?}");
        let form = &asked[0]["requestedSchema"];
        assert_eq!(form["properties"]["decision"]["enum"], json!(["allow_once", "allow_session", "deny"]));
        assert_eq!(form["required"], json!(["decision"]));
        client.close().await;
    }
}

/// Silence ends when the approval does. Nothing is left that could be answered later.
#[tokio::test(start_paused = true)]
async fn a_person_who_says_nothing_allows_nothing() {
    let backend = backend();
    let session = session(&backend, ApprovalFallback::Allow).await;
    let client = client(Era::Within, &session, Ears::saying(Says::Nothing)).await;
    let begun = tokio::time::Instant::now();
    let (envelope, failed) = call(&client, &json!({"note": 1})).await;
    assert_eq!((&envelope["error"], failed), (&json!(NOT_ALLOWED), true));
    assert_eq!(begun.elapsed().as_secs(), Duration::from_secs(600).as_secs());
    assert!(backend.calls().is_empty());
    client.close().await;
}

#[tokio::test]
async fn a_call_that_is_cancelled_while_a_person_thinks_is_not_made() {
    let backend = backend();
    let session = session(&backend, ApprovalFallback::Allow).await;
    let client = client(Era::Within, &session, Ears::saying(Says::Nothing)).await;
    let calling = client.begin("KIT_ECHO", json!({"note": 1})).await;
    while client.ears.asked().is_empty() {
        tokio::task::yield_now().await;
    }
    calling.cancel(None).await.unwrap();
    assert_eq!(client.names().await, ["KIT_ECHO"], "the server goes on");
    assert!(backend.calls().is_empty());
    client.close().await;
}

#[tokio::test]
async fn calls_at_the_same_time_are_asked_about_one_by_one() {
    let backend = backend();
    let session = session(&backend, ApprovalFallback::Deny).await;
    let client = client(Era::Within, &session, Ears::saying(accepts("allow_once"))).await;
    let (one, other) = (json!({"note": "one"}), json!({"note": "other"}));
    let (first, second) = tokio::join!(call(&client, &one), call(&client, &other));
    assert_eq!((&first.0["data"], &second.0["data"]), (&one, &other));
    assert_eq!((client.ears.asked().len(), backend.calls().len()), (2, 2));
    client.close().await;
}

#[tokio::test]
async fn where_nobody_can_be_asked_the_session_says_what_becomes_of_the_call() {
    let only_links = json!({"elicitation": {"url": {}}});
    for can in [json!({}), only_links] {
        for era in ERAS {
            for (fallback, made) in [(ApprovalFallback::Deny, 0), (ApprovalFallback::Allow, 1)] {
                let backend = backend();
                let session = session(&backend, fallback).await;
                let client = client(era, &session, Ears::able(can.clone(), accepts("allow_once"))).await;
                let (envelope, failed) = call(&client, &json!({"note": 1})).await;
                assert_eq!((backend.calls().len(), failed), (made, made == 0), "{era:?} {can} {fallback:?}");
                assert!(client.ears.asked().is_empty(), "{era:?} {can}");
                if made == 0 {
                    let said = envelope["error"].as_str().unwrap();
                    assert!(said.contains("KIT_ECHO was not run") && said.contains("the application has to allow it"));
                    assert!(!envelope.to_string().contains("approval-"), "the state is the application's: {envelope}");
                }
                client.close().await;
            }
        }
    }
}

#[tokio::test]
async fn clients_that_can_show_forms_say_so_in_one_of_two_ways() {
    for can in [
        json!({"elicitation": {}}),
        json!({"elicitation": {"form": {}}}),
        json!({"elicitation": {"form": {}, "url": {}}}),
    ] {
        for era in ERAS {
            let backend = backend();
            let session = session(&backend, ApprovalFallback::Deny).await;
            let client = client(era, &session, Ears::able(can.clone(), accepts("allow_once"))).await;
            assert!(!call(&client, &json!({"note": 1})).await.1, "{era:?} {can}");
            client.close().await;
        }
    }
}

/// A client that has rounds of its own: the question as it came, and answers that are not its user's.
async fn question(client: &Client, arguments: &Value) -> InputRequiredResult {
    let params = CallToolRequestParams::new("KIT_ECHO").with_arguments(arguments.as_object().unwrap().clone());
    match client.peer().call_tool_once(params).await.unwrap() {
        CallToolResponse::InputRequired(question) => question,
        other => panic!("{other:?}"),
    }
}

async fn reply(client: &Client, arguments: &Value, state: &str, responses: Value) -> (Value, bool) {
    let params = CallToolRequestParams::new("KIT_ECHO")
        .with_arguments(arguments.as_object().unwrap().clone())
        .with_input_responses(serde_json::from_value(responses).unwrap())
        .with_request_state(state);
    match client.peer().call_tool_once(params).await.unwrap() {
        CallToolResponse::Complete(result) => read(&result),
        other => panic!("{other:?}"),
    }
}

fn yes() -> Value {
    json!({"approval": {"action": "accept", "content": {"decision": "allow_once"}}})
}

#[tokio::test]
async fn an_answer_between_two_requests_is_for_one_call_once() {
    let backend = backend();
    let session = session(&backend, ApprovalFallback::Allow).await;
    let client = client(Era::Between, &session, Ears::saying(Says::Nothing)).await;
    let (asked, other) = (json!({"note": "asked"}), json!({"note": "other"}));

    let state = question(&client, &asked).await.request_state.unwrap();
    let (envelope, failed) = reply(&client, &other, &state, yes()).await;
    assert!(failed && backend.calls().is_empty(), "other arguments: {envelope}");

    let state = question(&client, &asked).await.request_state.unwrap();
    let (envelope, failed) = reply(&client, &asked, &format!("{state}x"), yes()).await;
    assert!(failed && backend.calls().is_empty(), "another state: {envelope}");
    assert_eq!(reply(&client, &asked, &state, yes()).await.0["data"], asked);
    let (envelope, failed) = reply(&client, &asked, &state, yes()).await;
    assert!(failed && backend.calls().len() == 1, "it was used: {envelope}");
    assert!(!envelope.to_string().contains(&state), "{envelope}");
    client.close().await;
}

#[tokio::test]
async fn a_question_that_comes_back_without_an_answer_was_denied() {
    let backend = backend();
    let session = session(&backend, ApprovalFallback::Allow).await;
    let client = client(Era::Between, &session, Ears::saying(Says::Nothing)).await;
    let asked = json!({"note": 1});
    for responses in [json!({}), json!({"other": yes()["approval"]}), json!({"approval": "allow_once"})] {
        let state = question(&client, &asked).await.request_state.unwrap();
        assert_eq!(reply(&client, &asked, &state, responses).await.0["error"], NOT_ALLOWED);
        let (_, failed) = reply(&client, &asked, &state, yes()).await;
        assert!(failed, "the answer was given");
    }
    assert!(backend.calls().is_empty());
    client.close().await;
}

#[tokio::test]
async fn an_application_that_asks_by_itself_goes_first() {
    let backend = backend();
    let session = session(&backend, ApprovalFallback::Deny).await;
    let tools = session.tools().await.unwrap().on_approval(|_| std::future::ready(ApprovalDecision::Approve));
    for era in ERAS {
        let (server, ears) = (SessionServer::of_tools(tools.clone()), Ears::saying(accepts("deny")));
        let client = match era {
            Era::Within => Client::with(server, ears).await,
            Era::Between => Client::of_2026(server, ears).await,
        };
        assert!(!call(&client, &json!({"note": 1})).await.1, "{era:?}");
        assert!(client.ears.asked().is_empty(), "{era:?}");
        client.close().await;
    }
}

#[tokio::test]
async fn what_needs_no_approval_is_not_asked_about() {
    let backend = backend().tool("KIT_OTHER", "kit", json!({"type": "object"}));
    let session = session(&backend, ApprovalFallback::Deny).await;
    let client = client(Era::Within, &session, Ears::saying(Says::Nothing)).await;
    assert!(!read(&client.call("KIT_OTHER", json!({})).await).1);
    client.close().await;
}
