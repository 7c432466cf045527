//! For which host, and from whose pages.

use axum::http::{HeaderValue, Method, StatusCode, header};

use super::world::{World, backend, hello};

#[tokio::test]
async fn only_our_own_host_is_answered() {
    let world = World::with(backend(), |options| options.allow_host("proxy.example:8443"));
    let (_, client) = world.client().await;
    for (host, status) in [
        ("app.example", 200),
        ("APP.example:443", 200),
        ("proxy.example:8443", 200),
        ("proxy.example", 403),
        ("app.example:8080", 403),
        ("evil.example", 403),
        ("127.0.0.1", 403),
    ] {
        let mut request = client.request(Method::POST, hello());
        request.headers_mut().insert(header::HOST, host.parse().unwrap());
        let asked = world.access.asked();
        let answer = world.send(request).await;
        assert_eq!(answer.status.as_u16(), status, "{host}");
        if status == 403 {
            assert!(answer.refusal()["message"].as_str().unwrap().contains(".allow_host("));
            assert_eq!(world.access.asked(), asked, "a credential sent to another host is not even looked at");
        }
    }
    let mut request = client.request(Method::POST, hello());
    request.headers_mut().remove(header::HOST);
    assert_eq!(world.send(request).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn only_pages_that_were_let_in_are_answered() {
    let world =
        World::with(backend(), |options| options.allow_origin("https://inspector.example/").allow_origin("nonsense"));
    let (_, client) = world.client().await;
    for (origins, status) in [
        (&[][..], 200),
        (&["https://app.example"], 200),
        (&["https://app.example:443"], 200),
        (&["https://inspector.example"], 200),
        (&["http://inspector.example"], 403),
        (&["https://inspector.example:8443"], 403),
        (&["https://inspector.example.evil.example"], 403),
        (&["https://evil.example"], 403),
        (&["null"], 403),
        (&["nonsense"], 403),
        (&[""], 403),
        (&["https://app.example", "https://evil.example"], 403),
    ] {
        for method in [Method::POST, Method::OPTIONS] {
            let mut request = client.request(method.clone(), hello());
            for origin in origins {
                request.headers_mut().append(header::ORIGIN, HeaderValue::from_static(origin));
            }
            let answer = world.send(request).await;
            let expected = match (status, &method, origins) {
                (200, &Method::OPTIONS, []) => 405,
                (200, &Method::OPTIONS, _) => 204,
                _ => status,
            };
            assert_eq!(answer.status.as_u16(), expected, "{method} {origins:?}");
            let readable = answer.header("access-control-allow-origin");
            assert_eq!(readable, origins.first().copied().filter(|_| status == 200).unwrap_or_default());
            assert_eq!(answer.header("cache-control"), "no-store", "{method} {origins:?}");
        }
    }
}

#[tokio::test]
async fn a_page_that_was_let_in_may_send_its_credential_and_read_its_name() {
    let world = World::with(backend(), |options| options.allow_origin("https://inspector.example"));
    let (_, client) = world.client().await;
    let mut preflight = client.request(Method::OPTIONS, "");
    preflight.headers_mut().remove(header::AUTHORIZATION);
    preflight.headers_mut().insert(header::ORIGIN, HeaderValue::from_static("https://inspector.example"));
    let answer = world.send(preflight).await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
    for name in ["authorization", "mcp-session-id", "mcp-protocol-version", "content-type"] {
        assert!(answer.header("access-control-allow-headers").contains(name), "{name}");
    }
    assert!(answer.header("access-control-expose-headers").contains("mcp-session-id"));
    assert_eq!(answer.header("access-control-allow-credentials"), "", "cookies play no part");
}
