//! What a session may use, as requests say it: `enable` and `disable`. Replies say [`enabled` and `disabled`](super::config).

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::policy::Tag;

/// Which toolkits a session may use. At most one of the two lists; an empty `enable` is no toolkit at all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolkitsPolicy {
    /// These alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<Vec<String>>,
    /// All but these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable: Option<Vec<String>>,
    /// Those whose calls a person has to allow. Not empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_approval: Option<Vec<String>>,
}

/// Which tools of one toolkit a session may use. At most one of `enable`, `disable` and `tags`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolPolicy {
    /// These alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<Vec<String>>,
    /// All but these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable: Option<Vec<String>>,
    /// Those with these tags, in place of the tags of the session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<TagsPolicy>,
    /// Those whose calls a person has to allow. A list, even an empty one, replaces the session's tags for approval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_approval: Option<Vec<String>>,
}

/// Which tags tools have to have. Read from a list of tags too, which stands for `enable`; written as an object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TagsPolicy {
    /// At least one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<Vec<Tag>>,
    /// None of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable: Option<Vec<Tag>>,
    /// Tools with one of these need a person's consent for each call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub require_approval: Option<Vec<Tag>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TagsObject {
    enable: Option<Vec<Tag>>,
    disable: Option<Vec<Tag>>,
    require_approval: Option<Vec<Tag>>,
}

impl<'de> Deserialize<'de> for TagsPolicy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tags)
    }
}

struct Tags;

impl<'de> Visitor<'de> for Tags {
    type Value = TagsPolicy;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tags, or an object of `enable`, `disable` and `require_approval`")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, tags: A) -> Result<TagsPolicy, A::Error> {
        let enable = Vec::deserialize(SeqAccessDeserializer::new(tags))?;
        Ok(TagsPolicy { enable: Some(enable), ..TagsPolicy::default() })
    }

    fn visit_map<A: MapAccess<'de>>(self, tags: A) -> Result<TagsPolicy, A::Error> {
        let TagsObject { enable, disable, require_approval } =
            TagsObject::deserialize(MapAccessDeserializer::new(tags))?;
        Ok(TagsPolicy { enable, disable, require_approval })
    }
}
