//! Tokens that a service does not renew. One refusal is not enough to end an account.

use std::time::Duration;

use composio_core::{ConnectionStatus as Status, Error, ErrorKind, Retry, Session};
use serde_json::json;

use super::stage::{BY_CONSENT, PROFILE, Stage};
use crate::harness::{ALICE, Harness, Trouble, consent, refused as refused_naming};

/// Longer than the tokens of the service live.
const TOKEN_LIFE: Duration = Duration::from_secs(2 * 3600);
/// What is waited after the first refusal, and after the second.
const PAUSES: [Duration; 2] = [Duration::from_secs(30), Duration::from_secs(120)];
const MOMENT: Duration = Duration::from_secs(1);

async fn profile(session: &Session) -> Result<(), Error> {
    session.execute(PROFILE, json!({})).await.map(drop)
}

/// The service is not asked again before the pause is over: however often the call is made, it says how long to wait.
async fn waits(harness: &dyn Harness, session: &Session, pause: Duration) {
    for passed in [Duration::ZERO, MOMENT, pause - 3 * MOMENT] {
        harness.advance(passed).await;
        let error = refused_naming(profile(session).await, ErrorKind::Unavailable, &[]);
        let Retry::After(wait) = error.retry() else { panic!("it says how long to wait: {error:?}") };
        assert!(wait <= pause && !wait.is_zero(), "{wait:?} of {pause:?}");
        assert_eq!(error.connect_url(), None, "the user has nothing to do yet");
    }
    harness.advance(3 * MOMENT).await;
}

/// Three refusals in a row end an account, and not one before: it stays ACTIVE, calls say when to try again, and the
/// service is asked once for each pause. Then the call says how to connect it again, and the account keeps its id.
pub async fn three_refusals_in_a_row_end_an_account(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let request = stage.connect(&session).await;
    let id = request.account();
    profile(&session).await.unwrap();
    harness.advance(TOKEN_LIFE).await;
    harness.trouble(Trouble::Renewal, 3).await;
    for pause in PAUSES {
        waits(harness, &session, pause).await;
        assert_eq!(stage.read(id).await.status, Status::Active);
    }
    let error = refused_naming(profile(&session).await, ErrorKind::ConnectionRequired, &[id.as_str()]);
    let ended = stage.read(id).await;
    assert_eq!(ended.status, Status::Expired);
    assert!(ended.status_reason.is_some(), "{ended:?}");
    let link = error.connect_url().expect("there is a way back");
    harness.advance(MOMENT).await;
    let connected = consent(harness, link, Some(ALICE)).await;
    assert_eq!((&connected.account, connected.refusal), (id, None));
    profile(&session).await.unwrap();
}

/// A renewal that works forgets the refusals before it: two more do not end the account.
pub async fn a_renewal_forgets_the_refusals_before_it(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let request = stage.connect(&session).await;
    for _ in 0..2 {
        harness.advance(TOKEN_LIFE).await;
        harness.trouble(Trouble::Renewal, 2).await;
        for pause in PAUSES {
            waits(harness, &session, pause).await;
        }
        profile(&session).await.unwrap();
        assert!(stage.read(request.account()).await.is_active());
    }
}

/// A connection that is made again begins anew: refusals of the one before do not count against it.
pub async fn a_reconnect_forgets_the_refusals_before_it(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let request = stage.connect(&session).await;
    let id = request.account();
    harness.advance(TOKEN_LIFE).await;
    harness.trouble(Trouble::Renewal, 2).await;
    for pause in PAUSES {
        waits(harness, &session, pause).await;
    }
    stage.connected_accounts().revoke(id).await.unwrap();
    harness.advance(MOMENT).await;
    let again = session.reconnect(id).await.unwrap();
    consent(harness, again.redirect_url(), Some(ALICE)).await;
    profile(&session).await.unwrap();
    harness.advance(TOKEN_LIFE).await;
    harness.trouble(Trouble::Renewal, 1).await;
    waits(harness, &session, PAUSES[0]).await;
    profile(&session).await.unwrap();
    let account = stage.read(id).await;
    assert_eq!((account.status, account.toolkit.as_str()), (Status::Active, BY_CONSENT));
}
