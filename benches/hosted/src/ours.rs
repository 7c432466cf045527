//! The same calls through the hosted backend.

use anyhow::Result;
use composio_core::{Composio, Session};

/// A door to the stub at this address.
pub fn composio(_address: &str) -> Composio {
    unimplemented!()
}

/// A session of one of many users, with two toolkits, an auth config and a pin.
pub async fn session(_composio: &Composio, _user: usize) -> Result<Session> {
    unimplemented!()
}
