//! What was opened for one session is found through no other.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::world::{World, backend};

#[tokio::test]
async fn a_client_of_one_session_is_unknown_to_another() {
    let world = World::new();
    let ((_, mut one), (_, mut other)) = (world.client().await, world.client().await);
    one.hello().await;
    other.hello().await;
    let own = std::mem::replace(&mut other.id, one.id.clone());
    for method in [Method::POST, Method::GET] {
        let body = super::world::message(7, "tools/list", &json!({}));
        let answer = other.send(method.clone(), body).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method}");
    }
    // Nor can it be ended from there.
    other.send(Method::DELETE, "").await;
    assert_eq!(one.names().await, ["KIT_ECHO"]);
    other.id = own;
    assert_eq!(other.names().await, ["KIT_ECHO"]);
}

#[tokio::test]
async fn a_credential_opens_its_own_session_whatever_client_it_names() {
    let world = World::new();
    let ((_, mut one), (_, mut other)) = (world.client().await, world.client().await);
    one.hello().await;
    other.hello().await;
    one.token.clone_from(&other.token);
    assert_eq!(one.send(Method::POST, "{}").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn each_session_has_its_own_tools() {
    let world = World::with(backend().tool("OTHER_ECHO", "other", json!({})), |options| options);
    let (_, mut kit) = world.client().await;
    let session = world.composio.create("user_o").toolkits(["other"]).direct_tools().await.unwrap();
    let mut other = world.client_of(&session);
    kit.hello().await;
    other.hello().await;
    assert_eq!((kit.names().await, other.names().await), (vec!["KIT_ECHO".into()], vec!["OTHER_ECHO".into()]));
    assert_eq!(kit.call("OTHER_ECHO", json!({})).await.message()["error"]["code"], -32602);
}

#[tokio::test]
async fn a_goodbye_ends_one_client_and_no_other() {
    let world = World::new();
    let (session, mut one) = world.client().await;
    let mut other = world.client_of(&session);
    one.hello().await;
    other.hello().await;
    assert_eq!(one.send(Method::DELETE, "").await.status, StatusCode::ACCEPTED);
    assert_eq!(one.post("tools/list", json!({})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(other.names().await, ["KIT_ECHO"]);
}
