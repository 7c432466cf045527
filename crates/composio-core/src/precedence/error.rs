//! Why nothing can be chosen, and what each reader is told about it.

use std::fmt;

use crate::account::{ConnectedAccount, ConnectionStatus};
use crate::error::{Error, ErrorKind};
use crate::id::{AuthConfigId, ConnectedAccountId, Timestamp};

/// How much of a name that nobody has is repeated. A model may have written it, and no alias is longer than 64 characters.
const REPEATED: usize = 80;

/// Why nothing can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SelectionError {
    /// The session's connected account is not there: deleted, of another toolkit, or not this user's to use.
    PinUnavailable {
        /// The account the session names.
        account: ConnectedAccountId,
    },
    /// The session's connected account is shared, and its access list does not let this user in any more.
    SharedAccessDenied {
        /// The account the session names.
        account: ConnectedAccountId,
    },
    /// The chosen account cannot run tools, and another one is never taken instead.
    NotUsable {
        /// The account.
        account: ConnectedAccountId,
        /// Its status.
        status: ConnectionStatus,
        /// Its auth config, if that is what is switched off.
        disabled_config: Option<AuthConfigId>,
    },
    /// The call names an account that is not one of the session's.
    UnknownAccount {
        /// What the call said.
        named: String,
        /// What it could have said.
        candidates: Vec<Candidate>,
    },
    /// Several accounts fit, and the session wants the call to name one.
    AccountRequired {
        /// What it could say.
        candidates: Vec<Candidate>,
    },
    /// The session's auth config does not exist, or is of another toolkit.
    UnknownAuthConfig {
        /// The auth config the session names.
        auth_config: AuthConfigId,
    },
    /// The session's auth config is switched off.
    AuthConfigDisabled {
        /// The auth config.
        auth_config: AuthConfigId,
    },
    /// The toolkit needs no account, so none can be connected.
    NoAuthToolkit,
    /// The session pins an account of the toolkit, so a new one would never be used.
    Pinned {
        /// The pinned account.
        account: ConnectedAccountId,
    },
    /// The user has as many accounts as the session allows.
    TooManyAccounts {
        /// The limit.
        max: usize,
    },
    /// No auth config, and none can be made without the developer.
    NoManagedAuth,
}

/// An account as a caller may name it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Candidate {
    /// Its id.
    pub account: ConnectedAccountId,
    /// Its alias.
    pub alias: Option<String>,
    /// Who the service says it is.
    pub identity: Option<String>,
    /// Its status.
    pub status: ConnectionStatus,
    /// When it was created.
    pub created_at: Timestamp,
}

impl From<&ConnectedAccount> for Candidate {
    fn from(account: &ConnectedAccount) -> Self {
        Self {
            account: account.id.clone(),
            alias: account.alias.clone(),
            identity: account.identity.as_ref().map(|identity| identity.label.clone()),
            status: account.status,
            created_at: account.created_at,
        }
    }
}

impl fmt::Display for SelectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PinUnavailable { account } => {
                write!(
                    f,
                    "the session pins {account}, which is gone, of another toolkit, or not this user's; pin another or none"
                )
            }
            Self::SharedAccessDenied { account } => {
                write!(f, "{account} is shared, and not with this user any more; its owner decides, or pin another")
            }
            Self::NotUsable { disabled_config: Some(config), account, .. } => {
                write!(
                    f,
                    "account {account} was made from auth config {config}, which is disabled or gone; enable it, or \
                     connect a new account"
                )
            }
            Self::NotUsable { account, status, .. } => {
                let next = match status {
                    ConnectionStatus::Inactive => "switch it on again",
                    status if status.can_reconnect() => "reconnect it",
                    _ => "the user has to finish connecting it",
                };
                write!(f, "account {account} is {status}; {next}, no other account is used instead")
            }
            Self::UnknownAccount { named, candidates } => {
                let named: String = named.chars().take(REPEATED).collect();
                write!(f, "no account of this session is called {named:?}; there is {}", listed(candidates))
            }
            Self::AccountRequired { candidates } => {
                write!(f, "several accounts fit, so the call has to name one: {}", listed(candidates))
            }
            Self::UnknownAuthConfig { auth_config } => {
                write!(f, "the session's auth config {auth_config} does not exist for this toolkit")
            }
            Self::AuthConfigDisabled { auth_config } => {
                write!(f, "the session's auth config {auth_config} is disabled; enable it or name another")
            }
            Self::NoAuthToolkit => f.write_str("the toolkit needs no account, so there is nothing to connect"),
            Self::Pinned { account } => {
                write!(f, "the session pins {account}, so a new account would never be used; remove the pin first")
            }
            Self::TooManyAccounts { max } => {
                write!(f, "the user already has {max} accounts, which is the session's limit; delete one first")
            }
            Self::NoManagedAuth => f.write_str(
                "the toolkit has no auth config and no managed auth; create an auth config with your own OAuth app",
            ),
        }
    }
}

impl std::error::Error for SelectionError {}

impl SelectionError {
    /// The kind that callers of a session see.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::NotUsable { disabled_config: None, .. } => ErrorKind::ConnectionRequired,
            Self::NotUsable { .. } | Self::AuthConfigDisabled { .. } | Self::TooManyAccounts { .. } => {
                ErrorKind::Conflict
            }
            Self::PinUnavailable { .. } | Self::UnknownAuthConfig { .. } => ErrorKind::NotFound,
            Self::SharedAccessDenied { .. } => ErrorKind::PermissionDenied,
            Self::UnknownAccount { .. } | Self::AccountRequired { .. } | Self::NoAuthToolkit | Self::Pinned { .. } => {
                ErrorKind::InvalidInput
            }
            Self::NoManagedAuth => ErrorKind::NoManagedAuth,
        }
    }
}

impl From<SelectionError> for Error {
    /// Keeps the sentence for the operator; the model reads it too where naming an account is the remedy.
    fn from(error: SelectionError) -> Self {
        let text = error.to_string();
        match error {
            SelectionError::UnknownAccount { .. } | SelectionError::AccountRequired { .. } => {
                Self::new(error.kind(), text.clone()).with_model_text(text)
            }
            _ => Self::new(error.kind(), text),
        }
    }
}

fn listed(candidates: &[Candidate]) -> String {
    if candidates.is_empty() {
        return "none".to_owned();
    }
    candidates.iter().map(Candidate::to_string).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (", self.account)?;
        if let Some(alias) = &self.alias {
            write!(f, "alias {alias:?}, ")?;
        }
        if let Some(identity) = &self.identity {
            // A service's own words, kept on one line.
            write!(f, "{}, ", identity.escape_debug())?;
        }
        write!(f, "{}, created {})", self.status, self.created_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_nobody_has_is_not_repeated_at_length() {
        let named = "x\n".repeat(100_000);
        let error = Error::from(SelectionError::UnknownAccount { named, candidates: Vec::new() });
        let text = error.to_string();
        assert!(text.starts_with(r#"no account of this session is called "x\nx"#) && text.len() < 300, "{text}");
        assert_eq!(error.for_model(), text);
    }
}
