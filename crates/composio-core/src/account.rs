//! Connected accounts: one user's connection to one toolkit, and the life of it.

mod sharing;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use self::sharing::{AccessList, Sharing, SharingUpdate};
use crate::error::Result;
use crate::id::{AuthConfigId, ConnectedAccountId, Timestamp, ToolkitSlug, UserId};

/// One user's connection to one toolkit, made from one auth config. It holds no credential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConnectedAccount {
    /// Its id, `ca_…`.
    pub id: ConnectedAccountId,
    /// What it connects to.
    pub toolkit: ToolkitSlug,
    /// Whose it is.
    pub user: UserId,
    /// What it was made from. It never changes.
    pub auth_config: AuthConfigId,
    /// Where it stands in its life.
    pub status: ConnectionStatus,
    /// Why it stands there, in a sentence, where there is something to say.
    pub status_reason: Option<String>,
    /// A label that the application or the user gave, unique per user and toolkit.
    pub alias: Option<String>,
    /// Who the service says this is, read right after connecting.
    pub identity: Option<Identity>,
    /// Who may use it.
    pub sharing: Sharing,
    /// When the row was made.
    pub created_at: Timestamp,
    /// When anything about it last changed.
    pub updated_at: Timestamp,
    /// When it last became ACTIVE through an auth flow or a reconnect. This is the clock behind "the most recently
    /// connected": switching an account off and on does not move it.
    pub connected_at: Option<Timestamp>,
    /// When it was first seen to work since it was connected: by the cheap call that its toolkit names, else by being
    /// connected.
    #[serde(default)]
    pub ready_at: Option<Timestamp>,
}

impl ConnectedAccount {
    /// An account that was just begun: INITIATED, private, nameless.
    #[must_use]
    pub fn new(
        id: ConnectedAccountId,
        toolkit: ToolkitSlug,
        user: UserId,
        auth_config: AuthConfigId,
        at: Timestamp,
    ) -> Self {
        Self {
            id,
            toolkit,
            user,
            auth_config,
            status: ConnectionStatus::Initiated,
            status_reason: None,
            alias: None,
            identity: None,
            sharing: Sharing::Private,
            created_at: at,
            updated_at: at,
            connected_at: None,
            ready_at: None,
        }
    }

    /// Whether it can run tools, as far as its own status goes.
    pub fn is_active(&self) -> bool {
        self.status == ConnectionStatus::Active
    }

    /// Whether it is ACTIVE and was seen to work. Services take a moment, now and then, until a new credential does.
    pub fn is_ready(&self) -> bool {
        self.is_active() && self.ready_at.is_some()
    }

    /// The account as a user may see it: whom it is shared with is its owner's business.
    #[must_use]
    pub fn seen_by(mut self, user: &UserId) -> Self {
        if &self.user != user
            && let Sharing::Shared(list) = &mut self.sharing
        {
            *list = AccessList::default();
        }
        self
    }

    /// Whether this user may run tools with it: the owner, and those whom a shared account lets in.
    pub fn admits(&self, user: &UserId) -> bool {
        let admitted = match &self.sharing {
            Sharing::Private => false,
            Sharing::Shared(list) => list.admits(user),
        };
        &self.user == user || admitted
    }

    /// How a person would name it: the alias, else who the service says it is, else the id.
    pub fn label(&self) -> &str {
        let identity = self.identity.as_ref().map(|identity| identity.label.as_str());
        self.alias.as_deref().or(identity).unwrap_or(self.id.as_str())
    }
}

/// Who a service says an account is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Identity {
    /// The service's own stable id; a reconnect must end at the same one.
    pub id: String,
    /// A login or an e-mail address, for people.
    pub label: String,
    /// The e-mail address, where the service says one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The workspace, organisation or site it belongs to, where the service has such a thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
}

impl Identity {
    /// An identity.
    #[must_use]
    pub fn new(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self { id: id.into(), label: label.into(), email: None, workspace: None }
    }

    /// Adds the e-mail address.
    #[must_use]
    pub fn with_email(mut self, email: impl Into<String>) -> Self {
        self.email = Some(email.into());
        self
    }

