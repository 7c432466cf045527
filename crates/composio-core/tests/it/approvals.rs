//! Calls that a person has to allow: who is asked, what the answer is good for, and what a model learns.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use composio_core::{
    Answer, Approval, ApprovalDecision, ApprovalRule, Composio, Error, ErrorKind, Modifier, Result, ScriptedBackend,
    Session, SessionBuilder, ToolCall, ToolFailure, ToolOutput, ToolSlug,
};
use serde_json::{Map, Value, json};

use crate::native::Shout;
use crate::spy::Spy;

fn backend() -> ScriptedBackend {
    let object = || json!({"type": "object"});
    let backend = ScriptedBackend::new().tool("MAIL_SEND", "mail", object()).tool("MAIL_DELETE", "mail", object());
    backend.tool("MAIL_READ", "mail", object()).tags("MAIL_DELETE", &["destructiveHint"])
}

/// A session that asks before mail is sent or deleted, and before anything is shouted.
fn asking(backend: &ScriptedBackend) -> SessionBuilder {
    let building = Composio::with_backend(backend.clone()).create("u").toolkits(["mail"]).direct_tools().tool(Shout);
    building.require_approval_for_destructive().require_approval_for_tools(["MAIL_SEND", "LOCAL_SHOUT"])
}

fn question(error: &Error) -> Approval {
    assert_eq!(error.kind(), ErrorKind::InputRequired, "{error}");
    error.approval().unwrap().clone()
}

async fn asked(session: &Session, slug: &str, arguments: Value) -> Approval {
    question(&session.execute(slug, arguments).await.unwrap_err())
}

#[tokio::test]
async fn a_call_waits_and_runs_once_when_it_is_allowed() -> Result<()> {
    let backend = backend();
    let session = asking(&backend).await?;
    let approval = asked(&session, "MAIL_SEND", json!({"to": "bob"})).await;
    assert_eq!(
        (approval.tool().as_str(), approval.rule(), approval.account()),
        ("MAIL_SEND", ApprovalRule::Tool, None)
    );
    assert_eq!(approval.question(), "Allow MAIL_SEND?");
    assert_eq!(approval.arguments()["to"], "bob");
    assert!(backend.calls().is_empty(), "nothing is sent before the answer");

    let output = session.approve(&approval).await?;
    assert_eq!((output.value(), backend.calls().len()), (&json!({"to": "bob"}), 1));

    let again = session.approve(&approval).await.unwrap_err();
    assert_eq!(
        (again.kind(), backend.calls().len()),
        (ErrorKind::PermissionDenied, 1),
        "an answer is good once: {again}"
    );
    asked(&session, "MAIL_SEND", json!({"to": "bob"})).await;
    Ok(())
}

#[tokio::test]
async fn only_what_is_listed_waits() -> Result<()> {
    let backend = backend();
    let session = asking(&backend).await?;
    session.execute("MAIL_READ", json!({})).await?;
    assert_eq!(
        asked(&session, "MAIL_DELETE", json!({})).await.rule(),
        ApprovalRule::Tag("destructiveHint".try_into()?)
    );
    let other = Composio::with_backend(backend.clone()).create("u").await?;
    other.execute("MAIL_DELETE", json!({})).await?;
    assert_eq!(backend.calls().len(), 2, "off unless it was asked for");
    Ok(())
}

