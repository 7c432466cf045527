//! A session as its backend keeps it, and as it was before.

use std::fmt;
use std::sync::Arc;

use super::McpEndpoint;
use crate::id::{SessionId, Timestamp, UserId};
use crate::session::SessionConfig;

/// A session as its backend keeps it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SessionRecord {
    /// Its id, `trs_…`.
    pub id: SessionId,
    /// Whose it is. It never changes.
    pub user: UserId,
    /// Its configuration.
    pub config: Arc<SessionConfig>,
    /// The version of the configuration: 1 at first, one more with each change.
    pub version: u64,
    /// When it was created, where the backend says so.
    pub created_at: Option<Timestamp>,
    /// When its configuration last changed, where the backend says so.
    pub updated_at: Option<Timestamp>,
    /// What there is to say about the configuration, without refusing it.
    pub warnings: Vec<SessionWarning>,
    /// Where MCP clients reach it, where the backend serves that.
    pub mcp: Option<Box<McpEndpoint>>,
}

impl SessionRecord {
    /// A session that was just created, and that no MCP client can reach.
    #[must_use]
    pub fn new(
        id: SessionId,
        user: UserId,
        config: impl Into<Arc<SessionConfig>>,
        created_at: impl Into<Option<Timestamp>>,
    ) -> Self {
        let created_at = created_at.into();
        Self {
            id,
            user,
            config: config.into(),
            version: 1,
            created_at,
            updated_at: created_at,
            warnings: Vec::new(),
            mcp: None,
        }
    }

    /// Sets where MCP clients reach it.
    #[must_use]
    pub fn mcp(mut self, endpoint: McpEndpoint) -> Self {
        self.mcp = Some(Box::new(endpoint));
        self
    }

    /// The same session with its next configuration.
    #[must_use]
    pub fn next(&self, config: impl Into<Arc<SessionConfig>>, at: Timestamp) -> Self {
        let next = Self { config: config.into(), version: self.version + 1, updated_at: Some(at), ..self.clone() };
        Self { warnings: Vec::new(), ..next }
    }
}

/// One version of a session's configuration.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SessionVersion {
    /// Its number.
    pub version: u64,
    /// The configuration.
    pub config: Arc<SessionConfig>,
    /// When the next one took its place; for the one that holds, since when it holds. None where the backend does not say.
    pub created_at: Option<Timestamp>,
    /// Whether it holds now.
    pub is_current: bool,
}

impl SessionVersion {
    /// A version.
    #[must_use]
    pub fn new(
        version: u64,
        config: Arc<SessionConfig>,
        created_at: impl Into<Option<Timestamp>>,
        is_current: bool,
    ) -> Self {
        Self { version, config, created_at: created_at.into(), is_current }
    }
}

/// Something about a configuration that its author may not have meant. Rule: `session-semantics` 3.1.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionWarning {
    /// What it is, for programs.
    pub code: WarningCode,
    /// What it is, for people, with what to do.
    pub message: String,
}

impl SessionWarning {
    /// A warning.
    #[must_use]
    pub fn new(code: WarningCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WarningCode {
    /// So many tools are preloaded that they fill much of a model's context.
    PreloadToolsHighContextUsage,
    /// Something that this version has no name for. The message says what.
    Other,
}

impl WarningCode {
    /// The wire name, such as `PRELOAD_TOOLS_HIGH_CONTEXT_USAGE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PreloadToolsHighContextUsage => "PRELOAD_TOOLS_HIGH_CONTEXT_USAGE",
            Self::Other => "OTHER",
        }
    }
}

impl fmt::Display for WarningCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_configuration_is_of_the_same_session() {
        let (made, changed) = (Timestamp::from_micros(1), Timestamp::from_micros(2));
        let mut first = SessionRecord::new("trs_1".into(), "u".into(), SessionConfig::new(), made);
        first.warnings.push(SessionWarning::new(WarningCode::PreloadToolsHighContextUsage, "many tools"));
        assert_eq!(first.warnings[0].code.to_string(), "PRELOAD_TOOLS_HIGH_CONTEXT_USAGE");
        let next = first.next(SessionConfig::new(), changed);
        assert_eq!((&next.id, &next.user, next.created_at), (&first.id, &first.user, Some(made)));
        assert_eq!((first.version, next.version, next.updated_at), (1, 2, Some(changed)));
        assert!(next.warnings.is_empty(), "what was said of the one before is not said of this one");
    }
}