    /// Adds the workspace.
    #[must_use]
    pub fn with_workspace(mut self, workspace: impl Into<String>) -> Self {
        self.workspace = Some(workspace.into());
        self
    }
}

/// Where a connection stands in its life.
///
/// Rule: `session-semantics` 1.5. Only ACTIVE runs tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum ConnectionStatus {
    /// The row exists and nobody did anything yet. The embedded engine has none of these: an account is INITIATED from the
    /// moment at which a link is made for it.
    Initializing,
    /// A link was made; the user has not finished.
    Initiated,
    /// Usable.
    Active,
    /// The user said no, or the service did.
    Failed,
    /// The flow ran out of time, or the service withdrew what it gave.
    Expired,
    /// Switched off by the application.
    Inactive,
    /// Given back to the service.
    Revoked,
    /// One that this version has no name for. Nothing runs with it, and it may become another.
    Unknown,
}

/// What can happen to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConnectionEvent {
    /// The user opened the link and pressed on.
    Started,
    /// The service gave a credential.
    Connected,
    /// The user said no, or the service refused.
    Refused,
    /// The flow ran out of time.
    TimedOut,
    /// Refreshing failed for good, or the service withdrew access.
    Withdrawn,
    /// The application switched it off.
    Disabled,
    /// The application switched it on again.
    Enabled,
    /// The credential was given back to the service.
    Revoked,
}

/// A transition that the life of a connection does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidTransition {
    /// Where it stands.
    pub from: ConnectionStatus,
    /// What was to happen.
    pub event: ConnectionEvent,
}

impl ConnectionEvent {
    /// What an account would do, or have done to it, for "cannot ...".
    fn in_words(self) -> &'static str {
        match self {
            Self::Started => "be connected anew",
            Self::Connected => "become connected",
            Self::Refused => "fail to connect",
            Self::TimedOut => "run out of time",
            Self::Withdrawn => "expire",
            Self::Disabled => "be switched off",
            Self::Enabled => "be switched on",
            Self::Revoked => "be revoked",
        }
    }
}

impl fmt::Display for InvalidTransition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an account that is {} cannot {}", self.from, self.event.in_words())
    }
}

impl std::error::Error for InvalidTransition {}

impl ConnectionStatus {
    /// Every status that has a name.
    pub const ALL: [Self; 7] =
        [Self::Initializing, Self::Initiated, Self::Active, Self::Failed, Self::Expired, Self::Inactive, Self::Revoked];

    /// The wire name, such as `ACTIVE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Initializing => "INITIALIZING",
            Self::Initiated => "INITIATED",
            Self::Active => "ACTIVE",
            Self::Failed => "FAILED",
            Self::Expired => "EXPIRED",
            Self::Inactive => "INACTIVE",
            Self::Revoked => "REVOKED",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// The status of this wire name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// Whether a person can bring it back by connecting the same account again.
    pub fn can_reconnect(self) -> bool {
        matches!(self, Self::Expired | Self::Revoked | Self::Failed)
    }

    /// Where an event leads.
    ///
    /// # Errors
    /// [`InvalidTransition`] where the life of a connection has no such step: nothing but an auth flow makes a dead
    /// connection ACTIVE, and only an INACTIVE one can be switched on.
    ///
    /// # Example
    /// ```
    /// use composio_core::{ConnectionEvent, ConnectionStatus};
    ///
    /// let status = ConnectionStatus::Initiated.on(ConnectionEvent::Connected)?;
    /// assert_eq!(status, ConnectionStatus::Active);
    /// assert!(ConnectionStatus::Revoked.on(ConnectionEvent::Enabled).is_err());
    /// # Ok::<(), composio_core::InvalidTransition>(())
    /// ```
    pub fn on(self, event: ConnectionEvent) -> Result<Self, InvalidTransition> {
        use ConnectionEvent as Event;
        let next = match (self, event) {
            (Self::Initializing | Self::Initiated, Event::Started) => Self::Initiated,
            (Self::Initiated, Event::Connected) => Self::Active,
            (Self::Expired | Self::Revoked | Self::Failed, Event::Connected) => Self::Active,
            (Self::Initializing | Self::Initiated, Event::Refused) => Self::Failed,
            (Self::Initializing | Self::Initiated, Event::TimedOut) => Self::Expired,
            (Self::Active, Event::Withdrawn) => Self::Expired,
            (Self::Active, Event::Disabled) => Self::Inactive,
            (Self::Inactive, Event::Enabled) => Self::Active,
            (Self::Active, Event::Revoked) => Self::Revoked,
            (from, event) => return Err(InvalidTransition { from, event }),
        };
        Ok(next)
    }
}

