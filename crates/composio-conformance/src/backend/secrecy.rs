//! A connect link is a capability: whoever reads it can connect an account in the user's name.

use composio_core::ErrorKind;

use super::Claim;
use super::stage::{BY_CONSENT, Stage, T};
use crate::harness::{Harness, prints_no_link, ran, refused, whoami};

/// Neither requests nor links, nor sessions, nor errors print one.
pub async fn a_link_is_printed_nowhere(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    for toolkit in [T, BY_CONSENT] {
        let request = session.authorize(toolkit).await.unwrap();
        let texts = [format!("{request:?}"), format!("{:?}", request.wait()), format!("{session:?}")];
        prints_no_link(request.redirect_url(), &texts);
        let link = stage.raw_link(&session, toolkit).await;
        prints_no_link(&link.redirect_url, &[format!("{link:?}")]);
        if Claim::Execution.is_made(harness) && Claim::Management.is_made(harness) {
            // This looks at everything that prints the error.
            let call = ran(whoami(&session, T)).await;
            assert!(refused(call, ErrorKind::ConnectionRequired, &[]).connect_url().is_some());
        }
    }
}
