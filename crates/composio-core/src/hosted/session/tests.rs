//! What every operation of sessions sends, and where: against the published description.

use serde_json::Value;

use super::{attach, calls, create, delete, files, lists, patch, retrieve};
use crate::error::{ErrorKind, Result};
use crate::hosted::request::{Request, Resend};
use crate::id::SessionId;
use crate::json::JsonText;
use crate::wire::{
    AttachSession, CreateSession, ExecuteMetaRequest, ExecuteRequest, MountPath, MountUploadRequest, PageQuery,
    PatchSession, ProxyMethod, SearchRequest, SessionFilesQuery, SessionLinkRequest, SessionProxyRequest,
    SessionToolkitsQuery,
};

/// An id that leaves its segment wherever it is not escaped, and the same as a segment.
const ODD: &str = "trs/../1?a=b&c#d e%2f\u{e9}\u{1F980}";
const ESCAPED: &str = "trs%2F..%2F1%3Fa%3Db%26c%23d%20e%252f%C3%A9%F0%9F%A6%80";

fn all(session: &SessionId, mount: &str) -> Vec<Result<Request>> {
    let page = PageQuery::new();
    vec![
        create(&CreateSession::new("user_123")),
        retrieve(session),
        patch(session, &PatchSession::default()),
        delete(session),
        attach(session, &AttachSession::default()),
        lists::history(session, &page),
        lists::tools(session, &page),
        lists::toolkits(session, &SessionToolkitsQuery::new()),
        calls::execute(session, &ExecuteRequest::new("GITHUB_GET_A_USER", JsonText::parse("{\"a\": 1}").unwrap())),
        calls::execute_meta(session, &ExecuteMetaRequest::new("COMPOSIO_SEARCH_TOOLS", JsonText::parse("{}").unwrap())),
        calls::search(session, &SearchRequest::new("send an email")),
        calls::link(session, &SessionLinkRequest::new("github")),
        calls::proxy(session, &SessionProxyRequest::new("github", ProxyMethod::Get, "/user")),
        files::list(session, mount, &SessionFilesQuery::new()),
        files::upload_url(session, mount, &MountUploadRequest::new("a b/report.pdf")),
        files::download_url(session, mount, &MountPath::new("report.pdf")),
        files::delete(session, mount, &MountPath::new("report.pdf")),
    ]
}

/// Where the description has an operation: its method and path, and whether it takes a body.
fn described(operation: &str) -> (String, String, bool) {
    let document: Value = serde_json::from_str(include_str!("../../../tests/spec/composio-v3.1.json")).unwrap();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            if described["operationId"] == operation {
                return (method.to_uppercase(), path.clone(), described.get("requestBody").is_some());
            }
        }
    }
    panic!("the description has no {operation}")
}

#[test]
fn every_request_goes_where_the_description_says() {
    let requests = all(&SessionId::new(ODD), ODD);
    assert_eq!(requests.len(), super::ALL.len());
    for (request, operation) in requests.into_iter().zip(super::ALL) {
        let request = request.unwrap();
        assert_eq!(request.operation, operation, "the list has another order");
        let (method, path, body) = described(operation.name);
        let target = path.replace("{session_id}", ESCAPED).replace("{mount_id}", ESCAPED);
        let sent = (operation.verb.method().to_string(), request.target.clone(), request.body.is_some());
        assert_eq!(sent, (method, target, body), "{}", operation.name);
    }
}

#[test]
fn an_id_that_would_name_something_else_is_refused() {
    for odd in ["", ".", ".."] {
        for request in all(&SessionId::new(odd), "files").into_iter().skip(1) {
            assert_eq!(request.unwrap_err().kind(), ErrorKind::InvalidInput, "{odd:?}");
        }
        let mounts = all(&SessionId::new("trs_1"), odd);
        for request in mounts.into_iter().skip(13) {
            assert_eq!(request.unwrap_err().kind(), ErrorKind::InvalidInput, "{odd:?}");
        }
    }
}

#[test]
fn only_what_reads_and_creating_a_session_is_sent_again_after_it_may_have_arrived() {
    let again: Vec<&str> = super::ALL
        .iter()
        .filter(|operation| operation.resend == Resend::Always)
        .map(|operation| operation.name)
        .collect();
    let expected = [
        "tool_router_session_create",
        "tool_router_session_retrieve",
        "tool_router_session_config_history",
        "tool_router_session_tools",
        "tool_router_session_toolkits",
        "tool_router_session_files_list",
    ];
    assert_eq!(again, expected);
}

#[test]
fn a_query_says_what_was_asked() {
    let session = SessionId::new("trs_1");
    let page = PageQuery::new().limit(50).cursor("MTo1MA==");
    let toolkits = SessionToolkitsQuery::new().page(page.clone()).toolkits(["github", "gmail"]).connected();
    let files = SessionFilesQuery::new().page(page.clone()).prefix("data/a b");
    for (request, query) in [
        (lists::tools(&session, &page), "limit=50&cursor=MTo1MA%3D%3D"),
        (lists::history(&session, &page), "limit=50&cursor=MTo1MA%3D%3D"),
        (
            lists::toolkits(&session, &toolkits.search("mail & more")),
            "limit=50&cursor=MTo1MA%3D%3D&toolkits=github%2Cgmail&is_connected=true&search=mail%20%26%20more",
        ),
        (files::list(&session, "files", &files), "limit=50&cursor=MTo1MA%3D%3D&mount_relative_prefix=data%2Fa%20b"),
    ] {
        let request = request.unwrap();
        assert_eq!(request.target.split_once('?').unwrap().1, query, "{}", request.operation.name);
    }
}

#[test]
fn arguments_are_sent_as_they_were_written() {
    let arguments = JsonText::parse("{ \"b\": 1.0, \"a\": [ ] }").unwrap();
    let request = calls::execute(&SessionId::new("trs_1"), &ExecuteRequest::new("A", arguments)).unwrap();
    let body = request.body.unwrap();
    assert_eq!(body, &b"{\"tool_slug\":\"A\",\"arguments\":{ \"b\": 1.0, \"a\": [ ] }}"[..]);
}
