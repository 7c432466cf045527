//! What searches find, what services' own APIs answer, and files: as a test says.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::backend::page;
use super::{ScriptedBackend, not_found};
use crate::backend::{
    FileContent, FileEntry, FilePath, FileQuery, Page, ProxyRequest, ProxyResponse, SearchRequest, SearchResults,
    SessionFiles,
};
use crate::error::{Error, ErrorKind, Result};
use crate::id::SessionId;

/// The files of a session, by mount and path.
pub(super) type Files = BTreeMap<(SessionId, String, String), FileContent>;

impl ScriptedBackend {
    /// Lets every search find this. Without it the backend does not search.
    #[must_use]
    pub fn found(self, results: SearchResults) -> Self {
        self.script(|state| {
            state.found = Some(results);
            Ok(())
        })
    }

    /// Sets what services' own APIs answer. Without it the backend calls none.
    #[must_use]
    pub fn proxy(self, answer: impl Fn(&ProxyRequest) -> Result<ProxyResponse> + Send + Sync + 'static) -> Self {
        self.script(|state| {
            state.proxy = Some(std::sync::Arc::new(answer));
            Ok(())
        })
    }

    /// Keeps files of sessions, in memory. Without it the backend has none.
    #[must_use]
    pub fn keeps_files(self) -> Self {
        self.script(|state| {
            state.files.get_or_insert_default();
            Ok(())
        })
    }

    /// The searches so far, in order.
    pub fn searches(&self) -> Vec<SearchRequest> {
        self.lock().searches.clone()
    }

    /// The calls of services' own APIs so far, in order.
    pub fn proxied(&self) -> Vec<ProxyRequest> {
        self.lock().proxied.clone()
    }

    pub(super) fn searched(&self, session: &SessionId, request: &SearchRequest) -> Result<SearchResults> {
        let mut state = self.lock();
        state.session(session)?;
        let found = state.found.clone().ok_or_else(|| {
            Error::new(
                ErrorKind::Unsupported,
                "the scripted backend does not search; give it results with `.found(..)`",
            )
        })?;
        state.searches.push(request.clone());
        Ok(found)
    }

    /// The answer is made without the lock, so that it may look at the backend.
    pub(super) fn called(&self, session: &SessionId, request: &ProxyRequest) -> Result<ProxyResponse> {
        let mut state = self.lock();
        let record = state.session(session)?;
        super::state::allowed(&record.config, &request.toolkit)?;
        let answer = state.proxy.clone().ok_or_else(|| {
            let message = "the scripted backend has no services to call; give it answers with `.proxy(..)`";
            Error::new(ErrorKind::Unsupported, message)
        })?;
        state.proxied.push(request.clone());
        drop(state);
        answer(request)
    }

    /// Works on the files of a session, all of which lie in the mount `files`.
    fn with_files<T>(&self, session: &SessionId, mount: &str, work: impl FnOnce(&mut Files) -> Result<T>) -> Result<T> {
        let mut state = self.lock();
        state.session(session)?;
        match mount {
            "files" => work(state.files.get_or_insert_default()),
            _ => Err(not_found("mount", mount)),
        }
    }
}

fn key(session: &SessionId, path: &FilePath) -> (SessionId, String, String) {
    (session.clone(), path.mount.clone(), path.path.clone())
}

fn entry(path: &str, content: &FileContent) -> FileEntry {
    let mut entry = FileEntry::new(path, "/mnt/files");
    entry.size = u64::try_from(content.bytes.len()).ok();
    entry
}

#[async_trait]
impl SessionFiles for ScriptedBackend {
    async fn list_files(&self, session: &SessionId, query: &FileQuery) -> Result<Page<FileEntry>> {
        let prefix = query.prefix.as_deref().unwrap_or_default();
        let listed: Vec<FileEntry> = self.with_files(session, &query.mount, |files| {
            let own = files.iter().filter(|((of, ..), _)| of == session);
            let wanted = own.filter(|((.., path), _)| path.starts_with(prefix));
            Ok(wanted.map(|((.., path), content)| entry(path, content)).collect())
        })?;
        page(listed, query.cursor.as_deref(), query.limit.unwrap_or(100).clamp(1, 500))
    }

    async fn upload_file(&self, session: &SessionId, path: &FilePath, content: FileContent) -> Result<FileEntry> {
        self.with_files(session, &path.mount, |files| {
            let written = entry(&path.path, &content);
            files.insert(key(session, path), content);
            Ok(written)
        })
    }

    async fn download_file(&self, session: &SessionId, path: &FilePath) -> Result<FileContent> {
        let found = |files: &mut Files| files.get(&key(session, path)).cloned();
        self.with_files(session, &path.mount, |files| found(files).ok_or_else(|| not_found("file", &path.path)))
    }

    async fn delete_file(&self, session: &SessionId, path: &FilePath) -> Result<()> {
        let gone = |files: &mut Files| files.remove(&key(session, path)).map(drop);
        self.with_files(session, &path.mount, |files| gone(files).ok_or_else(|| not_found("file", &path.path)))
    }
}
