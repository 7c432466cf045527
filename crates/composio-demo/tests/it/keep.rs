//! What outlives a restart, and what a data directory must not hold.

use std::fs;
use std::path::Path;

use composio_demo::{Demo, DemoError, DemoOptions, Failure, Person};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tempfile::TempDir;

use crate::support::{ALICE, BOB, REDIRECT, VERIFIER, World};

const BOTH: &str = "tracker.read tracker.write";

fn directory() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn file_of(data: &Path) -> String {
    fs::read_to_string(data.join("demo.json")).unwrap()
}

async fn refusal(options: DemoOptions) -> String {
    match Demo::start(options).await {
        Err(error @ DemoError::Data { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn tokens_keys_and_the_client_work_after_a_restart() {
    let data = directory();
    let world = World::at(data.path()).await;
    let tokens = world.sign_in(ALICE, BOTH).await;
    let code = world.code(BOB, "tracker.read");
    let (app, key) = (world.app(), world.demo.api_key(ALICE));
    world.demo.shutdown().await;

    let world = World::at(data.path()).await;
    assert_eq!((world.app(), world.demo.api_key(ALICE)), (app, key));
    assert_eq!(world.status_of_me(&tokens.access).await, StatusCode::OK);
    assert_eq!(world.redeem(&code).await.status, StatusCode::OK);
    let renewed = world.renew(&tokens.refresh).await.tokens();
    assert_eq!(world.status_of_me(&renewed.access).await, StatusCode::OK);
}

#[tokio::test]
async fn what_is_spent_stays_spent() {
    let data = directory();
    let world = World::at(data.path()).await;
    let first = world.sign_in(ALICE, BOTH).await;
    let second = world.renew(&first.refresh).await.tokens();
    let code = world.code(BOB, "tracker.read");
    let bob = world.redeem(&code).await.tokens();
    drop(world);

    let world = World::at(data.path()).await;
    assert_eq!(world.renew(&first.refresh).await.error(), "invalid_grant");
    assert_eq!(world.status_of_me(&second.access).await, StatusCode::UNAUTHORIZED, "the replay ends the grant");
    assert_eq!(world.redeem(&code).await.error(), "invalid_grant");
    assert_eq!(world.status_of_me(&bob.access).await, StatusCode::UNAUTHORIZED);
    drop(world);

    let world = World::at(data.path()).await;
    assert_eq!(world.renew(&second.refresh).await.error(), "invalid_grant", "and so it stays");
}

#[tokio::test]
async fn issues_comments_and_messages_survive_with_their_numbers() {
    let data = directory();
    let world = World::at(data.path()).await;
    let token = world.sign_in(ALICE, "tracker.read tracker.write mailbox.read mailbox.send").await.access;
    let post = async |path, body| world.send(Method::POST, path, &token, &body).await.json;
    let issue = post("tracker/issues", json!({ "title": "Kept", "labels": ["a"] })).await;
    post("tracker/issues/2/comments", json!({ "body": "Seen." })).await;
    let message = post("mailbox/messages", json!({ "to": [BOB], "subject": "Hi" })).await;
    let stored = world.get("tracker/issues/2", &token).await.json;
    let comments = world.get("tracker/issues/2/comments", &token).await.json;
    drop(world);

    let world = World::at(data.path()).await;
    let same = world.get("tracker/issues/2", &token).await.json;
    // The address is part of the answer, and another one now.
    for field in ["number", "title", "labels", "author", "created_at", "updated_at"] {
        assert_eq!(same[field], stored[field], "{field}");
    }
    assert_eq!(same["title"], issue["title"]);
    assert_eq!(world.get("tracker/issues/2/comments", &token).await.json, comments);
    let id = message["id"].as_str().unwrap();
    assert_eq!(world.get(&format!("mailbox/messages/{id}"), &token).await.json, message);
    let bob = world.sign_in(BOB, "mailbox.read").await.access;
    assert_eq!(world.get("mailbox/messages", &bob).await.json["items"][0]["subject"], "Hi");
    let next = world.send(Method::POST, "tracker/issues", &token, &json!({ "title": "Next" })).await.json;
    assert_eq!(next["number"], 3);
    let next = world.send(Method::POST, "mailbox/messages", &token, &json!({ "to": [BOB], "subject": "x" })).await;
    assert_ne!(next.json["id"], message["id"]);
}

#[tokio::test]
async fn a_change_is_kept_before_its_answer_even_if_the_process_dies() {
    let (data, copy) = (directory(), directory());
    let world = World::at(data.path()).await;
    world.demo.fail_next(Failure::status(502).method("POST").path("/tracker/issues").after_effect());
    let token = world.sign_in(ALICE, BOTH).await.access;
    world.send(Method::POST, "tracker/issues", &token, &json!({ "title": "Lost answer" })).await;
    // What a process that is killed now leaves behind.
    fs::copy(data.path().join("demo.json"), copy.path().join("demo.json")).unwrap();
    fs::write(copy.path().join("demo.json.new"), "half a fi").unwrap();

    let again = World::at(copy.path()).await;
    assert_eq!(again.get("tracker/issues?q=lost", &token).await.json["total"], 1);
    assert_eq!(world.demo.revoke_all("alice"), 1);
    assert!(!file_of(data.path()).contains("\"family\""), "what the host does is kept as well");
}

#[tokio::test]
async fn the_file_holds_hashes_and_is_its_owners_alone() {
    let data = directory();
    let below = data.path().join("made/for/this");
    let world = World::at(&below).await;
    let (code, unused) = (world.code(ALICE, BOTH), world.code(BOB, BOTH));
    let tokens = world.redeem(&code).await.tokens();
    let renewed = world.renew(&tokens.refresh).await.tokens();
    let key = world.demo.api_key(ALICE);
    let secret = world.app().client_secret;
    let text = file_of(&below);
    for planted in [&code, &unused, &tokens.access, &tokens.refresh, &renewed.access, &renewed.refresh, &key] {
        assert!(planted.len() > 20 && !text.contains(planted.as_str()));
        // Nor without the prefix that says what it is.
        assert!(!text.contains(planted.splitn(3, '_').nth(2).unwrap()));
    }
    assert!(!text.contains(VERIFIER));
    assert!(text.contains(&secret) && text.contains(REDIRECT));
    #[cfg(unix)]
    for name in ["demo.json", "demo.lock"] {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(below.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[tokio::test]
async fn a_directory_serves_one_demo_at_a_time() {
    let data = directory();
    let world = World::at(data.path()).await;
    let text = refusal(DemoOptions::default().data(data.path())).await;
    assert!(text.contains("in use by another demo"), "{text}");
    world.demo.shutdown().await;
    World::at(data.path()).await;
}

#[tokio::test]
async fn files_that_are_not_ours_are_left_alone() {
    let data = directory();
    let path = data.path().join("demo.json");
    for (text, says) in [
        ("", "was not written by"),
        ("not json at all", "was not written by"),
        (r#"{"name": "another-program", "version": "1.0.0"}"#, "was not written by"),
        (r#"{"format": "composio-demo 2", "client": {}}"#, "was not written by"),
        (r#"{"format": "composio-demo 1", "client": {"id": "hush", "secret": 5}}"#, "is damaged at line 1"),
    ] {
        fs::write(&path, text).unwrap();
        let error = refusal(DemoOptions::default().data(data.path())).await;
        assert!(error.contains(says) && error.contains("move it away") && error.contains("demo.json"), "{error}");
        assert!(!error.contains("hush"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    let error = refusal(DemoOptions::default().data(&path)).await;
    assert!(error.contains("cannot be used as a data directory"), "{error}");
}

#[tokio::test]
async fn a_change_that_cannot_be_kept_is_not_confirmed() {
    let data = directory();
    let world = World::at(data.path()).await;
    let token = world.sign_in(ALICE, BOTH).await.access;
    // A directory in the place of the new file makes writing fail for every user, root included.
    fs::create_dir(data.path().join("demo.json.new")).unwrap();
    let issue = json!({ "title": "t" });
    let reply = world.send(Method::POST, "tracker/issues", &token, &issue).await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(reply.json["message"].as_str().unwrap().contains("data directory"));
    assert_eq!(world.get("tracker/issues", &token).await.status, StatusCode::OK);
    fs::remove_dir(data.path().join("demo.json.new")).unwrap();
    assert_eq!(world.send(Method::POST, "tracker/issues", &token, &issue).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_reset_people_who_join_and_a_client_by_name_are_kept_too() {
    let data = directory();
    let world = World::at(data.path()).await;
    let token = world.sign_in(ALICE, BOTH).await.access;
    world.demo.reset();
    drop(world);

    let carol = Person::new("carol", "Carol Diaz").email("carol@lab.example");
    let world = World::with(|options| options.data(data.path()).people([carol]).client("mine", "my-secret")).await;
    assert_eq!(world.status_of_me(&token).await, StatusCode::UNAUTHORIZED);
    let token = world.sign_in("carol@lab.example", BOTH).await.access;
    assert_eq!(world.get("tracker/issues", &token).await.json["total"], 1);
    drop(world);

    let world = World::at(data.path()).await;
    assert_eq!((world.app().client_id.as_str(), world.app().client_secret.as_str()), ("mine", "my-secret"));
    assert_eq!(world.status_of_me(&token).await, StatusCode::UNAUTHORIZED, "Carol is gone");
}

#[tokio::test]
async fn without_a_directory_nothing_is_written() {
    let data = directory();
    let world = World::new().await;
    world.sign_in(ALICE, BOTH).await;
    assert_eq!(fs::read_dir(data.path()).unwrap().count(), 0);
    assert!(!fs::exists("demo.json").unwrap());
}
