use std::time::Duration;

use composio_core::Retry;

use super::*;

fn reply(status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Response<Bytes> {
    let builder =
        headers.iter().fold(Response::builder().status(status), |reply, (name, value)| reply.header(*name, *value));
    builder.body(body.into()).unwrap()
}

fn json(status: u16, body: &str) -> Response<Bytes> {
    reply(status, &[("content-type", "application/json; charset=utf-8")], body.to_owned())
}

fn failed(reply: Response<Bytes>) -> Error {
    read(reply, &[], true).unwrap_err()
}

#[test]
fn what_a_service_answered_well_is_passed_on() {
    let png = b"\x89PNG\r\n\x1a\n\0".to_vec();
    for (status, content_type, body, expected) in [
        (200, "application/json", b"{ \"b\": 1, \"a\": 1.50 }".to_vec(), r#"{ "b": 1, "a": 1.50 }"#),
        (200, "application/vnd.github+json; charset=utf-8", b"[1]".to_vec(), "[1]"),
        (200, "application/json", b"\"text\"".to_vec(), "\"text\""),
        (200, "application/json", b"\xef\xbb\xbf{}".to_vec(), "{}"),
        (200, "text/html", b"[1, 2]".to_vec(), "[1, 2]"),
        (204, "", Vec::new(), r#"{"status":204}"#),
        (201, "application/json", Vec::new(), r#"{"status":201}"#),
        (200, "text/plain", b"123".to_vec(), r#"{"content_type":"text/plain","text":"123"}"#),
        (200, "text/csv", b"a,b\n1,2".to_vec(), r#"{"content_type":"text/csv","text":"a,b\n1,2"}"#),
        (200, "application/json", b"{\"a\":".to_vec(), r#"{"content_type":"application/json","text":"{\"a\":"}"#),
        (200, "", b"hi".to_vec(), r#"{"content_type":null,"text":"hi"}"#),
        (200, "image/png", png, r#"{"content_type":"image/png","base64":"iVBORw0KGgoA"}"#),
    ] {
        let headers = [("content-type", content_type)];
        let headers = if content_type.is_empty() { &[][..] } else { &headers[..] };
        let output = read(reply(status, headers, body), &[], true).unwrap();
        assert_eq!(output.data.as_str(), expected, "{content_type}");
    }
}

#[test]
fn a_large_binary_is_refused_and_a_large_text_is_not() {
    let error = failed(reply(200, &[("content-type", "image/png")], vec![0; BINARY + 1]));
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(
        error.for_model().contains("answered well") && error.for_model().contains("1048577 bytes"),
        "{}",
        error.for_model()
    );
    assert!(read(reply(200, &[], vec![b'a'; BINARY + 1]), &[], true).is_ok());
}

#[test]
fn a_service_that_echoes_the_credential_does_not_give_it_to_the_model() {
    let secret = SecretString::from("s3cret-token");
    for status in [200, 400] {
        let reply = json(status, r#"{"message":"you sent Bearer s3cret-token","ok":true}"#);
        let text = match read(reply, &[&secret], true) {
            Ok(output) => output.data.as_str().to_owned(),
            Err(error) => format!("{error:?} {}", error.for_model()),
        };
        assert!(!text.contains("s3cret-token") && text.contains("[redacted]"), "{text}");
    }
}

#[test]
fn the_usual_shapes_of_failures() {
    let problem = r#"{"type":"about:blank","title":"Not allowed","detail":"the repository is archived","status":403}"#;
    let github = r#"{"message":"Validation Failed","errors":[{"resource":"Issue","code":"missing_field","field":"title"},"odd"],
        "documentation_url":"https://docs.example.com/x"}"#;
    for (status, body, expected) in [
        (422, github, "HTTP 422 Unprocessable Entity: Validation Failed; title: missing_field; odd"),
        (404, r#"{"message":"Not Found"}"#, "HTTP 404 Not Found: Not Found"),
        (
            400,
            r#"{"error":{"code":400,"message":"Bad id","errors":[{"message":"Bad id"}]}}"#,
            "HTTP 400 Bad Request: Bad id",
        ),
        (
            400,
            r#"{"error":"invalid_scope","error_description":"unknown scope"}"#,
            "HTTP 400 Bad Request: invalid_scope; unknown scope",
        ),
        (403, problem, "HTTP 403 Forbidden: Not allowed; the repository is archived"),
        (
            422,
            r#"{"errors":{"name":["is blank","is short"],"age":"no"}}"#,
            "HTTP 422 Unprocessable Entity: name: is blank; is short; age: no",
        ),
        (400, r#"[{"message":"a"},{"message":"b"}]"#, "HTTP 400 Bad Request: a; b"),
        (400, r#"{"code":7}"#, r#"HTTP 400 Bad Request: {"code":7}"#),
        (500, "", "HTTP 500 Internal Server Error"),
        (502, "<html>bad gateway</html>", "HTTP 502 Bad Gateway: <html>bad gateway</html>"),
        (599, "x", "HTTP 599: x"),
        (302, "", "HTTP 302 Found"),
        (401, r#"{"message":"Bad credentials"}"#, "HTTP 401 Unauthorized: Bad credentials"),
    ] {
        let error = failed(json(status, body));
        assert_eq!((error.kind(), error.retry()), (ErrorKind::ToolFailed, Retry::Never), "{body}");
        let told = error.for_model().into_owned();
        let step = told.strip_prefix(expected).unwrap_or_else(|| panic!("{told}"));
        assert!(step.starts_with(". ") && step.ends_with("tell the user.") || step == ". Tell the user.", "{told}");
        assert!(error.to_string().starts_with(&format!("the service answered HTTP {status}")), "{error}");
        assert!(!error.to_string().contains('\n'));
    }
}

/// Who reads a failure of a write must not do it twice, and a gateway's answer says nothing of the service behind it.
#[test]
fn every_failure_says_what_to_do_next() {
    use ErrorKind::{OutcomeUnknown, ToolFailed};
    for (status, safe, kind, step) in [
        (400, true, ToolFailed, "Correct the call"),
        (404, false, ToolFailed, "Correct the call"),
        (409, false, ToolFailed, "Correct the call"),
        (401, true, ToolFailed, "may not do this"),
        (403, false, ToolFailed, "may not do this"),
        (500, true, ToolFailed, "call again later"),
        (500, false, ToolFailed, "check with a reading tool"),
        (503, false, ToolFailed, "check with a reading tool"),
        (502, true, ToolFailed, "call again later"),
        (502, false, OutcomeUnknown, "check with a reading tool"),
        (504, false, OutcomeUnknown, "check with a reading tool"),
        (302, false, ToolFailed, "Tell the user"),
    ] {
        let error = read(json(status, r#"{"message":"so it is"}"#), &[], safe).unwrap_err();
        assert_eq!(error.kind(), kind, "{status}");
        let told = error.for_model();
        assert!(told.contains(": so it is. ") && told.contains(step), "{status}: {told}");
    }
}

#[test]
fn failures_are_redacted_and_short() {
    let error = failed(json(
        500,
        r#"{"message":"http://10.0.0.1/x?a=b refused key ghp_0123456789abcdefghijABCDEFGHIJ012345"}"#,
    ));
    let told = error.for_model().into_owned();
    assert!(told.starts_with("HTTP 500 Internal Server Error: [internal host] refused key [redacted]. The "), "{told}");

    let words = "word ".repeat(100_000);
    for (body, most) in [(format!("{{\"message\":\"{words}\"}}"), 1_000), (words, 540)] {
        let text = failed(reply(500, &[], body)).for_model().into_owned();
        let said = text.strip_suffix(" The service is in trouble; call again later, or tell the user.").unwrap();
        assert!(said.chars().count() <= most && said.ends_with('…'), "{}", said.len());
    }
}

#[test]
fn too_many_requests_say_when_to_come_back() {
    for (headers, retry) in [
        (&[][..], Retry::Safe),
        (&[("retry-after", "30")][..], Retry::After(Duration::from_secs(30))),
        (&[("retry-after", "soon")][..], Retry::Safe),
    ] {
        let error = failed(reply(429, headers, "slow down"));
        assert_eq!((error.kind(), error.retry()), (ErrorKind::RateLimited, retry));
    }
}

#[test]
fn which_answers_ask_for_another_token() {
    for (status, challenge, expected) in [
        (401, None, true),
        (401, Some("Bearer realm=\"x\""), true),
        (401, Some("Bearer error=\"invalid_token\", error_description=\"expired\""), true),
        (401, Some("Bearer error=\"insufficient_scope\""), false),
        (403, Some("Bearer error=\"invalid_token\""), false),
        (400, None, false),
        (200, None, false),
    ] {
        let headers: Vec<_> = challenge.iter().map(|challenge| ("www-authenticate", *challenge)).collect();
        assert_eq!(is_invalid_token(&reply(status, &headers, "")), expected, "{status} {challenge:?}");
    }
}
