//! The services behind the tokens.

use composio_demo::{mailbox_openapi, status_openapi, tracker_openapi};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{ALICE, BOB, Reply, World};

const TRACKER: &str = "tracker.read tracker.write";
const MAILBOX: &str = "mailbox.read mailbox.send";

#[tokio::test]
async fn an_issue_lives() {
    let world = World::new().await;
    let token = world.sign_in(ALICE, TRACKER).await.access;
    let seeded = world.get("tracker/issues", &token).await.json;
    assert_eq!(seeded["total"], 1);
    let new = json!({ "title": " Fix the door ", "body": "It squeaks.", "labels": ["repair"], "project": "HELLO" });
    let created = world.send(Method::POST, "tracker/issues", &token, &new).await;
    assert_eq!(created.status, StatusCode::CREATED);
    assert_eq!(
        created.json,
        json!({
            "number": 2, "url": format!("{}/issues/2", world.demo.tracker_url()), "project": "HELLO",
            "title": "Fix the door", "body": "It squeaks.", "labels": ["repair"], "state": "open", "author": ALICE,
            "created_at": "2025-01-01T09:00:00Z", "updated_at": "2025-01-01T09:00:00Z", "closed_at": null,
        })
    );
    world.advance(60);
    let closed = world.send(Method::PATCH, "tracker/issues/2", &token, &json!({ "state": "closed" })).await.json;
    assert_eq!((&closed["state"], &closed["title"]), (&json!("closed"), &json!("Fix the door")));
    assert_eq!(closed["closed_at"], "2025-01-01T09:01:00Z");
    let reopened = world.send(Method::PATCH, "tracker/issues/2", &token, &json!({ "state": "open" })).await.json;
    assert_eq!(reopened["closed_at"], Value::Null);
    assert_eq!(world.get("tracker/issues/2", &token).await.json, reopened);
    let comment = world.send(Method::POST, "tracker/issues/2/comments", &token, &json!({ "body": "Oil?" })).await;
    assert_eq!((comment.status, &comment.json["id"]), (StatusCode::CREATED, &json!(1)));
    let comments = world.get("tracker/issues/2/comments", &token).await.json;
    assert_eq!(comments["items"], json!([comment.json]));
    let deleted = world.send(Method::DELETE, "tracker/issues/2", &token, &json!({})).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (StatusCode::NO_CONTENT, ""));
    assert_eq!(world.get("tracker/issues/2", &token).await.status, StatusCode::NOT_FOUND);
    let next = world.send(Method::POST, "tracker/issues", &token, &json!({ "title": "Another" })).await.json;
    assert_eq!(next["number"], 3, "numbers are not used twice");
}

#[tokio::test]
async fn issues_are_filtered_and_paged() {
    let world = World::new().await;
    let token = world.sign_in(ALICE, TRACKER).await.access;
    for number in 2..=5 {
        let label = if number % 2 == 0 { "even" } else { "odd" };
        let new = json!({ "title": format!("Task {number}"), "labels": [label] });
        world.send(Method::POST, "tracker/issues", &token, &new).await;
    }
    world.send(Method::PATCH, "tracker/issues/5", &token, &json!({ "state": "closed" })).await;
    let cases: [(&str, &[u64], u64); 9] = [
        ("", &[4, 3, 2, 1], 4),
        ("?state=closed", &[5], 1),
        ("?state=all", &[5, 4, 3, 2, 1], 5),
        ("?state=all&label=odd", &[5, 3], 2),
        ("?q=TASK", &[4, 3, 2], 3),
        ("?project=HELLO", &[1], 1),
        ("?state=all&per_page=2", &[5, 4], 5),
        ("?state=all&per_page=2&page=3", &[1], 5),
        ("?page=9", &[], 4),
    ];
    for (query, numbers, total) in cases {
        let list = world.get(&format!("tracker/issues{query}"), &token).await.json;
        let found: Vec<u64> =
            list["items"].as_array().unwrap().iter().map(|item| item["number"].as_u64().unwrap()).collect();
        assert_eq!((found.as_slice(), &list["total"]), (numbers, &json!(total)), "{query}");
    }
}

