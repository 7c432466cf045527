//! Hosts, methods, and life inside another router.

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode, header};
use axum::routing::get;
use composio_server::{CALLBACK_PATH, LINK_PATH};
use tower::ServiceExt;

use crate::app::{App, request};

#[tokio::test]
async fn another_host_is_not_answered_for() {
    let app = App::new();
    for (method, uri) in [(Method::GET, "/link/good"), (Method::POST, "/link/good"), (Method::GET, "/oauth/callback")] {
        for host in ["evil.example", "app.example:8443", "127.0.0.1"] {
            let mut request = request(method.clone(), uri, "");
            request.headers_mut().insert(header::HOST, host.parse().unwrap());
            let answer = app.send(request).await;
            assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{method} {uri} at {host}");
            assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
        }
    }
    assert!(app.calls().is_empty());
}

#[tokio::test]
async fn other_methods_and_paths_are_plain() {
    let app = App::new();
    for (method, uri) in [(Method::PUT, "/link/good"), (Method::DELETE, "/link/good"), (Method::POST, CALLBACK_PATH)] {
        let answer = app.send(request(method.clone(), uri, "")).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {uri}");
        assert!(answer.body.is_empty() && !answer.header("allow").is_empty());
    }
    for uri in ["/", "/link", "/link/", "/link/a/b", "/oauth", "/oauth/callback/x"] {
        assert_eq!(app.get(uri).await.status, StatusCode::NOT_FOUND, "{uri}");
    }
    assert_eq!(LINK_PATH, "/link/{token}");
    assert!(app.calls().is_empty());
}

#[tokio::test]
async fn the_application_around_it_is_left_alone() {
    #[derive(Debug)]
    struct Nothing;
    #[async_trait::async_trait]
    impl composio_core::ConnectFlow for Nothing {
        fn brand(&self) -> composio_core::Brand {
            composio_core::Brand::new("Acme Assistant")
        }
        async fn open(&self, _: &str) -> composio_core::Result<composio_core::LinkPage> {
            Err(crate::app::unknown())
        }
        async fn start(&self, _: &str, _: composio_core::FormFields) -> composio_core::Result<composio_core::Started> {
            Err(crate::app::unknown())
        }
        async fn complete(
            &self,
            _: composio_core::CallbackParams,
            _: Option<&str>,
        ) -> composio_core::Result<composio_core::Connected> {
            Err(crate::app::unknown())
        }
    }
    let options = composio_server::ConnectOptions::new("https://app.example".parse().unwrap());
    let app: Router = Router::new()
        .route("/", get(|| async { "home" }))
        .fallback(|| async { (StatusCode::NOT_FOUND, "nothing here") })
        .merge(composio_server::connect_router(Arc::new(Nothing), options));
    for (uri, host, status) in [
        ("/", "other.example", 200),
        ("/nowhere", "other.example", 404),
        ("/link/x", "other.example", 421),
        ("/link/x", "app.example", 400),
    ] {
        let mut request = request(Method::GET, uri, "");
        request.headers_mut().insert(header::HOST, host.parse().unwrap());
        let response = app.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{uri} at {host}");
        assert_eq!(response.headers().contains_key("x-frame-options"), uri == "/link/x", "{uri}");
    }
}
