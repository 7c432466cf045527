//! All requests together: nothing of the description is left out, and nothing in them could be called otherwise.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use serde_json::Value;

use crate::body;
use crate::case::Case;
use crate::description;
use crate::service::{Exchange, Service};
use crate::{client, domain, place};

/// How many cases or questions are under way at a time.
const AT_ONCE: usize = 16;

/// An operation, or `*` for each that has such a place; places in its body; and why they are listed.
type Entry = (&'static str, &'static str, &'static str);

/// Fields that the description has and no case sends.
const UNSENT: [Entry; 4] = [
    ("*", "/custom_connection_data/val/*", CREDENTIALS),
    ("connected_accounts_create", "/connection/state/val/*", CREDENTIALS),
    ("connected_accounts_patch", "/connection/state/val/*", CREDENTIALS),
    ("link_create", "/connection_data/*", CREDENTIALS),
];
const CREDENTIALS: &str = "the fields of a credential are the caller's own words: `SecretFields`";

/// Where any name may stand: the keys of maps, and JSON that is only handed on.
const FREE: [Entry; 24] = [
    ("*", "/arguments/**", "what a tool takes"),
    ("*", "/input_responses/*", "a question's name is its key"),
    ("*", "/input_responses/*/content/**", "what a human answered"),
    ("*", "/experimental/custom_tools/-/input_schema/**", "a JSON Schema"),
    ("*", "/experimental/custom_tools/-/output_schema/**", "a JSON Schema"),
    ("*", "/experimental/custom_toolkits/-/tools/-/input_schema/**", "a JSON Schema"),
    ("*", "/experimental/custom_toolkits/-/tools/-/output_schema/**", "a JSON Schema"),
    ("*", "/experimental/permissions/overrides/*", "a tool is the key"),
    ("*", "/auth_configs/*", "a toolkit is the key"),
    ("*", "/connected_accounts/*", "a toolkit is the key"),
    ("*", "/tools/*", "a toolkit is the key"),
    ("*", "/instant/tools/*", "a toolkit is the key"),
    ("*", "/premium_usage/tools/*", "a toolkit is the key"),
    ("*", "/body/**", "what a service takes"),
    ("*", "/custom_connection_data/val/extra_token_data/**", "what a provider gave with a token"),
    ("connected_accounts_create", "/connection/data/**", "what older clients send as they like"),
    ("tools_execute", "/custom_auth_params/body/**", "what a service takes"),
    ("auth_configs_create", "/auth_config/credentials/*", CREDENTIALS),
    ("auth_configs_create", "/auth_config/sealed_credentials/*", CREDENTIALS),
    ("auth_configs_create", "/auth_config/shared_credentials/*", CREDENTIALS),
    ("auth_configs_create", "/auth_config/shared_connection_fields/*", CREDENTIALS),
    ("auth_configs_update", "/sealed_credentials/*", CREDENTIALS),
    ("auth_configs_update", "/shared_credentials/*", CREDENTIALS),
    ("auth_configs_update", "/shared_connection_fields/*", CREDENTIALS),
];

/// Where the description has names and lets others stand beside them by a word of its own. Prism takes any name there; ours
/// are held against the description instead.
const OPEN: [Entry; 2] = [
    ("auth_configs_create", "/auth_config/*", OPEN_UPSTREAM),
    ("auth_configs_create", "/auth_config/*/*", OPEN_UPSTREAM),
];
const OPEN_UPSTREAM: &str = "`additionalProperties` is true";

fn cases() -> Vec<Case> {
    [client::all(), domain::all()].concat()
}

/// What all cases send.
async fn recorded(prism: &url::Url) -> Vec<Exchange> {
    let each = futures::stream::iter(cases()).map(|case| async move {
        let service = Service::start(prism.clone()).await;
        let outcome = (case.run)(&service).await;
        outcome.unwrap_or_else(|error| panic!("{}: {error:?}", case.name));
        service.heard()
    });
    each.buffer_unordered(AT_ONCE).collect::<Vec<_>>().await.concat()
}

#[tokio::test]
async fn every_operation_is_asked_for() {
    let Some(prism) = place::prism() else { return };
    let recorded = recorded(&prism).await;
    let asked: BTreeSet<_> = recorded.iter().map(|exchange| exchange.operation).collect();
    let known: BTreeSet<_> = description::operations().iter().map(|operation| operation.id.as_str()).collect();
    let (requests, clients, domains) = (recorded.len(), client::all().len(), domain::all().len());
    place::say(&format!(
        "{requests} requests for {} operations, by {clients} cases of the client and {domains} of the backend",
        asked.len()
    ));
    assert_eq!(known.len(), 49);
    assert_eq!(asked, known);
}

/// Holds what was found against what is listed: both must be the same.
#[track_caller]
fn same(what: &str, found: &BTreeSet<(&str, String)>, lists: &[&[Entry]]) {
    let entries = || lists.iter().copied().flatten();
    let unsaid: Vec<_> = found.iter().filter(|found| !entries().any(|entry| applies(entry, found))).collect();
    assert!(unsaid.is_empty(), "{what}: {unsaid:#?}");
    let needless: Vec<_> = entries().filter(|entry| !found.iter().any(|found| applies(entry, found))).collect();
    assert!(needless.is_empty(), "not so, take it off the list: {needless:#?}");
}

fn applies((of, pattern, _): &Entry, (operation, place): &(&str, String)) -> bool {
    (*of == "*" || of == operation) && body::fits(pattern, place)
}

#[tokio::test]
async fn every_field_that_is_described_is_sent_and_every_one_that_is_sent_is_described() {
    let Some(prism) = place::prism() else { return };
    let sent: BTreeSet<_> = recorded(&prism).await.iter().flat_map(fields).collect();
    let known = description::operations()
        .iter()
        .flat_map(|operation| operation.fields.iter().map(|pattern| (operation.id.as_str(), pattern.clone())));
    let known: BTreeSet<_> = known.collect();
    let fits = |(of, pattern): &(&str, String), (operation, place): &(&str, String)| {
        of == operation && body::fits(pattern, place)
    };
    let unsent: BTreeSet<_> =
        known.iter().filter(|known| !sent.iter().any(|sent| fits(known, sent))).cloned().collect();
    let total = known.len();
    place::say(&format!("{} of {total} fields are sent, the others are fields of credentials", total - unsent.len()));
    same("no case sends", &unsent, &[&UNSENT]);
    let strange: BTreeSet<_> =
        sent.iter().filter(|sent| !known.iter().any(|known| fits(known, sent))).cloned().collect();
    same("the description does not have", &strange, &[&FREE]);
}

fn fields(exchange: &Exchange) -> Vec<(&'static str, String)> {
    body::places(&exchange.body).into_iter().map(|place| (exchange.operation, place)).collect()
}

#[tokio::test]
async fn a_field_with_another_name_is_refused() {
    let Some(prism) = place::prism() else { return };
    let exchanges = recorded(&prism).await;
    let service = Service::start(prism).await;
    let copies = exchanges.iter().flat_map(|exchange| {
        body::renamed(&exchange.body).into_iter().map(move |(place, body)| (exchange, place, body))
    });
    let asked = futures::stream::iter(copies).map(|(exchange, place, body)| {
        let service = &service;
        async move {
            let (answer, ..) = service.ask(&exchange.method, &exchange.target, &body).await;
            (exchange.operation, place, answer.violations.is_some())
        }
    });
    let asked: Vec<_> = asked.buffer_unordered(AT_ONCE).collect().await;
    let refused = asked.iter().filter(|(.., refused)| *refused).count();
    let taken = asked.iter().filter(|(.., refused)| !refused).map(|(of, place, _)| (*of, place.clone())).collect();
    let free = asked.len() - refused;
    place::say(&format!(
        "{} fields renamed: {refused} refused, {free} in places where any name may stand",
        asked.len()
    ));
    assert!(refused > 1000, "{refused}");
    same("Prism takes any name for", &taken, &[&FREE, &OPEN]);
}

#[tokio::test]
async fn a_name_in_a_query_is_refused_where_it_is_another() {
    let Some(prism) = place::prism() else { return };
    let exchanges = recorded(&prism).await;
    let service = Service::start(prism).await;
    let mut renamed = 0;
    for exchange in exchanges {
        let Some((path, query)) = exchange.target.split_once('?') else { continue };
        for (at, name) in query.split('&').enumerate() {
            let mut names: Vec<_> = query.split('&').map(str::to_owned).collect();
            names[at] = format!("renamed_{name}");
            let target = format!("{path}?{}", names.join("&"));
            let (answer, ..) = service.ask(&exchange.method, &target, &Value::Null).await;
            assert!(answer.violations.is_some(), "{target}");
            renamed += 1;
        }
    }
    place::say(&format!("{renamed} names in queries renamed: all refused"));
    assert!(renamed > 60, "{renamed}");
}
