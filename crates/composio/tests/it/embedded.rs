//! Starting, stopping, and starting again.

use composio::{Embedded, EmbeddedOptions, ErrorKind, Url};
use futures::{FutureExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

fn options() -> EmbeddedOptions {
    EmbeddedOptions::new().port(0)
}

/// The status line of a plain GET.
async fn get(embedded: &Embedded, path: &str) -> String {
    let address = embedded.address();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).await.unwrap();
    reply.lines().next().unwrap().to_owned()
}

#[tokio::test]
async fn it_serves_the_page_of_a_link_and_refuses_others() {
    let embedded = Embedded::start(options().managed_app("github", "id", "secret")).await.unwrap();
    let session = embedded.composio().create("user_123").toolkits(["github"]).await.unwrap();
    let request = session.authorize("github").await.unwrap();
    assert_eq!(request.redirect_url().origin(), embedded.public_url().origin());
    assert_eq!(get(&embedded, request.redirect_url().path()).await, "HTTP/1.1 200 OK");
    assert_eq!(get(&embedded, "/link/unknown").await, "HTTP/1.1 400 Bad Request");
    assert_eq!(get(&embedded, "/oauth/callback?state=x&code=y").await, "HTTP/1.1 400 Bad Request");
    embedded.shutdown().await;
}

#[tokio::test]
async fn what_is_kept_is_found_again() {
    let directory = tempfile::tempdir().unwrap();
    let first = Embedded::start(options().data(directory.path())).await.unwrap();
    let session = first.composio().create("user_123").toolkits(["github"]).await.unwrap();
    let config = first.composio().auth_configs().create("github").oauth_app("id", "secret").await.unwrap();
    first.shutdown().await;

    let second = Embedded::start(options().data(directory.path())).await.unwrap();
    assert_eq!(second.composio().session(session.id().clone()).await.unwrap().user().as_str(), "user_123");
    assert_eq!(second.composio().auth_configs().get(config.id).await.unwrap().client_id.as_deref(), Some("id"));
    second.shutdown().await;
}

#[tokio::test]
async fn a_listener_is_let_go_at_the_shutdown() {
    for options in [options(), options().without_upkeep()] {
        let embedded = Embedded::start(options).await.unwrap();
        let composio = embedded.composio();
        let mut events = composio.events().unwrap();
        assert_eq!(embedded.engine().upkeep_once().await.unwrap(), composio::engine::UpkeepReport::default());
        embedded.shutdown().await;
        // What is left of it, such as this door, does not keep a listener waiting.
        assert_eq!(events.next().now_or_never(), Some(None));
        drop(composio);
    }
}

#[tokio::test]
async fn a_port_that_is_taken_is_named_with_the_remedy() {
    let first = Embedded::start(options()).await.unwrap();
    let error = Embedded::start(options().port(first.address().port())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains(".port("), "{error}");
    first.shutdown().await;
}

#[tokio::test]
async fn projects_see_nothing_of_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let one = Embedded::start(options().data(directory.path())).await.unwrap();
    let session = one.composio().create("user_123").await.unwrap();
    let two = composio::Composio::with_backend(one.engine().project("other"));
    let error = two.session(session.id().clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    one.shutdown().await;
}

#[tokio::test]
async fn mistakes_in_the_options_surface_at_the_start() {
    let started = |options: EmbeddedOptions| async move { Embedded::start(options).await.unwrap_err() };
    let bad_slug = started(options().managed_app("Git Hub", "id", "secret")).await;
    assert_eq!(bad_slug.kind(), ErrorKind::InvalidInput);
    let no_toolkit = started(options().managed_app("nothing", "id", "a-secret")).await;
    assert!(no_toolkit.to_string().contains("nothing") && !no_toolkit.to_string().contains("a-secret"), "{no_toolkit}");
    let bad_manifest = started(options().toolkit(b"{")).await;
    assert_eq!(bad_manifest.kind(), ErrorKind::InvalidInput);
    let no_file = started(options().managed_apps_file("/nowhere/apps.json")).await;
    assert!(no_file.to_string().contains("/nowhere/apps.json"), "{no_file}");
}

#[tokio::test]
async fn a_public_address_stands_in_links_and_redirects() {
    let at = |url| options().public_url(Url::parse(url).unwrap()).managed_app("github", "id", "secret");
    let embedded = Embedded::start(at("https://agents.example.com")).await.unwrap();
    assert_eq!(embedded.redirect_uri().as_str(), "https://agents.example.com/oauth/callback");
    let session = embedded.composio().create("user_123").toolkits(["github"]).await.unwrap();
    let request = session.authorize("github").await.unwrap();
    assert!(request.redirect_url().as_str().starts_with("https://agents.example.com/link/"));
    embedded.shutdown().await;

    let below_a_path = Embedded::start(at("https://agents.example.com/base")).await.unwrap_err();
    assert!(below_a_path.to_string().contains("without a path"), "{below_a_path}");
}
