//! What the engine does by itself: credentials are renewed before they are over, accounts are tried, flows run out.

use composio_core::{ConnectedAccount, Error, ErrorKind, Result};

use crate::engine::Engine;
use crate::store::ProjectId;

/// Tries an account with the cheap call that its toolkit names.
pub(crate) async fn probe(
    _engine: &Engine,
    _project: &ProjectId,
    _account: &ConnectedAccount,
) -> Result<ConnectedAccount> {
    Err(Error::new(ErrorKind::Unsupported, "being written"))
}
