//! What can be granted.

use std::fmt;

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    TrackerRead,
    TrackerWrite,
    MailboxRead,
    MailboxSend,
}

impl Scope {
    pub(crate) const ALL: [Self; 4] = [Self::TrackerRead, Self::TrackerWrite, Self::MailboxRead, Self::MailboxSend];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::TrackerRead => "tracker.read",
            Self::TrackerWrite => "tracker.write",
            Self::MailboxRead => "mailbox.read",
            Self::MailboxSend => "mailbox.send",
        }
    }

    /// How the consent page says it.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::TrackerRead => "See your projects, issues and comments",
            Self::TrackerWrite => "Create, change and delete issues, and comment on them",
            Self::MailboxRead => "Read your messages, mark, label and delete them",
            Self::MailboxSend => "Send messages and replies in your name",
        }
    }
}

/// A set of scopes, in the order of [`Scope::ALL`].
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct Scopes(Vec<Scope>);

impl Scopes {
    /// Reads a space-separated list; `None` if a scope is unknown or there is none at all.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        let known = |word: &&str| Scope::ALL.iter().any(|scope| scope.as_str() == *word);
        if words.is_empty() || !words.iter().all(known) {
            return None;
        }
        let chosen = Scope::ALL.into_iter().filter(|scope| words.contains(&scope.as_str()));
        Some(Self(chosen.collect()))
    }

    /// What a request means that names no scope: all of the service below whose root it was made, or of both.
    pub(crate) fn default_at(path: &str) -> Self {
        let service = path.split('/').nth(1).unwrap_or_default();
        let of_service = |scope: &Scope| scope.as_str().split('.').next() == Some(service);
        let chosen: Vec<Scope> = Scope::ALL.into_iter().filter(of_service).collect();
        Self(if chosen.is_empty() { Scope::ALL.to_vec() } else { chosen })
    }

    pub(crate) fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    pub(crate) fn contains_all(&self, others: &Self) -> bool {
        others.iter().all(|scope| self.contains(scope))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.iter().enumerate() {
            let gap = if index == 0 { "" } else { " " };
            write!(f, "{gap}{}", scope.as_str())?;
        }
        Ok(())
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

impl TryFrom<String> for Scopes {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a list of scopes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_whole_or_not_at_all() {
        let cases = [
            ("tracker.read", Some("tracker.read")),
            ("tracker.write  tracker.read tracker.read", Some("tracker.read tracker.write")),
            ("tracker.read admin", None),
            (" ", None),
        ];
        for (text, expected) in cases {
            let found = Scopes::parse(text).map(|scopes| scopes.to_string());
            assert_eq!(found.as_deref(), expected, "{text:?}");
        }
    }

    #[test]
    fn the_root_decides_the_default() {
        let cases = [
            ("/tracker/oauth/authorize", "tracker.read tracker.write"),
            ("/mailbox/oauth/authorize", "mailbox.read mailbox.send"),
            ("/oauth/authorize", "tracker.read tracker.write mailbox.read mailbox.send"),
        ];
        for (path, expected) in cases {
            assert_eq!(Scopes::default_at(path).to_string(), expected, "{path}");
        }
    }
}
