//! Listing a session's tools, and calling them.

use composio_core::{Composio, ErrorKind, Result, ScriptedBackend, Session, ToolSet};
use serde_json::{Value, json};

use crate::native::{Add, Shout};
use crate::spy::Spy;

fn backend() -> ScriptedBackend {
    let names = ["GITHUB_ZULU", "GITHUB_ALPHA", "GMAIL_SEND", "GITHUB_MIKE", "GITHUB_ECHO"];
    names.into_iter().fold(ScriptedBackend::new(), |backend, name| {
        let toolkit = if name.starts_with("GMAIL") { "gmail" } else { "github" };
        backend.tool(name, toolkit, json!({"type": "object", "properties": {"n": {"type": "integer"}}}))
    })
}

async fn github(spy: &Spy) -> Result<Session> {
    Composio::with_backend(spy.clone()).create("u").toolkits(["github"]).direct_tools().await
}

fn slugs(tools: &ToolSet) -> Vec<&str> {
    tools.iter().map(|tool| tool.definition().slug.as_str()).collect()
}

#[tokio::test]
async fn the_backends_order_is_kept() -> Result<()> {
    let tools = github(&Spy::new(backend())).await?.tools().await?;
    assert_eq!(slugs(&tools), ["GITHUB_ZULU", "GITHUB_ALPHA", "GITHUB_MIKE", "GITHUB_ECHO"]);
    assert_eq!((tools.len(), tools.is_empty()), (4, false));
    assert_eq!((&tools).into_iter().count(), 4);
    assert_eq!(tools.get("GITHUB_MIKE").map(|tool| tool.definition().slug.as_str()), Some("GITHUB_MIKE"));
    assert!(tools.get("github_mike").is_none() && tools.get("GMAIL_SEND").is_none());
    Ok(())
}

#[tokio::test]
async fn every_page_is_read() -> Result<()> {
    for (size, pages) in [(1, 4), (2, 2), (3, 2), (4, 1), (500, 1)] {
        let spy = Spy::new(backend()).tool_page(size);
        let tools = github(&spy).await?.tools().await?;
        assert_eq!(slugs(&tools), ["GITHUB_ZULU", "GITHUB_ALPHA", "GITHUB_MIKE", "GITHUB_ECHO"], "pages of {size}");
        assert_eq!(spy.count("list_tools"), pages, "pages of {size}");
    }
    Ok(())
}

#[tokio::test]
async fn a_list_without_an_end_is_an_error() -> Result<()> {
    let spy = Spy::new(backend()).tool_page(1).stuck_at("again");
    let error = github(&spy).await?.tools().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unexpected);
    assert_eq!(spy.count("list_tools"), 2);
    Ok(())
}

#[tokio::test]
async fn without_preloading_a_model_gets_native_tools_alone() -> Result<()> {
    let composio = Composio::with_backend(backend());
    assert!(composio.create("u").await?.tools().await?.is_empty());
    let tools = composio.create("u").tool(Shout).tool(Add).await?.tools().await?;
    assert_eq!(slugs(&tools), ["LOCAL_ADD", "LOCAL_SHOUT"]);
    Ok(())
}

#[tokio::test]
async fn native_tools_come_last_by_slug() -> Result<()> {
    let composio = Composio::with_backend(backend());
    let listed = composio.create("u").preload(["GMAIL_SEND", "GITHUB_ALPHA"]).tool(Shout).tool(Add).await?;
    let expected = ["GMAIL_SEND", "GITHUB_ALPHA", "LOCAL_ADD", "LOCAL_SHOUT"];
    assert_eq!(slugs(&listed.tools().await?), expected, "the others in the order in which they were listed");
    assert_eq!(slugs(&listed.tools().await?), expected, "each time");
    let definition = listed.tools().await?;
    assert!(definition.get("LOCAL_ADD").unwrap().definition().toolkit.is_none());
    Ok(())
}

