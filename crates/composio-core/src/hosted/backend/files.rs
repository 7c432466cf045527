//! The files of sessions: the service says where the bytes go, and they go there without any credential of ours.

use async_trait::async_trait;
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};
use tracing::Instrument as _;

use super::{HostedBackend, read, span};
use crate::backend::{FileContent, FileEntry, FilePath, FileQuery, Page, SessionFiles};
use crate::error::{Error, Result};
use crate::id::SessionId;
use crate::wire;

/// The largest file, in either direction.
const BYTES: usize = 100 * 1024 * 1024;

#[async_trait]
impl SessionFiles for HostedBackend {
    async fn list_files(&self, session: &SessionId, query: &FileQuery) -> Result<Page<FileEntry>> {
        let wanted = wire::SessionFilesQuery {
            page: read::page_query(query.cursor.as_ref(), query.limit, 500),
            mount_relative_prefix: query.prefix.as_deref().map(relative).filter(|prefix| !prefix.is_empty()),
        };
        let list = self.client.session_files(session, &query.mount, &wanted);
        let list = list.instrument(span!("composio.list_files", session = %session)).await?;
        let next = list.next_cursor.filter(|cursor| !cursor.is_empty());
        Ok(Page::new(list.items.into_iter().map(entry).collect(), next, None))
    }

    async fn upload_file(&self, session: &SessionId, path: &FilePath, content: FileContent) -> Result<FileEntry> {
        self.upload(session, path, content).instrument(span!("composio.upload_file", session = %session)).await
    }

    async fn download_file(&self, session: &SessionId, path: &FilePath) -> Result<FileContent> {
        self.download(session, path).instrument(span!("composio.download_file", session = %session)).await
    }

    async fn delete_file(&self, session: &SessionId, path: &FilePath) -> Result<()> {
        let body = wire::MountPath::new(checked(path)?);
        let deleted = self.client.delete_session_file(session, &path.mount, &body);
        deleted.instrument(span!("composio.delete_file", session = %session)).await.map(drop)
    }
}

impl HostedBackend {
    async fn upload(&self, session: &SessionId, path: &FilePath, content: FileContent) -> Result<FileEntry> {
        let at = checked(path)?;
        if content.bytes.len() > BYTES {
            let size = format!("{} bytes", content.bytes.len());
            return Err(Error::invalid_input("content", &size, "100 MiB at the most"));
        }
        let mut body = wire::MountUploadRequest::new(at);
        body.mimetype.clone_from(&content.content_type);
        let place = self.client.session_file_upload_url(session, &path.mount, &body).await?;
        let size = content.bytes.len();
        let bytes = Bytes::from(content.bytes);
        let extra = extra_headers(&place.upload_url);
        self.client.put_elsewhere(&place.upload_url, bytes, content.content_type.as_deref(), extra).await?;
        let path = if place.mount_relative_path.is_empty() { at.to_owned() } else { place.mount_relative_path };
        let mut entry = FileEntry::new(path, place.sandbox_mount_prefix);
        entry.size = u64::try_from(size).ok();
        Ok(entry)
    }

    async fn download(&self, session: &SessionId, path: &FilePath) -> Result<FileContent> {
        let body = wire::MountPath::new(checked(path)?);
        let place = self.client.session_file_download_url(session, &path.mount, &body).await?;
        let (bytes, content_type) = self.client.get_elsewhere(&place.download_url, BYTES).await?;
        let content = FileContent::new(bytes);
        Ok(match content_type {
            Some(content_type) => content.content_type(content_type),
            None => content,
        })
    }
}

fn relative(path: &str) -> String {
    path.trim_start_matches('/').to_owned()
}

/// # Errors
/// `InvalidInput` for a path that names nothing.
fn checked(path: &FilePath) -> Result<&str> {
    if path.mount.is_empty() {
        return Err(Error::invalid_input("mount", "", "the name of a mount, such as `files`"));
    }
    match path.path.trim_start_matches('/') {
        "" => Err(Error::invalid_input("path", &path.path, "a path in the mount, such as `reports/may.pdf`")),
        path => Ok(path),
    }
}

/// What one kind of storage wants besides. Rule: `session-api` 7; the mounts do not say which kind it is, and its name does.
fn extra_headers(url: &SecretString) -> &'static [(&'static str, &'static str)] {
    let host = url::Url::parse(url.expose_secret()).ok().and_then(|url| url.host_str().map(str::to_owned));
    match host.is_some_and(|host| host.ends_with(".blob.core.windows.net")) {
        true => &[("x-ms-blob-type", "BlockBlob")],
        false => &[],
    }
}

fn entry(file: wire::MountFile) -> FileEntry {
    let mut entry = FileEntry::new(file.mount_relative_path, file.sandbox_mount_prefix);
    entry.size = file.size;
    entry.modified_at = read::time(&file.last_modified);
    entry
}
