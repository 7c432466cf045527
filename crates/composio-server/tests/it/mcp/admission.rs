//! Who is let in.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use futures::stream;
use serde_json::json;

use super::world::{Answer, PROJECT_KEY, World, backend, hello, path, request};

const METHODS: [Method; 3] = [Method::POST, Method::GET, Method::DELETE];

async fn ask(world: &World, path: &str, method: &Method, headers: &[(&'static str, String)]) -> Answer {
    let mut request = request(method.clone(), path, hello());
    for (name, value) in headers {
        let name = HeaderName::from_static(name);
        request.headers_mut().append(name, HeaderValue::from_str(value).unwrap());
    }
    world.send(request).await
}

#[tokio::test]
async fn every_credential_that_is_not_accepted_is_answered_alike() {
    let world = World::new();
    let (ours, other) = (world.session().await, world.session().await);
    let (token, others, revoked) = (world.access.token(&ours), world.access.token(&other), world.access.token(&ours));
    world.access.revoke(&revoked);
    let bearer = |token: &str| ("authorization", format!("Bearer {token}"));
    let nowhere = "/tool_router/trs_nowhere/mcp";
    let mut answers = Vec::new();
    for method in METHODS {
        for (path, headers) in [
            (path(&ours), vec![]),
            (path(&ours), vec![bearer("wrong")]),
            (path(&ours), vec![bearer("")]),
            (path(&ours), vec![("authorization", format!("Basic {token}"))]),
            (path(&ours), vec![("authorization", token.clone())]),
            (path(&ours), vec![("x-api-key", "wrong".to_owned())]),
            (path(&ours), vec![bearer(&others)]),
            (path(&ours), vec![bearer(&revoked)]),
            (path(&ours), vec![bearer(&token), bearer("wrong")]),
            (path(&ours), vec![bearer("wrong"), ("x-api-key", token.clone())]),
            (nowhere.to_owned(), vec![bearer(&token)]),
            (nowhere.to_owned(), vec![]),
        ] {
            let answer = ask(&world, &path, &method, &headers).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{method} {path} {headers:?}");
            assert_eq!(answer.header("www-authenticate"), "Bearer");
            assert!(answer.refusal()["message"].as_str().unwrap().contains("session.mcp_token()"));
            answers.push((answer.headers, answer.body));
        }
    }
    assert!(answers.iter().all(|answer| answer == &answers[0]), "one answer tells nothing from another");
}

#[tokio::test]
async fn a_token_of_the_session_and_the_key_of_the_project_open_it() {
    let world = World::new();
    let session = world.session().await;
    let token = world.access.token(&session);
    for headers in [
        [("authorization", format!("Bearer {token}"))],
        [("authorization", format!("bearer {token}"))],
        [("x-api-key", token.clone())],
        [("x-api-key", PROJECT_KEY.to_owned())],
        [("authorization", format!("Bearer {PROJECT_KEY}"))],
    ] {
        let answer = ask(&world, &path(&session), &Method::POST, &headers).await;
        assert_eq!(answer.status, StatusCode::OK, "{headers:?}");
        assert_eq!(answer.result()["serverInfo"]["name"], "composio");
    }
}

#[tokio::test]
async fn the_key_of_the_project_is_told_that_a_session_is_gone() {
    let world = World::new();
    for method in METHODS {
        let answer =
            ask(&world, "/tool_router/trs_nowhere/mcp", &method, &[("x-api-key", PROJECT_KEY.to_owned())]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method}");
        assert_eq!(answer.refusal()["error"], "not_found");
    }
}

#[tokio::test]
async fn every_request_is_asked_about() {
    let world = World::new();
    let (_, mut client) = world.client().await;
    client.hello().await;
    let before = world.access.asked();
    client.names().await;
    client.call("KIT_ECHO", json!({})).await;
    client.send(Method::DELETE, "").await;
    assert_eq!(world.access.asked(), before + 3);
}

#[tokio::test]
async fn a_token_that_was_revoked_in_between_works_no_more() {
    let world = World::new();
    let (_, mut client) = world.client().await;
    client.hello().await;
    assert_eq!(client.names().await, ["KIT_ECHO"]);
    world.access.revoke(&client.token);
    for method in METHODS {
        assert_eq!(client.send(method.clone(), hello()).await.status, StatusCode::UNAUTHORIZED, "{method}");
    }
}

#[tokio::test]
async fn nothing_is_read_from_those_who_are_not_let_in() {
    let world = World::new();
    let (_, mut client) = world.client().await;
    client.token = "wrong".to_owned();
    let untouched = stream::poll_fn(|_| -> std::task::Poll<Option<Result<Vec<u8>, std::io::Error>>> {
        panic!("the body was read");
    });
    let answer = client.send(Method::POST, Body::from_stream(untouched)).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused_while_it_is_read() {
    let world = World::with(backend(), |options| options.max_body(1000));
    let (_, client) = world.client().await;
    for (size, status) in [(1000, StatusCode::OK), (1001, StatusCode::PAYLOAD_TOO_LARGE)] {
        assert_eq!(client.send(Method::POST, format!("{:size$}", hello())).await.status, status, "{size} bytes");
    }
    let endless = stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; 400]));
    let answer = client.send(Method::POST, Body::from_stream(endless)).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_store_that_is_out_of_reach_lets_nobody_in() {
    let world = World::new();
    let (_, client) = world.client().await;
    world.access.breaks("display-secret");
    let answer = client.send(Method::POST, hello()).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.refusal()["message"].as_str().unwrap().contains("try again"));
    assert!(!format!("{answer:?}").contains("secret"));
}

#[tokio::test]
async fn other_methods_are_refused_after_the_credential() {
    let world = World::new();
    let (_, mut client) = world.client().await;
    let answer = client.send(Method::PUT, "").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.header(header::ALLOW.as_str()), "GET, POST, DELETE");
    client.token = "wrong".to_owned();
    assert_eq!(client.send(Method::PUT, "").await.status, StatusCode::UNAUTHORIZED);
}
