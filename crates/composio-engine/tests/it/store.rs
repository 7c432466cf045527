//! [`SqliteStore`] keeps what every store promises, and what a file adds: it survives, and is shared.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking, too")]

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use composio_core::{
    AccountQuery, ConnectedAccount, ConnectionStatus, ErrorKind, HistoryQuery, Result, SessionConfig, SessionRecord,
    Timestamp, ToolkitSlug,
};
use composio_engine::SqliteStore;
use composio_engine::store::{
    Begun, CredentialChange, DueWork, ExecutionKey, McpTokenRecord, ProjectId, Sealed, Store, Transition,
};
use futures::FutureExt;
use tempfile::TempDir;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

mod in_memory {
    composio_conformance::store_suite!(Box::new(composio_engine::SqliteStore::in_memory().await.unwrap()));
}

mod on_disk {
    composio_conformance::store_suite!(super::OnDisk::open().await);
}

/// A store in a directory that goes with it.
struct OnDisk {
    store: SqliteStore,
    directory: TempDir,
}

impl OnDisk {
    async fn open() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(database(directory.path())).await.unwrap();
        Self { store, directory }
    }

    fn path(&self) -> PathBuf {
        database(self.directory.path())
    }

    /// Another handle on the same file, as another process would have it.
    async fn again(&self) -> SqliteStore {
        SqliteStore::open(self.path()).await.unwrap()
    }
}

impl Deref for OnDisk {
    type Target = SqliteStore;

    fn deref(&self) -> &SqliteStore {
        &self.store
    }
}

fn database(directory: &Path) -> PathBuf {
    directory.join("below").join("store.db")
}

fn project() -> ProjectId {
    ProjectId::new("p")
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

fn account(id: &str) -> ConnectedAccount {
    ConnectedAccount::new(id.into(), ToolkitSlug::new("github").unwrap(), "ada".into(), "ac_1".into(), at(0))
}

fn connect(credential: &str) -> Transition {
    let mut step = Transition::new(ConnectionStatus::Initiated, ConnectionStatus::Active, at(1), None);
    step.credential = CredentialChange::Put(Sealed(credential.as_bytes().to_vec()));
    step
}

/// Runs a call through every handle from a task of its own, all at the same moment.
async fn race<T, F>(handles: &[SqliteStore], call: impl Fn(SqliteStore, usize) -> F) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let start = Arc::new(Barrier::new(handles.len()));
    let mut tasks = JoinSet::new();
    for (number, handle) in handles.iter().enumerate() {
        let (start, call) = (Arc::clone(&start), call(handle.clone(), number));
        tasks.spawn(async move {
            start.wait().await;
            call.await
        });
    }
    tasks.join_all().await
}

#[tokio::test]
async fn what_is_written_survives_the_store() {
    let first = OnDisk::open().await;
    first.insert_account(&project(), &account("ca_1"), None).await.unwrap();
    first.transition(&project(), &"ca_1".into(), &connect("kept")).await.unwrap();
    let OnDisk { store, directory } = first;
    drop(store);

    let second = SqliteStore::open(database(directory.path())).await.unwrap();
    let found = second.account(&project(), &"ca_1".into()).await.unwrap().unwrap();
    assert_eq!(found.status, ConnectionStatus::Active);
    assert_eq!(second.credential(&project(), &found.id).await.unwrap(), Some(Sealed(b"kept".to_vec())));
}

