//! How a flow ends: the account is ACTIVE, or it was refused, and either is told.

use composio_core::{
    AccountEventKind, Connected, ConnectedAccount, ConnectionEvent, ErrorKind, Identity, Refusal, Result, Url,
};

use super::identity::Seen;
use crate::access::{Access, seal_credential};
use crate::catalog::Toolkit;
use crate::credential::Credential;
use crate::engine::Engine;
use crate::life;
use crate::link::dead_link;
use crate::store::{CredentialChange, ProjectId, Transition};

/// ACTIVE with its credential, in one write that loses against any other. The account is ready at once where it was seen to
/// work, and tried again later where it was not.
pub(super) async fn activate(access: &Access<'_>, credential: &Credential, seen: Seen) -> Result<()> {
    let Access { engine, project, account, .. } = access;
    let to = account.status.on(ConnectionEvent::Connected).map_err(|_| dead_link())?;
    let mut step = Transition::new(account.status, to, engine.now(), None);
    step.credential = CredentialChange::Put(seal_credential(engine, project, &account.id, credential)?);
    step.identity = seen.identity;
    step.connected = true;
    step.ready = seen.ready;
    life::transition(engine, project, &account.id, step, AccountEventKind::Connected).await?;
    access.schedule(credential).await;
    Ok(())
}

/// FAILED with the reason. An account that was to be connected again keeps its status and learns the reason.
pub(super) async fn refuse(
    engine: &Engine,
    project: &ProjectId,
    account: &ConnectedAccount,
    refusal: &Refusal,
) -> Result<()> {
    let reason = match refusal {
        Refusal::Denied => "the person said no".to_owned(),
        Refusal::Failed(reason) => reason.clone(),
        _ => "the service refused".to_owned(),
    };
    let to = account.status.on(ConnectionEvent::Refused).unwrap_or(account.status);
    let step = Transition::new(account.status, to, engine.now(), Some(reason));
    match life::transition(engine, project, &account.id, step, AccountEventKind::Failed).await {
        Ok(_) => Ok(()),
        // It has moved on in the meantime, and that counts.
        Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::NotFound) => Ok(()),
        Err(error) => Err(error),
    }
}

/// A reconnect has to end at the same identity, where one was known.
pub(super) fn same_identity(account: &ConnectedAccount, found: Option<&Identity>) -> Result<(), String> {
    match (&account.identity, found) {
        (None, _) => Ok(()),
        (Some(known), Some(found)) if known.id == found.id => Ok(()),
        (Some(known), Some(found)) => {
            Err(format!("this is {}, and the account to connect again is {}", found.label, known.label))
        }
        (Some(known), None) => Err(format!("the service did not say whether this is {}", known.label)),
    }
}

/// What the person's page says, and where the browser goes then.
pub(super) fn connected(
    toolkit: &Toolkit,
    account: &ConnectedAccount,
    refusal: Option<Refusal>,
    callback: Option<&Url>,
) -> Connected {
    let mut connected = Connected::new(account.id.clone(), &toolkit.manifest.name);
    connected.toolkit_logo = toolkit.manifest.logo.as_ref().map(ToString::to_string);
    let status = if refusal.is_some() { "failed" } else { "success" };
    connected.callback = callback.map(|url| {
        let mut url = url.clone();
        url.query_pairs_mut().append_pair("status", status).append_pair("connected_account_id", account.id.as_str());
        url
    });
    connected.refusal = refusal;
    connected
}
