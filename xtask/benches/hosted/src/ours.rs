//! The same calls through the hosted backend.

use anyhow::Result;
use composio_core::hosted::{HostedBackend, HostedOptions};
use composio_core::{Composio, Session};

/// A door to the stub at this address.
///
/// # Errors
/// Where the address is none.
pub fn composio(address: &str) -> Result<Composio> {
    let options = HostedOptions::new("ak_0123456789abcdef").base_url(address);
    Ok(Composio::with_backend(HostedBackend::new(options)?))
}

/// A session of one of many users, with two toolkits, an auth config and a pin.
///
/// # Errors
/// Where the stub does not make one.
pub async fn session(composio: &Composio, user: usize) -> Result<Session> {
    let creating = composio.create(format!("user_{user}")).toolkits(["github", "gmail"]);
    let creating =
        creating.auth_config("github", "ac_Gh8kQ2mZ0pYx").connected_account("gmail", format!("ca_{user:012}"));
    Ok(creating.await?)
}
