//! The files of a session's sandbox.

use std::fmt;

use super::Session;
use crate::backend::{FileContent, FileEntry, FilePath, FileQuery, Page, SessionFiles, listing};
use crate::error::{Error, ErrorKind, Result};

impl Session {
    /// The files of its sandbox, where the backend has one.
    ///
    /// # Example
    /// ```
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// # use composio_core::{Composio, ScriptedBackend};
    /// # let session = Composio::with_backend(ScriptedBackend::new().keeps_files()).create("user_123").await?;
    /// use composio_core::FileContent;
    ///
    /// let files = session.files();
    /// files.upload("reports/may.csv", FileContent::new("day,sum\n1,20\n").content_type("text/csv")).await?;
    /// for file in files.list().prefix("reports/").await?.items {
    ///     println!("{}/{}", file.mounted_at, file.path);
    /// }
    /// assert_eq!(files.download("reports/may.csv").await?.bytes, b"day,sum\n1,20\n");
    /// files.delete("reports/may.csv").await?;
    /// # Ok::<(), composio_core::Error>(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn files(&self) -> Files {
        Files { session: self.clone(), mount: None }
    }
}

/// The files of one mount of a session: `files`, unless [`mount`](Self::mount) says otherwise. Cheap to clone.
///
/// Paths are those in the mount: a leading slash is dropped, and neither an empty path nor one with `..` in it is sent.
#[derive(Clone)]
pub struct Files {
    session: Session,
    mount: Option<String>,
}

impl Files {
    /// The files of another mount.
    #[must_use]
    pub fn mount(mut self, id: impl Into<String>) -> Self {
        self.mount = Some(id.into());
        self
    }

    /// Lists them, by path: a page of 100, unless the returned value says otherwise.
    ///
    /// # Errors
    /// The await gives `NotFound` for an unknown mount, `InvalidInput` for a path with `..` and for a cursor that is not this
    /// backend's, `Unsupported` where the backend keeps no files.
    pub fn list(&self) -> ListFiles {
        let mut query = FileQuery::new();
        if let Some(mount) = &self.mount {
            query.mount.clone_from(mount);
        }
        ListFiles { source: self.session.clone(), query, error: None }
    }

    /// Writes a file, in place of one that is there.
    ///
    /// # Errors
    /// `InvalidInput` for a path that is empty or has `..` in it; `OutcomeUnknown` where the answer to the last write was lost,
    /// and writing again does no harm; `NotFound` for an unknown mount; `Unsupported`.
    pub async fn upload(&self, path: impl Into<String> + Send, content: FileContent) -> Result<FileEntry> {
        let path = self.path(path.into())?;
        kept(&self.session)?.upload_file(self.session.id(), &path, content).await
    }

    /// Reads a file, 100 MiB at the most.
    ///
    /// # Errors
    /// `NotFound`; `InvalidInput` as [`upload`](Self::upload); `Unsupported`.
    pub async fn download(&self, path: impl Into<String> + Send) -> Result<FileContent> {
        let path = self.path(path.into())?;
        kept(&self.session)?.download_file(self.session.id(), &path).await
    }

    /// Deletes a file.
    ///
    /// # Errors
    /// `NotFound`; `InvalidInput` as [`upload`](Self::upload); `Unsupported`.
    pub async fn delete(&self, path: impl Into<String> + Send) -> Result<()> {
        let path = self.path(path.into())?;
        kept(&self.session)?.delete_file(self.session.id(), &path).await
    }

    fn path(&self, given: String) -> Result<FilePath> {
        check_inside(&given)?;
        let mut path = FilePath::new(given);
        if let Some(mount) = &self.mount {
            check_mount(mount)?;
            path = path.in_mount(mount);
        }
        match path.path.is_empty() {
            false => Ok(path),
            true => Err(Error::invalid_input("path", "", "the path of a file in the mount, such as `report.pdf`")),
        }
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("session", &self.session).field("mount", &self.mount).finish()
    }
}

/// A list of files in the making. Await it for one page.
#[must_use = "files are listed by awaiting this"]
#[derive(Debug)]
pub struct ListFiles {
    source: Session,
    query: FileQuery,
    error: Option<Error>,
}

impl ListFiles {
    /// Only those whose path begins so, such as `reports/`. A leading slash is dropped.
    pub fn prefix(mut self, prefix: impl AsRef<str>) -> Self {
        let prefix = prefix.as_ref().trim_start_matches('/');
        self.query.prefix = (!prefix.is_empty()).then(|| prefix.to_owned());
        self
    }
}

listing!(ListFiles of FileEntry, "100 unless said, 500", page_of_files);

async fn page_of_files(session: Session, query: FileQuery) -> Result<Page<FileEntry>> {
    check_mount(&query.mount)?;
    check_inside(query.prefix.as_deref().unwrap_or_default())?;
    kept(&session)?.list_files(session.id(), &query).await
}

fn kept(session: &Session) -> Result<&dyn SessionFiles> {
    session.backend().files().ok_or_else(|| {
        let message = "this backend keeps no files of sessions: use one with a sandbox, such as the hosted service, or give \
                       a tool the bytes as arguments";
        Error::new(ErrorKind::Unsupported, message)
    })
}

/// A path leads nowhere but down.
fn check_inside(path: &str) -> Result<()> {
    if path.split(['/', '\\']).any(|part| part == "..") || path.contains('\0') {
        return Err(Error::invalid_input("path", path, "a path inside the mount, without `..`"));
    }
    Ok(())
}

fn check_mount(mount: &str) -> Result<()> {
    match mount.is_empty() {
        false => Ok(()),
        true => Err(Error::invalid_input("mount", mount, "the id of a mount; `files` is the one that sessions have")),
    }
}
