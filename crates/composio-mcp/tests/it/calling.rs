//! Calls: what comes back, and what happens when nobody waits any more.

use composio_core::{Error, ErrorKind, Url};
use composio_mcp::SessionServer;
use serde_json::json;

use crate::client::{Client, backend, read, refused, session};

#[tokio::test]
async fn a_result_is_the_envelope_and_nothing_besides() {
    let client = Client::of(SessionServer::new(session(&backend()).await)).await;
    let result = client.call("KIT_ECHO", json!({"note": "hi"})).await;
    let (envelope, failed) = read(&result);
    assert_eq!(envelope, json!({"successful": true, "data": {"note": "hi"}, "error": null, "log_id": "log_1"}));
    assert!(!failed);
    assert_eq!(result.structured_content, None, "no schema of the result was listed");
    client.close().await;
}

#[tokio::test]
async fn no_arguments_are_an_empty_object() {
    let backend = backend();
    let client = Client::of(SessionServer::new(session(&backend).await)).await;
    client.call("KIT_ECHO", json!(null)).await;
    assert!(backend.calls()[0].arguments.is_empty());
    client.close().await;
}

#[tokio::test]
async fn a_failure_is_a_result_that_says_so() {
    let backend = backend().answer("KIT_ECHO", |_| {
        Err(Error::new(ErrorKind::ToolFailed, "422 from the service").with_model_text("title is missing"))
    });
    let client = Client::of(SessionServer::new(session(&backend).await)).await;
    let (envelope, failed) = read(&client.call("KIT_ECHO", json!({})).await);
    assert_eq!(envelope, json!({"successful": false, "data": null, "error": "title is missing"}));
    assert!(failed);
    client.close().await;
}

#[tokio::test]
async fn a_name_that_is_not_ours_is_refused_with_the_names_that_are() {
    let backend = backend();
    let client = Client::of(SessionServer::new(session(&backend).await)).await;
    for name in ["KIT_NOTHING", "kit_echo", ""] {
        let error = refused(client.try_call(name, json!({})).await.unwrap_err());
        assert_eq!(error.code.0, -32602, "{name}");
        assert!(error.message.contains("KIT_ECHO"), "{error:?}");
    }
    assert!(backend.calls().is_empty());
    client.close().await;
}

#[tokio::test]
async fn a_connect_link_is_told_only_to_those_who_were_trusted_with_it() {
    let link = "https://connect.example/link/secret-token";
    let backend = backend().answer("KIT_ECHO", move |_| {
        let url = Url::parse(link).expect("the link is a URL");
        Err(Error::new(ErrorKind::ConnectionRequired, "no connection").with_connect_url(url))
    });
    let session = session(&backend).await;
    for (server, told) in [
        (SessionServer::new(session.clone()), false),
        (SessionServer::new(session.clone()).reveal_connect_links(), true),
    ] {
        let client = Client::of(server).await;
        let (envelope, failed) = read(&client.call("KIT_ECHO", json!({})).await);
        assert_eq!(envelope["error"].as_str().unwrap().contains(link), told, "{envelope}");
        assert!(failed);
        client.close().await;
    }
}
