//! Which type each operation of sessions is sent and answers.

use std::fmt::Debug;

use composio_core::wire;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::spec::{Example, Side};

/// What became of a body that was read and written again.
pub(crate) struct Travelled {
    pub(crate) written: Value,
    pub(crate) printed: String,
}

pub(crate) type Reader = fn(&Value) -> Result<Travelled, serde_json::Error>;

/// Reads text, as everything on the wire is, and writes it again.
fn travel<T: DeserializeOwned + Serialize + Debug>(body: &Value) -> Result<Travelled, serde_json::Error> {
    let read: T = serde_json::from_str(&body.to_string())?;
    let written = serde_json::from_str(&serde_json::to_string(&read)?)?;
    Ok(Travelled { written, printed: format!("{read:?}") })
}

impl Example {
    /// What reads and writes it.
    pub(crate) fn reader(&self) -> Reader {
        reader(&self.operation, self.side)
    }
}

/// What reads and writes a body of an operation, by its type.
pub(crate) fn reader(operation: &str, side: Side) -> Reader {
    match (operation.strip_prefix("tool_router_session_").unwrap(), side) {
        ("create", Side::Request) => travel::<wire::CreateSession>,
        ("patch", Side::Request) => travel::<wire::PatchSession>,
        ("attach", Side::Request) => travel::<wire::AttachSession>,
        ("execute", Side::Request) => travel::<wire::ExecuteRequest>,
        ("execute_meta", Side::Request) => travel::<wire::ExecuteMetaRequest>,
        ("search", Side::Request) => travel::<wire::SearchRequest>,
        ("link", Side::Request) => travel::<wire::SessionLinkRequest>,
        ("proxy_execute", Side::Request) => travel::<wire::SessionProxyRequest>,
        ("files_create_upload_url", Side::Request) => travel::<wire::MountUploadRequest>,
        ("files_create_download_url" | "files_delete", Side::Request) => travel::<wire::MountPath>,
        ("create" | "retrieve" | "patch" | "attach", Side::Reply) => travel::<wire::SessionReply>,
        ("delete", Side::Reply) => travel::<wire::DeletedSession>,
        ("config_history", Side::Reply) => travel::<wire::Page<wire::ConfigVersion>>,
        ("tools", Side::Reply) => travel::<wire::Page<wire::Tool>>,
        ("toolkits", Side::Reply) => travel::<wire::Page<wire::SessionToolkit>>,
        ("execute" | "execute_meta", Side::Reply) => travel::<wire::ExecuteReply>,
        ("search", Side::Reply) => travel::<wire::SearchReply>,
        ("link", Side::Reply) => travel::<wire::SessionLink>,
        ("proxy_execute", Side::Reply) => travel::<wire::SessionProxyReply>,
        ("files_list", Side::Reply) => travel::<wire::MountFiles>,
        ("files_create_upload_url", Side::Reply) => travel::<wire::MountUpload>,
        ("files_create_download_url", Side::Reply) => travel::<wire::MountDownload>,
        ("files_delete", Side::Reply) => travel::<wire::DeletedFile>,
        (other, side) => panic!("no type for the {side:?} of {other}"),
    }
}
