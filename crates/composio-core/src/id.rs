//! Who and what: opaque ids, and slugs that are checked.
//!
//! Ids are what an issuer made up: they are compared, stored and printed, never taken apart. Slugs are names from a
//! catalogue and have a form, so they are checked where they enter.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Defines a cheap-to-clone string newtype whose form is the issuer's business.
macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps the text as it is.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Arc::from(text.as_ref()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(Arc::from(text))
            }
        }

        impl From<&String> for $name {
            fn from(text: &String) -> Self {
                Self::new(text)
            }
        }

        impl From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.as_str().to_owned()
            }
        }

        impl From<&$name> for String {
            fn from(id: &$name) -> Self {
                id.as_str().to_owned()
            }
        }

        string_like!($name);
    };
}

/// Defines a cheap-to-clone string newtype with a form: one function says what it is.
macro_rules! slug {
    ($(#[$doc:meta])* $name:ident, $what:literal, $rule:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks the text and wraps it.
            ///
            /// # Errors
            /// [`InvalidInput`](crate::ErrorKind::InvalidInput), naming the value and the form it should have.
            pub fn new(text: impl AsRef<str>) -> Result<Self> {
                let text = text.as_ref();
                match ($rule)(text) {
                    Ok(()) => Ok(Self(Arc::from(text))),
                    Err(rule) => Err(Error::invalid_input($what, text, rule)),
                }
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, to keep without copying it.
            #[allow(dead_code, reason = "used of tools' slugs so far")]
            pub(crate) fn shared(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = Error;
            fn try_from(text: &str) -> Result<Self> {
                Self::new(text)
            }
        }

        impl TryFrom<&&str> for $name {
            type Error = Error;
            fn try_from(text: &&str) -> Result<Self> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = Error;
            fn try_from(text: String) -> Result<Self> {
                Self::new(text)
            }
        }

        impl TryFrom<&String> for $name {
            type Error = Error;
            fn try_from(text: &String) -> Result<Self> {
                Self::new(text)
            }
        }

        impl From<&$name> for $name {
            fn from(slug: &$name) -> Self {
                slug.clone()
            }
        }

        impl From<$name> for String {
            fn from(slug: $name) -> Self {
                slug.0.as_ref().to_owned()
            }
        }

        impl std::str::FromStr for $name {
            type Err = Error;
            fn from_str(text: &str) -> Result<Self> {
                Self::new(text)
            }
        }

        string_like!($name);
    };
}

/// What every string newtype here has in common.
macro_rules! string_like {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                &*self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                &*self.0 == *other
            }
        }
    };
}

opaque_id! {
    /// Your name for one of your users: any text that is not empty, stable for as long as the user is.
    ///
    /// Whoever may choose this id may act as that user. Take it from your own session, never from a request's body.
    UserId
}

opaque_id! {
    /// A session, `trs_…`.
    SessionId
}

opaque_id! {
    /// One user's connection to one toolkit, `ca_…`.
    ConnectedAccountId
}

opaque_id! {
    /// A token for the MCP endpoint of a session; not the token itself.
    McpTokenId
}

opaque_id! {
    /// A blueprint from which connections to one toolkit are made, `ac_…`.
    AuthConfigId
}

slug! {
    /// The name of a toolkit, such as `github`: lower-case letters, digits, `_` and `-`, at most 64 characters.
    ///
    /// # Example
    /// ```
    /// use composio_core::ToolkitSlug;
    ///
    /// let github = ToolkitSlug::new("github")?;
    /// assert_eq!(github, "github");
    /// assert!(ToolkitSlug::new("Git Hub").is_err());
    /// # Ok::<(), composio_core::Error>(())
    /// ```
    ToolkitSlug, "toolkit", toolkit_rule
}

slug! {
    /// The name of a tool, such as `GITHUB_CREATE_AN_ISSUE`: letters, digits, `_`, `-` and `.`, at most 128 characters, which
    /// is what MCP allows. Models know it under [`SessionTool::name`](crate::SessionTool::name).
    ToolSlug, "tool", tool_rule
}

const TOOLKIT_MAX: usize = 64;
const TOOL_MAX: usize = 128;

fn toolkit_rule(text: &str) -> Result<(), &'static str> {
    let form = "a toolkit slug is 1 to 64 lower-case letters, digits, `_` and `-`, such as `github`";
    slug_form(text, TOOLKIT_MAX, |c| c.is_ascii_lowercase(), "_-").then_some(()).ok_or(form)
}

fn tool_rule(text: &str) -> Result<(), &'static str> {
    let form = "a tool slug is 1 to 128 letters, digits, `_`, `-` and `.`, such as `GITHUB_CREATE_AN_ISSUE`";
    slug_form(text, TOOL_MAX, |c| c.is_ascii_alphabetic(), "_-.").then_some(()).ok_or(form)
}

fn slug_form(text: &str, max: usize, letter: impl Fn(char) -> bool, joints: &str) -> bool {
    let first = |c: char| letter(c) || c.is_ascii_digit();
    text.len() <= max && text.starts_with(first) && text.chars().all(|c| first(c) || joints.contains(c))
}

/// A point in time, in microseconds since the Unix epoch (UTC).
///
/// Core reads no clock: backends say when things happened. Prints as RFC 3339.
///
/// # Example
/// ```
/// use composio_core::Timestamp;
///
/// let then = Timestamp::from_micros(1_790_000_000_000_000);
/// assert_eq!(then.to_string(), "2026-09-21T14:13:20Z");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// This time and a while later; stops at the end of time.
    #[must_use]
    pub fn plus(self, duration: std::time::Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(time) => fmt::Display::fmt(&time, f),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_have_a_form() {
        let (long, longer) = ("a".repeat(65), "A".repeat(129));
        for (text, toolkit, tool) in [
            ("github", true, true),
            ("google-drive_2", true, true),
            ("7shifts", true, true),
            ("GITHUB_GET_A_USER", false, true),
            ("LOCAL_X-1", false, true),
            ("notes.list", false, true),
            (".notes", false, false),
            ("", false, false),
            ("GitHub", false, true),
            ("git hub", false, false),
            ("_x", false, false),
            ("gïthub", false, false),
            (long.as_str(), false, true),
            (longer.as_str(), false, false),
        ] {
            assert_eq!(ToolkitSlug::new(text).is_ok(), toolkit, "toolkit {text:?}");
            assert_eq!(ToolSlug::new(text).is_ok(), tool, "tool {text:?}");
        }
    }

    #[test]
    fn a_bad_slug_names_itself_and_the_form() {
        let error = ToolkitSlug::new("Git Hub").unwrap_err();
        assert_eq!(error.kind(), crate::ErrorKind::InvalidInput);
        assert!(error.to_string().contains("\"Git Hub\""), "{error}");
        assert!(error.to_string().contains("lower-case"), "{error}");
    }

    #[test]
    fn slugs_are_checked_when_read_back() {
        assert!(serde_json::from_str::<ToolkitSlug>("\"github\"").is_ok());
        assert!(serde_json::from_str::<ToolkitSlug>("\"Git Hub\"").is_err());
    }
}
