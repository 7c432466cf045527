//! Files for tools.

use crate::error::Result;
use crate::hosted::HostedClient;
use crate::hosted::request::{Operation, Request, Target, Verb};
use crate::wire::{FileQuery, FileUpload, Page, RequestFileUpload, StoredFile};

pub(super) const REQUEST_UPLOAD: Operation = Operation::once(Verb::Post, "files_create_presigned_url");
pub(super) const LIST: Operation = Operation::get("files_list");

pub(super) fn request_upload(body: &RequestFileUpload) -> Result<Request> {
    REQUEST_UPLOAD.with_body(Target::new(&["files", "upload", "request"]).finish()?, body)
}

pub(super) fn list(query: &FileQuery) -> Result<Request> {
    let target = Target::new(&["files", "list"])
        .text("toolkit_slug", query.toolkit_slug.as_deref())
        .text("tool_slug", query.tool_slug.as_deref())
        .page(&query.page);
    Ok(LIST.request(target.finish()?))
}

/// Files that tools take as arguments.
impl HostedClient {
    /// Asks where to put a file for a tool. The bytes go there by PUT; the tool's argument then says the reply's `key`.
    ///
    /// # Errors
    /// `InvalidInput` where the tool takes no file.
    pub async fn request_file_upload(&self, body: &RequestFileUpload) -> Result<FileUpload> {
        self.json(request_upload(body)?).await
    }

    /// Lists files that were put for tools, a page at a time. Deprecated in the dialect.
    ///
    /// # Errors
    /// What every operation may fail with.
    pub async fn list_files(&self, query: &FileQuery) -> Result<Page<StoredFile>> {
        self.json(list(query)?).await
    }
}
