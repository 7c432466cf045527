//! The files of a session. Their bytes go between the caller and the storage, past the API.

use super::target;
use crate::error::Result;
use crate::hosted::HostedClient;
use crate::hosted::request::{Operation, Request, Verb};
use crate::id::SessionId;
use crate::wire::{
    DeletedFile, MountDownload, MountFiles, MountPath, MountUpload, MountUploadRequest, SessionFilesQuery,
};

pub(super) const LIST: Operation = Operation::get("tool_router_session_files_list");
pub(super) const UPLOAD_URL: Operation = Operation::once(Verb::Post, "tool_router_session_files_create_upload_url");
pub(super) const DOWNLOAD_URL: Operation = Operation::once(Verb::Post, "tool_router_session_files_create_download_url");
pub(super) const DELETE: Operation = Operation::once(Verb::Post, "tool_router_session_files_delete");

pub(super) fn list(session: &SessionId, mount: &str, query: &SessionFilesQuery) -> Result<Request> {
    let target = target(session, &["mounts", mount, "items"])
        .page(&query.page)
        .text("mount_relative_prefix", query.mount_relative_prefix.as_deref());
    Ok(LIST.request(target.finish()?))
}

pub(super) fn upload_url(session: &SessionId, mount: &str, body: &MountUploadRequest) -> Result<Request> {
    UPLOAD_URL.with_body(target(session, &["mounts", mount, "upload_url"]).finish()?, body)
}

pub(super) fn download_url(session: &SessionId, mount: &str, body: &MountPath) -> Result<Request> {
    DOWNLOAD_URL.with_body(target(session, &["mounts", mount, "download_url"]).finish()?, body)
}

pub(super) fn delete(session: &SessionId, mount: &str, body: &MountPath) -> Result<Request> {
    DELETE.with_body(target(session, &["mounts", mount, "delete"]).finish()?, body)
}

/// # The files of a session
///
/// They live in a mount; the one that every session has is called `files`.
impl HostedClient {
    /// One page of the files of a mount.
    ///
    /// # Errors
    /// `NotFound` for a session or a mount that is unknown.
    pub async fn session_files(
        &self,
        session: &SessionId,
        mount: &str,
        query: &SessionFilesQuery,
    ) -> Result<MountFiles> {
        self.json(list(session, mount, query)?).await
    }

    /// An address to put a file to, with the media type that was asked for. Nothing is written before that.
    ///
    /// # Errors
    /// `InvalidInput` for a path that the mount does not take.
    pub async fn session_file_upload_url(
        &self,
        session: &SessionId,
        mount: &str,
        body: &MountUploadRequest,
    ) -> Result<MountUpload> {
        self.json(upload_url(session, mount, body)?).await
    }

    /// An address to get a file from.
    ///
    /// # Errors
    /// `NotFound` for a file that is not there.
    pub async fn session_file_download_url(
        &self,
        session: &SessionId,
        mount: &str,
        body: &MountPath,
    ) -> Result<MountDownload> {
        self.json(download_url(session, mount, body)?).await
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// `NotFound` for a file that is not there.
    pub async fn delete_session_file(&self, session: &SessionId, mount: &str, body: &MountPath) -> Result<DeletedFile> {
        self.json(delete(session, mount, body)?).await
    }
}
