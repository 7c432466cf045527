//! The one source of randomness: ids, states, verifiers and keys.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use composio_core::{Error, ErrorKind, Result, Timestamp};

/// Random bytes from the operating system.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "the operating system gives no randomness").with_source(error)
    })?;
    Ok(bytes)
}

/// 256 random bits as 43 characters that fit into URLs, cookies and PKCE verifiers.
pub(crate) fn token() -> Result<String> {
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes::<32>()?))
}

/// A share from 0 to 1, to spread over time what would otherwise happen at once. It protects nothing: where there is no
/// randomness, it is the middle.
pub(crate) fn share() -> f64 {
    bytes::<4>().map_or(0.5, |bytes| f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}

/// An id that sorts by time: the prefix, and a version 7 UUID in hexadecimal.
pub(crate) fn id(prefix: &str, now: Timestamp) -> Result<String> {
    let millis = u64::try_from(now.as_micros() / 1000).unwrap_or(0);
    let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &bytes::<10>()?).into_uuid();
    Ok(format!("{prefix}_{}", uuid.simple()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_time_and_never_repeat() {
        let at = |millis: i64| id("ca", Timestamp::from_micros(millis * 1000)).unwrap();
        assert!(at(1_000) < at(2_000));
        assert_ne!(at(1_000), at(1_000));
        assert_eq!(at(1_000).len(), "ca_".len() + 32);
    }

    #[test]
    fn tokens_are_long_enough_for_pkce() {
        assert_eq!(token().unwrap().len(), 43);
    }
}
