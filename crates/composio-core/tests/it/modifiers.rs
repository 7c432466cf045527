//! Modifiers: what they see, what they change, and what they never learn.

use std::sync::{Arc, Mutex};

use composio_core::{
    Composio, Error, ErrorKind, Modifier, ModifierContext, Result, ScriptedBackend, Session, ToolFailure, ToolOutput,
    Url,
};
use serde_json::{Map, Value, json};

use crate::native::Shout;
use crate::spy::Spy;

fn backend() -> ScriptedBackend {
    let schema = || json!({"type": "object", "properties": {"page": {"type": "integer"}}});
    ScriptedBackend::new().tool("GITHUB_GET", "github", schema()).tool("GITHUB_STAR", "github", schema()).tool(
        "GMAIL_SEND",
        "gmail",
        schema(),
    )
}

/// What was seen, in order.
#[derive(Clone, Default)]
struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    fn note(&self, text: impl Into<String>) {
        self.0.lock().unwrap().push(text.into());
    }

    fn read(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }

    /// Notes a name for each call that is seen before.
    fn before(&self, name: &'static str) -> Modifier {
        let diary = self.clone();
        Modifier::before(move |context, arguments| {
            diary.note(format!("{name} {}", context.tool));
            let seen = arguments.entry("seen").or_insert_with(|| json!([]));
            seen.as_array_mut().unwrap().push(name.into());
            Ok(())
        })
    }

    /// Notes a name, and what came of the call, for each that is seen after.
    fn after(&self, name: &'static str) -> Modifier {
        let diary = self.clone();
        Modifier::after(move |context, outcome| {
            let came =
                outcome.as_ref().map_or_else(|failure| failure.text.clone(), |output| output.value().to_string());
            diary.note(format!("{name} {} {came}", context.tool));
            outcome
        })
    }
}

#[tokio::test]
async fn modifiers_run_in_the_order_in_which_they_were_given() -> Result<()> {
    let (diary, backend) = (Diary::default(), backend());
    let building = Composio::with_backend(backend.clone()).create("u");
    let building = building.modifier(diary.after("x")).modifier(diary.before("a")).modifier(diary.before("b"));
    let session = building.modifier(diary.after("y")).await?;
    session.execute("GITHUB_GET", json!({"n": 1})).await?;
    let data = r#"{"n":1,"seen":["a","b"]}"#;
    assert_eq!(
        diary.read(),
        [
            "a GITHUB_GET".to_owned(),
            "b GITHUB_GET".to_owned(),
            format!("x GITHUB_GET {data}"),
            format!("y GITHUB_GET {data}"),
        ]
    );
    assert_eq!(Value::Object(backend.calls()[0].arguments.clone()), json!({"n": 1, "seen": ["a", "b"]}));
    Ok(())
}

#[tokio::test]
async fn a_modifier_is_for_all_tools_or_for_those_it_names() -> Result<()> {
    let diary = Diary::default();
    let none: [&str; 0] = [];
    let session = Composio::with_backend(backend())
        .create("u")
        .tool(Shout)
        .modifier(diary.before("all"))
        .modifier(diary.before("tool").tools(["GITHUB_GET"]))
        .modifier(diary.before("toolkit").toolkits(["gmail"]))
        .modifier(diary.before("both").toolkits(["gmail"]).tools(["GITHUB_STAR", "LOCAL_SHOUT"]))
        .modifier(diary.before("none").tools(none))
        .modifier(diary.before("none").toolkits(none))
        .modifier(Modifier::before(|_, arguments| {
            arguments.remove("seen");
            Ok(())
        }))
        .await?;
    for (slug, seen_by) in [
        ("GITHUB_GET", &["all", "tool"][..]),
        ("GITHUB_STAR", &["all", "both"]),
        ("GMAIL_SEND", &["all", "toolkit", "both"]),
        ("LOCAL_SHOUT", &["all", "both"]),
    ] {
        session.execute(slug, json!({"text": "a"})).await?;
        let expected: Vec<_> = seen_by.iter().map(|name| format!("{name} {slug}")).collect();
        assert_eq!(diary.read(), expected);
    }
    Ok(())
}

