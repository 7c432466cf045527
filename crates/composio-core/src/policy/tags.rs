//! Tags: what a tool does to the world, as rules name it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::tool::ToolHints;

/// One of the six tags that tools carry.
///
/// Rule: `session-semantics` 3.4. Every tool has at least one of the first four.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Tag {
    /// Changes nothing.
    #[serde(rename = "readOnlyHint")]
    ReadOnly,
    /// Makes something new.
    #[serde(rename = "createHint")]
    Create,
    /// Changes something that is there.
    #[serde(rename = "updateHint")]
    Update,
    /// May destroy something.
    #[serde(rename = "destructiveHint")]
    Destructive,
    /// Calling it twice is calling it once.
    #[serde(rename = "idempotentHint")]
    Idempotent,
    /// Reaches beyond the service.
    #[serde(rename = "openWorldHint")]
    OpenWorld,
}

impl Tag {
    /// Every tag.
    pub const ALL: [Self; 6] =
        [Self::ReadOnly, Self::Create, Self::Update, Self::Destructive, Self::Idempotent, Self::OpenWorld];

    /// The wire name, such as `readOnlyHint`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnlyHint",
            Self::Create => "createHint",
            Self::Update => "updateHint",
            Self::Destructive => "destructiveHint",
            Self::Idempotent => "idempotentHint",
            Self::OpenWorld => "openWorldHint",
        }
    }

    /// The tag of this wire name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tag| tag.as_str() == name)
    }
}

impl TryFrom<&str> for Tag {
    type Error = Error;

    fn try_from(name: &str) -> Result<Self, Error> {
        Self::from_name(name).ok_or_else(|| {
            let known = Self::ALL.map(Self::as_str).join(", ");
            Error::invalid_input("tag", name, format_args!("one of {known}"))
        })
    }
}

impl TryFrom<&&str> for Tag {
    type Error = Error;

    fn try_from(name: &&str) -> Result<Self, Error> {
        Self::try_from(*name)
    }
}

impl TryFrom<String> for Tag {
    type Error = Error;

    fn try_from(name: String) -> Result<Self, Error> {
        Self::try_from(name.as_str())
    }
}

impl TryFrom<&String> for Tag {
    type Error = Error;

    fn try_from(name: &String) -> Result<Self, Error> {
        Self::try_from(name.as_str())
    }
}

impl From<&Tag> for Tag {
    fn from(tag: &Tag) -> Self {
        *tag
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl ToolHints {
    /// Whether the tool carries this tag.
    pub fn has(self, tag: Tag) -> bool {
        match tag {
            Tag::ReadOnly => self.read_only,
            Tag::Create => self.create,
            Tag::Update => self.update,
            Tag::Destructive => self.destructive,
            Tag::Idempotent => self.idempotent,
            Tag::OpenWorld => self.open_world,
        }
    }

    /// The tags it carries.
    pub fn tags(self) -> impl Iterator<Item = Tag> {
        Tag::ALL.into_iter().filter(move |tag| self.has(*tag))
    }
}

/// Which tags a tool has to have, and which it must not.
///
/// Rule: `session-semantics` 3.4. A tool fits that has at least one of the enabled tags and none of the disabled ones. As with toolkits, no list allows
/// all, and an empty list of enabled tags allows none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TagFilter {
    /// At least one of these, where there is a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<Vec<Tag>>,
    /// None of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub disable: Vec<Tag>,
}

impl TagFilter {
    /// Says nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Demands at least one of these. Called again, it adds.
    #[must_use]
    pub fn enable(mut self, tags: impl IntoIterator<Item = Tag>) -> Self {
        self.enable.get_or_insert_default().extend(tags);
        self
    }

    /// Refuses each of these. Called again, it adds.
    #[must_use]
    pub fn disable(mut self, tags: impl IntoIterator<Item = Tag>) -> Self {
        self.disable.extend(tags);
        self
    }

    /// Whether a tool with these hints fits.
    pub fn allows(&self, hints: ToolHints) -> bool {
        let wanted = self.enable.as_ref().is_none_or(|enabled| enabled.iter().any(|tag| hints.has(*tag)));
        wanted && !self.disable.iter().any(|tag| hints.has(*tag))
    }

    /// Whether it names what it allows, instead of what it does not.
    pub fn is_positive(&self) -> bool {
        self.enable.is_some()
    }

    /// Whether it says nothing at all.
    pub fn is_silent(&self) -> bool {
        self.enable.is_none() && self.disable.is_empty()
    }
}
