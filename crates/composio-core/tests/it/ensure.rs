//! Making sure that a toolkit is connected, whatever became of the account before, and waiting until it works.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use composio_core::{
    Composio, ConnectedAccount, ConnectedAccountId, ConnectionEvent, ConnectionStatus, Error, ErrorKind, LinkTarget,
    MultiAccount, Result, Retry, ScriptedBackend, Session, ToolkitSlug, Url,
};
use tokio::time::{Instant, sleep};

use crate::spy::Spy;

struct World {
    backend: ScriptedBackend,
    spy: Spy,
    session: Session,
    shown: Arc<Mutex<Vec<Url>>>,
}

async fn world(several: bool) -> Result<World> {
    let backend = ScriptedBackend::new().toolkit("mail").toolkit("other");
    let spy = Spy::new(backend.clone());
    let building = Composio::with_backend(spy.clone()).create("u").toolkits(["mail"]);
    let session = if several { building.multi_account(MultiAccount::new()).await? } else { building.await? };
    Ok(World { backend, spy, session, shown: Arc::default() })
}

impl World {
    /// An account to which this happened.
    async fn account(&self, events: &[ConnectionEvent]) -> ConnectedAccountId {
        let account = self.session.authorize("mail").await.unwrap().account().clone();
        for event in events {
            self.backend.account_event(&account, *event, "so it is").unwrap();
        }
        account
    }

    fn ensure(&self) -> composio_core::EnsureConnected {
        let shown = Arc::clone(&self.shown);
        self.session.ensure_connected("mail", move |link| shown.lock().unwrap().push(link.clone()))
    }

    /// The user opens whichever link was shown, and says yes.
    async fn user(&self) {
        for _ in 0..100 {
            sleep(Duration::from_millis(100)).await;
            let Some(link) = self.shown.lock().unwrap().first().cloned() else { continue };
            let account = link.path().rsplit("token-of-").next().unwrap().into();
            return self.backend.account_event(&account, ConnectionEvent::Connected, "said yes").unwrap();
        }
        unreachable!("no link was shown");
    }

