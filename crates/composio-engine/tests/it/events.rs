//! What is told of accounts, and what is not.

use std::time::Duration;

use composio_core::AccountEventKind::{Connected, Deleted, Disabled, Enabled, Expired, Failed, Ready, Revoked};
use composio_core::{Composio, ConnectionStatus, ErrorKind, Event};
use composio_engine::ProjectId;
use composio_engine::store::Transition;
use futures::StreamExt as _;

use crate::world::{World, told};

#[tokio::test]
async fn every_step_in_the_life_of_an_account_is_told_once_and_in_order() {
    let world = World::new().await;
    let (composio, session) = (world.composio(), world.session().await);
    let mut events = composio.events().unwrap();
    let request = session.authorize("tracker").await.unwrap();
    assert_eq!(told(&mut events), [], "a link is no step");
    world.press(request.redirect_url(), Some("alice@work.example")).await;
    let accounts = composio.connected_accounts();
    let id = request.account().clone();
    accounts.disable(id.clone()).await.unwrap();
    accounts.enable(id.clone()).await.unwrap();
    accounts.rename(id.clone(), "work").await.unwrap();
    accounts.revoke(id.clone()).await.unwrap();
    let again = session.reconnect(id.clone()).await.unwrap();
    world.press(again.redirect_url(), None).await;
    let again = session.reconnect(id.clone()).await.unwrap();
    world.press(again.redirect_url(), Some("alice@work.example")).await;
    accounts.delete(id.clone()).await.unwrap();
    let kinds: Vec<_> =
        told(&mut events).into_iter().inspect(|(_, of)| assert_eq!(*of, id)).map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [Connected, Ready, Disabled, Enabled, Revoked, Failed, Connected, Ready, Deleted]);
}

#[tokio::test]
async fn a_flow_that_is_refused_or_runs_out_is_told() {
    let world = World::new().await;
    let session = world.session().await;
    let mut events = world.composio().events().unwrap();
    let (denied, left) = (session.authorize("tracker").await.unwrap(), session.authorize("mailbox").await.unwrap());
    world.press(denied.redirect_url(), None).await;
    assert_eq!(told(&mut events), [(Failed, denied.account().clone())]);
    world.advance(Duration::from_secs(601));
    // Whoever looks at an account finds out, and so does everybody who listens.
    assert_eq!(world.account(&session, left.account()).await.status, ConnectionStatus::Expired);
    assert_eq!(told(&mut events), [(Expired, left.account().clone())]);
}

#[tokio::test]
async fn an_account_that_is_made_of_fields_is_connected_and_ready() {
    let world = World::new().await;
    let composio = world.composio();
    let mut events = composio.events().unwrap();
    let config = composio.auth_configs().create("tracker").api_key().await.unwrap();
    let accounts = composio.connected_accounts();
    let wrong = accounts.create("user_9", config.id.clone()).field("api_key", "wrong").await.unwrap_err();
    assert_eq!(wrong.kind(), ErrorKind::InvalidInput);
    assert_eq!(told(&mut events), []);
    let key = world.demo.api_key("bob@example.com");
    let account = accounts.create("user_9", config.id).field("api_key", key).await.unwrap();
    assert!(account.is_ready());
    assert_eq!(told(&mut events), [(Connected, account.id.clone()), (Ready, account.id)]);
}