#[tokio::test]
async fn a_modifier_is_told_whose_call_it_sees() -> Result<()> {
    let diary = Diary::default();
    let heard = diary.clone();
    let tell = move |context: &ModifierContext<'_>, _: &mut Map<String, Value>| {
        heard.note(format!("{} {} {} {:?}", context.session, context.user, context.tool, context.toolkit));
        Ok(())
    };
    let building = Composio::with_backend(backend()).create("user_1").tool(Shout).modifier(Modifier::before(tell));
    let session = building.await?;
    session.execute("GMAIL_SEND", json!({})).await?;
    session.execute("LOCAL_SHOUT", json!({"text": "a"})).await?;
    let id = session.id();
    assert_eq!(
        diary.read(),
        [format!("{id} user_1 GMAIL_SEND Some(\"gmail\")"), format!("{id} user_1 LOCAL_SHOUT None"),]
    );
    Ok(())
}

/// What a model is shown: in the list and one by one, native or not, strict or not.
#[tokio::test]
async fn a_schema_is_seen_as_it_was_changed() -> Result<()> {
    let session = Composio::with_backend(backend())
        .create("u")
        .toolkits(["github"])
        .direct_tools()
        .tool(Shout)
        .modifier(Modifier::schema(|tool| tool.description = format!("{} Ten at a time.", tool.description).into()))
        .modifier(
            Modifier::schema(|tool| {
                tool.input_schema =
                    Arc::new(json!({"type": "object", "properties": {"only": {"type": "string"}}}).into());
            })
            .tools(["GITHUB_GET", "LOCAL_SHOUT"]),
        )
        .await?;
    let tools = session.tools().await?.strict();
    for slug in ["GITHUB_GET", "LOCAL_SHOUT"] {
        for tool in [tools.get(slug).unwrap(), &session.tool(slug).await?] {
            assert!(tool.description().ends_with(" Ten at a time."), "{}", tool.description());
            assert_eq!(tool.schema()["properties"].as_object().unwrap().keys().collect::<Vec<_>>(), ["only"]);
        }
        assert!(tools.get(slug).unwrap().is_strict());
    }
    let star = tools.get("GITHUB_STAR").unwrap();
    assert!(star.schema()["properties"].get("page").is_some() && star.description().ends_with(" Ten at a time."));
    let sent = tools.get("GITHUB_GET").unwrap().answer(r#"{"only": null}"#).await.into_outcome()?;
    assert_eq!(sent.value(), &json!({}), "a null that this schema made the model write is left out");
    Ok(())
}

/// Rules are made of a tool's name, toolkit and hints: a modifier that changed them would let calls past those rules.
#[tokio::test]
async fn a_modifier_changes_no_name() -> Result<()> {
    let session = Composio::with_backend(backend())
        .create("u")
        .tool(Shout)
        .preload(["GITHUB_GET"])
        .require_approval_for_tools(["GITHUB_GET"])
        .modifier(Modifier::schema(|tool| {
            tool.slug = "GMAIL_SEND".try_into().unwrap();
            tool.toolkit = Some("gmail".try_into().unwrap());
            tool.hints.destructive = !tool.hints.destructive;
        }))
        .await?;
    let tools = session.tools().await?;
    assert_eq!(tools.iter().map(|tool| tool.name()).collect::<Vec<_>>(), ["GITHUB_GET", "LOCAL_SHOUT"]);
    let definition = tools.get("GITHUB_GET").unwrap().definition();
    assert_eq!((definition.toolkit.as_ref().unwrap().as_str(), definition.hints.destructive), ("github", false));
    let waiting = tools.get("GITHUB_GET").unwrap().answer("{}").await;
    assert_eq!(waiting.error().unwrap().kind(), ErrorKind::InputRequired);
    Ok(())
}

#[tokio::test]
async fn an_error_before_a_call_ends_it_and_nothing_is_sent() -> Result<()> {
    let (diary, spy) = (Diary::default(), Spy::new(backend()));
    let refuse = |_: &ModifierContext<'_>, _: &mut Map<String, Value>| {
        Err(Error::new(ErrorKind::Blocked, "not on a Sunday").with_model_text("Not on a Sunday."))
    };
    let session = Composio::with_backend(spy.clone())
        .create("u")
        .tool(Shout)
        .preload(["GITHUB_GET"])
        .modifier(Modifier::before(refuse))
        .modifier(diary.before("later"))
        .modifier(diary.after("after"))
        .await?;
    let tools = session.tools().await?;
    for error in [
        session.execute("GITHUB_GET", json!({})).await.unwrap_err(),
        session.execute("LOCAL_SHOUT", json!({"text": "a"})).await.unwrap_err(),
        tools.get("GITHUB_GET").unwrap().answer("{}").await.into_outcome().unwrap_err(),
        tools.get("LOCAL_SHOUT").unwrap().call(Map::new()).await.unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.to_string().as_str()), (ErrorKind::Blocked, "not on a Sunday"));
    }
    let seen = ["GITHUB_GET", "LOCAL_SHOUT"].map(|slug| format!("after {slug} Not on a Sunday."));
    assert_eq!(diary.read(), [&seen[..], &seen[..]].concat(), "and no modifier that would have come later");
    assert_eq!(spy.count("execute"), 0);
    Ok(())
}

