//! Searching, calling services' own APIs, files, and lists to their end.

use composio_core::{
    Composio, Error, ErrorKind, FileContent, HttpMethod, ProxyBody, ProxyResponse, Result, ScriptedBackend,
    SearchAnswer, SearchQuery, SearchResults, SearchTools, Session,
};
use futures::TryStreamExt as _;
use serde_json::json;

use crate::native::Shout;

fn backend() -> ScriptedBackend {
    let mut found = SearchResults::default();
    found.answers.push(SearchAnswer::default());
    ScriptedBackend::new()
        .toolkit("github")
        .found(found)
        .proxy(|request| {
            let mut answer = ProxyResponse::new(404);
            answer.headers.push(("x-method".to_owned(), request.method.to_string()));
            Ok(answer)
        })
        .keeps_files()
}

async fn session(backend: &ScriptedBackend) -> Result<Session> {
    Composio::with_backend(backend.clone()).create("u").tool(Shout).await
}

#[tokio::test]
async fn a_search_says_what_was_asked_and_what_is_native() -> Result<()> {
    let backend = backend();
    let session = session(&backend).await?;
    let found = session
        .search("send an email")
        .known_fields("to:bob")
        .query(SearchQuery::new("find an issue"))
        .toolkits(["gmail"])
        .toolkits(["github"])
        .model("gpt-4o")
        .await?;
    assert_eq!(found.answers.len(), 1);
    let asked = &backend.searches()[0];
    assert_eq!(
        asked.queries,
        [SearchQuery::new("send an email").known_fields("to:bob"), SearchQuery::new("find an issue")]
    );
    assert_eq!(asked.toolkits.iter().map(|slug| slug.as_str()).collect::<Vec<_>>(), ["gmail", "github"]);
    assert_eq!(asked.model.as_deref(), Some("gpt-4o"));
    assert_eq!(asked.native.iter().map(|tool| tool.slug.as_str()).collect::<Vec<_>>(), ["LOCAL_SHOUT"]);
    Ok(())
}

#[tokio::test]
async fn a_search_that_cannot_be_is_sent_nowhere() -> Result<()> {
    let backend = backend();
    let session = session(&backend).await?;
    let more = |mut search: SearchTools, count: usize| {
        for _ in 0..count {
            search = search.query(SearchQuery::new("x"));
        }
        search
    };
    for (search, field) in [
        (session.search(""), "queries[0].use_case"),
        (session.search(" \n"), "queries[0].use_case"),
        (session.search("ä".repeat(1_025)), "queries[0].use_case"),
        (session.search("x").query(SearchQuery::new("")), "queries[1].use_case"),
        (session.search("x").known_fields("k".repeat(501)), "queries[0].known_fields"),
        (more(session.search("x"), 7), "queries"),
        (session.search("x").toolkits(["No Slug"]), "toolkits"),
    ] {
        let asked = format!("{search:?}");
        let error = search.await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some(field)), "{asked}: {error}");
    }
    assert!(backend.searches().is_empty());
    more(session.search("ä".repeat(1_024)).known_fields("k".repeat(500)), 6).await?;
    Ok(())
}

#[tokio::test]
async fn a_proxied_call_carries_what_it_was_given() -> Result<()> {
    let backend = backend();
    let session = session(&backend).await?;
    let answer = session
        .proxy_execute("github", HttpMethod::Post, "/user")
        .header("Accept", "text/plain")
        .query("page", "2")
        .json(&json!({"n": 1}))
        .await?;
    assert_eq!((answer.status, answer.headers[0].1.as_str()), (404, "POST"), "a status of the service's is no error");
    session.proxy_execute("github", HttpMethod::Put, "/file").bytes(vec![1, 2], "image/png").await?;
    session.proxy_execute("github", HttpMethod::Patch, "/file").url("https://files.example/a").await?;
    session.proxy_execute("github", HttpMethod::Head, "/user").await?;
    let sent = backend.proxied();
    assert_eq!(sent[0].headers, [("Accept".to_owned(), "text/plain".to_owned())]);
    assert_eq!(sent[0].query, [("page".to_owned(), "2".to_owned())]);
    assert_eq!(sent[0].body, ProxyBody::Json(json!({"n": 1})));
    let png = ProxyBody::Bytes { bytes: vec![1, 2], content_type: Some("image/png".to_owned()) };
    assert_eq!((&sent[1].body, &sent[3].body), (&png, &ProxyBody::None));
    assert!(matches!(&sent[2].body, ProxyBody::Url { url, .. } if url == "https://files.example/a"));
    Ok(())
}

