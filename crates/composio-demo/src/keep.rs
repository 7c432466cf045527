//! What outlives a restart: one file, written whole after each change. The only file of this crate that touches a disk.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::mailbox::post::PostOffice;
use crate::oauth::grants::Grants;
use crate::options::DemoError;
use crate::tracker::workspace::Workspaces;

/// Names the form of the file. One that says something else is not ours to read, nor to overwrite.
const FORMAT: &str = "composio-demo 1";
const FILE: &str = "demo.json";
const LOCK: &str = "demo.lock";

/// What a file holds. Of codes and tokens there are only hashes; the client's secret is in the clear, because the host
/// hands it out again.
#[derive(Debug, Deserialize)]
pub(crate) struct Kept {
    pub(crate) client: KeptClient,
    pub(crate) grants: Grants,
    pub(crate) workspaces: Workspaces,
    pub(crate) post: PostOffice,
}

/// The client's credentials. No `Debug` of the secret.
#[derive(Deserialize, Serialize)]
pub(crate) struct KeptClient {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl std::fmt::Debug for KeptClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptClient").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The same as [`Kept`], borrowed and with the name of its form.
#[derive(Debug, Serialize)]
pub(crate) struct Snapshot<'a> {
    format: &'static str,
    client: KeptClient,
    grants: &'a Grants,
    workspaces: &'a Workspaces,
    post: &'a PostOffice,
}

impl<'a> Snapshot<'a> {
    pub(crate) fn new(
        client: KeptClient,
        grants: &'a Grants,
        workspaces: &'a Workspaces,
        post: &'a PostOffice,
    ) -> Self {
        Self { format: FORMAT, client, grants, workspaces, post }
    }
}

/// A data directory, and the right to write there that one process has at a time.
#[derive(Debug)]
pub(crate) struct Keeper {
    directory: PathBuf,
    /// Held while a file is written, so that the latest state is what stays; nothing after the end.
    lock: Mutex<Option<File>>,
}

impl Keeper {
    /// Takes the directory, and makes it where there is none.
    pub(crate) fn open(directory: &Path) -> Result<Self, DemoError> {
        let unusable = |error: io::Error| {
            let advice = "check its permissions, or give another one";
            fault(directory, format!("cannot be used as a data directory ({error}); {advice}"))
        };
        make_directory(directory).map_err(unusable)?;
        let lock = private(OpenOptions::new().create(true).truncate(false), &directory.join(LOCK)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { directory: directory.to_owned(), lock: Mutex::new(Some(lock)) }),
            Err(TryLockError::WouldBlock) => {
                Err(fault(directory, "is in use by another demo; stop that one, or give another directory".to_owned()))
            }
            Err(TryLockError::Error(error)) => Err(unusable(error)),
        }
    }

    /// What the demo before left behind; nothing in a new directory.
    pub(crate) fn read(&self) -> Result<Option<Kept>, DemoError> {
        let path = self.directory.join(FILE);
        let advice = "move it away to start anew, or give another directory";
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fault(&path, format!("cannot be read ({error}); {advice}"))),
        };
        let format: Option<Format> = serde_json::from_slice(&text).ok();
        if format.is_none_or(|found| found.format != FORMAT) {
            return Err(fault(&path, format!("was not written by this version of the demo; {advice}")));
        }
        // The parser would quote what it met, so that only the place is told.
        let kept = serde_json::from_slice(&text).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            fault(&path, format!("is damaged at line {line}, column {column}; {advice}"))
        })?;
        Ok(Some(kept))
    }

    /// Replaces the file. `snapshot` makes the text and is called when it is this caller's turn.
    pub(crate) fn write(&self, snapshot: impl FnOnce() -> serde_json::Result<Vec<u8>>) -> Result<(), DemoError> {
        let lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        let written = match *lock {
            Some(_) => snapshot().map_err(io::Error::from).and_then(|text| replace(&self.directory, &text)),
            None => Err(io::Error::other("the demo has ended")),
        };
        written.map_err(|error| {
            let advice = "changes are lost at the end unless it can be written again";
            fault(&self.directory.join(FILE), format!("cannot be written ({error}); {advice}"))
        })
    }

    /// Gives the directory back. Nothing is written from then on.
    pub(crate) fn close(&self) {
        self.lock.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

#[derive(Deserialize)]
struct Format {
    format: String,
}

fn fault(path: &Path, problem: String) -> DemoError {
    DemoError::Data { path: path.to_owned(), problem }
}

/// A reader sees the file before or the file after, and never a part of one.
fn replace(directory: &Path, text: &[u8]) -> io::Result<()> {
    let (new, path) = (directory.join(format!("{FILE}.new")), directory.join(FILE));
    // Left over from a process that was killed.
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = private(OpenOptions::new().create_new(true), &new)?;
    file.write_all(text)?;
    file.sync_all()?;
    fs::rename(&new, &path)
}

/// Opens a file for writing that only its owner can read.
fn private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.write(true).open(path)
}

fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
