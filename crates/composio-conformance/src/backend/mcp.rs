//! MCP: where clients reach a session, and the tokens that let them in.

use std::time::Duration;

use composio_core::secrecy::{ExposeSecret, SecretString};
use composio_core::{Composio, ErrorKind, McpToken, Session, SessionId};

use super::stage::{Stage, refused};
use crate::harness::{Harness, USER};

const MINUTE: Duration = Duration::from_secs(60);

/// What a client sends after `Bearer`.
fn credential(token: &McpToken) -> SecretString {
    let [(name, value)] = &token.endpoint.headers[..] else { panic!("one header carries the token: {token:?}") };
    assert!(name.eq_ignore_ascii_case("authorization"), "{name}");
    value.expose_secret().strip_prefix("Bearer ").expect("the header carries a bearer token").into()
}

async fn token(session: &Session) -> McpToken {
    session.mcp_token().expires_in(MINUTE).await.unwrap()
}

/// Whether a credential opens a session. If it does not, it is `Unauthorized`.
async fn admits(harness: &dyn Harness, session: &SessionId, credential: &SecretString) -> bool {
    let access = harness.mcp_access().expect("the scenario needs somebody who admits");
    let admitted = access.admit(session, credential).await;
    if admitted.is_ok() {
        return true;
    }
    refused(admitted, ErrorKind::Unauthorized);
    false
}

/// A session knows the one URL where MCP clients reach it, when it is created as when it is taken up again.
pub async fn a_session_says_where_mcp_clients_reach_it(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let (created, other) = (stage.session().await, stage.session().await);
    let url = created.mcp().expect("a session whose tokens open something has an endpoint").url.clone();
    assert!(matches!(url.scheme(), "http" | "https"), "{url}");
    assert_ne!(Some(&url), other.mcp().map(|endpoint| &endpoint.url));
    let again = stage.composio.session(created.id()).await.unwrap();
    assert_eq!(again.mcp().map(|endpoint| &endpoint.url), Some(&url));
    assert_eq!(token(&created).await.endpoint.url, url);
}

/// Each token is another one, is shown to whoever asked for it, and printed nowhere.
pub async fn an_mcp_token_is_made_and_shown_once(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let (short, long) = (token(&session).await, session.mcp_token().expires_in(60 * MINUTE).await.unwrap());
    assert_ne!(short.id, long.id);
    assert_ne!(credential(&short).expose_secret(), credential(&long).expose_secret());
    assert!(short.expires_at < long.expires_at, "{short:?} {long:?}");
    let again = stage.composio.session(session.id()).await.unwrap();
    for text in [format!("{short:?}"), format!("{:?}", short.endpoint), format!("{session:?} {:?}", again.mcp())] {
        assert!(!text.contains(credential(&short).expose_secret()), "{text}");
    }
    assert!(!credential(&short).expose_secret().contains(short.id.as_str()), "the id opens nothing");
    let kept = again.mcp().map(|endpoint| &endpoint.headers[..]).unwrap_or_default();
    assert!(kept.iter().all(|(_, value)| !value.expose_secret().contains(credential(&short).expose_secret())));
}

/// A token opens the session that it was made for, also to another value of that session, and no other: not of the same
/// user, and not of another project.
pub async fn an_mcp_token_opens_its_session_alone(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let (session, other) = (stage.session().await, stage.session().await);
    let (mine, others) = (credential(&token(&session).await), credential(&token(&other).await));
    for _ in 0..2 {
        assert!(admits(harness, session.id(), &mine).await, "a token is not used up");
    }
    assert!(admits(harness, other.id(), &others).await);
    assert!(!admits(harness, session.id(), &others).await);
    assert!(!admits(harness, other.id(), &mine).await);

    let foreign = Composio::with_backend(harness.other_project()).create(USER).await.unwrap();
    let theirs = credential(&token(&foreign).await);
    assert!(!admits(harness, session.id(), &theirs).await);
    assert!(!admits(harness, foreign.id(), &theirs).await, "this project does not know the session");
    assert!(!admits(harness, foreign.id(), &mine).await);
}

