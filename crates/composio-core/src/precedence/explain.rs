//! The trace of a choice, for people: what decided, and why every other account was passed over.

use std::fmt;

use super::{Recorder, Rung, Selection, SelectionError, SelectionInput};
use crate::account::{ConnectedAccount, ConnectionStatus};
use crate::id::{ConnectedAccountId, ToolkitSlug, UserId};

/// Why an account was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PassedOver {
    /// The session pins others.
    NotPinned,
    /// The toolkit needs no account at all.
    NoAuthNeeded,
    /// It belongs to another user, or its access list keeps this one out.
    OtherUser,
    /// It connects another toolkit.
    OtherToolkit,
    /// A shared account is used only where the session pins it.
    SharedAndNotPinned,
    /// It was made from another auth config than the session's.
    OtherAuthConfig,
    /// Its auth config is switched off for sessions that do not name it.
    ConfigNotForSessions,
    /// Its auth config is disabled or gone.
    ConfigDisabled,
    /// It cannot run tools in this status.
    NotActive(ConnectionStatus),
    /// Another one was connected more recently.
    ConnectedEarlier {
        /// The one that was taken.
        than: ConnectedAccountId,
        /// The rung on which they met.
        by: Rung,
    },
    /// The call names another one, or has to name one.
    NotNamed,
}

/// One account, and why it was not taken; nothing for the one that was.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Considered {
    /// The account.
    pub account: ConnectedAccount,
    /// Why it was not taken.
    pub passed_over: Option<PassedOver>,
}

/// A choice and its reasons. Prints as a short text for people.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Explanation {
    /// Whose session it is.
    pub user: UserId,
    /// The toolkit in question.
    pub toolkit: ToolkitSlug,
    /// What was decided.
    pub outcome: Result<Selection, SelectionError>,
    /// Every account that was looked at: the chosen one first, the others as they came.
    pub considered: Vec<Considered>,
    /// Whether this was worked out here from what the backend lists, and not by what will decide: the backend may know
    /// more, such as when exactly an account was connected.
    pub predicted: bool,
}

#[derive(Default)]
pub(super) struct Trace {
    passed_over: Vec<(ConnectedAccountId, PassedOver)>,
}

impl Recorder for Trace {
    fn passed_over(&mut self, account: &ConnectedAccount, why: PassedOver) {
        self.passed_over.push((account.id.clone(), why));
    }
}

impl Trace {
    pub(super) fn explanation(
        self,
        input: &SelectionInput<'_>,
        outcome: Result<Selection, SelectionError>,
    ) -> Explanation {
        let why = |account: &ConnectedAccount| {
            self.passed_over.iter().find(|(id, _)| id == &account.id).map(|(_, why)| why.clone())
        };
        let mut considered: Vec<_> = input
            .accounts
            .iter()
            .map(|account| Considered { account: account.clone(), passed_over: why(account) })
            .collect();
        considered.sort_by_key(|considered| considered.passed_over.is_some());
        Explanation { user: input.user.clone(), toolkit: input.toolkit.clone(), outcome, considered, predicted: false }
    }
}

impl Explanation {
    /// The same, marked as worked out from what a backend lists.
    #[must_use]
    pub fn as_prediction(mut self) -> Self {
        self.predicted = true;
        self
    }

    /// The account that would run a tool now.
    pub fn account(&self) -> Option<&ConnectedAccount> {
        match &self.outcome {
            Ok(Selection::Use { account, .. }) => {
                self.considered.iter().map(|considered| &considered.account).find(|one| &one.id == account)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SessionAccount => "rule 1, the session's connected account",
            Self::SessionAuthConfig => "rule 2, the session's auth config",
            Self::ExistingAuthConfig => "rule 3, an auth config that exists for the toolkit",
        })
    }
}

impl fmt::Display for Selection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoAuthNeeded => f.write_str("runs without an account"),
            Self::Use { account, by } => write!(f, "runs with {account} ({by})"),
            Self::Connect { auth_config, by } => write!(f, "needs a connection on {auth_config} ({by})"),
            Self::Provision { scheme } => {
                write!(f, "needs a connection on a new {scheme} auth config (rule 4)")
            }
        }
    }
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotPinned => f.write_str("the session pins another account"),
            Self::NoAuthNeeded => f.write_str("the toolkit needs none"),
            Self::OtherUser => f.write_str("it belongs to another user, or is not shared with this one"),
            Self::OtherToolkit => f.write_str("it connects another toolkit"),
            Self::SharedAndNotPinned => f.write_str("a shared account has to be pinned"),
            Self::OtherAuthConfig => f.write_str("it was made from another auth config than the session's"),
            Self::ConfigNotForSessions => f.write_str("its auth config is switched off for sessions"),
            Self::ConfigDisabled => f.write_str("its auth config is disabled or gone"),
            Self::NotActive(ConnectionStatus::Initializing | ConnectionStatus::Initiated) => {
                f.write_str("nobody has finished connecting it")
            }
            Self::NotActive(status) => write!(f, "it is {status}"),
            Self::ConnectedEarlier { than, .. } => write!(f, "it was connected before {than}"),
            Self::NotNamed => f.write_str("the call does not name it"),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.predicted {
            f.write_str("predicted: ")?;
        }
        match &self.outcome {
            Ok(selection) => write!(f, "{} {selection}", self.toolkit)?,
            Err(error) => write!(f, "{} cannot run: {error}", self.toolkit)?,
        }
        let chosen = self.account().map(|account| account.id.clone());
        for considered in &self.considered {
            let ConnectedAccount { id, .. } = &considered.account;
            let (label, status) = (considered.account.label(), considered.account.status);
            match label == id.as_str() {
                true => write!(f, "\n  {id} ({status})")?,
                false => write!(f, "\n  {id} ({label}, {status})")?,
            }
            match &considered.passed_over {
                Some(why) => write!(f, ": not taken, {why}")?,
                None if chosen.as_ref() == Some(id) => f.write_str(": taken")?,
                None => {}
            }
        }
        Ok(())
    }
}
