//! What a session says of each of a few toolkits.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::ToolkitSlug;

/// A value for each of some toolkits, in the order in which they were named. Two are equal whatever the order.
///
/// Sessions name few toolkits and there are many sessions: this is a list without spare room, a third as large as a hash map
/// of one entry and faster to look through for as many toolkits as sessions have.
///
/// # Example
/// ```
/// use composio_core::{AuthConfigId, ToolkitMap, ToolkitSlug};
///
/// let (github, gmail) = (ToolkitSlug::new("github")?, ToolkitSlug::new("gmail")?);
/// let mut configs = ToolkitMap::from([(github.clone(), AuthConfigId::new("ac_1"))]);
/// assert_eq!(configs.insert(github.clone(), "ac_2".into()), Some("ac_1".into()));
/// assert_eq!((configs.get(&github), configs.get(&gmail)), (Some(&"ac_2".into()), None));
/// # Ok::<(), composio_core::Error>(())
/// ```
#[derive(Clone)]
pub struct ToolkitMap<V> {
    entries: Vec<(ToolkitSlug, V)>,
}

impl<V> ToolkitMap<V> {
    /// Nothing about any toolkit.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: Vec::new() }
    }

    /// How many toolkits it names.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it names none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What it says of a toolkit.
    pub fn get(&self, toolkit: &ToolkitSlug) -> Option<&V> {
        self.entries.iter().find(|(named, _)| named == toolkit).map(|(_, value)| value)
    }

    /// What it says of a toolkit, to be changed.
    pub fn get_mut(&mut self, toolkit: &ToolkitSlug) -> Option<&mut V> {
        self.entries.iter_mut().find(|(named, _)| named == toolkit).map(|(_, value)| value)
    }

    /// Whether it names a toolkit.
    pub fn contains_key(&self, toolkit: &ToolkitSlug) -> bool {
        self.get(toolkit).is_some()
    }

    /// Says something of a toolkit, and gives what was said of it before. A toolkit keeps its place.
    pub fn insert(&mut self, toolkit: ToolkitSlug, value: V) -> Option<V> {
        match self.get_mut(&toolkit) {
            Some(before) => Some(std::mem::replace(before, value)),
            None => {
                self.entries.reserve_exact(1);
                self.entries.push((toolkit, value));
                None
            }
        }
    }

    /// What it says of a toolkit, the default where it said nothing.
    pub fn or_default(&mut self, toolkit: ToolkitSlug) -> &mut V
    where
        V: Default,
    {
        let place = match self.entries.iter().position(|(named, _)| *named == toolkit) {
            Some(place) => place,
            None => {
                self.entries.reserve_exact(1);
                self.entries.push((toolkit, V::default()));
                self.entries.len() - 1
            }
        };
        &mut self.entries[place].1
    }

    /// Each toolkit with what is said of it.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&ToolkitSlug, &V)> {
        self.entries.iter().map(|(toolkit, value)| (toolkit, value))
    }

    /// Each toolkit.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &ToolkitSlug> {
        self.entries.iter().map(|(toolkit, _)| toolkit)
    }

    /// What is said of each.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &V> {
        self.entries.iter().map(|(_, value)| value)
    }
}

impl<V> Default for ToolkitMap<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: PartialEq> PartialEq for ToolkitMap<V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(toolkit, value)| other.get(toolkit) == Some(value))
    }
}

impl<V: Eq> Eq for ToolkitMap<V> {}

impl<V: fmt::Debug> fmt::Debug for ToolkitMap<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<V> Extend<(ToolkitSlug, V)> for ToolkitMap<V> {
    fn extend<I: IntoIterator<Item = (ToolkitSlug, V)>>(&mut self, entries: I) {
        for (toolkit, value) in entries {
            self.insert(toolkit, value);
        }
    }
}

impl<V> FromIterator<(ToolkitSlug, V)> for ToolkitMap<V> {
    fn from_iter<I: IntoIterator<Item = (ToolkitSlug, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        map.extend(entries);
        map
    }
}

impl<V, const N: usize> From<[(ToolkitSlug, V); N]> for ToolkitMap<V> {
    fn from(entries: [(ToolkitSlug, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<V> IntoIterator for ToolkitMap<V> {
    type Item = (ToolkitSlug, V);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a, V> IntoIterator for &'a ToolkitMap<V> {
    type Item = (&'a ToolkitSlug, &'a V);
    type IntoIter =
        std::iter::Map<std::slice::Iter<'a, (ToolkitSlug, V)>, fn(&'a (ToolkitSlug, V)) -> (&'a ToolkitSlug, &'a V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.iter().map(|(toolkit, value)| (toolkit, value))
    }
}

impl<V: Serialize> Serialize for ToolkitMap<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (toolkit, value) in self {
            map.serialize_entry(toolkit, value)?;
        }
        map.end()
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for ToolkitMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<V>(std::marker::PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Entries<V> {
            type Value = ToolkitMap<V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map by toolkit")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
                let mut map = ToolkitMap::new();
                while let Some((toolkit, value)) = access.next_entry()? {
                    map.insert(toolkit, value);
                }
                Ok(map)
            }
        }

        deserializer.deserialize_map(Entries(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(slug: &str) -> ToolkitSlug {
        ToolkitSlug::new(slug).unwrap()
    }

    #[test]
    fn the_order_decides_nothing_but_how_it_is_written() {
        let one = ToolkitMap::from([(slug("b"), 1), (slug("a"), 2)]);
        let other = ToolkitMap::from([(slug("a"), 2), (slug("b"), 1)]);
        assert_eq!(one, other);
        assert_ne!(one, ToolkitMap::from([(slug("a"), 1), (slug("b"), 1)]));
        assert_ne!(one, ToolkitMap::from([(slug("a"), 2)]));
        assert_eq!(serde_json::to_string(&one).unwrap(), r#"{"b":1,"a":2}"#);
    }

    #[test]
    fn a_toolkit_stands_once_and_keeps_its_place() {
        let mut map: ToolkitMap<u8> = serde_json::from_str(r#"{"b":1,"a":2,"b":3}"#).unwrap();
        assert_eq!(map.insert(slug("a"), 4), Some(2));
        *map.or_default(slug("c")) += 5;
        *map.or_default(slug("b")) += 1;
        let read: Vec<_> = map.iter().map(|(toolkit, value)| (toolkit.as_str(), *value)).collect();
        assert_eq!(read, [("b", 4), ("a", 4), ("c", 5)]);
        assert!(map.contains_key(&slug("c")) && !map.contains_key(&slug("d")));
    }

    #[test]
    fn there_is_no_spare_room() {
        let map: ToolkitMap<u8> = (0..3).map(|n| (slug(&format!("t{n}")), n)).collect();
        assert_eq!(map.entries.capacity(), 3);
    }
}
