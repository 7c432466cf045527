//! The imported GitHub toolkit against a stateful GitHub emulator (npm `emulate`).
//!
//! It takes any bearer token, so this says nothing about tokens: it is about paths, bodies and errors as GitHub has them.

use composio::engine::{HttpOptions, Overrides};
use composio::{ConnectedAccount, ConnectionStatus, Embedded, EmbeddedOptions, ErrorKind, Session};
use serde_json::{Value, json};

use crate::forms::{Form, heading, text};
use crate::place::{EMULATE, Turn};
use crate::visitor::{Page, Visitor};

fn options(turn: &Turn, secret: &str) -> EmbeddedOptions {
    let mut moved = Overrides::base_url(turn.url.clone());
    moved.authorize_url = Some(turn.at("/login/oauth/authorize"));
    moved.token_url = Some(turn.at("/login/oauth/access_token"));
    EmbeddedOptions::new()
        .application("Acme Assistant")
        .http(HttpOptions::default().allow_private(turn.target()))
        .overrides("github", moved)
        .managed_app("github", "gh-client", secret)
}

/// Goes from a link through the emulator's own page, as somebody who has an account there.
async fn consent(link: &composio::Url, login: &str) -> Page {
    let mut visitor = Visitor::new();
    let page = visitor.open(link).await;
    let people = visitor.submit(&Form::of(&page)).await;
    assert!(text(&people.html).contains("Authorize composio for Rust to access your account."));
    let person = Form::all(&people).into_iter().find(|form| form.get("login") == Some(login)).unwrap();
    visitor.submit(&person).await
}

async fn connect(session: &Session, login: &str) -> ConnectedAccount {
    let request = session.authorize("github").await.unwrap();
    let page = consent(request.redirect_url(), login).await;
    assert_eq!(page.status, 200);
    assert_eq!(heading(&page.html), "GitHub is connected", "{}", text(&page.html));
    request.wait().await.unwrap()
}

async fn start(turn: &Turn, secret: &str) -> (Embedded, Session) {
    let embedded = turn.embedded(|| options(turn, secret)).await;
    let session = embedded.composio().create("user_123").toolkits(["github"]).await.unwrap();
    (embedded, session)
}

fn issue_in(repo: &str) -> Value {
    json!({"owner": "alice", "repo": repo})
}

fn with(arguments: Value, more: Value) -> Value {
    let [Value::Object(mut arguments), Value::Object(more)] = [arguments, more] else { panic!("not two objects") };
    arguments.extend(more);
    arguments.into()
}

#[tokio::test]
async fn an_issue_is_written_read_and_listed() {
    let Some(turn) = EMULATE.turn().await else { return };
    let (embedded, session) = start(&turn, "gh-secret").await;
    let account = connect(&session, "alice").await;
    assert_eq!((account.status, account.label()), (ConnectionStatus::Active, "alice"));

    let title = "Ümläuts & <angles> 100%";
    let wanted = json!({"title": title, "body": "A \"quoted\"\nsecond line", "labels": ["bug", "help wanted"]});
    let written = session.execute("GITHUB_CREATE_AN_ISSUE", with(issue_in("demo"), wanted)).await.unwrap();
    let number = written.value()["number"].as_u64().unwrap();
    assert_eq!(written.value()["user"]["login"], "alice");

    let one = with(issue_in("demo"), json!({"issue_number": number}));
    let read = session.execute("GITHUB_GET_AN_ISSUE", one).await.unwrap();
    let read = read.value();
    assert_eq!((&read["title"], &read["body"]), (&json!(title), &json!("A \"quoted\"\nsecond line")));
    assert_eq!(labels(read), ["bug", "help wanted"]);

    let some = with(issue_in("demo"), json!({"state": "open", "labels": "help wanted", "per_page": 100}));
    let listed = session.execute("GITHUB_LIST_REPOSITORY_ISSUES", some).await.unwrap();
    assert!(
        listed.value().as_array().unwrap().iter().any(|issue| issue["number"] == number),
        "{}",
        listed.data.as_str()
    );
    let closed = with(issue_in("demo"), json!({"state": "closed"}));
    let listed = session.execute("GITHUB_LIST_REPOSITORY_ISSUES", closed).await.unwrap();
    assert!(listed.value().as_array().unwrap().iter().all(|issue| issue["number"] != number));
    embedded.shutdown().await;
}

fn labels(issue: &Value) -> Vec<&str> {
    issue["labels"].as_array().unwrap().iter().map(|label| label["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_github_refuses_reaches_the_model_in_githubs_words() {
    let Some(turn) = EMULATE.turn().await else { return };
    let (embedded, session) = start(&turn, "gh-secret").await;
    connect(&session, "alice").await;
    let wanted = with(issue_in("no-such-repo"), json!({"title": "Nowhere"}));
    let error = session.execute("GITHUB_CREATE_AN_ISSUE", wanted).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ToolFailed, "{error:?}");
    let says = error.for_model();
    assert!(says.contains("404") && says.contains("Not Found"), "{says}");
    assert!(!says.contains("gho_") && !says.contains("127.0.0.1"), "{says}");

    let untitled = session.execute("GITHUB_CREATE_AN_ISSUE", issue_in("demo")).await.unwrap_err();
    assert_eq!(untitled.kind(), ErrorKind::InvalidInput, "{untitled:?}");
    assert!(untitled.for_model().contains("title"), "{}", untitled.for_model());
    embedded.shutdown().await;
}

/// GitHub refuses with status 200.
#[tokio::test]
async fn a_wrong_app_secret_ends_the_connection_with_githubs_reason() {
    let Some(turn) = EMULATE.turn().await else { return };
    let (embedded, session) = start(&turn, "not-the-secret").await;
    let request = session.authorize("github").await.unwrap();
    let page = consent(request.redirect_url(), "alice").await;
    let says = text(&page.html);
    assert_eq!(heading(&page.html), "GitHub was not connected");
    assert!(says.contains("incorrect_client_credentials"), "{says}");
    let account = session.connected_account(request.account()).await.unwrap();
    assert_eq!(account.status, ConnectionStatus::Failed);
    let error = request.wait().await.unwrap_err();
    assert!(error.to_string().contains("incorrect_client_credentials"), "{error}");
    embedded.shutdown().await;
}

#[tokio::test]
async fn two_people_are_told_apart() {
    let Some(turn) = EMULATE.turn().await else { return };
    let (embedded, session) = start(&turn, "gh-secret").await;
    let alice = connect(&session, "alice").await;
    let bob = connect(&session, "bob").await;
    assert_ne!(alice.id, bob.id);
    for (account, login) in [(alice, "alice"), (bob, "bob")] {
        let call = session.execute("GITHUB_GET_THE_AUTHENTICATED_USER", json!({}));
        let user = call.account(account.id.as_str()).await.unwrap();
        assert_eq!(user.value()["login"], login);
    }
    embedded.shutdown().await;
}
