//! Everything can be moved to another thread, and shared.

use std::future::{Future, IntoFuture};

use composio_core::{
    AuthConfigs, Authorize, Backend, Composio, ConnectFlow, ConnectedAccounts, ConnectionRequest, Error, Execute,
    Explanation, ListToolkits, Management, OpenSession, Result, ScriptedBackend, Session, SessionBuilder, SessionTool,
    ToolContext, ToolOutput, ToolSet, Wait,
};
use serde_json::{Map, json};

use crate::native::Shout;

fn assert_shared<T: Send + Sync + 'static + ?Sized>() {}

fn assert_send<F: Future + Send + 'static>(future: F) -> F {
    future
}

fn assert_borrowed<F: Future + Send>(future: F) -> F {
    future
}

#[test]
fn types_are_send_sync_and_static() {
    assert_shared::<Composio>();
    assert_shared::<Session>();
    assert_shared::<SessionBuilder>();
    assert_shared::<OpenSession>();
    assert_shared::<SessionTool>();
    assert_shared::<ToolSet>();
    assert_shared::<ToolContext>();
    assert_shared::<ToolOutput>();
    assert_shared::<Error>();
    assert_shared::<Execute>();
    assert_shared::<ListToolkits>();
    assert_shared::<Authorize>();
    assert_shared::<ConnectionRequest>();
    assert_shared::<Wait>();
    assert_shared::<Explanation>();
    assert_shared::<AuthConfigs>();
    assert_shared::<ConnectedAccounts>();
    assert_shared::<ScriptedBackend>();
    assert_shared::<dyn Backend>();
    assert_shared::<dyn Management>();
    assert_shared::<dyn ConnectFlow>();
}

#[tokio::test]
async fn futures_are_send() -> Result<()> {
    let backend = ScriptedBackend::new().tool("GITHUB_ECHO", "github", json!({"type": "object"})).links_connect();
    let composio = Composio::with_backend(backend);
    let builder = composio.create("u").toolkits(["github"]).direct_tools().tool(Shout);
    let session = assert_send(builder.into_future()).await?;
    let tools = assert_borrowed(session.tools()).await?;
    let tool = tools.get("GITHUB_ECHO").cloned().unwrap();
    assert_borrowed(tool.call(Map::new())).await?;
    assert_borrowed(tool.call_str("{}")).await?;
    assert_send(session.execute("LOCAL_SHOUT", json!({"text": "x"})).into_future()).await?;
    assert_send(session.toolkits().into_future()).await?;
    let request = assert_send(session.authorize("github").into_future()).await?;
    assert_send(request.wait().into_future()).await?;
    assert_borrowed(session.connected_account(request.account())).await?;
    let _ = assert_send(session.reconnect(request.account()).into_future()).await;
    let _ = assert_borrowed(session.explain("github")).await;
    let _ = assert_send(composio.auth_configs().list().into_future()).await;
    let _ = assert_borrowed(composio.auth_configs().get("ac_1")).await;
    assert_send(composio.session(session.id()).into_future()).await?;

    // A whole conversation in one task, with nothing borrowed from outside.
    let (owned, composio) = (session.clone(), composio.clone());
    assert_send(async move {
        let text = String::from("{}");
        tool.call_str(&text).await?;
        owned.execute("GITHUB_ECHO", json!({})).account("work").await?;
        composio.session(owned.id()).tool(Shout).await?.tools().await?;
        owned.delete().await
    })
    .await
}

#[tokio::test]
async fn calls_side_by_side_do_not_mix() -> Result<()> {
    let backend = ScriptedBackend::new().tool("GITHUB_ECHO", "github", json!({"type": "object"}));
    let session = Composio::with_backend(backend).create("u").tool(Shout).await?;
    let call = |text: &'static str| {
        let (remote, local) = (json!({"text": text}), json!({"text": text}));
        let session = session.clone();
        async move {
            let (echo, shout) =
                tokio::join!(session.execute("GITHUB_ECHO", remote), session.execute("LOCAL_SHOUT", local));
            Ok::<_, Error>((echo?.value()["text"].clone(), shout?.value().clone()))
        }
    };
    let (one, two, three) = tokio::join!(call("one"), call("two"), call("three"));
    assert_eq!(
        [one?, two?, three?],
        [("one", "ONE"), ("two", "TWO"), ("three", "THREE")].map(|(a, b)| (a.into(), b.into()))
    );
    Ok(())
}