#[tokio::test]
async fn a_proxied_call_that_cannot_be_is_sent_nowhere() -> Result<()> {
    let backend = backend();
    let session = session(&backend).await?;
    let call = |method| session.proxy_execute("github", method, "/user");
    let post = || call(HttpMethod::Post);
    for (call, field) in [
        (session.proxy_execute("No Slug", HttpMethod::Get, "/user"), "toolkit"),
        (session.proxy_execute("github", HttpMethod::Get, " "), "endpoint"),
        (post().header("Authorization", "Bearer hidden"), "headers"),
        (post().header("aUTHORIZATION", "Bearer hidden"), "headers"),
        (post().header("", "x"), "headers"),
        (post().header("a b", "x"), "headers"),
        (post().header("x", "hidden\r\nAuthorization: Bearer hidden"), "headers"),
        (call(HttpMethod::Get).json(&json!(1)), "body"),
        (call(HttpMethod::Head).bytes(vec![1], "image/png"), "body"),
        (call(HttpMethod::Delete).url("https://files.example/a"), "body"),
        (post().bytes(vec![0; 4 * 1024 * 1024 + 1], "image/png"), "body"),
        (post().bytes(Vec::new(), "image/png"), "body"),
        (post().url("file:///etc/passwd"), "body"),
        (post().json(&std::collections::HashMap::from([((1, 2), 3)])), "body"),
    ] {
        let asked = format!("{call:?}");
        let error = call.await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some(field)), "{asked}: {error}");
        assert!(!format!("{asked}{error:?}").contains("hidden"), "{asked}");
    }
    assert!(backend.proxied().is_empty());
    Ok(())
}

#[tokio::test]
async fn files_are_written_listed_read_and_deleted() -> Result<()> {
    let session = session(&backend()).await?;
    let files = session.files();
    for path in ["/a/1.txt", "a/2.txt", "b.txt"] {
        files.upload(path, FileContent::new(path)).await?;
    }
    let listed = files.list().prefix("/a/").await?.items;
    assert_eq!(listed.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["a/1.txt", "a/2.txt"]);
    let all: Vec<_> = files.list().prefix("/").limit(1).stream().try_collect().await?;
    assert_eq!(all.len(), 3);
    assert_eq!(files.download("a/1.txt").await?, FileContent::new("/a/1.txt"));
    files.delete("/a/1.txt").await?;
    assert_eq!(files.download("a/1.txt").await.unwrap_err().kind(), ErrorKind::NotFound);
    let other = files.clone().mount("elsewhere");
    assert_eq!(other.download("a/2.txt").await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(other.list().await.unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

#[tokio::test]
async fn a_path_leads_down_and_somewhere() -> Result<()> {
    let session = session(&backend()).await?;
    let files = session.files();
    let refused =
        |error: Error, field| assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some(field)));
    for path in ["", "/", "..", "../a", "a/../b", "a/..", "a\\..\\b", "a\0b"] {
        refused(files.upload(path, FileContent::new("")).await.unwrap_err(), "path");
        refused(files.download(path).await.unwrap_err(), "path");
        refused(files.delete(path).await.unwrap_err(), "path");
    }
    refused(files.list().prefix("../").await.unwrap_err(), "path");
    refused(files.clone().mount("").download("a").await.unwrap_err(), "mount");
    refused(files.clone().mount("").list().await.unwrap_err(), "mount");
    files.upload("a..b/...", FileContent::new("")).await?;
    Ok(())
}

#[tokio::test]
async fn what_a_backend_lacks_says_what_to_do_instead() -> Result<()> {
    let session = Composio::with_backend(ScriptedBackend::new()).create("u").await?;
    let error = session.files().list().await.unwrap_err();
    assert!(error.kind() == ErrorKind::Unsupported && error.to_string().contains("hosted service"), "{error}");
    assert_eq!(session.search("x").await.unwrap_err().kind(), ErrorKind::Unsupported);
    let call = session.proxy_execute("github", HttpMethod::Get, "/user");
    assert_eq!(call.await.unwrap_err().kind(), ErrorKind::Unsupported);
    Ok(())
}

#[tokio::test]
async fn lists_are_read_to_their_end() -> Result<()> {
    let backend = (0..45).fold(ScriptedBackend::new(), |backend, n| backend.toolkit(&format!("toolkit_{n:02}")));
    let composio = Composio::with_backend(backend);
    let session = composio.create("u").await?;
    let toolkits: Vec<_> = session.toolkits().stream().try_collect().await?;
    assert_eq!(toolkits.len(), 45);
    let from_search: Vec<_> = session.toolkits().search("_1").limit(3).stream().try_collect().await?;
    assert_eq!(from_search.len(), 10);
    let misspelt: Result<Vec<_>> = session.toolkits().slugs(["No Slug"]).stream().try_collect().await;
    assert_eq!(misspelt.unwrap_err().kind(), ErrorKind::InvalidInput);
    for n in 0..25 {
        session.update().callback_url(&format!("https://app.example/{n}")).await?;
    }
    let versions: Vec<_> = session.history().stream().try_collect().await?;
    assert_eq!(versions.iter().map(|one| one.version).collect::<Vec<_>>(), (1..=26).rev().collect::<Vec<_>>());
    let accounts: Result<Vec<_>> = composio.connected_accounts().list().stream().try_collect().await;
    assert_eq!(accounts.unwrap_err().kind(), ErrorKind::Unsupported);
    let configs: Result<Vec<_>> = composio.auth_configs().list().toolkit("No Slug").stream().try_collect().await;
    assert_eq!(configs.unwrap_err().kind(), ErrorKind::InvalidInput);
    Ok(())
}