#[tokio::test]
async fn a_no_stays_a_no() -> Result<()> {
    let backend = backend();
    let session = asking(&backend).await?;
    for (slug, arguments) in [("MAIL_SEND", json!({"n": 1})), ("LOCAL_SHOUT", json!({"text": "a"}))] {
        let approval = asked(&session, slug, arguments.clone()).await;
        session.deny(&approval).await?;
        assert_eq!(session.approve(&approval).await.unwrap_err().kind(), ErrorKind::PermissionDenied);
        assert_eq!(session.deny(&approval).await.unwrap_err().kind(), ErrorKind::PermissionDenied);
        asked(&session, slug, arguments).await;
    }
    assert!(backend.calls().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_no_needs_nothing_that_lets_the_call_run() -> Result<()> {
    let backend = backend();
    let session = asking(&backend).await?;
    let (no, yes) = (asked(&session, "MAIL_SEND", json!({})).await, asked(&session, "MAIL_SEND", json!({})).await);
    session.update().reset_preload().disable_toolkits(["mail"]).await?;
    session.deny(&no).await?;
    let refused = session.approve(&yes).await.unwrap_err();
    assert!(refused.to_string().contains("refused by the session's toolkits"), "{refused}");
    session.update().reset_toolkits().await?;
    assert_eq!(session.approve(&no).await.unwrap_err().kind(), ErrorKind::PermissionDenied, "it was given");
    session.approve(&yes).await?;
    assert_eq!(backend.calls().len(), 1);
    Ok(())
}

/// The question was asked under rules that changed before the answer came.
#[tokio::test]
async fn an_answer_counts_although_nothing_asks_any_more() -> Result<()> {
    let (backend, diary) = (backend(), Arc::new(Mutex::new(0)));
    let ran = Arc::clone(&diary);
    let session = asking(&backend)
        .modifier(Modifier::after(move |_, outcome| {
            *ran.lock().unwrap() += usize::from(outcome.is_ok());
            outcome
        }))
        .await?;
    let mut waiting = Vec::new();
    for (slug, arguments) in [("MAIL_SEND", json!({})), ("LOCAL_SHOUT", json!({"text": "a"}))] {
        let (no, yes) = (asked(&session, slug, arguments.clone()).await, asked(&session, slug, arguments).await);
        waiting.push((no, yes));
    }
    session.update().reset_approvals().await?;
    for (no, yes) in waiting {
        session.deny(&no).await?;
        assert_eq!(*diary.lock().unwrap(), 0, "a call that was denied runs under no rule");
        session.approve(&yes).await?;
        assert_eq!(session.approve(&yes).await.unwrap_err().kind(), ErrorKind::PermissionDenied, "once is once");
        assert_eq!(std::mem::take(&mut *diary.lock().unwrap()), 1);
    }
    Ok(())
}

#[tokio::test]
async fn always_is_for_one_tool_with_one_account_in_one_session() -> Result<()> {
    let backend = backend();
    let session = asking(&backend).require_approval_for_tools(["MAIL_READ"]).await?;
    for slug in ["MAIL_SEND", "LOCAL_SHOUT"] {
        session.approve_always(&asked(&session, slug, json!({"text": "a"})).await).await?;
        session.execute(slug, json!({"text": "b"})).await?;
        session.clone().execute(slug, json!({"text": "c"})).await?;
    }
    asked(&session, "MAIL_READ", json!({})).await;
    question(&session.execute("MAIL_SEND", json!({})).account("work").await.unwrap_err());
    let other = asking(&backend).await?;
    asked(&other, "MAIL_SEND", json!({})).await;
    assert_eq!(backend.calls().len(), 3);
    Ok(())
}

#[tokio::test]
async fn an_answer_is_for_its_call_alone() -> Result<()> {
    let backend = backend();
    let (session, other) = (asking(&backend).await?, asking(&backend).await?);
    let approval = asked(&session, "MAIL_SEND", json!({"to": "bob"})).await;
    let (state, yes) = (approval.state().clone(), ApprovalDecision::Approve);
    for refused in [
        session.execute("MAIL_SEND", json!({"to": "eve"})).answer_approval(state.clone(), yes).await,
        session.execute("MAIL_SEND", json!({"to": "bob"})).account("work").answer_approval(state.clone(), yes).await,
        session.execute("MAIL_DELETE", json!({"to": "bob"})).answer_approval(state.clone(), yes).await,
        session.execute("LOCAL_SHOUT", json!({"text": "bob"})).answer_approval(state.clone(), yes).await,
        session.execute("MAIL_SEND", json!({"to": "bob"})).answer_approval(format!("{}x", state.as_str()), yes).await,
        other.approve(&approval).await,
        other.deny(&approval).await.map(|()| ToolOutput::new(json!(null))),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
        assert!(error.to_string().contains("make the call again"), "{error}");
    }
    assert!(backend.calls().is_empty());
    session.execute("MAIL_SEND", json!({"to": "bob"})).answer_approval(state, yes).await?;
    assert_eq!(backend.calls().len(), 1, "what did not fit used nothing up");
    Ok(())
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_none() -> Result<()> {
    let backend = backend();
    let session = asking(&backend).await?;
    for (slug, arguments) in [("MAIL_SEND", json!({})), ("LOCAL_SHOUT", json!({"text": "a"}))] {
        let (first, second) = (asked(&session, slug, arguments.clone()).await, asked(&session, slug, arguments).await);
        backend.pass_time(Duration::from_secs(590));
        session.approve(&first).await?;
        backend.pass_time(Duration::from_secs(20));
        assert_eq!(session.approve(&second).await.unwrap_err().kind(), ErrorKind::PermissionDenied);
        assert!(second.expires_at() > first.expires_at());
    }
    Ok(())
}

/// What happened under a key is given again; a key under which nothing happened is free.
#[tokio::test]
async fn an_approval_and_a_key_go_together() -> Result<()> {
    let backend = backend();
    let session = asking(&backend).await?;
    let call = || session.execute("MAIL_SEND", json!({"n": 1})).idempotency_key("k");
    let denied = question(&call().await.unwrap_err());
    session.deny(&denied).await?;
    call().answer_approval("made up", ApprovalDecision::Approve).await.unwrap_err();
    let output = session.approve(&question(&call().await.unwrap_err())).await?;
    assert_eq!(call().await?, output, "a replay needs no second approval");
    assert_eq!(backend.calls().len(), 1);
    let other = session.execute("MAIL_SEND", json!({"n": 2})).idempotency_key("k").await.unwrap_err();
    assert_eq!(other.kind(), ErrorKind::Conflict);
    Ok(())
}

/// Everything that a model might read of a call that waits.
fn model_reads(answer: &Answer) -> String {
    format!("{} {}", answer.text(), answer.error().unwrap().for_model())
}

#[tokio::test]
async fn a_model_learns_that_somebody_has_to_answer_and_nothing_that_answers() -> Result<()> {
    let session = asking(&backend()).await?;
    for tool in &session.tools().await?.reveal_connect_links() {
        if tool.name() == "MAIL_READ" {
            continue;
        }
        let answer = tool.answer(r#"{"text": "a secret"}"#).await;
        let error = answer.error().unwrap();
        let state = question(error).state().as_str().to_owned();
        let read = model_reads(&answer);
        assert!(read.contains("a person has to allow it first") && read.contains(tool.name()), "{read}");
        for text in [read, error.to_string(), format!("{answer:?} {error:?} {:?}", session.approve(&question(error)))] {
            assert!(!text.contains(&state) && !text.contains("a secret"), "{text}");
        }
        let denied = tool.clone().on_approval(async |_| ApprovalDecision::Deny).answer(r#"{"text": "x"}"#).await;
        assert!(denied.text().contains("The user did not allow") && !denied.text().contains("approval-"));
    }
    Ok(())
}

#[tokio::test]
async fn a_person_is_asked_in_the_middle_of_a_call() -> Result<()> {
    let backend = backend();
    let session = asking(&backend).await?;
    let seen = Arc::new(Mutex::new(Vec::new()));
    for (decision, says, calls) in [
        (ApprovalDecision::Deny, r#""successful":false"#, 0),
        (ApprovalDecision::Approve, r#""successful":true"#, 1),
        (ApprovalDecision::ApproveAlways, r#""successful":true"#, 2),
        (ApprovalDecision::Deny, r#""successful":true"#, 3),
    ] {
        let heard = Arc::clone(&seen);
        let tools = session.tools().await?.on_approval(move |approval| {
            heard.lock().unwrap().push((approval.question(), approval.arguments().clone()));
            async move { decision }
        });
        let answer = tools.get("MAIL_SEND").unwrap().answer(r#"{"to": "bob"}"#).await;
        assert!(answer.text().contains(says), "{decision:?}: {}", answer.text());
        tools.get("MAIL_READ").unwrap().answer("{}").await.into_outcome()?;
        let sent = backend.calls().into_iter().filter(|call| call.tool == *"MAIL_SEND").count();
        assert_eq!(sent, calls, "{decision:?}");
    }
    let asked = seen.lock().unwrap().clone();
    assert_eq!(asked.len(), 3, "after \"always\" nobody is asked");
    assert!(asked.iter().all(|(question, arguments)| question == "Allow MAIL_SEND?" && arguments["to"] == "bob"));
    Ok(())
}

/// What a person sees is what is sent: modifiers come before the question, and not again after the answer.
#[tokio::test]
async fn what_the_person_saw_is_what_is_sent() -> Result<()> {
    let backend = backend();
    let append = |_: &composio_core::ModifierContext<'_>, arguments: &mut Map<String, Value>| {
        let text = arguments.entry("text").or_insert_with(|| json!(""));
        *text = json!(format!("{}!", text.as_str().unwrap()));
        Ok(())
    };
    let session = asking(&backend).modifier(Modifier::before(append)).await?;
    for slug in ["MAIL_SEND", "LOCAL_SHOUT"] {
        let approval = asked(&session, slug, json!({"text": "a"})).await;
        assert_eq!(approval.arguments()["text"], "a!");
        let output = session.approve(&approval).await?;
        assert!(output.value().to_string().to_lowercase().contains("a!") && !output.value().to_string().contains("!!"));

        // Over processes the call is made again, and comes to the same.
        let waiting = asked(&session, slug, json!({"text": "b"})).await;
        let repeated = session.execute(slug, json!({"text": "b"}));
        let repeated = repeated.answer_approval(waiting.state(), ApprovalDecision::Approve);
        assert!(repeated.await?.value().to_string().to_lowercase().contains("b!"));

        let tool = session.tool(slug).await?.on_approval(async |_| ApprovalDecision::Approve);
        let said = tool.answer(r#"{"text": "c"}"#).await.into_outcome()?.value().to_string().to_lowercase();
        assert!(said.contains("c!") && !said.contains("!!"), "{said}");
    }
    Ok(())
}

/// A call that waits has come to nothing yet. A modifier that makes the best of failures must not hide the question.
#[tokio::test]
async fn a_modifier_sees_what_came_of_a_call_and_not_that_it_waits() -> Result<()> {
    let (backend, seen) = (backend(), Arc::new(Mutex::new(Vec::new())));
    let heard = Arc::clone(&seen);
    let session = asking(&backend)
        .modifier(Modifier::after(move |context, outcome: Result<ToolOutput, ToolFailure>| {
            heard.lock().unwrap().push((context.tool.to_string(), outcome.as_ref().map_err(|it| it.kind).is_ok()));
            outcome.or_else(|_| Ok(ToolOutput::new(json!("never mind"))))
        }))
        .await?;
    let took = || std::mem::take(&mut *seen.lock().unwrap());
    for slug in ["MAIL_SEND", "LOCAL_SHOUT"] {
        let approval = asked(&session, slug, json!({"text": "a"})).await;
        assert!(took().is_empty());
        session.approve(&approval).await?;
        assert_eq!(took(), [(slug.to_owned(), true)]);
        session.deny(&asked(&session, slug, json!({"text": "a"})).await).await?;
        assert!(took().is_empty(), "nothing ran, and nobody waits for what came of it");
        let tool = session.tool(slug).await?.on_approval(async |_| ApprovalDecision::Deny);
        assert_eq!(tool.answer(r#"{"text": "a"}"#).await.into_outcome()?.value(), "never mind");
        assert_eq!(took(), [(slug.to_owned(), false)], "where a model waits, a modifier hears that it was denied");
    }
    Ok(())
}

/// Nobody is asked about a call that cannot be made.
#[tokio::test]
async fn a_native_call_that_does_not_fit_is_refused_and_not_asked_about() -> Result<()> {
    let spy = Spy::new(backend());
    let composio = Composio::with_backend(spy.clone());
    let session = composio.create("u").tool(Shout).require_approval_for_tools(["LOCAL_SHOUT"]).await?;
    for arguments in [json!({}), json!({"text": "a", "volume": 11})] {
        assert_eq!(session.execute("LOCAL_SHOUT", arguments).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    let named = session.execute("LOCAL_SHOUT", json!({"text": "a"})).account("work").await.unwrap_err();
    assert_eq!((named.kind(), spy.count("confirm")), (ErrorKind::Unsupported, 0));
    asked(&session, "LOCAL_SHOUT", json!({"text": "a"})).await;
    assert_eq!(spy.count("confirm"), 1);
    Ok(())
}

#[tokio::test]
async fn in_a_batch_each_call_waits_for_itself() -> Result<()> {
    let backend = backend();
    let session = asking(&backend).await?;
    let call = |slug: &str| ToolCall::new(ToolSlug::new(slug).unwrap(), Map::from_iter([("text".into(), json!("a"))]));
    let outcomes = session.execute_many(["MAIL_SEND", "MAIL_READ", "LOCAL_SHOUT"].map(call)).await?;
    assert!(outcomes[1].is_ok());
    for waiting in [&outcomes[0], &outcomes[2]] {
        session.approve(&question(waiting.as_ref().unwrap_err())).await?;
    }
    assert_eq!(backend.calls().len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_rule_about_a_native_tool_that_is_not_there_is_refused() -> Result<()> {
    let composio = Composio::with_backend(backend());
    let refused = composio.create("u").tool(Shout).require_approval_for_tools(["LOCAL_SHUOT"]).await.unwrap_err();
    assert_eq!((refused.kind(), refused.field()), (ErrorKind::InvalidInput, Some("approvals.tools")));
    assert!(
        refused.to_string().contains("LOCAL_SHUOT") && refused.to_string().contains("there is LOCAL_SHOUT"),
        "{refused}"
    );
    // Another process may give the tools.
    composio.create("u").require_approval_for_tools(["LOCAL_SHUOT"]).await?;
    Ok(())
}

#[tokio::test]
async fn nobody_is_asked_about_a_native_call_that_cannot_be_made() -> Result<()> {
    let session = asking(&backend()).await?;
    for arguments in [json!({}), json!({"text": 7}), json!({"text": "x", "more": 1})] {
        let refused = session.execute("LOCAL_SHOUT", arguments).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{refused}");
        assert!(refused.approval().is_none());
    }
    asked(&session, "LOCAL_SHOUT", json!({"text": "hello"})).await;
    Ok(())
}
