//! Listing toolkits.

use composio_core::{Composio, ConnectionEvent, Error, ErrorKind, Result, ScriptedBackend, Session, ToolkitSlug};

fn backend() -> ScriptedBackend {
    ["gmail", "github", "google-mail", "slack", "notion"]
        .into_iter()
        .fold(ScriptedBackend::new(), ScriptedBackend::toolkit)
}

async fn session(backend: &ScriptedBackend) -> Result<Session> {
    Composio::with_backend(backend.clone()).create("u").disable_toolkits(["notion"]).await
}

#[tokio::test]
async fn a_list_is_narrowed_in_every_way() -> Result<()> {
    let backend = backend();
    let session = session(&backend).await?;
    let slack = ToolkitSlug::new("slack")?;
    for (list, expected) in [
        (session.toolkits(), &["gmail", "github", "google-mail", "slack"][..]),
        (session.toolkits().limit(2), &["gmail", "github"]),
        (session.toolkits().search("mail"), &["gmail", "google-mail"]),
        (session.toolkits().search("MaIl").limit(1), &["gmail"]),
        (session.toolkits().search("nothing"), &[]),
        (session.toolkits().slugs(["slack", "gmail"]), &["gmail", "slack"]),
        (session.toolkits().slugs(["slack"]).slugs(&["github".to_owned()]), &["github", "slack"]),
        (session.toolkits().slugs([&slack, &ToolkitSlug::new("notion")?]), &["slack"]),
        (session.toolkits().connected(true), &[]),
        (session.toolkits().connected(false).limit(3), &["gmail", "github", "google-mail"]),
    ] {
        let asked = format!("{list:?}");
        let page = list.await?;
        assert_eq!(page.items.iter().map(|toolkit| toolkit.slug.as_str()).collect::<Vec<_>>(), expected, "{asked}");
    }
    Ok(())
}

#[tokio::test]
async fn pages_lead_to_the_end() -> Result<()> {
    let session = session(&backend()).await?;
    let first = session.toolkits().limit(3).await?;
    assert_eq!((first.items.len(), first.total), (3, Some(4)));
    let second = session.toolkits().limit(3).cursor(first.next_cursor.unwrap()).await?;
    assert_eq!((second.items.len(), second.items[0].slug.as_str(), second.next_cursor), (1, "slack", None));
    let error = session.toolkits().cursor("elsewhere").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    Ok(())
}

#[tokio::test]
async fn a_connection_shows_with_its_real_status_and_to_its_user_alone() -> Result<()> {
    let backend = backend();
    let session = session(&backend).await?;
    let account = session.authorize("github").await?.account().clone();
    let github = || async { Ok::<_, Error>(session.toolkits().slugs(["github"]).await?.items.remove(0)) };

    assert!(!github().await?.is_active(), "INITIATED");
    backend.account_event(&account, ConnectionEvent::Connected, "")?;
    let state = github().await?;
    assert!(state.is_active() && state.is_ready());
    assert_eq!(state.account.map(|account| account.id), Some(account.clone()));
    assert_eq!(session.toolkits().connected(true).await?.items.len(), 1);
    assert_eq!(session.toolkits().connected(false).await?.items.len(), 3);

    let other = Composio::with_backend(backend.clone()).create("v").await?;
    assert!(other.toolkits().connected(true).await?.items.is_empty());

    backend.account_event(&account, ConnectionEvent::Withdrawn, "access was withdrawn")?;
    let state = github().await?;
    assert!(!state.is_active() && state.account.is_some());
    Ok(())
}
