//! Executions that happen at most once under their key.

use composio_core::ErrorKind;
use composio_engine::store::{Begun, ExecutionKey, Store};
use futures::future::join_all;

use super::fixture::*;

async fn begin(store: &dyn Store, key: &ExecutionKey, arguments: u8, now: i64) -> Begun {
    store.begin_execution(&here(), key, &digest(arguments), at(now), at(now + 60)).await.unwrap()
}

async fn finish(store: &dyn Store, key: &ExecutionKey, outcome: &str, keep_until: i64) {
    store.finish_execution(&here(), key, &sealed(outcome), at(keep_until)).await.unwrap();
}

/// However many callers come with a key at once, one is to send; the others are told until when.
pub async fn an_execution_begins_once(store: &dyn Store) {
    for round in 0..10 {
        let key = key(&format!("key {round}"));
        let begun = join_all((0..CALLERS).map(|_| begin(store, &key, 1, 0))).await;
        let news = begun.iter().filter(|begun| **begun == Begun::New).count();
        let running = begun.iter().filter(|begun| **begun == Begun::Running { deadline: at(60) }).count();
        assert_eq!((news, running), (1, usize::from(CALLERS) - 1), "round {round}: {begun:?}");
    }
}

/// Without an outcome it counts as running, with the deadline of the one who began, for a day after it.
pub async fn an_execution_runs_until_it_has_an_outcome(store: &dyn Store) {
    assert_eq!(begin(store, &key("k"), 1, 0).await, Begun::New);
    for now in [1, 60, 80_000] {
        assert_eq!(begin(store, &key("k"), 1, now).await, Begun::Running { deadline: at(60) });
    }
}

/// The outcome is given to everyone who comes with the key again.
pub async fn a_finished_execution_gives_its_outcome(store: &dyn Store) {
    assert_eq!(begin(store, &key("k"), 1, 0).await, Begun::New);
    finish(store, &key("k"), "outcome", 1000).await;
    for now in [1, 61, 999] {
        assert_eq!(begin(store, &key("k"), 1, now).await, Begun::Finished(sealed("outcome")));
    }
}

/// A second outcome changes nothing, neither what it was nor how long it is kept.
pub async fn the_first_outcome_stays(store: &dyn Store) {
    assert_eq!(begin(store, &key("k"), 1, 0).await, Begun::New);
    finish(store, &key("k"), "first", 1000).await;
    finish(store, &key("k"), "second", 5000).await;
    assert_eq!(begin(store, &key("k"), 1, 1).await, Begun::Finished(sealed("first")));
    assert_eq!(begin(store, &key("k"), 1, 1000).await, Begun::New);
}

/// A key stands for the arguments it was first used with, before its outcome and after.
pub async fn a_key_with_other_arguments_is_refused(store: &dyn Store) {
    assert_eq!(begin(store, &key("k"), 1, 0).await, Begun::New);
    assert_eq!(begin(store, &key("k"), 2, 1).await, Begun::OtherArguments);
    finish(store, &key("k"), "outcome", 1000).await;
    assert_eq!(begin(store, &key("k"), 2, 2).await, Begun::OtherArguments);
    assert_eq!(begin(store, &key("k"), 1, 3).await, Begun::Finished(sealed("outcome")));
}

/// The same text is another key in another session, for another tool, and in another case.
pub async fn a_key_belongs_to_one_session_and_tool(store: &dyn Store) {
    let (mut other_session, mut other_tool) = (key("k"), key("k"));
    other_session.session = "trs_2".into();
    other_tool.tool = tool("GITHUB_GET_A_USER");
    let keys = [key("k"), other_session, other_tool, key("K"), key(""), key("k ")];
    for (arguments, key) in (0..).zip(&keys) {
        assert_eq!(begin(store, key, arguments, 0).await, Begun::New, "{key:?}");
    }
    finish(store, &keys[0], "outcome", 1000).await;
    for (arguments, key) in (1..).zip(&keys[1..]) {
        assert_eq!(begin(store, key, arguments, 1).await, Begun::Running { deadline: at(60) }, "{key:?}");
    }
}

/// From the moment an outcome need not be kept any more the key is as new, with other arguments too.
pub async fn an_outcome_is_forgotten_when_its_time_is_over(store: &dyn Store) {
    for (text, now, expected) in [("a", 999, false), ("b", 1000, true), ("c", 1001, true)] {
        assert_eq!(begin(store, &key(text), 1, 0).await, Begun::New);
        finish(store, &key(text), "outcome", 1000).await;
        let again = begin(store, &key(text), 2, now).await;
        assert_eq!(again == Begun::New, expected, "{again:?} at second {now}");
    }
}

/// What forgets finished executions forgets none whose outcome nobody knows.
pub async fn an_execution_without_outcome_is_not_forgotten(store: &dyn Store) {
    assert_eq!(begin(store, &key("lost"), 1, 0).await, Begun::New);
    assert_eq!(begin(store, &key("done"), 1, 0).await, Begun::New);
    finish(store, &key("done"), "outcome", 10).await;
    assert_eq!(begin(store, &key("done"), 1, 5000).await, Begun::New);
    assert_eq!(begin(store, &key("lost"), 1, 5000).await, Begun::Running { deadline: at(60) });
}

/// A day after its deadline an execution without outcome is as forgotten as one with.
pub async fn an_execution_without_outcome_is_forgotten_after_a_day(store: &dyn Store) {
    assert_eq!(begin(store, &key("lost"), 1, 0).await, Begun::New);
    let day = 24 * 60 * 60;
    assert_eq!(begin(store, &key("lost"), 1, day + 59).await, Begun::Running { deadline: at(60) });
    assert_eq!(begin(store, &key("lost"), 1, day + 60).await, Begun::New);
}

/// An outcome of nothing is refused: without the arguments it could not be compared with.
pub async fn an_execution_that_never_began_does_not_finish(store: &dyn Store) {
    let finished = store.finish_execution(&here(), &key("k"), &sealed("stray"), at(1000)).await;
    refused(finished, ErrorKind::NotFound);
    assert_eq!(begin(store, &key("k"), 1, 0).await, Begun::New);
}

/// A key under which nothing was sent is free again, with other arguments too; forgetting what is not there is no error.
pub async fn an_execution_without_outcome_can_be_given_up(store: &dyn Store) {
    for text in ["given up", "kept"] {
        assert_eq!(begin(store, &key(text), 1, 0).await, Begun::New);
    }
    for _ in 0..2 {
        store.forget_execution(&here(), &key("given up")).await.unwrap();
    }
    assert_eq!(begin(store, &key("given up"), 2, 1).await, Begun::New);
    assert_eq!(begin(store, &key("kept"), 1, 1).await, Begun::Running { deadline: at(60) });
}

/// What has an outcome happened: it cannot be given up.
pub async fn a_finished_execution_is_not_given_up(store: &dyn Store) {
    assert_eq!(begin(store, &key("k"), 1, 0).await, Begun::New);
    finish(store, &key("k"), "outcome", 1000).await;
    store.forget_execution(&here(), &key("k")).await.unwrap();
    assert_eq!(begin(store, &key("k"), 1, 1).await, Begun::Finished(sealed("outcome")));
}
