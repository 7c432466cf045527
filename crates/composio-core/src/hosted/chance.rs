//! The one source of chance: ids of requests, and the part of a pause that is left to it.

use crate::error::{Error, ErrorKind, Result};

/// An id for one call, the same for each of its attempts: 32 hex digits.
///
/// # Errors
/// `Unexpected` where the operating system has no randomness to give.
pub(super) fn request_id() -> Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "the operating system gives no randomness").with_source(error)
    })?;
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut id = String::with_capacity(32);
    for byte in bytes {
        id.push(char::from(DIGITS[usize::from(byte >> 4)]));
        id.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    Ok(id)
}

/// A number between nought and one. Without randomness it is a half: a pause does not have to be unpredictable.
pub(super) fn fraction() -> f64 {
    let mut byte = [0];
    match getrandom::fill(&mut byte) {
        Ok(()) => f64::from(byte[0]) / 255.0,
        Err(_) => 0.5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_32_hex_digits_and_no_two_are_alike() {
        let (one, other) = (request_id().unwrap(), request_id().unwrap());
        assert!(one.len() == 32 && one.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')), "{one}");
        assert_ne!(one, other);
    }
}
