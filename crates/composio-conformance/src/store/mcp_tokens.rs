//! Tokens for the MCP endpoints of sessions: recognised by their digests, for a while, and only as long as their session.

use composio_core::{ErrorKind, McpTokenId, SessionConfig, SessionId, SessionRecord, UserId};
use composio_engine::store::{McpTokenRecord, ProjectId, Store};
use futures::future::join_all;

use super::fixture::*;

/// More than any scenario keeps, unless it is about the number.
const MANY: usize = 100;

/// Token number `n` of a session, from one second until another.
fn token(number: u8, session: &str, made: i64, expires: i64) -> McpTokenRecord {
    McpTokenRecord {
        id: McpTokenId::new(format!("mtk_{number}")),
        session: SessionId::new(session),
        digest: digest(number),
        created_at: at(made),
        expires_at: at(expires),
    }
}

async fn keep_sessions(store: &dyn Store, project: &ProjectId) {
    for id in ["trs_1", "trs_2"] {
        let session = SessionRecord::new(SessionId::new(id), UserId::new("ada"), SessionConfig::new(), at(0));
        store.insert_session(project, &session).await.unwrap();
    }
}

async fn keep(store: &dyn Store, tokens: &[McpTokenRecord]) {
    for token in tokens {
        store.put_mcp_token(&here(), token, MANY).await.unwrap();
    }
}

/// The session that the token with this number opens at a second.
async fn opens(store: &dyn Store, number: u8, now: i64) -> Option<String> {
    let found = store.mcp_token_session(&here(), &digest(number), at(now)).await.unwrap();
    found.map(|session| session.as_str().to_owned())
}

/// Each token opens the session that it was made for, and an unknown one opens none.
pub async fn an_mcp_token_opens_its_session(store: &dyn Store) {
    keep_sessions(store, &here()).await;
    keep(store, &[token(1, "trs_1", 0, 60), token(2, "trs_2", 0, 60), token(3, "trs_1", 0, 60)]).await;
    for (number, session) in [(1, Some("trs_1")), (2, Some("trs_2")), (3, Some("trs_1")), (4, None)] {
        assert_eq!(opens(store, number, 1).await.as_deref(), session, "token {number}");
    }
}

/// A token opens nothing from the moment it expires, and others go on.
pub async fn an_mcp_token_opens_nothing_once_it_expires(store: &dyn Store) {
    keep_sessions(store, &here()).await;
    keep(store, &[token(1, "trs_1", 0, 60), token(2, "trs_1", 0, 600)]).await;
    for (now, first) in [(0, true), (59, true), (60, false), (61, false)] {
        assert_eq!(opens(store, 1, now).await.is_some(), first, "at second {now}");
        assert_eq!(opens(store, 2, now).await.as_deref(), Some("trs_1"));
    }
}

/// A second token with an id or a digest is a conflict, for another session too, and the first one stays.
pub async fn an_mcp_token_is_kept_once(store: &dyn Store) {
    keep_sessions(store, &here()).await;
    keep(store, &[token(1, "trs_1", 0, 60)]).await;
    let same_id = McpTokenRecord { digest: digest(2), ..token(1, "trs_2", 0, 600) };
    let same_digest = McpTokenRecord { id: McpTokenId::new("mtk_2"), ..token(1, "trs_2", 0, 600) };
    for other in [same_id, same_digest] {
        refused(store.put_mcp_token(&here(), &other, MANY).await, ErrorKind::Conflict);
    }
    assert_eq!(opens(store, 1, 1).await.as_deref(), Some("trs_1"));
    assert_eq!((opens(store, 1, 60).await, opens(store, 2, 1).await), (None, None));
}

/// No token is kept for a session that is not there (any more).
pub async fn an_mcp_token_of_no_session_is_not_found(store: &dyn Store) {
    keep_sessions(store, &here()).await;
    store.delete_session(&here(), &"trs_2".into()).await.unwrap();
    for session in ["trs_nowhere", "trs_2"] {
        refused(store.put_mcp_token(&here(), &token(1, session, 0, 60), MANY).await, ErrorKind::NotFound);
    }
    assert_eq!(opens(store, 1, 1).await, None);
}

/// One that is forgotten opens nothing, and its siblings go on. Another session cannot have it forgotten, and forgetting
/// what is not there is no error.
pub async fn an_mcp_token_is_forgotten_alone(store: &dyn Store) {
    keep_sessions(store, &here()).await;
    keep(store, &[token(1, "trs_1", 0, 60), token(2, "trs_1", 0, 60)]).await;
    let (session, id) = (SessionId::new("trs_1"), McpTokenId::new("mtk_1"));
    store.forget_mcp_tokens(&here(), &"trs_2".into(), Some(&id)).await.unwrap();
    assert!(opens(store, 1, 1).await.is_some(), "another session forgot it");
    for _ in 0..2 {
        store.forget_mcp_tokens(&here(), &session, Some(&id)).await.unwrap();
        assert_eq!(opens(store, 1, 1).await, None);
        assert!(opens(store, 2, 1).await.is_some());
    }
    store.put_mcp_token(&here(), &token(1, "trs_2", 1, 60), MANY).await.expect("its id and its digest are free again");
}

