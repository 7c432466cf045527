//! Calls on accounts of the service, for a charge, as requests say it.

use std::fmt;

use indexmap::IndexMap;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Something that is off, written `false`, or on with settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OffOr<T> {
    /// Off.
    Off,
    /// On.
    On(T),
}

impl<T: Serialize> Serialize for OffOr<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Off => serializer.serialize_bool(false),
            Self::On(settings) => settings.serialize(serializer),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OffOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either(std::marker::PhantomData))
    }
}

struct Either<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Either<T> {
    type Value = OffOr<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`false`, or an object of settings")
    }

    fn visit_bool<E: Error>(self, on: bool) -> Result<Self::Value, E> {
        match on {
            false => Ok(OffOr::Off),
            true => Err(E::invalid_value(Unexpected::Bool(true), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, settings: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(settings)).map(OffOr::On)
    }
}

/// Which calls may run on accounts of the service. In a change, what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InstantConfig {
    /// Of which toolkits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toolkits: Option<ListPolicy>,
    /// Of which tools, by toolkit: the whole map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<IndexMap<String, ListPolicy>>,
    /// Whether replies say what a call was charged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_instant_charge: Option<bool>,
    /// Whether searches say what tools cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_prices_in_search: Option<bool>,
}

/// The name that [`InstantConfig`] had before October 2026. Read of older clients, never written by this one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PremiumUsage {
    /// Of which toolkits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toolkits: Option<ListPolicy>,
    /// Of which tools, by toolkit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<IndexMap<String, ListPolicy>>,
    /// Whether replies say what a call was charged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub return_premium_charge: Option<bool>,
}

/// One of two lists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListPolicy {
    /// These alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable: Option<Vec<String>>,
    /// All but these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable: Option<Vec<String>>,
}
