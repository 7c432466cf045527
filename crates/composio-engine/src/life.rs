//! The life of accounts: every step that is committed is told, once, and nothing else is.
//!
//! The allowed steps are [`ConnectionStatus::on`](composio_core::ConnectionStatus::on); which of two callers takes one is the
//! store's decision. This engine keeps no INITIALIZING accounts: an account is begun by a link, or by whoever presses one
//! first, and is INITIATED from then on.
//!
//! Each step runs in a task of the engine, so that a caller who goes away between the commit and the telling costs nobody
//! an event.

use composio_core::{AccountEvent, AccountEventKind, ConnectedAccount, ConnectedAccountId, Event, Result, Timestamp};

use crate::engine::Engine;
use crate::scope::LINK_LIFE;
use crate::store::{ProjectId, Sealed, Transition};

/// Why accounts are EXPIRED whose links nobody finished.
const LINK_OVER: &str = "the link ran out before the user finished";

/// Moves an account on, and tells it as `kind`; one that is connected and seen to work at once is told as ready, too.
///
/// # Errors
/// As [`Store::transition`](crate::Store::transition); nothing is told then.
pub(crate) async fn transition(
    engine: &Engine,
    project: &ProjectId,
    id: &ConnectedAccountId,
    step: Transition,
    kind: AccountEventKind,
) -> Result<ConnectedAccount> {
    let (of, project, id) = (engine.clone(), project.clone(), id.clone());
    let work = async move {
        let _turn = of.events().turn().await;
        let account = of.store().transition(&project, &id, &step).await?;
        tell(&of, &project, kind, &account);
        if step.ready && kind != AccountEventKind::Ready {
            tell(&of, &project, AccountEventKind::Ready, &account);
        }
        Ok(account)
    };
    engine.own(work).await
}

/// Keeps an account that is ACTIVE at once.
///
/// # Errors
/// As [`Store::insert_account`](crate::Store::insert_account).
pub(crate) async fn insert_connected(
    engine: &Engine,
    project: &ProjectId,
    account: ConnectedAccount,
    credential: Sealed,
) -> Result<ConnectedAccount> {
    let (of, project) = (engine.clone(), project.clone());
    let work = async move {
        let _turn = of.events().turn().await;
        of.store().insert_account(&project, &account, Some(&credential)).await?;
        tell(&of, &project, AccountEventKind::Connected, &account);
        if account.is_ready() {
            tell(&of, &project, AccountEventKind::Ready, &account);
        }
        Ok(account)
    };
    engine.own(work).await
}

/// Notes that an account was seen to work; none where that was known, or where it is not ACTIVE any more.
pub(crate) async fn mark_ready(
    engine: &Engine,
    project: &ProjectId,
    id: &ConnectedAccountId,
) -> Result<Option<ConnectedAccount>> {
    let (of, project, id) = (engine.clone(), project.clone(), id.clone());
    let work = async move {
        let _turn = of.events().turn().await;
        let marked = of.store().mark_ready(&project, &id, of.now()).await?;
        if let Some(account) = &marked {
            tell(&of, &project, AccountEventKind::Ready, account);
        }
        Ok(marked)
    };
    engine.own(work).await
}

/// Deletes an account; says whether it was there.
pub(crate) async fn delete(engine: &Engine, project: &ProjectId, id: &ConnectedAccountId) -> Result<bool> {
    let (of, project, id) = (engine.clone(), project.clone(), id.clone());
    let work = async move {
        let _turn = of.events().turn().await;
        let Some(account) = of.store().account(&project, &id).await? else { return Ok(false) };
        let deleted = of.store().delete_account(&project, &id).await?;
        if deleted {
            tell(&of, &project, AccountEventKind::Deleted, &account);
        }
        Ok(deleted)
    };
    engine.own(work).await
}

/// Ends the flows of a project whose links are over; says how many. It takes no turn, because it is asked by every look at
/// an account, and an account that ends like this has nobody else at work on it.
pub(crate) async fn expire_begun(engine: &Engine, project: &ProjectId) -> Result<usize> {
    let (of, project) = (engine.clone(), project.clone());
    let work = async move {
        let now = of.now();
        let expired = of.store().expire_begun(&project, begun_before(now), now, LINK_OVER).await?;
        for account in &expired {
            tell(&of, &project, AccountEventKind::Expired, account);
        }
        Ok(expired.len())
    };
    engine.own(work).await
}

/// Links that were made before this are over.
pub(crate) fn begun_before(now: Timestamp) -> Timestamp {
    let life = i64::try_from(LINK_LIFE.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.as_micros().saturating_sub(life))
}

fn tell(engine: &Engine, project: &ProjectId, kind: AccountEventKind, account: &ConnectedAccount) {
    engine.events().tell(project, Event::Account(AccountEvent::new(kind, account.clone(), engine.now())));
}