#[tokio::test]
async fn mistakes_are_named() {
    let world = World::new().await;
    let token = world.sign_in(ALICE, &format!("{TRACKER} {MAILBOX}")).await.access;
    let cases: [(Method, &str, Value, &[&str]); 14] = [
        (Method::POST, "tracker/issues", json!({}), &["title:missing"]),
        (Method::POST, "tracker/issues", json!({ "title": " ", "labels": 1 }), &["title:blank", "labels:invalid"]),
        (Method::POST, "tracker/issues", json!({ "title": "x".repeat(257) }), &["title:too_long"]),
        (Method::POST, "tracker/issues", json!({ "title": "t", "project": "NOPE" }), &["project:unknown"]),
        (Method::PATCH, "tracker/issues/1", json!({ "state": "done" }), &["state:invalid"]),
        (Method::POST, "tracker/issues/1/comments", json!({}), &["body:missing"]),
        (Method::POST, "tracker/projects", json!({ "key": "a-b", "name": "n" }), &["key:invalid"]),
        (Method::POST, "tracker/projects", json!({ "key": "HELLO", "name": "n" }), &["key:taken"]),
        (
            Method::GET,
            "tracker/issues?state=x&page=0&per_page=101",
            json!({}),
            &["state:invalid", "page:invalid", "per_page:invalid"],
        ),
        (Method::POST, "mailbox/messages", json!({}), &["to:missing", "subject:missing"]),
        (Method::POST, "mailbox/messages", json!({ "to": [], "subject": "s" }), &["to:blank"]),
        (Method::POST, "mailbox/messages", json!({ "to": ["nobody"], "subject": "s" }), &["to:invalid"]),
        (Method::PATCH, "mailbox/messages/msg_2", json!({ "read": "yes" }), &["read:invalid"]),
        (Method::GET, "mailbox/messages?page_token=zzz", json!({}), &["page_token:invalid"]),
    ];
    for (method, path, body, expected) in cases {
        let reply = world.send(method, path, &token, &body).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {body}");
        assert_eq!(reply.field_errors(), expected, "{path} {body}");
    }
    for body in ["", "[]", "{"] {
        let reply = Reply::of(world.request(Method::POST, "tracker/issues").bearer_auth(&token).body(body)).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
    }
    for path in ["tracker/issues/99", "tracker/issues/x", "mailbox/messages/msg_99", "tracker/nothing", "nothing"] {
        let reply = world.get(path, &token).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert!(reply.json["message"].is_string(), "{path}");
    }
    let reply = world.send(Method::PUT, "tracker/issues", &token, &json!({})).await;
    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn each_identity_has_its_own_workspace_and_mailbox() {
    let world = World::new().await;
    let work = world.sign_in(ALICE, "tracker.read tracker.write mailbox.read").await.access;
    let home = world.sign_in("alice@home.example", "tracker.read mailbox.read").await.access;
    world.send(Method::POST, "tracker/issues", &work, &json!({ "title": "Only at work" })).await;
    assert_eq!(world.get("tracker/issues/2", &home).await.status, StatusCode::NOT_FOUND);
    let (at_work, at_home) = (world.get("tracker/me", &work).await.json, world.get("tracker/me", &home).await.json);
    assert_ne!(at_work["id"], at_home["id"]);
    assert_eq!(at_work["name"], at_home["name"]);
    assert_eq!((&at_work["workspace"], &at_home["workspace"]), (&json!("work.example"), &json!("home.example")));
    let inbox = world.get("mailbox/messages", &work).await.json;
    let id = inbox["items"][0]["id"].as_str().unwrap();
    assert_eq!(world.get(&format!("mailbox/messages/{id}"), &work).await.status, StatusCode::OK);
    assert_eq!(world.get(&format!("mailbox/messages/{id}"), &home).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn mail_arrives_and_is_answered() {
    let world = World::new().await;
    let alice = world.sign_in(ALICE, MAILBOX).await.access;
    let bob = world.sign_in(BOB, MAILBOX).await.access;
    let unread = world.get("mailbox/me", &bob).await.json["unread"].as_u64().unwrap();
    let mail = json!({ "to": [BOB, "someone@elsewhere.example"], "subject": "Lunch?", "body": "At noon?" });
    let sent = world.send(Method::POST, "mailbox/messages", &alice, &mail).await;
    assert_eq!((sent.status, &sent.json["folder"]), (StatusCode::CREATED, &json!("sent")));
    assert_eq!(world.get("mailbox/me", &bob).await.json["unread"], unread + 1);
    let list = world.get("mailbox/messages?q=lunch%3F&limit=1", &bob).await.json;
    let got = &list["items"][0];
    assert_eq!((&got["from"], &got["snippet"], &got["read"]), (&json!(ALICE), &json!("At noon?"), &json!(false)));
    assert!(got.get("body").is_none());
    let path = format!("mailbox/messages/{}", got["id"].as_str().unwrap());
    let read = world.send(Method::PATCH, &path, &bob, &json!({ "read": true, "labels": ["food"] })).await.json;
    assert_eq!((&read["read"], &read["body"]), (&json!(true), &json!("At noon?")));
    assert_eq!(world.get("mailbox/me", &bob).await.json["unread"], unread);
    let labels = world.get("mailbox/labels", &bob).await.json;
    assert_eq!(labels["items"][0], json!({ "name": "food", "messages": 1 }));
    let reply = world.send(Method::POST, &format!("{path}/reply"), &bob, &json!({ "body": "Yes." })).await;
    assert_eq!(reply.status, StatusCode::CREATED);
    let answer = &world.get("mailbox/messages?limit=1", &alice).await.json["items"][0];
    assert_eq!((&answer["subject"], &answer["from"]), (&json!("Re: Lunch?"), &json!(BOB)));
    assert_eq!(answer["thread_id"], sent.json["thread_id"]);
    assert_eq!(world.send(Method::DELETE, &path, &bob, &json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.get(&path, &bob).await.status, StatusCode::NOT_FOUND);
    let kept = world.get("mailbox/messages?folder=sent", &alice).await.json;
    assert_eq!(kept["items"].as_array().unwrap().len(), 1, "the sender's copy stays");
}

#[tokio::test]
async fn mail_is_paged_to_the_end() {
    let world = World::new().await;
    let token = world.sign_in(BOB, MAILBOX).await.access;
    let all = world.get("mailbox/messages", &token).await.json;
    assert_eq!(all["next_page_token"], Value::Null);
    let mut found = Vec::new();
    let mut next = String::new();
    loop {
        let page = world.get(&format!("mailbox/messages?limit=2&page_token={next}"), &token).await.json;
        found.extend(page["items"].as_array().unwrap().clone());
        let Some(token) = page["next_page_token"].as_str() else { break };
        next = token.to_owned();
    }
    assert_eq!(Value::Array(found), all["items"]);
}

#[tokio::test]
async fn api_keys_work_where_each_service_looks_for_them() {
    let world = World::new().await;
    let key = world.demo.api_key(ALICE);
    let nobody = world.demo.api_key("eve@example.com");
    let in_header = |path: &str, key: &str| Reply::of(world.request(Method::GET, path).header("X-Api-Key", key));
    let in_query = |path: &str, key: &str| Reply::of(world.request(Method::GET, path).query(&[("api_key", key)]));
    assert_eq!(in_header("tracker/me", &key).await.json["email"], ALICE);
    assert_eq!(in_query("mailbox/me", &key).await.json["email"], ALICE);
    assert_eq!(in_query("tracker/me", &key).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(in_header("mailbox/me", &key).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(in_header("tracker/me", &nobody).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(in_query("mailbox/me", &nobody).await.status, StatusCode::UNAUTHORIZED);
    let without = Reply::of(world.request(Method::GET, "tracker/me")).await;
    assert_eq!(without.status, StatusCode::UNAUTHORIZED);
    assert_eq!(without.header("www-authenticate"), "Bearer realm=\"composio-demo\"");
}

#[tokio::test]
async fn a_fixed_client_keeps_its_api_keys() {
    let one = World::with(|options| options.client("app", "a fixed secret")).await;
    let two = World::with(|options| options.client("app", "a fixed secret")).await;
    let three = World::with(|options| options.client("app", "another secret")).await;
    assert_eq!(one.demo.api_key(ALICE), two.demo.api_key(ALICE));
    assert_ne!(one.demo.api_key(ALICE), one.demo.api_key(BOB));
    assert_ne!(one.demo.api_key(ALICE), three.demo.api_key(ALICE));
}

/// Every described operation answers something other than "no such path" or "no such method", and asks for a credential
/// exactly when it is described to. That nothing undescribed is served is a unit test beside the routes.
#[tokio::test]
async fn the_descriptions_are_true() {
    let world = World::new().await;
    for (root, document) in
        [("tracker", tracker_openapi()), ("mailbox", mailbox_openapi()), ("status", status_openapi())]
    {
        let served = Reply::of(world.request(Method::GET, &format!("{root}/openapi.json"))).await.json;
        let base = served["servers"][0]["url"].as_str().unwrap().to_owned();
        assert_eq!(base, world.demo.url().join(root).unwrap().as_str());
        let document: Value = serde_json::from_str(document).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            let operations = item.as_object().unwrap().iter().filter(|(verb, _)| *verb != "parameters");
            for (verb, operation) in operations {
                let method = Method::from_bytes(verb.to_uppercase().as_bytes()).unwrap();
                let url = format!("{base}{}", path.replace("{number}", "1").replace("{id}", "msg_1"));
                let reply = Reply::of(world.http.request(method, url)).await;
                let expected = if root == "status" { 200 } else { 401 };
                assert_eq!(reply.status.as_u16(), expected, "{verb} {path}");
                assert!(operation["responses"].get(expected.to_string()).is_some(), "{verb} {path}");
                for field in ["operationId", "summary", "description"] {
                    assert!(operation[field].is_string(), "{verb} {path} has no {field}");
                }
            }
        }
    }
}

/// What the services answer has the fields that the descriptions promise, no more and no less.
#[tokio::test]
async fn answers_have_the_described_fields() {
    let world = World::new().await;
    let token = world.sign_in(ALICE, &format!("{TRACKER} {MAILBOX}")).await.access;
    world.send(Method::POST, "tracker/issues/1/comments", &token, &json!({ "body": "b" })).await;
    let id = world.get("mailbox/messages", &token).await.json["items"][0]["id"].as_str().unwrap().to_owned();
    let message = format!("mailbox/messages/{id}");
    let cases = [
        (tracker_openapi(), "tracker/me", "", "Profile"),
        (tracker_openapi(), "tracker/projects", "/items/0", "Project"),
        (tracker_openapi(), "tracker/issues", "", "IssueList"),
        (tracker_openapi(), "tracker/issues/1", "", "Issue"),
        (tracker_openapi(), "tracker/issues/1/comments", "/items/0", "Comment"),
        (mailbox_openapi(), "mailbox/me", "", "Profile"),
        (mailbox_openapi(), "mailbox/labels", "/items/0", "Label"),
        (mailbox_openapi(), "mailbox/messages", "", "MessageList"),
        (mailbox_openapi(), "mailbox/messages", "/items/0", "MessageSummary"),
        (mailbox_openapi(), message.as_str(), "", "Message"),
        (status_openapi(), "status/health", "", "Health"),
        (status_openapi(), "status/time", "", "Time"),
    ];
    let names = |value: &Value| {
        let mut names: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    for (document, path, pointer, schema) in cases {
        let document: Value = serde_json::from_str(document).unwrap();
        let reply = world.get(path, &token).await;
        let found = reply.json.pointer(pointer).unwrap();
        assert_eq!(names(found), names(&document["components"]["schemas"][schema]["properties"]), "{path} {schema}");
    }
}
