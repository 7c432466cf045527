//! What breaks between the answer and the call: the next try asks again, and nothing is sent twice.

use std::io::Read as _;
use std::net::TcpListener;
use std::sync::Arc;

use composio_core::{Approval, Composio, ErrorKind, Session, ToolkitSlug};
use composio_demo::DemoOptions;
use composio_engine::{Engine, EngineOptions, HttpOptions, Overrides, SqliteStore};

use super::{asking, question, sent};
use crate::world::World;

/// How an engine is started that finds the tracker at another address.
fn elsewhere(world: &World, address: std::net::SocketAddr) -> EngineOptions {
    let url = format!("http://{address}/tracker").parse().unwrap();
    let http = HttpOptions::default().allow_private(address.to_string());
    world.options().http(http).overrides(ToolkitSlug::new("tracker").unwrap(), Overrides::base_url(url))
}

/// The same session in another engine.
async fn opened(engine: &Engine, session: &Session) -> Session {
    Composio::with_backend(engine.project("p")).session(session.id().clone()).await.unwrap()
}

async fn is_spent(session: &Session, approval: &Approval) {
    let error = session.approve(approval).await.unwrap_err();
    assert!(error.kind() == ErrorKind::PermissionDenied && error.to_string().contains("used before"), "{error}");
}

#[tokio::test]
async fn an_answer_is_spent_although_the_call_could_not_be_sent() {
    let world = World::new().await;
    let session = asking(&world).await;
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let engine = Engine::start(Arc::clone(&world.store), elsewhere(&world, closed)).await.unwrap();
    let approval = question(&session).await;
    let error = opened(&engine, &session).await.approve(&approval).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    is_spent(&session, &approval).await;
    let next = question(&session).await;
    session.approve(&next).await.unwrap();
    assert_eq!(sent(&world), 1);
}

#[tokio::test]
async fn a_caller_who_goes_away_costs_no_second_call() {
    let world = World::new().await;
    let session = asking(&world).await;
    // Longer and longer, until the answer is there.
    for polls in 0.. {
        let (approval, before) = (question(&session).await, sent(&world));
        let mut answer = session.approve(&approval).into_future();
        let mut done = false;
        for _ in 0..polls {
            tokio::select! {
                biased;
                outcome = &mut answer => {
                    outcome.unwrap();
                    done = true;
                    break;
                }
                () = tokio::task::yield_now() => {}
            }
        }
        drop(answer);
        // Either it was never taken, or it was taken to the end.
        let again = session.approve(&approval).await;
        assert!(again.is_ok() || again.unwrap_err().to_string().contains("used before"));
        world.engine.shutdown().await;
        assert_eq!(sent(&world) - before, 1, "after {polls} polls");
        if done {
            break;
        }
    }
}

#[test]
fn a_process_that_dies_with_the_answer_sends_nothing_twice() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("composio.sqlite");
    let here = tokio::runtime::Runtime::new().unwrap();
    let (world, session, approval) = here.block_on(async {
        let world = World::with(DemoOptions::default(), Arc::new(SqliteStore::open(&path).await.unwrap())).await;
        let session = asking(&world).await;
        let approval = question(&session).await;
        (world, session, approval)
    });
    // A service that takes the request and never answers; the process ends while it waits.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let options = elsewhere(&world, silent.local_addr().unwrap());
    let there = tokio::runtime::Runtime::new().unwrap();
    let elsewhere = there.block_on(async {
        let store = Arc::new(SqliteStore::open(&path).await.unwrap());
        let engine = Engine::start(store, options).await.unwrap();
        opened(&engine, &session).await
    });
    let asked = there.spawn(elsewhere.approve(&approval).into_future());
    let (mut connection, _) = silent.accept().unwrap();
    assert!(connection.read(&mut [0; 16]).unwrap() > 0);
    there.shutdown_background();
    assert!(here.block_on(asked).is_err(), "it ended with its process");

    here.block_on(async {
        is_spent(&session, &approval).await;
        assert_eq!(sent(&world), 0);
        session.approve(&question(&session).await).await.unwrap();
        assert_eq!(sent(&world), 1);
    });
}
