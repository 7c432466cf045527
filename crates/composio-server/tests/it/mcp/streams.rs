//! Streams that stay open.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::{Method, StatusCode};
use futures::{FutureExt as _, StreamExt as _};
use tokio::sync::oneshot;
use tokio::time::Instant;
use tower::ServiceExt as _;

use super::world::{Client, PROJECT_KEY, World, backend};

/// A stream that listens, as it stands open.
async fn listen(world: &World, client: &Client<'_>) -> BodyDataStream {
    let response = world.router.clone().oneshot(client.request(Method::GET, Body::empty())).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    response.into_body().into_data_stream()
}

/// How long it took to end; nothing where it did not in ten minutes.
///
/// Time is moved by hand: the pings of the stream go by a clock that does not stop, and would keep this one from moving.
async fn ends(mut stream: BodyDataStream) -> Option<Duration> {
    let begun = Instant::now();
    for _ in 0..120 {
        for _ in 0..3 {
            if let Some(None) = stream.next().now_or_never() {
                return Some(begun.elapsed());
            }
            tokio::task::yield_now().await;
        }
        tokio::time::advance(Duration::from_secs(5)).await;
    }
    None
}

#[tokio::test(start_paused = true)]
async fn a_stream_stays_open_for_those_who_are_let_in() {
    let world = World::new();
    let (_, mut client) = world.client().await;
    client.hello().await;
    let asked = world.access.asked();
    assert_eq!(ends(listen(&world, &client).await).await, None);
    assert!(world.access.asked() >= asked + 19, "it was asked again and again");
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_soon_after_its_token() {
    let world = World::new();
    let (_, mut client) = world.client().await;
    client.hello().await;
    let stream = listen(&world, &client).await;
    world.access.revoke(&client.token);
    let after = ends(stream).await.expect("it ends");
    assert!(after <= Duration::from_secs(30), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_soon_after_its_session_with_everything_that_is_kept_for_it() {
    let world = World::new();
    let (session, mut client) = world.client().await;
    client.token = PROJECT_KEY.to_owned();
    client.hello().await;
    let stream = listen(&world, &client).await;
    world.access.forget(&session);
    assert!(ends(stream).await.expect("it ends") <= Duration::from_secs(30));
    // Even if it came back: the clients that it had are gone.
    world.known(&session);
    let answer = client.post("tools/list", serde_json::json!({})).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_where_nobody_can_say_whether_it_may_stay() {
    let world = World::new();
    let (_, mut client) = world.client().await;
    client.hello().await;
    let stream = listen(&world, &client).await;
    world.access.breaks("out of reach");
    assert!(ends(stream).await.is_some());
}

#[tokio::test(start_paused = true)]
async fn streams_end_when_the_server_stops() {
    let (stop, stopped) = oneshot::channel::<()>();
    let world = World::with(backend(), |options| {
        options.until(async {
            let _ = stopped.await;
        })
    });
    let (_, mut client) = world.client().await;
    client.hello().await;
    let stream = listen(&world, &client).await;
    stop.send(()).unwrap();
    assert_eq!(ends(stream).await, Some(Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn streams_end_with_their_router() {
    let world = World::new();
    let (_, mut client) = world.client().await;
    client.hello().await;
    let stream = listen(&world, &client).await;
    drop(client);
    drop(world);
    assert_eq!(ends(stream).await, Some(Duration::ZERO));
}