/// A token opens nothing from the moment it expires; one that lives longer goes on.
pub async fn an_mcp_token_runs_out(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let short = credential(&token(&session).await);
    let long = credential(&session.mcp_token().await.unwrap());
    harness.advance(MINUTE - Duration::from_secs(1)).await;
    assert!(admits(harness, session.id(), &short).await);
    harness.advance(Duration::from_secs(1)).await;
    assert!(!admits(harness, session.id(), &short).await);
    assert!(admits(harness, session.id(), &long).await);
    harness.advance(60 * MINUTE).await;
    assert!(!admits(harness, session.id(), &long).await, "an hour, unless said otherwise");
}

/// A token that is revoked opens nothing at once, alone or with all of its session. Revoking is nobody else's, and
/// revoking again is no error.
pub async fn a_revoked_mcp_token_opens_nothing(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let (session, other) = (stage.session().await, stage.session().await);
    let tokens = [token(&session).await, token(&session).await, token(&session).await];
    let keys = tokens.each_ref().map(credential);
    let others = credential(&token(&other).await);
    other.revoke_mcp_token(&tokens[0].id).await.unwrap();
    assert!(admits(harness, session.id(), &keys[0]).await, "another session revoked it");
    for _ in 0..2 {
        session.revoke_mcp_token(&tokens[0].id).await.unwrap();
        assert!(!admits(harness, session.id(), &keys[0]).await);
        assert!(admits(harness, session.id(), &keys[1]).await);
    }
    for _ in 0..2 {
        session.revoke_mcp_tokens().await.unwrap();
        for key in &keys {
            assert!(!admits(harness, session.id(), key).await);
        }
    }
    assert!(admits(harness, other.id(), &others).await);
    assert!(admits(harness, session.id(), &credential(&token(&session).await)).await, "a new one is as good as any");
}

/// Deleting a session ends its tokens.
pub async fn mcp_tokens_end_with_their_session(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let (session, other) = (stage.session().await, stage.session().await);
    let (mine, others) = (credential(&token(&session).await), credential(&token(&other).await));
    session.delete().await.unwrap();
    assert!(!admits(harness, session.id(), &mine).await);
    assert!(admits(harness, other.id(), &others).await);
}

/// Whoever has no right to a session learns nothing of it: not whether it exists, and not what was wrong.
pub async fn credentials_that_open_nothing_are_not_told_apart(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let (session, other, deleted) = (stage.session().await, stage.session().await, stage.session().await);
    let (spent, revoked, ended) = (token(&session).await, token(&session).await, token(&deleted).await);
    harness.advance(MINUTE).await;
    let live = token(&other).await;
    session.revoke_mcp_token(&revoked.id).await.unwrap();
    deleted.delete().await.unwrap();
    let bearer = |token: &McpToken| credential(token).expose_secret().to_owned();
    let unknown = SessionId::new("trs_nowhere");
    let access = harness.mcp_access().expect("the scenario needs somebody who admits");
    let mut texts = Vec::new();
    for (id, credential) in [
        (session.id(), bearer(&spent)),
        (session.id(), bearer(&revoked)),
        (deleted.id(), bearer(&ended)),
        (session.id(), bearer(&live)),
        (&unknown, bearer(&live)),
        (other.id(), format!("Bearer {}", bearer(&live))),
        (other.id(), format!("{} ", bearer(&live))),
        (other.id(), bearer(&live).to_uppercase()),
        (other.id(), live.id.as_str().to_owned()),
        (other.id(), String::new()),
        (other.id(), "x".repeat(100_000)),
    ] {
        let error = refused(access.admit(id, &credential.as_str().into()).await, ErrorKind::Unauthorized);
        for text in [format!("{error:?}"), error.for_model().into_owned()] {
            assert!(credential.is_empty() || !text.contains(credential.trim()), "{text}");
        }
        texts.push((error.to_string(), format!("{error:?}")));
    }
    assert!(texts.iter().all(|text| text == &texts[0]), "{texts:?}");
}
