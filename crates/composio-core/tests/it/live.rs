//! Native tools that a server in the same process finds again by the session's id.

use composio_core::{Composio, ErrorKind, Result, ScriptedBackend, Session, Tool, ToolContext};
use serde_json::json;

use crate::native::{Nothing, Shout};

/// A tool that says which of several it is.
struct Numbered(u32);

impl Tool for Numbered {
    const SLUG: &'static str = "NUMBER";
    type Input = Nothing;
    type Output = u32;

    fn description(&self) -> std::borrow::Cow<'static, str> {
        "Says its number.".into()
    }

    async fn call(&self, _: ToolContext, _: Nothing) -> Result<u32> {
        Ok(self.0)
    }
}

async fn slugs(session: &Session) -> Vec<String> {
    session.tools().await.unwrap().iter().map(|tool| tool.definition().slug.to_string()).collect()
}

/// The number of the tool that is found for a session, if any is.
async fn found(composio: &Composio, session: &Session) -> Option<i64> {
    let again = composio.session(session.id()).live_tools().await.unwrap();
    match again.execute("LOCAL_NUMBER", json!({})).await {
        Ok(output) => output.value().as_i64(),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::NotFound);
            None
        }
    }
}

#[tokio::test]
async fn native_tools_are_found_while_their_session_lives() -> Result<()> {
    let composio = Composio::with_backend(ScriptedBackend::new());
    let session = composio.create("u").tool(Numbered(1)).tool(Shout).await?;
    let again = composio.session(session.id()).live_tools().await?;
    assert_eq!(slugs(&again).await, ["LOCAL_NUMBER", "LOCAL_SHOUT"]);
    assert_eq!(again.execute("LOCAL_SHOUT", json!({"text": "hi"})).await?.value(), "HI");
    drop(again);
    assert_eq!(found(&composio, &session).await, Some(1), "they can be found as often as wanted");

    let clone = session.clone();
    let id = session.id().clone();
    drop(session);
    assert_eq!(found(&composio, &clone).await, Some(1), "a clone is the session too");
    drop(clone);
    assert!(slugs(&composio.session(&id).live_tools().await?).await.is_empty(), "nobody holds them any more");
    Ok(())
}

/// A call that runs keeps the tools that it needs, whoever else goes. Nobody finds them there: who drops the session that
/// was given them takes them back.
#[tokio::test]
async fn a_session_that_found_its_tools_keeps_them_for_itself() -> Result<()> {
    let composio = Composio::with_backend(ScriptedBackend::new());
    let first = composio.create("u").tool(Numbered(1)).await?;
    let again = composio.session(first.id()).live_tools().await?;
    drop(first);
    assert_eq!(again.execute("LOCAL_NUMBER", json!({})).await?.value(), 1);
    assert_eq!(found(&composio, &again).await, None);
    Ok(())
}

#[tokio::test]
async fn the_tools_that_were_given_last_are_found() -> Result<()> {
    let composio = Composio::with_backend(ScriptedBackend::new());
    let first = composio.create("u").tool(Numbered(1)).await?;
    let second = composio.session(first.id()).tool(Numbered(2)).await?;
    assert_eq!(found(&composio, &first).await, Some(2));
    let third = composio.session(first.id()).tool(Numbered(3)).await?;
    let without = composio.session(first.id()).await?;
    assert_eq!(found(&composio, &first).await, Some(3), "a session without tools gives none");
    drop((second, without));
    assert_eq!(found(&composio, &first).await, Some(3));
    drop(third);
    assert_eq!(found(&composio, &first).await, Some(1), "the ones before are there again");
    Ok(())
}

#[tokio::test]
async fn native_tools_are_found_only_where_they_are_asked_for() -> Result<()> {
    let composio = Composio::with_backend(ScriptedBackend::new());
    let session = composio.create("u").tool(Numbered(1)).await?;
    assert!(slugs(&composio.session(session.id()).await?).await.is_empty());
    let given = composio.session(session.id()).tool(Shout).live_tools().await?;
    assert_eq!(slugs(&given).await, ["LOCAL_NUMBER"], "those that live stand in place of those given");
    drop((session, given));

    let session = composio.create("u").await?;
    let given = composio.session(session.id()).tool(Shout).live_tools().await?;
    assert_eq!(slugs(&given).await, ["LOCAL_SHOUT"], "where none live, those given stand");
    Ok(())
}

#[tokio::test]
async fn other_sessions_and_other_doors_find_nothing() -> Result<()> {
    let backend = ScriptedBackend::new();
    let composio = Composio::with_backend(backend.clone());
    let (session, other) = (composio.create("u").tool(Numbered(1)).await?, composio.create("u").await?);
    assert_eq!(found(&composio, &other).await, None, "another session of the same user");
    assert_eq!(found(&composio.clone(), &session).await, Some(1), "clones share");
    assert_eq!(found(&Composio::with_backend(backend), &session).await, None, "another door on the same backend");
    Ok(())
}

#[tokio::test]
async fn tools_that_live_do_not_bring_a_deleted_session_back() -> Result<()> {
    let composio = Composio::with_backend(ScriptedBackend::new());
    let session = composio.create("u").tool(Numbered(1)).await?;
    session.delete().await?;
    let error = composio.session(session.id()).live_tools().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    Ok(())
}

/// What is registered holds nothing alive, and says no more than which sessions have tools here.
#[tokio::test]
async fn the_register_shows_ids_and_forgets_them() -> Result<()> {
    let composio = Composio::with_backend(ScriptedBackend::new());
    let session = composio.create("u").tool(Numbered(1)).await?;
    let id = session.id().to_string();
    assert!(format!("{composio:?}").contains(&id));
    drop(session);
    assert!(!format!("{composio:?}").contains(&format!("{{\"{id}\"}}")), "{composio:?}");
    Ok(())
}
