//! Auth configs and accounts that a configuration names: they are there, and this user may use them.

use composio_core::{ConnectedAccount, ConnectedAccountId, ConnectionStatus, Result, ToolkitSlug};
use indexmap::IndexSet;

use super::Check;
use super::problems::Problems;

impl Check<'_> {
    /// The session's auth configs have to exist, be of their toolkit, and be switched on (rows 18 to 20 of the decision
    /// table).
    pub(super) async fn auth_configs(&self) -> Result<()> {
        let mut problems = Problems::default();
        for (toolkit, id) in &self.config.auth_configs {
            let rule = match self.engine.store().auth_config(self.project, id).await? {
                None => "there is no such auth config in this project".to_owned(),
                Some(config) if &config.toolkit != toolkit => format!("it is an auth config of {}", config.toolkit),
                Some(config) if !config.enabled => "it is disabled; enable it first, or name another".to_owned(),
                Some(_) => continue,
            };
            problems.add(format!("auth_configs.{toolkit}"), id.as_str(), rule);
        }
        problems.refuse()
    }

    /// Pinned accounts have to be this user's to use, of their toolkit, and able to run (rows 23 to 25 and 33 to 36 of the
    /// decision table). One that is named twice is named once.
    pub(super) async fn connected_accounts(&self) -> Result<()> {
        let mut problems = Problems::default();
        for (toolkit, ids) in &self.config.connected_accounts {
            let field = format!("connected_accounts.{toolkit}");
            let mut shared = Vec::new();
            for id in ids.iter().collect::<IndexSet<_>>() {
                match self.pin(toolkit, id).await? {
                    Ok(account) if account.sharing.is_shared() => shared.push(id.as_str()),
                    Ok(_) => {}
                    Err(rule) => problems.add(&*field, id.as_str(), rule),
                }
            }
            if shared.len() > 1 {
                let rule = format!("{} shared accounts, and one is allowed for each toolkit", shared.len());
                problems.add(field, shared.join(", "), rule);
            }
        }
        problems.refuse()
    }

    /// The account, or why it cannot be pinned.
    async fn pin(&self, toolkit: &ToolkitSlug, id: &ConnectedAccountId) -> Result<Result<ConnectedAccount, String>> {
        let (store, user) = (self.engine.store(), self.user);
        let account = store.account(self.project, id).await?;
        // A private account of somebody else is not told apart from one that does not exist.
        let Some(account) = account.filter(|account| &account.user == user || account.sharing.is_shared()) else {
            let hint =
                if id.as_str().starts_with("ca_") { "" } else { "; name it by its id (`ca_…`), an alias can change" };
            return Ok(Err(format!("{user} has no such account{hint}")));
        };
        if !account.admits(user) {
            return Ok(Err(format!("it is shared, and not with {user}; whoever shares it decides")));
        }
        if &account.toolkit != toolkit {
            return Ok(Err(format!("it is an account of {}", account.toolkit)));
        }
        if !account.is_active() {
            return Ok(Err(format!("it is {}; {}", account.status, remedy(account.status))));
        }
        let config = store.auth_config(self.project, &account.auth_config).await?;
        if config.is_none_or(|config| !config.enabled) {
            return Ok(Err(format!("its auth config {} is disabled or gone", account.auth_config)));
        }
        Ok(Ok(account))
    }
}

fn remedy(status: ConnectionStatus) -> &'static str {
    match status {
        ConnectionStatus::Inactive => "switch it on first",
        status if status.can_reconnect() => "reconnect it first",
        _ => "the user has to finish connecting it first",
    }
}
