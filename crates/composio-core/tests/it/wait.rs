//! Links, and waiting for what becomes of them. Time is paused: it jumps to the next thing that is waited for.

use std::time::Duration;

use composio_core::{
    Composio, ConnectedAccountId, ConnectionEvent, ConnectionStatus, ErrorKind, LinkTarget, Result, Retry,
    ScriptedBackend, Session, ToolkitSlug,
};
use tokio::time::{Instant, sleep};

use crate::spy::Spy;

struct World {
    backend: ScriptedBackend,
    spy: Spy,
    session: Session,
}

async fn world() -> Result<World> {
    let backend = ScriptedBackend::new().toolkit("github");
    let spy = Spy::new(backend.clone());
    let session = Composio::with_backend(spy.clone()).create("u").await?;
    Ok(World { backend, spy, session })
}

impl World {
    fn looks(&self) -> usize {
        self.spy.count("connected_account")
    }

    async fn later(&self, millis: u64, account: &ConnectedAccountId, events: &[ConnectionEvent], reason: &str) {
        sleep(Duration::from_millis(millis)).await;
        for event in events {
            self.backend.account_event(account, *event, reason).unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_carries_its_options_and_leads_to_an_account() -> Result<()> {
    let spy = Spy::new(ScriptedBackend::new().toolkit("github"));
    let composio = Composio::with_backend(spy.clone());
    let session = composio.create("u").callback_url("https://app.example/done?x=1").await?;

    let request = session.authorize("github").await?;
    let account = session.connected_account(request.account()).await?;
    assert_eq!((account.status, account.toolkit.as_str()), (ConnectionStatus::Initiated, "github"));
    assert!(request.redirect_url().as_str().contains(request.account().as_str()));
    assert!(!format!("{request:?} {:?}", request.wait()).contains("connect.invalid"), "{request:?}");

    session.authorize("github").callback_url("http://localhost:3000/").alias("work").await?;
    let (plain, full) = (&spy.links()[0], &spy.links()[1]);
    assert_eq!(plain.target, LinkTarget::Toolkit(ToolkitSlug::new("github")?));
    assert_eq!(plain.callback_url.as_ref().map(|url| url.as_str()), Some("https://app.example/done?x=1"));
    assert_eq!(full.callback_url.as_ref().map(|url| url.as_str()), Some("http://localhost:3000/"));
    assert_eq!((plain.alias.as_deref(), full.alias.as_deref()), (None, Some("work")));
    let taken = session.authorize("github").alias("work").await.unwrap_err();
    assert_eq!(taken.kind(), ErrorKind::Conflict, "row 47: {taken}");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn it_looks_at_once_and_then_every_second() -> Result<()> {
    for (timeout, looks) in [(0, 1), (400, 2), (1000, 2), (2500, 4), (5000, 6)] {
        let world = world().await?;
        let request = world.session.authorize("github").await?;
        let started = Instant::now();
        let error = request.wait().timeout(Duration::from_millis(timeout)).await.unwrap_err();
        assert_eq!(started.elapsed(), Duration::from_millis(timeout));
        assert_eq!((error.kind(), error.retry()), (ErrorKind::Timeout, Retry::Safe));
        assert!(error.to_string().contains(request.account().as_str()), "{error}");
        assert_eq!(world.looks(), looks, "within {timeout} ms");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn it_waits_a_minute_unless_told_otherwise() -> Result<()> {
    let world = world().await?;
    let request = world.session.authorize("github").await?;
    let started = Instant::now();
    assert_eq!(request.wait().await.unwrap_err().kind(), ErrorKind::Timeout);
    assert_eq!((started.elapsed(), world.looks()), (Duration::from_secs(60), 61));

    let later = world.later(30_000, request.account(), &[ConnectionEvent::Connected], "");
    let (account, ()) = tokio::join!(request.wait(), later);
    assert!(account?.is_active(), "waiting again is fine");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn it_ends_when_the_account_is_active() -> Result<()> {
    let world = world().await?;
    let request = world.session.authorize("github").await?;
    let started = Instant::now();
    let events = [ConnectionEvent::Started, ConnectionEvent::Connected];
    let (account, ()) = tokio::join!(request.wait(), world.later(3_500, request.account(), &events, ""));
    let account = account?;
    assert_eq!((&account.id, account.status), (request.account(), ConnectionStatus::Active));
    assert!(account.connected_at.is_some());
    assert_eq!((started.elapsed(), world.looks()), (Duration::from_secs(4), 5));

    let at_once = Instant::now();
    request.wait().timeout(Duration::ZERO).await?;
    assert_eq!(at_once.elapsed(), Duration::ZERO);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn it_ends_early_with_the_reason_when_nothing_can_come_of_it() -> Result<()> {
    use ConnectionEvent::{Connected, Refused, Revoked, TimedOut};
    for (events, status) in
        [(&[Refused][..], "FAILED"), (&[TimedOut][..], "EXPIRED"), (&[Connected, Revoked][..], "REVOKED")]
    {
        let world = world().await?;
        let request = world.session.authorize("github").await?;
        let started = Instant::now();
        let later = world.later(1_500, request.account(), events, "the user said no");
        let (ended, ()) = tokio::join!(request.wait(), later);
        let error = ended.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRequired, "{status}");
        for part in ["the user said no", "github"] {
            assert!(error.to_string().contains(part), "{part}: {error}");
        }
        for part in [status, request.account().as_str()] {
            assert!(format!("{error:?}").contains(part), "{part}: {error:?}");
        }
        assert_eq!(started.elapsed(), Duration::from_secs(2), "{status}");
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn switched_off_is_not_the_end() -> Result<()> {
    let world = world().await?;
    let request = world.session.authorize("github").await?;
    world.later(0, request.account(), &[ConnectionEvent::Connected, ConnectionEvent::Disabled], "").await;
    let short = request.wait().timeout(Duration::from_secs(3));
    assert_eq!(short.await.unwrap_err().kind(), ErrorKind::Timeout);
    let later = world.later(1_500, request.account(), &[ConnectionEvent::Enabled], "");
    let (account, ()) = tokio::join!(request.wait(), later);
    assert!(account?.is_active());
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_deleted_account_is_not_found() -> Result<()> {
    let world = world().await?;
    let request = world.session.authorize("github").await?;
    let deleting = async {
        sleep(Duration::from_millis(2_500)).await;
        world.backend.delete_account(request.account())
    };
    let started = Instant::now();
    let (ended, deleted) = tokio::join!(request.wait(), deleting);
    deleted?;
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(started.elapsed(), Duration::from_secs(3));
    Ok(())
}

/// An account that was connected and whose access was withdrawn.
async fn expired(world: &World) -> Result<ConnectedAccountId> {
    let account = world.session.authorize("github").await?.account().clone();
    world.later(0, &account, &[ConnectionEvent::Connected, ConnectionEvent::Withdrawn], "long ago").await;
    Ok(account)
}

#[tokio::test(start_paused = true)]
async fn connecting_again_keeps_the_account_and_its_old_status_ends_nothing() -> Result<()> {
    let world = world().await?;
    let account = expired(&world).await?;
    let request = world.session.reconnect(&account).await?;
    assert_eq!(request.account(), &account);
    assert_eq!(world.spy.links()[1].target, LinkTarget::Account(account.clone()));

    let short = request.wait().timeout(Duration::from_secs(3));
    assert_eq!(short.await.unwrap_err().kind(), ErrorKind::Timeout, "EXPIRED, as it was before");
    let (again, ()) =
        tokio::join!(request.wait(), world.later(2_500, &account, &[ConnectionEvent::Connected], "connected again"));
    assert_eq!(again?.id, account);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn connecting_again_ends_when_the_status_is_a_new_one() -> Result<()> {
    let world = world().await?;
    let account = expired(&world).await?;
    let request = world.session.reconnect(&account).await?;
    let events = [ConnectionEvent::Connected, ConnectionEvent::Withdrawn];
    let started = Instant::now();
    let (ended, ()) = tokio::join!(request.wait(), world.later(500, &account, &events, "just now"));
    let error = ended.unwrap_err();
    assert!(error.to_string().contains("just now"), "{error}");
    assert_eq!((error.kind(), started.elapsed()), (ErrorKind::ConnectionRequired, Duration::from_secs(1)));
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn only_ones_own_dead_accounts_are_connected_again() -> Result<()> {
    let world = world().await?;
    let account = expired(&world).await?;
    let stranger = Composio::with_backend(world.spy.clone()).create("v").await?;
    assert_eq!(stranger.reconnect(&account).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(stranger.connected_account(&account).await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(world.session.reconnect("ca_unknown").await.unwrap_err().kind(), ErrorKind::NotFound);
    world.later(0, &account, &[ConnectionEvent::Connected], "").await;
    assert_eq!(world.session.reconnect(&account).await.unwrap_err().kind(), ErrorKind::Conflict);
    Ok(())
}