/// What the scripted service fails with, and everything of it that is nobody's business.
fn failing() -> ScriptedBackend {
    backend().answer("GMAIL_SEND", |_| {
        Err(Error::new(ErrorKind::ConnectionRequired, "POST https://internal.example/v1 with token k-1234")
            .with_connect_url(Url::parse("https://connect.example/link/capability").unwrap())
            .with_context("key", "k-1234")
            .with_log_id("log_7")
            .with_source(std::io::Error::other("k-1234")))
    })
}

/// Keeps whatever a modifier is given of a failure, printed in every way.
fn keep(diary: &Diary) -> Modifier {
    let diary = diary.clone();
    Modifier::after(move |context, outcome| {
        if let Err(failure) = &outcome {
            diary.note(format!("{context:?} {failure:?} {:?} {} {:?}", failure.kind, failure.text, failure.log_id));
        }
        outcome
    })
}

#[tokio::test]
async fn a_modifier_sees_a_failure_as_a_model_does_and_nothing_more() -> Result<()> {
    let diary = Diary::default();
    let session = Composio::with_backend(failing()).create("u").modifier(keep(&diary)).await?;
    let error = session.execute("GMAIL_SEND", json!({})).await.unwrap_err();
    let seen = diary.read().concat();
    for secret in ["k-1234", "internal.example", "connect.example", "capability"] {
        assert!(!seen.contains(secret), "{seen}");
    }
    assert!(seen.contains("ConnectionRequired") && seen.contains("no usable connection") && seen.contains("log_7"));
    assert_eq!(error.connect_url().map(Url::as_str), Some("https://connect.example/link/capability"));
    assert!(error.to_string().contains("internal.example"), "the operator still reads what happened");
    assert!(std::error::Error::source(&error).is_some() && error.context().next().is_some());

    let tools = session.tool("GMAIL_SEND").await?;
    let revealing = tools.answer("{}").await;
    assert!(!diary.read().concat().contains("capability") && revealing.error().unwrap().connect_url().is_some());
    Ok(())
}

