//! Every failure that the description has, for every operation, and what becomes of it.

use std::collections::BTreeMap;

use composio_core::ErrorKind;
use futures::StreamExt as _;

use crate::case::Case;
use crate::client;
use crate::description::{self, Operation};
use crate::place;
use crate::service::{KEY, Service};

/// How many are under way at a time: those that are sent again spend their time waiting.
const AT_ONCE: usize = 64;

/// What a refusal is, by its status. Rule: `session-semantics` 5.5.
fn kind(operation: &Operation, status: u16) -> ErrorKind {
    let unknown = match operation.reads() || operation.id == "tool_router_session_create" {
        true => ErrorKind::Unavailable,
        false => ErrorKind::OutcomeUnknown,
    };
    match status {
        400 | 422 => ErrorKind::InvalidInput,
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::PermissionDenied,
        404 => ErrorKind::NotFound,
        409 => ErrorKind::Conflict,
        410 => ErrorKind::Unsupported,
        429 => ErrorKind::RateLimited,
        500..=599 => unknown,
        other => panic!("{} describes status {other}, say what it means", operation.id),
    }
}

/// A case for each operation, of those that begin with it.
async fn first_cases(prism: &url::Url) -> BTreeMap<&'static str, Case> {
    let each = futures::stream::iter(client::all()).map(|case| async move {
        let service = Service::start(prism.clone()).await;
        let outcome = (case.run)(&service).await;
        outcome.unwrap_or_else(|error| panic!("{}: {error:?}", case.name));
        (service.heard()[0].operation, case)
    });
    each.buffer_unordered(AT_ONCE).collect().await
}

#[tokio::test]
async fn each_failure_is_of_its_kind_and_names_its_operation() {
    let Some(prism) = place::prism() else { return };
    let cases = first_cases(&prism).await;
    let failures = description::operations().iter().flat_map(|operation| {
        let statuses = operation.statuses.iter().filter(|status| **status >= 400);
        statuses.map(move |status| (operation, *status))
    });
    let (cases, prism) = (&cases, &prism);
    let each = futures::stream::iter(failures).map(|(operation, status)| async move {
        let service = Service::start(prism.clone()).await;
        service.prefer(format!("code={status}"));
        let error = (cases[operation.id.as_str()].run)(&service).await.unwrap_err();
        let says = format!("{} {status}: {error:?}", operation.id);
        assert_eq!(error.kind(), kind(operation, status), "{says}");
        assert!(format!("{error:?}").contains(&operation.id), "{says}");
        assert!(!says.contains(KEY) && !error.for_model().contains(KEY), "{says}");
        let attempts = service.heard().len();
        let again = matches!(error.kind(), ErrorKind::Unavailable);
        assert_eq!(attempts > 1, again, "{attempts} attempts: {says}");
        status
    });
    let statuses: Vec<_> = each.buffer_unordered(AT_ONCE).collect().await;
    let different: std::collections::BTreeSet<_> = statuses.iter().collect();
    place::say(&format!("{} failures of {} statuses: each of its kind", statuses.len(), different.len()));
    assert!(statuses.len() > 280, "{}", statuses.len());
}