#[tokio::test]
async fn what_was_not_committed_is_not_told() {
    let world = World::new().await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    let mut events = world.composio().events().unwrap();
    let accounts = world.composio().connected_accounts();
    // Of many who switch it off at once, one does.
    let all = futures::future::join_all((0..8).map(|_| accounts.disable(account.id.clone()))).await;
    let (done, lost): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
    assert_eq!((done.len(), lost.len()), (1, 7));
    assert!(lost.into_iter().all(|lost| lost.unwrap_err().kind() == ErrorKind::Conflict));
    assert_eq!(told(&mut events), [(Disabled, account.id.clone())]);
    let all = futures::future::join_all((0..8).map(|_| accounts.delete(account.id.clone()))).await;
    assert_eq!(all.iter().filter(|deleted| deleted.is_ok()).count(), 1);
    assert_eq!(told(&mut events), [(Deleted, account.id)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_happened_first_is_told_first() {
    let world = World::new().await;
    let session = world.session().await;
    let id = world.connect(&session, "tracker", "alice@work.example").await.id;
    let mut events = world.composio().events().unwrap();
    let mut switches = tokio::task::JoinSet::new();
    for on in [false, true, false, true] {
        let (accounts, id) = (world.composio().connected_accounts(), id.clone());
        switches.spawn(async move {
            let mut done = 0;
            for _ in 0..40 {
                let id = id.clone();
                let switched = if on { accounts.enable(id).await } else { accounts.disable(id).await };
                done += usize::from(switched.is_ok());
            }
            done
        });
    }
    let done: usize = switches.join_all().await.into_iter().sum();
    assert!(done > 1, "nothing happened at all");
    let told = told(&mut events);
    assert_eq!(told.len(), done);
    assert!(told.iter().step_by(2).all(|(kind, _)| *kind == Disabled), "{told:?}");
    assert!(told.iter().skip(1).step_by(2).all(|(kind, _)| *kind == Enabled), "{told:?}");
}

#[tokio::test]
async fn a_step_that_loses_against_another_is_not_told() {
    let world = World::new().await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    let mut events = world.composio().events().unwrap();
    let before = world.now();
    world.demo.expire_access_tokens();
    // Behind the engine's back, as another process does it: a call that ends the account comes too late.
    let away = Transition::new(ConnectionStatus::Active, ConnectionStatus::Inactive, before, None);
    world.store.transition(&ProjectId::new("p"), &account.id, &away).await.unwrap();
    let refused = world.composio().connected_accounts().revoke(account.id.clone()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    assert_eq!(told(&mut events), []);
}

#[tokio::test]
async fn a_caller_who_goes_away_costs_nobody_the_event() {
    let world = World::new().await;
    let session = world.session().await;
    let id = world.connect(&session, "tracker", "alice@work.example").await.id;
    let mut happened = 0;
    for turns in 0..24 {
        let engine = world.another_engine().await;
        let composio = Composio::with_backend(engine.project("p"));
        let (accounts, mut events) = (composio.connected_accounts(), composio.events().unwrap());
        let before = accounts.get(id.clone()).await.unwrap();
        let switch = async {
            if before.is_active() { accounts.disable(id.clone()).await } else { accounts.enable(id.clone()).await }
        };
        // Some turns of the wheel, and then the caller is dropped, wherever it stands.
        drop(slowly(switch, turns).await);
        engine.shutdown().await;
        let after = world.store.account(&ProjectId::new("p"), &id).await.unwrap().unwrap();
        let told = told(&mut events).len();
        assert_eq!(told, usize::from(after.status != before.status), "dropped after {turns} turns");
        happened += told;
    }
    assert!(happened > 0, "nothing happened at all");
}

/// Polls a future at most so often.
async fn slowly<F: Future>(future: F, turns: usize) -> Option<F::Output> {
    let mut future = std::pin::pin!(future);
    for _ in 0..turns {
        if let std::task::Poll::Ready(done) = futures::poll!(&mut future) {
            return Some(done);
        }
        tokio::task::yield_now().await;
    }
    None
}

#[tokio::test]
async fn projects_do_not_hear_each_other_and_events_hold_no_secret() {
    let world = World::new().await;
    let elsewhere = Composio::with_backend(world.engine.project("q"));
    let (mut here, mut there) = (world.composio().events().unwrap(), elsewhere.events().unwrap());
    let config = world.composio().auth_configs().create("tracker").api_key().await.unwrap();
    let key = world.demo.api_key("bob@example.com");
    world.composio().connected_accounts().create("user_9", config.id).field("api_key", key.as_str()).await.unwrap();
    let heard = here.next().await.unwrap();
    assert!(matches!(&heard, Event::Account(event) if event.kind == Connected));
    assert!(!format!("{heard:?}").contains(&key));
    assert_eq!(told(&mut there), []);
}
