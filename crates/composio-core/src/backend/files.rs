//! The files of a session's sandbox.

use std::fmt;

use async_trait::async_trait;

use super::Page;
use crate::error::Result;
use crate::id::{SessionId, Timestamp};

/// Where files lie: a mount of a session, and a path in it. Rule: `session-api` 2, "Session files".
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FilePath {
    /// The mount; `files` unless said.
    pub mount: String,
    /// The path in the mount, without a leading slash.
    pub path: String,
}

impl FilePath {
    /// A path in the mount `files`. Leading slashes are dropped.
    #[must_use]
    pub fn new(path: impl Into<String>) -> Self {
        let path: String = path.into();
        Self { mount: DEFAULT_MOUNT.to_owned(), path: path.trim_start_matches('/').to_owned() }
    }

    /// The same path in another mount.
    #[must_use]
    pub fn in_mount(mut self, mount: impl Into<String>) -> Self {
        self.mount = mount.into();
        self
    }
}

pub(crate) const DEFAULT_MOUNT: &str = "files";

/// Which files to list.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileQuery {
    /// The mount; `files` unless said.
    pub mount: String,
    /// Only those whose path begins so.
    pub prefix: Option<String>,
    /// Where to begin; none for the start.
    pub cursor: Option<String>,
    /// How many at the most: 100 without one, and never more than 500.
    pub limit: Option<usize>,
}

impl FileQuery {
    /// The first page of all files.
    #[must_use]
    pub fn new() -> Self {
        Self { mount: DEFAULT_MOUNT.to_owned(), prefix: None, cursor: None, limit: None }
    }
}

impl Default for FileQuery {
    fn default() -> Self {
        Self::new()
    }
}

/// A file in a session's sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileEntry {
    /// Its path in the mount.
    pub path: String,
    /// Where the mount stands in the sandbox, such as `/mnt/files`.
    pub mounted_at: String,
    /// Its size in bytes, where it is known.
    pub size: Option<u64>,
    /// When it was last changed, where it is known.
    pub modified_at: Option<Timestamp>,
}

impl FileEntry {
    /// A file.
    #[must_use]
    pub fn new(path: impl Into<String>, mounted_at: impl Into<String>) -> Self {
        Self { path: path.into(), mounted_at: mounted_at.into(), size: None, modified_at: None }
    }
}

/// What is in a file. Its `Debug` tells its size.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileContent {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Their media type, where it is known.
    pub content_type: Option<String>,
}

impl FileContent {
    /// Bytes of an unknown type.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), content_type: None }
    }

    /// Sets the media type.
    #[must_use]
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }
}

impl fmt::Debug for FileContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FileContent({} bytes, {:?})", self.bytes.len(), self.content_type)
    }
}

/// The files of sessions, where a backend has sandboxes.
#[async_trait]
pub trait SessionFiles: fmt::Debug + Send + Sync + 'static {
    /// Lists files, by path.
    ///
    /// # Errors
    /// `NotFound` for an unknown session or mount; `InvalidInput` for a cursor that is not this backend's.
    async fn list_files(&self, session: &SessionId, query: &FileQuery) -> Result<Page<FileEntry>>;

    /// Writes a file, in place of one that is there.
    ///
    /// # Errors
    /// `InvalidInput` for an empty path; `OutcomeUnknown` where the answer to the last write was lost.
    async fn upload_file(&self, session: &SessionId, path: &FilePath, content: FileContent) -> Result<FileEntry>;

    /// Reads a file, 100 MiB at the most.
    ///
    /// # Errors
    /// `NotFound`.
    async fn download_file(&self, session: &SessionId, path: &FilePath) -> Result<FileContent>;

    /// Deletes a file.
    ///
    /// # Errors
    /// `NotFound`.
    async fn delete_file(&self, session: &SessionId, path: &FilePath) -> Result<()>;
}
