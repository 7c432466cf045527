//! The files of a session.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::lenient::or_default;
use super::page::PageQuery;
use super::secret;

/// Which files are asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionFilesQuery {
    /// Which page: 100 files where no limit is set, 500 at the most.
    pub page: PageQuery,
    /// Only those whose path begins so, such as `data/`.
    pub mount_relative_prefix: Option<String>,
}

impl SessionFilesQuery {
    /// All of them, from the first page on.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets which page.
    #[must_use]
    pub fn page(mut self, page: PageQuery) -> Self {
        self.page = page;
        self
    }

    /// Sets how paths have to begin.
    #[must_use]
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.mount_relative_prefix = Some(prefix.into());
        self
    }
}

/// A page of files. Not a [`Page`](super::Page): the last one has no cursor at all, since some clients refuse a null.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MountFiles {
    /// The files.
    pub items: Vec<MountFile>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// A file of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MountFile {
    /// Its path within the mount, such as `report.pdf`.
    pub mount_relative_path: String,
    /// Where the mount is in the sandbox, such as `/mnt/files`.
    #[serde(default, deserialize_with = "or_default")]
    pub sandbox_mount_prefix: String,
    /// How many bytes it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// When it was written last.
    #[serde(default, deserialize_with = "or_default")]
    pub last_modified: String,
}

/// A request for an address to put a file to: `POST .../upload_url`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MountUploadRequest {
    /// The path that the file gets, such as `data/output.csv`.
    pub mount_relative_path: String,
    /// Its media type. The bytes have to be sent with the same one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mimetype: Option<String>,
}

impl MountUploadRequest {
    /// A file at this path.
    #[must_use]
    pub fn new(path: impl Into<String>) -> Self {
        Self { mount_relative_path: path.into(), mimetype: None }
    }
}

/// The path of a file: the body of `POST .../download_url` and `POST .../delete`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MountPath {
    /// The path within the mount.
    pub mount_relative_path: String,
}

impl MountPath {
    /// The file at this path.
    #[must_use]
    pub fn new(path: impl Into<String>) -> Self {
        Self { mount_relative_path: path.into() }
    }
}

/// Where to put a file. Whoever has the address can write there, so it is not shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MountUpload {
    /// The address: `PUT` the bytes there.
    #[serde(with = "secret::text")]
    pub upload_url: SecretString,
    /// The file's path within the mount.
    #[serde(default, deserialize_with = "or_default")]
    pub mount_relative_path: String,
    /// Where the mount is in the sandbox.
    #[serde(default, deserialize_with = "or_default")]
    pub sandbox_mount_prefix: String,
    /// When the address stops working.
    #[serde(default, deserialize_with = "or_default")]
    pub expires_at: String,
}

/// Where to get a file. Whoever has the address can read it, so it is not shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MountDownload {
    /// The address.
    #[serde(with = "secret::text")]
    pub download_url: SecretString,
    /// The file's path within the mount.
    #[serde(default, deserialize_with = "or_default")]
    pub mount_relative_path: String,
    /// Where the mount is in the sandbox.
    #[serde(default, deserialize_with = "or_default")]
    pub sandbox_mount_prefix: String,
    /// When the address stops working.
    #[serde(default, deserialize_with = "or_default")]
    pub expires_at: String,
}

/// A file that was deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeletedFile {
    /// The path that it had within the mount.
    #[serde(default, deserialize_with = "or_default")]
    pub mount_relative_path: String,
    /// Where the mount is in the sandbox.
    #[serde(default, deserialize_with = "or_default")]
    pub sandbox_mount_prefix: String,
}