/// A session whose failures and successes go through this.
async fn with_after(
    change: impl Fn(&ModifierContext<'_>, Result<ToolOutput, ToolFailure>) -> Result<ToolOutput, ToolFailure>
    + Send
    + Sync
    + 'static,
) -> Result<Session> {
    Composio::with_backend(failing()).create("u").tool(Shout).modifier(Modifier::after(change)).await
}

#[tokio::test]
async fn a_failure_that_stays_one_changes_its_text_alone() -> Result<()> {
    let session = with_after(|_, outcome| {
        outcome.map_err(|failure| ToolFailure::new(ErrorKind::Timeout, format!("Sorry. {}", failure.text)))
    })
    .await?;
    let error = session.execute("GMAIL_SEND", json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRequired, "what happened is not the modifier's to say");
    assert!(error.for_model().starts_with("Sorry. The user has no usable connection"), "{}", error.for_model());
    assert_eq!((error.log_id(), error.connect_url().is_some()), (Some("log_7"), true));
    Ok(())
}

#[tokio::test]
async fn a_failure_becomes_a_success() -> Result<()> {
    let session = with_after(|_, outcome| {
        outcome.or_else(|failure| Ok(ToolOutput::new(json!({"unavailable": failure.text.len() > 3}))))
    })
    .await?;
    assert_eq!(session.execute("GMAIL_SEND", json!({})).await?.value(), &json!({"unavailable": true}));
    let tool = session.tool("GMAIL_SEND").await?;
    assert!(tool.answer("{}").await.text().starts_with(r#"{"successful":true,"data":{"unavailable":true}"#));
    Ok(())
}

#[tokio::test]
async fn a_success_is_changed_or_becomes_a_failure() -> Result<()> {
    let session = with_after(|context, outcome| {
        let output = outcome?;
        match context.toolkit {
            Some(_) => Err(ToolFailure::new(ErrorKind::Blocked, "Too large to read.")),
            None => Ok(ToolOutput::new(json!({"said": output.value()}))),
        }
    })
    .await?;
    let said = session.execute("LOCAL_SHOUT", json!({"text": "a"})).await?;
    assert_eq!(said.value(), &json!({"said": "A"}), "native tools too");
    let error = session.execute("GITHUB_GET", json!({})).await.unwrap_err();
    assert_eq!((error.kind(), &*error.for_model()), (ErrorKind::Blocked, "Too large to read."));
    assert_eq!(error.log_id(), Some("log_1"), "the call was made, and is found again");
    assert!(error.to_string().contains("a modifier refused what GITHUB_GET gave"), "{error}");
    Ok(())
}

#[tokio::test]
async fn what_a_session_may_not_use_is_refused_before_a_modifier_sees_it() -> Result<()> {
    let diary = Diary::default();
    let building = Composio::with_backend(backend()).create("u").toolkits(["github"]);
    let session = building.modifier(diary.before("b")).modifier(diary.after("a")).await?;
    for (slug, kind) in [
        ("GMAIL_SEND", ErrorKind::PermissionDenied),
        ("GITHUB_NOTHING", ErrorKind::NotFound),
        ("LOCAL_NOTHING", ErrorKind::NotFound),
    ] {
        assert_eq!(session.execute(slug, json!({})).await.unwrap_err().kind(), kind, "{slug}");
    }
    assert!(diary.read().is_empty());
    Ok(())
}

/// A definition is read once: where a tool is called whose definition is there, the backend is asked for the call alone.
#[tokio::test]
async fn modifiers_cost_a_listed_tool_no_further_question() -> Result<()> {
    let (diary, spy) = (Diary::default(), Spy::new(backend()));
    let building = Composio::with_backend(spy.clone()).create("u").preload(["GITHUB_GET"]);
    let session = building.modifier(diary.before("b").toolkits(["github"])).await?;
    let tools = session.tools().await?;
    tools.get("GITHUB_GET").unwrap().answer("{}").await.into_outcome()?;
    assert_eq!((spy.count("get_tool"), spy.count("execute"), diary.read().len()), (0, 1, 1));
    session.execute("GITHUB_GET", json!({})).await?;
    assert_eq!((spy.count("get_tool"), spy.count("execute"), diary.read().len()), (1, 2, 1));
    Ok(())
}

#[tokio::test]
async fn modifiers_are_given_again_or_found_while_their_session_lives() -> Result<()> {
    let (diary, composio) = (Diary::default(), Composio::with_backend(backend()));
    let session = composio.create("u").modifier(diary.before("first")).await?;
    let (without, found) = (composio.session(session.id()).await?, composio.session(session.id()).live_tools().await?);
    let given = composio.session(session.id()).modifier(diary.before("given")).await?;
    for (session, seen) in [(&without, None), (&found, Some("first GITHUB_GET")), (&given, Some("given GITHUB_GET"))] {
        session.execute("GITHUB_GET", json!({})).await?;
        assert_eq!(diary.read(), seen.into_iter().collect::<Vec<_>>());
    }
    drop(session);
    found.execute("GITHUB_GET", json!({})).await?;
    assert_eq!(diary.read(), ["first GITHUB_GET"], "whoever found it keeps it");

    let refused = composio.session(given.id()).modifier(diary.before("x").tools(["a b"])).await.unwrap_err();
    assert_eq!((refused.kind(), refused.field()), (ErrorKind::InvalidInput, Some("modifier.tools")));
    Ok(())
}
