//! Sessions and what belongs to the project, in the crate's own vocabulary: every setting, every change, every way to call.

mod accounts;
mod create;
mod manage;
mod native;
mod run;
mod update;

use composio_core::{Composio, Result, Session};

use crate::case::Case;
use crate::service::Service;

pub(crate) fn all() -> Vec<Case> {
    [accounts::ALL, create::ALL, manage::ALL, run::ALL, update::ALL].concat()
}

const CREATE: &str = "tool_router_session_create";
/// The session of the examples.
const SESSION: &str = "trs_9fKq2LmXwB4d";
const EXECUTE: &str = "tool_router_session_execute";

/// A session that is there already.
async fn session(composio: &Composio) -> Result<Session> {
    composio.session(SESSION).await
}

async fn a_session(service: &Service) -> Result<Session> {
    session(&service.composio()).await
}
