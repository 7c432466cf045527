//! What a backend under test brings along: a project with toolkits whose services answer, ways to put it into a state,
//! a clock, and people who consent.
//!
//! # The contract
//!
//! The toolkits are those of [`toolkits`]:
//!
//! | toolkit | authenticates with | managed auth |
//! |---|---|---|
//! | `managed`, `other` | OAuth 2, or a key | yes |
//! | `unmanaged` | OAuth 2 | no |
//! | `keyed` | a key, `api_key` | |
//! | `open` | nothing | |
//! | `tracker` | OAuth 2, at a service that consents, says who an account is, and revokes | yes |
//! | `extra_01` to `extra_50` | nothing | |
//!
//! Each has a tool `<TOOLKIT>_WHOAMI`, a GET without required arguments; `tracker` has `TRACKER_GET_PROFILE` instead.
//! All but `tracker` and the extra ones have `<TOOLKIT>_TOUCH`, a POST with the argument `note` (a string, required) and
//! `times` (an integer of at least 1), then `<TOOLKIT>_WIPE`, a DELETE without arguments, and no others.
//! - WHOAMI answers `{"account": LABEL}`: the label of the account whose credential came, or null without one. Its tag is
//!   `readOnlyHint`.
//! - Asked who an account is, the services say its label.
//! - TOUCH answers the same and the arguments; the note [`REFUSED`] is answered with status 422 and the message
//!   [`REFUSAL`]. Its tag is `createHint`.
//! - WIPE answers as WHOAMI does. Its tag is `destructiveHint`.
//! - `managed` and `tracker` name a cheap call by which an account shows that it works.

mod play;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use composio_core::secrecy::SecretString;
use composio_core::{
    AuthConfigId, Backend, ConnectFlow, ConnectedAccountId, ConnectionStatus, McpAccess, Sharing, ToolFilter, Url,
    UserId,
};

pub(crate) use self::play::*;

/// The user of a scenario, unless it says otherwise.
pub const USER: &str = "user_u";
/// A note that the services refuse.
pub const REFUSED: &str = "refuse this";
/// What they say about it.
pub const REFUSAL: &str = "this note is not wanted";
/// Somebody with an account at every service that asks for consent.
pub const ALICE: &str = "alice@work.example";
/// Somebody else.
pub const BOB: &str = "bob@example.com";
/// How many toolkits there are: more than the largest page.
pub const TOOLKITS: usize = 56;

/// The slugs of the contract, in order.
pub fn toolkits() -> impl Iterator<Item = String> {
    let named = ["managed", "other", "unmanaged", "keyed", "open", "tracker"].map(str::to_owned);
    named.into_iter().chain((1..=50).map(|number| format!("extra_{number:02}")))
}

/// A project on the backend under test, new and empty. It keeps the [contract](self).
#[async_trait]
pub trait Harness: Send + Sync {
    /// The backend of the project.
    fn backend(&self) -> Arc<dyn Backend>;

    /// The backend of another project, beside the first.
    fn other_project(&self) -> Arc<dyn Backend>;

    /// Makes an auth config; each later one is newer.
    async fn auth_config(&self, toolkit: &str, seed: ConfigSeed) -> AuthConfigId;

    /// Makes an account; each later one was connected later.
    async fn account(&self, seed: AccountSeed) -> ConnectedAccountId;

    /// Puts an account into a status, as a service or the time would.
    async fn set_status(&self, account: &ConnectedAccountId, status: ConnectionStatus);

    /// Moves the clock of the backend and of the services on.
    async fn advance(&self, by: Duration);

    /// What the connect pages do, where this backend has pages of its own.
    fn connect_flow(&self) -> Option<Arc<dyn ConnectFlow>>;

    /// Who lets MCP clients in to the project's sessions, where this backend decides that itself.
    fn mcp_access(&self) -> Option<Arc<dyn McpAccess>>;

    /// Plays a person at the service, who says yes with an account or, without one, no. Gives the URL that the browser is
    /// sent to.
    async fn consent(&self, authorize_url: &Url, person: Option<&str>) -> Url;

    /// The key of an account: with it, WHOAMI answers this label.
    fn key(&self, label: &str) -> SecretString;

    /// Lets the services refuse the next requests of this sort, so many.
    async fn trouble(&self, trouble: Trouble, times: usize);

    /// How many requests WHOAMI, TOUCH and WIPE have sent so far, those of `tracker` apart.
    fn requests(&self) -> usize;
}

/// What a service can be made to refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// `tracker` does not renew a token: `invalid_grant`.
    Renewal,
    /// `managed` answers the cheap call, by which an account shows that it works, with 503.
    Probe,
}

/// An auth config to be made.
#[derive(Clone, Debug)]
pub struct ConfigSeed {
    /// Whether it may be used at all.
    pub enabled: bool,
    /// Whether sessions that do not name it may choose it.
    pub enabled_for_sessions: bool,
    /// Which tools may run on its accounts.
    pub tools: ToolFilter,
}

impl ConfigSeed {
    /// Enabled, and open to sessions.
    #[must_use]
    pub fn on() -> Self {
        Self { enabled: true, enabled_for_sessions: true, tools: ToolFilter::All }
    }

    /// Enabled, and switched off for sessions that do not name it.
    #[must_use]
    pub fn off() -> Self {
        Self { enabled_for_sessions: false, ..Self::on() }
    }

    /// Lets only some tools run.
    #[must_use]
    pub fn tools(self, tools: ToolFilter) -> Self {
        Self { tools, ..self }
    }
}

/// An account to be made: of [`USER`], ACTIVE and private, unless it says otherwise.
#[derive(Clone, Debug)]
pub struct AccountSeed {
    /// What WHOAMI answers.
    pub label: String,
    /// Whose it is.
    pub user: UserId,
    /// What it connects to.
    pub toolkit: String,
    /// What it is made from.
    pub auth_config: AuthConfigId,
    /// Where it stands in its life.
    pub status: ConnectionStatus,
    /// What people call it.
    pub alias: Option<String>,
    /// Who may use it.
    pub sharing: Sharing,
}

impl AccountSeed {
    /// An account that can run tools.
    #[must_use]
    pub fn new(label: &str, toolkit: &str, auth_config: &AuthConfigId) -> Self {
        Self {
            label: label.to_owned(),
            user: UserId::new(USER),
            toolkit: toolkit.to_owned(),
            auth_config: auth_config.clone(),
            status: ConnectionStatus::Active,
            alias: None,
            sharing: Sharing::Private,
        }
    }

    /// Sets whose it is.
    #[must_use]
    pub fn user(self, user: &str) -> Self {
        Self { user: UserId::new(user), ..self }
    }

    /// Sets where it stands.
    #[must_use]
    pub fn status(self, status: ConnectionStatus) -> Self {
        Self { status, ..self }
    }

    /// Sets what people call it.
    #[must_use]
    pub fn alias(self, alias: &str) -> Self {
        Self { alias: Some(alias.to_owned()), ..self }
    }

    /// Sets who may use it.
    #[must_use]
    pub fn sharing(self, sharing: Sharing) -> Self {
        Self { sharing, ..self }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_contract_counts_its_toolkits() {
        assert_eq!(super::toolkits().count(), super::TOOLKITS);
    }
}
