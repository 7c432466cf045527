//! Hooks: rules of the operator that stop calls.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::Open;
use super::lenient::or_default;
use super::names::names;

/// A hook, as requests say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hook {
    /// Before or after the call.
    #[serde(rename = "type")]
    pub kind: HookKind,
    /// Unique in the session: 1 to 64 lower-case letters, digits, `_` and `-`.
    pub id: String,
    /// A readable name, which the agent sees when the hook stops a call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Which tools it covers.
    pub applies_to: HookScope,
    /// What it does.
    pub handler: HookHandler,
}

/// What a hook does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookHandler {
    /// Which check.
    #[serde(rename = "type")]
    pub kind: HookCheck,
    /// What to stop, as a plain sentence, with [`HookCheck::Condition`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// What becomes of a call that the check finds.
    pub action: HookAction,
}

names! {
    /// When a hook runs.
    HookKind {
        /// Before the call.
        BeforeExecute = "before_execute",
        /// After the call, before the agent sees its result.
        AfterExecute = "after_execute",
    }
}

names! {
    /// What a hook checks.
    HookCheck {
        /// A condition in words.
        Condition = "condition_check",
        /// Whether a result gives the agent orders. After the call only.
        PromptInjection = "prompt_injection_check",
    }
}

names! {
    /// What becomes of a call that a hook finds.
    HookAction {
        /// It is stopped, or its result is withheld.
        Block = "block",
    }
}

/// Which tools a hook covers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HookScope {
    /// Every tool: `"all"`.
    All,
    /// Those of these toolkits, at least one.
    Toolkits(Vec<String>),
}

/// The object that names toolkits.
#[derive(Deserialize)]
struct Toolkits {
    toolkits: Vec<String>,
}

impl Serialize for HookScope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::All => serializer.serialize_str("all"),
            Self::Toolkits(toolkits) => serializer.collect_map([("toolkits", toolkits)]),
        }
    }
}

impl<'de> Deserialize<'de> for HookScope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Scope)
    }
}

struct Scope;

impl<'de> Visitor<'de> for Scope {
    type Value = HookScope;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`all`, or an object of `toolkits`")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<HookScope, E> {
        match text {
            "all" => Ok(HookScope::All),
            other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<HookScope, A::Error> {
        Toolkits::deserialize(MapAccessDeserializer::new(map)).map(|scope| HookScope::Toolkits(scope.toolkits))
    }
}

/// A hook, as replies say it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredHook {
    /// Before or after the call.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Open<HookKind>>,
    /// Its id.
    #[serde(default, deserialize_with = "or_default")]
    pub id: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Which tools it covers: see [`HookScope`], or something that this version does not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub applies_to: Option<serde_json::Value>,
    /// What it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handler: Option<StoredHandler>,
}

/// What a hook does, as replies say it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredHandler {
    /// Which check.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Open<HookCheck>>,
    /// What to stop, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<String>,
    /// What becomes of a call that the check finds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<Open<HookAction>>,
}