/// All tokens of a session go at once, and those of another one stay.
pub async fn all_mcp_tokens_of_a_session_are_forgotten_at_once(store: &dyn Store) {
    keep_sessions(store, &here()).await;
    keep(store, &[token(1, "trs_1", 0, 60), token(2, "trs_1", 0, 60), token(3, "trs_2", 0, 60)]).await;
    for _ in 0..2 {
        store.forget_mcp_tokens(&here(), &"trs_1".into(), None).await.unwrap();
        assert_eq!((opens(store, 1, 1).await, opens(store, 2, 1).await), (None, None));
        assert!(opens(store, 3, 1).await.is_some());
    }
}

/// A session takes its tokens along, and one that gets its id later does not have them.
pub async fn mcp_tokens_go_with_their_session(store: &dyn Store) {
    keep_sessions(store, &here()).await;
    keep(store, &[token(1, "trs_1", 0, 60), token(2, "trs_2", 0, 60)]).await;
    store.delete_session(&here(), &"trs_1".into()).await.unwrap();
    assert_eq!(opens(store, 1, 1).await, None);
    let again = SessionRecord::new("trs_1".into(), UserId::new("bob"), SessionConfig::new(), at(1));
    store.insert_session(&here(), &again).await.unwrap();
    assert_eq!(opens(store, 1, 1).await, None);
    assert!(opens(store, 2, 1).await.is_some());
}

/// What is over is forgotten when the next one is made, whichever session it was of: its id and its digest are free.
pub async fn mcp_tokens_that_are_over_are_forgotten(store: &dyn Store) {
    keep_sessions(store, &here()).await;
    keep(store, &[token(1, "trs_1", 0, 60)]).await;
    refused(store.put_mcp_token(&here(), &token(1, "trs_2", 59, 600), MANY).await, ErrorKind::Conflict);
    keep(store, &[token(1, "trs_2", 60, 600)]).await;
    assert_eq!(opens(store, 1, 61).await.as_deref(), Some("trs_2"));
}

/// A session has as many tokens as it may: however many callers come at once, the rest are refused until one is over or
/// forgotten. Other sessions have their own number.
pub async fn a_session_has_no_more_mcp_tokens_than_it_may(store: &dyn Store) {
    keep_sessions(store, &here()).await;
    let tokens: Vec<_> = (1..=CALLERS).map(|number| token(number, "trs_1", 0, 60)).collect();
    let here = here();
    let kept = join_all(tokens.iter().map(|token| store.put_mcp_token(&here, token, 3))).await;
    let (kept, left): (Vec<_>, Vec<_>) = kept.into_iter().zip(&tokens).partition(|(kept, _)| kept.is_ok());
    assert_eq!(kept.len(), 3);
    for (refusal, _) in left {
        let error = refused(refusal, ErrorKind::Conflict);
        assert!(error.to_string().contains("trs_1") && error.to_string().contains("revoke"), "{error}");
    }
    store.put_mcp_token(&here, &token(20, "trs_2", 0, 600), 3).await.expect("another session");

    store.forget_mcp_tokens(&here, &"trs_1".into(), Some(&kept[0].1.id)).await.unwrap();
    store.put_mcp_token(&here, &token(21, "trs_1", 1, 60), 3).await.expect("one was forgotten");
    refused(store.put_mcp_token(&here, &token(22, "trs_1", 59, 600), 3).await, ErrorKind::Conflict);
    store.put_mcp_token(&here, &token(22, "trs_1", 60, 600), 3).await.expect("the others are over");
}

/// A token is worth nothing in another project, and cannot be forgotten from there; its id and its digest are free there.
pub async fn projects_do_not_share_mcp_tokens(store: &dyn Store) {
    keep_sessions(store, &here()).await;
    keep(store, &[token(1, "trs_1", 0, 60)]).await;
    let found = store.mcp_token_session(&there(), &digest(1), at(1)).await.unwrap();
    assert_eq!(found, None);
    refused(store.put_mcp_token(&there(), &token(2, "trs_1", 0, 60), MANY).await, ErrorKind::NotFound);

    keep_sessions(store, &there()).await;
    store.put_mcp_token(&there(), &token(1, "trs_2", 0, 60), 1).await.unwrap();
    assert_eq!(opens(store, 1, 1).await.as_deref(), Some("trs_1"));
    store.put_mcp_token(&there(), &token(3, "trs_1", 0, 60), 1).await.expect("the one that is here does not count");
    for token in [Some(McpTokenId::new("mtk_1")), None] {
        store.forget_mcp_tokens(&there(), &"trs_1".into(), token.as_ref()).await.unwrap();
    }
    assert!(store.delete_session(&there(), &"trs_1".into()).await.unwrap());
    assert_eq!(opens(store, 1, 1).await.as_deref(), Some("trs_1"));
    let theirs = store.mcp_token_session(&there(), &digest(1), at(1)).await.unwrap();
    assert_eq!(theirs, Some("trs_2".into()));
}
