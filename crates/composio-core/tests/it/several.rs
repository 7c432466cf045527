//! Several accounts of one toolkit: how a model says which one it means, and several calls at once.

use composio_core::{
    ApprovalDecision, Composio, ConnectedAccountId, ErrorKind, MultiAccount, Result, ScriptedBackend, SessionBuilder,
    ToolCall,
};
use serde_json::{Map, Value, json};

use crate::native::Shout;
use crate::spy::Spy;

fn backend() -> ScriptedBackend {
    let with = |properties: Value| json!({"type": "object", "properties": properties, "required": ["text"]});
    let text = || json!({"type": "string"});
    let backend = ScriptedBackend::new()
        .tool("MAIL_SEND", "mail", with(json!({"text": text(), "page": {"type": "integer"}})))
        .tool("MAIL_BOOK", "mail", with(json!({"text": text(), "account": text()})))
        .tool("MAIL_BOTH", "mail", with(json!({"text": text(), "account": text(), "connected_account": text()})))
        .tool("MAIL_FREE", "mail", json!({"type": "object"}));
    ["MAIL_SEND", "MAIL_BOOK", "MAIL_BOTH", "MAIL_FREE"].into_iter().fold(backend, |backend, slug| {
        backend.answer(slug, |call| Ok(json!({"account": call.account, "arguments": call.arguments})))
    })
}

fn several(backend: &ScriptedBackend) -> SessionBuilder {
    let tools = ["MAIL_SEND", "MAIL_BOOK", "MAIL_BOTH", "MAIL_FREE"];
    let building = Composio::with_backend(backend.clone()).create("u").preload(tools).tool(Shout);
    building.multi_account(MultiAccount::new())
}

#[tokio::test]
async fn a_model_may_name_the_account_where_there_may_be_several() -> Result<()> {
    let session = several(&backend()).await?;
    let tools = session.tools().await?;
    for (slug, parameter) in [
        ("MAIL_SEND", Some("account")),
        ("MAIL_FREE", Some("account")),
        // Where the tool has a parameter of that name itself.
        ("MAIL_BOOK", Some("connected_account")),
        ("MAIL_BOTH", None),
        // A native tool runs with no account.
        ("LOCAL_SHOUT", None),
    ] {
        for tool in [tools.get(slug).unwrap(), &session.tool(slug).await?] {
            let schema = tool.schema();
            let ours = schema["properties"].as_object().unwrap().iter().find(|(_, it)| {
                it["description"].as_str().is_some_and(|text| text.contains("the alias of the user's account"))
            });
            assert_eq!(ours.map(|(name, _)| name.as_str()), parameter, "{slug}");
            let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
            assert!(parameter.is_none_or(|name| !required.contains(&json!(name))), "{slug}: it can be left out");
        }
    }
    let plain = Composio::with_backend(backend()).create("u").preload(["MAIL_SEND"]).await?;
    let schema = plain.tool("MAIL_SEND").await?;
    assert!(schema.schema()["properties"].get("account").is_none(), "with one account there is nothing to name");
    Ok(())
}

#[tokio::test]
async fn a_call_names_its_account_by_text_or_by_the_id_itself() -> Result<()> {
    let (session, id) = (several(&backend()).await?, ConnectedAccountId::from("ca_1"));
    for call in [
        session.execute("MAIL_FREE", json!({})).account("ca_1"),
        session.execute("MAIL_FREE", json!({})).account(&id),
        session.execute("MAIL_FREE", json!({})).account(id.clone()),
    ] {
        assert_eq!(call.await?.value()["account"], "ca_1");
    }
    Ok(())
}