#[tokio::test]
async fn two_handles_see_each_others_writes() {
    let one = OnDisk::open().await;
    let other = one.again().await;
    for (number, (writer, reader)) in [(&*one, &other), (&other, &*one)].into_iter().enumerate() {
        let account = account(&format!("ca_{number}"));
        writer.insert_account(&project(), &account, None).await.unwrap();
        assert_eq!(reader.account(&project(), &account.id).await.unwrap().as_ref(), Some(&account));
        assert_eq!(reader.accounts(&project(), &AccountQuery::new()).await.unwrap().total, Some(number + 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn handles_race_for_a_transition_and_one_wins() {
    let store = OnDisk::open().await;
    let handles = [store.again().await, store.again().await];
    for round in 0..25 {
        let account = account(&format!("ca_{round}"));
        store.insert_account(&project(), &account, None).await.unwrap();
        let results = race(&handles, |handle, number| {
            let id = account.id.clone();
            async move { handle.transition(&project(), &id, &connect(&number.to_string())).await.map(|_| number) }
        });
        let (won, lost): (Vec<_>, Vec<_>) = results.await.into_iter().partition(Result::is_ok);
        let [Ok(won)] = won[..] else { panic!("round {round}: {won:?}, {lost:?}") };
        assert!(lost.iter().all(|lost| matches!(lost, Err(error) if error.kind() == ErrorKind::Conflict)), "{lost:?}");
        let credential = store.credential(&project(), &account.id).await.unwrap();
        assert_eq!(credential, Some(Sealed(won.to_string().into_bytes())));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn handles_race_for_a_flow_a_lease_and_a_key_and_one_wins() {
    let store = OnDisk::open().await;
    let handles = [store.again().await, store.again().await, store.again().await, store.again().await];
    store.insert_account(&project(), &account("ca_1"), None).await.unwrap();
    store.transition(&project(), &"ca_1".into(), &connect("kept")).await.unwrap();
    for round in 0..10 {
        let pending = composio_engine::store::PendingAuthorization {
            account: "ca_1".into(),
            browser: [1; 32],
            redirect_uri: composio_core::Url::parse("http://127.0.0.1/oauth/callback").unwrap(),
            callback_url: None,
            expires_at: at(1_000_000),
        };
        store.put_pending(&project(), &[9; 32], &pending, &Sealed(vec![1])).await.unwrap();
        let won = race(&handles, |handle, _| async move {
            let now = at(100 * round);
            let flow = handle.take_pending(&[9; 32], &[1; 32], now).await.unwrap().is_some();
            let lease = handle.claim_refresh(&project(), &"ca_1".into(), now, at(100 * round + 50)).await.unwrap();
            let tool = composio_core::ToolSlug::new("GITHUB_CREATE_AN_ISSUE").unwrap();
            let key = ExecutionKey { session: "trs_1".into(), tool, key: round.to_string() };
            let begun = handle.begin_execution(&project(), &key, &[2; 32], now, at(100 * round + 50)).await.unwrap();
            (flow, lease, begun)
        });
        let won = won.await;
        let count = |one: &dyn Fn(&(bool, Option<_>, Begun)) -> bool| won.iter().filter(|won| one(won)).count();
        let news = [count(&|won| won.0), count(&|won| won.1.is_some()), count(&|won| won.2 == Begun::New)];
        assert_eq!(news, [1, 1, 1], "round {round}: {won:?}");
        let lease = won.iter().find_map(|won| won.1).unwrap();
        assert_eq!((lease.fence, lease.interrupted), (round + 1, round > 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn handles_race_for_the_last_token_of_a_session_and_one_wins() {
    let store = OnDisk::open().await;
    let handles = [store.again().await, store.again().await, store.again().await, store.again().await];
    for round in 0..10 {
        let session = SessionRecord::new(format!("trs_{round}").into(), "ada".into(), SessionConfig::new(), at(0));
        store.insert_session(&project(), &session).await.unwrap();
        let kept = race(&handles, |handle, number| {
            let number = u8::try_from(number).unwrap();
            let token = McpTokenRecord {
                id: format!("mtk_{round}_{number}").into(),
                session: session.id.clone(),
                digest: [10 * round + number; 32],
                created_at: at(0),
                expires_at: at(60),
            };
            async move { handle.put_mcp_token(&project(), &token, 1).await }
        });
        let (kept, refused): (Vec<_>, Vec<_>) = kept.await.into_iter().partition(Result::is_ok);
        assert_eq!(kept.len(), 1, "round {round}");
        assert!(refused.iter().all(|refused| matches!(refused, Err(error) if error.kind() == ErrorKind::Conflict)));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn handles_race_for_the_next_version_of_a_session_and_one_wins() {
    let store = OnDisk::open().await;
    let handles = [store.again().await, store.again().await, store.again().await, store.again().await];
    let mut session = SessionRecord::new("trs_1".into(), "ada".into(), SessionConfig::new(), at(0));
    store.insert_session(&project(), &session).await.unwrap();
    for round in 1..=10 {
        let results = race(&handles, |handle, number| {
            let mut config = SessionConfig::new();
            config.callback_url = Some(Box::new(format!("https://app.example/{round}/{number}").parse().unwrap()));
            let next = session.next(config, at(round));
            async move { handle.update_session(&project(), &next).await.map(|()| next) }
        });
        let (won, lost): (Vec<_>, Vec<_>) = results.await.into_iter().partition(Result::is_ok);
        assert!(lost.iter().all(|lost| matches!(lost, Err(error) if error.kind() == ErrorKind::Conflict)), "{lost:?}");
        let [Ok(won)] = &won[..] else { panic!("round {round}: {won:?}") };
        session = store.session(&project(), &session.id).await.unwrap().unwrap();
        assert_eq!((session.version, &session.config), (won.version, &won.config));
        let history = store.session_history(&project(), &session.id, &HistoryQuery::new()).await.unwrap();
        assert_eq!(history.total, usize::try_from(round + 1).ok(), "only what won is kept");
    }
}

/// An approval is used once, an account becomes ready once, and a try is given to one, across handles too.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn handles_race_for_an_approval_readiness_and_a_try_and_one_wins() {
    let store = OnDisk::open().await;
    let handles = [store.again().await, store.again().await, store.again().await, store.again().await];
    for round in 0..10 {
        let [tried, marked] = ["tried", "marked"].map(|name| account(&format!("ca_{round}_{name}")));
        for account in [&tried, &marked] {
            store.insert_account(&project(), account, None).await.unwrap();
        }
        let mut connected = Transition { connected: true, ..connect("kept") };
        store.transition(&project(), &tried.id, &connected).await.unwrap();
        connected.at = at(1_000_000);
        store.transition(&project(), &marked.id, &connected).await.unwrap();
        let won = race(&handles, |handle, _| {
            let marked = marked.id.clone();
            async move {
                let approval = [u8::try_from(round).unwrap(); 32];
                let spent = handle.spend_approval(&project(), &approval, at(0), at(600)).await.unwrap();
                let ready = handle.mark_ready(&project(), &marked, at(2)).await.unwrap().is_some();
                let due = handle.due_work(at(31), at(0), 10).await.unwrap();
                (spent, ready, due)
            }
        });
        let won = won.await;
        let spent = won.iter().filter(|(spent, _, _)| *spent).count();
        let ready = won.iter().filter(|(_, ready, _)| *ready).count();
        assert_eq!((spent, ready), (1, 1), "round {round}: {won:?}");
        let due: Vec<_> = won.iter().flat_map(|(_, _, due)| due).collect();
        assert_eq!(due, [&DueWork::Probe(project(), tried.id.clone())], "round {round}");
        store.mark_ready(&project(), &tried.id, at(32)).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_file_may_be_opened_by_several_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let mut tasks = JoinSet::new();
    for _ in 0..8 {
        let path = database(directory.path());
        tasks.spawn(async move { SqliteStore::open(path).await.map(drop) });
    }
    for opened in tasks.join_all().await {
        opened.unwrap();
    }
}

/// A caller that goes away in the middle of a write, at whatever point: the write happened or it did not, with all its
/// parts, and the next writer gets through.
#[tokio::test]
async fn a_write_that_is_dropped_leaves_the_writer_free() {
    let disk = OnDisk::open().await;
    for store in [disk.store.clone(), SqliteStore::in_memory().await.unwrap()] {
        for polls in 0..200 {
            drop_a_write_after(polls, &store).await;
        }
    }
}

async fn drop_a_write_after(polls: usize, store: &SqliteStore) {
    let account = account(&format!("ca_{polls}"));
    store.insert_account(&project(), &account, None).await.unwrap();
    {
        let (target, step) = (project(), connect("new"));
        let mut write = Box::pin(store.transition(&target, &account.id, &step));
        for _ in 0..polls {
            if (&mut write).now_or_never().is_some() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    let session = SessionRecord::new(format!("trs_{polls}").into(), "ada".into(), SessionConfig::new(), at(0));
    store.insert_session(&project(), &session).await.unwrap();
    let found = store.account(&project(), &account.id).await.unwrap().unwrap();
    let credential = store.credential(&project(), &account.id).await.unwrap();
    assert_eq!(found.status == ConnectionStatus::Active, credential.is_some(), "after {polls} polls");
}

#[tokio::test]
async fn a_file_of_something_else_is_refused_without_a_word_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    std::fs::write(&path, "a secret that somebody else keeps here ".repeat(200)).unwrap();
    let error = SqliteStore::open(&path).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unexpected);
    assert!(error.to_string().contains("store.db"), "{error}");
    assert!(!format!("{error:?}").contains("somebody else"), "{error:?}");

    let error = SqliteStore::open(directory.path()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unexpected);
}

#[cfg(unix)]
#[tokio::test]
async fn a_new_file_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let store = OnDisk::open().await;
    store.insert_account(&project(), &account("ca_1"), None).await.unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(store.path().parent().unwrap()), 0o700);
    let files: Vec<_> = std::fs::read_dir(store.path().parent().unwrap()).unwrap().map(|file| file.unwrap()).collect();
    assert!(files.len() > 1, "the log is beside the file: {files:?}");
    for file in files {
        assert_eq!(mode(&file.path()), 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn it_says_where_it_is_and_nothing_else() {
    let store = OnDisk::open().await;
    assert_eq!(format!("{:?}", *store), format!("SqliteStore({:?})", store.path()));
    assert_eq!(format!("{:?}", SqliteStore::in_memory().await.unwrap()), "SqliteStore(\"memory\")");
}

/// Two stores in memory have nothing in common; a clone has everything.
#[tokio::test]
async fn memory_is_shared_by_clones_alone() -> Result<()> {
    let (one, other) = (SqliteStore::in_memory().await?, SqliteStore::in_memory().await?);
    one.insert_account(&project(), &account("ca_1"), None).await?;
    assert!(one.clone().account(&project(), &"ca_1".into()).await?.is_some());
    assert!(other.account(&project(), &"ca_1".into()).await?.is_none());
    Ok(())
}