    fn links(&self) -> Vec<LinkTarget> {
        self.spy.links().into_iter().map(|link| link.target).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_connected_stays_as_it_is() -> Result<()> {
    let world = world(false).await?;
    let account = world.account(&[ConnectionEvent::Connected]).await;
    let ensured = world.ensure().await?;
    assert_eq!((ensured.account.map(|account| account.id), ensured.was_connected), (Some(account), true));
    assert_eq!((world.links().len(), world.shown.lock().unwrap().len()), (1, 0), "no link is made");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_toolkit_without_account_is_connected() -> Result<()> {
    use ConnectionEvent::{Refused, TimedOut};
    // Nothing, and flows of which nothing came: none of them is worth keeping.
    for before in [None, Some(&[][..]), Some(&[Refused]), Some(&[TimedOut])] {
        let world = world(false).await?;
        let old = match before {
            Some(events) => Some(world.account(events).await),
            None => None,
        };
        let ensuring = world.ensure().alias("work").callback_url("http://localhost:1/");
        let (ensured, ()) = tokio::join!(ensuring, world.user());
        let ensured = ensured?;
        let account = ensured.account.unwrap();
        assert_eq!((account.is_ready(), ensured.was_connected), (true, false));
        assert_ne!(Some(&account.id), old.as_ref());
        let link = world.spy.links().pop().unwrap();
        assert_eq!(link.target, LinkTarget::Toolkit(ToolkitSlug::new("mail")?));
        assert_eq!(link.alias.as_deref(), Some("work"));
        assert_eq!(link.callback_url.as_ref().map(Url::as_str), Some("http://localhost:1/"));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_ended_is_made_again_and_keeps_its_account() -> Result<()> {
    use ConnectionEvent::{Connected, Revoked, Withdrawn};
    for events in [&[Connected, Withdrawn][..], &[Connected, Revoked]] {
        let world = world(false).await?;
        let account = world.account(events).await;
        let (ensured, ()) = tokio::join!(world.ensure().alias("ignored"), world.user());
        let ensured = ensured?;
        assert_eq!((ensured.account.map(|account| account.id), ensured.was_connected), (Some(account.clone()), false));
        assert_eq!(world.links()[1], LinkTarget::Account(account));
        assert_eq!(world.spy.links()[1].alias, None, "it has its name");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn an_account_that_was_switched_off_is_not_connected_around() -> Result<()> {
    let world = world(false).await?;
    let account = world.account(&[ConnectionEvent::Connected, ConnectionEvent::Disabled]).await;
    let error = world.ensure().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains(account.as_str()) && error.to_string().contains("switched off"), "{error}");
    assert_eq!(world.links().len(), 1);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_said() -> Result<()> {
    for (timeout, waited) in [(None, 60), (Some(5), 5)] {
        let world = world(false).await?;
        let started = Instant::now();
        let ensuring = match timeout {
            Some(seconds) => world.ensure().timeout(Duration::from_secs(seconds)),
            None => world.ensure(),
        };
        assert_eq!(ensuring.await.unwrap_err().kind(), ErrorKind::Timeout);
        assert_eq!((started.elapsed().as_secs(), world.shown.lock().unwrap().len()), (waited, 1));
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_the_session_does_not_have_is_refused_with_the_reason() -> Result<()> {
    let world = world(false).await?;
    for (slug, kind) in [
        ("other", ErrorKind::PermissionDenied),
        ("nothing", ErrorKind::InvalidInput),
        ("No Slug", ErrorKind::InvalidInput),
    ] {
        let error = world.session.ensure_connected(slug, |_| ()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{slug}: {error}");
    }
    Ok(())
}

/// With several accounts any that is ready will do: which one runs a call is the call's choice.
#[tokio::test(start_paused = true)]
async fn of_several_accounts_one_that_works_is_enough() -> Result<()> {
    let world = world(true).await?;
    let first = world.account(&[ConnectionEvent::Connected]).await;
    world.account(&[ConnectionEvent::Connected, ConnectionEvent::Withdrawn]).await;
    let ensured = world.ensure().await?;
    assert_eq!((ensured.account.map(|account| account.id), ensured.was_connected), (Some(first), true));
    Ok(())
}

/// A service that takes its time: an account is ACTIVE, and ready once it was tried often enough.
async fn slow(tries: usize) -> Result<(World, ConnectedAccountId)> {
    let world = world(false).await?;
    let account = world.account(&[ConnectionEvent::Connected]).await;
    world.spy.not_ready_for(tries);
    Ok((world, account))
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_waited_for_until_it_works() -> Result<()> {
    for tries in [0, 1, 3] {
        let world = world(false).await?;
        world.spy.not_ready_for(tries);
        let request = world.session.authorize("mail").await?;
        world.backend.account_event(request.account(), ConnectionEvent::Connected, "")?;
        let started = Instant::now();
        let account = request.wait().await?;
        assert!(account.is_ready());
        assert_eq!((started.elapsed().as_secs(), world.spy.count("probe")), (tries as u64, tries), "one try a second");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_does_not_work_in_time_is_said_to_be_one() -> Result<()> {
    let (world, account) = slow(1000).await?;
    let request = world.session.authorize("mail").await?;
    world.backend.account_event(request.account(), ConnectionEvent::Connected, "")?;
    let error = request.wait().timeout(Duration::from_secs(3)).await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Timeout, Retry::Safe));
    assert!(error.to_string().contains("is connected, and its service has not answered"), "{error}");

    world.backend.delete_account(request.account())?;
    let error = world.ensure().await.unwrap_err();
    assert_eq!((error.kind(), error.retry()), (ErrorKind::Unavailable, Retry::Safe));
    assert!(error.to_string().contains(account.as_str()) && error.to_string().contains("try again"), "{error}");
    assert!(world.shown.lock().unwrap().is_empty(), "a second account would work no sooner");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn what_works_after_a_try_was_connected() -> Result<()> {
    let (world, account) = slow(1).await?;
    let error = world.ensure().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    let ensured = world.ensure().await?;
    assert_eq!((ensured.account.map(|account| account.id), ensured.was_connected), (Some(account), true));
    Ok(())
}

/// Trying an account may show that it has ended.
#[tokio::test(start_paused = true)]
async fn an_account_that_ends_while_it_is_tried_is_connected_again() -> Result<()> {
    let (world, account) = slow(1000).await?;
    let (backend, ended) = (world.backend.clone(), account.clone());
    world.spy.when_tried(move || {
        backend.account_event(&ended, ConnectionEvent::Withdrawn, "access was withdrawn").ok();
    });
    let connected = async {
        world.user().await;
        world.spy.not_ready_for(0);
    };
    let (ensured, ()) = tokio::join!(world.ensure(), connected);
    assert_eq!(ensured?.account.map(|account| account.id), Some(account.clone()));
    assert_eq!(world.links()[1], LinkTarget::Account(account));
    Ok(())
}

/// Between a look and a try the application switches the account off. That is not the end of waiting.
#[tokio::test(start_paused = true)]
async fn an_account_that_is_switched_off_while_it_is_tried_is_waited_for() -> Result<()> {
    let world = world(false).await?;
    world.spy.not_ready_for(1000);
    let request = world.session.authorize("mail").await?;
    let account = request.account().clone();
    world.backend.account_event(&account, ConnectionEvent::Connected, "")?;
    let (backend, id) = (world.backend.clone(), account.clone());
    world.spy.when_tried(move || {
        backend.account_event(&id, ConnectionEvent::Disabled, "for a moment").ok();
    });
    let back = async {
        sleep(Duration::from_millis(2_500)).await;
        world.spy.when_tried(|| ());
        world.spy.not_ready_for(0);
        world.backend.account_event(&account, ConnectionEvent::Enabled, "")
    };
    let (waited, enabled): (Result<ConnectedAccount, Error>, _) = tokio::join!(request.wait(), back);
    enabled?;
    assert_eq!(waited?.status, ConnectionStatus::Active);
    Ok(())
}