#[tokio::test]
async fn what_a_model_says_about_the_account_is_no_argument() -> Result<()> {
    let session = several(&backend()).await?;
    let (plain, strict) = (session.tools().await?, session.tools().await?.strict());
    for (slug, written, account, arguments) in [
        ("MAIL_SEND", json!({"text": "a", "account": "work"}), json!("work"), json!({"text": "a"})),
        ("MAIL_SEND", json!({"text": "a"}), json!(null), json!({"text": "a"})),
        ("MAIL_SEND", json!({"text": "a", "account": null}), json!(null), json!({"text": "a"})),
        ("MAIL_SEND", json!({"text": "a", "account": ""}), json!(null), json!({"text": "a"})),
        ("MAIL_SEND", json!({"text": "a", "account": " Work"}), json!(" Work"), json!({"text": "a"})),
        (
            "MAIL_BOOK",
            json!({"text": "a", "account": "books", "connected_account": "ca_1"}),
            json!("ca_1"),
            json!({"text": "a", "account": "books"}),
        ),
        ("MAIL_BOOK", json!({"text": "a", "account": "b"}), json!(null), json!({"text": "a", "account": "b"})),
        ("MAIL_BOTH", json!({"text": "a", "account": "b"}), json!(null), json!({"text": "a", "account": "b"})),
    ] {
        for tools in [&plain, &strict] {
            let answer = tools.get(slug).unwrap().answer(written.clone()).await.into_outcome()?;
            assert_eq!(answer.value(), &json!({"account": account, "arguments": arguments}), "{slug} {written}");
        }
    }
    let tool = strict.get("MAIL_SEND").unwrap();
    assert!(tool.is_strict(), "{:?}", tool.definition().input_schema.strict());
    let output = tool.answer(json!({"text": "a", "page": null, "account": "home"})).await.into_outcome()?;
    assert_eq!(output.value(), &json!({"account": "home", "arguments": {"text": "a"}}));
    let text = tool.call_str(r#"{"text": "a", "account": "home"}"#).await?;
    assert_eq!(text.value(), output.value(), "text is read alike");
    Ok(())
}

#[tokio::test]
async fn an_account_that_is_no_text_is_told_to_the_model() -> Result<()> {
    let backend = backend();
    let session = several(&backend).await?;
    let tools = session.tools().await?;
    for account in [json!(7), json!(["work"]), json!({"alias": "work"}), json!(true)] {
        let answer = tools.get("MAIL_SEND").unwrap().answer(json!({"text": "a", "account": account})).await;
        assert_eq!(answer.error().unwrap().kind(), ErrorKind::InvalidInput);
        assert!(answer.text().contains("`account` has to be the id or the alias"), "{}", answer.text());
    }
    assert!(backend.calls().is_empty());
    Ok(())
}

#[tokio::test]
async fn the_account_that_a_model_named_is_the_one_that_is_asked_about() -> Result<()> {
    let backend = backend();
    let session = several(&backend).require_approval_for_toolkits(["mail"]).await?;
    let tools = session.tools().await?.on_approval(async |approval| {
        assert!(!approval.arguments().contains_key("account"), "it is no argument");
        ApprovalDecision::ApproveAlways
    });
    let tool = tools.get("MAIL_SEND").unwrap();
    let sent = tool.answer(json!({"text": "a", "account": "work"})).await.into_outcome()?;
    assert_eq!(sent.value()["account"], "work");
    let again = session.execute("MAIL_SEND", json!({"text": "b"})).account("work").await?;
    assert_eq!(again.value()["account"], "work", "always, with that account");
    assert_eq!(
        session.execute("MAIL_SEND", json!({})).account("home").await.unwrap_err().kind(),
        ErrorKind::InputRequired
    );
    Ok(())
}

fn call(slug: &str, arguments: Value) -> ToolCall {
    let Value::Object(arguments) = arguments else { return ToolCall::new(slug.try_into().unwrap(), Map::new()) };
    ToolCall::new(slug.try_into().unwrap(), arguments)
}

/// Row 58.
#[tokio::test]
async fn a_batch_keeps_its_order_and_one_failure_takes_nothing_from_the_others() -> Result<()> {
    let session = several(&backend()).await?;
    let outcomes = session
        .execute_many([
            call("MAIL_SEND", json!({"text": "a"})).account("work"),
            call("MAIL_NOTHING", json!({})),
            call("LOCAL_SHOUT", json!({"text": "b"})),
            call("LOCAL_SHOUT", json!({"text": "b"})).account("work"),
            call("LOCAL_NOTHING", json!({})),
            call("MAIL_SEND", json!({"text": "c"})).account("home"),
        ])
        .await?;
    let read: Vec<_> = outcomes.iter().map(|outcome| outcome.as_ref().map_err(composio_core::Error::kind)).collect();
    assert_eq!(read[0].unwrap().value(), &json!({"account": "work", "arguments": {"text": "a"}}));
    assert_eq!(read[2].unwrap().value(), "B");
    assert_eq!(read[5].unwrap().value()["account"], "home");
    let failed = [1, 3, 4].map(|place: usize| read[place].unwrap_err());
    assert_eq!(failed, [ErrorKind::NotFound, ErrorKind::Unsupported, ErrorKind::NotFound]);
    Ok(())
}

#[tokio::test]
async fn a_batch_has_one_call_to_fifty() -> Result<()> {
    let spy = Spy::new(backend());
    let session = Composio::with_backend(spy.clone()).create("u").tool(Shout).await?;
    for (count, fits) in [(0, false), (1, true), (50, true), (51, false)] {
        let before = spy.asked().len();
        let outcomes = session.execute_many((0..count).map(|number| call("MAIL_SEND", json!({"n": number})))).await;
        match outcomes {
            Ok(outcomes) => {
                let numbers: Vec<_> =
                    outcomes.iter().map(|it| it.as_ref().unwrap().value()["arguments"]["n"].clone()).collect();
                assert_eq!(numbers, (0..count).map(Value::from).collect::<Vec<_>>());
            }
            Err(error) => {
                assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("calls")));
                assert_eq!(spy.asked().len(), before, "nothing of it is run");
            }
        }
        assert_eq!(spy.asked().len() > before, fits, "{count}");
    }
    Ok(())
}

#[tokio::test]
async fn the_calls_of_a_batch_run_side_by_side() -> Result<()> {
    let session = Composio::with_backend(ScriptedBackend::new()).create("u").tool(Meet::of(50)).await?;
    let outcomes = session.execute_many((0..50).map(|_| call("LOCAL_MEET", json!({})))).await?;
    assert!(outcomes.iter().all(Result::is_ok), "each waits for all others");
    Ok(())
}

/// A tool that ends once it was called so many times at once.
struct Meet(tokio::sync::Barrier);

impl Meet {
    fn of(calls: usize) -> Self {
        Self(tokio::sync::Barrier::new(calls))
    }
}

impl composio_core::Tool for Meet {
    const SLUG: &'static str = "MEET";
    type Input = crate::native::Nothing;
    type Output = ();

    fn description(&self) -> std::borrow::Cow<'static, str> {
        "Waits for the others.".into()
    }

    async fn call(&self, _: composio_core::ToolContext, _: Self::Input) -> Result<()> {
        self.0.wait().await;
        Ok(())
    }
}
