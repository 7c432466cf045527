//! Files that tools take: where to put them, and what was put.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::lenient::or_default;
use super::names::names;
use super::{Open, PageQuery, secret};

names! {
    /// What keeps a file.
    StorageBackend {
        /// S3, or what speaks its protocol.
        S3 = "s3",
        /// Azure. Uploads need the header `x-ms-blob-type: BlockBlob`.
        AzureBlobStorage = "azure_blob_storage",
    }
}

/// The body that asks where to put a file for a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestFileUpload {
    /// The tool's toolkit.
    pub toolkit_slug: String,
    /// The tool.
    pub tool_slug: String,
    /// The file's name.
    pub filename: String,
    /// Its media type.
    pub mimetype: String,
    /// The MD5 of its bytes, in hexadecimal digits.
    pub md5: String,
}

/// Where to put a file. Whoever has the address can, so it is not shown.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FileUpload {
    /// The id of this request.
    pub id: String,
    /// The file's key: what the tool's argument says in `s3key`.
    pub key: String,
    /// Where to PUT the bytes, with the media type as `Content-Type`.
    #[serde(with = "secret::text")]
    pub new_presigned_url: SecretString,
    /// Deprecated in the dialect: the same address.
    #[serde(rename = "newPresignedUrl", default, with = "secret::optional", skip_serializing_if = "Option::is_none")]
    pub new_presigned_url_alias: Option<SecretString>,
    /// Deprecated in the dialect.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<Open<UploadKind>>,
    /// What keeps the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<UploadMetadata>,
}

/// What keeps a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct UploadMetadata {
    /// The storage, which may want a header of its own.
    pub storage_backend: Open<StorageBackend>,
}

names! {
    /// Whether a file has to be put. Deprecated in the dialect.
    UploadKind {
        /// It has to.
        New = "new",
    }
}

/// Which files to list. Deprecated in the dialect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileQuery {
    /// Only for tools of this toolkit.
    pub toolkit_slug: Option<String>,
    /// Only for this tool.
    pub tool_slug: Option<String>,
    /// Which page; at most 50 per page.
    pub page: PageQuery,
}

/// A file that was put for a tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StoredFile {
    /// The tool's toolkit.
    pub toolkit_slug: String,
    /// The tool.
    pub tool_slug: String,
    /// The file's name.
    pub filename: String,
    /// Its media type.
    #[serde(default, deserialize_with = "or_default")]
    pub mimetype: String,
    /// The MD5 of its bytes, in hexadecimal digits.
    #[serde(default, deserialize_with = "or_default")]
    pub md5: String,
}
