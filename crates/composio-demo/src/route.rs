//! Routes as data, so that a test can hold them against the descriptions.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{self, MethodRouter};

use crate::app::App;

/// One operation of a service; the path is relative to the service's root.
#[derive(Debug)]
pub(crate) struct Route {
    #[cfg_attr(not(test), allow(dead_code, reason = "read by the test of the descriptions"))]
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    handler: MethodRouter<App>,
}

macro_rules! verb {
    ($name:ident, $method:ident) => {
        pub(crate) fn $name<H, T>(path: &'static str, handler: H) -> Route
        where
            H: Handler<T, App>,
            T: 'static,
        {
            Route { method: Method::$method, path, handler: routing::$name(handler) }
        }
    };
}

verb!(get, GET);
verb!(post, POST);
verb!(patch, PATCH);
verb!(delete, DELETE);

/// Puts the operations of a service below its root, such as `/tracker`.
pub(crate) fn mount(root: &str, routes: Vec<Route>) -> Router<App> {
    routes
        .into_iter()
        .fold(Router::new(), |router, route| router.route(&format!("{root}{}", route.path), route.handler))
        .layer(DefaultBodyLimit::max(256 * 1024))
}
