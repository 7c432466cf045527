//! Every operation of the published description, against it.

use serde_json::Value;

use super::{Operation, Resend};
use crate::hosted::{project, session};

fn described() -> Vec<(String, String)> {
    let text = include_str!("../../../tests/spec/composio-v3.1.json");
    let document: Value = serde_json::from_str(text).unwrap();
    let mut described = Vec::new();
    for methods in document["paths"].as_object().unwrap().values() {
        for (method, operation) in methods.as_object().unwrap() {
            described.push((operation["operationId"].as_str().unwrap().to_owned(), method.to_uppercase()));
        }
    }
    described.sort_unstable();
    described
}

fn written() -> Vec<Operation> {
    session::ALL.into_iter().chain(project::ALL).collect()
}

#[test]
fn every_described_operation_is_written_once_with_its_method() {
    let of = |operation: &Operation| (operation.name.to_owned(), operation.verb.method().to_string());
    let mut written: Vec<_> = written().iter().map(of).collect();
    written.sort_unstable();
    assert_eq!(written, described());
    assert_eq!(written.len(), 49);
}

#[test]
fn only_what_reads_and_the_creation_of_a_session_is_sent_again_whatever_became_of_it() {
    for operation in written() {
        let again = operation.verb.method() == http::Method::GET || operation.name == "tool_router_session_create";
        assert_eq!(operation.resend == Resend::Always, again, "{}", operation.name);
    }
}