impl fmt::Display for ConnectionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ConnectionEvent as E;
    use ConnectionStatus as S;

    const EVENTS: [E; 8] =
        [E::Started, E::Connected, E::Refused, E::TimedOut, E::Withdrawn, E::Disabled, E::Enabled, E::Revoked];

    #[test]
    fn the_life_of_a_connection() {
        let allowed = [
            (S::Initializing, E::Started, S::Initiated),
            (S::Initializing, E::Refused, S::Failed),
            (S::Initializing, E::TimedOut, S::Expired),
            (S::Initiated, E::Started, S::Initiated),
            (S::Initiated, E::Connected, S::Active),
            (S::Initiated, E::Refused, S::Failed),
            (S::Initiated, E::TimedOut, S::Expired),
            (S::Active, E::Withdrawn, S::Expired),
            (S::Active, E::Disabled, S::Inactive),
            (S::Active, E::Revoked, S::Revoked),
            (S::Inactive, E::Enabled, S::Active),
            (S::Failed, E::Connected, S::Active),
            (S::Expired, E::Connected, S::Active),
            (S::Revoked, E::Connected, S::Active),
        ];
        for from in S::ALL {
            for event in EVENTS {
                let expected = allowed.iter().find(|row| row.0 == from && row.1 == event).map(|row| row.2);
                assert_eq!(from.on(event).ok(), expected, "{from} on {event:?}");
            }
        }
    }

    #[test]
    fn a_step_that_there_is_not_is_said_in_words() {
        for event in EVENTS {
            if let Err(refused) = S::Inactive.on(event) {
                let text = refused.to_string();
                assert!(
                    text.starts_with("an account that is INACTIVE cannot ") && !text.contains(&format!("{event:?}"))
                );
            }
        }
        assert_eq!(
            S::Inactive.on(E::Disabled).unwrap_err().to_string(),
            "an account that is INACTIVE cannot be switched off"
        );
    }

    #[test]
    fn names_lead_back_to_their_status() {
        for status in S::ALL {
            assert_eq!(S::from_name(status.as_str()), Some(status));
            assert_eq!(serde_json::to_string(&status).unwrap(), format!("\"{status}\""));
        }
    }

    #[test]
    fn whom_an_account_is_shared_with_is_its_owners_business() {
        let at = Timestamp::from_micros(1);
        let (owner, other) = (UserId::new("owner"), UserId::new("other"));
        let mut account =
            ConnectedAccount::new("ca_1".into(), ToolkitSlug::new("t").unwrap(), owner.clone(), "ac_1".into(), at);
        account.identity = Some(Identity::new("1", "me@example.org").with_email("me@example.org"));
        assert_eq!(account.clone().seen_by(&other), account, "a private one has no list");

        let list = AccessList { allow_all: true, allowed: vec![other.clone()], denied: vec![UserId::new("third")] };
        account.sharing = Sharing::Shared(list);
        assert_eq!(account.clone().seen_by(&owner), account);
        let seen = account.clone().seen_by(&other);
        assert_eq!(seen.sharing, Sharing::Shared(AccessList::default()), "that it is shared is no secret");
        account.sharing = seen.sharing.clone();
        assert_eq!(seen, account, "nothing else is hidden");
    }

    #[test]
    fn an_account_that_was_stored_before_readiness_is_read() {
        let old = serde_json::json!({
            "id": "ca_1", "toolkit": "github", "user": "u", "auth_config": "ac_1", "status": "ACTIVE",
            "status_reason": null, "alias": "work", "identity": {"id": "1", "label": "me"}, "sharing": "Private",
            "created_at": 1, "updated_at": 2, "connected_at": 2,
        });
        let account: ConnectedAccount = serde_json::from_value(old).unwrap();
        assert_eq!((account.label(), account.ready_at, account.is_ready()), ("work", None, false));
    }
}
