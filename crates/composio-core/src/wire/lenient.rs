//! Reading what servers leave out.

use serde::{Deserialize, Deserializer};

/// A null as nothing; with `#[serde(default)]` an absent field too.
pub(super) fn or_default<'de, T: Default + Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}
