//! Every operation of the client, with every field that its request may have.

mod accounts;
mod auth_configs;
mod catalogue;
mod create;
mod files;
mod run;
mod sessions;
mod update;

use composio_core::SessionId;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::case::Case;

/// A request in the dialect's types.
#[track_caller]
pub(crate) fn typed<T: DeserializeOwned>(body: &Value) -> T {
    serde_json::from_value(body.clone()).unwrap_or_else(|error| panic!("{body}: {error}"))
}

/// The session that all of them are about.
fn session() -> SessionId {
    SessionId::new("trs_1")
}

pub(crate) fn all() -> Vec<Case> {
    [accounts::ALL, auth_configs::ALL, catalogue::ALL, create::ALL, files::ALL, run::ALL, sessions::ALL, update::ALL]
        .concat()
}