#[tokio::test]
async fn two_tools_of_one_name_are_a_conflict() -> Result<()> {
    let clashing = backend().tool("LOCAL_SHOUT", "github", json!({"type": "object"}));
    let builder = Composio::with_backend(clashing).create("u").toolkits(["github"]).direct_tools();
    let error = builder.tool(Shout).await?.tools().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("LOCAL_SHOUT"), "{error}");
    Ok(())
}

#[tokio::test]
async fn arguments_are_read_as_models_write_them() -> Result<()> {
    let backend = backend();
    let session = github(&Spy::new(backend.clone())).await?;
    let tools = session.tools().await?;
    let tool = tools.get("GITHUB_ECHO").unwrap();
    for (text, expected) in [
        ("", json!({})),
        (" \n\t", json!({})),
        ("null", json!({})),
        ("{}", json!({})),
        (" { } ", json!({})),
        ("\"\"", json!({})),
        ("\"{}\"", json!({})),
        (r#"{"n": 1, "ä": [null, {"b": "\u00e4"}]}"#, json!({"n": 1, "ä": [null, {"b": "ä"}]})),
        (r#""{\"n\": 1}""#, json!({"n": 1})),
        (r#"{"z": 1, "a": 2, "m": 3}"#, json!({"z": 1, "a": 2, "m": 3})),
        (r#"{"n": 12345678901234567890}"#, json!({"n": 12345678901234567890_u64})),
    ] {
        let output = tool.call_str(text).await?;
        assert_eq!(output.value(), &expected, "{text}");
        let sent = backend.calls().pop().unwrap();
        assert_eq!(Value::Object(sent.arguments), expected, "{text}");
        assert_eq!((sent.tool.as_str(), sent.account, sent.idempotency_key), ("GITHUB_ECHO", None, None));
    }
    let sent = tool.call_str(r#"{"z": 1, "a": 2, "m": 3}"#).await?;
    assert_eq!(sent.data.as_str(), r#"{"z":1,"a":2,"m":3}"#, "names keep their order");
    Ok(())
}

#[tokio::test]
async fn malformed_arguments_reach_the_model_and_never_the_backend() -> Result<()> {
    let spy = Spy::new(backend());
    let session = github(&spy).await?;
    let tools = session.tools().await?;
    let texts = [
        "[]",
        "[{}]",
        "1",
        "true",
        "\"text\"",
        "\"[1]\"",
        "{",
        "{\"n\": }",
        "{'n': 1}",
        "{} {}",
        "NaN",
        "undefined",
        "```json\n{}\n```",
    ];
    for text in texts {
        for tool in &tools {
            let error = tool.call_str(text).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{text}");
            assert!(error.for_model().contains("one JSON object"), "{text}: {}", error.for_model());
        }
    }
    for arguments in [json!([]), json!(1), json!("text"), json!(true)] {
        let error = session.execute("GITHUB_ECHO", arguments.clone()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{arguments}");
    }
    assert_eq!(spy.count("execute"), 0);
    assert!(session.execute("GITHUB_ECHO", Value::Null).await?.value().as_object().unwrap().is_empty());
    assert_eq!(spy.count("execute"), 1);
    Ok(())
}

#[tokio::test]
async fn a_call_carries_its_account_and_its_key() -> Result<()> {
    let backend = backend();
    let session = github(&Spy::new(backend.clone())).await?;
    session.execute("GITHUB_ECHO", json!({"n": 1})).account("work").idempotency_key("k-1").await?;
    let sent = &backend.calls()[0];
    assert_eq!((sent.account.as_deref(), sent.idempotency_key.as_deref()), (Some("work"), Some("k-1")));
    Ok(())
}

#[tokio::test]
async fn a_call_that_is_never_awaited_never_happens() -> Result<()> {
    let spy = Spy::new(backend());
    let session = github(&spy).await?;
    drop(session.execute("GITHUB_ECHO", json!({})));
    drop(session.authorize("github"));
    assert_eq!(spy.asked(), ["create_session"]);
    Ok(())
}
